"""A disk image is told by its first bytes and read through guestfish alone; here a program stands
in for it that answers as 1.48 does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from guestcheck.errors import NoEvidenceError
from guestcheck.run import examine
from guestcheck.sources import open_source
from guestcheck.sources.image import Image
from guestcheck.stores import guestfish
from guestcheck.stores.disk_image import disk_format
from guestcheck.stores.opening import open_store
from tests.sources.test_root import CONFIG, DEBIAN, GRUB, link, states
from tests.sources.test_root import tree as tree

Program = Callable[..., str]

# What guestfish does with the commands that are used, on a folder in place of a guest.
FISH = r"""
import os, shlex, sys
top = os.environ["FAKE_ROOT"]
open(os.environ["FAKE_LOG"], "a").write(repr(sys.argv[1:]) + "\n" + os.environ["LIBGUESTFS_BACKEND"] + "\n" + os.environ["LIBGUESTFS_TMPDIR"] + "\n")
for number, line in enumerate(sys.stdin, 1):
    open(os.environ["FAKE_LOG"], "a").write(line)
    command, *words = shlex.split(line.rstrip("\n"))
    assert command.startswith("-"), line
    command, full = command[1:], top + (words[0] if words else "")
    out = b""
    try:
        if command == "echo":
            out = (" ".join(words) + "\n").encode()
        elif command == "lstat":
            told = os.lstat(full)
            out = f"dev: {told.st_dev}\nino: {told.st_ino}\nmode: {told.st_mode}\nnlink: {told.st_nlink}\n".encode()
        elif command == "readlink":
            out = os.readlink(full).encode() + b"\n"
        elif command == "ls0":
            out = b"".join(os.fsencode(name) + b"\0" for name in os.listdir(full))
        elif command == "find0":
            for folder, folders, files in os.walk(full):
                out += b"".join(os.fsencode(os.path.join(folder, name)[len(full):]) + b"\0" for name in folders + files)
        elif command == "list-filesystems":
            out = os.environ["FAKE_SYSTEMS"].encode()
        elif command == "blkid":
            if "FAKE_BLKID" + words[0].replace("/", "_") not in os.environ:
                raise OSError(5, "Input/output error")
            out = os.environ["FAKE_BLKID" + words[0].replace("/", "_")].encode()
        elif command == "download-offset":
            with open(full, "rb") as file:
                out = file.read(int(words[3]))
        else:
            sys.stderr.write(f"{command}: unknown command\n")
    except OSError as error:
        sys.stderr.write(f"*stdin*:{number}: libguestfs: error: {command}: {words[0]}: {error.strerror}\n")
        sys.stderr.flush()
    sys.stdout.buffer.write(out)
    sys.stdout.flush()
"""


@pytest.fixture
def fish(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a guestfish on the path that shows the folder `top`, or is the script `instead`; return
    what it writes down.
    """

    def put(top: object = "", instead: str = "", python: bool = True) -> Path:
        folder = program("guestfish", instead or FISH, python=python)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        monkeypatch.setenv("FAKE_ROOT", str(top))
        monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
        monkeypatch.setenv(
            "FAKE_SYSTEMS", "/dev/sda1: ext4\nbtrfsvol:/dev/sdb2/@/home: btrfs\n/dev/vg/root: xfs\n"
        )
        monkeypatch.setenv(
            "FAKE_BLKID_dev_sda1",
            "DEVNAME: /dev/sda1\nTYPE: ext4\nUUID: 11-22\nPART_ENTRY_UUID: 0a0b-01\n",
        )
        monkeypatch.setenv("FAKE_BLKID_dev_sdb2", "TYPE: btrfs\nUUID: 33-44\nLABEL: a: b\n")
        monkeypatch.setenv("FAKE_BLKID_dev_vg_root", "TYPE: xfs\nUUID: 55-66\n")
        monkeypatch.delenv("LIBGUESTFS_BACKEND", raising=False)
        return tmp_path / "log"

    return put


@pytest.fixture
def image(tmp_path: Path) -> Callable[..., str]:
    """Make an image that begins with `head`, of 4 GiB if it is `large`."""

    def make(
        head: bytes = b"QFI\xfb\0\0\0\3",
        name: str = "disk.qcow2",
        large: bool = False,
        at: int = 0,
        foot: bytes = b"",
    ) -> str:
        path = tmp_path / name
        with open(path, "wb") as file:
            file.seek(at)
            file.write(head)
            file.truncate(4 << 30 if large else max(1 << 17, at + len(head)))
            if foot:
                file.seek(-512, os.SEEK_END)
                file.write(foot)
        return str(path)

    return make


ENTRY = b"\x80\0\0\0\x83" + b"\0" * 11
HEADS: Dict[str, Any] = {
    "qcow2": {"head": b"QFI\xfb"},
    "vmdk": {"head": b"KDMV"},
    "vhdx": {"head": b"vhdxfile"},
    "vpc": {"head": b"conectix"},
    "vdi": {"head": b"\x7f\x10\xda\xbe", "at": 0x40},
    "raw": {"head": ENTRY + b"\0" * 48 + b"\x55\xaa", "at": 446},
    "raw gpt": {"head": b"EFI PART", "at": 512},
    "raw ext4": {"head": b"\x53\xef\1\0", "at": 0x438},
    "raw xfs": {"head": b"XFSB"},
    "raw btrfs": {"head": b"_BHRfS_M", "at": 0x10040},
    "raw lvm": {"head": b"LABELONE", "at": 512},
    "vpc fixed": {"head": ENTRY + b"\0" * 48 + b"\x55\xaa", "at": 446, "foot": b"conectix"},
}


@pytest.mark.parametrize("kind", HEADS)
def test_images_are_told_by_their_bytes(image: Callable[..., str], kind: str) -> None:
    path = image(**HEADS[kind], large=True)
    assert disk_format(path) == kind.split()[0]
    assert isinstance(open_source([path]), Image)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0" * 512,
        b"00:01.0 ISA bridge: Intel\n" * 60,
        b"MZ\xea\7" + b"\x90" * 506 + b"\x55\xaaHdrS",
        b"\x1f\x8b\x08",
    ],
)
def test_texts_kernels_and_archives_are_no_images(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "file").write_bytes(head)
    assert disk_format(str(tmp_path / "file")) == ""


def test_a_large_image_is_not_read_into_memory(image: Callable[..., str]) -> None:
    import tracemalloc

    path = image(**HEADS["raw"], large=True)
    tracemalloc.start()
    open_store([path], [])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1 << 20


def test_the_guest_on_an_image_is_judged_as_a_mounted_one(
    tree: Any, image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    log = fish(
        tree(
            {
                **DEBIAN,
                "lib": link("/usr/lib"),
                "etc/hostname": link("../a b"),
                "a b": "web2\n",
                "boot/grub/grub.cfg": GRUB.format(default="0"),
            }
        )
    )
    path = image()
    report = examine(open_source([path]))
    guest = report.inventory.guest
    assert (guest.source, guest.os_name, guest.hostname, guest.architecture) == (
        path,
        "Debian GNU/Linux 12",
        "web2",
        "x86_64",
    )
    assert [(k.release, k.default) for k in report.inventory.kernels or ()] == [("6.1.0-1", True)]
    assert (
        states(report)["6.1.0-1"]["CONFIG_VIRTIO_BLK"],
        states(report)["6.1.0-1"]["CONFIG_VIRTIO_PCI"],
    ) == ("module", "built-in")
    argv, backend, folder, *commands = log.read_text().split("\n")
    assert argv == repr(["--ro", "--no-progress-bars", "--format=qcow2", "-a", path, "-i"])
    assert backend == "direct"
    assert not os.path.exists(folder)
    assert {line.split()[0] for line in commands if line} <= {
        "-echo",
        "-lstat",
        "-readlink",
        "-ls0",
        "-find0",
        "-download-offset",
        "-list-filesystems",
        "-blkid",
    }


def test_names_never_end_the_quotes_they_stand_in(
    tree: Any, image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    top = tree(DEBIAN)
    for name in ('config-9" | touch /tmp/x "', "config-9\n!touch x", "config-9\\", "config-9\x07"):
        (top / "boot" / name.replace("/", "_")).write_text(CONFIG)
    log = fish(top)
    assert list(states(examine(open_source([image()])))) == ["6.1.0-1"]
    assert "touch" not in log.read_text()


def test_links_on_an_image_are_followed_on_it(
    tree: Any, image: Callable[..., str], fish: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text("secret\n")
    fish(
        tree(
            {
                **DEBIAN,
                "etc/hostname": link(str(tmp_path / "outside")),
                "proc/x": "host\n",
                "etc/redhat-release": link("/proc/x"),
            }
        )
    )
    assert examine(open_source([image()])).inventory.guest.hostname == ""


HANGS = """
import os, time
open(os.environ["FAKE_LOG"], "a").write(os.environ.get("LIBGUESTFS_BACKEND_SETTINGS", "-") + "\\n")
if os.environ.get("LIBGUESTFS_BACKEND_SETTINGS") != "force_tcg":
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("kvm", "chosen", "starts"),
    [
        (True, "", ["-", "force_tcg"]),
        (True, "force_tcg", ["force_tcg"]),
        (True, "force_kvm", ["force_kvm"]),
        (False, "", ["-"]),
    ],
)
def test_where_kvm_hangs_guestfish_is_started_once_more_without_it(
    tree: Any,
    image: Callable[..., str],
    fish: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    kvm: bool,
    chosen: str,
    starts: List[str],
) -> None:
    log = fish(tree(DEBIAN), instead=HANGS + FISH)
    may = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: kvm if path == "/dev/kvm" else may(path, mode)
    )
    monkeypatch.setenv("LIBGUESTFS_BACKEND_SETTINGS", chosen)
    if not chosen:
        monkeypatch.delenv("LIBGUESTFS_BACKEND_SETTINGS")
    monkeypatch.setattr(guestfish, "LONGEST_START", 1.0)
    monkeypatch.setattr(guestfish, "LONGEST_SECONDS", 20.0 if "force_tcg" in starts else 3.0)
    if "force_tcg" in starts:
        assert list(states(examine(open_source([image()])))) == ["6.1.0-1"]
    else:
        with pytest.raises(NoEvidenceError, match="did not end within 3 s"):
            examine(open_source([image()]))
    lines = log.read_text().split("\n")
    assert [line for line in lines if line in ("-", "force_tcg", "force_kvm")] == starts


def test_without_guestfish_it_is_said_what_to_do(
    image: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        NoEvidenceError, match=r"libguestfs-tools .*guestfs-tools .*--root DIR"
    ) as raised:
        examine(open_source([image()]))
    assert "\n" not in str(raised.value)


SAID = {
    "no operating system was found": "guestfish: no operating system was found on this disk",
    "it has several operating systems": "guestfish: multi-boot operating systems are not supported by the -i option",
    "it is encrypted": "guestfish: could not find key to open LUKS encrypted /dev/sda1.",
    r"guestfish could not read it \(libguestfs: error: bad \\x1b magic\)": "x\nlibguestfs: error: bad \x1b magic\ny",
}


@pytest.mark.parametrize("says", SAID)
def test_what_guestfish_ends_with_is_told_in_one_line(
    image: Callable[..., str], fish: Callable[..., Path], says: str
) -> None:
    fish(instead=f"printf '%s\\n' '{SAID[says]}' >&2\nexit 1", python=False)
    with pytest.raises(NoEvidenceError, match=says) as raised:
        examine(open_source([image()]))
    assert str(raised.value).isprintable()


def test_a_guestfish_that_dies_is_not_waited_for_though_its_child_lives(
    image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    fish(instead="sleep 60 &\necho 'libguestfs: error: gone' >&2\nexit 1", python=False)
    with pytest.raises(NoEvidenceError, match="gone"):
        examine(open_source([image()]))


def test_nothing_is_given_to_who_asks_for_a_passphrase(
    image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    fish(
        instead="printf 'Enter key or passphrase (\"/dev/sda1\"): '\nread one; read two; sleep 60",
        python=False,
    )
    with pytest.raises(NoEvidenceError, match="it is encrypted"):
        examine(open_source([image()]))


def test_an_encrypted_qcow2_is_told_by_its_head(
    image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    log = fish()
    with pytest.raises(NoEvidenceError, match="it is encrypted"):
        examine(open_source([image(b"QFI\xfb\0\0\0\3" + b"\0" * 24 + b"\0\0\0\2")]))
    assert not log.exists()


def test_a_guestfish_that_hangs_is_stopped_with_its_children(
    image: Callable[..., str],
    fish: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(guestfish, "LONGEST_SECONDS", 0.5)
    monkeypatch.setattr(guestfish, "_LAST_WAIT", 0.1)
    fish(instead=f"sleep 60 &\necho $! > {tmp_path}/child\nwait", python=False)
    with pytest.raises(NoEvidenceError, match="did not end within"):
        examine(open_source([image()]))
    child = int((tmp_path / "child").read_text())
    assert subprocess.run(
        ["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True, check=False
    ).stdout.strip()[:1] in ("", "Z")


def test_a_guest_without_linux_is_no_guest_to_judge(
    tree: Any, image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    fish(tree({"Windows/System32/": "", "Users/": ""}))
    with pytest.raises(NoEvidenceError, match="Windows is on it"):
        examine(open_source([image()]))


def _overlay(backing: bytes, form: bytes = b"") -> bytes:
    # qcow2: magic, version, where the backing file's name stands, and how long it is; the header's
    # length; an extension with its format
    head = b"QFI\xfb\0\0\0\3" + (512).to_bytes(8, "big") + len(backing).to_bytes(4, "big")
    extension = (
        (0xE2792ACA).to_bytes(4, "big") + len(form).to_bytes(4, "big") + form if form else b""
    )
    return (
        (head.ljust(100, b"\0") + (104).to_bytes(4, "big") + extension).ljust(512, b"\0")
    ) + backing


@pytest.mark.parametrize(
    "backing",
    [
        b"nbd:host:10809",
        b'json:{"driver":"nbd"}',
        b"https://x/y",
        b"/dev/null",
        b"missing.raw",
        b"/proc/self/mem/",
    ],
)
def test_an_overlay_of_what_is_no_file_is_not_opened(
    image: Callable[..., str], fish: Callable[..., Path], backing: bytes
) -> None:
    log = fish()
    with pytest.raises(NoEvidenceError, match="it leads to"):
        examine(open_source([image(_overlay(backing))]))
    assert not log.exists()


def test_an_overlay_of_itself_ends(image: Callable[..., str], fish: Callable[..., Path]) -> None:
    fish()
    with pytest.raises(NoEvidenceError, match="a chain of more than 16 overlays"):
        examine(open_source([image(_overlay(b"disk.qcow2"))]))


def test_an_overlay_of_a_file_is_opened(
    tree: Any, image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    fish(tree(DEBIAN))
    image(**HEADS["raw"], name="base.raw")
    assert list(states(examine(open_source([image(_overlay(b"base.raw"))])))) == ["6.1.0-1"]


DESCRIPTOR = b"""# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="%s"

# Extent description
%s

# The Disk Data Base
ddb.adapterType = "ide"
ddb.toolsVersion = "2147483647"
"""


def _vmdk(extent: bytes, create: bytes = b"monolithicFlat") -> bytes:
    return DESCRIPTOR % (create, extent)


def _sparse(capacity: int = 2048, descriptor: bytes = b"") -> bytes:
    # magic, version, flags, capacity, grain, where the descriptor is and how long
    head = (
        b"KDMV"
        + (1).to_bytes(4, "little")
        + (3).to_bytes(4, "little")
        + capacity.to_bytes(8, "little")
        + (128).to_bytes(8, "little")
    )
    return (head + (1).to_bytes(8, "little") + (20).to_bytes(8, "little")).ljust(
        512, b"\0"
    ) + descriptor


# Each of them led QEMU to a file of the host, or would have in another folder.
LEADS_OUT = {
    "an absolute path": _vmdk(b'RW 8 FLAT "/etc/shadow" 0'),
    "the folder above": _vmdk(b'RW 8 FLAT "../disk-flat.vmdk" 0'),
    "a missing file": _vmdk(b'RW 8 FLAT "nowhere.vmdk" 0'),
    "a protocol": _vmdk(b'RW 8 FLAT "nbd:host:10809" 0'),
    "tabs": _vmdk(b'RW\t8\tFLAT\t"/etc/shadow"\t0'),
    "blanks before it": _vmdk(b'  RW 8 FLAT "/etc/shadow" 0'),
    "over two lines": _vmdk(b'RW\n8 FLAT "/etc/shadow" 0'),
    "a form feed": _vmdk(b'RW\f8 FLAT "/etc/shadow" 0'),
    "a carriage return": _vmdk(b'#\rRW 8 FLAT "/etc/shadow" 0'),
    "a type that is not known": _vmdk(b'RW 8 VMFSRAW "/dev/sda" 0'),
    "far behind": _vmdk(b"# far\n" * 24_000 + b'RW 8 FLAT "/etc/shadow" 0'),
    "behind the longest descriptor": _vmdk(b"# far\n" * 200_000 + b'RW 8 FLAT "/etc/shadow" 0'),
    "a parent": _vmdk(b'parentFileNameHint="../other.vmdk"'),
    "a parent in a comment": _vmdk(b'#parentFileNameHint="/etc/shadow"'),
    "an embedded parent": _sparse(
        descriptor=b'# Disk DescriptorFile\nparentFileNameHint:"/etc/shadow"\n'
    ),
    "an embedded descriptor alone": _sparse(
        capacity=0, descriptor=_vmdk(b'RW 8 FLAT "/etc/shadow" 0')
    ),
}


@pytest.mark.parametrize("how", LEADS_OUT)
def test_a_vmdk_that_leads_elsewhere_is_not_opened(
    image: Callable[..., str], fish: Callable[..., Path], how: str
) -> None:
    log = fish()
    with pytest.raises(
        NoEvidenceError,
        match=r"it leads to|that leads to|line \d+ of its descriptor|no data of its own|at most 1 "
        r"MiB",
    ):
        examine(open_source([image(LEADS_OUT[how], name="disk.vmdk")]))
    assert not log.exists()


def test_an_extent_of_a_vmdk_leads_nowhere_either(
    image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    log = fish()
    image(LEADS_OUT["an embedded descriptor alone"], name="disk-s001.vmdk")
    with pytest.raises(NoEvidenceError, match="no data of its own"):
        examine(
            open_source(
                [
                    image(
                        _vmdk(b'RW 8 SPARSE "disk-s001.vmdk"', b"twoGbMaxExtentSparse"),
                        name="disk.vmdk",
                    )
                ]
            )
        )
    assert not log.exists()


@pytest.mark.parametrize(
    "subformat",
    [
        "monolithicSparse",
        "monolithicFlat",
        "twoGbMaxExtentSparse",
        "twoGbMaxExtentFlat",
        "streamOptimized",
    ],
)
def test_every_vmdk_that_qemu_makes_is_opened(
    tree: Any, fish: Callable[..., Path], tmp_path: Path, subformat: str
) -> None:
    log = fish(tree(DEBIAN))
    (tmp_path / "disk.raw").write_bytes(b"\0" * (1 << 17))
    _qemu_img(
        "convert",
        "-f",
        "raw",
        "-O",
        "vmdk",
        "-o",
        f"subformat={subformat}",
        f"{tmp_path}/disk.raw",
        f"{tmp_path}/disk.vmdk",
    )
    examine(open_source([f"{tmp_path}/disk.vmdk"]))
    assert "--format=vmdk" in log.read_text()


def _qemu_img(*words: str) -> None:
    if not shutil.which("qemu-img"):
        pytest.skip("qemu-img is not installed")
    subprocess.run(["qemu-img", *words], check=True, capture_output=True)


@pytest.mark.parametrize("form", ["qcow2", "raw", "vmdk"])
def test_an_overlay_that_qemu_makes_is_opened(
    tree: Any, fish: Callable[..., Path], tmp_path: Path, form: str, image: Callable[..., str]
) -> None:
    log = fish(tree(DEBIAN))
    _qemu_img(
        "convert",
        "-f",
        "raw",
        "-O",
        form,
        image(**HEADS["raw"], name="disk.raw"),
        f"{tmp_path}/base",
    )
    _qemu_img("create", "-f", "qcow2", "-F", form, "-b", "base", f"{tmp_path}/over.qcow2")
    examine(open_source([f"{tmp_path}/over.qcow2"]))
    assert "--format=qcow2" in log.read_text()


REFUSED_BELOW = {
    "no image": (b"root:x:0:0:" * 99, b"raw"),
    "a format that guestcheck does not know": (b"QED\0" + b"\0" * 60, b"qed"),
    "another format than the overlay says": (b"QFI\xfb\0\0\0\3", b"raw"),
}


@pytest.mark.parametrize("what", REFUSED_BELOW)
def test_a_backing_file_that_is_no_image_is_not_opened(
    image: Callable[..., str], fish: Callable[..., Path], what: str
) -> None:
    log = fish()
    head, form = REFUSED_BELOW[what]
    image(head, name="base")
    with pytest.raises(NoEvidenceError, match="this backing file is no disk image"):
        examine(open_source([image(_overlay(b"base", form))]))
    assert not log.exists()


def test_an_image_in_another_folder_is_not_followed(
    image: Callable[..., str], fish: Callable[..., Path], tmp_path: Path
) -> None:
    log = fish()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here").mkdir()
    base = image(**HEADS["raw"], name="elsewhere/base.raw")
    (tmp_path / "here/link").symlink_to(base)
    for name in (base.encode(), b"../elsewhere/base.raw", b"link"):
        with pytest.raises(
            NoEvidenceError, match=r"outside the image's folder.* if you trust the image"
        ):
            examine(open_source([image(_overlay(name), name="here/disk.qcow2")]))
    assert not log.exists()


@pytest.mark.parametrize("features", [4, 32, 1 << 40])
def test_a_qcow2_with_features_that_are_not_known_is_not_opened(
    image: Callable[..., str], fish: Callable[..., Path], features: int
) -> None:
    log = fish()
    with pytest.raises(
        NoEvidenceError,
        match=r"its data are in another file|features of qcow2 that guestcheck does not know",
    ):
        examine(open_source([image(b"QFI\xfb\0\0\0\3" + b"\0" * 64 + features.to_bytes(8, "big"))]))
    assert not log.exists()


UNREAD = {
    "a QED disk image": (b"QED\0", 0),
    "a Parallels disk image": (b"WithoutFreeSpace", 0),
    "a CD or DVD": (b"CD001", 0x8001),
    "swap space": (b"SWAPSPACE2", 4086),
    "a member of an md RAID": (b"\xfc\x4e\x2b\xa9", 0x1000),
    "a squashfs": (b"hsqs", 0),
}


@pytest.mark.parametrize("what", UNREAD)
def test_an_image_that_is_not_read_is_named(image: Callable[..., str], what: str) -> None:
    head, at = UNREAD[what]
    path = image(head, name="disk.img", at=at)
    with pytest.raises(NoEvidenceError, match=f"{path}: {what}"):
        open_source([path])


KERNEL = (
    b"Linux version 6.1.176 (x@y) #1 SMP\nlspci:\n00:03.0 Ethernet controller [0200]: Red Hat, "
    b"Inc. Virtio [1af4:1000]\n"
)


@pytest.mark.parametrize("kind", [*HEADS, *UNREAD])
def test_an_image_among_texts_is_never_text(
    image: Callable[..., str], tmp_path: Path, kind: str
) -> None:
    """A disk's bytes hold texts of kernels and programs; they are not what this guest printed."""
    head, at = UNREAD[kind] if kind in UNREAD else (HEADS[kind]["head"], HEADS[kind].get("at", 0))
    path = Path(image(head.ljust(64, b"\0"), name="disk.img", at=at))
    with open(path, "r+b") as file:
        file.seek(1 << 16)
        file.write(KERNEL * 99)
    (tmp_path / "lscpu.txt").write_text("Hypervisor vendor:   KVM\nVirtualization type: full\n")
    source = open_source([str(path), str(tmp_path / "lscpu.txt")])
    report = examine(source)
    assert report.inventory.kernels in (None, ())
    assert report.inventory.nics is None
    assert any("disk.img" in gap.asked for gap in report.gaps)


def test_the_empty_parts_of_a_disk_are_no_utf_16(tmp_path: Path) -> None:
    from guestcheck.sources._paste.clean import is_text

    assert is_text("lspci -nn\n00:03.0".encode("utf-16-le"))
    assert not is_text(b"\0" * 4096)
    assert not is_text(b"\0" * 2048 + KERNEL * 9)


def _preflight(path: str) -> Dict[str, Any]:
    from guestcheck.catalogue.rows import TARGETS
    from guestcheck.run import preflight

    report = preflight(open_source([path]), tuple(one for one in TARGETS if one.id == "virtio-blk"))
    return {reason.id: reason for one in report.readiness for reason in one.reasons}


@pytest.mark.parametrize(("root", "is_missing"), [
    ("UUID=11-22", False), ("UUID=77-88", True), ("PARTUUID=0A0B-01", False), ("PARTUUID=0a0b-02", True), ("LABEL=other", True),
    ("/dev/disk/by-uuid/55-66", False), ("/dev/disk/by-uuid/77-88", True), ("/dev/sda1", False), ("LABEL=a:", True),
])  # fmt: skip
def test_a_root_that_is_on_no_file_system_of_the_image_is_missing(
    tree: Any, image: Callable[..., str], fish: Callable[..., Path], root: str, is_missing: bool
) -> None:
    menu = (
        f"menuentry 'x' {{\n linux /boot/vmlinuz-6.1.0-1 root={root} ro\n initrd "
        f"/boot/initrd.img-6.1.0-1\n}}\n"
    )
    fish(tree({**DEBIAN, "boot/grub/grub.cfg": menu}))
    reasons = _preflight(image())
    assert ("root-not-on-image" in reasons) == is_missing
    if is_missing:
        assert reasons["root-not-on-image"].weight == "stops"
        assert "11-22" in reasons["root-not-on-image"].evidence[1].says


def test_a_data_disk_that_was_not_given_leaves_it_open(
    tree: Any, image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    table = (
        "UUID=77-88 / ext4 defaults 0 1\nUUID=99 /srv ext4 defaults 0 2\nUUID=98 /mnt ext4 "
        "nofail 0 "
        "2\nUUID=97 none swap sw 0 0\n"
    )
    fish(tree({**DEBIAN, "etc/fstab": table}))
    reason = _preflight(image())["disk-not-given"]
    assert (reason.weight, "/srv" in reason.says) == ("open", True)


def test_without_blkid_nothing_is_missing(
    tree: Any, image: Callable[..., str], fish: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    fish(tree({**DEBIAN, "etc/fstab": "UUID=99 /srv ext4 defaults 0 2\n"}))
    monkeypatch.delenv("FAKE_BLKID_dev_vg_root")
    assert "disk-not-given" not in _preflight(image())


def test_a_damaged_image_is_named_as_the_user_named_it(
    image: Callable[..., str], fish: Callable[..., Path]
) -> None:
    overlay = '"$TMPDIR"/libguestfs1x/overlay1.qcow2'
    says = "libguestfs: error: qemu-img: %s: Could not open backing file '%s'\\n"
    fish(instead=f'printf "{says}" {overlay} {overlay} >&2\nexit 1', python=False)
    path = image()
    with pytest.raises(NoEvidenceError, match="Could not open") as raised:
        examine(open_source([path]))
    assert "overlay1" not in str(raised.value)
    assert "/guestcheck-" not in str(raised.value)
    assert f"qemu-img: {path}: Could not open backing file '{path}'" in str(raised.value)
