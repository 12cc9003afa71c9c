"""Bounds of the stores, lowered for a test."""

from __future__ import annotations

import pytest

import guestcheck.stores as package
from guestcheck.discovery import modules


def lower(monkeypatch: pytest.MonkeyPatch, name: str, value: float) -> None:
    """Set a bound in each store that has it."""
    having = [module for module in modules(package) if hasattr(module, name)]
    assert having, f"no store has the bound {name}"
    for module in having:
        monkeypatch.setattr(module, name, value)
