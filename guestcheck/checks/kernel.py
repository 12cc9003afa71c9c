"""Installed kernels: do they have the drivers that a move to paravirtual devices needs."""

from __future__ import annotations

from typing import Tuple

from guestcheck.catalogue.rows import BY_ID, driver_of, option_of, recommended
from guestcheck.catalogue.virtio import TRANSPORT_SYMBOL
from guestcheck.checks.support import (
    deciding_kernel,
    disk_target,
    driver,
    is_machine,
    need,
    nic_target,
    only,
)
from guestcheck.model.action import InstallDriver
from guestcheck.model.check import NOTE, PASS, SKIP, UNKNOWN, WARN, Finding, Findings
from guestcheck.model.device import EMULATED, Inventory, KernelDrivers
from guestcheck.model.family import LINUX
from guestcheck.model.guest import Hint

_ON_LINUX = only(LINUX, "this is a Windows guest, which has no such kernels")


@_ON_LINUX
def driver_missing(inventory: Inventory) -> Findings:
    """An installed kernel lacks the driver for a paravirtual disk or network card.

    Why: A guest whose kernel has no driver for its disk does not boot, and one without a driver for
    its card has no network. While its devices are emulated nothing is seen of that; the day they
    are moved it is too late.

    Fix: Install the distribution's general kernel, or switch the option on in your own.

    See: `guestcheck list kernels`; the option's help in the kernel's configuration.
    """
    if is_machine(inventory):
        yield Finding(SKIP, "guest", "this is no virtual machine")
        return
    kernels = need(inventory.kernels, "the installed kernels")
    targets = _targets(inventory)
    for kernel in kernels:
        yield from _lacking(kernel, targets)


def _targets(inventory: Inventory) -> Tuple[Tuple[str, bool], ...]:
    """Return the interfaces that matter here, and whether a device waits to be moved to each."""
    disk, nic = disk_target(inventory), nic_target(inventory)
    waiting_disk = any(one.verdict.kind == EMULATED for one in inventory.disks or ())
    waiting_nic = any(one.verdict.kind == EMULATED for one in inventory.nics or ())
    bus = BY_ID[disk].bus
    disks = (
        tuple(row.id for row in recommended() if row.device == "disk" and row.bus == bus)
        if bus == "virtio"
        else (disk,)
    )
    return (*((one, waiting_disk and one == disk) for one in disks), (nic, waiting_nic))


def _lacking(kernel: KernelDrivers, targets: Tuple[Tuple[str, bool], ...]) -> Findings:
    subject = f"kernel {kernel.release}"
    clean = True
    for interface, waiting in targets:
        symbol = option_of(BY_ID[interface])
        state = driver(kernel, symbol)
        if state is None or state.state == "unknown":
            clean = False
            says = (
                state.says if state else f"{symbol} is not in the catalogue for this architecture"
            )
            yield Finding(
                UNKNOWN,
                subject,
                f"cannot tell whether kernel {kernel.release} has {interface}",
                (Hint("kernel", says),),
            )
        elif state.state in ("off", "absent"):
            clean = False
            action = InstallDriver(kernel.release, driver_of(BY_ID[interface]), symbol)
            outcome = WARN if waiting else NOTE
            # Two ways lead to a fast disk; lacking the one that nobody uses is a fact to know and
            # no fault.
            yield Finding(
                outcome,
                subject,
                f"kernel {kernel.release} has no {interface} driver: {state.says}",
                (Hint("kernel", state.says),),
                (action,),
            )
    if clean:
        names = ", ".join(interface for interface, _ in targets)
        yield Finding(
            PASS,
            subject,
            f"kernel {kernel.release} has drivers for {names}",
            (Hint("kernel", kernel.config or "module files"),),
        )


@_ON_LINUX
def module_file_missing(inventory: Inventory) -> Findings:
    """A driver is configured as a module, and the module's file is missing.

    Why: The kernel counts on a file that is not there: at the next boot, or when the initramfs is
    next made, the driver is gone.

    Fix: Install the package that holds the kernel's modules again (some distributions split it:
    linux-modules-extra, kernel-modules).

    See: depmod(8), modules.dep(5).
    """
    kernels = need(inventory.kernels, "the installed kernels")
    wanted = {option_of(row) for row in recommended()} | {TRANSPORT_SYMBOL}
    looked = False
    for kernel in kernels:
        modules = [
            state
            for state in kernel.drivers
            if state.symbol in wanted and state.state == "module" and state.file is not None
        ]
        looked = looked or bool(modules)
        missing = [state for state in modules if not state.file]
        for state in missing:
            action = InstallDriver(kernel.release, state.module, state.symbol)
            summary = (
                f"{state.module} is a module of kernel {kernel.release} and its file is missing"
            )
            yield Finding(
                WARN,
                f"kernel {kernel.release}",
                summary,
                (
                    Hint("kernel", state.says),
                    Hint(f"/lib/modules/{kernel.release}", "no such file"),
                ),
                (action,),
            )
        if modules and not missing:
            yield Finding(
                PASS,
                f"kernel {kernel.release}",
                f"all paravirtual modules of kernel {kernel.release} have their files",
            )
    if not looked:
        yield Finding(SKIP, "guest", "no kernel here has these drivers as modules")


@_ON_LINUX
def default_not_running(inventory: Inventory) -> Findings:
    """The kernel that boots by default is not the one that runs.

    Why: What holds for the running kernel need not hold at the next boot: another kernel has its
    own drivers and initramfs.

    Fix: None is needed after an update; restart at leisure. Look at the default kernel's drivers
    before moving a disk.

    See: `guestcheck list kernels`.
    """
    kernels = need(inventory.kernels, "the installed kernels")
    default = deciding_kernel(inventory)
    running = next((kernel for kernel in kernels if kernel.running), None)
    if default is None or running is None or not default.default:
        yield Finding(SKIP, "guest", "which kernel boots by default is not known")
    elif default.release != running.release:
        hint = Hint("boot entries", f"default {default.release}, running {running.release}")
        yield Finding(
            NOTE,
            f"kernel {default.release}",
            f"{default.release} boots by default; {running.release} is running",
            (hint,),
        )
    else:
        yield Finding(
            PASS, f"kernel {default.release}", f"the default kernel {default.release} is running"
        )
