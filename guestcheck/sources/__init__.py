"""Where evidence comes from: a file a source. Each answers the words of `model/source.py` as far as it can.

A file here imports `model` and `errors` alone. To add a source: a class with `name` and `gather`, a function
`recognise(path)` that opens what it knows and returns None otherwise, and a recorded example under `tests/fixtures/`.
"""
