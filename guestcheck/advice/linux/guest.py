"""Inside a Linux guest: what has to be ready before the host changes a device, and what only the
guest can do.

Files, commands and module names are those of util-linux, LVM2, ethtool(8), systemd.link(5) and the
kernel's own documentation; the initramfs tools have their own sources.
"""

from __future__ import annotations

from typing import FrozenSet, Tuple

from guestcheck.advice._quoting import (
    STILL_LARGE,
    cpus,
    disk,
    kernel,
    mac,
    number,
    plain,
    proof,
    sentence,
    tokens,
)
from guestcheck.advice.linux import edits, initramfs, packages
from guestcheck.advice.linux.boot_menu import menu
from guestcheck.advice.linux.network import bind_nic as bind_nic
from guestcheck.advice.linux.network import manage_nic as manage_nic
from guestcheck.advice.linux.network import order_networks as order_networks
from guestcheck.advice.linux.network import pin_nic as pin_nic
from guestcheck.advice.linux.ready import add_option as add_option
from guestcheck.advice.linux.ready import choose_grub_device as choose_grub_device
from guestcheck.advice.linux.ready import drop_device_map as drop_device_map
from guestcheck.advice.linux.ready import drop_lvm_devices as drop_lvm_devices
from guestcheck.advice.linux.ready import drop_option as drop_option
from guestcheck.advice.linux.ready import fix_lvm_filter as fix_lvm_filter
from guestcheck.advice.linux.ready import generic_initramfs as generic_initramfs
from guestcheck.advice.linux.ready import grub_by_search as grub_by_search
from guestcheck.advice.linux.ready import grub_by_uuid as grub_by_uuid
from guestcheck.advice.linux.ready import lift_blacklist as lift_blacklist
from guestcheck.advice.linux.ready import make_initramfs as make_initramfs
from guestcheck.advice.linux.ready import mount_nofail as mount_nofail
from guestcheck.advice.linux.ready import name_by_uuid as name_by_uuid
from guestcheck.advice.linux.ready import rebuild_initramfs as rebuild_initramfs
from guestcheck.advice.linux.root_openers import fix_mdadm_devices as fix_mdadm_devices
from guestcheck.advice.linux.root_openers import keep_tpm as keep_tpm
from guestcheck.advice.linux.root_openers import open_root as open_root
from guestcheck.catalogue.rows import BY_ID, driver_of, first_disk, on_bus, transport_of
from guestcheck.catalogue.virtio import OTHER_TRANSPORTS
from guestcheck.model.action import (
    AddQueues,
    BindDriver,
    ChangeNic,
    EnableDiscard,
    InstallDriver,
    ModernVirtio,
    MoveDisk,
    NothingToPrepare,
    PrepareDriver,
    RunAgent,
    Settle,
    UnplugEmulated,
    UseQueues,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import EMULATED, Inventory, Nic
from guestcheck.model.guest import PciFunction
from guestcheck.model.lookup import kept
from guestcheck.model.source import GUEST, TEXTS

NAME = "Linux guests"
_WHERE = "in the guest"


def move_disk(about: MoveDisk, inventory: Inventory) -> Steps:
    if about.ready and not about.warned:
        return
    row = BY_ID.get(about.to)
    name = (
        f"{first_disk(row)} or the like" if row and row.best_on and row.prefixes else "another name"
    )
    yield Step(
        _WHERE,
        f"The disk will be {name}, and its names by id and by path change: put UUIDs where "
        "these files name disks.",
        (
            "grep -nE '/dev/([shv]|xv)d[a-z]|by-(id|path)' /etc/fstab /etc/crypttab "
            "/etc/default/grub",
            "lsblk -o NAME,UUID,LABEL,MOUNTPOINT",
        ),
        "Also look into cloud-init's fs_setup and mounts, mdadm.conf, and filters in "
        "lvm.conf. Debian and Ubuntu on BIOS: "
        "dpkg-reconfigure grub-pc after the move.",
    )
    here = disk(about.device, inventory)
    if here and any("lvm" in layer.lower() for layer in here.stack):
        yield Step(
            _WHERE,
            "LVM may know the disk by a serial number that changes: see whether it keeps a "
            "devices file.",
            ("lvmdevices --check", "mv /etc/lvm/devices/system.devices /root/"),
            "The second line only if the file is there, with the initramfs rebuilt after it; "
            "vgimportdevices -a writes a new one after the move.",
        )


def _with_transport(modules: Tuple[str, ...], inventory: Inventory) -> Tuple[str, ...]:
    """Add the bus that virtio drivers sit on: they do not depend on it, so no tool adds it for
    them.
    """
    disks = [BY_ID[one] for one in on_bus("virtio") if BY_ID[one].device == "disk"]
    mine = next((row for row in disks if driver_of(row) in modules), None)
    transport = transport_of(mine, inventory.guest.architecture) if mine else ()
    return modules if set(modules) & {*transport, *OTHER_TRANSPORTS} else (*transport, *modules)


def change_nic(about: ChangeNic, _inventory: Inventory) -> Steps:
    if about.ready:
        return
    if (plain(about.device, ""), mac(about.mac)) == ("", "MAC"):
        # A card without a driver has no name yet that a configuration could be bound to.
        yield Step(
            _WHERE,
            "Once the new card has its driver, bind its configuration to its MAC address.",
            ("ip -brief link",),
        )
        return
    name, address = plain(about.device, "NIC"), mac(about.mac)
    yield Step(
        _WHERE,
        f"Find what is bound to the name {name} or to a driver, and bind it to the MAC "
        "address instead, in the form of its tool.",
        (
            f"grep -rniwE '{name}|{address}|driver' /etc/netplan /etc/network "
            "/etc/NetworkManager \\",
            "  /etc/sysconfig /etc/systemd/network /etc/udev/rules.d",
            f'# netplan, below the id: match: {{macaddress: "{address}"}} and set-name: lan0',
            f"# ifcfg files of Red Hat's systems: HWADDR={address} in place of DEVICE=",
            f"# systemd-networkd, below [Match]: MACAddress={address} in place of Name= and "
            "Driver=",
            f"nmcli con modify CON 802-3-ethernet.mac-address {address} "
            "connection.interface-name ''",
        ),
    )
    row = BY_ID.get(about.to)
    # On Xen's bus a driver is called by the type of its device ("vif"), not as its module.
    driver = (
        (f"Driver={driver_of(row)}",)
        if row and row.is_target and row.kind != EMULATED and row.bus != "xen"
        else ()
    )
    yield Step(
        _WHERE,
        "Or give it a name of its own: write this to /etc/systemd/network/10-lan0.link, use "
        "lan0 in those files, and rebuild the initramfs.",
        ("[Match]", f"MACAddress={address}", *driver, "[Link]", "Name=lan0"),
        "Names like eth0 and ens3 are the kernel's and udev's own: another NIC may get the "
        "same. lan0 and net0 cannot clash.",
    )


def add_queues(about: AddQueues, inventory: Inventory) -> Steps:
    if about.kind == "nic":
        yield _queues(about.device, cpus(about.cpus, inventory))
    else:
        yield Step(
            _WHERE,
            "Once the host offers more queues the driver takes them (virtio-scsi since Linux "
            "3.10, virtio-blk since 3.17).",
            (f"ls /sys/block/{plain(about.device, 'DISK')}/mq",),
        )


def use_queues(about: UseQueues, _inventory: Inventory) -> Steps:
    yield _queues(about.device, number(about.queues))


def _queues(device: str, count: str) -> Step:
    name = plain(device, "NIC")
    return Step(
        _WHERE,
        "See how many queues the card offers (maximums) and uses (current), and use them.",
        (f"ethtool -l {name}", f"ethtool -L {name} combined {count}"),
        "It lasts until the next boot; CombinedChannels= in a systemd .link file makes it last.",
    )


def enable_discard(about: EnableDiscard, inventory: Inventory) -> Steps:
    name, here = plain(about.device, "DISK"), disk(about.device, inventory)
    timer = (
        () if packages.family(inventory) == "alpine" else ("systemctl enable --now fstrim.timer",)
    )
    crypt = here is not None and any("crypt" in layer.lower() for layer in here.stack)
    yield Step(
        _WHERE,
        "Once DISC-MAX is not 0, trim the file systems, and have it done every week.",
        (f"lsblk -D /dev/{name}", "fstrim -av", *timer),
        ("Through LUKS it also needs the option discard in /etc/crypttab. " if crypt else "")
        + STILL_LARGE,
    )


def run_agent(about: RunAgent, inventory: Inventory) -> Steps:
    package, service = packages.agent(inventory, about.agent)
    line = packages.by_configuration(inventory, about.agent)
    if line:
        yield Step(
            _WHERE,
            "Switch the agent on in NixOS' configuration.",
            (line, "nixos-rebuild switch"),
            _AGENT_NOTES.get(about.agent, ""),
        )
        return
    if not package and about.agent in _CD:
        yield Step(_WHERE, f"This distribution has no package of the agent: {_CD[about.agent]}.")
        return
    if not package:
        yield Step(
            _WHERE,
            "Install the guest agent or guest tools that your platform offers, and start "
            "their service.",
        )
        return
    code = packages.start(inventory, service)
    if not about.installed:
        code = (*packages.install(inventory, package), *code)
    yield Step(
        _WHERE,
        f"{'Start' if about.installed else 'Install and start'} the agent (package {package}, "
        f"service {service}).",
        code,
        _AGENT_NOTES.get(about.agent, ""),
    )


_CD = {
    "xe-guest-utilities": "run Linux/install.sh from the CD with the guest tools",
    "virtualbox-guest-utils": "run VBoxLinuxAdditions.run from the CD with the Guest Additions",
}
_AGENT_NOTES = {
    "qemu-ga": "It needs /dev/virtio-ports/org.qemu.guest_agent.0, which is there once the host has its "
    "channel.",
    "xe-guest-utilities": "On RHEL it is in EPEL; where there is no package, run Linux/install.sh from the CD with "
    "the guest tools.",
    "virtualbox-guest-utils": "Where there is no package, run VBoxLinuxAdditions.run from the CD with the Guest "
    "Additions.",
    "hyperv-daemons": "The VSS daemon (for backups) and the file copy daemon are services of their own.",
}


def modern_virtio(_about: ModernVirtio, _inventory: Inventory) -> Steps:
    yield Step(
        _WHERE,
        "See which devices work as virtio 1 (1) and which as legacy (0), and whether the PCI "
        "ids are modern (1af4:1040 and up).",
        (
            "ls -d /sys/bus/virtio/devices/*",
            "cut -c33 /sys/bus/virtio/devices/*/features",
            "lspci -nn -d 1af4:",
        ),
        "The driver speaks virtio 1 since Linux 4.0: before the host stops offering legacy, "
        "every kernel here must be that new.",
    )


def prepare_driver(about: PrepareDriver, inventory: Inventory) -> Steps:
    modules = tokens(about.modules) or ("MODULE",)
    release = kernel(about.kernel or inventory.guest.kernel)
    image = initramfs.image_of(release, about.tool, about.image, inventory)
    yield from initramfs.steps(image, _with_transport(modules, inventory), inventory, about.keep)


def nothing_to_prepare(about: NothingToPrepare, _inventory: Inventory) -> Steps:
    to, release = plain(about.to, "TARGET"), kernel(about.kernel)
    warning = sentence(about.warning, "preflight warns of something")
    if about.kind == "nic":
        says = (
            f"Nothing has to be made ready for {to}: the kernel {release} has its driver, and the "
            "network's configuration applies to the new card."
        )
    elif about.warning:
        says = f"No driver has to be added for {to}, and the kernel {release} boots from it; but {warning}."
    else:
        has = (
            f"the initramfs of {release} already has its drivers"
            if about.in_initramfs
            else f"the kernel {release} has its driver where it is needed"
        )
        says = f"Nothing has to be made ready for {to}: {has}, and no name of the disk breaks."
    evidence, others = proof(about.evidence), tokens(about.others)
    notes = (
        f"By {evidence}." if evidence else "",
        f"Not so, or not known, for {', '.join(others)}." if others else "",
    )
    which = (
        f" --{'nic' if about.kind == 'nic' else 'disk'} {name}"
        if (name := plain(about.device, ""))
        else ""
    )
    yield Step(
        _WHERE,
        says,
        (f"guestcheck preflight --target {to}{which}",),
        " ".join(note for note in notes if note),
    )


def install_driver(about: InstallDriver, inventory: Inventory) -> Steps:
    release, module = kernel(about.kernel), plain(about.module, "the driver")
    if inventory.container or inventory.platform == "firecracker":
        yield Step(
            "on the host",
            f"The kernel {release} lacks {module}, and the host supplies it: no package of "
            f"this system replaces it. Start the guest with a kernel that has {module}.",
        )
        return
    package = packages.kernel_packages(inventory, release)
    if package:
        yield Step(
            _WHERE,
            f"The kernel {release} lacks {module}. Install the distribution's full kernel or "
            "its further modules, and boot that.",
            packages.install(inventory, package),
            "Small kernels made for one cloud or for containers leave drivers out.",
        )
    symbol = plain(about.symbol, "OPTION")
    yield Step(
        _WHERE,
        "In a kernel of your own, set the option (and those it depends on), as a module or "
        "built in.",
        (f"{symbol if symbol.startswith('CONFIG_') else 'CONFIG_' + symbol}=m",),
        ""
        if package
        else f"The kernel {release} lacks {module}; a distribution's full kernel has it.",
    )


def bind_driver(about: BindDriver, _inventory: Inventory) -> Steps:
    address, module = plain(about.address, "ADDRESS"), plain(about.module, "MODULE")
    yield Step(
        _WHERE,
        "Load the driver, and see whether it takes the device.",
        (
            f"modprobe {module}",
            f"lspci -nnk -s {address}",
            f"dmesg | grep -e {module} -e {address}",
        ),
    )
    yield Step(
        _WHERE,
        "If it does not load, see whether it is forbidden, or missing in this kernel.",
        (
            f"grep -rn {module} /etc/modprobe.d /usr/lib/modprobe.d /proc/cmdline",
            f"modinfo {module}",
        ),
        "If it loads by hand only, have it loaded at boot: a line in /etc/modules-load.d, or "
        "in the initramfs for the root disk.",
    )


def unplug_emulated(_about: UnplugEmulated, inventory: Inventory) -> Steps:
    there = {word.partition("=")[0] for word in (inventory.guest.cmdline or "").split()}
    boot = menu(inventory)
    found = [word for word in ("xen_emul_unplug", "xen_nopv", "nopv") if word in there]
    yield Step(
        _WHERE,
        "Take what keeps the emulated devices out of the kernel's command line"
        + (
            f": it has {' and '.join(found)}."
            if found
            else " (xen_emul_unplug=never, xen_nopv, nopv), if it is there."
        ),
        ("cat /proc/cmdline", "dmesg | grep -i -e unplug -e 'xen.*platform'"),
        f"It is set in {boot.name}"
        + (f"; then {boot.line} writes the boot menu." if boot.command else "."),
    )
    yield Step(
        _WHERE,
        "See that the kernel has Xen's platform driver and front ends; then it unplugs the "
        "emulated devices at boot by itself.",
        (
            "grep -E 'XEN_PVHVM|XEN_(BLK|NET)DEV_FRONTEND' "
            f"/boot/config-{kernel(inventory.guest.kernel)}",
            "ls /sys/bus/xen/devices",
        ),
        "Disks become xvda or the like: use UUIDs in fstab, and have xen-blkfront in the "
        "initramfs.",
    )


def settle(about: Settle, inventory: Inventory) -> Steps:
    """Word what would settle a verdict, by what the source is: a guest can be asked again, and a
    text can be added to.
    """
    name = plain(about.device, "")
    sort = about.kind
    if inventory.guest.origin == TEXTS:
        yield Step(
            _WHERE,
            "Add what these print to the pasted text, each behind its command; where that "
            "leaves it open, the host's definition of the VM decides.",
            _worth_adding(name, sort, inventory),
        )
    elif inventory.guest.origin != GUEST:
        yield Step(
            _WHERE,
            "This source cannot be asked for more. Record the guest itself, as root, and "
            "judge that; or paste what these print into a text and judge it.",
            ("sudo guestcheck collect -o guest.tar.gz", *_worth_adding(name, sort, inventory)),
            "guestcheck collector sh prints a script that records a guest without Python.",
        )
    else:
        yield from _ask_again(name, sort)


def _worth_adding(name: str, sort: str, inventory: Inventory) -> Tuple[str, ...]:
    """Return the commands whose output tells of a device, without those of which it is known
    already.
    """
    guest = inventory.guest
    if not sort:  # of the machine itself
        return ("lscpu", "dmidecode -t system")
    code = [] if inventory.hypervisor not in (None, "vm-other") or guest.clues.cpuid else ["lscpu"]
    if guest.pci is None or _lacks_ids(guest.pci):
        code.append("lspci -nnk")
    if sort == "disk":
        return (
            *code,
            "ls -l /sys/block",
            f"udevadm info -a -n /dev/{name}" if name else "lsblk -O -J",
        )
    if sort == "nic":
        asked = name in _with_driver(inventory.nics or ())
        return (
            *code,
            "ls -l /sys/class/net",
            *(() if asked else (f"ethtool -i {name or 'eth0'}",)),
        )
    return tuple(code) or ("dmidecode -t system",)


@kept
def _lacks_ids(functions: Tuple[PciFunction, ...]) -> bool:
    return any(not function.device for function in functions)


@kept
def _with_driver(nics: Tuple[Nic, ...]) -> FrozenSet[str]:
    """Return the names of the cards whose driver is known."""
    return frozenset(nic.name for nic in nics if nic.driver)


def _ask_again(name: str, sort: str) -> Steps:
    yield Step(
        _WHERE,
        "Run guestcheck as root: some of what decides is for root only.",
        ("sudo guestcheck",),
    )
    if name and sort == "disk":
        code: Tuple[str, ...] = (
            f"readlink -f /sys/block/{name}/device",
            f"udevadm info -a -n /dev/{name}",
        )
    elif name and sort == "nic":
        code = (f"readlink -f /sys/class/net/{name}/device", f"ethtool -i {name}")
    else:
        code = (
            "systemd-detect-virt --vm",
            "dmidecode -t system",
            "lspci -nnk",
            "lsblk -S -o NAME,HCTL,TRAN,VENDOR,MODEL",
        )
    yield Step(
        _WHERE,
        "If that leaves it open, these show which bus and driver stand behind it; the host's "
        "definition of the VM decides.",
        code,
    )


def laid_out(step: Step) -> Step:
    """Return a step whose long commands go over several lines."""
    return step._replace(code=tuple(part for line in step.code for part in edits.fold(line)))
