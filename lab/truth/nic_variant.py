"""What a variant of the network is: a release's guest on a known card, and how its network is
configured; and the cards it is moved to.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lab.guest import Extra, Guest
from lab.guests.parts import nvme, virtio_blk
from lab.truth.variant import Entry

MAC, OTHER_MAC = "52:54:00:67:63:01", "52:54:00:67:63:02"
# As preflight names its targets, and as QEMU names its devices.
MODELS = {
    "virtio-net": "virtio-net-pci",
    "e1000": "e1000",
    "e1000e": "e1000e",
    "rtl8139": "rtl8139",
    "vmxnet3": "vmxnet3",
}
DHCP = "10.0.2.15"
STATIC = "10.0.2.77"
# What a guest starts besides, has nothing to do with its network, and costs much of a boot under
# TCG.
MASKED = (
    "lvm2-monitor.service", "lvm2-lvmpolld.socket", "dm-event.socket", "blk-availability.service", "mdadm-shutdown.service", "systemd-pstore.service",
    "e2scrub_reap.service", "systemd-journal-flush.service", "systemd-random-seed.service", "systemd-update-utmp.service", "systemd-logind.service",
    "getty.target", "remote-fs.target", "grub-common.service", "fstrim.timer", "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer",
    "e2scrub_all.timer", "systemd-tmpfiles-clean.timer", "mdadm-waitidle.service", "modprobe@configfs.service", "modprobe@dm_mod.service",
    "modprobe@drm.service", "modprobe@efi_pstore.service", "modprobe@fuse.service", "modprobe@loop.service", "dev-hugepages.mount", "dev-mqueue.mount",
    "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "sys-kernel-config.mount", "sys-fs-fuse-connections.mount", "dbus.socket",
)  # fmt: skip
APPEND = "quiet systemd.show_status=0 " + " ".join(f"systemd.mask={unit}" for unit in MASKED)


@dataclass(frozen=True)
class Card:
    """A network card in a slot of the machine's PCI bus."""

    model: str
    slot: int = 3
    mac: str = MAC

    @property
    def label(self) -> str:
        """The card in a few words."""
        return f"{self.model} in slot {self.slot}" + (", another MAC" if self.mac != MAC else "")


@dataclass(frozen=True)
class NicVariant:
    """A guest of `release` whose network works on `source`."""

    name: str
    files: tuple[tuple[str, str], ...]
    """Configuration: path and text."""
    targets: tuple[Card, ...]
    source: Card = Card("e1000")
    links: tuple[tuple[str, str], ...] = ()
    """Symbolic links: path, and where to."""
    packages: tuple[str, ...] = ()
    """Packages that are unpacked into the guest."""
    inside: bool = False
    """Whether the initramfs has been made anew since: then it has the .link files, rules and modprobe.d of the guest."""
    entry: Entry = field(default_factory=Entry)
    address: str = DHCP
    """The address that the guest has where its network works."""
    release: str = "bookworm"


@dataclass(frozen=True)
class NicCell:
    """A variant on another card."""

    variant: NicVariant
    target: Card


def cells(variants: tuple[NicVariant, ...]) -> list[NicCell]:
    """Every cell of `variants`."""
    return [NicCell(variant, target) for variant in variants for target in variant.targets]


def guest(variant: NicVariant, card: Card) -> Guest:
    """The machine of `variant` with `card`; its disk stays: virtio-blk, or NVMe where it starts
    without an initramfs.
    """
    network = (
        "-netdev",
        "user,id=n0,restrict=on",
        "-device",
        f"{MODELS[card.model]},netdev=n0,mac={card.mac},addr={card.slot:#x}",
    )
    made = Guest(
        f"nic-{variant.name}",
        "pc",
        (virtio_blk(",addr=0x2") if variant.entry.initramfs else nvme(",addr=0x2"), Extra(network)),
        init="systemd",
        append=APPEND,
        limit=400,
    )
    return replace(made, kernel=variant.entry.kernel)
