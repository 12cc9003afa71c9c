"""Recorded Windows guests: what each device is said to be, what is advised, and that nothing of Linux is spoken of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from guestcheck.cli import main
from guestcheck.errors import NoEvidenceError
from guestcheck.model.check import NOTE, PASS, SKIP, WARN
from guestcheck.model.report import Report, Sink
from guestcheck.render import json as json_format
from guestcheck.render import text
from guestcheck.run import examine
from guestcheck.sources import open_source

FOLDER = Path(__file__).parent / "fixtures" / "windows"
RECORDINGS = sorted(FOLDER.glob("*.txt"))

EMULATED, PARAVIRTUAL, UNKNOWN = "emulated", "paravirtual", "unknown"
Said = Tuple[str, str, str]
# By recording: hypervisor, and of disks and cards the interface, kind and driver.
TRUTH: Dict[str, Tuple[object, List[Said], List[Said]]] = {
    "ide-e1000": ("qemu", [("ide", EMULATED, "intelide")], [("e1000", EMULATED, "E1G60")]),
    "ide-e1000-german": ("qemu", [("ide", EMULATED, "intelide")], [("e1000", EMULATED, "E1G60")]),
    "ide-e1000-german-utf16": ("qemu", [("ide", EMULATED, "intelide")], [("e1000", EMULATED, "E1G60")]),
    "ide-e1000-domain": ("qemu", [("ide", EMULATED, "intelide")], [("e1000", EMULATED, "E1G60")]),
    "sata-e1000e": ("qemu", [("sata", EMULATED, "storahci")], [("e1000e", EMULATED, "e1iexpress")]),
    "virtio-blk": ("kvm", [("virtio-blk", PARAVIRTUAL, "viostor")] * 2, [("virtio-net", PARAVIRTUAL, "netkvm")]),
    "virtio-scsi": ("qemu", [("virtio-scsi", PARAVIRTUAL, "vioscsi")], [("virtio-net", PARAVIRTUAL, "netkvm")]),
    "unbound": ("qemu", [("sata", EMULATED, "storahci")], [("virtio-net", PARAVIRTUAL, "")]),
    "vmware-pvscsi-vmxnet3": ("vmware", [("pvscsi", PARAVIRTUAL, "pvscsi")], [("vmxnet3", PARAVIRTUAL, "vmxnet3ndis6")]),
    "vmware-lsi-e1000e": ("vmware", [("lsi-sas", EMULATED, "LSI_SAS")], [("e1000e", EMULATED, "e1iexpress")]),
    "hyperv-gen2": ("microsoft", [("storvsc", PARAVIRTUAL, "storvsc")], [("netvsc", PARAVIRTUAL, "netvsc")]),
    "hyperv-gen1": ("microsoft", [("storvsc", PARAVIRTUAL, "storflt")], [("tulip", EMULATED, "dc21x4VM")]),
    "hyperv-gen1-unknown": ("microsoft", [("ide", UNKNOWN, "intelide")], [("tulip", EMULATED, "dc21x4VM")]),
    "xen": ("xen", [("xen-blkfront", PARAVIRTUAL, "xenvbd")], [("xen-netfront", PARAVIRTUAL, "xennet")]),
    "windows-7": ("qemu", [("ide", EMULATED, "intelide")], [("rtl8139", EMULATED, "RTL8023x64")]),
    "blocked": (None, [("", UNKNOWN, "")], []),
}
# What no report of a Windows guest speaks of, for the guest's own part.
_OF_LINUX = re.compile(r"initramfs|dracut|udev|fstab|/etc/|/sys/|modprobe|lspci|systemd|CONFIG_|systemctl|/boot|lsblk|kernel-")


def report(name: str) -> Report:
    return examine(open_source([str(FOLDER / f"{name}.txt")]))


def shown(name: str, verbose: bool = False) -> str:
    return text.render(report(name), Sink(width=120, verbose=verbose))


def test_each_recording_has_its_truth() -> None:
    assert {path.stem for path in RECORDINGS} == set(TRUTH)


@pytest.mark.parametrize("name", TRUTH)
def test_what_it_is_is_said(name: str) -> None:
    hypervisor, disks, nics = TRUTH[name]
    inventory = report(name).inventory
    assert inventory.hypervisor == hypervisor
    assert [(disk.verdict.interface, disk.verdict.kind, disk.driver) for disk in inventory.disks or ()] == disks
    assert [(nic.verdict.interface, nic.verdict.kind, nic.driver) for nic in inventory.nics or ()] == nics


@pytest.mark.parametrize("name", TRUTH)
def test_nothing_of_linux_is_spoken_of(name: str) -> None:
    told = report(name)
    steps = [step for steps in told.remedies.values() for step in steps if step.where == "in the guest"]
    said = [line for step in steps for line in (step.text, step.note, *step.code)]
    said += [line for steps in told.remedies.values() for step in steps for line in (step.text, step.note)]  # the host's code is for Linux hosts
    said += [f"{hint.source} {hint.says}" for result in told.results for hint in result.evidence]
    said += [result.summary for result in told.results if result.outcome not in (PASS, SKIP)]
    said += [disk.verdict.settle for disk in told.inventory.disks or ()] + [nic.verdict.settle for nic in told.inventory.nics or ()]
    assert [line for line in said if _OF_LINUX.search(line)] == []
    assert "KERNELS" not in shown(name)


@pytest.mark.parametrize("name", TRUTH)
def test_nothing_crashes_and_the_formats_take_it(name: str) -> None:
    told = report(name)
    assert [result for result in told.results if result.outcome == "error"] == []
    assert not any("parser failed" in gap.reason for gap in told.gaps)
    json_format.render(told, Sink())
    text.render(told, Sink(width=80, verbose=True))


def test_the_language_of_windows_changes_nothing() -> None:
    english, german, wide = (report(name).inventory for name in ("ide-e1000", "ide-e1000-german", "ide-e1000-german-utf16"))
    assert german._replace(guest=wide.guest) == wide
    for one, other in zip((*(english.disks or ()), *(english.nics or ())), (*(german.disks or ()), *(german.nics or ()))):
        assert (one.name, one.address, one.verdict.kind) == (other.name, other.address, other.verdict.kind)
    assert [disk.roles for disk in german.disks or ()] == [("root", "boot")]
    assert german.guest.hostname == "BÜRO-SRV3"


def test_the_system_and_its_disks_are_told() -> None:
    guest = report("virtio-blk").inventory.guest
    assert (guest.os_name, guest.os_version, guest.architecture, guest.cpus) == (
        "Microsoft Windows Server 2022 Standard Evaluation",
        "10.0.20348",
        "x86_64",
        4,
    )
    disks = report("virtio-blk").inventory.disks or ()
    assert [(disk.name, disk.address, disk.roles, disk.stack) for disk in disks] == [
        ("PhysicalDrive0", "0000:00:05.0", ("root", "boot"), ("partition 1 active partition", "C: NTFS Windows")),
        ("PhysicalDrive1", "0000:00:07.0", ("data",), ("E: NTFS data",)),
    ]


def test_the_platform_is_told() -> None:
    assert report("virtio-blk").inventory.platform == "openstack"
    assert report("virtio-scsi").inventory.platform == "proxmox"


def test_a_drivers_version_and_signer_are_shown() -> None:
    assert "driver viostor 100.95.104.26200 of Red Hat, Inc., 2024-07-24, oem3.inf, signed by Microsoft Windows Hardware" in shown("virtio-blk").replace(
        "\n      ", " "
    )


def test_devices_without_a_driver_are_told_with_their_ids_and_the_package_that_has_it() -> None:
    told = report("unbound")
    found = {result.id: result.outcome for result in told.results if result.outcome in (WARN, NOTE)}
    assert found["disk-driver-missing"] == found["nic-driver-missing"] == WARN
    assert found["guest-device-problem"] == NOTE
    said = shown("unbound", verbose=True)
    for package in ("vioscsi\\w10\\amd64\\vioscsi.inf", "NetKVM\\w10\\amd64\\netkvm.inf", "vioserial\\w10\\amd64\\vioser.inf"):
        assert f"pnputil /add-driver E:\\{package} /install" in said
    assert "the steps name" in said  # the balloon's driver is found as the serial port's is
    assert "code 28: PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01" in said


def test_the_driver_comes_before_the_hosts_part() -> None:
    said = shown("ide-e1000")
    assert said.index("virtio-win.iso") < said.index("> libvirt") < said.index("<target dev='vda'")
    assert "E:\\viostor\\2k19\\amd64\\viostor.inf" in said


def test_windows_7_gets_no_installer() -> None:
    said = shown("windows-7")
    assert "pnputil -i -a E:\\viostor\\w7\\amd64\\viostor.inf" in said
    assert "guest-tools.exe" not in said


def test_vmware_gets_its_own_tools() -> None:
    said = shown("vmware-lsi-e1000e")
    assert "VMware Tools: they hold the driver for PVSCSI" in said
    assert "virtio-win" not in said


def test_an_agent_that_does_not_run_is_told_by_its_service() -> None:
    assert "sc.exe start QEMU-GA" in shown("virtio-scsi")


def test_what_could_not_be_read_is_a_gap_with_its_reason() -> None:
    gaps = {gap.asked: gap.reason for gap in report("blocked").gaps}
    assert "no permission" in gaps["Win32_ComputerSystem"]
    assert "did not end in time" in gaps["Win32_PnPEntity"]
    assert len(report("blocked").gaps) == len(set(report("blocked").gaps))
    assert "ended with an error" in gaps["Win32_NetworkAdapter"]


def test_what_is_asked_of_linux_is_no_gap() -> None:
    assert {gap.question for gap in report("ide-e1000").gaps} <= {"windows_registry", "windows_files", "windows_protection"}


@pytest.mark.parametrize("name", [name for name in TRUTH if name != "blocked"])
def test_a_redacted_recording_is_judged_the_same_and_names_nobody(name: str, tmp_path: Path) -> None:
    packed = tmp_path / "packed.tar.gz"
    assert main(["collect", str(FOLDER / f"{name}.txt"), "--redact", "-o", str(packed)]) == 0
    told, plain = examine(open_source([str(packed)])), report(name)
    assert [(d.verdict.interface, d.verdict.kind, d.driver) for d in told.inventory.disks or ()] == TRUTH[name][1]
    assert [(n.verdict.interface, n.verdict.kind, n.driver) for n in told.inventory.nics or ()] == TRUTH[name][2]
    text_of = json_format.render(told, Sink())
    secrets = [
        plain.inventory.guest.hostname,
        *(nic.mac for nic in plain.inventory.nics or ()),
        *(a for nic in plain.inventory.nics or () for a in nic.addresses),
    ]
    assert [secret for secret in secrets if secret and secret in text_of] == []


class TestDamage:
    def lines(self) -> List[str]:
        return (FOLDER / "ide-e1000.txt").read_bytes().decode("utf-8-sig").replace("\r", "").split("\n")

    @pytest.mark.parametrize("kept", [3, 20, 60, 100, 140, 170])
    def test_a_recording_that_was_cut_says_so_and_gives_what_it_has(self, tmp_path: Path, kept: int) -> None:
        path = tmp_path / "cut.txt"
        path.write_text("\n".join(self.lines()[:kept]), encoding="utf-8")
        try:
            told = examine(open_source([str(path)]))
        except NoEvidenceError:
            assert kept <= 60
            return
        assert any("cut short" in gap.reason for gap in told.gaps)

    @pytest.mark.parametrize("step", [2, 3, 7])
    def test_lines_that_are_missing_cost_themselves(self, tmp_path: Path, step: int) -> None:
        path = tmp_path / "torn.txt"
        lines = self.lines()
        path.write_text("\n".join(line for place, line in enumerate(lines) if place < 2 or place % step), encoding="utf-8")
        try:
            told = examine(open_source([str(path)]))
        except NoEvidenceError:
            assert step == 2
            return
        assert not any("parser failed" in gap.reason for gap in told.gaps)

    def test_several_recordings_have_to_be_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check", str(FOLDER)]) == 3
        assert "name one of them" in capsys.readouterr().err

    def test_preflight_has_no_traceback(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["preflight", str(FOLDER / "ide-e1000.txt"), "--target", "virtio-blk"]) in (0, 1, 3)
        assert "Traceback" not in capsys.readouterr().err

    def test_it_can_be_packed_as_any_other(self, tmp_path: Path) -> None:
        packed = tmp_path / "packed.tar.gz"
        assert main(["collect", str(FOLDER / "virtio-blk.txt"), "-o", str(packed)]) == 0
        one, other = report("virtio-blk"), examine(open_source([str(packed)]))
        assert [(d.name, d.verdict) for d in one.inventory.disks or ()] == [(d.name, d.verdict) for d in other.inventory.disks or ()]
