"""What a report says of pasted texts and other sources that cannot be asked again: advice and gaps
are such that somebody can follow them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from guestcheck.catalogue.rows import TARGETS
from guestcheck.errors import NoEvidenceError
from guestcheck.messages import words
from guestcheck.model.report import Report, Sink
from guestcheck.render.page.findings import groups
from guestcheck.render.people import terminal, text
from guestcheck.render.sentences import headline
from guestcheck.run import examine, preflight
from guestcheck.sources import open_source

LSPCI = """00:00.0 Host bridge [0600]: Intel Corporation 440FX - 82441FX PMC [Natoma] [8086:1237] (rev 02)
00:01.1 IDE interface [0101]: Intel Corporation 82371SB PIIX3 IDE [Natoma/Triton II] [8086:7010]
00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device [1af4:1000]
"""
LSBLK = """NAME   MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS
sda      8:0    0  20G  0 disk
└─sda1   8:1    0  20G  0 part /
"""
ETHTOOL = """driver: e1000
version: 6.1.0
firmware-version:
bus-info: 0000:00:03.0
supports-statistics: yes
"""
IP = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
    link/ether 52:54:00:12:34:57 brd ff:ff:ff:ff:ff:ff
"""


def of(path: Path, pasted: str) -> Report:
    (path / "ticket.txt").write_text(pasted)
    return examine(open_source([str(path / "ticket.txt")]))


def shown(report: Report, width: int = 80, verbose: bool = False) -> str:
    return " ".join(text.render(report, Sink(width, verbose=verbose)).split())


@pytest.mark.parametrize("pasted", [LSPCI, LSBLK, ETHTOOL, IP, LSPCI + LSBLK, LSBLK + ETHTOOL])
def test_a_text_is_told_what_to_add_and_never_to_run_guestcheck_as_root(
    pasted: str, tmp_path: Path
) -> None:
    report = of(tmp_path, pasted)
    for rendered in (text.render(report, Sink(80)), terminal.render(report, Sink(160))):
        said = " ".join(rendered.split())
        assert "as root" not in said
        assert "sudo" not in said
        assert "not among the pasted texts" in said
        assert "taken for it" not in said


def test_the_commands_to_add_name_the_card_and_leave_out_what_is_there(tmp_path: Path) -> None:
    said = text.render(of(tmp_path, IP), Sink(80)).split("\n")
    assert "              ethtool -i eth0" in said
    assert "              lspci -nnk" in said
    said = text.render(of(tmp_path, LSPCI + LSBLK), Sink(80)).split("\n")
    assert "              lspci -nnk" not in said
    assert "              udevadm info -a -n /dev/sda" in said


def test_a_line_for_each_command_that_is_missing_and_only_the_most_useful(tmp_path: Path) -> None:
    report = of(tmp_path, LSBLK)
    gaps = text.render(report, Sink(200)).split("GAPS\n")[1].strip("\n").split("\n")
    assert len(gaps) == 7
    assert gaps[1].startswith("  lspci -nnk: would tell which network cards")
    assert gaps[-1].startswith("  and 7 more: guestcheck -v names them")
    everything = (
        text.render(report, Sink(200, verbose=True)).split("GAPS\n")[1].strip("\n").split("\n")
    )
    assert len(everything) == 13
    assert not any("more" in line for line in everything[1:])


def test_which_kernel_runs_is_taken_for_the_default_only_where_one_is_known(tmp_path: Path) -> None:
    report = of(tmp_path, LSBLK)
    assert [gap.leaves_open for gap in report.gaps if gap.question == "boot_entries"] == [
        "which kernel boots by default"
    ]
    report = of(
        tmp_path, "$ uname -a\nLinux guest 6.1.0-13-amd64 #1 SMP x86_64 GNU/Linux\n" + LSBLK
    )
    assert [gap.leaves_open for gap in report.gaps if gap.question == "boot_entries"] == [
        "which kernel boots by default (the running one is taken for it)"
    ]


@pytest.mark.parametrize("pasted", [LSPCI, LSBLK, ETHTOOL, IP, LSPCI + LSBLK + IP])
def test_the_header_counts_what_the_list_shows(pasted: str, tmp_path: Path) -> None:
    report = of(tmp_path, pasted)
    counts = text.render(report, Sink(300)).split("\n")[1].partition(": ")[2]
    listed = groups(report, False)
    told = {
        outcome: sum(len(group.results) for group in listed if group.first.outcome == outcome)
        for outcome in ("warn", "unknown", "note")
    }
    assert counts == ", ".join(
        f"{count} {outcome.upper()}" for outcome, count in told.items() if count
    )
    findings = text.render(report, Sink(300)).split("FINDINGS\n")[1].split("GAPS\n")[0]
    assert findings.count("not known: ") + findings.count("cannot tell") + findings.count(
        "is not known\n"
    ) == sum(told.values())


def test_many_devices_of_which_the_same_is_open_are_named_in_a_line(tmp_path: Path) -> None:
    disks = "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS\n" + "".join(
        f"sd{letter}    8:{16 * place}    0  20G  0 disk\n" for place, letter in enumerate("abcdef")
    )
    said = shown(of(tmp_path, disks))
    assert "cannot tell what sda hangs on" in said
    assert "cannot tell what sdc hangs on" not in said
    assert "and the same of 4 more: sdc, sdd, sde, sdf" in said


def test_an_interface_without_a_name_is_told_by_its_place(tmp_path: Path) -> None:
    said = shown(of(tmp_path, ETHTOOL))
    assert "net//" not in said
    assert "ethtool -i :" not in said
    assert said.count("Evidence: ethtool -i: driver e1000") == 1
    assert "0000:00:03.0 unknown e1000 e1000 To find out: lspci -nnk -s 0000:00:03.0" in said


def test_several_interfaces_without_names_stay_several(tmp_path: Path) -> None:
    report = of(
        tmp_path, ETHTOOL + "\n" + ETHTOOL.replace("03.0", "04.0").replace("e1000", "virtio_net")
    )
    assert [(nic.name, nic.address, nic.driver) for nic in report.inventory.nics or ()] == [
        ("", "0000:00:03.0", "e1000"),
        ("", "0000:00:04.0", "virtio_net"),
    ]


def test_an_interface_without_a_name_and_a_place_is_called_unnamed(tmp_path: Path) -> None:
    report = of(tmp_path, ETHTOOL.replace(" 0000:00:03.0", ""))
    assert [nic.name for nic in report.inventory.nics or ()] == ["(unnamed)"]
    assert "(unnamed)" not in " ".join(
        line for steps in report.remedies.values() for step in steps for line in step.code
    )
    bond = of(tmp_path, ETHTOOL.replace("e1000", "bonding").replace(" 0000:00:03.0", ""))
    assert "(unnamed): software, made by this guest" in shown(bond)
    assert "none among the pasted texts" in shown(bond)


def test_a_card_of_which_ethtool_was_not_pasted_is_not_taken_for_software(tmp_path: Path) -> None:
    report = of(tmp_path, f"{IP}\n$ ethtool -i eth0\n{ETHTOOL}")
    assert [nic.name for nic in report.inventory.nics or ()] == ["eth0", "eth1"]
    assert [one.name for one in report.inventory.ignored] == ["lo"]


def test_what_only_the_devices_tell_is_no_hypervisor_without_a_name(tmp_path: Path) -> None:
    said = shown(of(tmp_path, LSPCI))
    assert "gives no name" not in said
    assert "an unknown hypervisor, by PCI" in said
    assert "a hypervisor that gives no name" in shown(
        of(tmp_path, f"$ systemd-detect-virt --vm\nvm-other\n$ lspci\n{LSPCI}")
    )


def test_controllers_are_not_without_a_disk_where_no_disk_is_known(tmp_path: Path) -> None:
    assert "STORAGE CONTROLLERS, DISKS UNKNOWN 0000:00:01.1 ide" in shown(of(tmp_path, LSPCI))
    assert "WITHOUT A DISK" not in shown(of(tmp_path, LSPCI + LSBLK))


DMIDECODE = """# dmidecode 3.4
Handle 0x0100, DMI type 1, 27 bytes
System Information
\tManufacturer: QEMU
\tProduct Name: Standard PC (i440FX + PIIX, 1996)
"""
LSCPU = {
    "German": (
        "Architektur:                        x86_64\n  CPU Operationsmodus:              "
        "32-bit, 64-bit\nCPU(s):                             4\n"
        "  Liste der Online-CPU(s):          0-3\n  Modellname:                       Intel "
        "Xeon\n  Hypervisor-Anbieter:              KVM\n"
    ),
    "French": (
        "Architecture :                      x86_64\nProcesseur(s) :                     "
        "4\nListe de processeur(s) en ligne :   0-3\n"
        "Nom de modèle :                     Intel Xeon\nConstructeur d'hyperviseur :        KVM\n"
    ),
    "Japanese": "アーキテクチャ:    x86_64\nCPU:    4\nオンラインになっている CPU のリスト: 0,2-4\nハイパーバイザのベンダー:    KVM\n",
    "a part": "  Hypervisor-Anbieter:  KVM\n  Virtualisierungstyp:  voll\n",
    "a part in Russian": "Производитель гипервизора:  KVM\nТип виртуализации:  полный\n",
}


@pytest.mark.parametrize("language", LSCPU)
def test_lscpu_in_another_language_tells_as_much_and_leaves_no_gap_of_its_own(
    language: str, tmp_path: Path
) -> None:
    report = of(tmp_path, LSCPU[language])
    assert report.inventory.hypervisor == "kvm"
    assert report.inventory.guest.cpus == (4 if "x86_64" in LSCPU[language] else None)
    assert not [gap for gap in report.gaps if gap.question in ("cpuinfo", "detect_virt")]


def test_a_text_that_names_the_hypervisor_alone_says_so_and_what_to_add(tmp_path: Path) -> None:
    report = of(tmp_path, DMIDECODE)
    assert (
        headline(report)
        == "This is a virtual machine, on QEMU. The disks and network cards are not among the "
        "pasted texts."
    )
    assert "lspci -nnk: would tell" in shown(report)


def test_that_no_hypervisor_shows_is_a_verdict_only_where_it_was_asked(tmp_path: Path) -> None:
    """The processor of a Xen guest or dom0 may show none: without a device to judge that is nothing
    to report.
    """
    alone = (
        "# dmidecode 3.4\nHandle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: "
        "Apple Inc.\n\nprocessor\t: 0\nflags\t\t: fpu vme de lm\n"
    )
    with pytest.raises(NoEvidenceError, match="lspci -nnk"):
        of(tmp_path, alone)
    assert (
        headline(of(tmp_path, "$ systemd-detect-virt --vm\nnone\n"))
        == "This is no virtual machine: there is nothing to judge."
    )


def test_a_card_is_not_without_an_interface_where_no_interfaces_were_pasted(tmp_path: Path) -> None:
    card = (
        "00:03.0 Ethernet controller [0200]: Intel Corporation 82540EM [8086:100e]\n\tKernel "
        "driver "
        "in use: e1000\n"
    )
    assert "has no interface" not in shown(of(tmp_path, card))
    assert "has no interface" not in shown(of(tmp_path, f"{card}\n$ ip link\n{IP}"))


def test_a_device_without_ids_has_no_empty_evidence(tmp_path: Path) -> None:
    report = of(tmp_path, "Slot:\t00:03.0\nClass:\tEthernet controller\nVendor:\t\nDevice:\t\n")
    assert [
        hint.says
        for nic in report.inventory.nics or ()
        for hint in nic.verdict.evidence
        if hint.says in (":", "")
    ] == []


def test_a_virtio_card_behind_its_transport_is_not_without_a_driver(tmp_path: Path) -> None:
    """lspci names virtio-pci, and the driver above it only /sys or ethtool."""
    card = (
        "00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device "
        "[1af4:1000]\n\tKernel driver in use: virtio-pci\n"
    )
    assert "has no driver" not in shown(of(tmp_path, card))
    other = card.replace("1af4:1000", "8086:100e").replace(
        "\tKernel driver in use: virtio-pci", "\tKernel modules: e1000"
    )
    assert "has no driver" in shown(of(tmp_path, f"{card}{other.replace('03.0', '04.0')}"))


def test_whether_it_would_boot_there_a_text_does_not_tell_and_the_guest_would(
    tmp_path: Path,
) -> None:
    (tmp_path / "ticket.txt").write_text(LSPCI + LSBLK)
    found = preflight(
        open_source([str(tmp_path / "ticket.txt")]),
        [target for target in TARGETS if target.id == "virtio-blk"],
    )
    assert [
        (one.verdict, words(reason.settle).partition(",")[0])
        for one in found.readiness
        for reason in one.reasons
    ] == [("unknown", "run guestcheck preflight in the guest")]
