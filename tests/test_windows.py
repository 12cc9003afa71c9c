"""Recorded Windows guests: what each device is said to be, what is advised, and that nothing of
Linux is spoken of.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from guestcheck.cli import main
from guestcheck.cli.preflight import asked
from guestcheck.errors import NoEvidenceError
from guestcheck.model.check import NOTE, PASS, SKIP, WARN
from guestcheck.model.report import Report, Sink
from guestcheck.model.target import BOOTS, DOES_NOT_BOOT, NETWORK_LOST, NETWORK_UP
from guestcheck.model.target import UNKNOWN as NOT_KNOWN
from guestcheck.render.machine import json as json_format
from guestcheck.render.people import html, markdown, text
from guestcheck.run import examine, preflight
from guestcheck.sources import open_source

FOLDER = Path(__file__).parent / "fixtures" / "windows"
RECORDINGS = sorted(FOLDER.glob("*.txt"))

EMULATED, PARAVIRTUAL, UNKNOWN = "emulated", "paravirtual", "unknown"
Said = Tuple[str, str, str]
# By recording: hypervisor, and of disks and cards the interface, kind and driver.
TRUTH: Dict[str, Tuple[object, List[Said], List[Said]]] = {
    "ide-e1000": ("qemu", [("ide", EMULATED, "intelide")], [("e1000", EMULATED, "E1G60")]),
    "ide-e1000-german": ("qemu", [("ide", EMULATED, "intelide")], [("e1000", EMULATED, "E1G60")]),
    "ide-e1000-german-utf16": (
        "qemu",
        [("ide", EMULATED, "intelide")],
        [("e1000", EMULATED, "E1G60")],
    ),
    "ide-e1000-domain": ("qemu", [("ide", EMULATED, "intelide")], [("e1000", EMULATED, "E1G60")]),
    "sata-e1000e": ("qemu", [("sata", EMULATED, "storahci")], [("e1000e", EMULATED, "e1iexpress")]),
    "virtio-blk": (
        "kvm",
        [("virtio-blk", PARAVIRTUAL, "viostor")] * 2,
        [("virtio-net", PARAVIRTUAL, "netkvm")],
    ),
    "virtio-scsi": (
        "qemu",
        [("virtio-scsi", PARAVIRTUAL, "vioscsi")],
        [("virtio-net", PARAVIRTUAL, "netkvm")],
    ),
    "unbound": ("qemu", [("sata", EMULATED, "storahci")], [("virtio-net", PARAVIRTUAL, "")]),
    "vmware-pvscsi-vmxnet3": (
        "vmware",
        [("pvscsi", PARAVIRTUAL, "pvscsi")],
        [("vmxnet3", PARAVIRTUAL, "vmxnet3ndis6")],
    ),
    "vmware-lsi-e1000e": (
        "vmware",
        [("lsi-sas", EMULATED, "LSI_SAS")],
        [("e1000e", EMULATED, "e1iexpress")],
    ),
    "hyperv-gen2": (
        "microsoft",
        [("storvsc", PARAVIRTUAL, "storvsc")],
        [("netvsc", PARAVIRTUAL, "netvsc")],
    ),
    "hyperv-gen1": (
        "microsoft",
        [("storvsc", PARAVIRTUAL, "storflt")],
        [("tulip", EMULATED, "dc21x4VM")],
    ),
    "hyperv-gen1-unknown": (
        "microsoft",
        [("ide", UNKNOWN, "intelide")],
        [("tulip", EMULATED, "dc21x4VM")],
    ),
    "xen": (
        "xen",
        [("xen-blkfront", PARAVIRTUAL, "xenvbd")],
        [("xen-netfront", PARAVIRTUAL, "xennet")],
    ),
    "windows-7": ("qemu", [("ide", EMULATED, "intelide")], [("rtl8139", EMULATED, "RTL8023x64")]),
    "blocked": (None, [("", UNKNOWN, "")], []),
}
# By recording whose registry was recorded: whether Windows would boot by viostor, by vioscsi, and
# have its network by netkvm, and what decides each.
READY: Dict[str, Tuple[Tuple[str, str], Tuple[str, str], Tuple[str, str]]] = {
    "ide-e1000": (
        (DOES_NOT_BOOT, "service-missing"),
        (DOES_NOT_BOOT, "service-missing"),
        (NETWORK_LOST, "static-address"),
    ),
    "ide-e1000-domain": (
        (BOOTS, "bitlocker"),
        (DOES_NOT_BOOT, "driver-not-bound"),
        (NETWORK_LOST, "card-driver-missing"),
    ),
    "sata-e1000e": (
        (DOES_NOT_BOOT, "driver-staged-only"),
        (DOES_NOT_BOOT, "driver-staged-only"),
        (NETWORK_UP, ""),
    ),
    "virtio-blk": ((BOOTS, ""), (DOES_NOT_BOOT, "service-overridden"), (NETWORK_UP, "")),
    "virtio-scsi": ((DOES_NOT_BOOT, "service-missing"), (BOOTS, ""), (NETWORK_UP, "")),
    "unbound": (
        (DOES_NOT_BOOT, "driver-file-missing"),
        (DOES_NOT_BOOT, "policy-restricts"),
        (NETWORK_LOST, "card-driver-missing"),
    ),
    "vmware-pvscsi-vmxnet3": (
        (DOES_NOT_BOOT, "service-missing"),
        (DOES_NOT_BOOT, "service-missing"),
        (NETWORK_LOST, "card-driver-missing"),
    ),
    "vmware-lsi-e1000e": (
        (BOOTS, "san-policy"),
        (DOES_NOT_BOOT, "service-not-boot"),
        (NETWORK_UP, ""),
    ),
    "hyperv-gen2": (
        (DOES_NOT_BOOT, "service-missing"),
        (DOES_NOT_BOOT, "service-missing"),
        (NETWORK_LOST, "card-driver-missing"),
    ),
    "xen": (
        (DOES_NOT_BOOT, "service-missing"),
        (DOES_NOT_BOOT, "service-missing"),
        (NETWORK_LOST, "card-driver-missing"),
    ),
    "windows-7": (
        (NOT_KNOWN, "signature-sha2"),
        (DOES_NOT_BOOT, "driver-not-bound"),
        (NETWORK_LOST, "card-driver-missing"),
    ),
}
# What no report of a Windows guest speaks of, for the guest's own part.
_OF_LINUX = re.compile(
    r"initramfs|dracut|udev|fstab|/etc/|/sys/|modprobe|lspci|systemd|CONFIG_|systemctl|/boot|"
    r"lsblk|kernel-"
)


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
    assert [
        (disk.verdict.interface, disk.verdict.kind, disk.driver) for disk in inventory.disks or ()
    ] == disks
    assert [
        (nic.verdict.interface, nic.verdict.kind, nic.driver) for nic in inventory.nics or ()
    ] == nics


@pytest.mark.parametrize("name", TRUTH)
def test_nothing_of_linux_is_spoken_of(name: str) -> None:
    told = report(name)
    steps = [
        step for steps in told.remedies.values() for step in steps if step.where == "in the guest"
    ]
    said = [line for step in steps for line in (step.text, step.note, *step.code)]
    said += [
        line
        for steps in told.remedies.values()
        for step in steps
        for line in (step.text, step.note)
    ]  # the host's code is for Linux hosts
    said += [f"{hint.source} {hint.says}" for result in told.results for hint in result.evidence]
    said += [result.summary for result in told.results if result.outcome not in (PASS, SKIP)]
    said += [disk.verdict.settle for disk in told.inventory.disks or ()] + [
        nic.verdict.settle for nic in told.inventory.nics or ()
    ]
    assert [line for line in said if _OF_LINUX.search(line)] == []
    assert "KERNELS" not in shown(name)


@pytest.mark.parametrize("name", TRUTH)
def test_nothing_crashes_and_the_formats_take_it(name: str) -> None:
    told = report(name)
    assert [result for result in told.results if result.outcome == "error"] == []
    assert not any("parser failed" in gap.reason for gap in told.gaps)
    json_format.render(told, Sink())
    for form in (html, markdown):
        assert not re.search("[Kk]ernel", form.render(told, Sink(width=80)).replace("kernel-", ""))
    text.render(told, Sink(width=80, verbose=True))


@pytest.mark.parametrize("name", READY)
def test_whether_it_would_boot_is_said_of_viostor_and_of_vioscsi_and_of_its_cards(
    name: str,
) -> None:
    found = preflight(
        open_source([str(FOLDER / f"{name}.txt")]),
        asked(["virtio-blk", "virtio-scsi", "virtio-net"], False),
    ).readiness
    assert [one.target for one in found] == ["virtio-blk", "virtio-scsi", "virtio-net"]
    for one, (verdict, reason) in zip(found, READY[name]):
        assert (one.target, one.verdict) == (one.target, verdict)
        assert reason in {why.id for why in one.reasons} if reason else one.reasons == ()


def test_a_recording_that_was_not_asked_for_filters_keeps_its_verdict_and_says_so() -> None:
    asked_for = {
        name: "Control\\Class" in (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
        for name in ("virtio-blk", "virtio-scsi")
    }
    assert asked_for == {"virtio-blk": True, "virtio-scsi": False}
    for name, was_asked in asked_for.items():
        one = preflight(
            open_source([str(FOLDER / f"{name}.txt")]), asked([name, "ide"], False)
        ).readiness[1]
        assert not any(why.id.startswith("filter") for why in one.reasons)
        assert (
            any("they were not asked for" in unseen for unseen in one.not_examined) is not was_asked
        )


@pytest.mark.parametrize("name", sorted(set(TRUTH) - set(READY)))
def test_without_its_registry_nothing_is_said_for_certain(name: str) -> None:
    inventory = report(name).inventory
    found = [one for one in report(name).readiness if one.target in ("virtio-blk", "virtio-scsi")]
    moved = {disk.verdict.interface for disk in inventory.disks or ()}
    assert {one.target for one in found} == {"virtio-blk", "virtio-scsi"}
    assert {one.verdict for one in found if one.target not in moved} <= {NOT_KNOWN}


def test_each_report_has_a_line_for_viostor_and_one_for_vioscsi() -> None:
    for name in TRUTH:
        said = shown(name)
        assert [
            said.count(f"service {service}: would Windows boot from it?")
            for service in ("viostor", "vioscsi")
        ] == [1, 1]


def test_what_is_ready_is_not_installed_again() -> None:
    told = report("ide-e1000-domain")
    steps = [
        step.text
        for step in told.remedies[[result.id for result in told.results].index("disk-emulated")]
    ]
    assert "Windows has the driver for virtio-blk, starts it at boot" in steps[0]
    assert not any("helper disk on the new bus" in text or "virtio-win" in text for text in steps)
    assert "ready to move to virtio-blk: yes" in shown("ide-e1000-domain")
    assert "ready to move" not in shown("virtio-blk")  # it is there already
    proof = next(one.evidence for one in told.readiness if one.target == "virtio-blk")
    assert [hint.says for hint in proof] == [
        "Start = 0 (boot)",
        "oem5.inf binds it to viostor",
        "is there",
    ]


def test_the_firmware_and_bitlocker_are_told() -> None:
    guest = report("ide-e1000-domain").inventory.guest
    assert (guest.firmware, guest.windows and guest.windows.bitlocker) == ("bios", True)
    assert report("vmware-lsi-e1000e").inventory.guest.firmware == "efi"  # by its partitions


def test_a_hive_that_was_not_loaded_proves_nothing() -> None:
    text = (FOLDER / "hyperv-gen2.txt").read_text(encoding="utf-8-sig")
    assert "#answer windows_registry absent" in text
    windows = report("hyperv-gen2").inventory.guest.windows
    assert windows is not None
    assert "pci\\ven_1af4&dev_1000" not in (windows.staged or ())
    assert not [gap for gap in report("hyperv-gen2").gaps if "DRIVERS" in gap.asked]


def test_there_is_no_shell_script_for_windows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fix.sh"
    assert (
        main(
            [
                "preflight",
                "--target",
                "virtio-blk",
                "--fix-script",
                str(out),
                str(FOLDER / "ide-e1000.txt"),
            ]
        )
        == 2
    )
    assert "for a Linux guest" in capsys.readouterr().err
    assert not out.exists()


def test_the_rescue_is_told_with_the_file_for_this_windows() -> None:
    found = preflight(open_source([str(FOLDER / "virtio-blk.txt")]), asked(["virtio-scsi"], False))
    code = "\n".join(line for step in found.repairs[0] for line in step.code)
    assert "drvload E:\\vioscsi\\2k22\\amd64\\vioscsi.inf" in code
    for command in (
        "dism /image:",
        'bcdedit /set "{default}" safeboot minimal',
        "reg load HKLM\\GUEST",
        "ControlSet001\\Services\\vioscsi\\StartOverride",
    ):
        assert command in code
    assert "openstack server create" in code  # the host's half, where it is known what the host is


def test_the_language_of_windows_changes_nothing() -> None:
    english, german, wide = (
        report(name).inventory
        for name in ("ide-e1000", "ide-e1000-german", "ide-e1000-german-utf16")
    )
    assert german._replace(guest=wide.guest) == wide
    for one, other in zip(
        (*(english.disks or ()), *(english.nics or ())),
        (*(german.disks or ()), *(german.nics or ())),
    ):
        assert (one.name, one.address, one.verdict.kind) == (
            other.name,
            other.address,
            other.verdict.kind,
        )
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
        (
            "PhysicalDrive0",
            "0000:00:05.0",
            ("root", "boot"),
            ("partition 1 active partition", "C: NTFS Windows"),
        ),
        ("PhysicalDrive1", "0000:00:07.0", ("data",), ("E: NTFS data",)),
    ]


def test_the_platform_is_told() -> None:
    assert report("virtio-blk").inventory.platform == "openstack"
    assert report("virtio-scsi").inventory.platform == "proxmox"


def test_a_drivers_version_and_signer_are_shown() -> None:
    assert (
        "driver viostor 100.95.104.26200 of Red Hat, Inc., 2024-07-24, oem3.inf, signed by "
        "Microsoft Windows Hardware" in shown("virtio-blk").replace("\n      ", " ")
    )


def test_devices_without_a_driver_are_told_with_their_ids_and_the_package_that_has_it() -> None:
    told = report("unbound")
    found = {result.id: result.outcome for result in told.results if result.outcome in (WARN, NOTE)}
    assert found["disk-driver-missing"] == found["nic-driver-missing"] == WARN
    assert found["guest-device-problem"] == NOTE
    said = shown("unbound", verbose=True)
    for package in (
        "vioscsi\\w10\\amd64\\vioscsi.inf",
        "NetKVM\\w10\\amd64\\netkvm.inf",
        "vioserial\\w10\\amd64\\vioser.inf",
        "Balloon\\w10\\amd64\\balloon.inf",
    ):
        assert f"pnputil /add-driver E:\\{package} /install" in said
    assert "the steps name" not in said  # the balloon's driver is not the serial port's
    assert "code 28: PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01" in said


def test_the_driver_comes_before_the_hosts_part() -> None:
    said = shown("ide-e1000")
    assert said.index("archive-virtio/") < said.index("> libvirt") < said.index("virt-xml")
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
    assert {gap.question for gap in report("ide-e1000").gaps} <= {
        "windows_registry",
        "windows_files",
        "windows_protection",
    }


@pytest.mark.parametrize("name", [name for name in TRUTH if name != "blocked"])
def test_a_redacted_recording_is_judged_the_same_and_names_nobody(
    name: str, tmp_path: Path
) -> None:
    packed = tmp_path / "packed.tar.gz"
    assert main(["collect", str(FOLDER / f"{name}.txt"), "--redact", "-o", str(packed)]) == 0
    told, plain = examine(open_source([str(packed)])), report(name)
    assert [
        (d.verdict.interface, d.verdict.kind, d.driver) for d in told.inventory.disks or ()
    ] == TRUTH[name][1]
    assert [
        (n.verdict.interface, n.verdict.kind, n.driver) for n in told.inventory.nics or ()
    ] == TRUTH[name][2]
    text_of = json_format.render(told, Sink())
    secrets = [
        plain.inventory.guest.hostname,
        *(nic.mac for nic in plain.inventory.nics or ()),
        *(a for nic in plain.inventory.nics or () for a in nic.addresses),
    ]
    assert [secret for secret in secrets if secret and secret in text_of] == []


class TestDamage:
    def lines(self) -> List[str]:
        return (
            (FOLDER / "ide-e1000.txt")
            .read_bytes()
            .decode("utf-8-sig")
            .replace("\r", "")
            .split("\n")
        )

    @pytest.mark.parametrize("kept", [3, 20, 60, 100, 140, 170])
    def test_a_recording_that_was_cut_says_so_and_gives_what_it_has(
        self, tmp_path: Path, kept: int
    ) -> None:
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
        path.write_text(
            "\n".join(line for place, line in enumerate(lines) if place < 2 or place % step),
            encoding="utf-8",
        )
        try:
            told = examine(open_source([str(path)]))
        except NoEvidenceError:
            assert step == 2
            return
        assert not any("parser failed" in gap.reason for gap in told.gaps)

    def test_several_recordings_are_a_line_each(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check", str(FOLDER)]) == 0
        said = capsys.readouterr().out
        assert [
            name for name in sorted(path.name for path in FOLDER.glob("*.txt")) if name not in said
        ] == []

    def test_preflight_has_no_traceback(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["preflight", str(FOLDER / "ide-e1000.txt"), "--target", "virtio-blk"]) in (
            0,
            1,
            3,
        )
        assert "Traceback" not in capsys.readouterr().err

    def test_it_can_be_packed_as_any_other(self, tmp_path: Path) -> None:
        packed = tmp_path / "packed.tar.gz"
        assert main(["collect", str(FOLDER / "virtio-blk.txt"), "-o", str(packed)]) == 0
        one, other = report("virtio-blk"), examine(open_source([str(packed)]))
        assert [(d.name, d.verdict) for d in one.inventory.disks or ()] == [
            (d.name, d.verdict) for d in other.inventory.disks or ()
        ]
