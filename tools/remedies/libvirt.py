"""libvirt: each plan's own lines are run, one after the other, by virsh and virt-xml against
libvirt's QEMU driver.

The daemon is one of its own below a temporary folder, started by virsh for an ordinary user (root
steps down) and gone after two idle minutes. The domains have no system on their disk and need no
KVM. What a plan leaves must be valid by libvirt's schema and become the expected arguments of QEMU;
started, where nothing of the host is needed; and its way back must lead to the definition as it
was.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from difflib import unified_diff
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

from tools.remedies.commands import MAC, OK, UNCHECKED, WRONG, Outcome, Plan, commands

_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
_NEEDED = (
    "virsh",
    "libvirtd",
    "setpriv",
    "virt-xml",
    "virt-xml-validate",
    "qemu-system-x86_64",
    "qemu-img",
)
_RAW = "<driver name='qemu' type='raw'/>"
_DRIVE = "<address type='drive' controller='0' bus='0' target='0' unit='0'/>"
_SCSI = "<controller type='scsi' index='0' model='{}'/>"


class Base(NamedTuple):
    """A domain to change: its machine, its disk's target and bus, the card's model, and further
    elements.
    """

    machine: str
    target: str
    bus: str
    card: str
    more: str = ""


_IDE = Base("pc", "hda", "ide", "e1000")
_SATA = Base("q35", "sda", "sata", "e1000")
_LSI = Base("pc", "sda", "scsi", "e1000", _SCSI.format("lsilogic"))
_BLK = Base("q35", "vda", "virtio", "virtio", _SCSI.format("virtio-scsi"))
_VSCSI = Base("q35", "sda", "scsi", "virtio", _SCSI.format("virtio-scsi"))

# Plans that leave the same definition when they are run again; others take a device away or add
# one.
_TWICE = ("change-nic", "add-queues", "enable-discard", "fix-flush", "run-agent", "modern-virtio")
# What QEMU must be given, or the definition hold, after a plan.
_EXPECTED: Dict[Tuple[str, str], str] = {
    ("move-disk", "virtio-scsi"): r'"driver":"virtio-scsi-pci".*"driver":"scsi-hd"',
    ("move-disk", ""): r'"driver":"virtio-blk-pci"',
    ("change-nic", ""): r"<model type='virtio'/>",
    ("add-queues", "nic"): r"<driver name='vhost' queues='4'/>",
    ("add-queues", "virtio-scsi"): r'virtio-scsi-pci.*"num_queues":4',
    ("add-queues", ""): r'virtio-blk-pci.*"num-queues":4',
    ("enable-discard", ""): r'"discard":"unmap"',
    ("fix-flush", ""): r'"direct":true',
    ("run-agent", ""): r"virtserialport.*org\.qemu\.guest_agent\.0",
    ("modern-virtio", ""): r"virtio-non-transitional",
    ("spread-disks", ""): r"pcie-root-port.*scsi-hd",
    ("windows-drivers", "nic"): r"<model type='virtio'/>",
    ("windows-drivers", "virtio-scsi"): r'virtio-scsi-pci.*"driver":"scsi-hd"',
    ("windows-drivers", ""): r'"driver":"virtio-blk-pci"',
}


def check(plans: Tuple[Plan, ...]) -> Iterator[Outcome]:
    """Run every plan that has lines for libvirt."""
    ours = [plan for plan in plans if plan.place == "libvirt"]
    missing = [name for name in _NEEDED if shutil.which(name, path=_PATH) is None]
    if missing:
        yield from _unchecked(ours, f"there is no {missing[0]} here")
        return
    folder = Path(tempfile.mkdtemp(prefix="remedies-"))
    folder.chmod(0o755)
    try:
        libvirt = _Libvirt(folder)
        first = libvirt.run("virsh", "domcapabilities")
        if first.returncode:
            yield from _unchecked(
                ours, f"libvirt's QEMU driver does not answer: {first.stderr.strip()[:200]}"
            )
            return
        for plan in ours:
            for base in _bases(plan):
                yield from _run(libvirt, plan, base)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unchecked(plans: List[Plan], why: str) -> Iterator[Outcome]:
    yield from (
        Outcome("libvirt", one, UNCHECKED, why)
        for plan in plans
        for code in plan.steps
        for one in commands(code)
    )


def _bases(plan: Plan) -> Tuple[Base, ...]:
    interface = plan.about.get("interface", "")
    if plan.action in ("move-disk", "windows-drivers"):
        return (_LSI,) if plan.about.get("bus") == "scsi" else (_IDE, _SATA)
    if plan.action == "change-nic":
        return (_IDE, _SATA)
    if plan.action == "spread-disks":
        return (_BLK,)
    return (_VSCSI,) if interface == "virtio-scsi" and plan.action != "run-agent" else (_BLK,)


class _Libvirt:
    """virsh and virt-xml with a daemon of their own, everything below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": _PATH,
            "HOME": str(folder),
            "LC_ALL": "C",
            "LIBVIRT_DEFAULT_URI": "qemu:///session",
        }
        for name in ("RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME", "DATA_HOME"):
            (folder / name).mkdir(mode=0o700)
            self.environment[f"XDG_{name}"] = str(folder / name)
        (folder / "work").mkdir()
        self.prefix: List[str] = []
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (folder, *folder.iterdir()):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
            self.prefix = [
                "setpriv",
                f"--reuid={nobody.pw_uid}",
                f"--regid={nobody.pw_gid}",
                "--clear-groups",
            ]

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        # The first call has QEMU probed, which takes a minute on a busy machine.
        return subprocess.run(
            [*self.prefix, *command],
            cwd=self.folder / "work",
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def _run(libvirt: _Libvirt, plan: Plan, base: Base) -> Iterator[Outcome]:
    """Run a plan's commands on a fresh domain; the outcome of each, and of the plan as a whole on
    its last one.
    """
    for path in (libvirt.folder / "work").iterdir():
        path.unlink()
    complaint = _define(libvirt, base)
    before = libvirt.run("virsh", "dumpxml", "--inactive", "guest").stdout
    done: List[str] = []
    for command in (one for code in plan.steps for one in commands(code)):
        if command.startswith("virsh start"):
            complaint = (
                complaint
                or (_again(libvirt, plan, base, done) if plan.action in _TWICE else "")
                or _result(libvirt, plan)
            )
            complaint = complaint or (_start(libvirt, command) if _starts(plan) else "")
        else:
            complaint = complaint or _step(libvirt, plan, base, command)
        if complaint:
            yield Outcome("libvirt", command, WRONG, f"{base.machine}, {base.bus}: {complaint}")
            break
        done.append(command)
    if not complaint and done[-1].startswith("virsh start"):
        complaint = _back(libvirt, before)
        if complaint:
            yield Outcome("libvirt", done[-1], WRONG, complaint)
    libvirt.run("virsh", "undefine", "guest")
    yield from (
        Outcome("libvirt", one, OK, "run by virsh and virt-xml on libvirt's QEMU driver")
        for one in done
    )


def _again(libvirt: _Libvirt, plan: Plan, base: Base, done: List[str]) -> str:
    """Run a plan's commands once more; return what they change, "" where nothing is."""
    first = libvirt.run("virsh", "dumpxml", "--inactive", "guest").stdout
    for command in done:
        if complaint := _step(libvirt, plan, base, command):
            return f"the second time: {complaint}"
    second = libvirt.run("virsh", "dumpxml", "--inactive", "guest").stdout
    return "" if first == second else "run twice, it leaves another definition"


def _define(libvirt: _Libvirt, base: Base) -> str:
    disk, path = libvirt.folder / "disk.raw", libvirt.folder / "guest.xml"
    if not disk.exists():
        disk.write_bytes(bytes(1 << 20))
        disk.chmod(0o666)
    more = libvirt.folder / "more.qcow2"
    if not more.exists():
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(more), "1M"], check=True)
        more.chmod(0o666)
    address = _DRIVE if base.bus != "virtio" else ""
    cdrom = "hdd' bus='ide" if base.machine == "pc" else "sdx' bus='sata"
    path.write_text(
        f"""<domain type='qemu'><name>guest</name><memory unit='MiB'>64</memory><vcpu>4</vcpu>
<os><type arch='x86_64' machine='{base.machine}'>hvm</type><boot dev='hd'/></os><features><acpi/></features>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'>{_RAW}<source file='{disk}'/><target dev='{base.target}' bus='{base.bus}'/>{address}</disk>
<disk type='file' device='cdrom'>{_RAW}<target dev='{cdrom}'/><readonly/></disk>{base.more}
<interface type='user'><mac address='{MAC}'/><model type='{base.card}'/></interface>
<video><model type='none'/></video></devices></domain>""",
        encoding="utf-8",
    )
    ran = libvirt.run("virsh", "define", str(path))
    return "" if ran.returncode == 0 else f"the domain itself is refused: {ran.stderr.strip()}"


def _step(libvirt: _Libvirt, plan: Plan, base: Base, command: str) -> str:
    """Run one command with its placeholders filled in; return the complaint, "" where it did its
    work.
    """
    slot = "sdq" if plan.action == "spread-disks" else base.target
    line = (
        re.sub(r"\bVM\b", "guest", command)
        .replace("SLOT", slot)
        .replace("mac=MAC", f"mac={MAC}")
        .replace("FORMAT", "qcow2")
    )
    line = (
        line.replace("BRIDGE", "br0")
        .replace("index=N", "index=5")
        .replace("scsi:N.", "scsi:5.")
        .replace("queues=N", "queues=4")
    )
    line = line.replace("/var/lib/libvirt/images", str(libvirt.folder / "work")).replace(
        " IMAGE ", f" {libvirt.folder}/more.qcow2 "
    )
    ran = libvirt.run("sh", "-c", line)
    said = ran.stderr.strip()
    if ran.returncode == 0 or (
        command.startswith("virsh shutdown") and "domain is not running" in said
    ):
        return ""
    if (
        command.startswith("virsh dumpxml")
        and "grep" in command
        and "||" not in command
        and not said
    ):
        return ""  # it shows that there is none
    if "qemu-agent-command" in command and ("not running" in said or "not configured" in said):
        return ""
    return said[:300] or f"exit {ran.returncode}"


def _key(plan: Plan) -> str:
    for word in (
        ("nic",)
        if plan.about.get("kind") == "nic"
        else (plan.about.get("to", ""), plan.about.get("interface", ""))
    ):
        if (plan.action, word) in _EXPECTED:
            return _EXPECTED[plan.action, word]
    return _EXPECTED[plan.action, ""]


def _result(libvirt: _Libvirt, plan: Plan) -> str:
    """Return what is wrong with the definition that a plan leaves."""
    xml = libvirt.run("virsh", "dumpxml", "--inactive", "guest").stdout
    path = libvirt.folder / "work" / "after.xml"
    libvirt.run("sh", "-c", f"virsh dumpxml --inactive guest > {path}")
    schema = libvirt.run("virt-xml-validate", str(path), "domain")
    if schema.returncode:
        return f"schema: {schema.stderr.strip()[:300]}"
    # The translation would make a tap device of each card, which takes root: cards are looked for
    # in the definition.
    bare = libvirt.folder / "bare.xml"
    bare.write_text(
        re.sub(r"<interface.*?</interface>", "", xml, flags=re.DOTALL), encoding="utf-8"
    )
    native = libvirt.run("virsh", "domxml-to-native", "qemu-argv", "--xml", str(bare))
    whole = xml + " ".join(native.stdout.replace("\\\n", " ").split())
    wanted = _key(plan)
    if native.returncode:
        return f"QEMU's arguments: {native.stderr.strip()[:300]}"
    if not re.search(wanted, whole, re.DOTALL):
        return f"it leads to no {wanted}"
    if plan.action == "move-disk" and '"driver":"lsi"' in whole:
        return "the disk hangs on an emulated LSI"
    if (
        plan.action == "move-disk"
        and plan.about.get("is_root")
        and '"bootindex":1' not in whole
        and plan.about.get("bus") != "scsi"
    ):
        return "the machine does not boot from the disk"
    return ""


def _starts(plan: Plan) -> bool:
    """Tell whether the machine can be started here: vhost and bridges need more of a host."""
    return plan.about.get("kind") != "nic" or plan.action not in ("add-queues", "windows-drivers")


def _start(libvirt: _Libvirt, command: str) -> str:
    ran = libvirt.run(*command.replace("VM", "guest").split())
    if ran.returncode:
        return ran.stderr.strip()[:300]
    libvirt.run("virsh", "destroy", "guest")
    return ""


def _back(libvirt: _Libvirt, before: str) -> str:
    """Carry out the way back; return what is not as it was, "" where all is."""
    ran = libvirt.run("virsh", "define", "guest-before.xml")
    if ran.returncode:
        return f"the way back: {ran.stderr.strip()[:200]}"
    after = libvirt.run("virsh", "dumpxml", "--inactive", "guest").stdout
    # The order of controllers may be another.
    lines = [
        line.strip()
        for line in unified_diff(
            sorted(before.splitlines()), sorted(after.splitlines()), "before", "after", n=0
        )
    ]
    return f"the way back does not lead back: {' '.join(lines)[:400]}" if lines else ""
