"""Each command that the advice prints, checked with the program that it is for: `python -m
tools.remedies`, or `make remedies`.

`commands` takes the commands from the product's own steps; the other files are a checker each. What
a checker needs is made below build/remedies/. A checker whose program cannot be had says so: such a
command is shown as not checked, never as passed.
"""
