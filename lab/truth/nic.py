"""Cells of the network: a guest is booted on the card it has, and recorded there; what preflight
says of the recording is held against another card.

The outcome is seen from inside: the guest has its address, and the gateway answers it, within a
bound of time after it has come up.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

from guestcheck.evidence import questions
from lab import artifact, cache
from lab.boot import Outcome, boot
from lab.errors import LabError
from lab.image import Image
from lab.measure import qemu_version
from lab.truth import cpio
from lab.truth.cell import UNKNOWN, Row, kept_since, preflight
from lab.truth.nic_variant import MODELS, NicCell, NicVariant, guest
from lab.truth.own_disk import OnDisk, copy_root, make_disk, put, without_kernel
from lab.truth.prepare import command_line, menu, versions, write

UP, LOST = "network-up", "network-lost"
VERSION = 1  # of the steps here, which the variants do not show
SECONDS = 25
"""How long a guest has for its address after multi-user.target."""
JOB = """
has_address() {
    n=0
    until ip -4 -o addr show up scope global | grep -q " @ADDRESS@/"; do
        n=$((n + 1)); [ $n -le @SECONDS@ ] || return 1
        sleep 1
    done
}
part address has_address
part gateway busybox ping -c 1 -w 10 10.0.2.2
part cards ip -o addr
"""
RECORD = """
part collect python3 /run/guestcheck.pyz collect -o /run/recording.tar.gz
part recording cat /run/recording.tar.gz
"""


def measure(cell: NicCell, image: Image, again: bool) -> Row:
    """Predict from a recording made on the card that the guest has, then boot on the other; or take
    what is kept of the very same.
    """
    variant, flaw = cell.variant, ""
    said: dict[str, Any] = {}
    result: dict[str, Any] = {"outcome": "", "seconds": 0, "console": "no end that is known"}
    try:
        said = _said(cell, image)
        folder = _folder(cell, image)
        kept, begun = folder / "result.json", time.time()
        if again or not kept.exists():
            with cache.hold(folder):
                if not kept_since(kept, begun if again else 0):
                    _boot(cell, image, folder, kept)
        if kept.exists():
            result = json.loads(kept.read_text())
    except LabError as error:
        flaw = str(error)
    reasons = tuple(
        f"{one['id']}: {one['says']}" for one in said.get("reasons", ()) if one["weight"] != "warns"
    )
    return Row(
        variant.name, variant.release, f"{variant.source.label} → {cell.target.label}", versions(image)[variant.entry.kernel], True,
        said.get("verdict", UNKNOWN), result["outcome"], result["seconds"], reasons, result["console"], "nic", flaw,
    )  # fmt: skip


def is_kept(cell: NicCell, image: Image) -> bool:
    """Whether an earlier run has booted the very same."""
    return (_folder(cell, image) / "result.json").exists()


def recording(variant: NicVariant, image: Image) -> Path:
    """The recording of `variant` on the card that it has, made if it is not there; LabError where
    its network does not work there.
    """
    folder = _home(variant, image)
    kept = folder / f"recording-{answers_digest()}.tar.gz"
    with cache.hold(folder):
        if not kept.exists():
            zipapp = artifact.make(folder / "guestcheck.pyz")
            outcome = boot(
                guest(variant, variant.source),
                _prepared(variant, image),
                _job(variant) + RECORD,
                zipapp,
                folder / "source",
            )
            seen, words = outcome_of(outcome)
            if seen != UP:
                raise LabError(
                    f"{variant.name} {variant.release}: has no network on the card it has "
                    f"({words or outcome.ended}); see {folder / 'source'}"
                )
            found = outcome.parts.get("recording")
            if found is None or found.code:
                raise LabError(
                    f"{variant.name} {variant.release}: no recording came out of it; "
                    f"see {folder / 'source'}"
                )
            kept.write_bytes(found.output)
    return kept


def predict(variant: NicVariant, image: Image) -> list[dict[str, Any]]:
    """What the checkout's preflight says of the variant's recording, for every card of the table."""
    taken = recording(variant, image)
    kept = taken.with_name(f"prediction-{answers_digest()}-{artifact.digest()}.json")
    return preflight(kept, [str(taken)], MODELS)


def finish(variant: NicVariant, image: Image) -> None:
    """Take away the variant's disk, which is as large as a release; what came of it stays."""
    shutil.rmtree(_home(variant, image) / "root", ignore_errors=True)
    (_home(variant, image) / "disk.raw").unlink(missing_ok=True)


def outcome_of(outcome: Outcome) -> tuple[str, str]:
    """Whether the guest had its network, and what else was seen; ("", "") where that is not known."""
    address, gateway = outcome.parts.get("address"), outcome.parts.get("gateway")
    if outcome.ended or address is None or gateway is None:
        return "", outcome.ended
    cards = (
        outcome.parts["cards"].output.decode(errors="replace") if "cards" in outcome.parts else ""
    )
    if address.code:
        return LOST, f"has {_names(cards)}"
    return (
        (UP, f"has {_names(cards)}")
        if gateway.code == 0
        else (LOST, f"has its address, and no gateway answers; has {_names(cards)}")
    )


def answers_digest() -> str:
    """A name for what of the checkout decides what a recording holds: what is asked, and how it is
    looked up.
    """
    state = hashlib.sha256(
        repr(
            [(question.name, question.asks, question.deep) for question in questions(deep=True)]
        ).encode()
    )
    for top in ("sources", "stores", "unpack", "privacy"):
        for path in sorted((artifact.PACKAGE / top).glob("*.py")):
            state.update(path.name.encode() + path.read_bytes())
    return state.hexdigest()[:16]


def copied_inside(
    files: tuple[tuple[str, str], ...], links: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    """What initramfs-tools' hooks copy of a guest's files: by the place in the initramfs; a link to
    nothing becomes an empty file.
    """
    found = {}
    for path, text in (
        *files,
        *((path, "") for path, leads_to in links if leads_to == "/dev/null"),
    ):
        name = path.rpartition("/")[2]
        if path.startswith("etc/systemd/network/") and name.endswith(".link"):
            found[f"usr/lib/systemd/network/{name}"] = text
        elif path.startswith("etc/udev/rules.d/"):
            found[f"usr/lib/udev/rules.d/{name}"] = text
        elif path.startswith("etc/modprobe.d/"):
            found[path] = text
    return found


def _names(cards: str) -> str:
    """The interfaces and their addresses in the words of `ip -o addr`."""
    found: dict[str, list[str]] = {}
    for words in (line.split() for line in cards.splitlines()):
        if len(words) > 3 and words[1] != "lo":
            found.setdefault(words[1], []).extend([words[3]] if words[2] == "inet" else [])
    return (
        ", ".join(" ".join([name, *addresses]) for name, addresses in found.items())
        or "no card with an address"
    )


def _home(variant: NicVariant, image: Image) -> Path:
    key = cache.key([repr(variant), image.path.name, VERSION])
    return cache.folder("truth", "nic", f"{variant.name}-{variant.release}-{key}")


def _folder(cell: NicCell, image: Image) -> Path:
    variant = cell.variant
    key = cache.key(
        [
            repr(variant),
            repr(guest(variant, cell.target)),
            image.path.name,
            VERSION,
            _job(variant),
            qemu_version(),
        ]
    )
    return cache.folder(
        "truth",
        "nic-cells",
        f"{variant.name}-{variant.release}-{cell.target.model}-{cell.target.slot}-{key}",
    )


def _said(cell: NicCell, image: Image) -> dict[str, Any]:
    """The verdict on the cell's card; empty where none was given."""
    version = versions(image)[cell.variant.entry.kernel]
    found = predict(cell.variant, image)
    return next(
        (
            one
            for one in found
            if one["target"] == cell.target.model
            and one["kernel"] == version
            and one["kind"] == "nic"
        ),
        {},
    )


def _job(variant: NicVariant) -> str:
    return JOB.replace("@ADDRESS@", variant.address).replace("@SECONDS@", str(SECONDS))


def _boot(cell: NicCell, image: Image, folder: Path, kept: Path) -> None:
    with cache.hold(_home(cell.variant, image)):
        prepared = _prepared(cell.variant, image)
    outcome = boot(guest(cell.variant, cell.target), prepared, _job(cell.variant), None, folder)
    seen, words = outcome_of(outcome)
    if seen:
        kept.write_text(
            json.dumps(
                {
                    "outcome": seen,
                    "seconds": round(outcome.seconds, 1),
                    "console": words,
                    "at": time.time(),
                },
                indent=1,
            )
            + "\n"
        )


def _prepared(variant: NicVariant, image: Image) -> OnDisk:
    """The variant's disk, made if it is not there."""
    folder = _home(variant, image)
    own = (
        folder / "initrd" if variant.inside or variant.entry.initramfs is None else None
    )  # one that is not there is none
    disk = folder / "disk.raw"
    if not disk.exists():
        root = folder / "root"
        copy_root(image, root)
        put(root, variant.files, variant.links, variant.packages)
        write(root, "boot/grub/grub.cfg", menu([variant.entry], image))
        for other in set(versions(image).values()) - {versions(image)[variant.entry.kernel]}:
            without_kernel(
                root, other
            )  # it would be read for every recording, and is never started
        if variant.entry.initramfs is None:
            (root / "boot" / f"initrd.img-{versions(image)[variant.entry.kernel]}").unlink()
        if own and variant.inside:
            _with_copies(variant, root, image, own)
        making = disk.with_suffix(".making")
        make_disk(image, root, making)
        making.rename(disk)
        shutil.rmtree(root)
    return OnDisk(image, disk, command_line(variant.entry), own)


def _with_copies(variant: NicVariant, root: Path, image: Image, own: Path) -> None:
    """Write the initramfs that has copies of the guest's files: to its root, and beside it for
    QEMU.
    """
    copies = copied_inside(variant.files, variant.links)
    found = [
        member
        for member in cpio.members(image.initrd(variant.entry.kernel).read_bytes())
        if member.path not in copies
    ]
    there = {member.path for member in found}
    lacking = {path.rpartition("/")[0] for path in copies} - there
    if lacking:
        raise LabError(f"{variant.name}: the initramfs has no folder {lacking.pop()}")
    own.write_bytes(cpio.pack([*found, *(cpio.file(path, text) for path, text in copies.items())]))
    place = root / "boot" / f"initrd.img-{versions(image)[variant.entry.kernel]}"
    place.unlink()
    shutil.copyfile(own, place)
