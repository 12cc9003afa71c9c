"""Digits are those of ASCII: what Python takes for digits besides, and numbers without end, cost no
report.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Iterator, List

import pytest

import guestcheck
from guestcheck.cli import main
from guestcheck.model.digits import is_digits, number_of

TOP = Path(guestcheck.__file__).parent
DIGIT_TESTS = ("isdigit", "isdecimal", "isnumeric")
# Patterns in these only recognise or hide a text: no digit that they match is ever made a number.
ONLY_RECOGNISE = (
    "sources/_paste/kinds.py",
    "privacy/identities.py",
    "privacy/addresses.py",
    "privacy/redact.py",
)


def guarded(tree: ast.AST) -> List[ast.AST]:
    """Return the digit tests that stand in one condition with `isascii()` of the same text."""
    found: List[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            calls = [
                one.func
                for one in node.values
                if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)
            ]
            ascii_ = [ast.dump(call.value) for call in calls if call.attr == "isascii"]
            found += [
                call
                for call in calls
                if call.attr in DIGIT_TESTS and ast.dump(call.value) in ascii_
            ]
    return found


def bare(source: str) -> List[int]:
    """Return the lines of digit tests that take other digits than those of ASCII."""
    tree = ast.parse(source)
    good = guarded(tree)
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in DIGIT_TESTS and node not in good
    ]


def unicode_patterns(source: str) -> Iterator[int]:
    r"""Yield the lines of calls that are given a pattern with `\d` of texts and not `re.ASCII`."""
    for node in ast.walk(ast.parse(source)):
        if (
            not isinstance(node, ast.Call)
            or not node.args
            or ast.unparse(node.func).rpartition(".")[2] not in RE_CALLS
        ):
            continue
        first = [
            part.value
            for part in ast.walk(node.args[0])
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        if any("\\d" in text for text in first) and "ASCII" not in ast.unparse(node):
            yield node.lineno


RE_CALLS = (
    "compile",
    "compile_pattern",
    "match",
    "search",
    "fullmatch",
    "findall",
    "finditer",
    "split",
    "sub",
)


@pytest.mark.parametrize(("source", "lines"), [
    ("x.isdigit()", [1]),
    ("any(map(str.isdigit, x))", [1]),
    ("x.isdecimal() and y.isascii()", [1]),
    ("x.isascii() or x.isdigit()", [1]),
    ("x.isascii() and x.isdigit() and len(x) < 5", []),
])  # fmt: skip
def test_the_rule_sees_bare_tests(source: str, lines: List[int]) -> None:
    assert bare(source) == lines


@pytest.mark.parametrize(
    "path", sorted(TOP.rglob("*.py")), ids=lambda path: str(path.relative_to(TOP))
)
def test_digits_are_asked_for_in_ascii(path: Path) -> None:
    source = path.read_text("utf-8")
    assert bare(source) == []
    if str(path.relative_to(TOP)) not in ONLY_RECOGNISE:
        assert list(unicode_patterns(source)) == []


@pytest.mark.parametrize("text", ["²", "①", "٣", "３", "१", "Ⅷ", "", "-1", "1 ", "1_0"])
def test_others_are_none(text: str) -> None:
    assert not is_digits(text)
    assert number_of(text) is None


LINK = (
    "2: {}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc x state UP mode DEFAULT\n    "
    "link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff\n"
)
LSBLK = (
    "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\n{} 253:0 0 20G 0 disk\nvdz 253:16 0 20G 0 disk /\n"
)
PAIRS = 'NAME="{}" TYPE="disk" SIZE="21474836480"\nNAME="vdz" TYPE="disk" SIZE="21474836480"\n'
LSPCI = (
    "00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device [1af4:1000] (rev {})\n"
)
TREE = json.dumps(
    {
        "blockdevices": [
            {"name": "{}", "size": "{}", "type": "disk"},
            {"name": "vdz", "size": 1, "type": "disk"},
        ]
    }
)
ODD = [
    "²",
    "①",
    "٣",
    "eth²",
    "vd٣",
    "nvme²n1",
    "9" * 5000,
    "sd" + "9" * 5000,
    "dm-²",
    "md٣",
    "²" * 300,
]


@pytest.mark.parametrize("command", ["check", "preflight"])
@pytest.mark.parametrize(
    "form", [LINK, LSBLK, PAIRS, LSPCI, TREE], ids=["ip", "lsblk", "pairs", "lspci", "json"]
)
@pytest.mark.parametrize("name", ODD, ids=lambda name: ascii(name)[:20])
def test_an_odd_name_costs_no_report(
    name: str, form: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "paste.txt").write_text(form.replace("{}", name), "utf-8")
    # A bug would end with 70.
    code = main(
        [
            command,
            str(tmp_path / "paste.txt"),
            "-f",
            "json",
            *(["--all"] if command == "preflight" else []),
        ]
    )
    assert code in (0, 1, 3)
    assert code == 3 or json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("columns", ["²", "٣", "9" * 5000, "-1", "0", ""])
@pytest.mark.parametrize("form", ["terminal", "text"])
def test_an_odd_width_costs_no_report(
    columns: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    (tmp_path / "paste.txt").write_text(LSBLK.format("vda"))
    assert main([str(tmp_path / "paste.txt"), "-f", form]) in (0, 1)
