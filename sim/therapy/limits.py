"""Limits of the therapy that more than one room knows; nothing else is imported here, to stay light."""

from __future__ import annotations

from typing import Final

RESTART_LIMIT_S: Final = 4 * 3600.0
"""An interruption this long is not simply continued [F: QRG, HK, US label]."""
