"""The trainer: a live pump on the screen, an instructor who breaks things, a debrief that teaches.

    web -> live, debrief -> lessons -> kept

    kept/       what is kept of a run (origin and entries), where, and how it is lived again from that
    lessons/    what is to be learnt, in library/ as data; tasks, rules, and how a run is judged by them
    live/       a run on the clock with everyone at it: what pages are told, and what they may ask
    debrief/    what is learnt from a run afterwards, for one, for a class, as a diary, as a file
    web/        the server: addresses, sockets, and the guard before them
    pages.py    pages from templates/; what they run stands in static/

What the pump does and what flows is the world's (`sim/`); a page draws what it is told and adds nothing.
"""
