"""An image that was read, and one that lsinitrd or lsinitramfs listed, become the same record; a
list that may not be whole is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, FrozenSet, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.evidence import questions, read
from guestcheck.evidence.linux.initramfs import INITRAMFS, Image, parse_image, parse_listing
from guestcheck.model.source import (
    ABSENT,
    CUT,
    DENIED,
    FAILED,
    OK,
    UNASKED,
    Answer,
    Question,
    Raw,
    Source,
)
from guestcheck.run import examine
from guestcheck.sources.live import Live
from tests.makers import disk, raw

SAMPLES = Path(__file__).parent / "samples" / "initramfs"
HEAD = "image 9\npart 0 zstd\n"


def listed(name: str) -> str:
    return (SAMPLES / name).read_text()


class TestReal:
    """Listings of images that dracut 059 and initramfs-tools 0.148 made for Debian's kernels."""

    def test_lsinitrd(self) -> None:
        found = parse_listing(listed("lsinitrd.txt"), "lsinitrd")
        assert (found.path, found.generator) == ("/boot/initramfs-6.1.0-56-amd64.img", "dracut")
        assert (found.releases, found.complete, found.trouble) == (("6.1.0-56-amd64",), True, "")
        assert {
            "virtio_blk",
            "virtio_scsi",
            "sd_mod",
            "nvme",
            "nvme_core",
            "ext4",
        } <= found.modules_of("6.1.0-56-amd64")
        assert "virtio_net" not in found.modules
        assert found.texts["usr/lib/dracut/modules.txt"].split() == [
            "kernel-modules",
            "rootfs-block",
            "udev-rules",
            "base",
            "fs-lib",
        ]
        assert "--no-hostonly" in found.texts["usr/lib/dracut/build-parameter.txt"]
        assert found.files["bin"] == "usr/bin"

    def test_lsinitramfs(self) -> None:
        found = parse_listing(listed("lsinitramfs.txt"), "lsinitramfs -l /boot/initrd.img")
        assert (found.path, found.generator) == ("/boot/initrd.img", "initramfs-tools")
        assert (found.releases, found.complete, found.trouble) == (
            ("6.12.118+deb13-cloud-amd64",),
            True,
            "",
        )
        assert len(found.modules) == 188
        assert found.modules["virtio_blk"] == (
            "usr/lib/modules/6.12.118+deb13-cloud-amd64/kernel/drivers/block/virtio_blk.ko.xz",
        )
        assert found.modules_of("6.12.118+deb13-amd64") == frozenset()

    @pytest.mark.parametrize("name", ["lsinitrd.txt", "lsinitramfs.txt"])
    def test_picked_lines_are_not_whole(self, name: str) -> None:
        lines = listed(name).split("\n")
        for text in (
            "\n".join(line for line in lines if ".ko" in line),
            "\n".join(line for line in lines if "virtio" in line or line.startswith("Image: ")),
            "\n".join([*lines[:200], "cpio: premature end of archive"]),
        ):
            found = parse_listing(text, "lsinitrd")
            assert found.modules
            assert (found.complete, found.trouble) == (False, "the listing may not be whole")

    def test_names_alone_are_read(self) -> None:
        names = [
            line.split(None, 8)[8].partition(" -> ")[0]
            for line in listed("lsinitramfs.txt").split("\n")
            if line[:1] in ("-", "l")
        ]
        found = parse_listing("\n".join(names) + "\n", "lsinitramfs /initrd.img")
        assert len(found.modules) == 188
        assert found.complete


MODULE = "100644 9 lib/modules/6.1/kernel/drivers/block/virtio_blk.ko.zst\n"
MAKERS: Dict[str, Tuple[str, ...]] = {
    "dracut": (
        "usr/lib/dracut/build-parameter.txt",
        "lib/dracut/modules.txt",
        "usr/lib/dracut-lib.sh",
    ),
    "initramfs-tools": ("conf/initramfs.conf", "conf/arch.conf"),
    "mkinitcpio": ("buildconfig", "init_functions"),
    "booster": ("etc/booster.init.yaml",),
    "mkinitrd": ("bin/nash", "run_all.sh"),
    "unknown": ("init",),
}


class TestImage:
    @pytest.mark.parametrize(
        ("maker", "file"), [(maker, file) for maker, files in MAKERS.items() for file in files]
    )
    def test_its_maker_is_told_by_its_files(self, maker: str, file: str) -> None:
        assert parse_image(f"{HEAD}100644 1 {file}\nwhole\n", "/boot/i").generator == maker

    def test_names_of_modules_are_exact(self) -> None:
        names = (
            "virtio-blk.ko",
            "nvmem.ko.xz",
            "nvme-core.ko.gz",
            "nvme.ko.zst",
            "x.ko.txt",
            "y.koala",
            "virtio_net",
        )
        found = parse_image(
            HEAD + "".join(f"100644 1 lib/modules/6.1/{name}\n" for name in names) + "whole\n",
            "/boot/i",
        )
        assert set(found.modules) == {"virtio_blk", "nvmem", "nvme_core", "nvme"}

    def test_modules_count_for_their_own_kernel(self) -> None:
        text = (
            HEAD
            + MODULE
            + "100644 1 lib/modules/6.2/kernel/nvme.ko\n100644 1 lib/sata_nv.ko\nwhole\n"
        )
        found = parse_image(text, "/boot/i")
        assert found.releases == ("6.1", "6.2")
        assert found.modules_of("6.1") == {"virtio_blk", "sata_nv"}
        assert found.modules_of("6.2") == {"nvme", "sata_nv"}

    @pytest.mark.parametrize(
        ("end", "trouble"),
        [
            ("", ""),
            ("trouble damaged zstd\n", "damaged zstd"),
            ("whole\n100644 1 x\n", ""),
            ("100644 1 squash-root.img\nwhole\n", "squash-root.img in it"),
        ],
    )
    def test_it_is_complete_only_if_all_of_it_was_read(self, end: str, trouble: str) -> None:
        found = parse_image(HEAD + MODULE + end, "/boot/i")
        assert not found.complete
        assert found.trouble.startswith(trouble)
        assert "virtio_blk" in found.modules

    @given(st.text(alphabet="image partrouble|whole 0179\\x->\n", max_size=200))
    def test_any_text_is_read(self, text: str) -> None:
        parse_image(HEAD + text, "/boot/i")

    @given(st.text(max_size=200))
    def test_any_listing_is_read_or_refused(self, text: str) -> None:
        try:
            parse_listing(text, "lsinitrd")
        except ValueError:
            return


def record(*found: Answer) -> Tuple["Tuple[Image, ...] | None", List[str]]:
    evidence = read(Raw("test", {"initramfs": found}), (INITRAMFS,))  # type: ignore[arg-type]
    return evidence.get(INITRAMFS), [gap.reason for gap in evidence.gaps]


class TestQuestion:
    def test_none_there_is_none(self) -> None:
        assert record(Answer("/boot/initrd.img-*", OK)) == ((), [])

    @pytest.mark.parametrize(
        "found",
        [
            (),
            (Answer("/boot/initrd.img-*", ABSENT),),
            (Answer("/boot/initrd.img-*", UNASKED), Answer("lsinitrd", ABSENT)),
        ],
    )
    def test_not_asked_is_unknown_and_no_gap(self, found: Tuple[Answer, ...]) -> None:
        assert record(*found) == (None, [])

    def test_a_refusal_is_a_gap_and_a_record_that_is_not_complete(self) -> None:
        images, gaps = record(
            Answer("/boot/i", DENIED, "trouble only root may read it\n", "only root may read it")
        )
        assert gaps == ["no permission (only root may read it)"]
        assert images is not None
        assert [(image.path, image.complete, image.trouble) for image in images] == [
            ("/boot/i", False, "only root may read it")
        ]

    def test_a_missing_program_is_a_gap_that_names_it(self) -> None:
        _, gaps = record(
            Answer(
                "/boot/i",
                FAILED,
                "image 9\ntrouble install the program zstd\n",
                "install the program zstd",
            )
        )
        assert gaps == ["ended with an error (install the program zstd)"]

    def test_a_listing_that_was_cut_is_not_complete(self) -> None:
        images, _ = record(Answer("lsinitrd", CUT, listed("lsinitrd.txt")))
        assert images is not None
        assert not images[0].complete

    def test_garbage_is_not_understood(self) -> None:
        assert record(Answer("lsinitrd", OK, "Not this.\n")) == (
            None,
            ["not understood: nothing that tells of an initramfs"],
        )


class Asked(Source):
    """A source that notes what it is asked."""

    name = "test"

    def __init__(self, running: bool) -> None:
        self._running = running
        self.asked: FrozenSet[str] = frozenset()

    @property
    def running(self) -> bool:
        return self._running

    def gather(self, asked: Tuple[Question[object], ...]) -> Raw:
        self.asked = frozenset(question.name for question in asked)
        return raw(
            disk(
                "vda", "0000:00:05.0 pci virtio-pci 1af4:1001", "virtio0 virtio virtio_blk 2 9,32"
            ),
            vm="kvm",
        )


class TestDepth:
    def test_a_deep_question_is_not_among_the_plain_ones(self) -> None:
        assert "initramfs" not in [question.name for question in questions()]
        deep = {question.name for question in questions(deep=True)} - {
            question.name for question in questions()
        }
        assert deep == {question.name for question in questions(deep=True) if question.deep}
        assert "initramfs" in deep

    def test_a_running_guest_is_not_asked_in_passing(self) -> None:
        here, there = Asked(True), Asked(False)
        reports = [examine(here), examine(there)]
        assert there.asked - here.asked == {
            question.name for question in questions(deep=True) if question.deep
        }
        assert [
            gap for report in reports for gap in report.gaps if gap.question == "initramfs"
        ] == []
        assert Live.running
