"""Several guests in one folder, archive or command line are each found, and what is not judged is
named.
"""

from __future__ import annotations

import os
import tarfile
import zipfile
from pathlib import Path
from typing import Callable, Dict, List, Tuple, Union

import pytest

from guestcheck.errors import GuestcheckError
from guestcheck.model.source import Gap
from guestcheck.run import examine
from guestcheck.sources import _guests
from guestcheck.sources._guest_nodes import Found
from guestcheck.sources._guests import find_guests
from guestcheck.sources.bundle import write
from tests import makers
from tests.sources.bounds import lower

LSPCI = (
    "00:01.1 IDE interface [0101]: Intel Corporation 82371SB [8086:7010]\n\tKernel driver in use: "
    "ata_piix\n"
)
WINDOWS = Path(__file__).parents[1] / "fixtures/windows/ide-e1000-domain.txt"
Files = Dict[str, bytes]


def recording(name: str, at: Path) -> bytes:
    """Return a recording of a guest whose one disk has this name."""
    write(
        makers.raw(
            makers.disk(
                name, "0000:00:05.0 pci virtio-pci 1af4:1001", "virtio0 virtio virtio_blk 2 32"
            ),
            vm="kvm",
        ),
        str(at),
    )
    return at.read_bytes()


@pytest.fixture(scope="module")
def vda(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return recording("vda", tmp_path_factory.mktemp("a") / "one.tar.gz")


@pytest.fixture(scope="module")
def vdb(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return recording("vdb", tmp_path_factory.mktemp("b") / "two.tar.gz")


def unpacked(packed: bytes, at: Path) -> Path:
    at.mkdir(parents=True)
    (at.parent / "packed").write_bytes(packed)
    with tarfile.open(at.parent / "packed") as archive:
        for member in archive:
            path = at / member.name.partition("/")[2]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.extractfile(member).read())  # type: ignore[union-attr]
    (at.parent / "packed").unlink()
    return at


def folder(at: Path, files: Files) -> str:
    for name, data in files.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(data)
    return str(at)


def tarred(top: Path, at: Path) -> str:
    with tarfile.open(at, "w:gz") as archive:
        archive.add(top, top.name)
    return str(at)


def zipped(top: Path, at: Path) -> str:
    with zipfile.ZipFile(at, "w") as archive:
        for path in sorted(top.rglob("*")):
            archive.write(path, f"{top.name}/{path.relative_to(top)}")
    return str(at)


Packer = Callable[[Path, Path], str]
PACKERS = [tarred, zipped]


def judged(*paths: str) -> List[Tuple[str, str]]:
    """Return the name of each guest with its disks, or why it cannot be judged."""
    told = []
    for found in find_guests(paths):
        if isinstance(found, Found):
            try:
                disks = examine(found.open()).inventory.disks or ()
                told.append((found.name, " ".join(disk.name for disk in disks)))
            except GuestcheckError as error:
                told.append((found.name, str(error)))
    return told


def gaps(*paths: str) -> List[Gap]:
    return [found for found in find_guests(paths) if isinstance(found, Gap)]


class TestInAFolder:
    def test_recordings_archives_and_texts_are_a_guest_each(
        self, tmp_path: Path, vda: bytes, vdb: bytes
    ) -> None:
        top = tmp_path / "all"
        unpacked(vda, top / "a")
        path = folder(
            top, {"sub/b.tar.gz": vdb, "win.txt": WINDOWS.read_bytes(), "lspci.txt": LSPCI.encode()}
        )
        names = [name for name, _ in judged(path)]
        assert names == ["all", "a", "sub/b.tar.gz", "win.txt"]
        assert dict(judged(path))["sub/b.tar.gz"] == "vdb"

    def test_the_name_of_the_loose_texts_is_no_other_guests(
        self, tmp_path: Path, vda: bytes
    ) -> None:
        path = folder(tmp_path / "web1", {"web1": vda, "lspci.txt": LSPCI.encode()})
        assert sorted(name for name, _ in judged(path)) == ["web1", "web1/"]

    def test_the_order_of_their_names_does_not_matter(
        self, tmp_path: Path, vda: bytes, vdb: bytes
    ) -> None:
        one, two = (
            folder(tmp_path / "x", {"a": vda, "b": vdb}),
            folder(tmp_path / "y", {"a": vdb, "b": vda}),
        )
        assert (judged(one), judged(two)) == (
            [("a", "vda"), ("b", "vdb")],
            [("a", "vdb"), ("b", "vda")],
        )

    @pytest.mark.parametrize("how", ["unpacked", "packed"])
    def test_one_alone_is_itself(self, tmp_path: Path, vda: bytes, how: str) -> None:
        top = tmp_path / "one"
        if how == "packed":
            folder(top, {"sub/a.tar.gz": vda})
        else:
            unpacked(vda, top / "sub/a")
        (found,) = find_guests([str(top)])
        assert isinstance(found, Found)
        assert examine(found.open()).inventory.guest.source == (
            f"{top}/sub/a.tar.gz" if how == "packed" else str(top)
        )

    @pytest.mark.parametrize("how", ["folder", "tarred", "zipped"])
    def test_a_text_that_says_nothing_makes_no_list_of_one(
        self, tmp_path: Path, vda: bytes, how: str
    ) -> None:
        unpacked(vda, tmp_path / "one/sub")
        folder(tmp_path / "one", {"README.txt": b"call me"})
        path = (
            {"tarred": tarred, "zipped": zipped}[how](tmp_path / "one", tmp_path / "x")
            if how != "folder"
            else str(tmp_path / "one")
        )
        (found,) = [one for one in find_guests([path]) if isinstance(one, Found)]
        assert examine(found.open()).inventory.guest.source == path
        assert [gap.reason for gap in gaps(path)] == [
            "not judged: nothing in it that guestcheck knows"
        ]

    @pytest.mark.parametrize("same", [True, False])
    def test_folders_with_a_text_of_one_name_are_a_guest_each(
        self, tmp_path: Path, same: bool
    ) -> None:
        path = folder(
            tmp_path / "t",
            {
                "web1/lspci.txt": LSPCI.encode(),
                f"db1/{'lspci' if same else 'other'}.txt": LSPCI.encode(),
            },
        )
        assert [name for name, _ in judged(path)] == (["db1", "web1"] if same else [path])

    def test_what_lies_in_a_guests_own_folder_is_found(
        self, tmp_path: Path, vda: bytes, vdb: bytes
    ) -> None:
        top = unpacked(vda, tmp_path / "mixed")
        folder(top, {"other.tar.gz": vdb})
        assert [disks for _, disks in judged(str(top))] == ["vda", "vdb"]

    def test_a_root_file_systems_own_files_are_no_guests(self, tmp_path: Path, vda: bytes) -> None:
        files = {
            "etc/hostname": b"a",
            "usr/lib/x": b"",
            "boot/vmlinuz-6.1": b"",
            "lib/modules/6.1/kernel/x": b"",
            "a.tar.gz": vda,
            "root/b.tar.gz": vda,
        }
        (found,) = find_guests([folder(tmp_path / "root", files)])
        assert isinstance(found, Found)

    def test_images_are_guests_and_never_texts(self, tmp_path: Path) -> None:
        image = b"QFI\xfb\0\0\0\3" + bytes(200) + b"\nLinux version 6.1.0\n"
        path = folder(tmp_path / "i", {"a.qcow2": image, "b.qcow2": image})
        assert [
            (found.name, type(found.open()).__name__)
            for found in find_guests([path])
            if isinstance(found, Found)
        ] == [
            ("a.qcow2", "Image"),
            ("b.qcow2", "Image"),
        ]
        both = [f"{path}/a.qcow2", f"{path}/b.qcow2"]
        assert [
            type(found.open()).__name__ for found in find_guests(both) if isinstance(found, Found)
        ] == ["Image", "Image"]

    @pytest.mark.parametrize("name", ["a.qed", "a.hds", "a.raw", "a.img", "a.tar.gz"])
    def test_what_is_an_image_or_archive_by_name_is_no_loose_text(
        self, tmp_path: Path, vda: bytes, name: str
    ) -> None:
        path = folder(
            tmp_path,
            {name: b"none\0\nLinux version 6.1.0\n", "lspci.txt": LSPCI.encode(), "b.tar.gz": vda},
        )
        told = judged(f"{path}/{name}", f"{path}/lspci.txt", f"{path}/b.tar.gz")
        assert sorted(name for name, _ in told) == sorted(
            f"{path}/{one}" for one in (name, "lspci.txt", "b.tar.gz")
        )

    def test_the_parts_of_an_image_are_none_by_themselves(self, tmp_path: Path) -> None:
        disk = bytes(446) + b"\x80" + bytes(3) + b"\x83" + bytes(59) + b"\x55\xaa" + bytes(512)
        text = (
            b'# Disk DescriptorFile\nversion=1\nRW 2 FLAT "a-flat.vmdk" 0\nRW 2 FLAT '
            b'"other.vmdk" 0\nRW 2 '
            b'FLAT "../x-flat.vmdk" 0\n'
        )
        path = folder(
            tmp_path / "v",
            {"a.vmdk": text, "a-flat.vmdk": disk, "b-flat.vmdk": disk, "other.vmdk": disk},
        )
        assert [found.name for found in find_guests([path]) if isinstance(found, Found)] == [
            "a.vmdk",
            "b-flat.vmdk",
            "other.vmdk",
        ]
        assert [(gap.asked, gap.reason) for gap in gaps(path)] == [
            (f"{path}/a-flat.vmdk", "a part of another image")
        ]

    def test_what_has_a_name_that_cannot_be_shown_is_not_lost(
        self, tmp_path: Path, vda: bytes
    ) -> None:
        path = folder(tmp_path / "n", {"a.tar.gz": vda, "b.tar.gz": vda, "sub/c\nd.tar.gz": vda})
        assert [(gap.asked, bool(gap.leaves_open)) for gap in gaps(path)] == [(f"{path}/sub", True)]

    def test_the_one_that_fails_costs_itself_alone(self, tmp_path: Path, vda: bytes) -> None:
        path = folder(
            tmp_path / "f",
            {"a.tar.gz": vda[:300], "b/manifest.json": b"{", "c.tar.gz": vda, "d.qcow2": b"none"},
        )
        told = dict(judged(path))
        assert told["c.tar.gz"] == "vda"
        assert "damaged or cut short" in told["a.tar.gz"]
        assert "manifest.json cannot be read" in told["b"]
        assert "nothing in it that guestcheck knows" in told["d.qcow2"]

    def test_what_is_not_judged_is_named(
        self, tmp_path: Path, vda: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_guests, "DEEPEST", 2)
        deep = {"a/b/c/x.tar.gz": vda, "README.md": b"hello", "photo.png": b"\x89PNG"}
        path = folder(tmp_path / "g", {"a.tar.gz": vda, "b.tar.gz": vda, **deep})
        with tarfile.open(f"{path}/unknown.tar", "w") as archive:
            archive.addfile(tarfile.TarInfo("x/y"))
        os.symlink("/etc", f"{path}/out")
        os.symlink("a.tar.gz", f"{path}/again.tar.gz")
        told = {
            gap.asked.rpartition("/")[2]: (gap.reason, bool(gap.leaves_open)) for gap in gaps(path)
        }
        assert told == {
            "c": ("not looked into: more than 2 folders below", True),
            "README.md": ("not judged: nothing in it that guestcheck knows", False),
            "photo.png": ("not judged: nothing that guestcheck knows", False),
            "unknown.tar": ("nothing in it that guestcheck knows", True),
            "out": ("a link that leads out of the folder, or nowhere; it is not followed", True),
        }
        assert [name for name, _ in judged(path)] == ["a.tar.gz", "b.tar.gz"]

    def test_of_too_many_the_first_are_judged(
        self, tmp_path: Path, vda: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_guests, "MOST_GUESTS", 3)
        path = folder(tmp_path / "m", {f"{number}.tar.gz": vda for number in range(5)})
        assert len(judged(path)) == 3
        assert [gap.reason for gap in gaps(path)] == ["not judged: there are more than 3 guests"]


@pytest.mark.parametrize("pack", PACKERS)
class TestInAnArchive:
    def test_each_recording_is_judged(
        self, tmp_path: Path, vda: bytes, vdb: bytes, pack: Packer
    ) -> None:
        top = tmp_path / "two"
        unpacked(vda, top / "a")
        unpacked(vdb, top / "b")
        (top / "win.txt").write_bytes(WINDOWS.read_bytes())
        told = judged(pack(top, tmp_path / "x"))
        assert [name for name, _ in told] == ["two/a", "two/b", "two/win.txt"]
        assert [disks for _, disks in told[:2]] == ["vda", "vdb"]

    def test_archives_in_it_are_judged(
        self, tmp_path: Path, vda: bytes, vdb: bytes, pack: Packer
    ) -> None:
        folder(tmp_path / "two", {"a.tar.gz": vda, "sub/b.tgz": vdb, "bad.tar.gz": vda[:200]})
        zipped(unpacked(vdb, tmp_path / "c"), tmp_path / "two/c.zip")
        told = dict(judged(pack(tmp_path / "two", tmp_path / "x")))
        assert [told.pop(f"two/{name}") for name in ("a.tar.gz", "sub/b.tgz", "c.zip")] == [
            "vda",
            "vdb",
            "vdb",
        ]
        assert [*told] == ["two/bad.tar.gz"]

    def test_what_lies_too_deep_is_named(
        self, tmp_path: Path, vda: bytes, vdb: bytes, pack: Packer
    ) -> None:
        unpacked(vda, tmp_path / "two/a")
        unpacked(vda, tmp_path / "two/x/y/z/deep")
        folder(tmp_path / "two", {"disk.qcow2": b"QFI\xfb"})
        folder(tmp_path / "inner", {"b.tar.gz": vdb})
        tarred(tmp_path / "inner", tmp_path / "two/inner.tar")
        path = pack(tmp_path / "two", tmp_path / "archive")
        assert judged(path) == [("two/a", "vda")]
        told = {
            gap.asked.partition("archive/two/")[2]: gap.reason
            for gap in gaps(path)
            if gap.leaves_open
        }
        assert told == {
            "disk.qcow2": "a disk image in an archive; unpack it",
            "x/y/z/deep": "too deep in the archive; unpack it",
            "inner.tar/inner/b.tar.gz": "in an archive that lies in an archive; unpack it",
        }

    def test_more_than_is_kept_of_one_archive_is_judged_too(
        self, tmp_path: Path, vda: bytes, vdb: bytes, pack: Packer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "MOST_TEXT", 6000)  # of which a recording has some
        for number in range(12):
            unpacked(vda if number % 2 else vdb, tmp_path / f"many/{number:02d}")
        told = judged(pack(tmp_path / "many", tmp_path / "x"))
        assert told == [
            (f"many/{number:02d}", "vda" if number % 2 else "vdb") for number in range(12)
        ]


def test_what_cannot_be_unpacked_costs_itself_alone(tmp_path: Path, vda: bytes, vdb: bytes) -> None:
    """Of a zip archive, whose members stand each for itself; what is encrypted has a bit set in
    both of its headers.
    """
    folder(
        tmp_path / "two",
        {"a.tar.gz": vda, "b.tar.gz": vdb, "c.tar.gz": vda, "d.txt": WINDOWS.read_bytes()},
    )
    path = Path(zipped(tmp_path / "two", tmp_path / "x.zip"))
    data = bytearray(path.read_bytes())
    for name in (b"two/b.tar.gz", b"two/d.txt"):
        for mark, flags, length in ((b"PK\3\4", 6, 30), (b"PK\1\2", 8, 46)):
            start = next(
                at
                for at in range(len(data))
                if data[at : at + 4] == mark and data[at + length : at + length + len(name)] == name
            )
            data[start + flags] |= 1
    path.write_bytes(data)
    told = dict(judged(str(path)))
    assert [told["two/a.tar.gz"], told["two/c.tar.gz"]] == ["vda", "vda"]
    told_of = [(gap.asked, gap.reason) for gap in gaps(str(path)) if gap.leaves_open]
    assert told_of == [(f"{path}/two/b.tar.gz and 1 more", "passed over: it is encrypted")]


def test_a_recording_in_a_recordings_folder_is_one_more_also_in_an_archive(
    tmp_path: Path, vda: bytes, vdb: bytes
) -> None:
    unpacked(vda, tmp_path / "a")
    unpacked(vdb, tmp_path / "a/inner")
    assert judged(tarred(tmp_path / "a", tmp_path / "x")) == [("a", "vda"), ("a/inner", "vdb")]


def test_members_that_lie_apart_are_not_taken_for_a_guest(
    tmp_path: Path, vda: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower(monkeypatch, "MOST_TEXT", 6000)
    for number in range(6):
        unpacked(vda, tmp_path / f"many/{number}")
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(tmp_path / "many", "many")
        archive.add(tmp_path / "many/0", "many/0")
    assert [gap.reason for gap in gaps(str(path))] == [
        "its members lie apart in the archive; unpack it"
    ]


class TestOnACommandLine:
    def test_each_is_judged_by_the_name_that_it_was_given(
        self, tmp_path: Path, vda: bytes, vdb: bytes
    ) -> None:
        path = folder(
            tmp_path, {"a/x.tar.gz": vda, "b/x.tar.gz": vdb, "b/lspci.txt": LSPCI.encode()}
        )
        one, two, text = f"{path}/a/x.tar.gz", f"{path}/b/x.tar.gz", f"{path}/b/lspci.txt"
        assert [name for name, _ in judged(one, two, text)] == [one, two, text]
        assert [name for name, _ in judged(f"{path}/a", f"{path}/b")] == [
            f"{path}/a/x.tar.gz",
            f"{path}/b",
            f"{path}/b/x.tar.gz",
        ]

    def test_loose_texts_are_one_guest(self, tmp_path: Path) -> None:
        path = folder(
            tmp_path,
            {"lspci.txt": LSPCI.encode(), "uname.txt": b"Linux a 6.1.0 #1 SMP x86_64 GNU/Linux\n"},
        )
        assert len(judged(f"{path}/lspci.txt", f"{path}/uname.txt")) == 1

    def test_a_pipe_is_read_by_nobody_else(self) -> None:
        ours, theirs = os.pipe()
        os.write(theirs, LSPCI.encode())
        os.close(theirs)
        (found,) = find_guests([f"/dev/fd/{ours}"])
        assert isinstance(found, Found)
        assert type(found.open()).__name__ == "Pasted"
        os.close(ours)

    def test_one_that_is_named_twice_is_judged_once(
        self, tmp_path: Path, vda: bytes, vdb: bytes
    ) -> None:
        path = folder(tmp_path, {"a": vda, "b": vdb})
        words = (f"{path}/a", f"{path}/b", f"{path}/../{tmp_path.name}/a")
        assert len(judged(*words)) == 2
        assert [gap.reason for gap in gaps(*words)] == [f"named twice: {path}/a"]


def test_guests_are_opened_when_they_are_asked_for(tmp_path: Path, vda: bytes) -> None:
    path = folder(tmp_path / "d", {"a.tar.gz": vda, "b.tar.gz": vda})
    found: Union[Found, Gap] = next(find_guests([path]))
    assert found[0] == "a.tar.gz"
