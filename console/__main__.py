"""`python -m console` is the program."""

from console.cli import main

main()
