"""What is written about the program is what the program says; `make docs` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, Set

import pytest

from guestcheck.checks import all_checks
from guestcheck.errors import EXIT_CODES
from tools.docs import ROOT, help_words, pages

PAGES = pages()
WRITTEN = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
)
HELP = re.compile(r"<!-- help -->\n\n```text\n(.*?)```\n", re.DOTALL)


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def words(shown: str) -> Iterator[str]:
    """Yield the words of a help text; where lines break, and how often a metavar is named, is up to
    Python's version.
    """
    yield from re.sub(r"(-\w) \S+, (--[\w-]+ )", r"\1, \2", shown).split()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_what_the_program_says(path: str) -> None:
    assert HELP.sub("", text(path)) == HELP.sub("", PAGES[path]), "make docs writes it anew"


def test_the_readme_has_the_help_of_80_columns() -> None:
    found = HELP.search(text("README.md"))
    assert found
    assert list(words(found[1])) == list(words(help_words())), "make docs writes it anew"


def test_the_readme_has_every_exit_code() -> None:
    table = dict(re.findall(r"^\| (\d+) \| (.*) \|$", text("README.md"), re.MULTILINE))
    assert {int(code): says.replace("`", "") for code, says in table.items()} == EXIT_CODES


def test_every_check_has_its_line_in_the_changelog() -> None:
    part = text("CHANGELOG.md").partition("\n### Checks\n")[2].partition("\n### ")[0]
    assert sorted(re.findall(r"^- `([\w-]+)`:", part, re.MULTILINE)) == sorted(
        check.id for check in all_checks()
    )


@pytest.mark.parametrize("path", WRITTEN)
def test_every_link_leads_somewhere(path: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(path)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        page = (ROOT / path).parent / file if file else ROOT / path
        assert page.exists(), f"{target} is not there"
        if anchor:
            assert anchor in anchors(page), f"{target}: no such heading"


def anchors(page: Path) -> Set[str]:
    """Return the names that headings get: lower case, no punctuation, dashes for blanks."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_site_has_every_page_and_no_link_out_of_it() -> None:
    named = re.findall(r"^  - .*: (\S+\.md)$", text("mkdocs.yml"), re.MULTILINE)
    assert sorted(named) == sorted(path.name for path in ROOT.glob("docs/*.md"))
    out = [
        (name, link)
        for name in named
        for link in re.findall(r"\]\((\.\./[^)\s]+)\)", text(f"docs/{name}"))
    ]
    assert out == []
