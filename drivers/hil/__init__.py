"""The contract of a pump port, as clauses that any pump can be held to: simulated, emulated or real.

`contract.py` holds the clauses, `rig.py` what they need around a pump; `test_contract.py` runs them:

    pytest --pyargs drivers.hil --pump-url /dev/ttyUSB0 --pump-dialect ambupump --pump-allow-control

Without `--pump-url` everything in it is skipped. Never with a person at the other end of the line.
"""
