"""guestcheck: which disks and NICs of this guest are emulated or paravirtual, and what to do about
it.
"""

__version__ = "0.1.0"
