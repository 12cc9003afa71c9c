"""What all tests share: `pytest --update` rewrites the files of expectations, and no test is timed.

How many examples hypothesis tries, `tests/examples.py` says.
"""

from __future__ import annotations

from typing import List, Set
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

from guestcheck.model import guard
from tests.examples import examples

# A busy machine is no fault of what is tested.
# Nothing is kept between runs: a checkout may be read-only.
settings.register_profile(
    "untimed",
    deadline=None,
    database=None,
    max_examples=examples(),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _bugs_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what breaks at a device break the test; the tests of the guard itself switch it on."""
    monkeypatch.setattr(guard, "STRICT", True)


@pytest.hookimpl(tryfirst=True)  # before pytest looks at -m
def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """Mark the long tail of generated cases as slow; which, is chosen by name, and so always the
    same.
    """
    started: Set[str] = set()
    for item in items:
        mark = item.get_closest_marker("tail")
        test = item.nodeid.partition("[")[0]
        if mark and test in started and crc32(item.nodeid.encode()) % mark.kwargs["every"]:
            item.add_marker("slow")
        started.add(test)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite the files of expectations by what guestcheck says now",
    )
