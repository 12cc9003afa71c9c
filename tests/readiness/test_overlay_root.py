"""overlayroot's disk is named in three files and on the command line: in which order they count,
and what each spelling of a disk becomes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional, Tuple

import pytest

from guestcheck.classify import classify
from guestcheck.collectors.sh import make
from guestcheck.evidence import questions, read
from guestcheck.evidence.linux.config.overlay_root import OVERLAY
from guestcheck.facts import build
from guestcheck.messages import words
from guestcheck.model.source import ARCHIVE, DENIED, OK, Answer, Raw
from guestcheck.model.target import Reason
from guestcheck.privacy.lines import mask_text
from guestcheck.sources import open_source
from tests.readiness.making import RELEASE, image, on, recorded, said, told

SCRIPT = "scripts/init-bottom/overlayroot"
CONF, LOCAL = "/etc/overlayroot.conf", "/etc/overlayroot.local.conf"
GONE = "unknown: ?overlay-by-name"
UNREAD = "unknown: ?overlay-unread"


def guest(
    files: Dict[str, str],
    options: str = "ro",
    texts: Optional[Dict[str, str]] = None,
    script: str = SCRIPT,
) -> Raw:
    made = image(files=[script], texts=texts)
    more: List[Tuple[str, Answer]] = [
        told("overlayroot", path, text) for path, text in files.items()
    ]
    return recorded(options=options, images={f"/boot/initrd.img-{RELEASE}": made}, more=more)


def verdict(raw: Raw) -> str:
    return said(on("virtio-blk", classify(build(read(raw, questions(deep=True))))))


def reasons(raw: Raw) -> Tuple[Reason, ...]:
    return on("virtio-blk", classify(build(read(raw, questions(deep=True))))).reasons


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "boots"),
        ("disabled", "boots"),
        ("tmpfs", "boots"),
        ("tmpfs:swap=1,recurse=0", "boots"),
        ("/dev/sda3", GONE),
        ("/dev/sda3,timeout=9", GONE),
        ("device:dev=/dev/sda3,timeout=9", GONE),
        ("device:timeout=9,dev=sda3", GONE),
        ("device:dev=UUID=7", "boots"),
        ("device:dev=LABEL=rw,timeout=20", "boots"),
        ("device:dev=/dev/disk/by-label/rw", "boots"),
        ("device:dev=/dev/disk/by-path/pci-0000:00:01.1-ata-1", GONE),
        ("device:dev=/dev/disk/by-id/ata-QEMU_1", GONE),
        ("crypt:dev=/dev/sda3", GONE),
        ("crypt:mapname=m,pass=x,mkfs=0,dev=sda3", GONE),
        ("crypt:dev=/dev/vdb", GONE),
        ("device:dev=PARTUUID=7", UNREAD),
        ("device:", UNREAD),
        ("crypt:pass=x", UNREAD),
        ("zram", UNREAD),
        ("device", UNREAD),
    ],
)
@pytest.mark.parametrize("where", ["file", "local", "initramfs", "command line"])
def test_each_spelling_in_each_place(value: str, expected: str, where: str) -> None:
    line = f'overlayroot="{value}"\n'
    raw = {
        "file": lambda: guest({CONF: line}),
        "local": lambda: guest({CONF: "overlayroot=tmpfs\n", LOCAL: line}),
        "initramfs": lambda: guest({CONF: "\n"}, texts={"conf/conf.d/overlayroot": line}),
        "command line": lambda: guest({}, options=f"ro overlayroot={value}"),
    }[where]()
    assert verdict(raw) == expected


@pytest.mark.parametrize(
    "line",
    [
        "overlayroot=/dev/sda3",
        "overlayroot='/dev/sda3'",
        'export overlayroot="device:dev=/dev/sda3"',
        "  overlayroot=/dev/sda3  # the data disk",
        "x=1\noverlayroot=/dev/sda3;",
    ],
)
def test_each_way_to_write_a_line(line: str) -> None:
    assert verdict(guest({CONF: f"# comment\n{line}\n"})) == GONE


@pytest.mark.parametrize(
    "line",
    [
        "overlayroot=$DISK",
        'overlayroot="`cat /x`"',
        'overlayroot="/dev/sda3" ; overlayroot=tmpfs',
        ". /etc/default/overlayroot",
        "if true; then\noverlayroot=tmpfs\nfi",
        'overlayroot="/dev/sda3',
        "overlayroot=a'b'",
    ],
)
def test_a_line_that_is_more_than_an_assignment_is_unknown(line: str) -> None:
    assert verdict(guest({CONF: f"{line}\noverlayroot=tmpfs\n"})) == UNREAD


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("ro", GONE),
        ("ro overlayroot=", "boots"),
        ("ro overlayroot=disabled", "boots"),
        ("ro overlayroot=tmpfs", "boots"),
        ("ro overlayroot", GONE),
    ],
)
def test_the_command_line_counts_before_the_files(options: str, expected: str) -> None:
    assert verdict(guest({CONF: "overlayroot=/dev/sda3\n"}, options=options)) == expected


@pytest.mark.parametrize(
    ("lines", "options", "expected"),
    [
        ('overlayroot_cfgdisk="disabled"', "ro", "boots"),
        ("overlayroot_cfgdisk=LABEL=OROOTCFG", "ro", UNREAD),
        ("overlayroot_cfgdisk=/dev/sdb", "ro", UNREAD),
        ("overlayroot_cfgdisk=/dev/sdb", "ro overlayroot=tmpfs", "boots"),
        ("overlayroot_cfgdisk=/dev/sdb", "ro overlayroot_cfgdisk=disabled", "boots"),
        ("", "ro overlayroot_cfgdisk=/dev/sdb", UNREAD),
    ],
)
def test_a_disk_that_holds_the_configuration(lines: str, options: str, expected: str) -> None:
    assert verdict(guest({CONF: f"{lines}\n"}, options=options)) == expected


@pytest.mark.parametrize(
    "script",
    [SCRIPT, "usr/lib/dracut/hooks/pre-pivot/50-overlayroot.sh"],
)
def test_it_counts_where_the_initramfs_has_it(script: str) -> None:
    assert verdict(guest({CONF: "overlayroot=/dev/sda3\n"}, script=script)) == GONE
    assert verdict(guest({CONF: "overlayroot=/dev/sda3\n"}, script="x")) == "boots"


def test_files_that_were_not_read_leave_it_open() -> None:
    assert verdict(guest({})) == UNREAD
    listed = told("overlayroot", f"{CONF} {LOCAL}", "")
    raw = guest({})
    raw.answers["overlayroot"] = (listed[1],)
    assert verdict(raw) == "boots"
    assert verdict(raw._replace(origin=ARCHIVE)) == UNREAD
    denied = Answer(LOCAL, DENIED)
    raw.answers["overlayroot"] = (Answer(CONF, OK, "overlayroot=tmpfs\n"), denied)
    assert verdict(raw) == UNREAD
    raw.answers["overlayroot"] = (Answer(f"{CONF} {LOCAL}", OK, f"{LOCAL}\n"),)
    assert verdict(raw) == UNREAD


@pytest.mark.parametrize(
    ("value", "formats"),
    [
        ("crypt:dev=sda3", True),
        ("crypt:dev=sda3,pass=S3CRET", True),
        ("crypt:dev=sda3,pass=S3CRET,mkfs=0", False),
        ("device:dev=sda3", False),
    ],
)
def test_a_disk_that_may_be_formatted_is_named_and_no_password(value: str, formats: bool) -> None:
    found = [
        reason
        for reason in reasons(guest({CONF: f'overlayroot="{value}"\n'}))
        if reason.id == "overlay-by-name"
    ]
    assert ["may format" in words(reason.says) for reason in found] == [formats]
    assert "S3CRET" not in str(found)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('overlayroot="crypt:pass=S3 CR\'ET,mkfs=0,dev=vdb"', "mkfs=0,dev=vdb"),
        ("overlayroot='crypt:dev=vdb,pass=S3CRET'", "dev=vdb"),
        ("linux /v root=/dev/sda1 overlayroot=crypt:pass=S3CRET,dev=vdb quiet", "dev=vdb quiet"),
        ('GRUB_CMDLINE_LINUX="overlayroot=crypt:pass=S3CRET,dev=vdb ro"', "dev=vdb ro"),
    ],
)
def test_a_recording_has_the_disk_and_no_password(line: str, kept: str) -> None:
    masked = mask_text(line)
    assert kept in masked
    assert "S3" not in masked
    assert "ET" not in masked


def test_a_root_is_asked_for_both_files_and_so_is_the_shell_collector(tmp_path: Path) -> None:
    for name in ("boot/vmlinuz-6.1", "etc/fstab"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "etc/overlayroot.conf").write_text('# x\noverlayroot="crypt:pass=S3,dev=sdb"\n')
    (tmp_path / "etc/overlayroot.local.conf").write_text("overlayroot=tmpfs\n")
    raw = open_source([str(tmp_path)]).gather([OVERLAY])
    found = read(raw, (OVERLAY,)).get(OVERLAY)
    assert [setting.value for setting in found or ()] == ["crypt:pass=*****,dev=sdb", "tmpfs"]
    script = make([OVERLAY])
    assert CONF in script
    assert LOCAL in script
