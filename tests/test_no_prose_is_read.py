"""No stage reads what another one words: fields that hold sentences are shown and never parsed.

Questions parse what a guest prints (`evidence`), and painters break lines (`render/people`): that
is their trade.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Counter as Counts
from typing import Iterator

import pytest

import guestcheck

ROOT = Path(guestcheck.__path__[0])
SENTENCES = {"says", "reason", "detail", "note", "summary", "settle", "text"}
READS = {
    "startswith",
    "endswith",
    "partition",
    "rpartition",
    "split",
    "rsplit",
    "splitlines",
    "replace",
    "removeprefix",
    "removesuffix",
    "find",
    "index",
}
# `text` there is the guest's own: what a file or a program says.
GUESTS_TEXT = ("evidence", "privacy", "policy", "render/people", "sources")
# What still reads one, and why it may for now. This list only shrinks.
LEFT = {
    "classify/hypervisor.py": 2,  # what the device tree says is the guest's own text
    "evidence/windows/registry_text.py": 1,  # an answer's detail: damaged files have no status
    "readiness/linux/after_boot.py": 1,  # a line of cloud-init's settings
    "readiness/linux/gone_names.py": 1,  # a hint has no path and no option of its own
    "readiness/linux/nic_repairs.py": 2,  # a line of netplan's
    "readiness/linux/overlay_root.py": 2,  # an option's value
    "render/page/gaps.py": 2,  # a gap has no kind
    "sources/_collected.py": 1,  # an answer's detail: links have no status
    "sources/live.py": 1,  # an answer's detail has the exit code
}


def reads(source: str, own_text: bool = False) -> Iterator[int]:
    """Yield the lines in which a field with a sentence is taken apart or looked into."""
    fields = SENTENCES - {"text"} if own_text else SENTENCES

    def holds(node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and node.attr in fields

    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in READS
            and holds(node.func.value)
        ):
            yield node.lineno
        if isinstance(node, ast.Compare) and any(
            isinstance(operator, (ast.In, ast.NotIn)) and holds(right)
            for operator, right in zip(node.ops, node.comparators)
        ):
            yield node.lineno


def found() -> Counts[str]:
    counts: Counts[str] = Counter()
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        lines = list(reads(path.read_text(encoding="utf-8"), name.startswith(GUESTS_TEXT)))
        if lines:
            counts[name] = len(lines)
    return counts


def test_nothing_more_reads_a_sentence() -> None:
    assert dict(found()) == LEFT


@pytest.mark.parametrize(
    ("source", "times"),
    [
        ("hint.says.startswith('a')", 1),
        ("'denied' in gap.reason", 1),
        ("'denied' not in gap.reason", 1),
        ("step.note.replace('a', 'b')", 1),
        ("result.summary.partition(': ')[0]", 1),
        ("line.text.split(',')", 1),
        ("hint.source.startswith('/')", 0),
        ("says in known", 0),
        ("print(hint.says)", 0),
    ],
)
def test_reading_is_seen(source: str, times: int) -> None:
    assert len(list(reads(source))) == times


def test_of_a_guest_s_own_text_only_other_fields_count() -> None:
    assert list(reads("answer.text.split(',')", own_text=True)) == []
    assert list(reads("answer.detail.split(',')", own_text=True)) == [1]
