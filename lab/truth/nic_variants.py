"""The variants of the network, and the cards each is moved to."""

from __future__ import annotations

from dataclasses import replace

from lab.truth.nic_variant import MAC, OTHER_MAC, STATIC, Card, NicVariant
from lab.truth.variant import CLOUD, Entry

Files = tuple[tuple[str, str], ...]

VIRTIO, VIRTIO_5 = Card("virtio-net"), Card("virtio-net", 5)
NETWORKD = (
    (
        "etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
        "/lib/systemd/system/systemd-networkd.service",
    ),
    (
        "etc/systemd/system/sockets.target.wants/systemd-networkd.socket",
        "/lib/systemd/system/systemd-networkd.socket",
    ),
)
NETPLAN = ("netplan.io", "libnetplan0", "libglib2.0-0", "libyaml-0-2")
RULES = "etc/udev/rules.d/70-persistent-net.rules"
BY_MAC = (
    f'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{MAC}", '
    f'ATTR{{type}}=="1", KERNEL=="eth*"'
)
# The smaller kernel boots sooner, drives vmxnet3 and virtio-net, and finds its root on NVMe without
# an initramfs. Nobody mounts /proc for lab-init there: systemd is the first process.
SMALL = Entry(CLOUD, None, "/dev/nvme0n1p1", "init=/sbin/init")
KERNEL_NAMES = replace(SMALL, options=f"{SMALL.options} net.ifnames=0")
COPIES = Entry(CLOUD)
VMXNET3 = Card("vmxnet3")


def networkd(match: str, static: bool = False, more: str = "", name: str = "20-lan") -> Files:
    """A .network file; `match` is a line of its section [Match]."""
    address = f"Address={STATIC}/24\nGateway=10.0.2.2\n" if static else "DHCP=ipv4\n"
    return (
        (
            f"etc/systemd/network/{name}.network",
            f"[Match]\n{match}\n\n[Network]\n{more or address}",
        ),
    )


def ifupdown(name: str, static: bool = False) -> Files:
    """Debian's own configuration, by name alone."""
    stanza = (
        f"iface {name} inet static\n\taddress {STATIC}/24\n\tgateway 10.0.2.2\n"
        if static
        else f"iface {name} inet dhcp\n"
    )
    return (
        ("etc/network/interfaces", f"auto lo\niface lo inet loopback\n\nauto {name}\n{stanza}"),
    )


def link(match: str, what: str) -> Files:
    """A .link file."""
    return (("etc/systemd/network/10-lab.link", f"[Match]\n{match}\n\n[Link]\n{what}\n"),)


def netplan(match: str, more: str = "") -> Files:
    """A file of netplan, as installers and clouds write it."""
    text = (
        "network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    lan:\n      match:\n "
        "      "
        f" {match}\n{more}      dhcp4: true\n"
    )
    return (("etc/netplan/50-lab.yaml", text),)


def modprobe(line: str) -> Files:
    """A file of modprobe.d."""
    return (("etc/modprobe.d/lab.conf", f"{line}\n"),)


def by_networkd(name: str, files: Files, targets: tuple[Card, ...], **more: object) -> NicVariant:
    """A guest whose network systemd-networkd brings up."""
    return NicVariant(name, files, targets, links=NETWORKD, **more)  # type: ignore[arg-type]


ANY = networkd("Name=en*")
BRIDGE = (
    ("etc/systemd/network/05-br0.netdev", "[NetDev]\nName=br0\nKind=bridge\n"),
    ("etc/systemd/network/30-br0.network", "[Match]\nName=br0\n\n[Network]\nDHCP=ipv4\n"),
)

NIC_VARIANTS = (
    # What asks nothing of the card, or its MAC address, goes with it.
    by_networkd("networkd-en", ANY, (VIRTIO_5, Card("rtl8139", 4))),
    by_networkd("networkd-en", ANY, (Card("vmxnet3", 5),), source=VIRTIO, entry=SMALL, release="trixie"),
    by_networkd("networkd-mac", networkd(f"MACAddress={MAC}"), (Card("virtio-net", 6),), source=VMXNET3, entry=SMALL),
    by_networkd("networkd-two-drivers", networkd("Driver=e1000 virtio_net", static=True), (VIRTIO_5, Card("vmxnet3", 5)), address=STATIC),
    by_networkd("networkd-bridge-mac", (*BRIDGE, *networkd(f"MACAddress={MAC}", more="Bridge=br0\n")), (VIRTIO_5,), source=VMXNET3, entry=SMALL),
    by_networkd(
        "netplan-set-name", netplan(f"macaddress: '{MAC}'", "      set-name: lan0\n"), (VIRTIO_5,), source=VMXNET3, entry=SMALL, packages=NETPLAN
    ),
    # Names that the kernel gives: there is one card, and it is eth0.
    by_networkd(
        "kernel-names", networkd("Name=eth0", static=True), (Card("virtio-net", 5, OTHER_MAC),), source=VMXNET3, entry=KERNEL_NAMES, address=STATIC
    ),
    NicVariant("ifupdown-eth0", ifupdown("eth0"), (Card("vmxnet3", 4),), source=VIRTIO, packages=("udhcpc",), entry=KERNEL_NAMES),
    NicVariant(
        "masked-link", ifupdown("eth0", True), (VIRTIO_5,), source=VMXNET3, entry=SMALL, address=STATIC, release="bullseye",
        links=(("etc/systemd/network/99-default.link", "/dev/null"),),
    ),
    # Names that are given.
    NicVariant(
        "link-by-mac", (*ifupdown("lan0", True), *link(f"MACAddress={MAC}", "Name=lan0")), (VIRTIO_5,), source=VMXNET3, entry=SMALL,
        address=STATIC,
    ),
    NicVariant(
        "link-by-type", (*ifupdown("lan0", True), *link("Type=ether", "Name=lan0")), (VIRTIO_5,), source=VMXNET3, entry=SMALL, address=STATIC
    ),
    NicVariant(
        "link-by-driver", (*ifupdown("lan0", True), *link("Driver=vmxnet3", "Name=lan0")), (VIRTIO_5,), source=VMXNET3, entry=SMALL,
        address=STATIC,
    ),
    NicVariant(
        "link-by-driver-eth0", (*ifupdown("eth0", True), *link("Driver=vmxnet3", "Name=eth0")), (VIRTIO,), source=VMXNET3, entry=SMALL,
        address=STATIC,
    ),
    by_networkd(
        "link-policy-mac", (*networkd(f"Name=enx{MAC.replace(':', '')}"), *link("OriginalName=*", "NamePolicy=mac")), (VIRTIO_5,), source=VMXNET3,
        entry=SMALL,
    ),
    NicVariant(
        "rules-by-mac", (*ifupdown("eth0", True), (RULES, f'{BY_MAC}, NAME="eth0"\n')), (VIRTIO_5,), source=VMXNET3, entry=SMALL, address=STATIC
    ),
    NicVariant(
        "rules-by-driver", (*ifupdown("lan0", True), (RULES, f'{BY_MAC.replace("?*", "vmxnet3")}, NAME="lan0"\n')), (VIRTIO_5,), source=VMXNET3,
        entry=SMALL,
        address=STATIC,
    ),
    NicVariant(
        "rules-by-path", (*ifupdown("eth0", True), (RULES, 'SUBSYSTEM=="net", ACTION=="add", KERNELS=="0000:00:03.0", NAME="eth0"\n')), (VIRTIO_5,),
        source=VMXNET3, entry=SMALL,
        address=STATIC,
    ),
    # Names by the slot: nobody can know.
    NicVariant("ifupdown-ens3", ifupdown("ens3", True), (VIRTIO, VIRTIO_5), source=VMXNET3, entry=SMALL, address=STATIC),
    # Configuration for a driver.
    by_networkd("networkd-driver", networkd("Driver=e1000"), (VIRTIO,)),
    by_networkd("networkd-driver", networkd("Driver=virtio_net", static=True), (VMXNET3,), source=VIRTIO, entry=SMALL, address=STATIC, release="trixie"),
    by_networkd(
        "networkd-shadowed", (*networkd("Driver=vmxnet3", more="LinkLocalAddressing=no\n", name="10-none"), *ANY), (VMXNET3,), source=VIRTIO, entry=SMALL
    ),
    by_networkd("networkd-bridge-driver", (*BRIDGE, *networkd("Driver=virtio_net", more="Bridge=br0\n")), (VMXNET3,), source=VIRTIO, entry=SMALL),
    by_networkd("netplan-driver", netplan("driver: virtio_net"), (VMXNET3,), source=VIRTIO, entry=SMALL, packages=NETPLAN),
    # Drivers that the kernel lacks or may not load.
    by_networkd("cloud-kernel", ANY, (Card("e1000"), Card("e1000e"), Card("rtl8139"), VMXNET3), source=VIRTIO, entry=SMALL),
    by_networkd("blacklist", (*ANY, *modprobe("blacklist vmxnet3")), (VMXNET3,), source=VIRTIO, entry=COPIES, inside=True),
    by_networkd("blacklist-not-inside", (*ANY, *modprobe("blacklist vmxnet3")), (VMXNET3,), source=VIRTIO, entry=COPIES),
    by_networkd("install-false", (*ANY, *modprobe("install vmxnet3 /bin/false")), (VMXNET3,), source=VIRTIO, entry=COPIES, inside=True),
    by_networkd("module_blacklist", ANY, (VMXNET3,), source=VIRTIO, entry=replace(SMALL, options=f"{SMALL.options} module_blacklist=vmxnet3")),
    by_networkd("modprobe.blacklist", ANY, (Card("rtl8139"),), entry=Entry(options="modprobe.blacklist=8139cp")),
    # The same on other releases, whose systemd is older or newer.
    by_networkd("networkd-driver", networkd("Driver=vmxnet3"), (VIRTIO_5,), source=VMXNET3, entry=SMALL, release="bullseye"),
    NicVariant(
        "rules-by-mac", (*ifupdown("eth0", True), (RULES, f'{BY_MAC}, NAME="eth0"\n')), (VIRTIO_5,), source=VMXNET3, entry=SMALL, address=STATIC,
        release="bullseye",
    ),
    NicVariant(
        "link-by-driver", (*ifupdown("lan0", True), *link("Driver=vmxnet3", "Name=lan0")), (VIRTIO_5,), source=VMXNET3, entry=SMALL, address=STATIC,
        release="trixie",
    ),
    by_networkd(
        "module_blacklist", ANY, (VIRTIO,), source=VMXNET3, entry=replace(SMALL, options=f"{SMALL.options} module_blacklist=virtio_net"), release="trixie"
    ),
)  # fmt: skip
