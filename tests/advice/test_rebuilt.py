"""What a new image may lose under the same name: an empty file, and a module that was cut short."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Dict

import pytest

from guestcheck.advice.script import shell
from tests.advice.laid import HARMLESS, Laid

KEPT: Dict[str, int] = {
    "init": 100,
    "usr/lib/modules/6.1/kernel/dm-crypt.ko.xz": 20_000,
    "usr/lib/modules/6.1/kernel/virtio_blk.ko.xz": 9_000,
    "cryptroot/crypttab": 60,
}
IMAGE = "/boot/initrd.img-6.1"
OPENS = "|".join(shell.OPENS).replace("{more}", "")


def as_gnu(files: Dict[str, int]) -> str:
    return "".join(
        f"-rw-r--r--   1 root     root {size:>12} Jan  1  1970 {name}\n"
        for name, size in files.items()
    )


def as_busybox(files: Dict[str, int]) -> str:
    return "".join(
        f"-rw-r--r-- 0/0 {size:>9} 1970-01-01 00:00:00 {n}\n" for n, size in files.items()
    )


def names(files: Dict[str, int]) -> str:
    return "".join(f"{name}\n" for name in files)


FORMS = {"GNU cpio": as_gnu, "busybox cpio": as_busybox}


def rebuilt(top: Path, before: str, after: str, programs: str = "gnu") -> str:
    """Have the script make an image again, whose list is `after`; return what it says, and hold
    that it keeps the one of before where it says so.
    """
    here = Laid(top, {IMAGE: before, "new": after, "work/x": "", "lib/modules/6.1/x": ""})
    busybox = shutil.which("busybox")
    for name in HARMLESS.split() if programs == "busybox" else ():
        here.stub(name, f'exec {busybox} {name} "$@"', noted=False)
    here.stub("lsinitramfs", 'cat "$2"', noted=False)
    made = f'make_image() {{ cat "{here.top}/new" >"$2"; }}\n'
    text = (
        "#!/bin/sh\nset -eu\nbackup=/var/backups/guestcheck\nundone=\n"
        + f"work={here.top}/work\nopens='^({OPENS})$'\n"
        + "".join(shell.FUNCTIONS.values())
        + made
        + f"rebuild 6.1 {IMAGE} virtio_blk\n"
    )
    done = here.run(text)
    assert done.returncode == 0, done.stderr
    kept = "The image of before is back" in done.stderr
    assert here.read(IMAGE) == (before if kept else after)
    assert kept == bool(done.stderr)
    return done.stderr


@pytest.mark.parametrize("programs", ["gnu", "busybox"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("name", "size", "says"),
    [
        ("usr/lib/modules/6.1/kernel/virtio_blk.ko.xz", 0, "the new image has no virtio_blk"),
        ("usr/lib/modules/6.1/kernel/virtio_blk.ko.xz", 44, "less than half"),
        ("usr/lib/modules/6.1/kernel/dm-crypt.ko.xz", 0, "module dm_crypt"),
        ("usr/lib/modules/6.1/kernel/dm-crypt.ko.xz", 9_999, "less than half"),
        ("usr/lib/modules/6.1/kernel/dm-crypt.ko.xz", 10_001, ""),
        ("usr/lib/modules/6.1/kernel/dm-crypt.ko.xz", 20_000, ""),
        ("cryptroot/crypttab", 0, "cryptroot/crypttab"),
        ("cryptroot/crypttab", 61, ""),
    ],
)
def test_an_empty_or_truncated_file_is_a_loss(
    name: str, size: int, says: str, form: str, programs: str, tmp_path: Path
) -> None:
    if programs == "busybox" and not shutil.which("busybox"):
        pytest.skip("busybox is not installed")
    listed = FORMS[form]
    said = rebuilt(tmp_path, listed(KEPT), listed({**KEPT, name: size}), programs)
    assert says in said
    assert bool(says) == bool(said)


def test_a_module_that_is_packed_in_another_way_is_no_loss(tmp_path: Path) -> None:
    packed = {name.replace(".ko.xz", ".ko"): size * 4 for name, size in KEPT.items()}
    assert rebuilt(tmp_path, as_gnu(packed), as_gnu(KEPT)) == ""


def test_names_alone_have_no_sizes_to_compare(tmp_path: Path) -> None:
    assert rebuilt(tmp_path, names(KEPT), names(KEPT)) == ""
