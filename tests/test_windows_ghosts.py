"""Cards that are no longer in a Windows guest and keep a static address: named where Windows told
which devices there are, and nowhere else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from guestcheck.cli import main
from guestcheck.cli.preflight import asked
from guestcheck.evidence.windows.devices import WINDOWS_DEVICES
from guestcheck.model.check import Result
from guestcheck.model.report import Report, Sink
from guestcheck.model.source import Answer
from guestcheck.render.people import text
from guestcheck.run import examine, preflight
from guestcheck.sources import open_source
from guestcheck.sources.root import open_root
from tests.readiness.test_windows import mount, windows

RECORDING = Path(__file__).parent / "fixtures" / "windows" / "virtio-blk.txt"
GHOST = "{2F0D7C11-80C4-4B4E-A7C6-5D1E33F0B2A9}"
THERE = "{6A10F001-3C1D-4E5B-9A77-0F1E2D3C4B5A}"
E1000 = "PCI\\VEN_8086&DEV_100E&SUBSYS_11001AF4&REV_03\\3&13C0B0C5&0&18"
ID = "nic-ghost-address"


def recording(path: Path, *changes: Tuple[str, str]) -> Report:
    said = RECORDING.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in said
        said = said.replace(old, new)
    path.write_text(said, encoding="utf-8")
    return examine(open_source([str(path)]))


def found(report: Report) -> List[Result]:
    return [result for result in report.results if result.id == ID]


def steps(report: Report) -> str:
    number = [result.id for result in report.results].index(ID)
    return "\n".join(
        line
        for step in report.remedies.get(number, ())
        for line in (step.text, *step.code, step.note)
    )


def test_a_ghost_is_named_with_its_address_and_what_the_card_that_is_there_does() -> None:
    report = examine(open_source([str(RECORDING)]))
    (result,) = found(report)
    assert (result.outcome, result.subject) == ("warn", "Ethernet")
    assert (
        result.summary
        == "Ethernet is a card that is no longer there, and keeps the static address "
        "192.168.0.41; Ethernet 2 asks DHCP"
    )
    assert [hint.says for hint in result.evidence] == [
        "EnableDHCP = 0, IPAddress = 192.168.0.41",
        f"{E1000} is not there",
    ]
    said = steps(report)
    assert f'pnputil /remove-device "{E1000}"' in said
    assert (
        "reg export HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces "
        "C:\\addresses.reg" in said
    )
    assert (
        'netsh interface ipv4 set address name="Ethernet 2" static 192.168.0.41 255.255.255.0 '
        "192.168.0.1" in said
    )
    assert 'set dnsservers name="Ethernet 2" static 192.168.0.1 primary' in said
    assert 'add dnsservers name="Ethernet 2" 192.168.0.2' in said


KEPT = '"IPAddress"=multi:"192.168.0.41"'
ASKED = "#asked Win32_PnPEntity"
STATIC = f'Interfaces\\{THERE}]\n "EnableDHCP"=dword:00000001'
ENTITY = "#answer windows_devices ok"


@pytest.mark.parametrize(
    ("changes", "expected", "says"),
    [
        (((KEPT, '"IPAddress"=multi:"192.168.0.77"'),), "note Ethernet", "Ethernet 2 has it too"),
        (
            ((STATIC, STATIC.replace("00000001", '00000000\n "IPAddress"=multi:"192.168.0.9"')),),
            "note Ethernet",
            "192.168.0.41",
        ),
        # A ghost that has no address of its own is worth no line.
        (((KEPT, '"IPAddress"=multi:"0.0.0.0"'),), "pass guest", "1 card that is gone had none"),
        (((KEPT, "; nothing"),), "pass guest", "no card that is gone keeps a static address"),
        # Present, though disabled (code 22): no ghost. Named as a phantom (code 45): one.
        (
            ((f"{ASKED}\n", f"{ASKED}\n DeviceID : {E1000}\n ConfigManagerErrorCode : 22\n \n"),),
            "pass guest",
            "no card that is gone",
        ),
        (
            ((f"{ASKED}\n", f"{ASKED}\n DeviceID : {E1000}\n ConfigManagerErrorCode : 45\n \n"),),
            "warn Ethernet",
            "is no longer there",
        ),
        # Which devices there are was not told to the end: nothing is said, but of what was itself
        # named as gone.
        (
            ((ENTITY, "#answer windows_devices timeout"),),
            "skip guest",
            "whether the card of Ethernet is there was not read",
        ),
        (
            (
                (ENTITY, "#answer windows_devices timeout"),
                (f"{ASKED}\n", f"{ASKED}\n DeviceID : {E1000}\n ConfigManagerErrorCode : 45\n \n"),
            ),
            "warn Ethernet",
            "is no longer there",
        ),
        # An adapter that is there has this connection, under another id than the registry says.
        (((f"GUID : {THERE}", f"GUID : {GHOST}"),), "skip guest", "was not read"),
        # No card that was in a slot: what a VPN or a bridge made.
        (
            (("PCI\\\\VEN_8086&DEV_100E&SUBSYS_11001AF4&REV_03\\\\3", "ROOT\\\\NET\\\\3"),),
            "pass guest",
            "no card that is gone",
        ),
    ],
)
def test_what_is_said_of_a_ghost(
    changes: Tuple[Tuple[str, str], ...], expected: str, says: str, tmp_path: Path
) -> None:
    (result,) = found(recording(tmp_path / "a.txt", *changes))
    assert f"{result.outcome} {result.subject}" == expected
    assert says in result.summary


def test_a_real_machine_has_docks_and_no_ghosts(tmp_path: Path) -> None:
    said = RECORDING.read_text(encoding="utf-8")
    clues = re.findall(
        r"(?m)^ (?:Vendor|Manufacturer|Model|SMBIOSBIOSVersion|Name) : .*$",
        said.partition("#asked Win32_PnPEntity")[0],
    )
    said = said.replace("HypervisorPresent : True", "HypervisorPresent : False").replace(
        "1AF4", "8086"
    )
    for clue in clues:
        said = said.replace(clue, f"{clue.partition(' : ')[0]} : Dell Inc.")
    (tmp_path / "a.txt").write_text(said, encoding="utf-8")
    report = examine(open_source([str(tmp_path / "a.txt")]))
    assert report.inventory.hypervisor == "none"
    assert [(result.outcome, result.summary) for result in found(report)] == [
        ("skip", "this is no virtual machine")
    ]


def test_what_the_registry_was_not_asked_is_not_said(tmp_path: Path) -> None:
    (result,) = found(
        recording(
            tmp_path / "a.txt",
            ("#asked HKLM\\SYSTEM\\ControlSet*\\Services\\Tcpip", "#asked HKLM\\SYSTEM\\Other"),
        )
    )
    assert (result.outcome, result.summary) == (
        "skip",
        "which addresses Windows keeps was not read",
    )


def test_a_guest_without_windows_has_no_ghosts() -> None:
    from tests.makers import an_inventory, outcomes

    assert outcomes(ID, an_inventory()) == ["skip guest"]


BUILDS: Dict[int, Tuple[List[str], List[str]]] = {
    26100: (["pnputil /remove-device", "Get-PnpDevice"], ["devmgmt.msc"]),
    19041: (["pnputil /remove-device", "Get-PnpDevice"], ["devmgmt.msc"]),
    17763: (["devmgmt.msc", "Get-PnpDevice"], ["pnputil", "devmgr_show_nonpresent_devices"]),
    9600: (["devmgmt.msc"], ["pnputil", "Get-PnpDevice", "devmgr_show_nonpresent_devices"]),
    7601: (["devmgr_show_nonpresent_devices=1&& start devmgmt.msc"], ["pnputil", "Get-PnpDevice"]),
}


@pytest.mark.parametrize("build", BUILDS)
def test_the_remedy_has_the_commands_that_this_windows_has(build: int, tmp_path: Path) -> None:
    said = steps(recording(tmp_path / "a.txt", ("20348", f"{build}")))
    there, lacking = BUILDS[build]
    assert [word for word in there if word not in said] == []
    assert [word for word in lacking if word in said] == []


def test_of_two_ghosts_each_has_its_own_steps(tmp_path: Path) -> None:
    other, top = (
        "{0B0C0D0E-0000-4000-8000-00000000000B}",
        " [HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\",
    )
    interface = (
        f'{top}Services\\Tcpip\\Parameters\\Interfaces\\{{}}]\n "EnableDHCP"=dword:00000000\n '
        f'"IPAddress"=multi:"{{}}"\n'
    )
    card = f"{top}Control\\Network\\{{4D36E972-E325-11CE-BFC1-08002BE10318}}\\"
    name = (
        f'{card}{other}\\Connection]\n "Name"="Ethernet 7"\n '
        '"PnpInstanceID"="PCI\\\\VEN_15AD&DEV_07B0\\\\7"\n'
    )
    old = f"{top}Services\\Tcpip\\Parameters\\Interfaces\\{GHOST}]"
    report = recording(
        tmp_path / "a.txt",
        (old, interface.format(other, "192.168.0.42") + old),
        (f"{card}{GHOST}", f"{name}{card}{GHOST}"),
    )
    assert {result.subject for result in found(report)} == {"Ethernet", "Ethernet 7"}
    said = text.render(report, Sink(width=160))
    assert "do the same for" not in said
    assert 'pnputil /remove-device "PCI\\VEN_15AD&DEV_07B0\\7"' in said
    assert f'pnputil /remove-device "{E1000}"' in said


@pytest.mark.parametrize("name", ["$(reboot)", 'x" & reboot & "', "%PATH%", "`reboot`", "Ä" * 4])
def test_a_hostile_name_gets_into_no_command(name: str, tmp_path: Path) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    report = recording(
        tmp_path / "a.txt",
        ('"Name"="Ethernet 2"', f'"Name"="{escaped}"'),
        ('multi:"192.168.0.1"', f'multi:"{escaped}"'),
    )
    assert name not in steps(report)
    assert 'name="NEW CARD" static 192.168.0.41 255.255.255.0' in steps(report)


def test_a_ghost_does_not_count_as_the_card_that_is_moved(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    recording(path, ('"Name"="Ethernet"', '"Name"="Ethernet 3"'))
    (one,) = [
        one
        for one in preflight(open_source([str(path)]), asked(["vmxnet3"], False)).readiness
        if one.kind == "nic"
    ]
    assert "static-address" not in {reason.id for reason in one.reasons}
    assert "ghost-address" in {reason.id for reason in one.reasons}


@pytest.mark.parametrize("static", [True, False])
def test_of_a_volume_that_does_not_run_no_card_is_called_gone(static: bool, tmp_path: Path) -> None:
    state = windows()
    control = state["SYSTEM"]["ControlSet001"]
    values = {"EnableDHCP": 0 if static else 1, "IPAddress": ("192.0.2.7",)}
    control["Services"]["Tcpip"] = {"Parameters": {"Interfaces": {GHOST: values}}}
    control["Control"]["Network"] = {
        "{4D36E972-E325-11CE-BFC1-08002BE10318}": {
            GHOST: {"Connection": {"Name": "Ethernet", "PnPInstanceId": E1000}}
        }
    }
    report = examine(open_root(str(mount(state, tmp_path))))
    assert [(result.outcome, result.subject) for result in found(report)] == [
        ("skip" if static else "pass", "guest")
    ]
    assert [
        one.present
        for one in (report.inventory.guest.windows or pytest.fail("no Windows")).addresses or ()
    ] == [None]


def test_a_list_of_devices_knows_whether_it_is_whole() -> None:
    said = f"DeviceID : {E1000}\nConfigManagerErrorCode : 0\n"
    for status, whole in (("ok", True), ("timeout", False), ("cut", False)):
        assert WINDOWS_DEVICES.parse([Answer("Win32_PnPEntity", status, said)]).whole is whole
    summary = f"[Network]\n\nItem\tValue\nName\tCard\nPNP Device ID\t{E1000}\n"
    assert not WINDOWS_DEVICES.parse([Answer("msinfo32 /report", "ok", summary)]).whole


def test_a_card_that_is_there_is_so_in_a_redacted_recording_too(tmp_path: Path) -> None:
    """A card of VMware has its MAC address in its instance id, which is replaced wherever it
    stands.
    """
    said = (RECORDING.parent / "vmware-lsi-e1000e.txt").read_text(encoding="utf-8")
    top = " [HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\"
    instance = "PCI\\VEN_8086&DEV_10D3&SUBSYS_07D015AD&REV_00\\005056FFFFA12B9100"
    assert instance in said
    for asked_, key, values in (
        (
            "Services\\Tcpip\\Parameters\\Interfaces\\*",
            f"Services\\Tcpip\\Parameters\\Interfaces\\{GHOST}",
            '"EnableDHCP"=dword:00000000\n "IPAddress"=multi:"10.9.8.6"',
        ),
        (
            "Control\\Network\\{4D36E972-*\\*\\Connection",
            f"Control\\Network\\{{4D36E972-E325-11CE-BFC1-08002BE10318}}\\{GHOST}\\Connection",
            '"Name"="Ethernet0"\n "PnpInstanceID"="' + instance.replace("\\", "\\\\") + '"',
        ),
    ):
        line = (
            f"#asked HKLM\\SYSTEM\\ControlSet*\\{asked_}\n Windows Registry Editor Version 5.00\n"
        )
        assert line in said
        said = said.replace(line, f"{line} \n{top}{key}]\n {values}\n")
    plain, hidden = tmp_path / "a.txt", tmp_path / "b.tar.gz"
    plain.write_text(said, encoding="utf-8")
    assert main(["collect", str(plain), "--redact", "-o", str(hidden)]) == 0
    for path in (plain, hidden):
        report = examine(open_source([str(path)]))
        assert [
            one.present
            for one in (report.inventory.guest.windows or pytest.fail("no Windows")).addresses or ()
        ] == [True], path
        assert [result.outcome for result in found(report)] == ["pass"]
