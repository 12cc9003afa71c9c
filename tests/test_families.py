"""The family of a guest is chosen once; each stage has a folder for each family."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "guestcheck"


def test_the_order_of_things_is_short() -> None:
    assert len((PACKAGE / "run.py").read_text(encoding="utf-8").splitlines()) <= 150
