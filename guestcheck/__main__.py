"""`python3 -m guestcheck`, the `guestcheck` command and the zipapp start here."""

from __future__ import annotations

import sys

from guestcheck.cli import main

if __name__ == "__main__":
    sys.exit(main())
