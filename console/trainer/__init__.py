"""The trainer: a live pump on the screen, an instructor who breaks things, a debrief that teaches.

    lessons/         what is to be learnt: data
    record.py        what is kept of a run: who did what and when; store.py keeps it
    run.py           one world on the clock, with everyone at it; runs.py has all runs, and their branches
    assessment.py    what comes of a run against its lesson; debrief.py tells it
    view.py          what pages are told; asks.py what they may ask
    app.py           the server: pages, sockets, guard

What the pump does and what flows is the world's (`sim/`); a page draws what it is told and adds nothing.
"""
