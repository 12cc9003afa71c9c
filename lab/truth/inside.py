"""What only a booted guest can make: an initramfs by tools that look at the devices, and root file
systems on volumes and encryption.

The machine that boots a variant needs no device mapper for it: the guest's own kernel has one.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lab import cache
from lab.boot import boot
from lab.errors import LabError
from lab.guest import Extra
from lab.image import Image
from lab.truth.targets import TARGETS

VERSION = 1  # of the steps here, which the variants do not show
# The second disk hangs where the first one does: tools that look at the devices are to see no other
# bus.
_SECOND = {"ide": "ide-hd,bus=ide.1", "sata": "ide-hd,bus=ide.1", "virtio-blk": "virtio-blk-pci"}
_ROOM = 512 << 20
_FILES = "tar --keep-directory-symlink -C {root} -xf /run/guestcheck.pyz"

LVM = """
sfdisk --quiet $NEW <<END
label: dos
label-id: 0x6c616222
start=2048,type=8e,bootable
END
udevadm settle
vgcreate -qq lab ${NEW}1 && lvcreate -qq -y -n root -l 100%FREE lab
REAL=/dev/mapper/lab-root
"""
LUKS = """
sfdisk --quiet $NEW <<END
label: dos
label-id: 0x6c616223
start=2048,type=83,bootable
END
udevadm settle
mkdir -p /etc/keys
printf lab >/etc/keys/lab.key
cryptsetup luksFormat --batch-mode --type luks1 --pbkdf-force-iterations 1000 --uuid 6c616220-6775-4573-a368-65636b000002 ${NEW}1 /etc/keys/lab.key
cryptsetup open --key-file /etc/keys/lab.key ${NEW}1 lab_crypt
REAL=/dev/mapper/lab_crypt
"""
_COPY = """
mke2fs -q -t ext4 $REAL && mount $REAL /mnt
cd / && find . -xdev -path './usr/lib/modules/*cloud*' -prune -o -path './lib/modules/*cloud*' -prune -o -path './usr/share/doc' -prune -o \\
    -path './usr/share/locale' -prune -o -print0 | cpio -0 -pdm --quiet /mnt
mkdir -p /mnt/etc/keys && cp -a /etc/keys/. /mnt/etc/keys/ 2>/dev/null
mkdir -p /mnt/run && mount --bind /dev /mnt/dev && mount -t proc proc /mnt/proc && mount -t sysfs sysfs /mnt/sys && mount --bind /run /mnt/run
udevadm settle
"""
_AWAY = """
sync
umount /mnt/run /mnt/sys /mnt/proc /mnt/dev
umount /mnt || mount -o remount,ro /mnt
sync
"""


def run(
    image: Image,
    on: str,
    files: dict[str, bytes],
    packages: Sequence[Path],
    words: Sequence[str],
    work: Path,
    stack: str = "",
) -> bytes:
    """Boot the image on the bus `on`, lay `files` and `packages` out there, run `words`, which
    write /run/made; returns what they wrote.

    With `stack` (`LVM` or `LUKS`) the guest first copies itself to such a disk, `disk.raw` in
    `work`, and `words` run in the copy.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    packed = _packed(files, packages, work)
    disks = {"GCMADELAB": work / "made.raw", **({"GCNEWLAB": work / "disk.raw"} if stack else {})}
    sizes = {"GCMADELAB": _ROOM, "GCNEWLAB": 3 << 30}
    extra: list[str] = []
    for number, (serial, path) in enumerate(disks.items()):
        with path.open("wb") as out:
            out.truncate(sizes[serial])
        extra += [
            "-drive",
            f"if=none,id=more{number},file={path},format=raw,cache=unsafe,discard=unmap",
        ]
        extra += ["-device", f"{_SECOND[on]},drive=more{number},serial={serial}"]
    guest = replace(
        TARGETS[on], parts=(*TARGETS[on].parts, Extra(tuple(extra))), limit=1500, memory=1024
    )
    outcome = boot(guest, image, _job(words, stack), packed, work)
    (work / "console").write_text(outcome.serial)
    failed = [
        f"{name}: exit code {part.code}"
        for name, part in outcome.parts.items()
        if part.code and not name.endswith(".err")
    ]
    if outcome.ended or failed:
        raise LabError(
            f"a guest on {on} did not make what it was told "
            f"to: {outcome.ended or '; '.join(failed)}; see {work / 'console'}"
        )
    size = int(outcome.parts["size"].output)
    with (work / "made.raw").open("rb") as made:
        found = made.read(size)
    (work / "made.raw").unlink()
    return found


def _job(words: Sequence[str], stack: str) -> str:
    root = "/mnt" if stack else "/"
    command = " ".join(f"'{word}'" for word in words)
    lines = [
        "export NEW=$(disk GCNEWLAB) MADE=$(disk GCMADELAB) "
        f"PATH=/usr/sbin:/usr/bin:/sbin:/bin\n{stack}{_COPY if stack else ''}"
    ]
    lines.append(f"part files {_FILES.format(root=root)}")
    lines.append(f"part tool chroot {root} {command}")
    lines.append("part size stat -c %s /run/made")
    lines.append("part keep dd if=/run/made of=$MADE bs=1M conv=fsync,notrunc")
    return "\n".join(lines) + "\n" + (_AWAY if stack else "")


def _packed(files: dict[str, bytes], packages: Sequence[Path], work: Path) -> Path:
    """One archive of files and of what is in packages; in front of files that replace those of
    packages.
    """
    folder = work / "files"
    folder.mkdir()
    for package in packages:
        inner = subprocess.run(
            ["dpkg", "--fsys-tarfile", str(package)], check=True, stdout=subprocess.PIPE
        ).stdout
        subprocess.run(["tar", "-x", "-C", str(folder)], check=True, input=inner)
    for name, data in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    packed = work / "files.tar"
    subprocess.run(
        ["tar", "-cf", str(packed), "--owner=0", "--group=0", "-C", str(folder), "."], check=True
    )
    shutil.rmtree(folder)
    return packed


def download(package: str) -> Path:
    """A package that this machine's apt has; the guest's release is this machine's in such
    variants.
    """
    folder = cache.folder("truth", "packages")
    found = sorted(folder.glob(f"{package}_*.deb"))
    if not found:
        subprocess.run(
            ["apt-get", "download", "-q", package], check=True, cwd=folder, capture_output=True
        )
        found = sorted(folder.glob(f"{package}_*.deb"))
    return found[-1]
