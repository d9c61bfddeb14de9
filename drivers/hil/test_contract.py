"""The contract, for pytest: `pytest --pyargs drivers.hil --pump-url URL`; see `drivers/hil/__init__.py`."""

from __future__ import annotations

import pytest

from drivers.hil.contract import CLAUSES, Clause
from drivers.hil.rig import Deed, Rig


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.name)
def test_the_pump_keeps(clause: Clause, pump_rig: Rig) -> None:
    """Hold the pump to one clause."""
    missing = clause.needs - pump_rig.offers
    if missing:
        pytest.skip(f"not offered: {', '.join(sorted(missing))}")
    pump_rig.do(Deed.MAKE_READY)
    clause.check(pump_rig)
