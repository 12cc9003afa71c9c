"""Pages of the documentation that are made from the program, a file a page; `fields` is a part of
one.

A page says nothing that the program does not: what reads wrong on it is put right there.
"""
