"""Is a module there before the root file system is: built in, or in that kernel's own initramfs
with all that it depends on.

That a module is in the image is enough, since udev loads by alias in every kind of initramfs met
here: initramfs-tools starts udev before it mounts anything (its init and scripts/init-top/udev),
and so do dracut, mkinitcpio and booster; of old, mkinitrd inserts what it holds.
"""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional, Set, Tuple

from guestcheck.catalogue.rows import BY_ID, transport_of
from guestcheck.catalogue.virtio import LEGACY_SYMBOL, TRANSPORT_SYMBOL
from guestcheck.model.action import Action, InstallDriver, MakeInitramfs, PrepareDriver
from guestcheck.model.digits import number_of
from guestcheck.model.guest import Guest
from guestcheck.model.hint import Hint
from guestcheck.model.message import Message, message
from guestcheck.model.target import OPEN as LEAVES_OPEN
from guestcheck.model.target import STOPS, WARNS, Need, Reason, Target
from guestcheck.readiness.linux.boots import NONE, READ, Boot
from guestcheck.readiness.linux.forbidden import Forbidden
from guestcheck.readiness.linux.modules import Modules, symbol_of

# Programs that load drivers by alias, in images that no tool known here made: Alpine's mkinitfs has
# the first.
_LOADS_BY_ALIAS = frozenset(
    {
        "sbin/nlplug-findfs",
        "usr/sbin/nlplug-findfs",
        "usr/lib/systemd/systemd-udevd",
        "lib/systemd/systemd-udevd",
        "sbin/udevd",
    }
)
# Makers whose images load what they hold, by alias or one after the other; genkernel's go by lists
# in etc/modules.
_LOADS_ALL = frozenset(
    {
        "dracut",
        "initramfs-tools",
        "mkinitcpio",
        "booster",
        "mkinitrd",
        "make-initrd",
        "mkinitfs",
        "tiny-initramfs",
    }
)
_MENDED_BY_REBUILDING = (
    "driver-not-in-initramfs",
    "dependency-not-in-initramfs",
    "initramfs-of-another-kernel",
)


class Reach(NamedTuple):
    """Whether a module is reachable, where that was seen; the reason where it is not or cannot be
    said.
    """

    module: str
    there: bool
    hint: Hint
    reason: Optional[Reason] = None


def transport(target: Target, architecture: str) -> Tuple[Need, ...]:
    """Return what carries virtio on this architecture: no virtio driver depends on it by
    modules.dep, and without it none finds a device.
    """
    return tuple(Need((module,)) for module in transport_of(BY_ID[target.id], architecture))


def generation(target: Target, boot: Boot) -> Iterator[Reason]:
    """Warn where this kernel speaks one generation of virtio alone: the host must offer that one."""
    if not target.virtio:
        return
    config = boot.kernel.config or {}
    number = [number_of(part, 5) or 0 for part in boot.release.split("-")[0].split(".")[:2]]
    # Red Hat took virtio 1 back into the 3.10 of its release 7.2.
    if number[:1] and number[0] < 4 and ".el7" not in boot.release:
        hint = Hint(f"kernel {boot.release}", "virtio 1 came with Linux 4.0")
        yield Reason(
            "virtio-legacy-only",
            message("virtio-legacy-only"),
            (hint,),
            WARNS,
        )
    elif (
        number[:1]
        and number[0] >= 4
        and config.get(TRANSPORT_SYMBOL) in ("y", "m")
        and boot.kernel.config_complete
        and config.get(LEGACY_SYMBOL, "n") == "n"
    ):
        hint = Hint(boot.kernel.config_path, f"{LEGACY_SYMBOL} is not set")
        yield Reason(
            "virtio-modern-only",
            message("virtio-modern-only"),
            (hint,),
            WARNS,
        )


def needed(
    needs: Tuple[Need, ...], boot: Boot, modules: Modules, forbidden: Forbidden, tool: str
) -> Iterator[Reason]:
    """Yield why a disk that `needs` these modules would not be found, or may not be."""
    first = [
        [reach(module, boot, modules, forbidden, tool) for module in need.modules] for need in needs
    ]
    wanted = {one.module for group in first for one in group if one.there}
    by_alias = boot.generator in _LOADS_ALL or any(
        _LOADS_BY_ALIAS & image.files for image in boot.images
    )
    if boot.images and not by_alias and any(_inside(name, boot) for name in wanted):
        hint = Hint(boot.images[-1].path, "has no file that only one of the known tools puts there")
        yield Reason(
            "initramfs-of-unknown-make",
            message("initramfs-of-unknown-make"),
            (hint,),
            LEAVES_OPEN,
            message("find-out.how-it-loads"),
        )
    for one in (one for group in first for one in group):
        # What is missing today and put in tomorrow is still forbidden then.
        barred = (
            forbidden.bars(one.module, modules.closure(one.module))
            if one.reason and one.reason.id in _MENDED_BY_REBUILDING
            else None
        )
        if barred:
            yield barred
    for need, group in zip(needs, first):
        yield from _of_group(
            need, [_or_pulled_in(one, wanted, modules, forbidden) for one in group]
        )


def _of_group(need: Need, group: List[Reach]) -> Iterator[Reason]:
    there = [one for one in group if one.there]
    if there and (len(there) == len(group) or not need.each):
        return
    lacking = [one for one in group if not one.there]
    reason = next((one.reason for one in lacking if one.reason), None)
    if reason is None:
        return
    if there:
        names = " and ".join(one.module for one in lacking)
        yield reason._replace(
            says=message("one-of-several", says=reason.says, rest=need.says),
            weight=LEAVES_OPEN,
            settle=message("find-out.which-one-missing", names=names),
        )
    else:
        open_one = next(
            (one.reason for one in lacking if one.reason and one.reason.weight == LEAVES_OPEN), None
        )
        yield open_one or reason


def _or_pulled_in(one: Reach, wanted: Set[str], modules: Modules, forbidden: Forbidden) -> Reach:
    """A blacklisted module is loaded all the same where another needs it: the blacklist stops
    aliases, see `forbidden`.
    """
    if (
        one.there
        or one.reason is None
        or one.reason.id != "driver-blacklisted"
        or one.module in forbidden.refused
    ):
        return one
    puller = next((other for other in wanted if one.module in modules.closure(other)), "")
    return one._replace(there=True, reason=None) if puller else one


def reach(module: str, boot: Boot, modules: Modules, forbidden: Forbidden, tool: str) -> Reach:
    """Tell whether `module` is there before the root file system is mounted."""
    built_in = modules.built_in(module)
    if built_in:
        return Reach(module, True, built_in)
    lacks = modules.lacks(module)
    inside = _inside(module, boot)
    if lacks and not inside:
        action = InstallDriver(boot.release, module, symbol_of(module))
        says = message("driver-not-in-kernel", release=boot.release, module=module)
        return Reach(
            module,
            False,
            lacks,
            Reason("driver-not-in-kernel", says, (lacks,), actions=(action,)),
        )
    if boot.state == NONE:
        return Reach(module, False, boot.why, _without_initramfs(module, boot, modules))
    if not inside:
        return Reach(module, False, boot.why, _not_inside(module, boot, modules, tool))
    if not modules.knows_dependencies and boot.generator != "mkinitrd":
        says = message("dependencies-unread", module=module)
        settle = message("find-out.modules-dep", release=boot.release)
        return Reach(
            module,
            False,
            boot.why,
            Reason(
                "dependencies-unread",
                says,
                (Hint(inside, f"{module} is in it"),),
                LEAVES_OPEN,
                settle,
            ),
        )
    missing = [
        name
        for name in modules.closure(module)
        if not modules.built_in(name) and not _inside(name, boot)
    ]
    if missing:
        hint = Hint(boot.images[-1].path, f"holds {module}, and not {', '.join(missing)}")
        says = message("dependency-not-in-initramfs", module=module, missing=tuple(missing))
        return Reach(
            module,
            False,
            hint,
            _initramfs_reason(
                "dependency-not-in-initramfs", says, hint, boot, (module, *missing), tool
            ),
        )
    doubt = _doubt(module, boot, modules, inside)
    if doubt:
        return Reach(module, False, boot.why, doubt)
    barred = forbidden.bars(module, modules.closure(module))
    return Reach(module, barred is None, Hint(inside, f"{module} is in it"), barred)


def _doubt(module: str, boot: Boot, modules: Modules, inside: str) -> Optional[Reason]:
    """Return why a module that is in the initramfs may not be loaded all the same."""
    closure = (module, *modules.closure(module))
    empty = next((name for image in boot.images for name in closure if name in image.empty), "")
    if empty:
        # Of files that are one (hard links) cpio holds the bytes once.
        says = message("module-empty", module=empty)
        hint = Hint(inside, f"{empty} has no byte")
        settle = message("find-out.module-bytes", module=empty)
        return Reason("module-empty", says, (hint,), LEAVES_OPEN, settle)
    if modules.unlisted(module) and boot.generator not in ("mkinitrd", "booster"):
        says = message("module-unlisted", module=module)
        hint = Hint(inside, f"{module} is in it, and not in its modules.dep")
        settle = message("find-out.modprobe-inside", module=module)
        return Reason("module-unlisted", says, (hint,), LEAVES_OPEN, settle)
    return None


def reached(
    needs: Tuple[Need, ...], boot: Boot, guest: Guest, before_root: bool
) -> Tuple[Hint, ...]:
    """Say where each module stands that `needs` name and that is there: built in, in the initramfs
    `before_root`, else in the root file system.
    """
    modules = Modules(boot.kernel, guest.setup.dependencies, boot)
    found: List[Hint] = []
    for module in (module for need in needs for module in need.modules):
        built_in, inside = modules.built_in(module), _inside(module, boot) if before_root else ""
        if built_in:
            found.append(built_in)
        elif inside:
            found.append(Hint(inside, f"{module} is in it"))
        elif not before_root and module in (boot.kernel.files or {}):
            found.append(Hint(f"/lib/modules/{boot.release}", f"{module} is in it"))
    return tuple(dict.fromkeys(found))


def kept(needs: Tuple[Need, ...], boot: Boot, modules: Modules, tool: str) -> Tuple[Action, ...]:
    """Return what has to be asked for wherever this kernel's initramfs is made anew before the
    move.

    On the old bus MODULES=dep of initramfs-tools, and others by default, take only what today's
    machine has: what the image holds for the target now would be gone. That an image says
    MODULES=most tells how it was made, and not how the next one will be.
    """
    files = boot.kernel.files
    names = dict.fromkeys(
        module
        for need in needs
        for module in need.modules
        if not modules.built_in(module)
        and not modules.lacks(module)
        and (not files or module in files)
    )
    if not names:
        return ()
    return (PrepareDriver(tuple(names), *boot.initramfs(tool), keep=True),)


def _inside(module: str, boot: Boot) -> str:
    """Return the image that holds `module` for this kernel, "" where none does."""
    for image in boot.images:
        paths = image.modules.get(module, ())
        if any(
            f"lib/modules/{boot.release}/" in path or "lib/modules/" not in path for path in paths
        ):
            return image.path
    return ""


def _without_initramfs(module: str, boot: Boot, modules: Modules) -> Reason:
    if modules.knows_built_in(module):
        says = message("no-initramfs.not-built-in", release=boot.release, module=module)
        return Reason(
            "no-initramfs",
            says,
            (boot.why,),
            actions=(MakeInitramfs(boot.release),),
        )
    says = message("no-initramfs.unread", release=boot.release, module=module)
    return Reason(
        "no-initramfs",
        says,
        (boot.why,),
        LEAVES_OPEN,
        message("find-out.config-or-builtin", release=boot.release),
    )


def _not_inside(module: str, boot: Boot, modules: Modules, tool: str) -> Reason:
    others = sorted(
        {release for image in boot.images for release in image.releases if release != boot.release}
    )
    own = any(boot.release in image.releases for image in boot.images)
    if boot.state != READ:
        says = message("initramfs-unread", source=boot.why.source, says=boot.why.says)
        return Reason("initramfs-unread", says, (boot.why,), LEAVES_OPEN, boot.settle)
    if not modules.knows_built_in(module):
        says = message(
            "driver-not-in-initramfs.builtin-unread", module=module, release=boot.release
        )
        hint = Hint(boot.images[-1].path, f"no {module} in it")
        return Reason(
            "driver-not-in-initramfs",
            says,
            (hint,),
            LEAVES_OPEN,
            message("find-out.builtin-or-config", release=boot.release),
        )
    if others and not own:
        hint = Hint(boot.images[-1].path, f"its modules are for {', '.join(others)}")
        says = message(
            "initramfs-of-another-kernel", others=tuple(others), release=boot.release, module=module
        )
        reason = _initramfs_reason("initramfs-of-another-kernel", says, hint, boot, (module,), tool)
        # The other kernel needs that one: this gets one of its own, and the menu has to load it.
        own_image = MakeInitramfs(boot.release, boot.maker(tool))
        prepared = _prepared(boot, (module,), tool)._replace(image="")
        return reason._replace(actions=(prepared, own_image))
    hint = Hint(boot.images[-1].path, f"no {module} in it")
    return _initramfs_reason(
        "driver-not-in-initramfs",
        message("driver-not-in-initramfs", module=module),
        hint,
        boot,
        (module,),
        tool,
    )


def _initramfs_reason(
    name: str, says: Message, hint: Hint, boot: Boot, modules: Tuple[str, ...], tool: str
) -> Reason:
    return Reason(name, says, (hint,), STOPS, actions=(_prepared(boot, modules, tool),))


def _prepared(boot: Boot, modules: Tuple[str, ...], tool: str) -> PrepareDriver:
    return PrepareDriver(modules, *boot.initramfs(tool))
