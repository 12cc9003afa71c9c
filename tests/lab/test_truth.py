"""The lab's boot truth table by itself: how an outcome is read from a console, what makes a cell
another one, what is kept of a recording.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import replace
from pathlib import Path
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.boot import FAILURES, FINISHED, Outcome, Part
from lab.image import Image
from lab.kernel import plain
from lab.truth import cpio, packing, record, table
from lab.truth.cell import BOOTS, FAILS, LAST_WORDS, UNKNOWN, Row, outcome_of
from lab.truth.prepare import _changed, command_line, key
from lab.truth.targets import TARGETS
from lab.truth.variant import Cell, Entry, Initramfs, Variant, cells
from lab.truth.variants import VARIANTS
from tests.test_truth import answers, with_text

IMAGE = Image("bookworm", Path("bookworm-0123"))
ALERT = (
    "[   12.3] random: crng init done\nALERT!  UUID=6c61 does not exist.  Dropping to a shell!\n"
)
NO_ROOT = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n"
NOT_MOUNTED = (
    "mount: mounting /dev/vda1 on /root failed: No such device\nFailed to mount /dev/vda1 as root "
    "file system.\n"
)
OTHER_PANIC = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n"


def ended(how: str, serial: str = "", **parts: str) -> Outcome:
    return Outcome(
        how, 1.0, serial, {name: Part(0, 0.1, text.encode()) for name, text in parts.items()}
    )


@pytest.mark.parametrize(
    ("outcome", "systemd", "booted"),
    [
        (ended(""), False, BOOTS),
        (ended("", mounts="active\n"), True, BOOTS),
        (ended("", mounts="failed\n"), True, FAILS),
        (ended("", mounts="inactive\n"), True, FAILS),
        (ended(""), True, ""),  # the job's answer was torn
        (ended("ALERT!", ALERT), False, FAILS),
        (ended(" as root file system.", NOT_MOUNTED), False, FAILS),
        (ended("You are in emergency mode"), True, FAILS),
        (ended("Kernel panic", NO_ROOT), False, FAILS),
        (ended("Kernel panic", OTHER_PANIC), False, ""),
        (ended("QEMU ended with 1: no such device"), False, ""),
        (ended("no end within the limit"), True, ""),
        (ended("interrupted"), False, ""),
    ],
)
def test_an_outcome_is_read_from_how_it_ended(outcome: Outcome, systemd: bool, booted: str) -> None:
    assert outcome_of(outcome, systemd) == booted


@pytest.mark.parametrize(
    ("console", "last"),
    [
        (ALERT, "ALERT!  UUID=6c61"),
        (NO_ROOT, "Kernel panic - not syncing: VFS"),
        (NOT_MOUNTED, "Failed to mount /dev/vda1"),
        ("login:", ""),
    ],
)
def test_the_last_words_are_those_of_giving_up(console: str, last: str) -> None:
    found = LAST_WORDS.findall(console)
    assert (found[-1] if found else "").startswith(last)
    assert bool(found) == bool(last)
    assert bool(last) == any(failure in console.encode() for failure in FAILURES)


def test_a_guest_has_booted_where_its_own_init_ran() -> None:
    assert FINISHED.search(b"[    2.7] Run /usr/local/sbin/lab-init as init process\n")
    assert FINISHED.search(b"\n@@FINISHED 12.50@@\n")
    assert not FINISHED.search(b"[    0.9] Run /init as init process\n")


def row(said: str, booted: str) -> Row:
    return Row("v", "bookworm", "ide", "6.1", True, said, booted, 1.0, (), "")


@pytest.mark.parametrize(
    ("said", "booted", "right"),
    [
        (BOOTS, BOOTS, True),
        (FAILS, FAILS, True),
        (BOOTS, FAILS, False),
        (FAILS, BOOTS, False),
        (UNKNOWN, BOOTS, None),
        (BOOTS, "", None),
    ],
)
def test_a_word_is_right_or_wrong_or_neither(said: str, booted: str, right: bool) -> None:
    assert row(said, booted).right is right


def test_the_table_counts_and_shows_what_is_not_right() -> None:
    rows = [row(BOOTS, BOOTS), row(BOOTS, FAILS), row(UNKNOWN, FAILS)]
    assert table.counts(rows)[BOOTS, FAILS] == 1
    assert "WRONG v bookworm on ide" in table.text(rows)
    assert "3 cells, 1 wrong" in table.markdown(rows)
    assert "| boots | 1 | 1 | 0 |" in table.markdown(rows)
    assert json.loads(table.json(rows))["counts"][0] == {
        "kind": "disk",
        "said": "boots",
        "booted": "boots",
        "cells": 1,
    }


def test_a_page_keeps_what_stands_around_the_table() -> None:
    page = table.into("before\n", [row(BOOTS, BOOTS)]) + "after\n"
    again = table.into(page, [row(FAILS, FAILS)])
    assert again.startswith("before\n")
    assert again.endswith("after\n")
    assert "does-not-boot | does-not-boot" in again
    assert "| boots | boots |" not in again


STOCK = Variant("v", (Entry(initramfs=Initramfs(drivers=("nvme",))),))


def changed(**fields: object) -> Variant:
    return replace(
        STOCK,
        entries=(
            replace(STOCK.entries[0], initramfs=replace(STOCK.entries[0].initramfs, **fields)),
        ),
    )  # type: ignore[type-var]


@pytest.mark.parametrize(
    "other",
    [
        replace(STOCK, name="w"),
        replace(STOCK, fstab="/dev/sda1 /home ext4 defaults 0 0\n"),
        replace(STOCK, files=(("etc/modprobe.d/x.conf", "blacklist nvme\n"),)),
        replace(STOCK, stack="lvm"),
        replace(STOCK, entries=(replace(STOCK.entries[0], options="quiet"),)),
        replace(STOCK, entries=(replace(STOCK.entries[0], root="/dev/sda1"),)),
        changed(drivers=("ahci",)),
        changed(packed="xz"),
        changed(early=True),
        changed(modules_packed="xz"),
        changed(made_on="ide"),
    ],
)
def test_what_a_variant_is_made_of_changes_its_key(other: Variant) -> None:
    assert key(other, IMAGE) != key(STOCK, IMAGE)
    assert key(other, IMAGE) == key(replace(other), IMAGE)


def test_where_a_variant_is_booted_does_not_change_its_key() -> None:
    assert key(replace(STOCK, targets=("nvme", "ide"), quick=True), IMAGE) == key(STOCK, IMAGE)
    assert key(STOCK, IMAGE) != key(STOCK, Image("bookworm", Path("bookworm-4567")))


def test_variants_have_names_of_their_own_and_buses_that_are_there() -> None:
    names = [(variant.name, variant.release) for variant in VARIANTS]
    assert len(set(names)) == len(names)
    declared = cells(VARIANTS)
    assert len(set(declared)) == len(declared) >= 160
    assert {cell.target for cell in declared} == set(TARGETS)
    quick = [cell for cell in declared if cell.variant.quick]
    assert 10 <= len(quick) <= 16
    assert {cell.variant.release for cell in quick} == {"bookworm"}


def test_a_cell_may_be_of_an_entry_that_is_not_the_default() -> None:
    variant = Variant("v", (Entry("cloud"), Entry("full")), ("ide",), others=((1, "nvme"),))
    assert cells((variant,)) == [Cell(variant, "ide", 0), Cell(variant, "nvme", 1)]
    assert cells((variant,))[1].entry.kernel == "full"


def test_the_command_line_has_root_and_what_is_added() -> None:
    line = command_line(Entry(root="LABEL=root", options="module_blacklist=nvme"))
    assert line.startswith("root=LABEL=root ro ")
    assert line.endswith(" module_blacklist=nvme")
    assert "@" not in command_line(Entry())


MODULES = "usr/lib/modules/6.1/kernel"
ARCHIVE = cpio.pack([
    cpio.folder("etc"),
    cpio.folder("etc/modprobe.d"),
    cpio.file(f"{MODULES}/nvme.ko", "n"),
    cpio.file(f"{MODULES}/nvme-core.ko", "c"),
    cpio.file(f"{MODULES}/ahci.ko", "a"),
    cpio.file("usr/lib/modules/6.1/modules.dep", "kernel/nvme.ko: kernel/nvme-core.ko\nkernel/nvme-core.ko:\nkernel/ahci.ko:\n"),
])  # fmt: skip


def paths(data: bytes) -> List[str]:
    return [member.path for member in cpio.members(data)]


def test_drivers_are_kept_with_what_they_need() -> None:
    kept = paths(_changed(Initramfs(drivers=("nvme",)), ARCHIVE))
    assert f"{MODULES}/nvme-core.ko" in kept
    assert f"{MODULES}/ahci.ko" not in kept
    assert "usr/lib/modules/6.1/modules.dep" in kept


def test_modules_are_taken_out_and_files_put_in() -> None:
    recipe = Initramfs(
        without=("nvme_core",), files=(("etc/modprobe.d/lab.conf", "blacklist ahci\n"),)
    )
    found = {member.path: member.data for member in cpio.members(_changed(recipe, ARCHIVE))}
    assert f"{MODULES}/nvme-core.ko" not in found
    assert found["etc/modprobe.d/lab.conf"] == b"blacklist ahci\n"
    assert found[f"{MODULES}/ahci.ko"] == b"a"


@pytest.mark.parametrize("how", ["", "gzip", "xz"])
def test_a_packed_archive_is_the_same_inside(how: str) -> None:
    assert plain(packing.packed(ARCHIVE, how, early=False)) == ARCHIVE
    both = paths(packing.packed(ARCHIVE, how, early=True))
    assert both[:3] == ["kernel", "kernel/x86", "kernel/x86/microcode"]
    assert both[4:] == paths(ARCHIVE)


def test_xz_is_what_the_kernel_can_unpack() -> None:
    # Its decoder knows CRC32 and no other sum.
    assert lzma.LZMADecompressor().decompress(packing.packed(ARCHIVE, "xz", early=False)) == ARCHIVE
    assert packing.packed(ARCHIVE, "xz", early=False)[6:8] == b"\x00\x01"


LINES = st.lists(st.sampled_from(["a", "b", "c", "|d e", ""]), max_size=30)


@given(LINES, LINES)
def test_changes_of_a_text_give_it_back(
    tmp_path_factory: pytest.TempPathFactory, base: List[str], lines: List[str]
) -> None:
    shared = tmp_path_factory.mktemp("shared")
    (shared / "x.txt").write_text("\n".join(base))
    answer = {"file": "@x.txt", "changes": record.changes(base, lines)}
    assert with_text(answer, "", shared)["text"].split("\n") == (lines or [""])
    assert with_text({"changes": record.changes(base, lines)}, "\n".join(base))["text"].split(
        "\n"
    ) == (lines or [""])


def test_a_variant_is_told_by_the_nearest_of_its_release(tmp_path: Path) -> None:
    long = "\n".join(f"line {number}" for number in range(100))
    recorded = {
        "a": {
            "pci": [{"asked": "x", "status": "ok", "text": long}],
            "os": [{"asked": "y", "status": "ok", "text": "1"}],
        },
        "b": {
            "pci": [{"asked": "x", "status": "ok", "text": f"{long}\nmore"}],
            "os": [{"asked": "y", "status": "ok", "text": "2"}],
            "gone": [],
        },
        "c": {
            "pci": [{"asked": "x", "status": "ok", "text": f"{long}\nmore\nyet"}],
            "os": [{"asked": "y", "status": "ok", "text": "2"}],
        },
    }
    written = record._Written(tmp_path)
    for name, found in recorded.items():
        told = written.recording(Variant(name), found)
        assert told.get("like") == {"b": "a-bookworm", "c": "b-bookworm"}.get(name)
        (tmp_path / f"{name}-bookworm").mkdir()
        (tmp_path / f"{name}-bookworm/recording.json").write_text(record._lines(told))
    assert "line 50" not in (tmp_path / "c-bookworm/recording.json").read_text()
    for name, found in recorded.items():
        again = answers(tmp_path / f"{name}-bookworm")
        texts = {question: [one["text"] for one in given] for question, given in again.items()}
        assert texts == {
            question: [one["text"] for one in given] for question, given in found.items()
        }
