"""What keeps a module from loading although it is there: modprobe.d's blacklist and install, and
the kernel's command line.

`blacklist` stops loading by alias, which is how udev loads a driver, and of those that are named by
a tool which asks for it (`modprobe -b`, KMOD_PROBE_APPLY_BLACKLIST): initramfs-tools does
(MODPROBE_OPTIONS="-qb" in its init), so do mkinitcpio and systemd-modules-load. What another module
depends on is loaded all the same (modprobe.d(5); kmod, kmod_module_probe_insert_module). dracut's
rd.driver.pre= loads by name without asking, and its rd.driver.blacklist= writes such a line
(modules.d/90kernel-modules/parse-kernel.sh); modprobe.blacklist= is read by modprobe itself
(modprobe(8)). `install` replaces the loading, of dependencies too. module_blacklist= is the
kernel's own and holds for all.
"""

from __future__ import annotations

from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from guestcheck.model.action import DropOption, LiftBlacklist
from guestcheck.model.guest_config import Rule
from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, Need, Reason, Target
from guestcheck.readiness.linux.boots import Boot

_DOES_NOTHING = {
    "/bin/true",
    "/bin/false",
    "/usr/bin/true",
    "/usr/bin/false",
    "true",
    "false",
    ":",
    "/sbin/nologin",
    "/bin/echo",
}


class Forbidden(NamedTuple):
    """Modules by what forbids them: `refused` by the kernel, `replaced` by a command, `hidden` from
    aliases. `forced` are loaded by name.
    """

    refused: Dict[str, Hint]
    replaced: Dict[str, Rule]
    hidden: Dict[str, Hint]
    forced: Dict[str, Hint]

    def bars(self, module: str, closure: Tuple[str, ...]) -> Optional[Reason]:
        """Return why `module`, which needs all of `closure`, is not loaded; None where nothing
        keeps it.
        """
        for name in (module, *closure):
            if name in self.refused:
                return _barred(module, name, "the kernel is told not to take", self.refused[name])
            rule = self.replaced.get(name)
            if rule is not None:
                words = rule.rest.split()
                if words and words[0] in _DOES_NOTHING:
                    return _barred(
                        module,
                        name,
                        f"modprobe is told to run {words[0]} instead of loading",
                        rule.line.hint,
                    )
                if "--ignore-install" not in words and "-i" not in words:
                    says = message("driver-blacklisted.install", name=name)
                    return Reason(
                        "driver-blacklisted",
                        says,
                        (rule.line.hint,),
                        OPEN,
                        message("find-out.command", rest=rule.rest),
                    )
        if module in self.hidden and module not in self.forced:
            return _barred(
                module, module, "a blacklist keeps udev from loading", self.hidden[module]
            )
        return None


def _barred(module: str, name: str, by: str, hint: Hint) -> Reason:
    needs = f", which {module} depends on" if name != module else ""
    return Reason(
        "driver-blacklisted",
        message("driver-blacklisted", by=by, name=name, needs=needs),
        (hint,),
        STOPS,
        actions=(LiftBlacklist(name, hint.source),),
    )


# Options whose modules are loaded whatever a blacklist has: dracut.cmdline(7); mkinitfs,
# initramfs-init.
_FORCED = {"dracut": ("rd.driver.pre", "rdloaddriver"), "mkinitfs": ("modules",)}


def in_initramfs(boot: Boot) -> Forbidden:
    """Return what is forbidden while the initramfs runs: by its own modprobe.d, and not by that of
    the root file system.
    """
    rules = tuple(
        rule
        for image in boot.images
        for rule in image.modprobe
        if _is_read(rule.line.file.partition(" in /")[0], boot.release)
    )
    options = ["modprobe.blacklist"]
    if boot.generator in ("dracut", ""):
        options += ["rd.driver.blacklist", "rdblacklist"]
    if boot.generator in ("initramfs-tools", "mkinitfs", ""):
        # scripts/init-top/blacklist; mkinitfs, initramfs-init
        options.append("blacklist")
    forced = boot.lists(*_FORCED.get(boot.generator, ()))
    hidden: Dict[str, Hint] = {}
    for image, path, text in boot.texts("etc/cmdline"):
        # dracut reads its own words from there too; the kernel and modprobe do not.
        for word in text.split():
            name, _, value = word.partition("=")
            found = {
                part.replace("-", "_"): Hint(f"{path} in {image}", word)
                for part in value.strip("\"'").split(",")
                if part
            }
            if name == "rd.driver.pre":
                forced.update(found)
            elif name in ("rd.driver.blacklist", "rdblacklist"):
                hidden.update(found)
    forbidden = _forbidden(boot, rules, tuple(options), forced)
    forbidden.hidden.update(hidden)
    return forbidden


def in_root(boot: Boot, rules: Tuple[Rule, ...]) -> Forbidden:
    """Return what is forbidden once the root file system is there, whose modprobe.d holds `rules`."""
    return _forbidden(boot, rules, ("modprobe.blacklist",), {})


def _is_read(path: str, release: str) -> bool:
    """Tell whether modprobe reads a file: of modprobe.d/ those that end in .conf (modprobe.d(5));
    module-init-tools of old read all.
    """
    return "/modprobe.d/" not in path or path.endswith(".conf") or release.startswith("2.")


def unseen(target: Target, boot: Boot) -> Iterator[Reason]:
    """Yield the words for which the kernel does not look for disks on the target's bus:
    scsi_mod.scan= (scsi_scan.c), pci=off (kernel-parameters.txt).
    """
    for word in boot.options or ():
        if target.names == "sd" and word in ("scsi_mod.scan=none", "scsi_mod.scan=manual"):
            says = message("disks-not-scanned.scsi", word=word)
            action = DropOption(word)
            hint = Hint(boot.options_from, word)
            yield Reason("disks-not-scanned", says, (hint,), actions=(action,))
        elif word.startswith("pci=") and "off" in word[4:].split(","):
            says = message("disks-not-scanned.pci", word=word)
            hint = Hint(boot.options_from, word)
            yield Reason(
                "disks-not-scanned",
                says,
                (hint,),
                OPEN,
                message("find-out.not-on-pci", target=target.id),
                (DropOption(word),),
            )


def by_odd_words(needs: Tuple[Need, ...], boot: Boot) -> Iterator[Reason]:
    """Yield which drivers may be kept away by words that name none of them for certain.

    initcall_blacklist= names the kernel's functions, most of which begin with the driver's name.
    """
    for function, hint in boot.lists("initcall_blacklist").items():
        for module in (
            module for need in needs for module in need.modules if function.startswith(f"{module}_")
        ):
            says = message("driver-blacklisted.initcall", function=function, module=module)
            yield Reason(
                "driver-blacklisted",
                says,
                (hint,),
                OPEN,
                message("find-out.initcall", function=function, module=module),
            )
    for ids in (word for word in boot.options or () if word.startswith("vfio-pci.ids=")):
        if "1af4:" in ids.lower():
            hint = Hint(boot.options_from, ids)
            says, settle = message("driver-blacklisted.vfio"), message("find-out.vfio-first")
            yield Reason("driver-blacklisted", says, (hint,), OPEN, settle)
    told = boot.lists("disablemodules") if boot.generator == "mkinitcpio" else {}
    for module in (module for need in needs for module in need.modules if module in told):
        says = message("driver-blacklisted.mkinitcpio", module=module)
        yield Reason(
            "driver-blacklisted",
            says,
            (told[module],),
            OPEN,
            message("find-out.disablemodules"),
        )


def _forbidden(
    boot: Boot, rules: Tuple[Rule, ...], options: Tuple[str, ...], forced: Dict[str, Hint]
) -> Forbidden:
    hidden = {rule.module: rule.line.hint for rule in rules if rule.command == "blacklist"}
    hidden.update(boot.lists(*options))
    return Forbidden(
        refused=boot.lists("module_blacklist"),
        replaced={rule.module: rule for rule in rules if rule.command == "install"},
        hidden=hidden,
        forced=forced,
    )
