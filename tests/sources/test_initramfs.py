"""What is in an initramfs image is written down, however it is packed; whatever else an image
holds, reading it ends and raises nothing.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import struct
import sys
import tarfile
from pathlib import Path
from typing import BinaryIO, Callable, Iterator, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestcheck.evidence import read
from guestcheck.evidence.linux.initramfs import INITRAMFS, Image, parse_image
from guestcheck.model.source import (
    ABSENT,
    CUT,
    DENIED,
    FAILED,
    OK,
    UNASKED,
    Answer,
    Initramfs,
    Question,
    Raw,
    Source,
)
from guestcheck.privacy.lines import mask
from guestcheck.sources._collected import Collected, Output
from guestcheck.sources._offline import Offline
from guestcheck.stores.opening import open_store
from guestcheck.unpack import cpio as _cpio
from guestcheck.unpack import initramfs
from guestcheck.unpack.initramfs import describe
from tests.examples import examples
from tests.images import EARLY, FILES, MODULES, PACKERS, cpio, entry, program, unified
from tests.sources.conftest import Put

WORD = Initramfs("/boot/initrd.img-*")
TEXTS = ("conf/initramfs.conf", "etc/modprobe.d/local.conf", f"{MODULES}/modules.dep")


def answer(data: bytes, contents: bool = True, cut: bool = False) -> Answer:
    return describe(
        "/boot/i",
        "/boot/i",
        WORD._replace(contents=contents),
        lambda _: (io.BytesIO(data), cut),
        mask,
    )


def image(data: bytes) -> Image:
    return parse_image(answer(data).text, "/boot/i")


def same(found: Image) -> bool:
    texts = {
        name: FILES[name].decode("utf-8", "backslashreplace").replace("\\xff", "\xff")
        for name in TEXTS
    }  # type: ignore[union-attr]
    links = {name: what if isinstance(what, str) else "" for name, what in FILES.items()}
    return {name: found.texts.get(name) for name in TEXTS} == texts and {
        name: found.files.get(name) for name in FILES
    } == links


def called(packing: str) -> str:
    """Return what the reader calls it: of lz4 kernels unpack the legacy form alone."""
    return "lz4-frame" if packing.startswith("lz4, modern") else packing.partition(",")[0]


class TestPackings:
    @pytest.mark.parametrize("packing", PACKERS)
    def test_each_is_unpacked(self, packing: str) -> None:
        told = answer(PACKERS[packing](cpio(FILES)))
        assert (told.status, told.detail) == (OK, "")
        found = parse_image(told.text, "/boot/i")
        assert same(found)
        assert found.parts == (f"0 {called(packing)}",)
        assert (found.complete, found.trouble) == (True, "")

    @pytest.mark.parametrize("packing", PACKERS)
    def test_microcode_comes_before_and_zeros_between(self, packing: str) -> None:
        early = cpio(EARLY)
        found = image(early + b"\0" * 1536 + PACKERS[packing](cpio(FILES)))
        assert same(found)
        assert "kernel/x86/microcode/GenuineIntel.bin" in found.files
        assert found.parts == ("0 plain", f"{len(early) + 1536} {called(packing)}")
        assert found.complete

    @pytest.mark.parametrize("packing", PACKERS)
    def test_another_archive_may_follow(self, packing: str) -> None:
        first = PACKERS[packing](cpio(EARLY))
        found = image(first + b"\0" * (-len(first) % 4 + 8) + gzip.compress(cpio(FILES)))
        assert same(found)
        assert found.complete
        assert len(found.parts) == 2

    def test_the_format_with_checksums_is_read(self) -> None:
        assert same(image(cpio(FILES, magic=b"070702")))

    def test_archives_in_one_stream_are_read(self) -> None:
        found = image(gzip.compress(cpio(EARLY) + b"\0" * 1024 + cpio(FILES)))
        assert same(found)
        assert "early_cpio" in found.files

    def test_frames_of_zstd_behind_each_other_are_one_stream(self) -> None:
        data = cpio(FILES)
        pack = PACKERS["zstd"]
        found = image(pack(data[:700]) + pack(data[700:]))
        assert same(found)
        assert found.complete

    def test_lz4_of_several_blocks(self) -> None:
        data = cpio({**FILES, "large": os.urandom(9 << 20)})
        assert image(PACKERS["lz4, legacy"](data)).complete
        assert image(PACKERS["lz4, modern"](data)).complete

    def test_of_lzop_nonsense_is_damaged(self) -> None:
        found = image(cpio(EARLY) + b"\x89LZO\0\r\n\x1a\n" + b"x" * 500)
        assert not found.complete
        assert "early_cpio" in found.files

    def test_what_is_unknown_leaves_all_open(self) -> None:
        found = image(cpio(EARLY) + b"\x11\x22\x33\x44\x55\x66" + b"x" * 500)
        assert (found.complete, found.trouble) == (
            False,
            "unknown packing: it begins with 112233445566",
        )

    def test_rubbish_behind_the_last_archive_leaves_nothing_open(self) -> None:
        told = answer(gzip.compress(cpio(FILES)) + b"#BOOTCONFIG\n")
        assert told.status == OK
        assert "note 12 bytes at its end are no archive\n" in told.text
        assert same(parse_image(told.text, "x"))

    @pytest.mark.parametrize("packing", ["zstd", "lz4, legacy", "lz4, modern", "lzop"])
    def test_a_missing_program_is_named(
        self, packing: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = cpio(EARLY) + PACKERS[packing](cpio(FILES))
        monkeypatch.setenv("PATH", "/nowhere")
        for library in ("compression.zstd", "zstandard", "lz4.block", "lz4.frame"):
            monkeypatch.setitem(sys.modules, library, None)
        told = answer(data)
        name = packing.partition(",")[0]
        assert told.status == FAILED
        assert f"install the program {name}" in told.detail
        assert "early_cpio" in parse_image(told.text, "x").files

    def test_a_program_reads_the_file_itself_where_it_can(self, tmp_path: Path) -> None:
        path = tmp_path / "initrd"
        path.write_bytes(cpio(EARLY) + PACKERS["zstd"](cpio(FILES)))
        told = describe(str(path), str(path), WORD, initramfs.open_regular, mask)
        assert same(parse_image(told.text, "x"))


class TestUnified:
    SECTIONS = {
        ".osrel": b"ID=fedora\n",
        ".cmdline": b"root=UUID=1 ro\0",
        ".uname": b"6.1.0\n",
        ".linux": b"MZ" * 999,
    }

    def test_its_initrd_and_texts_are_read(self) -> None:
        found = image(
            unified({**self.SECTIONS, ".initrd": cpio(EARLY) + gzip.compress(cpio(FILES))})
        )
        assert same(found)
        assert found.complete
        assert (found.texts[".cmdline"], found.texts[".uname"], found.texts[".osrel"]) == (
            "root=UUID=1 ro",
            "6.1.0\n",
            "ID=fedora\n",
        )

    def test_without_contents_its_texts_alone(self) -> None:
        told = answer(unified({**self.SECTIONS, ".initrd": b"\x55" * 999}), contents=False)
        found = parse_image(told.text, "x")
        assert told.status == OK
        assert (found.files, found.texts[".cmdline"]) == ({}, "root=UUID=1 ro")

    def test_one_without_an_initrd_has_no_files(self) -> None:
        assert (image(unified(self.SECTIONS)).files, image(unified(self.SECTIONS)).complete) == (
            {},
            True,
        )

    @pytest.mark.parametrize(
        "data",
        [
            b"MZ",
            b"MZ".ljust(0x3C, b"\0") + b"\xff" * 4,
            b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40) + b"PE\0\0" + b"\xff" * 60,
            unified({".initrd": b"x"})[:400],
            unified({".initrd": b"x"})
            .replace(struct.pack("<II", 1, 0), struct.pack("<II", 0xFFFFFFFF, 0))
            .replace(struct.pack("<I", 512), b"\xff" * 4),
        ],
        ids=["alone", "far", "counts", "short", "sizes"],
    )
    def test_absurd_headers_are_told_of(self, data: bytes) -> None:
        told = answer(data)
        assert told.status == FAILED
        assert told.detail.startswith("damaged")


def bz_image(size: int = 4096) -> bytes:
    """Make a kernel of `size` bytes as Documentation/arch/x86/boot.rst has it, whose header says
    how long it is.
    """
    head = bytearray(1024)
    head[0x1F1] = 1
    head[0x1F4:0x1F8] = ((size - 1024) // 16).to_bytes(4, "little")
    head[0x202:0x206] = b"HdrS"
    return bytes(head) + b"k" * (size - 1024)


def elf(size: int = 4096) -> bytes:
    head = bytearray(64)
    head[:6] = b"\x7fELF\x02\x01"
    head[0x28:0x30] = (size - 128).to_bytes(8, "little")
    head[0x3A:0x3E] = b"\x40\0\x02\0"
    return bytes(head) + b"k" * (size - 64)


class TestKernels:
    def text(self, data: bytes) -> str:
        return answer(data, contents=False).text

    @pytest.mark.parametrize(
        ("data", "form"),
        [(bz_image(), "bzImage"), (elf(), "ELF"), (gzip.compress(b"k" * 99, mtime=0), "gzip")],
    )
    def test_a_whole_one_has_its_format(self, data: bytes, form: str) -> None:
        assert self.text(data) == f"image {len(data)}\nkernel {form}\nwhole\n"
        assert self.text(data + b"signature").endswith("whole\n")

    @pytest.mark.parametrize("data", [bz_image(), elf()])
    def test_one_that_is_cut_is_damaged(self, data: bytes) -> None:
        for size in (len(data) // 2, len(data) - 64):
            assert f"trouble damaged: it has {size} bytes of" in self.text(data[:size])

    @pytest.mark.parametrize(
        ("data", "trouble"),
        [(b"", "it is empty"), (b"\0" * 4096, "damaged: it begins with zeros alone")],
    )
    def test_one_without_anything_is_damaged(self, data: bytes, trouble: str) -> None:
        assert f"trouble {trouble}" in self.text(data)

    def test_an_unknown_format_is_not_judged(self) -> None:
        assert self.text(b"kernel") == "image 6\nkernel \nwhole\n"

    @given(st.binary(max_size=2000))
    def test_nonsense_ends(self, data: bytes) -> None:
        assert self.text(data).startswith(f"image {len(data)}\n")

    def test_what_an_archive_did_not_keep_is_no_damage(self) -> None:
        from guestcheck.evidence.linux.boot import KERNEL_FILES

        told = answer(bz_image()[:2000], contents=False, cut=True)
        assert KERNEL_FILES.parse([told])["/boot/i"].trouble == ""


@pytest.mark.parametrize("zeros", [0, 512, 1 << 20])
def test_an_initramfs_of_zeros_is_empty(zeros: int) -> None:
    found = image(b"\0" * zeros)
    assert (found.complete, found.trouble[:11]) == (False, "it is empty")


GRUB_CFG = "set default=0\nmenuentry 'N' {{\n linux {0} root=UUID=1\n initrd {1}\n}}\n"


class TestFollowed:
    """Files that a boot entry names are read, whatever they are called."""

    def lay_out(self, top: Path) -> None:
        for name, data in (
            (
                "boot/grub/grub.cfg",
                GRUB_CFG.format(
                    "($drive1)//boot/kernels/a-linux-6.1-bzImage",
                    "($drive1)//boot/kernels/b-initrd",
                ).encode(),
            ),
            ("boot/kernels/a-linux-6.1-bzImage", bz_image()[:2000]),
            ("boot/kernels/b-initrd", cpio(FILES)),
            ("boot/kernels/c-initrd", b"of no entry"),
            ("lib/modules/6.1/modules.builtin", b""),
            ("etc/os-release", b"ID=nixos\n"),
        ):
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_bytes(data)

    def questions(self) -> List[Question[object]]:
        from guestcheck.evidence.linux.boot import BOOT, BOOT_FILES, KERNEL_FILES

        return [BOOT, BOOT_FILES, KERNEL_FILES, INITRAMFS]  # type: ignore[list-item]

    @pytest.mark.parametrize("kind", ["live", "folder", "archive"])
    def test_by_each_source_that_reads_files(self, kind: str, tmp_path: Path) -> None:
        from guestcheck.sources.live import Live
        from guestcheck.sources.root import Root, open_root

        top = tmp_path / "root"
        self.lay_out(top)
        if kind == "archive":
            with tarfile.open(tmp_path / "root.tar", "w") as archive:
                archive.add(top, "root")
            from guestcheck.sources.root import WANTS

            source: Source = Root(open_store([str(tmp_path / "root.tar")], list(WANTS)), "root/")
        else:
            source = Live(str(top)) if kind == "live" else open_root(str(top))
        given = source.gather(self.questions()).answers
        assert [
            (one.asked, same(parse_image(one.text, "x"))) for one in given["initramfs"] if one.text
        ] == [("/boot/kernels/b-initrd", True)]
        told = read(Raw("x", given), self.questions())
        from guestcheck.evidence.linux.boot import KERNEL_FILES

        (kernel,) = (told.get(KERNEL_FILES) or {}).values()
        assert (kernel.path, kernel.format) == ("/boot/kernels/a-linux-6.1-bzImage", "bzImage")
        assert kernel.trouble == "damaged: it has 2000 bytes of 4080"

    @pytest.mark.parametrize(
        "name",
        [
            "/boot/../etc/shadow",
            "/boot/kernels/*",
            "/etc/shadow",
            "/boot/kernels/b-initrd x",
            "/boot/kernels/[a]",
        ],
    )
    def test_names_lead_nowhere_else(self, name: str, tmp_path: Path) -> None:
        from guestcheck.sources.root import open_root

        self.lay_out(tmp_path)
        (tmp_path / "etc/shadow").write_bytes(b"secret")
        (tmp_path / "boot/grub/grub.cfg").write_text(
            GRUB_CFG.format("/boot/kernels/none", f"'{name}'")
        )
        given = open_root(str(tmp_path)).gather(self.questions()).answers
        assert not [
            one.asked for one in given["initramfs"] if one.text and "b-initrd" not in one.asked
        ]


class TestWhatIsKept:
    def test_small_files_that_decide_and_no_others(self) -> None:
        found = image(cpio(FILES))
        assert set(found.texts) == set(TEXTS)
        assert "secret" not in answer(cpio(FILES)).text

    def test_a_large_text_is_cut_and_its_size_told(self) -> None:
        text = answer(cpio({"etc/fstab": b"x" * (1 << 20)})).text
        assert f"text etc/fstab {1 << 20}\n|{'x' * 100}" in text
        assert len(text) < 140_000

    def test_texts_together_are_bounded(self) -> None:
        files = {f"lib/modules/{number}/modules.dep": b"y" * (2 << 20) for number in range(9)}
        assert len(answer(gzip.compress(cpio(files))).text) < 9 << 20

    def test_binary_data_under_such_a_name_is_not_kept(self) -> None:
        assert image(cpio({"etc/fstab": b"a\0b"})).texts == {}

    def test_mode_and_size_are_told(self) -> None:
        lines = answer(cpio(FILES)).text.split("\n")
        assert lines[0] == f"image {len(cpio(FILES))}"
        assert f"100644 5005 {MODULES}/kernel/drivers/block/virtio_blk.ko" in lines
        assert "120777 7 bin -> usr/bin" in lines
        assert lines[-2:] == ["whole", ""]

    @pytest.mark.parametrize(
        "name",
        [
            "../../etc/passwd",
            "/etc/x",
            "a\nwhole",
            "\x1b[2Jx",
            "a -> b",
            "caf\xe9",
            "\udcff",
            "a\\x41",
            "\u202ex",
            "tab\there",
            "|x",
            "text a 3",
        ],
    )
    def test_names_are_data_and_come_back_as_they_were(self, name: str) -> None:
        told = answer(cpio({name: b"x", "init": b""}))
        assert all(line.isprintable() for line in told.text.split("\n"))
        found = parse_image(told.text, "x")
        assert [
            one.replace("\xff", "\udcff") if "\udcff" in name else one for one in found.files
        ] == [name.lstrip("/"), "init"]
        assert found.complete


class TestHostile:
    def of(self, data: bytes) -> Answer:
        told = answer(data)
        assert told.status in (OK, FAILED)
        assert told.text.startswith("image ")
        return told

    @pytest.mark.tail(every=4)
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0" * 5000,
            b"070701",
            b"070701" + b"F" * 104,
            b"070701" + b"G" * 104 + b"x\0",
            b"070701" + b"+0000001" * 13 + b"x\0",
            entry(b"a", b"x", size=0xFFFFFFFF),
            entry(b"a", mode=0o120777, size=0xFFFFFFFF),
            entry(b"a", length=0),
            entry(b"a", length=0xFFFFFFFF),
            entry(b"a" * 5000),
            entry(b"TRAILER!!!", size=0xFFFFFFF0),
            cpio(FILES)[:-1000],
            b"\x28\xb5\x2f\xfd" + b"\0" * 5,
            b"\x28\xb5\x2f\xfd\x04\0" + b"\0\0\0" * 300_000,
            b"\x02\x21\x4c\x18" * 300_000,
            b"\x02\x21\x4c\x18\xff\xff\xff\xff",
            b"\x04\x22\x4d\x18" + b"\0" * 9,
            b"\x1f\x8b" + b"\xff" * 99,
            b"\xfd7zXZ\0" + b"\xff" * 99,
            b"\x5d\0\0" + b"\xff" * 99,
            b"BZh9" + b"\xff" * 99,
        ],
        ids=range(22),
    )
    def test_nonsense_is_not_whole(self, data: bytes) -> None:
        if data == b"\0" * 5000:
            return
        told = self.of(data)
        assert told.status == FAILED
        assert not parse_image(told.text, "x").complete
        assert parse_image(told.text, "x").trouble

    @pytest.mark.parametrize("packing", PACKERS)
    def test_cut_anywhere_it_is_not_whole(self, packing: str) -> None:
        data = PACKERS[packing](cpio(FILES))
        ends = range(
            0, len(cpio(FILES)) - 600 if packing == "plain" else len(data), max(1, len(data) // 25)
        )
        # The legacy format of lz4 has no mark of its end; the archive in it has.
        assert [end for end in ends if parse_image(self.of(data[:end]).text, "x").complete] == []

    @pytest.mark.parametrize("packing", ["gzip", "xz", "bzip2", "zstd, with a checksum"])
    def test_a_wrong_checksum_is_not_whole(self, packing: str) -> None:
        data = bytearray(PACKERS[packing](cpio(FILES)))
        place = len(data) // 2
        data[place] ^= 0x10
        assert not parse_image(self.of(bytes(data)).text, "x").complete

    @settings(
        max_examples=examples(150),
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        deadline=None,
    )
    @given(st.sampled_from(["plain", "gzip", "xz", "lzma", "bzip2"]), st.data())
    def test_damaged_at_any_byte_it_is_told_or_read(
        self, packing: str, data: st.DataObject
    ) -> None:
        good = bytearray(cpio(EARLY) + PACKERS[packing](cpio(FILES)))
        for _ in range(data.draw(st.integers(1, 4))):
            good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
        self.of(bytes(good))

    @settings(max_examples=examples(40), deadline=None)
    @given(st.sampled_from(["zstd", "lz4, legacy", "lz4, modern"]), st.data())
    def test_damaged_for_a_program(self, packing: str, data: st.DataObject) -> None:
        good = bytearray(PACKERS[packing](cpio(FILES)))
        good[data.draw(st.integers(4, len(good) - 1))] ^= data.draw(st.integers(1, 255))
        self.of(bytes(good))

    @settings(max_examples=examples(60), deadline=None)
    @given(st.data())
    def test_damaged_unified_images(self, data: st.DataObject) -> None:
        good = bytearray(unified({".cmdline": b"ro", ".initrd": cpio(FILES)}))
        for _ in range(data.draw(st.integers(1, 4))):
            good[data.draw(st.integers(2, 500))] = data.draw(st.integers(0, 255))
        self.of(bytes(good))

    @pytest.mark.parametrize("packing", ["gzip", "zstd"])
    def test_a_bomb_is_stopped(self, packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_cpio, "MOST_UNPACKED", 1 << 24)
        for inner in (b"\0" * (1 << 26), entry(b"a", b"\0" * (1 << 26))):
            assert self.of(PACKERS[packing](inner)).detail == "it unpacks to more than 0 GiB"

    def test_endless_zeros_are_stopped(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "initrd"
        with path.open("wb") as file:
            file.truncate(1 << 40)
        told = describe("/boot/i", str(path), WORD, initramfs.open_regular, mask)
        assert told.detail == "it has more than 8 GiB"
        os.truncate(path, 1 << 30)
        monkeypatch.setattr(_cpio, "MOST_UNPACKED", 1 << 26)
        assert (
            "unpacks to more than"
            in describe("/boot/i", str(path), WORD, initramfs.open_regular, mask).detail
        )

    def test_too_many_entries_are_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_cpio, "MOST_ENTRIES", 100)
        told = self.of(gzip.compress(b"".join(entry(b"%d" % number) for number in range(200))))
        assert told.detail == "it has more than 100 entries"
        assert len(parse_image(told.text, "x").files) == 100

    def test_too_much_time_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_cpio, "LONGEST_SECONDS", -1.0)
        assert self.of(cpio(FILES)).detail == "reading it takes more than -1 s"


def refused(_: str) -> Tuple[BinaryIO, bool]:
    raise PermissionError(13, "Permission denied")


def test_an_image_that_only_root_may_read_is_denied() -> None:
    told = describe("/boot/i", "/boot/i", WORD, refused, mask)
    assert (told.status, told.detail) == (DENIED, "only root may read it")
    assert (
        parse_image(told.text, "/boot/i").complete,
        parse_image(told.text, "/boot/i").trouble,
    ) == (False, "only root may read it")


class TestLive:
    def test_every_image_that_matches_once(self, put: Put, file: Callable[..., Path]) -> None:
        file("/boot/initrd.img-6.1", cpio(FILES))
        file("/boot/initrd.img-6.1.old-dkms", b"x")
        file("/boot/initrd.img", link="initrd.img-6.1")
        file("/boot/initramfs-0-rescue-1.img", b"x")
        told = put(
            Initramfs(
                "/boot/initrd.img-* /boot/initramfs-* /boot/initrd.img", besides=(".old", "rescue")
            )
        )
        assert [(one.asked, one.status) for one in told] == [("/boot/initrd.img-6.1", OK)]

    def test_none_is_an_answer_where_the_folder_is_there(
        self, put: Put, file: Callable[..., Path]
    ) -> None:
        assert [(one.status, one.text) for one in put(WORD)] == [(ABSENT, "")]
        file("/boot/vmlinuz", b"x")
        assert [(one.status, one.text) for one in put(WORD)] == [(OK, "")]

    def test_a_pipe_or_a_folder_is_no_image(self, put: Put, file: Callable[..., Path]) -> None:
        os.mkfifo(file("/boot/x", b"").parent / "initrd.img-1")
        (file("/boot/x", b"").parent / "initrd.img-2").mkdir()
        file("/boot/initrd.img-3", link="nowhere")
        assert [one.status for one in put(WORD)] == [FAILED] * 3


class TestOffline:
    def root(self, folder: Path) -> Path:
        top = folder / "root"
        (top / "boot").mkdir(parents=True)
        (top / "boot/initrd.img-6.1").write_bytes(cpio(EARLY) + gzip.compress(cpio(FILES)))
        (top / "boot/initrd.img-1").symlink_to("initrd.img-6.1")
        (top / "boot/initrd.img-2").symlink_to("../boot/initrd.img-6.1")
        return top

    def asked(self, path: Path) -> List[Answer]:
        source = Offline(open_store([str(path)], ["boot/*"]), "" if path.is_dir() else "root/")
        return list(source.answer(WORD))

    def test_a_folder_and_an_archive_answer_alike(self, tmp_path: Path) -> None:
        top = self.root(tmp_path)
        with tarfile.open(tmp_path / "root.tar.gz", "w:gz") as archive:
            archive.add(top, "root")
        for path in (top, tmp_path / "root.tar.gz"):
            told = self.asked(path)
            assert [(one.asked, one.status) for one in told] == [("/boot/initrd.img-6.1", OK)]
            assert same(parse_image(told[0].text, "x"))

    def test_an_image_that_an_archive_did_not_keep_whole_is_cut(self) -> None:
        told = answer(gzip.compress(cpio(FILES))[:200], cut=True)
        assert (told.status, told.detail) == (CUT, "the archive is too large to keep all of it")
        assert not parse_image(told.text, "x").complete

    def test_nothing_there(self, tmp_path: Path) -> None:
        assert [one.status for one in self.asked(tmp_path)] == [ABSENT]
        (tmp_path / "boot").mkdir()
        assert [one.status for one in self.asked(tmp_path)] == [OK]

    def test_a_source_without_such_places(self, tmp_path: Path) -> None:
        source = Offline(open_store([str(tmp_path)], []))
        source.place = lambda _: ""  # type: ignore[method-assign,misc]
        assert [one.status for one in source.answer(WORD)] == [UNASKED]


class Archived(Collected):
    """An archive in which these commands had printed a list."""

    def outputs(self) -> Iterator[Output]:
        text = (
            Path(__file__).parents[1] / "evidence/samples/initramfs/lsinitramfs.txt"
        ).read_text()
        for key in (
            "lsinitramfs_-l_.boot.initrd.img",
            "lsinitramfs_-l_.var.lib.kdump.initrd.img",
            "lsinitrd_-f_.etc.fstab",
        ):
            yield Output(key, "", lambda: (text, ""))


def test_an_archive_answers_with_what_was_listed(tmp_path: Path) -> None:
    (tmp_path / "boot").mkdir()
    raw = Archived(open_store([str(tmp_path)], [])).gather((INITRAMFS,))  # type: ignore[arg-type]
    assert {(one.asked, one.status) for one in raw.answers["initramfs"] if one.text} == {
        ("lsinitramfs -l .boot.initrd.img", OK)
    }
    assert raw.answers["initramfs"][0].status == UNASKED
    images = read(raw, (INITRAMFS,)).get(INITRAMFS)  # type: ignore[arg-type]
    assert images is not None
    assert [(image.releases, image.complete) for image in images] == [
        (("6.12.118+deb13-cloud-amd64",), True)
    ]


def test_programs_do_not_outlive_their_use(tmp_path: Path) -> None:
    if not shutil.which("zstd"):
        pytest.skip("the program zstd is not installed")
    path = tmp_path / "initrd"
    path.write_bytes(program("zstd", "-qc")(entry(b"a" * 5000) + os.urandom(4 << 20)))
    told = describe("/boot/i", str(path), WORD, initramfs.open_regular, mask)
    assert told.status == FAILED
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_password_in_an_image_is_not_written_down() -> None:
    from guestcheck.unpack.initramfs import _Image

    image = _Image(True, mask)
    image._keep("etc/fstab", 40, b"//s/x /m cifs user=u,password=pAssw0rdX 0 0\n")
    assert "|//s/x /m cifs user=u,password=***** 0 0" in image.lines
