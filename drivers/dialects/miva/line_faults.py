"""What faults of a line must know of the `miva` dialect: where frames end.

They end with their mark, whatever their sum, of which there are two kinds: a frame that was damaged before is
counted as one. There is no address, and no alarm that a pump says unasked: alarms stand in its log.
"""

from __future__ import annotations

from typing import Final

from drivers.dialects.miva.frames import cut_by_marks
from drivers.faults.catalogue import Way
from drivers.faults.frames import Frames

FRAMES: Final = Frames(cuts=dict.fromkeys(Way, cut_by_marks))
