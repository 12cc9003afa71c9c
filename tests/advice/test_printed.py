"""What preflight prints repairs the reason that it is printed for: over all recorded variants,
recorded guests, and guests of our own, whose texts are laid out as a root.

The lines of the steps are run there as they are printed, as somebody would paste them, with
stand-ins for the tools, and preflight is asked again. The fix script has the same test in
`test_repairs.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Sequence, Set, Tuple

import pytest

from guestcheck.advice.planning import repairs as repairs_of
from guestcheck.evidence import questions
from guestcheck.model.advice import Step
from guestcheck.model.source import Raw
from guestcheck.model.target import STOPS, Readiness, Target
from guestcheck.readiness import assess
from guestcheck.sources.bundle import Bundle
from tests.advice.repaired import Repaired, inventory_of, stopping
from tests.advice.test_repairs import WORLDS
from tests.advice.worlds_by_reason import WORLDS_BY_REASON, targets
from tests.readiness.making import BY_ID, STOPPING, recorded
from tests.test_guests import GUESTS, reader
from tests.test_truth import FIXTURES, OF_NETWORK, VARIANTS, bundle, cells

# What no line that is pasted takes away, and why.
BY_HAND = {
    "driver-not-in-kernel": "another kernel has to be installed and booted",
    "driver-file-missing": "the kernel's package has to be installed again",
    "initramfs-does-not-open-root": "its package has to be installed first",
    "root-by-name": "of a guest that a VMM starts with a kernel and a command line of its own",
    "boot-by-name": "boot= is LILO's word too: no line changes it",
    "root-key-by-name": "the device is inside another word",
    "root-not-understood": "tiny-initramfs wants root= in another form",
    "crypttab-by-name": "a key or a header need have no UUID",
    "boot-menu-empty": "whoever wrote the menu knows what was in it",
    "kernel-file-missing": "a package, or a folder that was not mounted, has to come back",
    "kernel-file-damaged": "the kernel's package has to be installed again",
    "initramfs-file-missing": "what kernel-install or the like copied has to be copied again",
    "initramfs-packing": "the tool's own setting, COMPRESS= or compress=, has to be another",
    "mac-not-kept": "what the platform's NIC is to have is the operator's choice",
    "manager-leaves-card": "what excludes it may be meant for other NICs",
    "share-of-host": "whether the boot may go on without the folder is the operator's choice",
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


def carried_out(raw: Raw, targets: Sequence[Target], top: Path) -> int:
    """Carry out what is printed for each verdict that something stops, each on a fresh root, and
    return how many there were.
    """
    guest = Repaired(raw, targets, top / "first")
    repairs = repairs_of(guest.before, guest.inventory)
    found = 0
    for number, one in enumerate(guest.before):
        if not stopping([one]):
            continue
        found += 1
        steps = repairs.get(number, ())
        alike = f"{guest.alike}\n{steps}\n{one}".replace(one.kernel, "RELEASE")
        if alike not in SEEN:
            SEEN.add(alike)
            fresh = Repaired(raw, targets_for(one, targets), top / str(number))
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


def by_id(*names: str) -> List[Target]:
    return [BY_ID[name] for name in names]


def targets_for(one: Readiness, targets: Sequence[Target]) -> List[Target]:
    """Return the target of a verdict; what a platform changes is part of it."""
    return [target for target in targets if target.id == one.target]


def is_stopped(folder: Path) -> bool:
    return any(cell["said"] in ("does-not-boot", "network-lost") for cell in cells(folder))


@pytest.mark.tail(every=10)
@pytest.mark.parametrize(
    "folder", [*VARIANTS, *OF_NETWORK], ids=lambda folder: f"{folder.parent.name}-{folder.name}"
)
def test_of_each_recorded_variant(folder: Path, tmp_path: Path) -> None:
    targets = by_id(*dict.fromkeys(cell["target"] for cell in cells(folder)))
    found = carried_out(bundle(folder).gather(questions(deep=True)), targets, tmp_path)
    assert bool(found) >= is_stopped(folder), "nothing was carried out"


def test_no_recorded_variant_is_left_out() -> None:
    """Every folder of recordings is a case of the test above, and in most something stops it."""
    folders = [path for name in ("truth", "truth-nic") for path in (FIXTURES / name).iterdir()]
    assert sorted([*VARIANTS, *OF_NETWORK]) == sorted(path for path in folders if path.is_dir())
    assert len(GUESTS) == len([path for path in (FIXTURES / "guests").iterdir() if path.is_dir()])
    assert (len(VARIANTS), len(OF_NETWORK)) >= (90, 26)
    assert sum(map(is_stopped, [*VARIANTS, *OF_NETWORK])) >= 60


@pytest.mark.tail(every=5)
@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_of_each_recorded_guest(folder: Path, tmp_path: Path) -> None:
    raw = Bundle(folder.name, reader(folder)).gather(questions(deep=True))
    carried_out(raw, by_id("virtio-blk", "virtio-scsi", "virtio-net"), tmp_path)


@pytest.mark.tail(every=2)
@pytest.mark.parametrize("name", WORLDS)
def test_of_each_guest_of_our_own(name: str, tmp_path: Path) -> None:
    world: Dict[str, Any] = WORLDS[name]
    found = carried_out(recorded(**world), by_id("virtio-blk"), tmp_path)
    assert found, "nothing stops it"


@pytest.mark.tail(every=3)
@pytest.mark.parametrize("reason", WORLDS_BY_REASON)
def test_of_each_reason_that_stops(reason: str, tmp_path: Path) -> None:
    raw = recorded(**WORLDS_BY_REASON[reason][1])
    assert carried_out(raw, targets(reason), tmp_path)
    found = assess(inventory_of(raw), targets(reason))
    assert reason in {id_ for _, _, id_ in stopping(found)}


def test_each_reason_that_stops_has_a_guest() -> None:
    assert set(WORLDS_BY_REASON) == STOPPING
