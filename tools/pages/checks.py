"""docs/checks.md: every check's page, by family; its heading is its id, so that a link to #ID finds
it.
"""

from __future__ import annotations

import sys

from guestcheck.checks import all_checks, page_of
from guestcheck.cli._policy import names
from guestcheck.model.check import Check
from guestcheck.policy.pages import PAGES, READINESS, other_pages, readiness_page
from tools.pages.markdown import MADE, table, text

_HEAD = f"""# Checks

{MADE}

Each check has an id, which never changes. `guestcheck explain ID` prints its part of this page; `--select` and `--ignore` take ids,
and a family's name (`nic`) stands for all of its checks. Reports also hold results of [policies and of preflight](#policies-and-preflight).

"""
_OTHERS = """
## Policies and preflight

No checks, so `--select` and `--ignore` do not know them: a [policy](policy.md) finds some itself, and `guestcheck preflight`, or a policy's table
`[readiness]`, has a result for each target that it asks for. `guestcheck explain ID` explains them too.

"""


def checks() -> str:
    """Return the page."""
    found = all_checks()
    parts = [
        _HEAD,
        table(
            ("Check", "What it finds"),
            [(f"[{check.id}](#{check.id})", text(check.title)) for check in found],
        ),
    ]
    family = ""
    for check in found:
        if family != check.id.partition("-")[0]:
            family = check.id.partition("-")[0]
            parts.append(f"\n## {text(_headline(check))}\n")
        parts.append(f"\n### {check.id}\n\n{_page(check)}\n")
    others = other_pages(names())
    parts.append(_OTHERS)
    parts.append(
        table(
            ("Id", "What it says"),
            [(_linked(id_), text(page.partition("\n")[0])) for id_, page in others.items()],
        )
    )
    parts += [
        f"\n### {id_}\n\n{_paragraphs(page)}\n"
        for id_, page in {**PAGES, READINESS: readiness_page()}.items()
    ]
    return "".join(parts)


def _linked(id_: str) -> str:
    """Return an id with a link to its part; all targets have one part."""
    return f"[{id_}](#{id_ if id_ in PAGES else READINESS})"


def _headline(check: Check) -> str:
    """Return the question of the check's family, which its module's docstring begins with."""
    return (sys.modules[check.run.__module__].__doc__ or "").split("\n", 1)[0].rstrip(".")


def _page(check: Check) -> str:
    return _paragraphs(page_of(check))


def _paragraphs(page: str) -> str:
    return "\n\n".join(_paragraph(paragraph) for paragraph in page.strip().split("\n\n"))


def _paragraph(words: str) -> str:
    word, colon, rest = words.partition(":")
    return f"**{word}.**{text(rest)}" if colon and word in ("Why", "Fix", "See") else text(words)
