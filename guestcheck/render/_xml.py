"""Text of a guest as XML and HTML take it: no control characters, no marks, ASCII alone."""

from __future__ import annotations

from guestcheck.render._words import plain


def escaped(text: str) -> str:
    r"""Return one line of text for an element or an attribute in double quotes.

    >>> escaped("<b>\x1b é\n")
    '&lt;b&gt;\\x1b &#233;'
    """
    return _marks(plain(text))


def escaped_code(line: str) -> str:
    """Return a line of code, its indentation kept."""
    return line[: len(line) - len(line.lstrip(" "))] + escaped(line)


def _marks(text: str) -> str:
    for mark, entity in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("'", "&#39;"),
    ):
        text = text.replace(mark, entity)
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
