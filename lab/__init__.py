"""The lab: real guests under QEMU, and whether guestcheck says of them what was attached.

Everything here runs with `python3 -m lab`: see `__main__.py` for the commands, `guests.py` for the
truth, and to add a guest write it there, once: the comparison, the tables and the fixtures follow
from it.
"""
