"""`python3 -m guestcheck`, the `guestcheck` command and the zipapp start here."""

from __future__ import annotations

from guestcheck.cli import entry as main

if __name__ == "__main__":
    main()
