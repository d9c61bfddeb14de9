"""How fast it is: `python -m bench` prints one table. Nothing here is asserted, nothing here is shipped."""
