"""Limits of the therapy that more than one room knows; without any other import, so that a replay stays light."""

from __future__ import annotations

from typing import Final

RESTART_LIMIT_S: Final = 4 * 3600.0
"""An interruption this long is not simply continued [F: QRG, HK, US label]."""
