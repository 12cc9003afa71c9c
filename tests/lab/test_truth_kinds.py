"""Cells of the network and of repairs, and what all kinds share: what is compared, kept and said.
No guest is booted here.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Optional

import pytest

pytest.importorskip("fcntl")
from lab import cache
from lab.boot import Outcome, Part
from lab.image import Image
from lab.truth import nic, nic_variant, own_disk, repair, run, table
from lab.truth.cell import BOOTS, FAILS, UNKNOWN, Row, kept_since, outcome_of
from lab.truth.nic_variant import MODELS, OTHER_MAC, Card, NicCell, NicVariant, guest
from lab.truth.nic_variants import NIC_VARIANTS
from lab.truth.prepare import menu
from lab.truth.repair_variants import REPAIRS
from lab.truth.targets import TARGETS
from lab.truth.variant import Entry, cells
from lab.truth.variants import VARIANTS


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Image:
    """Make an image that has a name and kernels, and nothing else."""
    monkeypatch.setenv("GUESTCHECK_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("lab.truth.nic.qemu_version", lambda: "QEMU 1")
    monkeypatch.setattr("lab.truth.table.qemu_version", lambda: "QEMU 1")
    path = tmp_path / "bookworm-1"
    path.mkdir()
    (path / "made.json").write_text(
        '{"kernels": {"full": "6.1-amd64", "cloud": "6.1-cloud-amd64"}}'
    )
    return Image("bookworm", path)


def row(said: str, booted: str, kind: str = "disk", flaw: str = "", name: str = "a") -> Row:
    return Row(
        name,
        "bookworm",
        "ide",
        "6.1",
        True,
        said,
        booted,
        1.0,
        ("why: so",),
        "last | words",
        kind,
        flaw,
    )


def outcome(ended: str = "", serial: str = "", **parts: int) -> Outcome:
    return Outcome(
        ended, 1.0, serial, {name: Part(code, 0.1, b"active\n") for name, code in parts.items()}
    )


class TestComparison:
    @pytest.mark.parametrize(
        ("said", "booted", "right"),
        [
            (BOOTS, BOOTS, True),
            (BOOTS, FAILS, False),
            (FAILS, BOOTS, False),
            (UNKNOWN, BOOTS, None),
            (BOOTS, "", None),
            ("network-up", "network-lost", False),
        ],
    )
    def test_a_cell_is_right_where_both_say_the_same(
        self, said: str, booted: str, right: Optional[bool]
    ) -> None:
        assert row(said, booted).right is right

    def test_a_flaw_makes_it_wrong_whatever_came_out(self) -> None:
        assert row(BOOTS, BOOTS, "repair", "the script changed it again").right is False
        assert row(UNKNOWN, "", "repair", "no network on its own card").right is False


class TestOutcomeOfABoot:
    def test_the_job_tells(self) -> None:
        assert outcome_of(outcome(), False) == BOOTS
        assert outcome_of(outcome(mounts=0), True) == BOOTS
        assert (
            outcome_of(Outcome("", 1.0, "", {"mounts": Part(3, 0.1, b"failed\n")}), True) == FAILS
        )
        assert outcome_of(outcome(), True) == ""

    @pytest.mark.parametrize(
        "ended", ["QEMU ended with 1: x", "interrupted", "no end within the limit"]
    )
    def test_an_end_of_the_labs_own_tells_nothing(self, ended: str) -> None:
        assert outcome_of(outcome(ended), False) == ""

    def test_a_panic_counts_where_it_is_for_the_root(self) -> None:
        assert outcome_of(outcome("ALERT!"), False) == FAILS
        assert (
            outcome_of(
                outcome("Kernel panic", "VFS: Unable to mount root fs on unknown-block(0,0)"), False
            )
            == FAILS
        )
        assert outcome_of(outcome("Kernel panic", "timer does not work"), False) == ""


class TestOutcomeOfANetwork:
    CARDS = (
        b"1: lo    inet 127.0.0.1/8 scope host lo\n2: ens3    inet 10.0.2.15/24 scope global "
        b"ens3\n2: "
        b"ens3    inet6 fe80::1/64 scope link\n"
    )

    def seen(self, address: int, gateway: int) -> Outcome:
        parts = {
            "address": Part(address, 1.0, b""),
            "gateway": Part(gateway, 1.0, b""),
            "cards": Part(0, 0.1, self.CARDS),
        }
        return Outcome("", 1.0, "", parts)

    def test_an_address_and_a_gateway_that_answers(self) -> None:
        assert nic.outcome_of(self.seen(0, 0)) == (nic.UP, "has ens3 10.0.2.15/24")

    def test_without_one_of_them_it_is_lost(self) -> None:
        assert nic.outcome_of(self.seen(1, 1)) == (nic.LOST, "has ens3 10.0.2.15/24")
        assert nic.outcome_of(self.seen(0, 1))[0] == nic.LOST

    def test_a_boot_without_an_end_tells_nothing(self) -> None:
        assert nic.outcome_of(Outcome("no end within the limit", 9.0, "", {})) == (
            "",
            "no end within the limit",
        )
        assert nic.outcome_of(Outcome("", 9.0, "", {}))[0] == ""


class TestKept:
    VARIANT = NicVariant("v", (("etc/x", "1"),), (Card("virtio-net", 5),))

    def test_a_result_has_another_name_where_what_it_depends_on_is_another(
        self, image: Image
    ) -> None:
        card = Card("virtio-net", 5)
        same = nic._folder(NicCell(self.VARIANT, card), image)
        assert nic._folder(NicCell(replace(self.VARIANT), Card("virtio-net", 5)), image) == same
        others = [
            (replace(self.VARIANT, files=(("etc/x", "2"),)), card),
            (replace(self.VARIANT, address="10.0.2.77"), card),
            (replace(self.VARIANT, source=Card("rtl8139")), card),
            (replace(self.VARIANT, entry=Entry(options="quiet")), card),
            (self.VARIANT, Card("virtio-net", 6)),
            (self.VARIANT, Card("virtio-net", 5, OTHER_MAC)),
        ]
        found = {nic._folder(NicCell(variant, target), image).name for variant, target in others}
        assert len(found) == len(others)
        assert same.name not in found
        assert (
            nic._folder(
                NicCell(self.VARIANT, card), Image("bookworm", image.path.with_name("bookworm-2"))
            )
            != same
        )

    def test_what_is_kept_is_not_booted_again(
        self, image: Image, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cell = NicCell(self.VARIANT, Card("virtio-net", 5))
        said = {
            "target": "virtio-net",
            "kernel": "6.1-amd64",
            "kind": "nic",
            "verdict": nic.UP,
            "reasons": [],
        }
        monkeypatch.setattr("lab.truth.nic.predict", lambda *_: [said])
        (nic._folder(cell, image) / "result.json").write_text(
            json.dumps({"outcome": nic.LOST, "seconds": 5, "console": "has eth0"})
        )
        assert nic.is_kept(cell, image)
        found = nic.measure(cell, image, False)
        assert (found.said, found.booted, found.right, found.kind) == (
            nic.UP,
            nic.LOST,
            False,
            "nic",
        )

    def test_a_guest_without_network_on_its_own_card_says_nothing_of_another(
        self, image: Image, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def nothing(*_: object) -> Any:
            raise nic.LabError("v bookworm: has no network on the card it has")

        monkeypatch.setattr("lab.truth.nic.predict", nothing)
        found = nic.measure(NicCell(self.VARIANT, Card("virtio-net", 5)), image, False)
        assert (found.said, found.booted, found.right) == (UNKNOWN, "", False)

    def test_asked_anew_only_what_is_younger_counts(self, tmp_path: Path) -> None:
        kept = tmp_path / "result.json"
        assert not kept_since(kept, 0)
        kept.write_text("{}")
        os.utime(kept, (1000, 1000))
        assert kept_since(kept, 0)
        assert not kept_since(kept, 1001)


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    order = []
    entered = threading.Event()

    def second() -> None:
        entered.set()
        with cache.hold(tmp_path):
            order.append("second")

    with cache.hold(tmp_path):
        other = threading.Thread(target=second)
        other.start()
        entered.wait(5)
        other.join(0.2)
        order.append("first")
    other.join(5)
    assert order == ["first", "second"]


class TestDisk:
    def test_only_what_differs_is_written(self, tmp_path: Path) -> None:
        tree, root = tmp_path / "tree", tmp_path / "root"
        for top in (tree, root):
            (top / "etc").mkdir(parents=True)
            (top / "boot").mkdir()
        (tree / "etc/same").write_text("1")
        os.link(tree / "etc/same", root / "etc/same")
        (tree / "etc/changed").write_text("1")
        (root / "etc/changed").write_text("2")
        (tree / "boot/gone").write_text("")
        (root / "etc/new").mkdir()
        (root / "etc/new/file").write_text("")
        (root / "etc/link").symlink_to("/dev/null")
        assert list(own_disk.commands(tree, root)) == [
            "mkdir /etc/new",
            "rm /etc/changed",
            f"write {root}/etc/changed /etc/changed",
            "symlink /etc/link /dev/null",
            f"write {root}/etc/new/file /etc/new/file",
            "rm /boot/gone",
        ]

    @pytest.mark.parametrize("place", ["lib/modules", "usr/lib/modules"])
    def test_a_kernel_is_taken_away_with_its_modules(self, place: str, tmp_path: Path) -> None:
        tree, root = tmp_path / "tree", tmp_path / "root"
        for top in (tree, root):
            (top / place / "6.1/kernel").mkdir(parents=True)
            (top / "boot").mkdir()
        if place.startswith("usr"):
            (tree / "lib").symlink_to("usr/lib")
            os.link(tree / "lib", root / "lib", follow_symlinks=False)
        for name in (f"{place}/6.1/kernel/x.ko", "boot/vmlinuz-6.1"):
            (tree / name).write_text("")
            os.link(tree / name, root / name)
        (tree / place / "6.1/build").symlink_to("../..")
        own_disk.without_kernel(root, "6.1", leave_modules=True)
        assert list(own_disk.commands(tree, root)) == ["rm /boot/vmlinuz-6.1"]
        own_disk.without_kernel(root, "6.1")
        assert list(own_disk.commands(tree, root)) == [
            "rm /boot/vmlinuz-6.1",
            f"rm /{place}/6.1/kernel/x.ko",
            f"rmdir /{place}/6.1/kernel",
            f"rm /{place}/6.1/build",
            f"rmdir /{place}/6.1",
        ]

    def test_an_initramfs_has_copies_of_what_its_hooks_copy(self) -> None:
        files = (
            ("etc/systemd/network/1.link", "a"),
            ("etc/systemd/network/1.network", "b"),
            ("etc/udev/rules.d/7.rules", "c"),
            ("etc/modprobe.d/x.conf", "d"),
        )
        links = (
            ("etc/systemd/network/99-default.link", "/dev/null"),
            ("etc/systemd/system/x.service", "/dev/null"),
        )
        assert nic.copied_inside(files, links) == {
            "usr/lib/systemd/network/1.link": "a",
            "usr/lib/systemd/network/99-default.link": "",
            "usr/lib/udev/rules.d/7.rules": "c",
            "etc/modprobe.d/x.conf": "d",
        }


class TestRepair:
    RELEASE = "6.1-amd64"

    def said(self, word: str) -> Part:
        reason = {"id": "no-driver", "says": "it is lacking", "weight": "stops"}
        one = {
            "target": "virtio-blk",
            "kernel": self.RELEASE,
            "kind": "disk",
            "verdict": word,
            "reasons": [reason, {**reason, "weight": "warns"}],
        }
        return Part(1, 1.0, json.dumps({"readiness": [one]}).encode())

    def parts(self, **other: Part) -> Dict[str, Part]:
        done = Part(0, 1.0, b"")
        return {
            "before": self.said(FAILS),
            "first": done,
            "second": done,
            "changed": done,
            "after": self.said(BOOTS),
            **other,
        }

    def found(self, **other: Part) -> str:
        return "; ".join(repair.flaws(self.parts(**other), REPAIRS[0], self.RELEASE))

    def test_all_as_it_should_be(self) -> None:
        assert self.found() == ""

    def test_what_is_wrong_is_said(self) -> None:
        assert self.found(before=self.said(BOOTS)) == "preflight said boots before the repair"
        assert (
            self.found(after=self.said(UNKNOWN))
            == "preflight said unknown after the repair: no-driver: it is lacking"
        )
        assert (
            self.found(changed=Part(0, 1.0, b"> 12ab  /etc/fstab\n"))
            == "run again, the script changed /etc/fstab"
        )
        failed = {
            "second": Part(1, 1.0, b""),
            "second.err": Part(0, 0.0, b"x\n/dev/sda9 has no UUID\n"),
        }
        assert self.found(**failed) == "the script's second run ended with 1: /dev/sda9 has no UUID"
        assert "preflight said nothing after" in self.found(after=Part(70, 1.0, b"Traceback"))

    def test_the_menu_tells_what_is_started(self, image: Image) -> None:
        assert repair.default_entry(menu([Entry(options="quiet")], image))[0::2] == (
            "6.1-amd64",
            "/boot/initrd.img-6.1-amd64",
        )
        assert repair.default_entry(menu([Entry(initramfs=None)], image)).initrd == ""
        made = (
            "menuentry_id_option=x\nfunction a {\n}\nmenuentry 'Debian' --class debian "
            "$menuentry_id_option 'a' {\n\tload_video\n"
            "\techo 'Loading'\n\tlinux\t/boot/vmlinuz-6.1-amd64 root=UUID=1 ro  "
            "quiet\n\tinitrd\t/boot/initrd.img-6.1-amd64\n}\n"
            "menuentry 'other' {\n\tlinux /boot/vmlinuz-5 root=/dev/sda1\n}\n"
        )
        assert repair.default_entry(made) == (
            "6.1-amd64",
            "root=UUID=1 ro  quiet",
            "/boot/initrd.img-6.1-amd64",
        )

    def test_a_menu_that_starts_nothing_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="starts no kernel"):
            repair.default_entry("set default=0\n")


@pytest.mark.usefixtures("image")
class TestTable:
    ROWS = (
        row(BOOTS, BOOTS),
        row(FAILS, BOOTS, name="b"),
        row("network-up", "network-up", "nic"),
        row(BOOTS, FAILS, "repair", "not idempotent"),
    )

    def test_each_kind_has_its_counts(self) -> None:
        text = table.markdown(self.ROWS)
        assert "4 cells, 2 wrong." in text
        assert (
            "| preflight said | boots | does-not-boot | no outcome |\n| --- | --- | --- | --- "
            "|\n| boots | 1 | 0 | 0 |\n| does-not-boot | 1 | 0 | 0 |" in text
        )
        assert "| network-up | 1 | 0 | 0 |" in text
        assert "`not idempotent`" in text
        assert "last \\| words" in text

    def test_the_json_tells_them_apart_too(self) -> None:
        found = json.loads(table.json(self.ROWS))
        assert {"kind": "nic", "said": "network-up", "booted": "network-up", "cells": 1} in found[
            "counts"
        ]
        assert [one["kind"] for one in found["cells"]] == ["disk", "disk", "nic", "repair"]

    def test_the_terminal_has_what_is_not_right(self) -> None:
        assert "WRONG b bookworm" in table.text(self.ROWS)
        assert "WRONG a bookworm on ide" in table.text(self.ROWS)

    def test_a_page_is_replaced_between_its_marks(self) -> None:
        page = table.into("# page\n", self.ROWS)
        assert table.into(page, self.ROWS) == page


class TestPlan:
    ALL = run.Plan((), (), (), (), 1, False, False)

    def test_everything_is_asked_for_by_default(self) -> None:
        every = len(cells(VARIANTS)) + len(nic_variant.cells(NIC_VARIANTS)) + len(REPAIRS)
        assert len(list(run.chosen(self.ALL))) == every

    def test_a_kind_a_card_and_a_release_narrow_it(self) -> None:
        found = list(
            run.chosen(
                self.ALL._replace(kinds=("nic",), targets=("vmxnet3",), releases=("trixie",))
            )
        )
        assert found
        assert all(
            isinstance(one, NicCell)
            and one.target.model == "vmxnet3"
            and one.variant.release == "trixie"
            for one in found
        )

    def test_no_two_cells_are_the_same(self) -> None:
        found = list(run.chosen(self.ALL))
        assert len(set(found)) == len(found)


def test_every_variant_is_sound() -> None:
    for variant in NIC_VARIANTS:
        names = [card.model for card in (variant.source, *variant.targets)]
        assert set(names) <= set(MODELS), variant.name
        # It stays what it is where the card does: nothing could be learned.
        assert all(card.model != variant.source.model for card in variant.targets), variant.name
        assert f"mac={variant.source.mac}" in " ".join(guest(variant, variant.source).arguments())
    for one in REPAIRS:
        assert {one.source, one.target} <= set(TARGETS), one.name
        assert one.source != one.target
