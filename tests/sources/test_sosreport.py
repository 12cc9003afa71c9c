"""A sosreport says of a guest what the live report said; one that is cut, cleaned, damaged or
forged says less, and nothing wrong.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.model.report import Report
from guestcheck.model.source import ABSENT, CUT, FAILED, OK, Answer, Command, File, Listing
from guestcheck.run import examine
from guestcheck.sources import _collected, open_source
from guestcheck.sources.sosreport import Sosreport, recognise
from guestcheck.stores.folder import Folder
from tests.sources.laid_out import Recorded, sos_2_2, sos_3_9, sos_4_8, write
from tests.test_guests import FIXTURES, GUESTS

REAL = sorted((FIXTURES / "sosreport").glob("*/sosreport.tar.xz"))
MIXED = next(folder for folder in GUESTS if folder.name == "lab-mixed-pc-bookworm")
LSPCI = (
    "00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device "
    "[1af4:1000]\n\tKernel driver in use: virtio-pci\n"
)


def lines_of(report: Report) -> List[str]:
    """Say of a report what the file `live` beside a real sosreport holds."""
    told = report.inventory
    lines = [f"hypervisor {told.hypervisor}", f"kernel {told.guest.kernel}"]
    lines += [
        f"disk {d.name} {d.verdict.interface} {d.verdict.kind} {d.driver} {','.join(d.roles)}".rstrip()
        for d in told.disks or ()
    ]
    lines += [
        f"nic {n.name or n.address} {n.verdict.interface} {n.verdict.kind} {n.driver} {n.mac}".rstrip()
        for n in told.nics or ()
    ]
    lines += [
        f"controller {c.address} {c.verdict.interface} {c.verdict.kind} {c.driver or ''} {','.join(c.disks)}".rstrip()
        for c in told.controllers or ()
    ]
    return lines


def unpacked(archive: Path, into: Path) -> Path:
    with tarfile.open(archive) as file:
        for member in file:
            target = into / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if member.issym():
                target.symlink_to(member.linkname)
            else:
                data = file.extractfile(member)
                target.write_bytes(data.read() if data else b"")
    return into


def opened(folder: Path, files: Dict[str, str]) -> Sosreport:
    source = recognise(Folder(str(write({"version.txt": "sos report: 4.0\n", **files}, folder))))
    assert source is not None
    return source


def test_there_are_real_ones() -> None:
    assert len(REAL) >= 3


@pytest.mark.tail(every=4)
@pytest.mark.parametrize("archive", REAL, ids=lambda path: path.parent.name)
def test_a_real_one_says_what_the_live_report_said(archive: Path) -> None:
    report = examine(open_source([str(archive)]))
    assert lines_of(report) == (archive.parent / "live").read_text().splitlines()


@pytest.mark.tail(every=4)
@pytest.mark.parametrize("archive", REAL, ids=lambda path: path.parent.name)
def test_a_real_one_says_what_was_attached(archive: Path) -> None:
    report = examine(open_source([str(archive)]))
    said = {d.serial: (d.verdict.interface, d.verdict.kind) for d in report.inventory.disks or ()}
    said.update({n.mac: (n.verdict.interface, n.verdict.kind) for n in report.inventory.nics or ()})
    said.update(
        {
            c.address: (c.verdict.interface, c.verdict.kind)
            for c in report.inventory.controllers or ()
        }
    )
    truths = [
        truth
        for truth in json.loads((archive.parent / "truth.json").read_text())["devices"]
        if not truth["optional"]
    ]
    assert truths
    for truth in truths:
        assert said[truth["serial"] or truth["mac"] or truth["address"]] == (
            truth["interface"],
            truth["kind"],
        )


def test_an_unpacked_one_says_the_same(tmp_path: Path) -> None:
    folder = unpacked(REAL[0], tmp_path)
    expected = (REAL[0].parent / "live").read_text().splitlines()
    assert lines_of(examine(open_source([str(folder)]))) == expected
    assert lines_of(examine(open_source([str(next(folder.iterdir()))]))) == expected


def test_a_cleaned_one_says_the_same_of_every_device(tmp_path: Path) -> None:
    folder = unpacked(REAL[0], tmp_path)
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            text = re.sub(
                r"52:54:00:67:63:0(\d)", r"53:4f:53:00:00:0\1", path.read_text(errors="replace")
            )
            text = (
                re.sub(r"525400676(\d+)", r"obfuscated6\1", text)
                if "ethtool" not in path.name
                else text
            )
            path.write_text(
                re.sub(r"GC\d{4}LAB", "********", text).replace("Debian", "obfuscatedword0")
            )
    expected = [
        line.rpartition(" ")[0] if line.startswith("nic ") else line
        for line in (REAL[0].parent / "live").read_text().splitlines()
    ]
    said = [
        line.rpartition(" ")[0] if line.startswith("nic ") else line
        for line in lines_of(examine(open_source([str(folder)])))
    ]
    assert [line for line in said if "enx" not in line and "obfusc" not in line] == [
        line for line in expected if "enx" not in line
    ]


def test_without_the_manifest_outputs_are_found_by_their_names(tmp_path: Path) -> None:
    folder = unpacked(REAL[0], tmp_path)
    os.unlink(next(folder.rglob("manifest.json")))
    assert (
        lines_of(examine(open_source([str(folder)])))
        == (REAL[0].parent / "live").read_text().splitlines()
    )


def test_a_missing_configuration_names_the_version_that_has_it(tmp_path: Path) -> None:
    (answer,) = opened(tmp_path, {"sos_commands/pci/lspci_-nnvv": LSPCI}).file(
        File("/boot/config-*")
    )
    assert (answer.status, answer.detail) == (
        ABSENT,
        "not in this sosreport (sos 4.0); sos 4.7.1 is the first that collects it",
    )


def test_the_kernels_beside_the_running_one_are_named() -> None:
    archive = next(path for path in REAL if "trixie" in str(path))
    gaps = [
        gap for gap in examine(open_source([str(archive)])).gaps if gap.question == "kernel_config"
    ]
    assert [gap.asked for gap in gaps] == ["/boot/config-6.12.118+deb13-cloud-amd64"]
    assert "the running kernel alone" in gaps[0].reason


def test_what_a_version_collects_and_is_missing_was_not_in_the_guest(tmp_path: Path) -> None:
    (answer,) = opened(tmp_path, {"sos_commands/pci/lspci_-nnvv": LSPCI}).file(
        File("/sys/class/dmi/id/sys_vendor")
    )
    assert answer.detail == "not in this sosreport (sos 4.0)"


def test_modules_dep_proves_which_modules_are_there(tmp_path: Path) -> None:
    files = {
        path: text
        for path, text in sos_3_9(Recorded(MIXED)).items()
        if not path.startswith("boot/config")
    }
    report = examine(open_source([str(write(files, tmp_path))]))
    (running,) = (kernel for kernel in report.inventory.kernels or () if kernel.running)
    states = {driver.module: driver.state for driver in running.drivers}
    assert states["virtio_blk"] == states["nvme"] == "module"
    assert "absent" not in states.values()


def test_modinfo_proves_what_is_built_in_and_never_what_is_not(tmp_path: Path) -> None:
    guest = Recorded(MIXED)
    release = guest.text("/proc/sys/kernel/osrelease").strip()
    files = sos_3_9(guest)
    files[f"lib/modules/{release}/modules.dep"] = "kernel/drivers/net/e1000.ko.xz:\n"
    files["sos_commands/kernel/modinfo_ALL_MODULES"] = (
        "modinfo: ERROR: Module vt not found.\nname:           virtio_pci\nfilename:       "
        "(builtin)\nlicense:        GPL\n"
        f"filename:       /lib/modules/{release}/kernel/drivers/nvme/host/nvme.ko\nname:      "
        "     nvme\n"
    )
    report = examine(open_source([str(write(files, tmp_path))]))
    (running,) = (kernel for kernel in report.inventory.kernels or () if kernel.running)
    states = {driver.module: driver.state for driver in running.drivers}
    assert states["virtio_pci"] == "built-in"
    assert states["virtio_mmio"] == "unknown"


def test_the_listing_of_boot_names_the_installed_kernels(tmp_path: Path) -> None:
    kernel = "-rwxr-xr-x. 1 0 0 9 Jan  1 10:00 vmlinuz-3.10.0-1.el7.x86_64\n"
    listing = (
        f"/boot:\ntotal 8\ndrwxr-xr-x.  5 0 0 4096 Jan  1 10:00 .\n{kernel}\n/boot/grub2:\ntotal "
        "1\n-rw-r--r--. 1 0 0 9 Jan  1 10:00 x\n"
    )
    source = opened(tmp_path, {"sos_commands/boot/ls_-lanR_.boot": listing})
    (answer,) = source.listing(Listing("/lib/modules/*/kernel /boot/vmlinuz-*"))
    assert (answer.status, answer.text) == (OK, "/boot/vmlinuz-3.10.0-1.el7.x86_64\n")


def test_three_outputs_in_one_file_are_parted(tmp_path: Path) -> None:
    source = recognise(Folder(str(write(sos_2_2(Recorded(MIXED)), tmp_path))))
    assert source is not None
    answers = source.command(Command(("lspci", "-Dvmmnnk")))
    assert [answer.asked for answer in answers] == ["lspci -nvv", "lspci"]
    assert not any("-[0000:00]" in answer.text for answer in answers)


def test_interfaces_of_network_namespaces_are_left_out(tmp_path: Path) -> None:
    driver = "driver: veth\nversion: 1.0\n"
    source = opened(
        tmp_path,
        {
            "sos_commands/networking/ethtool_-i_my_nic0": "driver: virtio_net\n",
            "sos_commands/networking/namespaces/blue/ethtool_-i_eth9": driver,
            "sos_commands/networking/ip_netns_exec_red_ethtool_-i_eth8": driver,
        },
    )
    assert [
        answer.asked for answer in source.command(Command(("ethtool", "-i", "{}"), each="/x/*"))
    ] == ["ethtool -i my_nic0"]


BAD: List[Tuple[str, str, str]] = [
    (
        "sos_commands/block/lsblk",
        "bash: lsblk: command not found\n",
        "bash: lsblk: command not found",
    ),
    ("sos_commands/block/lsblk", "", "it printed nothing"),
    ("sos_commands/block/lsblk", "\n\n", "it printed nothing"),
    (
        "sos_commands/block/lsblk",
        "lsblk: failed to access sysfs directory: /sys/dev/block: No such file or directory\n",
        "lsblk: failed to access sysfs",
    ),
    (
        "sos_commands/block/lsblk",
        "timeout: failed to run command 'lsblk': No such file or directory\n",
        "timeout: failed to run command",
    ),
]


@pytest.mark.parametrize(("path", "text", "said"), BAD)
def test_an_output_of_complaints_alone_is_no_answer(
    path: str, text: str, said: str, tmp_path: Path
) -> None:
    (answer,) = opened(tmp_path, {path: text}).command(Command(("lsblk", "-J")))
    assert (answer.status, answer.text) == (FAILED, "")
    assert said in answer.detail


def test_complaints_among_an_output_are_passed_over(tmp_path: Path) -> None:
    text = (
        "libkmod: ERROR ../libkmod/libkmod-module.c:1657: could not open /proc/modules: No "
        "such file or directory\n" + LSPCI
    )
    (answer,) = opened(tmp_path, {"sos_commands/pci/lspci_-nnvv": text}).command(
        Command(("lspci", "-n"))
    )
    assert (answer.status, answer.text) == (OK, LSPCI)


def test_lsscsi_that_printed_nothing_says_that_there_is_nothing(tmp_path: Path) -> None:
    assert opened(tmp_path, {"sos_commands/scsi/lsscsi": ""}).command(Command(("lsscsi",))) == (
        Answer("lsscsi", OK),
    )


def test_an_output_of_which_the_end_alone_was_kept_says_so(tmp_path: Path) -> None:
    write({"sos_strings/pci/lspci_-nnvv.tailed": LSPCI, "sos_commands/pci/x": ""}, tmp_path)
    (tmp_path / "sos_commands/pci/lspci_-nnvv").symlink_to(
        "../../sos_strings/pci/lspci_-nnvv.tailed"
    )
    (answer,) = opened(tmp_path, {}).command(Command(("lspci", "-n")))
    assert (answer.status, answer.text) == (CUT, LSPCI)


def test_an_archive_within_the_archive_is_named(tmp_path: Path) -> None:
    source = opened(tmp_path, {"sos_commands/pci/lspci_-nnvv": LSPCI, "sys.tar": "x"})
    assert [gap.asked for gap in source.troubles] == ["sys.tar"]
    assert "--pack-dir" in source.troubles[0].reason


def test_a_plugin_that_was_stopped_is_named(tmp_path: Path) -> None:
    told = {
        "components": {
            "report": {
                "plugins": {
                    "block": {"timeout_hit": True},
                    "logs": {"timeout_hit": True},
                    "pci": {"timeout_hit": False},
                }
            }
        }
    }
    source = opened(
        tmp_path,
        {"sos_commands/pci/lspci_-nnvv": LSPCI, "sos_reports/manifest.json": json.dumps(told)},
    )
    assert [(gap.asked, gap.reason) for gap in source.troubles] == [
        ("sos plugin block", "did not end in time and was stopped")
    ]


def manifest(*commands: Any) -> str:
    return json.dumps(
        {"components": {"report": {"plugins": {"pci": {"commands": list(commands)}}}}}
    )


OUTSIDE = [
    "../../../etc/passwd",
    "/etc/passwd",
    "sos_commands/../../secret",
    "sos_commands/pci/../../../secret",
    "etc/shadow",
    "sos_commands/pci/*",
    "",
    "\0",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_manifest_that_leads_elsewhere_reads_nothing(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("00:09.0 Ethernet controller [0200]: secret [1af4:1000]\n")
    files = {
        "sos_commands/pci/lspci_-nnvv": LSPCI,
        "etc/shadow": "secret",
        "sos_reports/manifest.json": manifest({"exec": "lspci -nnvv", "filepath": path}),
    }
    answers = opened(tmp_path / "report", files).command(Command(("lspci", "-n")))
    assert [answer.text for answer in answers] == [LSPCI]


def test_a_link_that_leads_out_reads_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(LSPCI)
    write({"sos_commands/pci/x": ""}, tmp_path / "report")
    (tmp_path / "report/sos_commands/pci/lspci_-nnvv").symlink_to("../../../secret")
    (answer,) = opened(tmp_path / "report", {}).command(Command(("lspci", "-n")))
    assert answer.status == FAILED


@pytest.mark.parametrize("packed", [False, True])
def test_absolute_links_lead_into_the_report(tmp_path: Path, packed: bool) -> None:
    top = write(
        {
            "sos_commands/pci/lspci": "",
            "etc/real": "ID=inside\n",
            "version.txt": "sos report: 4.0\n",
        },
        tmp_path / "x/sosreport-host",
    )
    write({"etc/real": "ID=outside\n"}, tmp_path / "x")
    (top / "etc/os-release").symlink_to("/etc/real-release")
    (top / "etc/real-release").symlink_to("../../../etc/fstab")
    (top / "etc/fstab").symlink_to("/usr/lib/os-release")
    write({"usr/lib/os-release": "ID=inside\n"}, top)
    if packed:
        with tarfile.open(tmp_path / "x.tar", "w") as archive:
            archive.add(tmp_path / "x", "")
    source = open_source([str(tmp_path / ("x.tar" if packed else "x"))])
    assert isinstance(source, Sosreport)
    (answer,) = source.file(File("/etc/os-release"))
    assert (answer.status, answer.text) == (OK, "ID=inside\n")


def test_outputs_without_number_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_collected, "MOST_OUTPUTS", 3)
    names = {f"sos_commands/networking/ethtool_-i_eth{n}": "driver: virtio_net\n" for n in range(9)}
    source = opened(tmp_path, {**names, "sos_commands/pci/lspci_-nnvv": LSPCI})
    assert len(source.command(Command(("ethtool", "-i", "{}")))) == 3
    assert ("ethtool_-i_eth3", "it has more than 3 outputs; the others were not looked at") in [
        (gap.asked, gap.reason) for gap in source.troubles
    ]


WRONG = [
    "[]",
    "null",
    "{",
    '"x"',
    "[" * 100_000,
    '{"components": []}',
    '{"components": {"report": {"plugins": {"pci": {"commands": {"exec": 1}}}}}}',
]
WRONG += [
    manifest(
        1,
        None,
        [],
        {"exec": 5, "filepath": {}},
        {"exec": "lspci"},
        {"exec": "lspci\n", "filepath": "sos_commands/pci/lspci_-nnvv"},
    )
]


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_a_manifest_of_wrong_types_costs_nothing(text: str, tmp_path: Path) -> None:
    source = opened(
        tmp_path, {"sos_commands/pci/lspci_-nnvv": LSPCI, "sos_reports/manifest.json": text}
    )
    assert [answer.text for answer in source.command(Command(("lspci", "-n")))] == [LSPCI]
    assert all("not understood" in gap.reason for gap in source.troubles)


def test_a_manifest_of_a_million_commands_is_bounded(tmp_path: Path) -> None:
    entry = {"exec": "lspci -x", "filepath": "sos_commands/pci/lspci_-nnvv"}
    source = opened(
        tmp_path,
        {
            "sos_commands/pci/lspci_-nnvv": LSPCI,
            "sos_reports/manifest.json": manifest(*[entry] * 200_000),
        },
    )
    assert [answer.text for answer in source.command(Command(("lspci", "-n")))] == [LSPCI]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json_values)
def test_whatever_a_manifest_holds_a_report_comes(
    tmp_path_factory: pytest.TempPathFactory, told: object
) -> None:
    folder = tmp_path_factory.mktemp("report")
    text = json.dumps(
        {
            "components": {
                "report": {
                    "plugins": {
                        "pci": {"commands": [told, {"exec": told, "filepath": told}]},
                        "block": told,
                    }
                }
            }
        }
    )
    source = opened(
        folder, {"sos_commands/pci/lspci_-nnvv": LSPCI, "sos_reports/manifest.json": text}
    )
    assert examine(source).inventory.nics


def test_a_folder_of_another_kind_is_none(tmp_path: Path) -> None:
    assert (
        recognise(
            Folder(str(write({"sos_command/x": "", "version.txt": "sosreport: 3.9"}, tmp_path)))
        )
        is None
    )


def test_a_configuration_of_the_running_kernel_is_read_whole(tmp_path: Path) -> None:
    report = examine(open_source([str(write(sos_4_8(Recorded(MIXED)), tmp_path))]))
    (running,) = (kernel for kernel in report.inventory.kernels or () if kernel.running)
    assert running.config.startswith("/boot/config-")
    assert not [driver.symbol for driver in running.drivers if driver.state == "unknown"]
