"""Markdown of plain texts: tables, and words that no mark is read into."""

from __future__ import annotations

from typing import Sequence

# What stands at the head of a page that is made.
MADE = "<!-- Made from the program by `make docs`: edit the program, not this page. -->"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    r"""Return a table; its cells are Markdown.

    >>> table(("Code", "When"), [("0", "it went well")])
    '| Code | When |\n| --- | --- |\n| 0 | it went well |\n'
    """
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def text(words: str) -> str:
    r"""Keep Markdown from reading marks into `words`; what stands in backticks is left alone.

    >>> text("a <b> of ID_LIKE, `a_b`, 4 * 15")
    'a &lt;b> of ID\\_LIKE, `a_b`, 4 \\* 15'
    """
    parts = words.replace("|", "\\|").split("`")
    for place in range(0, len(parts), 2):
        for mark, plain in (("&", "&amp;"), ("<", "&lt;"), ("*", "\\*"), ("_", "\\_")):
            parts[place] = parts[place].replace(mark, plain)
    return "`".join(parts)


def code(words: str) -> str:
    """Return `words` as code."""
    return "`" + words.replace("|", "\\|") + "`"


def sentence(words: str) -> str:
    """Return `words` with a capital in front and a full stop behind.

    >>> sentence("which buses the kernel has")
    'Which buses the kernel has.'
    """
    return f"{words[:1].upper()}{words[1:]}."
