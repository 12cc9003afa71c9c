"""Records what preflight read of each variant, with what booting it did, for the plain test suite
to replay without QEMU.

`tests/fixtures/truth/NAME-RELEASE/recording.json` holds the answers of a recording (`guestcheck
collect --root`), short texts in it and long ones in `tests/fixtures/shared`;
`tests/fixtures/truth-nic` has those of the network, recorded in the guest. A variant has most
answers from the one before it that is nearest, of the same release, which it is "like". A text that
is little different from that one's, or a long one from one that is shared (`file`), is written down
as its changes: [first line, number of lines] that are the same, or a line of its own.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Union

from lab import artifact, record
from lab.errors import LabError
from lab.image import Image
from lab.truth import nic
from lab.truth.cell import FAILS, Row, predict
from lab.truth.nic_variant import NicCell, NicVariant
from lab.truth.prepare import folder_of, prepare
from lab.truth.repair_variant import RepairCell
from lab.truth.variant import Cell, Variant

FIXTURES = {"disk": record.FIXTURES.parent / "truth", "nic": record.FIXTURES.parent / "truth-nic"}
SHORT = 400
"""Bytes: a text below it is never written down as changes."""
Change = Union[str, list[int]]
Answers = dict[str, list[dict[str, Any]]]


def main(
    rows: Sequence[tuple[Union[Cell, NicCell, RepairCell], Row]],
    images: dict[str, Image],
    into: Mapping[str, Path] = FIXTURES,
) -> None:
    """Write the folder of every variant that has an outcome, and remove those of variants that
    there are no more; of repairs there is nothing to replay.
    """
    for kind, place in into.items():
        mine = [
            (cell, row)
            for cell, row in rows
            if row.kind == kind and not isinstance(cell, RepairCell)
        ]
        if mine:
            _write(mine, images, place)


def _write(
    rows: Sequence[tuple[Union[Cell, NicCell], Row]], images: dict[str, Image], into: Path
) -> None:
    shutil.rmtree(into, ignore_errors=True)
    (into.parent / "shared").mkdir(parents=True, exist_ok=True)
    written = _Written(into.parent / "shared")
    for variant in dict.fromkeys(cell.variant for cell, _ in rows):
        known = [
            (cell, row)
            for cell, row in rows
            if cell.variant == variant and row.booted and not row.flaw
        ]
        if not known:
            continue
        folder = into / f"{variant.name}-{variant.release}"
        folder.mkdir(parents=True)
        image = images[variant.release]
        told = written.recording(
            variant,
            of_network(variant, image)
            if isinstance(variant, NicVariant)
            else answers(variant, image),
        )
        (folder / "recording.json").write_text(_lines(told))
        truth = [
            {
                "target": cell.target.model if isinstance(cell, NicCell) else row.target,
                "kernel": row.kernel,
                "said": row.said,
                "booted": row.booted,
            }
            for cell, row in known
        ]
        (folder / "truth.json").write_text(
            json.dumps(
                {"variant": variant.name, "release": variant.release, "cells": truth}, indent=1
            )
            + "\n"
        )
    record.forget_unused(into)
    size = sum(path.stat().st_size for path in into.rglob("*.json"))
    failing = sum(row.booted in (FAILS, nic.LOST) for _, row in rows)
    print(
        f"{len(rows)} cells recorded, {failing} of which do not come up: {size / 1024:.0f} "
        "KiB, and shared texts",
        file=sys.stderr,
    )


def of_network(variant: NicVariant, image: Image) -> Answers:
    """What guestcheck recorded in the guest on the card that it has."""
    return _answers(nic.recording(variant, image), "")


def answers(variant: Variant, image: Image) -> Answers:
    """What guestcheck records of the variant's root file system; each answer has its text with it,
    and no time and no place of this machine.
    """
    folder = folder_of(variant, image)
    packed = folder / f"recording-{artifact.digest()}.tar.gz"
    if not packed.exists():
        prepare(variant, image)
        fresh = folder / "recording.tar.gz"
        words = ["collect", "--root", str(folder / "root"), "-o", str(fresh)]
        subprocess.run(
            [sys.executable, "-m", "guestcheck", *words],
            check=True,
            capture_output=True,
            cwd=artifact.PACKAGE.parent,
        )
        _check(variant, image, fresh)
        fresh.rename(packed)
    return _answers(packed, str(folder / "root"))


def _answers(packed: Path, root: str) -> Answers:
    """The answers in a recording, without the place `root` of this machine."""
    found: Answers = {}
    with tarfile.open(packed) as archive:
        texts = {
            str(Path(*Path(m.name).parts[1:])): record.text_of(archive, m)
            for m in archive.getmembers()
            if m.isfile() and ".." not in m.name
        }
    for entry in json.loads(texts["manifest.json"])["answers"]:
        kept = {"asked": entry["asked"], "status": entry["status"]}
        if entry["detail"]:
            kept["detail"] = entry["detail"].replace(root, "") if root else entry["detail"]
        if entry["file"]:
            kept["text"] = texts[entry["file"]].decode("utf-8", "surrogateescape")
        found.setdefault(entry["question"], []).append(kept)
    return found


def _check(variant: Variant, image: Image, packed: Path) -> None:
    """A recording has to say what its root file system said."""
    said = predict(variant, image)
    targets = ",".join(dict.fromkeys(one["target"] for one in said))
    words = ["preflight", str(packed), "--target", targets, "-f", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "guestcheck", *words],
        capture_output=True,
        text=True,
        cwd=artifact.PACKAGE.parent,
    )
    again = json.loads(done.stdout)["readiness"]
    if [(one["target"], one["kernel"], one["verdict"]) for one in again] != [
        (one["target"], one["kernel"], one["verdict"]) for one in said
    ]:
        raise LabError(
            f"{variant.name} {variant.release}: preflight says something else of the "
            f"recording {packed} than of the files"
        )


class _Written:
    """What was written so far: the whole texts of each question, and the answers of every variant
    of each release.
    """

    def __init__(self, shared: Path) -> None:
        self._shared = shared
        self._texts: dict[str, dict[str, list[str]]] = {}
        self._before: dict[str, dict[str, Answers]] = {}

    def recording(self, variant: Union[Variant, NicVariant], found: Answers) -> dict[str, Any]:
        """What goes into recording.json."""
        before = self._before.setdefault(variant.release, {})
        like = min(before, key=lambda name: _unlike(before[name], found), default="")
        first = before.get(like, {})
        before[f"{variant.name}-{variant.release}"] = found
        own = {
            question: given
            for question, given in found.items()
            if not like or first.get(question) != given
        }
        lacks = [question for question in first if question not in found]
        alike = (
            {
                (question, answer["asked"]): answer.get("text", "")
                for question, given in first.items()
                for answer in given
            }
            if like
            else {}
        )
        answered = {
            question: [self._answer(question, answer, alike.get((question, answer["asked"]), "")) for answer in given]
            for question, given in own.items()
        }  # fmt: skip
        return {
            **({"like": like} if like else {}),
            **({"lacks": lacks} if lacks else {}),
            "answers": answered,
        }

    def _answer(self, question: str, answer: dict[str, Any], alike: str) -> dict[str, Any]:
        text = answer.get("text", "")
        if len(text) < SHORT:
            return answer
        kept = {field: value for field, value in answer.items() if field != "text"}
        lines = text.split("\n")
        near = changes(alike.split("\n"), lines)
        if alike and _size(near) < len(text) // 4:
            return {**kept, "changes": near}
        if len(text) < record.LARGE:
            return answer
        tried = [
            (name, changes(base, lines)) for name, base in self._texts.get(question, {}).items()
        ]
        best = min(tried, key=lambda one: _size(one[1]), default=None)
        if best and _size(best[1]) < len(text) // 2:
            return {
                **kept,
                "file": f"@{best[0]}",
                **({"changes": best[1]} if best[1] != [[0, len(lines)]] else {}),
            }
        data = text.encode("utf-8", "surrogateescape")
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.txt"
        (self._shared / name).write_bytes(data)
        self._texts.setdefault(question, {})[name] = lines
        return {**kept, "file": f"@{name}"}


def _unlike(base: Answers, found: Answers) -> int:
    """How many characters of `found` are in answers that `base` has otherwise."""
    return sum(
        len(answer.get("text", ""))
        for question, given in found.items()
        for answer in given
        if answer not in base.get(question, ())
    )


def changes(base: Sequence[str], lines: Sequence[str]) -> list[Change]:
    """How `lines` come from `base`: [first, number] of its lines, and lines that it has not."""
    found: list[Change] = []
    for what, first, last, begin, end in difflib.SequenceMatcher(
        None, base, lines, autojunk=False
    ).get_opcodes():
        if what == "equal":
            found.append([first, last - first])
        else:
            found += lines[begin:end]
    return found


def _size(found: Iterable[Change]) -> int:
    return sum(len(one) + 3 if isinstance(one, str) else 10 for one in found)


def _lines(told: dict[str, Any]) -> str:
    """JSON with an answer a line, for differences that can be read."""
    head = "".join(
        f"{json.dumps(name)}: {json.dumps(told[name])},\n"
        for name in ("like", "lacks")
        if name in told
    )
    questions = []
    for question, given in told["answers"].items():
        rows = ",\n".join(f"  {json.dumps(answer)}" for answer in given)
        questions.append(
            f"{json.dumps(question)}: [\n{rows}\n ]" if given else f"{json.dumps(question)}: []"
        )
    return f'{{{head}"answers": {{\n ' + ",\n ".join(questions) + "\n}}\n"
