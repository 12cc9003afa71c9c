"""What lspci prints, in whichever form, comes out as the same functions; what was not printed stays
unknown.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.evidence.linux.pci import PCI, parse_pci
from guestcheck.model.guest import PciFunction
from guestcheck.model.source import CUT, FAILED, OK, Answer

SAMPLES = sorted((Path(__file__).parent / "samples" / "lspci").glob("*.txt"))

# address: id, class, subsystem, revision
GUEST = {
    "0000:00:00.0": ("8086:1237", "0600", "1af4:1100", "02"),
    "0000:00:01.0": ("8086:7000", "0601", "1af4:1100", ""),
    "0000:00:01.1": ("8086:7010", "0101", "1af4:1100", ""),
    "0000:00:02.0": ("1234:1111", "0300", "1af4:1100", "02"),
    "0000:00:03.0": ("8086:100e", "0200", "1af4:1100", "03"),
    "0000:00:04.0": ("1af4:1001", "0100", "1af4:0002", ""),
    "0000:00:05.0": ("1af4:1043", "ffff", "1af4:1100", "01"),
    "0000:00:06.0": ("fffe:0123", "0108", "", "01"),
    "10000:e1:00.0": ("15b3:1016", "0200", "15b3:0190", "80"),
}
PLAIN_LISTS = ("lspci-", "lspci-x", "lspci-n", "lspci-nn")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_every_form_of_one_guest_gives_the_same_functions(sample: Path) -> None:
    functions = {function.address: function for function in parse_pci(sample.read_text())}
    assert list(functions) == list(GUEST)
    numeric = "n" in sample.stem.partition("-")[2]
    for address, (ids, kind, subsystem, revision) in GUEST.items():
        function = functions[address]
        # Of a vendor without a name even the lists of names print the numbers.
        spelled = numeric or (address == "0000:00:02.0" and sample.stem != "lspci-mn")
        assert function.id == (ids if spelled else ":")
        assert function.class_id[:4] == kind
        assert function.revision == revision
        assert function.subsystem == (
            subsystem if numeric and sample.stem not in PLAIN_LISTS else ""
        )
        assert function.driver is None
        assert function.source == "lspci"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_names_are_kept_where_they_are_printed(sample: Path) -> None:
    if sample.stem.endswith(("-n", "-vn", "-mn", "-vmmn")):
        pytest.skip("only numbers")
    nic = parse_pci(sample.read_text())[4]
    assert nic.class_name == "Ethernet controller"
    assert (
        f"{nic.vendor_name} {nic.device_name}".strip()
        == "Intel Corporation 82540EM Gigabit Ethernet Controller"
    )


@pytest.mark.parametrize("stem", ["lspci-v", "lspci-vnn", "lspci-mm", "lspci-vmmnn", "lspci-vm"])
def test_the_programming_interface_ends_the_class(stem: str) -> None:
    sample = Path(__file__).parent / "samples" / "lspci" / f"{stem}.txt"
    functions = {function.address: function for function in parse_pci(sample.read_text())}
    assert functions["0000:00:01.1"].class_id == "010180"


def test_without_a_programming_interface_the_class_ends_in_00() -> None:
    assert parse_pci("00:01.1 0101: 8086:7010")[0].class_id == "010100"


WITH_DRIVERS = """\
Slot:\t0000:00:01.1
Class:\tIDE interface [0101]
Vendor:\tIntel Corporation [8086]
Device:\t82371SB PIIX3 IDE [Natoma/Triton II] [7010]
ProgIf:\t80
Driver:\tata_piix
Module:\tata_piix
Module:\tata_generic

Slot:\t0000:00:02.0
Class:\tVGA compatible controller [0300]
Vendor:\tVendor [1234]
Device:\tDevice [1111]
"""


def test_driver_and_modules_are_read() -> None:
    ide, vga = parse_pci(WITH_DRIVERS)
    assert (ide.driver, ide.modules) == ("ata_piix", ("ata_piix", "ata_generic"))
    assert ide.vendor_name == "Intel Corporation"
    assert ide.device_name == "82371SB PIIX3 IDE [Natoma/Triton II]"
    assert (vga.id, vga.vendor_name, vga.device_name) == ("1234:1111", "", "")


def test_no_driver_is_bound_only_where_another_one_is_shown() -> None:
    assert [function.driver for function in parse_pci(WITH_DRIVERS)] == ["ata_piix", ""]
    assert [
        function.driver for function in parse_pci(WITH_DRIVERS.replace("Driver:\tata_piix\n", ""))
    ] == [None, None]


LIST_WITH_DRIVERS = """\
00:02.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device [1af4:1000]
\tSubsystem: Red Hat, Inc. Device [1af4:0001]
\tPhysical Slot: 2
\tFlags: bus master, fast devsel, latency 0, IRQ 11
\tCapabilities: [88] Subsystem: Intel Corporation Device [8086:0000]
\tKernel driver in use: virtio-pci
\tKernel modules: virtio_pci, other_module

00:03.0 SATA controller [0106]: Intel Corporation 82801IR [8086:2922] (rev 02) (prog-if 01 [AHCI 1.0])
"""


@pytest.mark.parametrize(
    "mangle",
    [
        str,
        str.expandtabs,
        lambda text: text.replace("\t", ""),
        lambda text: text.replace("\n", "\r\n"),
    ],
)
def test_details_below_a_line_belong_to_it(mangle) -> None:
    nic, disk = parse_pci(mangle(LIST_WITH_DRIVERS))
    assert nic == PciFunction(
        address="0000:00:02.0",
        vendor="1af4",
        device="1000",
        subsystem="1af4:0001",
        class_id="020000",
        driver="virtio-pci",
        modules=("virtio_pci", "other_module"),
        device_name="Red Hat, Inc. Virtio network device",
        class_name="Ethernet controller",
        source="lspci",
    )
    assert (disk.class_id, disk.revision, disk.driver, disk.modules) == ("010601", "02", "", ())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("00:00.0 Class 0600: 8086:1237", ("0000:00:00.0", "8086:1237", "060000", None)),
        (
            "00:01.1 Class 0101: 8086:7010 ata_piix",
            ("0000:00:01.1", "8086:7010", "010100", "ata_piix"),
        ),
        (
            '00:01.1 "Class 0101" "8086" "7010" "1af4" "1100" "ata_piix"',
            ("0000:00:01.1", "8086:7010", "010100", "ata_piix"),
        ),
        ("00:00.0 0600: 8086:1237 (rev 02)", ("0000:00:00.0", "8086:1237", "060000", None)),
        ("7C4B:00:02.0 0200: 15B3:1016 (rev 80)", ("7c4b:00:02.0", "15b3:1016", "020000", None)),
        ("00:1c.0/02:00.0 0200: 8086:1533", ("0000:02:00.0", "8086:1533", "020000", None)),
        (
            "00:05.0 SCSI storage controller: Qumranet, Inc. Unknown device 1001",
            ("0000:00:05.0", ":", "010000", None),
        ),
        (
            "00:05.0 Ethernet controller: Device 1d0f:ec20",
            ("0000:00:05.0", "1d0f:ec20", "020000", None),
        ),
        (
            "00:05.0 Ethernet controller [0200]: Unknown device [1af4:1000]",
            ("0000:00:05.0", "1af4:1000", "020000", None),
        ),
        ("00:05.0 USB Controller: Some Maker Something", ("0000:00:05.0", ":", "0c0300", None)),
        (
            "00:05.0 Unassigned class [ff80]: XenSource, Inc. Something (rev 01)",
            ("0000:00:05.0", ":", "ff8000", None),
        ),
        ("00:05.0 Gadget controller: Some Maker Something", ("0000:00:05.0", ":", "", None)),
    ],
)
def test_single_lines(line: str, expected: tuple) -> None:
    (function,) = parse_pci(line)
    assert (function.address, function.id, function.class_id, function.driver) == expected


def test_a_label_whose_line_does_not_end() -> None:
    (function,) = parse_pci(
        "00:05.0 Ethernet controller [0200]: Maker Thing [8086:100e]\n\tDeviceName: "
        "Onboard\tSubsystem: Red Hat [1af4:1100]\n"
    )
    assert function.subsystem == "1af4:1100"


def test_a_first_line_that_was_wrapped() -> None:
    ide, bridge = parse_pci(
        "00:01.1 IDE interface [0101]: Intel Corporation 82371SB PIIX3 IDE\n[Natoma/Triton "
        "II] [8086:7010] (rev 01)\n"
        "Subsystem: Red Hat, Inc. Qemu virtual machine [1af4:1100]\nFlags: bus master, medium "
        "devsel\n"
        "00:01.3 Bridge [0680]: Intel Corporation 82371AB/EB/MB PIIX4 ACPI\n[8086:7113] (rev 03)\n"
    )
    assert (ide.id, ide.revision, ide.subsystem) == ("8086:7010", "01", "1af4:1100")
    assert ide.device_name == "Intel Corporation 82371SB PIIX3 IDE [Natoma/Triton II]"
    assert bridge.id == "8086:7113"


def test_noise_between_lines_is_skipped() -> None:
    text = (
        "pcilib: Cannot open /sys/bus/pci/slots: No such file\nlspci: Unable to load libkmod "
        "resources: error -2\n"
    )
    (function,) = parse_pci(
        f"{text}# a remark\n00:03.0 0200: 8086:100e (rev 03)\n{text}\tKernel driver in use: "
        "e1000\n...\n"
    )
    assert (function.id, function.driver) == ("8086:100e", "e1000")


def test_two_forms_of_the_same_functions_complete_each_other() -> None:
    names, numbers = (
        "00:03.0 Ethernet controller: Intel Corporation 82540EM",
        "00:03.0 0200: 8086:100e (rev 03)",
    )
    for text in (
        f"{names}\n{numbers}\n",
        f"{numbers}\n{names}\n",
        f"{names}\nSlot: 00:03.0\nVendor: 8086\nDevice: 100e\n",
    ):
        (function,) = parse_pci(text)
        assert function.id == "8086:100e"


def test_nothing_printed_is_nothing_there() -> None:
    assert parse_pci("") == ()
    assert PCI.parse([Answer("lspci -Dvmmnnk", OK, "")]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "lspci: invalid option -- 'D'",
        "-[0000:00]-+-00.0\n           +-01.0\n",
        "\x00\x01\x02",
        "12:30 noon",
    ],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no PCI function"):
        parse_pci(text)


def test_the_question_reads_a_cut_answer_and_refuses_a_failed_one_without_text() -> None:
    (function,) = PCI.parse(
        [Answer("lspci -n", CUT, "00:03.0 0200: 8086:100e (rev 03)\n00:04.0 0100")]
    )
    assert function.id == "8086:100e"
    with pytest.raises(ValueError, match="nothing"):
        PCI.parse([Answer("lspci -n", FAILED, "")])


PIECES = st.sampled_from(
    [
        "00:01.0 ",
        "0000:00:1f.7 ",
        "Slot:\t00:02.0",
        "Device:\t",
        "IDE interface [0101]: ",
        "0101: ",
        "8086:7010",
        "[8086:7010]",
        "(rev ",
        "(prog-if ",
        ")",
        '"',
        '\\"',
        "\n",
        "\n\t",
        "Subsystem: ",
        "Kernel driver in use:",
        "DeviceName: a\t",
        ":",
        "�",
    ]
)


@given(st.text() | st.lists(PIECES | st.text(max_size=4)).map("".join))
def test_any_text_gives_functions_or_is_refused(text: str) -> None:
    try:
        functions = parse_pci(text)
    except ValueError:
        return
    for function in functions:
        assert isinstance(function, PciFunction)
        assert len(function.class_id) in (0, 6)
        assert bool(function.vendor) == bool(function.device)


@pytest.mark.parametrize(
    "piece",
    ["[8086:7010] ", "Module: a\n", '"', "00:01.0 0101: 8086:7010\n", "(rev ", "x\n", "00:1c.0/"],
)
def test_a_megabyte_of_one_piece_is_read_or_refused(piece: str) -> None:
    text = "00:01.0 " + piece * (1_000_000 // len(piece))
    said: object = ()
    with suppress(ValueError):
        said = parse_pci(text)
    assert isinstance(said, tuple)


def test_a_text_that_shows_drivers_says_nothing_of_what_only_another_lists() -> None:
    plain = "1a65:00:02.0 0200: 15b3:1018 (rev 80)\n927a:00:02.0 0200: 15b3:1018 (rev 80)\n"
    detailed = (
        "927a:00:02.0 0200: 15b3:1018 (rev 80)\n\tKernel driver in use: mlx5_core\n00:01.0 0601: "
        "8086:7000\n"
    )
    answers = [Answer("lspci -nD", OK, plain), Answer("lspci -nks 927a:", OK, detailed)]
    drivers = {one.address: one.driver for one in PCI.parse(answers)}
    assert drivers == {"1a65:00:02.0": None, "927a:00:02.0": "mlx5_core", "0000:00:01.0": ""}
