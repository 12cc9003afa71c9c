"""docs/checks.md: every check's page, by family; its heading is its id, so that a link to #ID finds it."""

from __future__ import annotations

import sys

from guestcheck.checks import all_checks, page_of
from guestcheck.model.check import Check
from tools.pages.markdown import MADE, table, text

_HEAD = f"""# Checks

{MADE}

Each check has an id, which never changes. `guestcheck explain ID` prints its part of this page; `--select` and `--ignore` take ids,
and a family's name (`nic`) stands for all of its checks.

"""


def checks() -> str:
    """Return the page."""
    found = all_checks()
    parts = [_HEAD, table(("Check", "What it finds"), [(f"[{check.id}](#{check.id})", text(check.title)) for check in found])]
    family = ""
    for check in found:
        if family != check.id.partition("-")[0]:
            family = check.id.partition("-")[0]
            parts.append(f"\n## {text(_headline(check))}\n")
        parts.append(f"\n### {check.id}\n\n{_page(check)}\n")
    return "".join(parts)


def _headline(check: Check) -> str:
    """Return the question of the check's family, which its module's docstring begins with."""
    return (sys.modules[check.run.__module__].__doc__ or "").split("\n", 1)[0].rstrip(".")


def _page(check: Check) -> str:
    return "\n\n".join(_paragraph(paragraph) for paragraph in page_of(check).strip().split("\n\n"))


def _paragraph(words: str) -> str:
    word, colon, rest = words.partition(":")
    return f"**{word}.**{text(rest)}" if colon and word in ("Why", "Fix", "See") else text(words)
