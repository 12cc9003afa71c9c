"""The fix script of a Linux guest is a shell script."""

from __future__ import annotations

from guestcheck.advice.script.fix_script import script as script
