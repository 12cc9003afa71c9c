"""What a variant is: a release's guest, and what is different about how it boots. Preparing it and
predicting it start from this alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

FULL, CLOUD = "full", "cloud"
INIT = "console=ttyS0 panic=3 init=/usr/local/sbin/lab-init"


@dataclass(frozen=True)
class Initramfs:
    """An initramfs: the release's own one, changed as said here; or made in a chroot by the guest's
    own tools.
    """

    of: str = ""
    """The kernel whose initramfs it is, where that is not the kernel that is started with it."""
    drivers: tuple[str, ...] = ()
    """Only these drivers, and what they need, are kept."""
    without: tuple[str, ...] = ()
    """Modules whose files are taken out."""
    files: tuple[tuple[str, str], ...] = ()
    """Files put in: path and text."""
    made_by: tuple[str, ...] = ()
    """A command of the guest's, run in a copy of its root; `@VERSION@` and `@OUT@` stand for the kernel and the file to write."""
    first: tuple[tuple[str, str], ...] = ()
    """Files that are written to the root before `made_by`."""
    packages: tuple[str, ...] = ()
    """Packages that are unpacked there before."""
    # What follows came later: `key` names it only where it is set, so that outcomes kept from
    # before stay good.
    made_on: str = field(default="", repr=False)
    """The bus of the booted guest in which `made_by` is run, for tools that look at the devices; in a chroot where it is empty."""
    packed: str = field(default="", repr=False)
    """How the changed one is packed, and handed to QEMU: gzip, xz, lz4, zstd or bzip2; not at all where it is empty."""
    early: bool = field(default=False, repr=False)
    """Whether an archive with microcode stands in front, as one does on most real machines."""
    modules_packed: str = field(default="", repr=False)
    """How the modules in it are packed: xz, or not at all."""


@dataclass(frozen=True)
class Entry:
    """One entry of the boot menu; without an initramfs it starts the kernel alone."""

    kernel: str = FULL
    initramfs: Initramfs | None = Initramfs()
    root: str = "UUID=@UUID@"
    options: str = ""


@dataclass(frozen=True)
class Variant:
    """A guest of `release` with its boot menu (the first entry is the default) and its /etc/fstab."""

    name: str
    entries: tuple[Entry, ...] = (Entry(),)
    targets: tuple[str, ...] = ("virtio-blk",)
    fstab: str = ""
    """Lines after the one for the root; with any, systemd is started and its mounts are part of the outcome."""
    release: str = "bookworm"
    others: tuple[tuple[int, str], ...] = field(default=())
    """Further cells, of entries that are not the default: number of the entry, and target."""
    files: tuple[tuple[str, str], ...] = ()
    """Files of the root file system that no initramfs has: path and text."""
    stack: str = ""
    """What the root file system lies on, of `stacks`: its disk, its fstab and its initramfs take the place of the image's."""
    quick: bool = False
    """Whether its cells are among the chosen dozen."""


@dataclass(frozen=True)
class Cell:
    """A variant's entry on a bus."""

    variant: Variant
    target: str
    number: int = 0

    @property
    def entry(self) -> Entry:
        return self.variant.entries[self.number]


def cells(variants: tuple[Variant, ...]) -> list[Cell]:
    """Every cell of `variants`."""
    found = []
    for variant in variants:
        found += [Cell(variant, target) for target in variant.targets]
        found += [Cell(variant, target, number) for number, target in variant.others]
    return found
