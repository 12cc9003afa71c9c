"""The drivers of each kernel, as a grid."""

from __future__ import annotations

from typing import Optional, Tuple, Union

from guestcheck.catalogue.buses import VIRTIO
from guestcheck.catalogue.kernel import SHOWN_ON, SHOWN_SYMBOLS
from guestcheck.catalogue.rows import option_of, recommended
from guestcheck.model.device import DriverState, Inventory, KernelDrivers
from guestcheck.model.report import Report
from guestcheck.render.escaping import plain
from guestcheck.render.page.parts import Cell, Grid, Paragraph
from guestcheck.render.sentences import no_kernel

INITRAMFS_UNSEEN = (
    "Where nothing is said of the initramfs, it was not looked into: lsinitramfs, lsinitrd or a "
    "recording (guestcheck collect) tells."
)
_DOUBTFUL = ("off", "absent", "unknown")


def kernels(report: Report, verbose: bool) -> Tuple[Union[Grid, Paragraph], ...]:
    """Return the drivers of each kernel; why each is what it is with `verbose`, else of doubtful
    ones.
    """
    found = report.inventory.kernels
    if not found:
        return (Paragraph(no_kernel(report), "skip"),)
    rows = tuple(
        (symbol, tuple(_cell(_state(kernel, symbol), verbose) for kernel in found))
        for symbol in _shown(report.inventory, verbose)
    )
    note = INITRAMFS_UNSEEN if _is_initramfs_unseen(report.inventory) else ""
    return (Grid("Driver", tuple(map(_title, found)), rows, note, verbose),)


def _shown(inventory: Inventory, verbose: bool) -> Tuple[str, ...]:
    """Return the kernel options to show, in the catalogue's order with `verbose`."""
    if verbose and inventory.kernels:
        return tuple(state.symbol for state in inventory.kernels[0].drivers)
    here = inventory.hypervisor or ""
    best = [option_of(row) for row in recommended() if here in row.best_on]
    virtio = [option_of(row) for row in recommended() if row.bus == VIRTIO]
    return tuple(dict.fromkeys((*virtio, *SHOWN_SYMBOLS, *best, *SHOWN_ON.get(here, ()))))


def _state(kernel: KernelDrivers, symbol: str) -> Optional[DriverState]:
    return next((state for state in kernel.drivers if state.symbol == symbol), None)


def _title(kernel: KernelDrivers) -> str:
    marks = [
        word for word, holds in (("running", kernel.running), ("default", kernel.default)) if holds
    ]
    return plain(kernel.release) + (f" ({', '.join(marks)})" if marks else "")


def _is_initramfs_unseen(inventory: Inventory) -> bool:
    """Return whether any kernel has a driver as a module of which it is not known whether the
    initramfs has it.
    """
    return any(
        state.state == "module" and state.module and state.initramfs is None
        for kernel in inventory.kernels or ()
        for state in kernel.drivers
    )


def _cell(state: Optional[DriverState], verbose: bool) -> Cell:
    if state is None:
        return Cell("")
    inside = {None: "", True: ", in the initramfs", False: ", not in the initramfs"}
    word = state.state
    if word == "module" and state.file is False:
        word = "module, FILE MISSING"
    elif word == "module" and state.loaded:
        word = "module, loaded"
    why = plain(state.says) if verbose or state.state in _DOUBTFUL else ""
    text = word + inside[state.initramfs]
    return Cell(text, text.partition(";")[0], why)
