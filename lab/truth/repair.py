"""Cells of repairs: preflight's script is written and run in the guest where it still boots, and
what it leaves is booted on the other bus.

The script is run a second time, with `update-initramfs` put off since it costs most, to see that it
changes nothing more; and preflight is asked again. The second boot takes kernel, initramfs and
command line as the boot menu on the repaired disk says.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from lab import artifact, cache
from lab.boot import Outcome, Part, boot
from lab.image import ROOT_UUID, Image
from lab.kernel import plain
from lab.measure import qemu_version
from lab.truth.cell import (
    BOOTS,
    FAILS,
    LAST_WORDS,
    SYSTEMD_JOB,
    UNKNOWN,
    Row,
    kept_since,
    outcome_of,
)
from lab.truth.own_disk import OnDisk, copy_root, make_disk, put, without_kernel
from lab.truth.prepare import OFFSET, command_line, initramfs, menu, versions, write
from lab.truth.repair_variant import Repair
from lab.truth.targets import TARGETS
from lab.truth.variant import Variant

VERSION = 2  # of the steps here, which the variants do not show
WRITES = (
    "advice/script",
    "advice/linux",
    "advice/_quoting.py",
    "catalogue/interfaces.py",
    "catalogue/rows.py",
    "readiness",
)
"""What of guestcheck decides what stands in a script; the rest may change without every guest being repaired again."""
WRITES_NOT = tuple(
    f"readiness/linux/{name}.py"
    for name in ("network", "moved_nics", "nic_case", "nic_in_force", "nic_reasons")
)
JOB = """
preflight() { python3 /run/guestcheck.pyz preflight --target @TARGET@ -f json "$@"; }
state() { find /etc /boot /var/backups -type f ! -path '/boot/initrd*' -exec sha256sum {} + | sort -k2; }
part before preflight --fix-script /run/fix.sh
part script cat /run/fix.sh
part first sh /run/fix.sh
state >/run/state.1
mkdir /var/tmp/put-off
printf '#!/bin/sh\\necho put off: update-initramfs "$@"\\n' >/var/tmp/put-off/update-initramfs
chmod +x /var/tmp/put-off/update-initramfs
part second env PATH="/var/tmp/put-off:$PATH" sh /run/fix.sh  # nothing is executed from /run
state >/run/state.2
part changed sh -c 'diff /run/state.1 /run/state.2 | grep "^[<>]" || true'
part after preflight
sync
echo u >/proc/sysrq-trigger
sleep 2
"""


class Menu(NamedTuple):
    """What the default entry of a boot menu starts: the kernel's release, its options, and the file
    of its initramfs ("" for none).
    """

    release: str
    options: str
    initrd: str


def measure(repair: Repair, image: Image, again: bool) -> Row:
    """Repair the guest where it boots, then boot it on the other bus; or take what is kept of the
    very same.
    """
    folder = _folder(repair, image)
    kept, begun = folder / "result.json", time.time()
    if again or not kept.exists():
        with cache.hold(folder):
            if not kept_since(kept, begun if again else 0):
                _run(repair, image, folder, kept)
    result: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else NOTHING
    return Row(
        repair.name, repair.release, f"{repair.source} → {repair.target}", versions(image)[repair.entry.kernel], True, result["after"], result["booted"],
        result["seconds"], tuple(result["reasons"]), result["console"], "repair", "; ".join(result["flaws"]),
    )  # fmt: skip


NOTHING: dict[str, Any] = {
    "after": UNKNOWN,
    "booted": "",
    "seconds": 0,
    "reasons": [],
    "console": "no end that is known",
    "flaws": [],
}


def is_kept(repair: Repair, image: Image) -> bool:
    """Whether an earlier run has repaired and booted the very same."""
    return (_folder(repair, image) / "result.json").exists()


def flaws(parts: dict[str, Part], repair: Repair, release: str) -> list[str]:
    """What was wrong in the guest that was repaired, in words."""
    found = []
    before, after = (
        verdict(parts.get("before"), repair.target, release),
        verdict(parts.get("after"), repair.target, release),
    )
    if before.get("verdict") != FAILS:
        found.append(f"preflight said {before.get('verdict', 'nothing')} before the repair")
    for name in ("first", "second"):
        part = parts.get(name)
        if part is None or part.code:
            said = parts.get(f"{name}.err") or part
            last = said.output.decode(errors="replace").strip().splitlines()[-1:] if said else []
            found.append(
                f"the script's {name} run ended "
                f"with {part.code if part else 'nothing'}: {' '.join(last)}"
            )
    changed = parts.get("changed")
    if changed is None or changed.output.strip():
        found.append(
            "run again, the script "
            f"changed {changed.output.decode(errors='replace').split()[-1] if changed else 'what is not known'}"
        )
    if after.get("verdict") != BOOTS:
        found.append(
            f"preflight said {after.get('verdict', 'nothing')} after the "
            f"repair: {', '.join(reasons(after))}"
        )
    return found


def verdict(part: Part | None, target: str, release: str) -> dict[str, Any]:
    """The verdict on `target` and the kernel `release` in what preflight wrote; empty where there
    is none.
    """
    try:
        found = json.loads(part.output)["readiness"] if part else []
    except (ValueError, KeyError):
        return {}
    return next(
        (
            one
            for one in found
            if (one["target"], one["kernel"], one["kind"]) == (target, release, "disk")
        ),
        {},
    )


def reasons(said: dict[str, Any]) -> list[str]:
    """Its reasons, without warnings."""
    return [
        f"{one['id']}: {one['says']}" for one in said.get("reasons", ()) if one["weight"] != "warns"
    ]


def default_entry(text: str) -> Menu:
    """What the first entry of a grub.cfg starts: the lab's menus have it as their default, and
    those that update-grub makes.
    """
    entry = re.split(
        r"^}",
        re.split(r"^menuentry ", text, maxsplit=1, flags=re.MULTILINE)[-1],
        maxsplit=1,
        flags=re.MULTILINE,
    )[0]
    linux = re.search(r"^\s*linux\s+\S*/vmlinuz-(\S+)[ \t]*(.*)$", entry, re.MULTILINE)
    initrd = re.search(r"^\s*initrd\s+(\S+)", entry, re.MULTILINE)
    if linux is None:
        raise ValueError("the menu's first entry starts no kernel")
    return Menu(linux[1], linux[2].strip(), initrd[1] if initrd else "")


def _folder(repair: Repair, image: Image) -> Path:
    key = cache.key(
        [
            repr(repair),
            repr(TARGETS[repair.source]),
            repr(TARGETS[repair.target]),
            image.path.name,
            VERSION,
            JOB,
            _digest(),
            qemu_version(),
        ]
    )
    return cache.folder("truth", "repairs", f"{repair.name}-{repair.release}-{repair.target}-{key}")


def _digest() -> str:
    state = hashlib.sha256()
    for top in WRITES:
        for path in sorted([artifact.PACKAGE / top, *(artifact.PACKAGE / top).rglob("*.py")]):
            if path.is_file() and path.relative_to(artifact.PACKAGE).as_posix() not in WRITES_NOT:
                state.update(str(path.relative_to(artifact.PACKAGE)).encode() + path.read_bytes())
    return state.hexdigest()[:16]


def _run(repair: Repair, image: Image, folder: Path, kept: Path) -> None:
    release = versions(image)[repair.entry.kernel]
    before = _prepared(repair, image, folder)
    left = folder / "left.qcow2"
    old = replace(TARGETS[repair.source], kernel=repair.entry.kernel, init="quick", limit=900)
    zipapp = artifact.make(folder / "guestcheck.pyz")
    mended = boot(
        old, before, JOB.replace("@TARGET@", repair.target), zipapp, folder / "source", left
    )
    for name, part in mended.parts.items():
        (folder / f"{name}.txt").write_bytes(part.output)
    try:
        if mended.ended:
            return
        found = flaws(mended.parts, repair, release)
        repaired = folder / "repaired.raw"
        subprocess.run(["qemu-img", "convert", "-O", "raw", str(left), str(repaired)], check=True)
        outcome, booted = _on_target(repair, image, repaired, folder)
    finally:
        for name in ("left.qcow2", "repaired.raw", "disk.raw"):
            (folder / name).unlink(missing_ok=True)
    if not booted:
        return
    last = LAST_WORDS.findall(outcome.serial)
    after, first = (
        verdict(mended.parts.get("after"), repair.target, release),
        verdict(mended.parts.get("before"), repair.target, release),
    )
    result = {
        "after": after.get("verdict", UNKNOWN), "booted": booted, "seconds": round(mended.seconds + outcome.seconds, 1), "reasons": reasons(first),
        "console": last[-1].strip() if last else "", "flaws": found, "at": time.time(),
    }  # fmt: skip
    kept.write_text(json.dumps(result, indent=1) + "\n")


def _on_target(repair: Repair, image: Image, disk: Path, folder: Path) -> tuple[Outcome, str]:
    """Boot the repaired disk on its new bus, as its own menu says."""
    (folder / "grub.cfg").write_bytes(_read(disk, "/boot/grub/grub.cfg"))
    entry = default_entry((folder / "grub.cfg").read_text())
    flavour = next(
        flavour for flavour, version in versions(image).items() if version == entry.release
    )
    inside = folder / "initrd"
    inside.unlink(missing_ok=True)
    if entry.initrd:
        inside.write_bytes(plain(_read(disk, entry.initrd)))
    systemd = bool(repair.fstab)
    guest = replace(
        TARGETS[repair.target], kernel=flavour, init="systemd" if systemd else "no-udev", limit=600
    )
    outcome = boot(
        guest,
        OnDisk(image, disk, entry.options, inside),
        SYSTEMD_JOB if systemd else "",
        None,
        folder / "target",
    )
    return outcome, outcome_of(outcome, systemd)


def _read(disk: Path, path: str) -> bytes:
    found = disk.with_suffix(".read")
    found.unlink(missing_ok=True)
    subprocess.run(
        ["debugfs", "-R", f"dump {path} {found}", f"{disk}?offset={OFFSET}"],
        check=True,
        capture_output=True,
    )
    text = found.read_bytes()
    found.unlink()
    return text


def _prepared(repair: Repair, image: Image, folder: Path) -> OnDisk:
    """The guest's disk before the repair, with all on it that the script may find."""
    root, release = folder / "root", versions(image)[repair.entry.kernel]
    copy_root(image, root)
    put(root, repair.files, packages=repair.packages)
    write(root, "boot/grub/grub.cfg", menu([repair.entry], image))
    if repair.fstab:
        write(
            root,
            "etc/fstab",
            (root / "etc/fstab").read_text() + repair.fstab.replace("@UUID@", ROOT_UUID),
        )
    initramfs(Variant(repair.name, (repair.entry,), release=repair.release), 0, root, image, folder)
    own = root / "boot" / f"initrd.img-{release}"
    if own.exists():
        packed = own.read_bytes()
        if packed == plain(packed):
            own.unlink()
            own.write_bytes(gzip.compress(packed, 1))
    for other in set(versions(image).values()) - {release}:
        without_kernel(root, other, repair.leaves_modules)
    make_disk(image, root, folder / "disk.raw")
    shutil.rmtree(root)
    return OnDisk(image, folder / "disk.raw", command_line(repair.entry), folder / "initrd-0")
