"""Pasted output: whatever a mail, a ticket or a terminal made of it, it is never read wrongly, and
light damage loses nothing.
"""

from __future__ import annotations

import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.errors import NoEvidenceError
from guestcheck.evidence.linux.block import parse_lsblk
from guestcheck.model.device import UNKNOWN
from guestcheck.model.report import Report
from guestcheck.model.source import OK, Answer, Command, File
from guestcheck.run import examine
from guestcheck.sources import open_source
from guestcheck.sources._paste.large import _parts
from guestcheck.sources.bundle import Bundle
from guestcheck.sources.pasted import Pasted, recognise
from guestcheck.stores.files import Files
from guestcheck.stores.folder import Folder
from tests.examples import examples
from tests.sources.mangled import (
    GUESTS,
    HEAVY,
    LIGHT,
    answers,
    bare,
    lspci_list,
    read,
    session,
    shown,
)

Verdicts = Dict[str, Tuple[str, str]]


def verdicts(report: Report) -> Verdicts:
    """Return kind and interface of each disk, card and controller by its name or address."""
    found = report.inventory
    told = {disk.name: disk.verdict for disk in found.disks or ()}
    told.update({nic.name or nic.address: nic.verdict for nic in found.nics or ()})
    told.update({one.address: one.verdict for one in found.controllers or ()})
    return {name: (verdict.kind, verdict.interface) for name, verdict in told.items()}


def pasted(path: Path, text: "str | bytes") -> Pasted:
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    source = recognise(Files([str(path)]))
    assert source is not None
    return source


@lru_cache(None)
def truth(folder: Path) -> Verdicts:
    """Return what is so: the verdicts on the recording itself, which test_guests compares with what
    was attached.
    """
    return verdicts(examine(Bundle(folder.name, lambda name: read(folder, name))))


@lru_cache(None)
def undamaged(folder: Path, tmp: Path) -> Verdicts:
    return verdicts(examine(pasted(tmp / f"{folder.name}.txt", session(shown(folder)))))


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pasted")


def wrong(said: Verdicts, folder: Path) -> List[str]:
    true = truth(folder)
    return [
        f"{name}: {said[name]}, not {true.get(name)}"
        for name in said
        if said[name][0] != UNKNOWN and name in true and said[name][0] != true[name][0]
    ]


# What a recording knows by USB ids and by NVMe's own subsystems, which none of the usual commands
# shows.
BEYOND = ("enx", "nvme")


@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_a_terminal_s_text_says_what_the_guest_itself_says(folder: Path, place: Path) -> None:
    said, true = undamaged(folder, place), truth(folder)
    assert not wrong(said, folder)
    named = [
        name
        for name in true
        if name[0].isalpha() and name[0].islower() and true[name][0] != UNKNOWN
    ]
    assert not [
        name
        for name in named
        if said.get(name, (UNKNOWN,))[0] == UNKNOWN and not name.startswith(BEYOND)
    ]


@pytest.mark.tail(every=4)
@pytest.mark.parametrize("damage", LIGHT)
@pytest.mark.parametrize("folder", GUESTS[::3], ids=lambda folder: folder.name)
def test_light_damage_loses_nothing(folder: Path, damage: str, place: Path) -> None:
    parts = shown(folder)
    said = verdicts(examine(pasted(place / "light.txt", LIGHT[damage](session(parts)))))
    assert said == undamaged(folder, place)


@pytest.mark.tail(every=4)
@pytest.mark.parametrize("damage", HEAVY)
@pytest.mark.parametrize("folder", GUESTS[::2], ids=lambda folder: folder.name)
def test_heavy_damage_makes_nothing_wrong(folder: Path, damage: str, place: Path) -> None:
    for text in (session(shown(folder)), bare(shown(folder))):
        (place / "heavy.txt").write_text(HEAVY[damage](text), errors="replace")
        source = recognise(Files([str(place / "heavy.txt")]))
        if source is None:
            continue
        try:
            said = verdicts(examine(source))
        except NoEvidenceError:
            continue
        assert not wrong(said, folder)


@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_names_alone_say_the_same_as_ids_or_nothing(folder: Path, place: Path) -> None:
    vmm = answers(folder).get("lspci -Dvmmnnk", "")
    if vmm:
        said = verdicts(examine(pasted(place / "names.txt", lspci_list(vmm, ids=False))))
        assert not wrong(said, folder)
        marked = any("Virtio" in line for line in vmm.split("\n"))
        assert (
            not marked
            or any(kind == "paravirtual" for kind, _ in said.values())
            or all(name not in said for name in truth(folder))
        )


def test_files_of_one_guest_are_judged_together(tmp_path: Path) -> None:
    folder = next(guest for guest in GUESTS if guest.name == "lab-virtio-scsi-rtl8139-bookworm")
    paths = []
    for number, (command, text) in enumerate(shown(folder)):
        paths.append(
            tmp_path
            / f"{number}_{command.partition(' -o')[0].replace(' ', '_').replace('/', '_')}.txt"
        )
        paths[-1].write_text(text)
    one_by_one = verdicts(examine(open_source([str(path) for path in paths])))
    assert (
        one_by_one == verdicts(examine(open_source([str(tmp_path)]))) == undamaged(folder, tmp_path)
    )


def answer(source: Pasted, *argv: str) -> Sequence[Answer]:
    return [one for one in source.command(Command(argv)) if one.status == OK]


def text_of(tmp_path: Path, text: str, *argv: str) -> List[str]:
    return [one.text for one in answer(pasted(tmp_path / "paste.txt", text), *argv)]


LSPCI = "00:03.0 Ethernet controller: Red Hat, Inc Virtio network device\n"


class TestCutting:
    def test_a_prompt_ends_an_output(self, tmp_path: Path) -> None:
        source = pasted(
            tmp_path / "t",
            f"$ lspci\n{LSPCI}$ lsscsi\n[0:0:0:0]    disk    ATA      VBOX HARDDISK    1.0   "
            "/dev/sda\n$ exit\n",
        )
        assert [one.text for one in answer(source, "lspci")] == [LSPCI]
        assert len(answer(source, "lsscsi")) == 1
        assert not source.troubles

    def test_the_command_says_whose_the_output_is(self, tmp_path: Path) -> None:
        source = pasted(
            tmp_path / "t",
            "# ethtool -i ens3\ndriver: e1000\nbus-info: 0000:00:03.0\n# ethtool -i "
            "ens4\ndriver: virtio_net\n",
        )
        assert [one.asked for one in answer(source, "ethtool", "-i", "{}")] == [
            "ethtool -i ens3",
            "ethtool -i ens4",
        ]

    def test_content_wins_over_a_wrong_command(self, tmp_path: Path) -> None:
        source = pasted(tmp_path / "t", f"$ lsblk\n{LSPCI}")
        assert answer(source, "lspci")
        assert not answer(source, "lsblk")

    def test_content_wins_over_a_wrong_name(self, tmp_path: Path) -> None:
        assert answer(pasted(tmp_path / "dmidecode.txt", LSPCI), "lspci")

    def test_a_word_counts_behind_its_command_alone(self, tmp_path: Path) -> None:
        (tmp_path / "word.txt").write_text("kvm\n")
        assert recognise(Files([str(tmp_path / "word.txt")])) is None
        assert text_of(tmp_path, "$ systemd-detect-virt\nkvm\n", "systemd-detect-virt", "--vm") == [
            "kvm\n"
        ]

    def test_a_file_s_name_can_be_the_command(self, tmp_path: Path) -> None:
        source = pasted(tmp_path / "systemd-detect-virt.txt", "vmware\n")
        assert [one.text for one in answer(source, "systemd-detect-virt", "--vm")] == ["vmware\n"]

    def test_a_shown_file_is_known_by_its_path(self, tmp_path: Path) -> None:
        source = pasted(
            tmp_path / "t",
            "$ cat /sys/class/dmi/id/sys_vendor\nQEMU\n\n==> /sys/class/dmi/id/product_name "
            "<==\nKVM\n",
        )
        (vendor,), (product,) = (
            source.file(File(f"/sys/class/dmi/id/{field}"))
            for field in ("sys_vendor", "product_name")
        )
        assert (vendor.text, product.text) == ("QEMU\n", "KVM\n")

    def test_a_complaint_is_no_output(self, tmp_path: Path) -> None:
        source = pasted(
            tmp_path / "t",
            "$ systemd-detect-virt\nbash: systemd-detect-virt: command not found\n$ "
            f"lspci\n{LSPCI}",
        )
        assert not answer(source, "systemd-detect-virt", "--vm")
        assert [gap.asked for gap in source.troubles] == ["line 2 of t (systemd-detect-virt)"]

    def test_what_is_not_recognised_is_named_by_its_lines(self, tmp_path: Path) -> None:
        source = pasted(
            tmp_path / "ticket.txt", f"Hello,\nall is slow here.\n\n{LSPCI}\nRegards\nSomebody\n"
        )
        assert [gap.asked for gap in source.troubles] == [
            "lines 1-2 of ticket.txt",
            "lines 6-7 of ticket.txt",
        ]
        assert {gap.reason for gap in source.troubles} == {"not recognised"}

    def test_torn_json_is_read_as_far_as_it_goes(self, tmp_path: Path) -> None:
        text = (
            '{\n "blockdevices": [\n  {"name": "vda", "type": "disk", "subsystems": '
            '"block:virtio:pci"},\n  {"name": "vdb", "type": "di'
        )
        assert verdicts(examine(pasted(tmp_path / "t", text))) == {
            "vda": ("paravirtual", "virtio-blk")
        }

    def test_a_part_of_a_configuration_proves_nothing_by_what_is_not_in_it(
        self, tmp_path: Path
    ) -> None:
        options = "".join(f"CONFIG_OPTION_{number}=y\n" for number in range(400))
        whole = (
            "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 6.1.0 Kernel "
            f"Configuration\n#\n{options}CONFIG_CRYPTO=y\n"
        )
        for text, complete in (
            (whole, True),
            (options, False),
            (f"$ grep CONFIG_ /boot/config-6.1.0\n{whole}", False),
        ):
            report = examine(pasted(tmp_path / "config-6.1.0", text))
            (kernel,) = report.inventory.guest.kernels or ()
            assert (kernel.release, kernel.config_complete) == ("6.1.0", complete)

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
    def test_any_encoding(self, tmp_path: Path, encoding: str) -> None:
        source = pasted(tmp_path / "t", f"über alles\n\n{LSPCI}".encode(encoding))
        assert [one.text for one in answer(source, "lspci")]


@pytest.mark.parametrize(
    "text",
    [
        "Architektur:             x86_64\nHypervisor-Anbieter:     KVM\nVirtualisierungstyp:  "
        "   voll\n",
        "Architecture :                          x86_64\nConstructeur d'hyperviseur :         "
        "   KVM\n",
        "架构：                           x86_64\n超管理器厂商：                   KVM\n虚拟化类型：          "
        "           完全\n",
        "Architecture:  x86_64\nVendor ID:  GenuineIntel\nHypervisor vendor:  KVM\n",
        '{"lscpu": [{"field": "Architecture:", "data": "x86_64"}, {"field": "Hypervisor '
        'vendor:", "data": "KVM"}]}',
    ],
)
def test_lscpu_speaks_many_languages(text: str, tmp_path: Path) -> None:
    report = examine(pasted(tmp_path / "t", f"{text}\n{LSPCI}"))
    assert report.inventory.hypervisor == "kvm"


def test_nothing_known_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("Dear all,\nhow are you?\n")
    with pytest.raises(NoEvidenceError, match="nothing in it that guestcheck knows"):
        open_source([str(tmp_path / "t.txt")])


def test_pictures_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "screen.png").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "lspci.txt").write_text(LSPCI)
    source = recognise(Folder(str(tmp_path)))
    assert source
    assert [(gap.asked, gap.reason) for gap in source.troubles] == [
        ("screen.png", "not looked at: no text by its name")
    ]
    (tmp_path / "screen.png").rename(tmp_path / "screen.txt")
    source = recognise(Folder(str(tmp_path)))
    assert source
    assert [(gap.asked, gap.reason) for gap in source.troubles] == [
        ("screen.txt", "not looked at: it is no text")
    ]


WORDS = st.sampled_from(
    [
        "$ lspci",
        "# lsblk -J",
        "> ",
        "00:03.0 ",
        "NAME TYPE",
        '{"class": [',
        "}",
        "P: /devices/x",
        "E: A=b",
        "driver: x",
        "\x1b[1m",
        "\t",
        "  *-disk",
        "[0:0:0:0] ",
        "&lt;",
        "CONFIG_X=y",
        "Handle 0x1, DMI type 1",
        "sda 8:0 0 1G 0 disk",
        "-> ../devices/",
        "```",
        "Architecture:",
        "1: lo: <UP>",
        "/sys/x = y",
        "\\[",
        "```",
        "H/W path Device Class Description",
    ]
)


@settings(max_examples=examples(150), deadline=None)
@given(
    st.lists(st.one_of(WORDS, st.text(max_size=40)), max_size=40),
    st.sampled_from(["\n", "\r\n", " ", ""]),
)
def test_any_text_gives_a_report_or_one_line(
    tmp_path_factory: Any, words: List[str], between: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(between.join(words).encode("utf-8", "surrogatepass"))
    try:
        report = examine(open_source([str(path)]))
    except NoEvidenceError as error:
        said, gaps = str(error), ()
    else:
        said, gaps = "", report.gaps
    assert "\n" not in said
    assert not [gap for gap in gaps if "please report" in gap.reason]


@pytest.mark.tail(every=20)
@pytest.mark.parametrize(
    "text",
    [
        "a" * 5_000_000,
        '{"class": [' * 400_000,
        "\n".join(["ab"] * 200_000),
        "\n".join(['{"class": {'] * 200_000),
        "\n".join(["$ lspci"] * 200_000),
        ">" * 5_000_000,
    ],
    ids=[
        "a long line",
        "brackets in a line",
        "short lines",
        "brackets",
        "prompts",
        "marks of quoting",
    ],
)
def test_the_worst_texts_take_a_bounded_time(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(text)
    begun = time.process_time()
    recognise(Files([str(tmp_path / "t.txt")]))
    # Measured: 0.1 to 2.5 s; a search that grows with the square of the length would take hours.
    assert time.process_time() - begun < 60


def test_a_host_s_text_is_not_taken_for_the_guest_s(tmp_path: Path) -> None:
    host = "root@pve:~# lspci\n00:17.0 SATA controller: Intel Corporation Sunrise Point-H SATA controller\n"
    guest = (
        f"root@vm1:~# lspci\n{LSPCI}00:05.0 SCSI storage controller: Red Hat, Inc Virtio "
        "SCSI\nroot@vm1:~# lsblk\nNAME TYPE SIZE\nsda disk 5G\n"
    )
    for text in (host + guest, guest + host):
        source = pasted(tmp_path / "t", text)
        assert {one.address[5:] for one in examine(source).inventory.guest.pci or ()} == {
            "00:03.0",
            "00:05.0",
        }
        (gap,) = source.troubles
        assert gap.reason == "left out: the prompt is of pve, most of the rest of vm1"


@pytest.mark.parametrize(
    "text",
    [
        "$ readlink -f "
        "/sys/block/sda\n/sys/devices/pci0000:00/0000:00:05.0/virtio2/host2/target2:0:0/"
        "2:0:0:0/block/sda\n",
        "$ ls -l /sys/block\ntotal 0\nlrwxrwxrwx 1 0 0 0 May  1 09:00 sda -> "
        "../devices/pci0000:00/0000:00:05.0/virtio2/host2/target2:0:0/2:0:0:0/block/sda\n",
        "sda -> ../devices/pci0000:00/0000:00:05.0/virtio2/host2/target2:0:0/2:0:0:0/block/sda\n",
        "/sys/class/block/sda -> "
        "/sys/devices/pci0000:00/0000:00:05.0/virtio2/host2/target2:0:0/2:0:0:0/block/sda\n",
    ],
)
def test_a_link_into_sys_proves_the_bus(text: str, tmp_path: Path) -> None:
    assert verdicts(examine(pasted(tmp_path / "t", text)))["sda"] == ("paravirtual", "virtio-scsi")


LSHW = """host
    description: Computer
  *-core
     *-pci
          *-network
               description: Ethernet controller
               product: Virtio network device
               vendor: Red Hat, Inc.
               bus info: pci@0000:00:03.0
               configuration: driver=virtio-pci latency=0
             *-virtio0
                  description: Ethernet interface
                  bus info: virtio@0
                  logical name: ens3
                  configuration: autonegotiation=off broadcast=yes driver=virtio_net
          *-ide
               description: IDE interface
               product: 82371SB PIIX3 IDE [Natoma/Triton II]
               vendor: Intel Corporation
               bus info: pci@0000:00:01.1
               logical name: scsi0
               configuration: driver=ata_piix latency=0
             *-disk
                  description: ATA Disk
                  product: QEMU HARDDISK
                  bus info: scsi@0:0.0.0
                  logical name: /dev/sda
"""


def test_lshw_alone_shows_what_hangs_on_what(tmp_path: Path) -> None:
    said = verdicts(
        examine(pasted(tmp_path / "t", f"$ sudo lshw\n{LSHW}$ systemd-detect-virt\nqemu\n"))
    )
    assert said == {
        "sda": ("emulated", "ide"),
        "ens3": ("paravirtual", "virtio-net"),
        "0000:00:01.1": ("emulated", "ide"),
    }


@pytest.mark.parametrize(
    ("text", "hypervisor"),
    [
        (
            "$ grep . /sys/class/dmi/id/*\n/sys/class/dmi/id/bios_vendor:innotek "
            "GmbH\n/sys/class/dmi/id/sys_vendor:innotek GmbH\n",
            "oracle",
        ),
        ("$ hostnamectl\n   Static hostname: vm\n    Virtualization: microsoft\n", "microsoft"),
        (
            "[    0.000000] Linux version 6.1.0 (a@b)\n[    0.000000] Hypervisor detected: "
            "VMware\n",
            "vmware",
        ),
        ("$ sudo virt-what\nxen\nxen-hvm\naws\n", "xen"),
        ("$ systemd-detect-virt\nnone\n", "none"),
        ("none\n", None),
        ("Manufacturer: VMware, Inc.\n", None),
        (
            "$ dmidecode -t system\nSystem Information\nManufacturer: VMware, Inc.\nProduct "
            "Name: VMware Virtual Platform\n",
            "vmware",
        ),
    ],
)
def test_what_tells_the_hypervisor(text: str, hypervisor: str, tmp_path: Path) -> None:
    report = examine(pasted(tmp_path / "t", f"{text}\n\n$ lsblk\nNAME TYPE SIZE\nsda disk 5G\n"))
    assert report.inventory.hypervisor == hypervisor


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Red Hat, Inc. Virtio block device", "1af4:1001"),
        ("Red Hat, Inc Virtio block device", "1af4:1001"),
        ("Red Hat, Inc. Virtio 1.0 SCSI (rev 01)", "1af4:1048"),
        ("Red Hat, Inc. Device 105a", "1af4:105a"),
        ("VMware PVSCSI SCSI Controller (rev 02)", "15ad:07c0"),
        (
            "LSI Logic / Symbios Logic 53c1030 PCI-X Fusion-MPT Dual Ultra320 SCSI (rev 01)",
            "1000:0030",
        ),
        ("Broadcom / LSI 53c1030 PCI-X Fusion-MPT Dual Ultra320 SCSI (rev 01)", "1000:0030"),
        ("Intel Corporation 82371SB PIIX3 IDE [Natoma/Triton II]", "8086:7010"),
        ("Red Hat, Inc. Virtio block devic", ":"),
        ("Virtio block device", ":"),
        ("Some Maker Virtio block device", ":"),
    ],
)
def test_names_stand_for_ids_word_for_word(name: str, number: str, tmp_path: Path) -> None:
    report = examine(pasted(tmp_path / "t", f"00:05.0 SCSI storage controller: {name}\n"))
    assert [function.id for function in report.inventory.guest.pci or ()] == [number]


def test_a_real_maker_s_subsystem_leaves_a_name_open(tmp_path: Path) -> None:
    text = (
        "$ systemd-detect-virt\nkvm\n$ lspci -k\n00:05.0 RAID bus controller: LSI Logic / Symbios "
        "Logic SAS1068 PCI-X Fusion-MPT SAS\n\tSubsystem: Dell {}\n"
    )
    for subsystem, kind in (("Something", "unknown"), ("SAS 5/E", "passthrough")):
        assert (
            verdicts(examine(pasted(tmp_path / "t", text.format(subsystem))))["0000:00:05.0"][0]
            == kind
        )


def test_lines_beside_fences_and_html_breaks_are_read() -> None:
    from guestcheck.sources._paste.clean import clean

    nic = "00:03.0 Ethernet controller: Red Hat, Inc. Virtio network device"
    assert [line for _, line in clean(f"```{nic}\n{nic}```\n```text\n```")] == [nic, nic, "", ""]
    assert [line for _, line in clean(f"<pre>$ lspci<br>{nic}<br>\n</pre>")][:2] == ["$ lspci", nic]


def test_our_own_report_is_no_lsblk(tmp_path: Path) -> None:
    report = (
        "DISKS\n  NAME  SIZE   KIND      INTERFACE  DRIVER    QUEUES  TRIM  ROLES\n  sda   4 GiB  "
        "emulated  ide        ata_piix  1/1     yes   root\n"
    )
    (tmp_path / "ticket.txt").write_text(report)
    with pytest.raises(NoEvidenceError):
        open_source([str(tmp_path / "ticket.txt")])


@pytest.mark.parametrize("indent", [2, None], ids=["many lines", "one line"])
@pytest.mark.parametrize("size", [6, 6000], ids=["short", "long"])
@pytest.mark.parametrize(
    "line",
    [
        "[{0}:0:0:0]    disk    QEMU     QEMU HARDDISK    2.5+  /dev/sd{0}",
        "[    {0}.123456] random: crng init done",
        "[{0}] x",
        "{{ x{0}; }}",
    ],
    ids=["lsscsi", "dmesg", "list", "braces"],
)
def test_json_is_known_behind_lines_that_begin_like_it(
    line: str, size: int, indent: Any, tmp_path: Path
) -> None:
    before = "".join(line.format(number) + "\n" for number in range(60))
    disks = [
        {"name": f"vd{number}", "maj:min": f"254:{number}", "type": "disk", "model": "x" * 200}
        for number in range(size)
    ]
    source = pasted(
        tmp_path / "a.txt",
        f"{before}\n$ lsblk -J\n" + json.dumps({"blockdevices": disks}, indent=indent) + "\n",
    )
    assert [disk.name for disk in parse_lsblk(source.command(Command(("lsblk",)))[-1].text)] == [
        disk["name"] for disk in disks
    ]


def test_many_short_databases_of_udev_cost_no_more_than_their_length() -> None:
    block = "".join(f"P: /devices/x{number}\nN: x{number}\n\n" for number in range(20_000)) + "-\n"
    started = time.process_time()
    assert len(list(_parts(block * 4))) == 1
    assert time.process_time() - started < 5
