"""Text of a guest as one line in which nothing means anything: for terminals, code blocks, XML and
HTML.
"""

from __future__ import annotations

# No name, model or message is longer; what is was made to hide something or to take time.
_LONGEST = 2000


def plain(text: str) -> str:
    r"""Return `text` on one line and without control characters, which a hostile disk model may
    hold.

    >>> plain("a\x1b[31mb\n")
    'a\\x1b[31mb'
    """
    text = text.strip()
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]} ..."
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}"
        for c in text
    )


def plain_code(line: str) -> str:
    """Return a line of code as it is to be typed, its indentation kept."""
    return line[: len(line) - len(line.lstrip(" "))] + plain(line)


def ascii_only(text: str) -> str:
    """Return `text` for a sink that takes ASCII alone."""
    for character, plainer in (
        ("→", "->"),
        ("─", "-"),
        ("…", "..."),
        ("—", "--"),
        ("·", "*"),
        ("•", "*"),
        ("×", "x"),
        ("≥", ">="),
    ):
        text = text.replace(character, plainer)
    return text.encode("ascii", "replace").decode("ascii")


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
