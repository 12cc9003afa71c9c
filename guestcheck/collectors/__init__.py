"""What records a guest where Python does not run: a file a kind of collector, and beside it the
text that it fills in.

A file here imports `model` alone: what is asked comes from the caller, and stands in what it makes,
so that a collector never asks less than the program that made it. What a collector writes is a
recording (see `sources/bundle.py`), so a guest recorded by one is judged like any other. To add
one: a file whose name is the word on the command line, with `make(questions)`, which returns the
collector's text.
"""
