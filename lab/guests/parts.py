"""The devices that guests are put together from, each with what must be said of it."""

from __future__ import annotations

from lab.guest import PARAVIRTUAL, Also, Disk, Extra, Nic

MICROVM = "microvm,acpi=on,rtc=on,pic=on,pit=on,isa-serial=on"
# Without it the kernel measures the clock against a timer, which under TCG fails at random and then
# hangs.
MICROVM_APPEND = "tsc_early_khz=2400000"

# What QEMU makes of a virtio device that is plugged into a root bus and told nothing.
TRANSITIONAL: Also = (("virtio.generation", "transitional"),)
LEGACY: Also = (("virtio.generation", "legacy"),)
MODERN: Also = (("virtio.generation", "modern"),)

USB_DRIVERS = ("usb-storage", "uas", "xhci_hcd", "ehci-pci")
SD_DRIVERS = ("mmcblk", "sdhci-pci")


def device(text: str) -> Extra:
    """A device that only carries others."""
    return Extra(("-device", text))


def ide(bus: str = "ide.0", more: str = "", backend: str = "null") -> Disk:
    return Disk(f"ide-hd,bus={bus}{more}", "ide", ("ata_piix",), backend=backend, on="PIIX")


def ahci(bus: str = "ide.0", more: str = "") -> Disk:
    return Disk(f"ide-hd,bus={bus}{more}", "sata", ("ahci",), on="AHCI")


def virtio_blk(
    more: str = "",
    model: str = "virtio-blk-pci",
    backend: str = "null",
    address: str = "",
    also: Also = TRANSITIONAL,
) -> Disk:
    return Disk(
        f"{model}{more}", "virtio-blk", ("virtio_blk",), PARAVIRTUAL, backend=backend, address=address, also=also
    )  # fmt: skip


def on_virtio_scsi(
    bus: str = "s0", more: str = "", backend: str = "null", address: str = "", also: Also = ()
) -> Disk:
    return Disk(
        f"scsi-hd,bus={bus}.0{more}", "virtio-scsi", ("virtio_scsi",), PARAVIRTUAL,
        address=address, backend=backend, on="virtio-scsi", also=also,
    )  # fmt: skip


def on_lsi(bus: str, more: str = "") -> Disk:
    return Disk(f"scsi-hd,bus={bus}.0{more}", "lsi", ("sym53c8xx",), on="lsi53c895a")


def on_megasas(bus: str, more: str = "") -> Disk:
    return Disk(f"scsi-hd,bus={bus}.0{more}", "megaraid", ("megaraid_sas",), on="megasas")


def on_mptsas(bus: str) -> Disk:
    # Without a wwn Linux finds no target behind this adapter, though the firmware reads the disk.
    return Disk(
        f"scsi-hd,bus={bus}.0,wwn=0x5000c500a0000001", "lsi-sas", ("mptsas",), on="mptsas1068"
    )


def on_pvscsi(bus: str) -> Disk:
    return Disk(f"scsi-hd,bus={bus}.0", "pvscsi", ("vmw_pvscsi",), on="pvscsi")


def on_am53c974(bus: str, adapter: str = "am53c974") -> Disk:
    return Disk(f"scsi-hd,bus={bus}.0", "am53c974", ("am53c974",), on=adapter)


def nvme(more: str = "") -> Disk:
    return Disk(f"nvme{more}", "nvme", ("nvme",))


def usb(bus: str) -> Disk:
    return Disk(f"usb-storage,bus={bus}.0", "usb", USB_DRIVERS, on="USB")


def nic(model: str, address: str = "") -> Nic:
    """An emulated card by QEMU's name for it, which may be followed by options."""
    interface, *drivers = NICS[model.split(",")[0]]
    return Nic(model, interface, tuple(drivers), address=address)


def virtio_net(
    more: str = "",
    model: str = "virtio-net-pci",
    queues: int = 1,
    address: str = "",
    also: Also = TRANSITIONAL,
) -> Nic:
    return Nic(
        f"{model}{more}",
        "virtio-net",
        ("virtio_net",),
        PARAVIRTUAL,
        address=address,
        also=also,
        queues=queues,
    )


NICS = {
    "e1000": ("e1000", "e1000"),
    "e1000-82544gc": ("e1000", "e1000"),
    "e1000-82545em": ("e1000", "e1000"),
    "e1000e": ("e1000e", "e1000e"),
    "igb": ("igb", "igb"),
    "rtl8139": ("rtl8139", "8139cp"),
    "pcnet": ("pcnet", "pcnet32"),
    "ne2k_pci": ("ne2k-pci", "ne2k-pci"),
    "i82551": ("i8255x", "e100"),
    "i82559er": ("i8255x", "e100"),
    "tulip": ("tulip", "tulip"),
    "vmxnet3": ("vmxnet3", "vmxnet3"),
    # Which of them takes it is a race, and cdc_subset gives the card a MAC of its own: it is known
    # by its address.
    "usb-net": ("usb-net", "cdc_ether", "cdc_subset", "rndis_host"),
}
