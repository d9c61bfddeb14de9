"""What faults of a line must know of the `alaris` dialect: where frames end.

They end with their CR, whatever their CRC: a frame that was damaged before is counted as one. There is no
address, and no alarm that a pump says unasked: it is a field of the status, and a question of its own.
"""

from __future__ import annotations

from typing import Final

from drivers.dialects.alaris.frames import cut_by_marks
from drivers.faults.catalogue import Way
from drivers.faults.frames import Frames

FRAMES: Final = Frames(cuts=dict.fromkeys(Way, cut_by_marks))
