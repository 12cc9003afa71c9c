"""Every id that a result can have is listed, has a page that `explain` prints, and stands in the
documentation.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Dict, Iterator, Set, Tuple

import pytest

import guestcheck
import guestcheck.policy.file as policy_file
from guestcheck.catalogue.rows import TARGETS
from guestcheck.checks import all_checks
from guestcheck.cli import main
from guestcheck.errors import EXIT_OK, EXIT_USAGE

Printed = pytest.CaptureFixture[str]
PACKAGE = Path(guestcheck.__file__).parent
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
CHECKS = {check.id for check in all_checks()}
READINESS = {f"readiness-{target.id}" for target in TARGETS}


def made() -> Iterator[Tuple[str, str]]:
    """Yield where a result is made, and what its id is made of."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Result"
            ):
                first = (
                    node.args[0]
                    if node.args
                    else next(word.value for word in node.keywords if word.arg == "id")
                )
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", ast.unparse(first)


def ids() -> Dict[str, Set[str]]:
    """Return the ids that the code can give a result, by what they are made of there."""
    known = {"check.id": CHECKS, "f'readiness-{one.target}'": READINESS}
    found = {}
    for where, words in made():
        constant = getattr(policy_file, words, None) if words.isidentifier() else None
        assert words in known or isinstance(constant, str), (
            f"{where}: a result gets its id from {words}: say here which ids these can be"
        )
        found[words] = known[words] if words in known else {str(constant)}
    return found


IDS = sorted(set().union(*ids().values()))


def listed(printed: Printed) -> Dict[str, str]:
    assert main(["list", "checks"]) == EXIT_OK
    lines = printed.readouterr().out.splitlines()
    rows = dict(line.split(None, 1) for line in lines)
    assert len(rows) == len(lines)
    return rows


def test_all_families_are_among_them() -> None:
    assert {"check.id", "f'readiness-{one.target}'", "KIND", "NOT_RUN", "EXPIRED", "UNUSED"} <= set(
        ids()
    )
    assert {id_.partition("-")[0] for id_ in IDS} == {
        "disk",
        "guest",
        "kernel",
        "nic",
        "policy",
        "readiness",
    }


def test_the_list_has_these_and_no_others(capsys: Printed) -> None:
    assert sorted(listed(capsys)) == IDS


@pytest.mark.parametrize("id_", IDS)
def test_each_is_explained_as_it_is_listed(id_: str, capsys: Printed) -> None:
    title = listed(capsys)[id_]
    assert main(["explain", id_, "--width", "80"]) == EXIT_OK
    page = capsys.readouterr().out
    assert page.startswith(f"{id_}: {title}\n")
    assert re.findall(r"^(\w+): ", page, re.MULTILINE) == ["Why", "Fix", "See"]
    assert [line for line in page.splitlines()[1:] if len(line) > 80] == []


@pytest.mark.parametrize("id_", IDS)
def test_each_stands_in_the_documentation(id_: str) -> None:
    page = (PACKAGE.parent / "docs" / "checks.md").read_text(encoding="utf-8")
    target = re.search(rf"^\| \[{id_}\]\(#([\w-]+)\) \|", page, re.MULTILINE)
    assert target
    assert f"\n### {target[1]}\n" in page


@pytest.mark.parametrize(
    "word", ["readiness-floppy", "readiness-kvm", "readinessfoo", "policy-", "policy"]
)
def test_what_no_result_can_be_is_not_explained(word: str, capsys: Printed) -> None:
    assert main(["explain", word]) == EXIT_USAGE
    assert f"nothing to explain under '{word}'" in capsys.readouterr().err


POLICY = """version = 1
[checks]
must-pass = ["nic-emulated"]
[kinds]
root-disk = ["nvme"]
[readiness]
targets = ["virtio-blk", "vmxnet3"]
[[ignore]]
check = "disk-emulated"
subject = "PhysicalDrive9"
reason = "there is none"
until = "2999-01-01"
[[ignore]]
check = "disk-discard-off"
subject = "*"
reason = "was for a while"
until = "2020-01-01"
"""


@pytest.mark.parametrize("recording", ["virtio-blk", "ide-e1000", "blocked"])
def test_what_reports_hold_is_listed(recording: str, tmp_path: Path, capsys: Printed) -> None:
    policy, source = tmp_path / "policy.toml", str(FIXTURES / "windows" / f"{recording}.txt")
    policy.write_text(POLICY, encoding="utf-8")
    formats = {name: tmp_path / f"out.{name}" for name in ("json", "sarif", "junit", "prometheus")}
    into = [word for name, path in formats.items() for word in ("-f", f"{name}:{path}")]
    targets = [word for target in TARGETS for word in ("--target", target.id)]
    found: Set[str] = set()
    for words in (["preflight", *targets], ["check", "--ignore", "nic"]):
        main([*words, source, "--policy", str(policy), *into])
        told = json.loads(formats["json"].read_text(encoding="utf-8"))
        found |= {result["id"] for result in told["results"]}
        (run,) = json.loads(formats["sarif"].read_text(encoding="utf-8"))["runs"]
        found |= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
        found |= set(
            re.findall(
                r'<testcase classname="[^"]*" name="([\w-]+):',
                formats["junit"].read_text(encoding="utf-8"),
            )
        )
        found |= set(
            re.findall(r'check="([\w-]+)"', formats["prometheus"].read_text(encoding="utf-8"))
        )
    assert found >= READINESS
    assert {
        "policy-kind",
        "policy-not-run",
        "policy-ignore-unused",
        "policy-ignore-expired",
    } <= found
    assert found <= set(IDS)


@pytest.mark.parametrize(
    ("word", "meant"),
    [("nic-emulatd", "nic-emulated"), ("virtio-bl", "virtio-blk"), ("policy-knd", "policy-kind")],
)
def test_a_misspelt_word_has_a_suggestion(word: str, meant: str, capsys: Printed) -> None:
    assert main(["explain", word]) == EXIT_USAGE
    assert f"explain interfaces; did you mean {meant}?\n" in capsys.readouterr().err
