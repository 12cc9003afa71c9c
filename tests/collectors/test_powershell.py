"""The PowerShell script asks every question for Windows and is well formed; it is parsed by a
grammar, for no PowerShell runs here.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, List

import pytest

from guestcheck.cli import main
from guestcheck.collectors import powershell
from guestcheck.evidence import questions
from guestcheck.model.family import WINDOWS
from guestcheck.model.source import Cim, Command, FirstOf, Listing, Question, Registry

ASKED = questions(WINDOWS, deep=True)
SCRIPT = powershell.make(ASKED)


def lines() -> List[str]:
    return [
        line.strip()
        for line in SCRIPT.partition("function Questions {")[2].partition("\r\n}")[0].split("\r\n")
        if line.strip()
    ]


def test_every_word_of_every_question_is_in_it() -> None:
    put = iter(lines())
    for question in ASKED:
        for ask in question.asks:
            for word in ask.words if isinstance(ask, FirstOf) else (ask,):
                line = next(put)
                assert f" '{question.name}' " in line
                if isinstance(word, Cim):
                    assert line.startswith("Ask-Cim ")
                    assert f"'{word.name}' '{','.join(word.properties)}'" in line
                elif isinstance(word, Registry):
                    assert line.startswith("Ask-Registry ")
                    assert f"'{word.key}' {word.depth} " in line
                else:
                    assert isinstance(word, Listing)
                    assert line.startswith("Ask-Listing ")
    assert list(put) == []


def test_it_is_plain_ascii_with_the_line_ends_of_windows() -> None:
    assert SCRIPT.isascii()
    assert SCRIPT.count("\n") == SCRIPT.count("\r\n")
    assert not re.search("@[A-Z]{4,}@", SCRIPT)


def test_the_command_line_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collector", "powershell"]) == 0
    assert "Ask-Cim 'windows_disks' 'Win32_DiskDrive'" in capsys.readouterr().out


def test_nothing_secret_is_asked() -> None:
    asked = [
        name
        for question in ASKED
        for ask in question.asks
        if isinstance(ask, Cim)
        for name in ask.properties
    ]
    asked += [
        name
        for question in ASKED
        for ask in question.asks
        if isinstance(ask, Registry)
        for name in ask.values
    ]
    assert [
        name
        for name in asked
        if re.search("ProductKey|DigitalProductId|Password|Secret|UserName|RegisteredUser", name)
    ] == []
    assert (
        "'ProductKey|DigitalProductId|Password|Secret'" in SCRIPT
    )  # of keys of which all values are asked these are left out


# What changes a machine. The script writes the recording, under a name beside it first, and removes
# that where it fails.
CHANGES = (
    "Set-ItemProperty",
    "New-Item",
    "Remove-ItemProperty",
    "Set-Service",
    "Start-Service",
    "Stop-Service",
    "Invoke-CimMethod",
    "reg add",
    "reg delete",
)


def test_it_changes_nothing() -> None:
    assert [word for word in CHANGES if word.lower() in SCRIPT.lower()] == []
    assert re.findall(r"(?:Set-Content|Move-Item|Remove-Item) -LiteralPath (\S+)", SCRIPT) == [
        "$part",
        "$part",
        "$part",
    ]


def test_what_is_new_in_later_powershells_is_not_used() -> None:
    code = "\n".join(line for line in SCRIPT.split("\r\n") if not line.lstrip().startswith("#"))
    assert not re.search(
        r"\?\?|\?\.|&&|\|\||::new\(|\bclass \w+ \{|-Parallel|ConvertFrom-Json "
        r"-AsHashtable|\busing namespace",
        code,
    )


# Where a policy allows the constrained language alone, of these types methods may be called
# (about_Language_Modes), and of no other.
CORE = {"datetime", "int", "regex", "string", "timespan", "void"}
# Functions that are called in the full language only, or whose callers expect to be refused.
FULL = {"Invoke-Limited", "Open-Key", "Format-Bytes", "Format-Value"}


def test_in_the_constrained_language_nothing_fails_unseen() -> None:
    called = [
        (re.split(r"[^\w-]", function, maxsplit=1)[0], kind)
        for function in re.split(r"^function ", SCRIPT, flags=re.MULTILINE)[1:]
        for kind in re.findall(r"\[([\w.]+)\]::", function.partition("\r\n}\r\n")[0])
    ]
    assert {function for function, _ in called} >= {"Open-Key", "Invoke-Limited", "Record"}
    assert [
        (function, kind)
        for function, kind in called
        if kind.lower() not in CORE and function not in FULL
    ] == []
    # What is not caught in Put would be an answer that says nothing, and nothing wrong either.
    assert re.search(
        r"try \{ \$lines = @\(Invoke-Limited .*\) \} catch \{ \$lines = @\(Get-Failure \$_\) \}",
        SCRIPT,
    )
    assert "foreach ($problem in $shell.Streams.Error) { Get-Failure $problem }" in SCRIPT


@pytest.mark.parametrize("text", ["Grün", "a\nb", "\u2019"])
def test_what_powershell_could_read_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not for PowerShell"):
        powershell.quote(text)


def test_a_word_that_only_linux_has_is_refused() -> None:
    asked: Question[Any] = Question("q", "", [Command(("lspci",))], lambda found: found, "")
    with pytest.raises(ValueError, match="not put"):
        powershell.make([asked])


def test_the_grammar_has_no_error_in_it() -> None:
    grammar = pytest.importorskip("tree_sitter_powershell")
    sitter = pytest.importorskip("tree_sitter")
    tree = sitter.Parser(sitter.Language(grammar.language())).parse(SCRIPT.encode())

    def wrong(node: Any) -> Iterator[str]:
        if node.type == "ERROR" or node.is_missing:
            yield f"line {node.start_point[0] + 1}: {node.type}"
        for child in node.children:
            yield from wrong(child)

    assert list(wrong(tree.root_node)) == []
    assert not tree.root_node.has_error
    functions = {
        node.children[1].text.decode()
        for node in tree.root_node.children[-1].children
        if node.type == "function_statement"
    }
    named = set(re.findall(r"^function ([\w-]+)", SCRIPT, re.MULTILINE))
    assert {"Read-Cim", "Read-Registry", "Record"} <= named
    assert functions <= named
