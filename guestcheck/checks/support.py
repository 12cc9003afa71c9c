"""What several families of checks need: facts that may be missing, and where a device should go in this guest."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, Optional, Tuple, TypeVar

from guestcheck.catalogue.families import WORDING
from guestcheck.catalogue.rows import BY_ID, best, driver_of, modules_of, option_of
from guestcheck.model.action import Action, InstallDriver, PrepareDriver
from guestcheck.model.check import SKIP, CannotSayError, Finding, Findings, Only
from guestcheck.model.device import Disk, DriverState, Inventory, KernelDrivers, Verdict
from guestcheck.model.family import Family

T = TypeVar("T")
C = TypeVar("C", bound=Callable[[Inventory], Findings])


def need(value: Optional[T], what: str) -> T:
    """Return `value`, or end the check as unknown for the lack of `what`."""
    if value is None:
        raise CannotSayError(what)
    return value


def is_machine(inventory: Inventory) -> bool:
    """Tell whether this is no guest at all, so that nothing is to be judged."""
    return inventory.hypervisor == "none"


# By check, which family it is for; the others are for all.
ONLY: Dict[Callable[[Inventory], Findings], Only] = {}


def only(family: Family, otherwise: str) -> Callable[[C], C]:
    """Return what marks a check that is for one family; of other guests it says `otherwise`."""

    def marked(check: C) -> C:
        ONLY[check] = Only(family, otherwise)
        return check

    return marked


def devices_of(inventory: Inventory) -> str:
    """Return where a guest shows its devices and their drivers."""
    return WORDING[inventory.family].devices


def disk_target(inventory: Inventory) -> str:
    """Return the interface that a disk should move to here."""
    return best("disk", inventory.hypervisor, inventory.platform).id


def nic_target(inventory: Inventory) -> str:
    """Return the interface that a network card should move to here."""
    return best("nic", inventory.hypervisor, inventory.platform).id


def deciding_kernel(inventory: Inventory) -> Optional[KernelDrivers]:
    """Return the kernel that boots next: the default entry's, else the running one."""
    kernels = inventory.kernels or ()
    return next((k for k in kernels if k.default), next((k for k in kernels if k.running), None))


def driver(kernel: Optional[KernelDrivers], symbol: str) -> Optional[DriverState]:
    """Return the state of the driver of `symbol` in `kernel`."""
    return next((one for one in kernel.drivers if one.symbol == symbol), None) if kernel else None


def prepare(inventory: Inventory, target: str) -> Iterator[Action]:
    """Yield what has to be done in the guest before a device moves to `target`."""
    row = BY_ID[target]
    symbol = option_of(row)
    kernel = deciding_kernel(inventory)
    state = driver(kernel, symbol)
    if not symbol or not kernel:
        return
    if state is None or state.state in ("module", "unknown"):
        tool, image = _maker(kernel.release, inventory)
        yield PrepareDriver(modules_of(row), kernel.release, tool, image)
    elif state.state in ("off", "absent"):
        yield InstallDriver(kernel.release, driver_of(row), symbol)


def _maker(release: str, inventory: Inventory) -> Tuple[str, str]:
    """Return what makes the initramfs of this kernel, and its path: what made the one there is, else what is installed."""
    image = next(
        (one for one in inventory.guest.setup.images or () if release in one.releases), None
    )
    if image is None:
        return inventory.guest.initramfs_tool, ""
    return image.generator or "unknown", image.path


def would_settle(verdict: Verdict) -> str:
    """Return the end of a sentence that says what would settle an unknown verdict, "" where nothing is known to."""
    return f" (to find out: {verdict.settle})" if verdict.settle else ""


def counted(count: int, what: str) -> str:
    """Return "1 disk" or "3 disks".

    >>> counted(1, "disk"), counted(3, "disk")
    ('1 disk', '3 disks')
    """
    return f"{count} {what}" + ("" if count == 1 else "s")


def best_words(words: Tuple[str, ...]) -> str:
    """Join words with commas, the empty ones left out."""
    return ", ".join(word for word in words if word)


def per_disk(inventory: Inventory, look: Callable[[Disk], Iterator[Finding]]) -> Findings:
    """Yield what `look` finds in each disk of a guest; one skipped result where it finds nothing."""
    if is_machine(inventory):
        yield Finding(SKIP, "guest", "this is no virtual machine")
        return
    seen = False
    for disk in need(inventory.disks, "the disks"):
        for finding in look(disk):
            seen = True
            yield finding
    if not seen:
        yield Finding(SKIP, "guest", "no disk here that it applies to")
