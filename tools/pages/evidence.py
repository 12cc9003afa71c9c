"""docs/evidence.md: every question, what is asked for it, and what its lack leaves open."""

from __future__ import annotations

from itertools import groupby
from typing import Iterator, Sequence

from guestcheck.evidence import questions
from guestcheck.model.family import WINDOWS
from guestcheck.model.source import (
    Ask,
    Call,
    Cim,
    Command,
    File,
    FirstOf,
    Initramfs,
    Listing,
    Question,
    Registry,
    Tree,
)
from tools.pages.markdown import MADE, code, sentence, text

_HEAD = f"""# Evidence

{MADE}

All that guestcheck asks of a guest. Nothing is changed, nothing goes over the network, and every program has a time limit. Where a
question gets no answer, the report says under Gaps what that leaves open; where such a lack is normal, it says nothing.
`guestcheck list evidence` prints the same in short.
"""
_WINDOWS = """
# Evidence of Windows guests

These are asked of Windows guests, and nothing else is: by Windows' own PowerShell where Windows runs, of the registry's files where it does not.
"""
_LIBRARIES = {
    "psutil": "the Python library psutil",
    "pyudev": "the Python library pyudev",
    "uname": "the system call `uname`",
}


def evidence() -> str:
    """Return the page."""
    return "".join(
        (
            _HEAD,
            *map(_part, questions(deep=True)),
            _WINDOWS,
            *map(_part, questions(WINDOWS, deep=True)),
        )
    )


def _part(question: Question[object]) -> str:
    """Return what stands of one question."""
    asked = "".join(f"- {sentence(words)}\n" for words in _all_asked(question.asks))
    normal = " Its lack is normal." if question.quiet else ""
    normal += (
        " It costs seconds: the plain report does not ask it of a running guest."
        if question.deep
        else ""
    )
    left = question.without + (f" ({question.taken})" if question.taken else "")
    return (
        f"\n## {question.name}\n\n{text(sentence(question.summary))}\n\n{asked}\nLeft open without "
        f"it: {text(left)}.{normal}\n"
    )


def _all_asked(asks: Sequence[Ask]) -> Iterator[str]:
    """Say what is asked, the files together."""
    for files, together in groupby(asks, lambda ask: isinstance(ask, File)):
        if files:
            asked = [ask for ask in together if isinstance(ask, File)]
            named = [
                code(ask.path)
                + (
                    f" (of it the entries alone that begin with {code(ask.only)})"
                    if ask.only
                    else ""
                )
                for ask in asked
            ]
            yield (
                f"the file{'s' if len(asked) > 1 or '*' in asked[0].path else ''} {', '.join(named)}"
            )
        else:
            yield from map(_asked, together)


def _asked(ask: Ask) -> str:
    if isinstance(ask, FirstOf):
        return "; else ".join(_asked(word) for word in ask.words)
    if isinstance(ask, File):
        return f"the file {code(ask.path)}"
    if isinstance(ask, Command):
        each = f" for each {code(ask.each)}" if ask.each else ""
        return f"the program {code(' '.join(ask.argv))}{each}, for {ask.seconds:g} s at most"
    if isinstance(ask, Call):
        return _LIBRARIES.get(ask.name, f"the call {code(ask.name)}")
    if isinstance(ask, Cim):
        where = f" where {code(ask.where)}" if ask.where else ""
        return (
            f"of each instance of {code(ask.name)}{where} in {code(ask.namespace)}, "
            f"for {ask.seconds:g} s "
            f"at most: {', '.join(map(code, ask.properties))}"
        )
    if isinstance(ask, Listing):
        return _listing(ask)
    if isinstance(ask, Initramfs):
        return _images(ask)
    if isinstance(ask, Registry):
        return _keys(ask)
    return _tree(ask)


def _listing(ask: Listing) -> str:
    paths = ", ".join(map(code, ask.pattern.split()))
    return (
        f"the names that end in {', '.join(map(code, ask.suffixes))} below {paths}"
        if ask.suffixes
        else f"which of these there are: {paths}"
    )


def _images(ask: Initramfs) -> str:
    paths = ", ".join(map(code, ask.pattern.split()))
    but = (
        f", but those with {', '.join(map(code, ask.besides))} in their name" if ask.besides else ""
    )
    what = (
        "which files, and the text of small ones that decide something, are in"
        if ask.contents
        else "the command line and release in the image"
    )
    return f"{what} {paths}{but}"


def _keys(ask: Registry) -> str:
    named = (
        f" the values {', '.join(code(name) if name else 'without a name' for name in ask.values)}"
        if ask.values
        else " all values"
    )
    below = f" and up to {ask.depth} levels below it" if ask.depth else ""
    return f"of the registry's key {code(ask.key)}{below}{named}"


def _tree(ask: Tree) -> str:
    above = "; and the drivers on the way up to its bus" if ask.ancestors else ""
    return f"of each {code(ask.pattern)} the attributes {', '.join(map(code, ask.names))}{above}"
