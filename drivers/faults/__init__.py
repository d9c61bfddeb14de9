"""Faults of a serial line, on demand and repeatable: what they are, how they are asked for, what they do.

`catalogue.py` is the table of them; `script.py` reads `drop reply 3; delay 200 ms 10%`; `line.py` is the
line itself, without I/O and without a clock. `port.py` puts it around a port, `on_loop.py` on an asyncio loop
for the emulator and the proxy; `frames.py` holds what the line must know of a dialect.
"""
