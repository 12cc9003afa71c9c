"""Installed kernels: for each driver that matters, whether it is built in, a module, switched off,
or absent and why.

A missing line, "is not set" and a configuration that could not be read are three answers.
`modules.builtin` and the module files tell where there is no configuration, and a driver that is
bound to a device of the running kernel is there whatever else is said.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, List, Optional, Set, Tuple

from guestcheck.catalogue.kernel import SYMBOLS
from guestcheck.model.device import DriverState, KernelDrivers, Symbol
from guestcheck.model.guest import Guest, Kernel

BUILT_IN, MODULE, OFF, ABSENT, UNKNOWN = "built-in", "module", "off", "absent", "unknown"


def kernel_drivers(guest: Guest) -> Optional[Tuple[KernelDrivers, ...]]:
    """Return the state of every driver in every installed kernel; None where no kernel is known."""
    if guest.kernels is None:
        return None
    symbols = [
        row
        for row in SYMBOLS
        if not row.architectures
        or not guest.architecture
        or guest.architecture in row.architectures
    ]
    bound = frozenset(_bound(guest))
    return tuple(
        KernelDrivers(
            kernel.release,
            kernel.running,
            kernel.default,
            tuple(_states(symbols, kernel, bound)),
            kernel.config_path,
        )
        for kernel in guest.kernels
    )


def _bound(guest: Guest) -> Iterator[str]:
    """Yield the drivers, as modules are named, that serve a device right now."""
    for block in guest.block or ():
        for link in block.chain:
            yield link.driver.replace("-", "_")
    for nic in guest.nics or ():
        for link in nic.chain:
            yield link.driver.replace("-", "_")
    for device in guest.virtio or ():
        yield (device.driver or "").replace("-", "_")
    for function in guest.pci or ():
        yield (function.driver or "").replace("-", "_")


def _states(symbols: List[Symbol], kernel: Kernel, bound: FrozenSet[str]) -> Iterator[DriverState]:
    parents: Dict[str, Tuple[str, ...]] = {row.symbol: row.parents for row in symbols}
    builders = [module for row in symbols for module in row.modules]
    for row in symbols:
        state = driver_state(row, kernel, parents)
        if state.state == ABSENT and row.until:
            continue  # newer kernels have the driver without the option
        if (
            state.state == MODULE
            and state.module
            and builders.count(state.module) > 1
            and not _from_config(row, kernel)
        ):
            state = state._replace(
                state=UNKNOWN,
                says=f"{state.module} is there, and more than one option builds it: the kernel's "
                "configuration tells",
            )
        module = row.modules[0].replace("-", "_") if row.modules else ""
        if kernel.running and module and module in bound and state.state in (UNKNOWN, ABSENT, OFF):
            state = state._replace(
                state=BUILT_IN,
                says="bound to a device of the running kernel",
                loaded=None,
                initramfs=None,
            )
        yield state


def _from_config(row: Symbol, kernel: Kernel) -> bool:
    return kernel.config is not None and row.symbol in kernel.config


def driver_state(row: Symbol, kernel: Kernel, parents: Dict[str, Tuple[str, ...]]) -> DriverState:
    """Tell whether `kernel` has the driver of `row`."""
    module = row.modules[0] if row.modules else ""
    name = module.replace("-", "_")
    file = name in kernel.files if kernel.files is not None and name else None
    loaded = name in kernel.loaded if kernel.loaded is not None and name else None
    inside = _in_initramfs(kernel, name)
    blank = DriverState(row.symbol, module, UNKNOWN, "", None, None)
    if kernel.config is not None:
        value = kernel.config.get(row.symbol)
        if value == "y":
            return blank._replace(state=BUILT_IN, says=f"{row.symbol}=y in {kernel.config_path}")
        if value == "m":
            return blank._replace(
                state=MODULE,
                says=f"{row.symbol}=m in {kernel.config_path}",
                file=file,
                loaded=loaded,
                initramfs=inside,
            )
        if value == "n":
            return blank._replace(
                state=OFF, says=f"# {row.symbol} is not set in {kernel.config_path}"
            )
        if kernel.config_complete:
            return blank._replace(state=ABSENT, says=_why_absent(row, kernel.config, parents))
    if kernel.builtin is not None and name in kernel.builtin:
        return blank._replace(state=BUILT_IN, says="listed in modules.builtin")
    if file and kernel.files is not None:
        return blank._replace(
            state=MODULE,
            says=f"{kernel.files[name]} is there",
            file=True,
            loaded=loaded,
            initramfs=inside,
        )
    if (
        kernel.builtin is not None
        and kernel.builtin_complete
        and kernel.files is not None
        and name
        and kernel.files
    ):
        return blank._replace(state=ABSENT, says="neither in modules.builtin nor a module file")
    if kernel.config is not None:
        return blank._replace(
            says=f"{row.symbol} has no line in {kernel.config_path}, which is not the whole "
            "configuration",
            initramfs=inside,
        )
    return blank._replace(says="no configuration of this kernel could be read", initramfs=inside)


def _in_initramfs(kernel: Kernel, name: str) -> Optional[bool]:
    """Tell whether the module is in the kernel's initramfs: that it is not, only where all of that
    was read.
    """
    if kernel.initramfs_modules is None or not name:
        return None
    return (
        True if name in kernel.initramfs_modules else False if kernel.initramfs_complete else None
    )


def _why_absent(row: Symbol, config: Dict[str, str], parents: Dict[str, Tuple[str, ...]]) -> str:
    off = _switched_off(row.symbol, config, parents, set())
    if off:
        return f"{row.symbol} has no line, because {off} is not set"
    since = f" (it came with Linux {row.since})" if row.since else ""
    return f"{row.symbol} has no line: this kernel does not know the option{since}"


def _switched_off(
    symbol: str, config: Dict[str, str], parents: Dict[str, Tuple[str, ...]], seen: Set[str]
) -> str:
    """Return the outermost option above `symbol` that is switched off, "" where none is."""
    seen.add(symbol)
    for parent in parents.get(symbol, ()):
        if config.get(parent) in ("y", "m") or parent in seen:
            continue
        if config.get(parent) == "n":
            return parent
        further = _switched_off(parent, config, parents, seen)
        if further:
            return further
    return ""
