r"""Man pages in man(7): prose from packaging/man, and the command line from the program's own
parsers.

A file `guestcheck-NAME.man` is the prose of a sub-command's page, `guestcheck.man` that of the
program's. `@NAME@`, `@SYNOPSIS@`, `@OPTIONS@`, `@COMMANDS@`, `@EXIT@` and `@SEE@` are filled in. A
sub-command without such a file has a page all the same, with no prose.

>>> escape("-f.x \\ 'a'")
"\\-f.x \\e \\(aqa\\(aq"
>>> escape(".x")
'\\&.x'
"""

from __future__ import annotations

import time
from pathlib import Path
from textwrap import wrap
from typing import Dict, Iterable, Iterator

from guestcheck import __version__
from guestcheck.errors import EXIT_CODES, EXIT_FINDINGS, EXIT_NO_EVIDENCE, EXIT_OK
from tools.packages.words import Command, Option, commands

PROSE = Path(__file__).parents[2] / "packaging" / "man"

_WIDEST = 79
_DEFAULT = "check"  # is the bare program's page

_PAGE = """\
.SH NAME
@NAME@
.SH SYNOPSIS
@SYNOPSIS@
@OPTIONS@
.SH "EXIT STATUS"
@EXIT@
.SH "SEE ALSO"
@SEE@
"""


def pages(epoch: int) -> Dict[str, str]:
    """Return the pages by file name, dated by `epoch` (seconds since 1970)."""
    return {f"{_title(command.name)}.1": _page(command, epoch) for command in commands()}


def escape(text: str) -> str:
    """Return `text` so that roff prints it as it stands."""
    text = (
        text.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("'", "\\(aq")
        .replace("^", "\\(ha")
        .replace("~", "\\(ti")
        .replace("`", "\\(ga")
    )
    return "\\&" + text if text.startswith(".") else text


def _title(name: str) -> str:
    return "guestcheck" if name == _DEFAULT else f"guestcheck-{name}"


def _page(command: Command, epoch: int) -> str:
    title = _title(command.name)
    prose = PROSE / f"{title}.man"
    day = time.strftime("%Y-%m-%d", time.gmtime(epoch))
    parts = {
        "NAME": f"{escape(title)} \\- {_running(command.summary)}",
        "SYNOPSIS": "\n".join(_synopsis(command)),
        "OPTIONS": "\n".join(_options(command)),
        "COMMANDS": "\n".join(_commands()),
        "EXIT": "\n".join(_exit(command)),
        "SEE": ",\n".join(
            f".BR {escape(_title(one.name))} (1)" for one in commands() if one.name != command.name
        ),
    }
    text = prose.read_text(encoding="utf-8") if prose.is_file() else _PAGE
    for name, words in parts.items():
        text = text.replace(f"@{name}@", words)
    head = f'.TH {escape(title).upper()} 1 "{day}" "guestcheck {__version__}" "User Commands"'
    return "\n".join([head, *_narrow(text.splitlines())]) + "\n"


def _narrow(lines: Iterable[str]) -> Iterator[str]:
    """Break lines of prose that are longer than man pages' sources should be; where a line ends
    there means nothing.
    """
    kept = False
    for line in lines:
        kept = line == ".EX" or (kept and line != ".EE")
        if kept or line.startswith(".") or len(line) <= _WIDEST:
            yield line
        else:
            yield from (
                escape(part) if part.startswith(".") else part
                for part in wrap(line, _WIDEST, break_on_hyphens=False, break_long_words=False)
            )


def _running(text: str) -> str:
    """Return words of a sentence, where a hyphen is a hyphen, and a minus sign in options alone."""
    return " ".join(
        escape(word) if word.lstrip("(").startswith("-") else escape(word).replace("\\-", "-")
        for word in text.split(" ")
    )


def _synopsis(command: Command) -> Iterator[str]:
    name = "guestcheck" if command.name == _DEFAULT else f"guestcheck {command.name}"
    yield ".ad l"  # lines that are filled out look odd here
    yield ".nh"
    yield f".B {escape(name)}"
    for option in command.options():
        word = f"\\fB{escape(option.flags[0])}\\fR"
        word += f" {_metavar(option)}" if option.metavar else ""
        yield (
            word if option.needed else f"[{word}]\\&"
        )  # a line that ends in a full stop and a bracket would end a sentence
    for place in command.places():
        word = _metavar(place) + ("\\ ..." if place.again else "")
        yield word if place.needed else f"[{word}]\\&"
    yield ".hy"
    yield ".ad"


def _metavar(option: Option) -> str:
    return f"\\fI{escape(option.metavar)}\\fR"


def _options(command: Command) -> Iterator[str]:
    yield ".SH OPTIONS"
    for group in command.groups:
        yield f'.SS "{group.title[:1].upper()}{group.title[1:]}"'
        for option in group.options:
            yield ".TP"
            flags = [f"\\fB{escape(flag)}\\fR" for flag in option.flags] or [""]
            yield ", ".join(
                f"{flag} {_metavar(option)}".strip() if option.metavar else flag for flag in flags
            )
            help_ = _running(option.help)
            yield help_[:1].upper() + help_[1:] + "."


def _commands() -> Iterator[str]:
    for command in commands():
        yield ".TP"
        yield f".B {escape(command.name)}"
        yield _running(command.summary[:1].upper() + command.summary[1:]) + "."
        if command.name != _DEFAULT:
            yield f"See\n.BR {escape(_title(command.name))} (1)."


def _exit(command: Command) -> Iterator[str]:
    codes = dict(EXIT_CODES)
    if not any("--fail-on" in option.flags for option in command.options()):
        del codes[EXIT_FINDINGS]
        codes[EXIT_OK] = "it was done"
        codes[EXIT_NO_EVIDENCE] = "there is nothing to look at"
    if not any(place.metavar == "SOURCE" for place in command.places()):
        del codes[EXIT_NO_EVIDENCE]
    for number, when in codes.items():
        yield f".TP\n.B {number}\n{_running(when[:1].upper() + when[1:])}."
