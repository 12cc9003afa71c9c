"""What preflight prints repairs the reason that it is printed for: over all recorded variants,
recorded guests, and guests of our own, whose texts are laid out as a root.

The lines of the steps are run there as they are printed, as somebody would paste them, with
stand-ins for the tools, and preflight is asked again. The fix script has the same test in
`test_repairs.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Set, Tuple

import pytest

from guestcheck.evidence import questions
from guestcheck.model.advice import Step
from guestcheck.model.source import Raw
from guestcheck.model.target import STOPS, Readiness
from guestcheck.run import _repairs
from guestcheck.sources.bundle import Bundle
from tests.advice.repaired import Repaired, stopping
from tests.advice.test_repairs import WORLDS
from tests.readiness.making import BY_ID, recorded
from tests.test_guests import GUESTS, reader
from tests.test_truth import OF_NETWORK, VARIANTS, bundle, cells

# What no line that is pasted takes away, and why.
BY_HAND = {
    "driver-not-in-kernel": "another kernel has to be installed and booted",
    "driver-file-missing": "the kernel's package has to be installed again",
    "initramfs-does-not-open-root": "its package has to be installed first",
    "root-by-name": "of a guest that a VMM starts with a kernel and a command line of its own",
}
OPENS = "Install what opens it in the initramfs"
# Programs that are called, and need do nothing for the repair.
IDLE = "apt-get pvs lvmconfig systemctl zcat cpio lsinitrd lsinitcpio"
# On a guest that does not run the device is found by what is mounted.
FINDMNT = "echo /dev/nbd0p1"
GRUBBY = """
for word in "$@"; do
    case $word in
        --remove-args=*) old=${word#*=} ;;
        --args=*) new=${word#*=} ;;
    esac
done
sed -i -r "s,^(options .*)$old,\\1$new," TOP/boot/loader/entries/*.conf
"""

SEEN: Set[str] = set()  # what was carried out before on a guest that is the same to the steps


def lines(steps: Tuple[Step, ...]) -> List[str]:
    return [line for step in steps for line in step.code]


def carried_out(raw: Raw, targets: List[str], top: Path) -> int:
    """Carry out what is printed for each verdict that something stops, each on a fresh root, and
    return how many there were.
    """
    guest = Repaired(raw, [BY_ID[name] for name in targets], top / "first")
    repairs = _repairs(guest.before, guest.inventory)
    found = 0
    for number, one in enumerate(guest.before):
        if not stopping([one]):
            continue
        found += 1
        steps = repairs.get(number, ())
        alike = f"{guest.alike}\n{steps}\n{one}".replace(one.kernel, "RELEASE")
        if alike not in SEEN:
            SEEN.add(alike)
            fresh = Repaired(raw, [BY_ID[one.target]], top / str(number))
            hold(fresh, one, steps)
    return found


def hold(guest: Repaired, one: Readiness, steps: Tuple[Step, ...]) -> None:
    """Hold that the steps take away what stops `one`, or say that they do not."""
    before = {reason.id for reason in one.reasons if reason.weight == STOPS}
    said = "\n".join(step.text for step in steps)
    first = paste(guest, steps)
    after = {
        reason.id
        for now in guest.after()
        if (now.kind, now.device, now.kernel) == (one.kind, one.device, one.kernel)
        for reason in now.reasons
        if reason.weight == STOPS
    }
    left = before & after
    printed = f"printed were\n{chr(10).join(lines(steps))}\n{first}"
    assert left <= set(BY_HAND), f"{left - set(BY_HAND)} as before; {printed}"
    for reason in left - {"driver-not-in-kernel"}:
        assert "By hand: " in said or "No repair is known" in said or OPENS in said, (reason, said)
    assert not after - before, f"a repair brings reasons of its own: {after - before}\n{printed}"
    for wrong in ("not found", "yntax", "nterminated", "unexpected", "unknown option"):
        assert wrong not in first.replace("CONFIG_", "") or left, printed
    kept = files(guest)
    paste(guest, steps)
    assert files(guest) == kept, "a second time changes more"


def paste(guest: Repaired, steps: Tuple[Step, ...]) -> str:
    """Run the lines in the guest's shell; what they print."""
    laid = guest.laid
    for name in IDLE.split():
        laid.stub(name, "")
    laid.stub("findmnt", FINDMNT)
    laid.stub("grubby", GRUBBY.replace("TOP", str(laid.top)))
    # What the tools' packages bring.
    for name in ("root", "etc/initramfs-tools", "etc/dracut.conf.d"):
        (laid.top / name).mkdir(parents=True, exist_ok=True)
    text = "\n".join(["#!/bin/sh", *lines(steps), ""])
    # It makes the image of each kernel that is installed: here there is one.
    for one in guest.before:
        build = f"booster build --force --kernel-version {one.kernel} /boot/booster-linux.img"
        text = text.replace("/usr/lib/booster/regenerate_images", build)
    done = laid.run(text)
    return (done.stdout + done.stderr).replace(str(laid.top), "")


def files(guest: Repaired) -> Dict[str, bytes]:
    top = guest.laid.top
    return {
        str(path.relative_to(top)): path.read_bytes()
        for path in top.rglob("*")
        if path.is_file()
        and str(path.relative_to(top)).startswith(("etc/", "boot/"))
        and f"/{path.relative_to(top)}" not in guest.images
    }


@pytest.mark.tail(every=5)
@pytest.mark.parametrize(
    "folder", [*VARIANTS, *OF_NETWORK], ids=lambda folder: f"{folder.parent.name}-{folder.name}"
)
def test_of_each_recorded_variant(folder: Path, tmp_path: Path) -> None:
    targets = list(dict.fromkeys(cell["target"] for cell in cells(folder)))
    if any(cell["said"] in ("does-not-boot", "network-lost") for cell in cells(folder)):
        carried_out(bundle(folder).gather(questions(deep=True)), targets, tmp_path)


@pytest.mark.tail(every=5)
@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_of_each_recorded_guest(folder: Path, tmp_path: Path) -> None:
    raw = Bundle(folder.name, reader(folder)).gather(questions(deep=True))
    carried_out(raw, ["virtio-blk", "virtio-scsi", "virtio-net"], tmp_path)


@pytest.mark.parametrize("name", WORLDS)
def test_of_each_guest_of_our_own(name: str, tmp_path: Path) -> None:
    world: Dict[str, Any] = WORLDS[name]
    assert carried_out(recorded(**world), ["virtio-blk"], tmp_path), "nothing stops it"
