"""Guests that were booted: what preflight says of a variant's files, recorded before, is what
became of it on each bus, or on each network card.

A folder under fixtures/truth, or truth-nic, is a variant of the lab's (docs/lab.md):
recording.json, and truth.json with the outcome of each cell. `python3 -m lab truth --record` writes
both, and lab/truth/record.py says how.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

import pytest

from guestcheck.catalogue.rows import TARGETS
from guestcheck.run import preflight
from guestcheck.sources.bundle import SCHEMA, Bundle

FIXTURES = Path(__file__).parent / "fixtures"
VARIANTS = sorted(path.parent for path in (FIXTURES / "truth").glob("*/truth.json"))
OF_NETWORK = sorted(path.parent for path in (FIXTURES / "truth-nic").glob("*/truth.json"))
BY_ID = {target.id: target for target in TARGETS}


def cells(folder: Path) -> List[Dict[str, str]]:
    found: List[Dict[str, str]] = json.loads((folder / "truth.json").read_text())["cells"]
    return found


def answers(folder: Path) -> Dict[str, List[Dict[str, Any]]]:
    """Return the recording's answers by question: those of the variant that it is like, with its
    own in their place.
    """
    told = json.loads((folder / "recording.json").read_text())
    found = answers(folder.parent / told["like"]) if "like" in told else {}
    alike = {
        (question, answer["asked"]): answer.get("text", "")
        for question, given in found.items()
        for answer in given
    }
    for question, given in told["answers"].items():
        found[question] = [
            with_text(answer, alike.get((question, answer["asked"]), "")) for answer in given
        ]
    return {
        question: given
        for question, given in found.items()
        if question not in told.get("lacks", ())
    }


def with_text(
    answer: Dict[str, Any], alike: str, shared: Path = FIXTURES / "shared"
) -> Dict[str, Any]:
    """Return an answer with its text: as it stands there, or a shared one's, or the changes of
    that, or of the `alike` one's.
    """
    if "file" not in answer and "changes" not in answer:
        return answer
    text = (
        (shared / answer["file"][1:]).read_bytes().decode("utf-8", "surrogateescape")
        if "file" in answer
        else alike
    )
    if "changes" in answer:
        base = text.split("\n")
        lines: List[str] = []
        for change in answer["changes"]:
            lines += (
                [change] if isinstance(change, str) else base[change[0] : change[0] + change[1]]
            )
        text = "\n".join(lines)
    return {**answer, "text": text}


def bundle(folder: Path) -> Bundle:
    """Return the recording as a source."""
    texts: Dict[str, bytes] = {}
    entries = []
    for question, given in answers(folder).items():
        for answer in given:
            name = f"{len(texts)}.txt"
            texts[name] = answer.get("text", "").encode("utf-8", "surrogateescape")
            entries.append(
                {
                    "question": question,
                    "asked": answer["asked"],
                    "status": answer["status"],
                    "detail": answer.get("detail", ""),
                    "seconds": 0,
                }
            )
            entries[-1]["file"] = name if "text" in answer else None
    texts["manifest.json"] = json.dumps(
        {"schema": SCHEMA, "source": folder.name, "answers": entries}
    ).encode()
    return Bundle(folder.name, texts.__getitem__)


@pytest.mark.parametrize(
    "folder", [*VARIANTS, *OF_NETWORK], ids=lambda folder: f"{folder.parent.name}-{folder.name}"
)
def test_what_is_said_is_what_it_did(folder: Path) -> None:
    told = cells(folder)
    targets = [BY_ID[name] for name in dict.fromkeys(cell["target"] for cell in told)]
    kind = "nic" if folder in OF_NETWORK else "disk"
    said = {
        (one.target, one.kernel): one.verdict
        for one in preflight(bundle(folder), targets).readiness
        if one.kind == kind
    }
    assert said
    for cell in told:
        what = f"{folder.name} on {cell['target']}, {cell['kernel']}"
        now = said[cell["target"], cell["kernel"]]
        assert now in (cell["booted"], "unknown"), (
            f"{what}: it says {now}, and it was {cell['booted']}"
        )
        assert now == cell["said"], (
            f"{what}: it says {now}, and said {cell['said']} when it was booted; `python3 -m "
            "lab truth --kept --record` accepts that"
        )


def test_there_are_many_of_both_outcomes_and_few_unknown() -> None:
    found = Counter((cell["said"], cell["booted"]) for folder in VARIANTS for cell in cells(folder))
    unknown = sum(number for (said, _), number in found.items() if said == "unknown")
    assert (
        min(
            sum(number for (_, booted), number in found.items() if booted == outcome)
            for outcome in ("boots", "does-not-boot")
        )
        >= 50
    )
    assert sum(found.values()) >= 150
    assert unknown <= 0.03 * sum(found.values())


def test_of_networks_too() -> None:
    found = Counter(cell["booted"] for folder in OF_NETWORK for cell in cells(folder))
    assert min(found["network-up"], found["network-lost"]) >= 8
    assert sum(
        cell["said"] == "unknown" for folder in OF_NETWORK for cell in cells(folder)
    ) <= 0.1 * sum(found.values())
