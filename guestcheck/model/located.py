"""Which file a boot entry means: loaders, FAT and the running guest name it in other ways."""

from functools import lru_cache
from typing import (
    Dict,
    FrozenSet,
    List,
    NamedTuple,
)


def same_file(path: str, name: str) -> bool:
    """Tell whether a boot loader's `name`, which is relative to a partition or a subvolume, means
    the file at `path`.

    >>> image = "/boot/initrd.img-6.1"
    >>> same_file(image, "(hd0,1)/initrd.img-6.1"), same_file(image, "/img-6.1")
    (True, False)
    """
    name = plain_name(name)
    return bool(path) and name != "/" and (path.endswith(name) or name.endswith(path))


def plain_name(name: str) -> str:
    """Return a boot loader's `name` without its device, and without the dataset of ZFS that it is
    in.

    >>> plain_name("($drive1)/boot//kernels/a"), plain_name("/BOOT/ubuntu_1@/vmlinuz")
    ('/boot/kernels/a', '/vmlinuz')
    >>> plain_name(r"\\EFI\\a.efi")
    '/EFI/a.efi'
    """
    name = name.rpartition(")")[2].replace("\\", "/").rpartition("@/")[2]
    return "/" + "/".join(part for part in name.split("/") if part)


# Where the partitions that a boot loader reads are mounted: /boot, the EFI system partition, the
# root file system.
_BASES = ("/boot", "/boot/efi", "/efi", "")
_FAT = ("/boot/efi/", "/efi/", "/boot/EFI/", "/boot/loader/")  # it knows no case


class Located(NamedTuple):
    """Where a file that a boot loader names is; `path` is "" where it was not found, `missing`
    holds where its folder was seen without it.
    """

    path: str
    missing: bool = False


def locate(name: str, near: str, paths: FrozenSet[str]) -> Located:
    """Find what a boot loader calls `name`, in its configuration at `near`, among the `paths` that
    there are.

    >>> there = frozenset({"/boot", "/boot/vmlinuz-6.1", "/boot/grub", "/boot/efi"})
    >>> locate("/@/boot/vmlinuz-6.1", "/boot/grub/grub.cfg", there)
    Located(path='/boot/vmlinuz-6.1', missing=False)
    >>> locate("/vmlinuz-6.2", "/boot/grub/grub.cfg", there)
    Located(path='', missing=True)
    >>> locate("/EFI/x/linux", "/boot/loader/entries/x.conf", there)
    Located(path='', missing=False)
    """
    plain = plain_name(name)
    if plain == "/" or "$" in plain:  # a variable whose value was not seen
        return Located("")
    spellings = [plain]
    if "/boot/" in plain:  # of a subvolume that holds /boot
        spellings.append(plain[plain.rindex("/boot/") :])
    parts = plain.split("/")
    spellings += ["/" + "/".join(parts[2:])] if len(parts) > 2 and parts[1].startswith("@") else []
    own = next(
        (
            base
            for base in ("/boot/efi", "/efi")
            if near.startswith((base + "/loader/", base + "/EFI/Linux/"))
        ),
        "",
    )
    wanted = [base + spelling for base in dict.fromkeys((own, *_BASES)) for spelling in spellings]
    for path in wanted:
        if path in paths:
            return Located(path)
    folded = _folded(paths)
    for path in wanted:
        if path.lower() in folded:
            return Located(folded[path.lower()])
    return Located("", any(_has_folder(path, paths) for path in _expected(spellings, near, own)))


@lru_cache(maxsize=4)
def _folded(paths: FrozenSet[str]) -> Dict[str, str]:
    """Return the paths on FAT, which knows no case, by their small letters."""
    return {path.lower(): path for path in paths if path.startswith(_FAT)}


def _expected(spellings: List[str], near: str, own: str) -> List[str]:
    """Return where the file would be: on the partition of the entry, in a path of the whole system,
    or in /boot.

    GRUB on the EFI system partition looks elsewhere; lilo's paths are those of the running system.
    """
    if own:
        return [own + spelling for spelling in spellings]
    whole = [spelling for spelling in spellings if spelling.startswith("/boot/")]
    return whole or (
        [] if near.endswith("/lilo.conf") else ["/boot" + spelling for spelling in spellings]
    )


def _has_folder(path: str, paths: FrozenSet[str]) -> bool:
    """Tell whether something was seen in the folder of `path`, other than where another file system
    is mounted.
    """
    folder = path.rpartition("/")[0] + "/"
    on_efi = folder.startswith("/boot/efi/")
    return any(
        other.startswith(folder) and (on_efi or not f"{other}/".startswith("/boot/efi/"))
        for other in paths
    )
