"""What lsblk prints, in whichever form and columns, comes out as the same devices standing on the
same devices.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Dict, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.evidence.linux.block import BLOCK, LsblkDevice, parse_lsblk
from guestcheck.model.source import FAILED, OK, Answer

SAMPLES = sorted((Path(__file__).parent / "samples" / "lsblk").glob("*.txt"))
LUKS = "luks-3f0b6c9e-5b0f-4b57-9d3e-1f8c2f7a90aa"
GIB = 1 << 30

# kernel's name: name, type, GiB, parents
GUEST: Dict[str, Tuple[str, str, float, Tuple[str, ...]]] = {
    "fd0": ("fd0", "disk", 1440 / (1 << 20), ()),
    "loop0": ("loop0", "loop", 1 / 16, ()),
    "sda": ("sda", "disk", 1863, ()),
    "dm-2": (LUKS, "crypt", 1863, ("sda",)),
    "sr0": ("sr0", "rom", 1, ()),
    "vda": ("vda", "disk", 20, ()),
    "vda1": ("vda1", "part", 0.5, ("vda",)),
    "vda2": ("vda2", "part", 19.5, ("vda",)),
    "md0": ("md0", "raid1", 19, ("vda2", "vdb2")),
    "dm-0": ("vg0-root", "lvm", 10, ("md0",)),
    "dm-1": ("vg0-swap", "lvm", 2, ("md0",)),
    "vdb": ("vdb", "disk", 20, ()),
    "vdb1": ("vdb1", "part", 0.5, ("vdb",)),
    "vdb2": ("vdb2", "part", 19.5, ("vdb",)),
    "nvme0n1": ("nvme0n1", "disk", 100, ()),
}
WITHOUT_KNAME = ("fs", "topology")  # nothing there tells it
WITHOUT_TYPE = WITHOUT_SIZE = ("fs", "topology")
PARTITIONS_ONLY = ("list", "raw", "pairs", "shell")  # lists without PKNAME


def by_name(text: str) -> Dict[str, LsblkDevice]:
    return {device.kname: device for device in parse_lsblk(text)}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_every_form_of_one_guest_gives_the_same_devices(sample: Path) -> None:
    text = sample.read_text(encoding="utf-8")
    devices = by_name(text)
    expected = {
        row[0] if sample.stem in WITHOUT_KNAME else kname: row for kname, row in GUEST.items()
    }
    assert set(devices) == set(expected)
    for kname, (name, kind, size, parents) in expected.items():
        device = devices[kname]
        assert device.name == name
        if sample.stem not in WITHOUT_TYPE:
            assert device.type == kind
        if sample.stem not in WITHOUT_SIZE:
            assert device.size_bytes == pytest.approx(size * GIB, rel=0.03)
        if sample.stem in PARTITIONS_ONLY:
            parents = parents if kind == "part" else ()
        if sample.stem == "merge" and kind.startswith("raid"):
            parents = ()  # --merge draws them in another way
        assert device.parents == parents


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_mount_points_are_read_where_they_are_printed(sample: Path) -> None:
    text = sample.read_text(encoding="utf-8")
    if "MOUNTPOINT" not in text and "mountpoint" not in text and sample.stem != "no-headings":
        pytest.skip("no such column")
    devices = {device.name: device for device in parse_lsblk(text)}
    several = "MOUNTPOINTS" in text or "mountpoints" in text or sample.stem == "no-headings"
    assert set(devices["vg0-root"].mounts) == ({"/", "/home"} if several else {"/"})
    assert devices["vda1"].mounts == ("/boot",)
    assert devices["nvme0n1"].mounts == ()


def test_what_is_asked_first_tells_everything() -> None:
    devices = by_name((Path(__file__).parent / "samples" / "lsblk" / "asked-json.txt").read_text())
    disk = devices["sda"]
    assert (disk.vendor, disk.model, disk.tran, disk.ro, disk.rm) == (
        "VMware,",
        "Virtual disk",
        "",
        False,
        False,
    )
    assert devices["vda"].discard_bytes == GIB
    assert devices["vda"].subsystems == "virtio:pci"
    assert (devices["loop0"].ro, devices["sr0"].rm) == (True, True)
    assert devices["nvme0n1"].tran == "nvme"


def test_json_of_old_versions_is_all_text() -> None:
    (device,) = parse_lsblk(
        '{"blockdevices": [{"name": "vda", "maj:min": "254:0", "rm": "0", "size": "20G", '
        '"ro": "1", "type": "disk"}]}'
    )
    assert (device.size_bytes, device.ro, device.rm) == (20 * GIB, True, False)
    assert (device.fstype, device.discard_bytes, device.mounts) == ("", None, ())


def test_json_of_new_versions_has_values_and_lists() -> None:
    (device,) = parse_lsblk(
        'lsblk: dm-9: failed to get device path\n{"blockdevices": [{"name": "vda", "kname": '
        '"vda", "size": 1024, "ro": false, '
        '"rm": true, "mountpoints": [null, "/a", "/b c"], "label": null, "disc-max": '
        "0}]}\nand so on"
    )
    assert (device.size_bytes, device.ro, device.rm, device.discard_bytes) == (1024, False, True, 0)
    assert device.mounts == ("/a", "/b c")


def test_json_without_names_goes_by_the_kernels() -> None:
    disk, part = parse_lsblk(
        '{"blockdevices": [{"kname": "dasda", "type": "disk"}, {"kname": "dasda1", "type": '
        '"part"}]}'
    )
    assert (disk.name, disk.kname) == ("dasda", "dasda")
    assert part.parents == ("dasda",)


def test_inverse_trees_are_turned_over() -> None:
    devices = by_name(
        json.dumps(
            {
                "blockdevices": [
                    {
                        "name": "vg0-root",
                        "type": "lvm",
                        "children": [
                            {
                                "name": "vda2",
                                "type": "part",
                                "children": [{"name": "vda", "type": "disk"}],
                            },
                            {"name": "vdb", "type": "disk"},
                        ],
                    }
                ]
            }
        )
    )
    assert devices["vg0-root"].parents == ("vda2", "vdb")
    assert devices["vda2"].parents == ("vda",)
    assert devices["vda"].parents == ()


def test_inverse_trees_without_partitions_are_turned_over() -> None:
    devices = by_name(
        "NAME    TYPE SIZE\nvg-home lvm   10G\n├─sda   disk   5G\n└─sdb   disk   5G\n"
    )
    assert devices["vg-home"].parents == ("sda", "sdb")


def test_a_cache_is_no_inverse_tree() -> None:
    devices = by_name(
        "NAME        TYPE SIZE\nsda         disk  10G\n`-bcache0   disk  10G\nsdb         "
        "disk  10G\n`-sdb1      part  10G\n  `-bcache0 disk  10G\n"
    )
    assert devices["bcache0"].parents == ("sda", "sdb1")
    assert devices["sdb1"].parents == ("sdb",)


def test_kernel_names_of_mapper_devices_follow_from_their_minor_numbers() -> None:
    devices = by_name(
        "NAME               MAJ:MIN RM  SIZE RO TYPE  MOUNTPOINT\nsdb                  8:16   "
        "0   10G  0 disk\n"
        "`-mpatha           252:3    0   10G  0 mpath\n  `-mpatha1        252:4    0   10G  0 "
        "part  /data\n"
    )
    assert devices["dm-4"].name == "mpatha1"
    assert devices["dm-4"].parents == ("dm-3",)


def test_kernel_names_in_parentheses_of_old_versions() -> None:
    (_, device) = parse_lsblk(
        "NAME                    MAJ:MIN RM   SIZE RO MOUNTPOINT\nsda                       "
        "8:0    0    20G  0\n"
        "`-vg_a-lv_root (dm-0)   253:0    0  18.5G  0 /\n"
    )
    assert (device.name, device.kname, device.parents, device.mounts) == (
        "vg_a-lv_root",
        "dm-0",
        ("sda",),
        ("/",),
    )


def test_a_name_too_long_for_its_column_is_continued_below() -> None:
    for length in range(1, 40):
        long = "x" * length
        devices = by_name(
            "NAME       KNAME     PKNAME    TYPE  SIZE\n/dev/sda   /dev/sda            disk   10G\n"
            f"`-/dev/mapper/{long}\n           /dev/dm-0 /dev/sda  crypt   5G\n/dev/sdb   "
            "/dev/sdb            disk   20G\n"
        )
        assert devices["dm-0"].name == long
        assert (devices["dm-0"].type, devices["dm-0"].parents, devices["dm-0"].size_bytes) == (
            "crypt",
            ("sda",),
            5 * GIB,
        )
        assert devices["sdb"].size_bytes == 20 * GIB


def test_a_long_name_is_not_taken_for_a_number() -> None:
    for length in range(1, 30):
        long = "x" * length
        devices = by_name(
            f"NAME  MAJ:MIN RM SIZE RO TYPE\nsda     8:0    0  10G  0 disk\n`-{long}\n      "
            "253:0    0   5G  0 lvm\n"
        )
        assert devices["dm-0"].name == long
        assert devices["dm-0"].size_bytes == 5 * GIB


def test_lost_indentation_is_made_good_from_the_branches() -> None:
    devices = by_name(
        "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\nsda 8:0 0 80G 0 disk\n└─vg\\_a-data 254:2 0 "
        "79G 0 lvm\nsdb 8:16 0 80G 0 disk\n"
        "├─sdb1 8:17 0 501M 0 part /boot\n└─sdb2 8:18 0 79,5G 0 part\n├─vg-root 254:0 0 23.5G "
        "0 lvm /\n"
        "└─vg-swap 254:1 0 16G 0 lvm \\[SWAP\\]\nsr0 11:0 1 1024M 0 rom\n"
    )
    assert devices["dm-2"].name == "vg_a-data"
    assert devices["dm-2"].parents == ("sda",)
    assert devices["dm-0"].parents == devices["dm-1"].parents == ("sdb2",)
    assert devices["sdb2"].parents == ("sdb",)
    assert devices["sdb2"].size_bytes == int(79.5 * GIB)
    assert devices["dm-1"].mounts == ("[SWAP]",)
    assert devices["sr0"].parents == ()


@pytest.mark.parametrize("indent", ["", "  ", "\t"])
def test_lost_alignment_is_made_good_from_what_fits(indent: str) -> None:
    devices = by_name(
        "NAME        KNAME     PKNAME   TRAN TYPE FSTYPE LABEL   SIZE MOUNTPOINT UUID\n"
        f"{indent}/dev/sda /dev/sda sata disk 20G\n{indent}|-/dev/sda1 /dev/sda1 /dev/sda "
        "part ext4 ROOT 19G /\n"
        f"{indent}`-/dev/sda2 /dev/sda2 /dev/sda part swap 1G [SWAP] "
        "0c58676a-bcb6-42be-8e1c-46a24d954ca7\n"
    )
    assert (devices["sda"].tran, devices["sda"].type, devices["sda"].size_bytes) == (
        "sata",
        "disk",
        20 * GIB,
    )
    assert (devices["sda1"].fstype, devices["sda1"].label, devices["sda1"].mounts) == (
        "ext4",
        "ROOT",
        ("/",),
    )
    assert devices["sda2"].parents == ("sda",)
    assert devices["sda2"].uuid == "0c58676a-bcb6-42be-8e1c-46a24d954ca7"


def test_names_in_letters_that_take_two_columns_do_not_shift_the_rest() -> None:
    _, part = parse_lsblk(
        "NAME   LABEL   SIZE TYPE\nsda             20G disk\n`-sda1 数据      20G part\n"
    )
    assert (part.label, part.size_bytes, part.type) == ("数据", 20 * GIB, "part")


def test_scsi_list() -> None:
    disk, rom = parse_lsblk(
        "NAME HCTL       TYPE VENDOR   MODEL          REV SERIAL TRAN\n"
        "sda  2:0:0:0    disk QEMU     QEMU HARDDISK 2.5+ D1     \n"
        "sr0  1:0:0:0    rom  QEMU     QEMU DVD-ROM  2.5+ QM003  sata\n"
    )
    assert (disk.hctl, disk.vendor, disk.model, disk.serial, disk.tran) == (
        "2:0:0:0",
        "QEMU",
        "QEMU HARDDISK",
        "D1",
        "",
    )
    assert (rom.model, rom.tran) == ("QEMU DVD-ROM", "sata")


def test_raw_cells_may_be_empty_and_blanks_are_escaped() -> None:
    disk, part = parse_lsblk(
        "NAME TRAN TYPE LABEL SIZE\nsda sata disk  20G\nsda1  part my\\x20data\\xc3\\xa4 1G\n"
    )
    assert (disk.tran, disk.type, disk.label, disk.size_bytes) == ("sata", "disk", "", 20 * GIB)
    assert (part.tran, part.type, part.label, part.size_bytes) == ("", "part", "my dataä", GIB)


def test_pairs_may_stand_amid_messages() -> None:
    (device,) = parse_lsblk(
        'lsblk: dm-0: failed to get device path\nNAME="sda" MAJ_MIN="8:0" MODEL="PERC '
        '\\x22H7\\x22   " SIZE="931G" MOUNTPOINTS="/\\x0a/x"\n'
    )
    assert (device.name, device.model, device.size_bytes, device.mounts) == (
        "sda",
        'PERC "H7"',
        931 * GIB,
        ("/", "/x"),
    )


def test_lines_without_a_heading_are_read() -> None:
    disk, part = parse_lsblk(
        "sda      8:0    0   20G  0 disk \n`-sda1   8:1    0   20G  0 part /\n"
    )
    assert (disk.type, part.parents, part.mounts) == ("disk", ("sda",), ("/",))


def test_other_marks_than_lines_do_not_hurt() -> None:
    devices = by_name(
        "NAME   TYPE SIZE\nsda    disk  20G\n??sda1 part  10G\n  sda2 part  10G\n...\n[...]\n```\n"
    )
    assert list(devices) == ["sda", "sda1", "sda2"]
    assert devices["sda2"].parents == ("sda",)


def test_a_device_seen_twice_is_one() -> None:
    text = "NAME TYPE SIZE\nsda  disk  20G\n"
    assert len(parse_lsblk(f"{text}\n{text}")) == 1


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("20G", 20 * GIB),
        ("1.8T", int(1.8 * 1024 * GIB)),
        ("20,5G", int(20.5 * GIB)),
        ("512", 512),
        ("0B", 0),
        ("1K", 1024),
        ("3P", 3 << 50),
        ("", None),
        ("big", None),
        ("1.2.3G", None),
        ("nan", None),
        ("9" * 400, None),
        ("²", None),
    ],
)
def test_sizes(size: str, expected: object) -> None:
    (device,) = parse_lsblk(json.dumps({"blockdevices": [{"name": "sda", "size": size}]}))
    assert device.size_bytes == expected


@pytest.mark.parametrize(
    "text", ["", "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\n", '{"blockdevices": []}']
)
def test_no_devices(text: str) -> None:
    assert parse_lsblk(text) == ()
    assert BLOCK.parse([Answer("lsblk", OK, text)]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "lsblk: invalid option -- 'J'\nUsage:\n lsblk [options] [<device> ...]\n",
        '{"blockdevices": [{"name": "sda"',
        '{"blockdevices": 3}',
        '{"blockdevices": ' + "[" * 100_000,
        'PRETTY_NAME="Something"\n',
        "\x00\x01",
    ],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="lsblk"):
        parse_lsblk(text)


def test_the_question_takes_the_first_answer_that_is_understood() -> None:
    refused, good = (
        Answer("lsblk -J", FAILED, "lsblk: invalid option"),
        Answer("lsblk", OK, "NAME TYPE\nsda  disk\n"),
    )
    assert [device.name for device in BLOCK.parse([refused, good])] == ["sda"]
    with pytest.raises(ValueError, match="no table"):
        BLOCK.parse([refused])


PIECES = st.sampled_from(
    [
        "NAME",
        "KNAME",
        "MAJ:MIN",
        "SIZE",
        "TYPE",
        "MOUNTPOINTS",
        "TRAN",
        " ",
        "  ",
        "\n",
        "├─",
        "└─",
        "`-",
        "|-",
        "│ ",
        "sda",
        "vda1",
        "8:0",
        "20G",
        "disk",
        "part",
        "lvm",
        "/",
        "[SWAP]",
        "(dm-0)",
        'NAME="sda" ',
        '"',
        "\\x20",
        "\t",
        "\r",
        "�",
        "1,5T",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "kname", "pkname", "size", "children", "mountpoints", "type", "maj:min"]
            ),
            inner,
        )
    ),
)


@given(
    st.text()
    | st.lists(PIECES | st.text(max_size=4)).map("".join)
    | JSON.map(lambda nodes: json.dumps({"blockdevices": nodes}))
    | st.lists(JSON).map(lambda nodes: json.dumps({"blockdevices": nodes}))
)
def test_any_text_gives_devices_or_is_refused(text: str) -> None:
    try:
        devices = parse_lsblk(text)
    except ValueError:
        return
    for device in devices:
        assert isinstance(device, LsblkDevice)
        assert device.kname
        assert device.kname not in device.parents
    assert len({device.kname for device in devices}) == len(devices)


@pytest.mark.tail(every=5)
@pytest.mark.parametrize(
    ("head", "piece"),
    [
        ("NAME TYPE\n", "sda disk\n"),
        ("NAME TYPE\nsda  disk\n", "| /mnt\n"),
        ("NAME TYPE\n", "`-"),
        ("NAME MOUNTPOINTS\nsda  /\n", "     /mnt\n"),
        ("", "NAME "),
        ("", "NAME TYPE\n"),
        ('NAME="', "\\x20"),
        ("NAME TYPE\nsda  ", "disk "),
        ('{"blockdevices": [', '{"name": "sda", "mountpoint": "/"},'),
    ],
)
def test_a_megabyte_of_one_piece_is_read_or_refused(head: str, piece: str) -> None:
    text = head + piece * (1_000_000 // len(piece))
    said: object = ()
    with suppress(ValueError):
        said = parse_lsblk(text)
    assert isinstance(said, tuple)
