"""Installed kernels: joins configurations, built-in lists, module files, loaded modules and the
boot loader's entries.

A kernel is installed when it has modules under /lib/modules, an image in /boot or a configuration;
the running one is added, for it may live outside the disk (a direct boot). The default is what the
boot loader would start by itself.
"""

from __future__ import annotations

from re import compile as compile_pattern
from re import escape
from typing import Dict, FrozenSet, Iterator, List, Optional, Set, Tuple

from guestcheck.catalogue.kernel import ARCHITECTURES, LITTLE_ENDIAN, LOADS_MODULES
from guestcheck.evidence.linux._boot_entry import BootEntry
from guestcheck.evidence.linux.boot_loader import BootLoader
from guestcheck.evidence.linux.initramfs import INITRAMFS, Image
from guestcheck.evidence.linux.kernel import (
    BUILTIN,
    CONFIGS,
    FILES,
    LOADED,
    RELEASES,
    SOME_BUILTIN,
    Config,
)
from guestcheck.facts.linux.loader import boot_loader, default_entry
from guestcheck.model.digits import is_digits
from guestcheck.model.guest import Kernel
from guestcheck.model.located import same_file
from guestcheck.model.source import Evidence

_IMAGES = ("vmlinuz-", "vmlinux-", "kernel-", "bzImage-", "linux-")
_INITRAMFS = ("initrd.img-", "initramfs-", "initrd-")


def installed_kernels(evidence: Evidence, running: str) -> Optional[Tuple[Kernel, ...]]:
    """Return every installed kernel, the default first; None where nothing tells of any."""
    paths = evidence.get(RELEASES) or ()
    told = evidence.get(CONFIGS) or ()
    configs = {config.release or running: config for config in reversed(told)}
    builtin = evidence.get(BUILTIN) or {}
    files = evidence.get(FILES)
    loaded = evidence.get(LOADED)
    loader = boot_loader(evidence)
    images = evidence.get(INITRAMFS) or ()
    some = evidence.get(SOME_BUILTIN)
    releases = releases_of(evidence) | {release for release in configs if release}
    if running:
        releases.add(running)
    by_modules = tuple(image for image in images if set(image.releases) <= releases)
    if not releases:
        return None
    default = default_release(loader, by_modules, frozenset(releases)) if loader else None
    if default is not None and default not in releases:
        releases.add(default)
    if default is None and len(releases) == 1:
        default = next(iter(releases))
    kernels = []
    for release in sorted(releases, key=lambda name: (name != default, name != running, name)):
        config = configs.get(release)
        is_running = release == running if running else None
        mine = _images_of(
            release, release == default, images, by_modules, loader, frozenset(releases)
        )
        kernels.append(
            Kernel(
                release=release,
                running=is_running,
                default=release == default if default is not None else None,
                config=config.symbols if config else None,
                config_path=config.path if config else "",
                config_complete=config.complete if config else True,
                builtin=builtin.get(release, some if is_running else None),
                builtin_complete=release in builtin or not (some and is_running),
                files=_files_of(files, release, config),
                loaded=_loaded(loaded, config) if is_running else None,
                image=_first(paths, _IMAGES, release),
                initramfs=mine[-1].path
                if mine and mine[-1].path
                else _first(paths, _INITRAMFS, release),
                initramfs_modules=frozenset().union(*(image.modules_of(release) for image in mine))
                if mine
                else None,
                initramfs_complete=all(image.complete for image in mine),
            )
        )
    return tuple(kernels)


def architecture_of(evidence: Evidence) -> str:
    """Return the architecture that all kernels' configurations agree on, as `uname -m` writes it;
    "" where none tells.
    """
    told = {_architecture(config.symbols) for config in evidence.get(CONFIGS) or ()}
    return told.pop() if len(told) == 1 else ""


def _architecture(symbols: Dict[str, str]) -> str:
    found = next((name for symbol, name in ARCHITECTURES.items() if symbols.get(symbol) == "y"), "")
    symbol, other = LITTLE_ENDIAN.get(found, ("", ""))
    return other if symbols.get(symbol) == "y" else found


def releases_of(evidence: Evidence) -> Set[str]:
    """Return the releases of the kernels that have modules, or an image, on the disk."""
    builtin, files = evidence.get(BUILTIN) or {}, evidence.get(FILES) or {}
    return {*_releases(evidence.get(RELEASES) or ()), *builtin, *files}


def _releases(paths: Tuple[str, ...]) -> Set[str]:
    found = set()
    for path in paths:
        if "/modules/" in path:
            found.add(path.split("/modules/", 1)[1].split("/", 1)[0])
        else:
            name = path.rpartition("/")[2]
            found.update(name[len(start) :] for start in _IMAGES if name.startswith(start))
    # What Arch and Alpine call vmlinuz-linux and vmlinuz-lts does not name one.
    return {
        name
        for name in found
        if is_release(name) and "rescue" not in name and not name.endswith((".old", ".img"))
    }


_RELEASE = compile_pattern(r"[0-9]{1,3}\.[0-9]{1,5}(?![0-9])[A-Za-z0-9._+~:-]*\Z")


def is_release(name: str) -> bool:
    """Tell whether `name` can be a kernel's release: it begins with two numbers (the kernel's
    Makefile, KERNELRELEASE).

    >>> is_release("6.1.0-18-amd64"), is_release("6e5c1f"), is_release("4.4"), is_release("lts")
    (True, False, True, False)
    """
    return bool(_RELEASE.match(name))


def _files_of(
    files: Optional[Dict[str, Dict[str, str]]], release: str, config: Optional[Config]
) -> Optional[Dict[str, str]]:
    if files is not None:
        return files.get(release, {} if _without_modules(config) else None)
    return {} if _without_modules(config) else None


def _loaded(
    loaded: "Optional[frozenset[str]]", config: Optional[Config]
) -> "Optional[frozenset[str]]":
    if loaded is None and _without_modules(config):
        return frozenset()
    return loaded


def _without_modules(config: Optional[Config]) -> bool:
    return config is not None and config.complete and config.symbols.get(LOADS_MODULES, "n") == "n"


def _first(paths: Tuple[str, ...], starts: Tuple[str, ...], release: str) -> str:
    for path in paths:
        name = path.rpartition("/")[2]
        for start in starts:
            if name in (start + release, f"{start}{release}.img"):
                return path
    return ""


def _images_of(
    release: str,
    default: bool,
    images: Tuple[Image, ...],
    by_modules: Tuple[Image, ...],
    loader: Optional[BootLoader],
    installed: FrozenSet[str],
) -> Tuple[Image, ...]:
    """Return the images that boot with `release`: those of its boot entry, else by their names,
    else by the modules in them.

    Where the entry names an image that was not looked into, another of this kernel's says nothing
    of what boots; only one that is called for no kernel (a listing of /initrd.img, which is a link)
    may be the same.
    """
    # A fallback image holds more than the one that is started: of two it is never the one to judge
    # by.
    inside = sorted(
        (image for image in images if image.releases == (release,)),
        key=lambda image: "fallback" in image.path,
    )
    entry = _entry_of(release, default, by_modules, loader, installed)
    if entry is not None and entry.initrd:
        named = [
            next((image for image in images if same_file(image.path, name)), None)
            for name in entry.initrd
            if "ucode" not in name
        ]
        if named and None not in named:
            return tuple(image for image in named if image is not None)
        if named:
            return tuple(image for image in inside if not any(map(is_digits, image.path)))[:1]
    by_name = [image for image in images if _names(image.path, release)]
    # What a listing was made of is not always told; one whose modules are of this kernel alone is
    # its own.
    return tuple((by_name or inside)[:1])


def _entry_of(
    release: str,
    default: bool,
    images: Tuple[Image, ...],
    loader: Optional[BootLoader],
    installed: FrozenSet[str],
) -> Optional[BootEntry]:
    if loader is None:
        return None
    first = default_entry(loader) if default else None
    return first or next(
        (entry for entry in loader.entries if release_of(entry, images, installed) == release), None
    )


def _names(path: str, release: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder.endswith("/" + release) or any(
        name in (start + release, f"{start}{release}.img") for start in (*_INITRAMFS, "booster-")
    )


def default_release(
    loader: BootLoader, images: Tuple[Image, ...] = (), installed: FrozenSet[str] = frozenset()
) -> Optional[str]:
    """Return the release of the kernel that boots by itself, as `release_of` does; None where that
    cannot be told.
    """
    entry = default_entry(loader)
    return None if entry is None else release_of(entry, images, installed)


def release_of(
    entry: BootEntry, images: Tuple[Image, ...] = (), installed: FrozenSet[str] = frozenset()
) -> Optional[str]:
    """Return the release of the kernel that `entry` boots: from its image, that one's name and
    folder, what the entry says, or the

    modules in the initramfs that it names (Arch and Alpine call their kernels vmlinuz-linux and
    vmlinuz-lts). Where several tell, one that is `installed` comes first. None where none of them
    tells.
    """
    names = [name for name in _told_releases(entry) if is_release(name)]
    if entry.release in installed or "@" in entry.release:
        names += [name for name in (entry.release.rpartition("@")[2],) if is_release(name)]
    known = next((name for name in names if name in installed), None)
    return (
        known
        or next(iter(names), None)
        or _release_by_modules(entry, images)
        or _installed_in(entry.linux, installed)
    )


def _release_by_modules(entry: BootEntry, images: Tuple[Image, ...]) -> Optional[str]:
    named = {
        image.releases
        for name in entry.initrd
        for image in images
        if image.releases and same_file(image.path, name)
    }
    return next(iter(named))[0] if len(named) == 1 and len(next(iter(named))) == 1 else None


def _told_releases(entry: BootEntry) -> Iterator[str]:
    """Yield what may be the release: of kernel-RELEASE, of RELEASE/linux and RELEASE/linux-HASH
    (sdbootutil).
    """
    name = entry.linux.rpartition("/")[2]
    if name.endswith(".efi"):
        yield entry.release
        return
    for start in _IMAGES:
        if name.startswith(start):
            yield name[len(start) :]
    parts: List[str] = entry.linux.strip("/").split("/")
    if len(parts) > 2 and name.startswith(("linux", "vmlinuz", "kernel")):
        yield parts[-2]


def _installed_in(path: str, installed: FrozenSet[str]) -> Optional[str]:
    """Return the installed release that a kernel's name holds, as NixOS and Slackware call theirs;
    the longest of several.

    >>> _installed_in("/boot/kernels/x-linux-5.4.77-bzImage", frozenset({"5.4.7", "5.4.77"}))
    '5.4.77'
    """
    name = path.rpartition("/")[2]
    found = [
        one
        for one in installed
        if one in name
        and compile_pattern(rf"(?<![0-9A-Za-z.]){escape(one)}(?![0-9A-Za-z.])").search(name)
    ]
    return max(found, key=len, default=None)
