"""What ethtool says of drivers and queues is read, and it is known of which interface."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.evidence.linux.nic import (
    CHANNELS,
    DRIVER,
    NicChannels,
    NicDriver,
    parse_channels,
    parse_drivers,
)
from guestcheck.model.source import FAILED, OK, Answer

VIRTIO = """\
driver: virtio_net
version: 1.0.0
firmware-version: 
expansion-rom-version: 
bus-info: 0000:00:03.0
supports-statistics: yes
supports-test: no
supports-eeprom-access: no
supports-register-dump: no
supports-priv-flags: no
"""  # noqa: W291
E1000 = "driver: e1000\nversion: 6.1.0-13-amd64\nfirmware-version: N/A\nbus-info: 0000:00:04.0\n"
QUEUES = """\
Channel parameters for eth0:
Pre-set maximums:
RX:\t\tn/a
TX:\t\tn/a
Other:\t\tn/a
Combined:\t4
Current hardware settings:
RX:\t\tn/a
TX:\t\tn/a
Other:\t\tn/a
Combined:\t1
"""


def test_a_driver_is_read() -> None:
    assert parse_drivers(VIRTIO, "eth0") == (
        NicDriver("eth0", "virtio_net", "1.0.0", "", "0000:00:03.0"),
    )


@pytest.mark.parametrize(
    "mangle",
    [lambda text: text.replace("\n", "\r\n"), lambda text: text.replace("\n", "\n\t"), str.strip],
)
def test_line_ends_and_indents_do_not_matter(mangle) -> None:
    assert parse_drivers(mangle(VIRTIO), "eth0") == parse_drivers(VIRTIO, "eth0")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "driver: bonding\nversion: 6.1\nfirmware-version: 2\nbus-info: \n",
            NicDriver("", "bonding", "6.1", "2", ""),
        ),
        (
            "driver: bridge\nversion: 2.3\nfirmware-version: N/A\nbus-info: N/A\n",
            NicDriver("", "bridge", "2.3", "", ""),
        ),
        ("driver: tun\nversion: 1.6\nbus-info: tap\n", NicDriver("", "tun", "1.6", "", "tap")),
        ("driver: hv_netvsc", NicDriver("", "hv_netvsc")),
        (
            "driver: virtio_net\nbus-info: vdpa:0000:65:00.4\n",
            NicDriver("", "virtio_net", bus_info="vdpa:0000:65:00.4"),
        ),
        (
            "version: 1\nbus-info: 0000:00:03.0\nno colon here\n",
            NicDriver("", "", "1", "", "0000:00:03.0"),
        ),
    ],
)
def test_other_drivers(text: str, expected: NicDriver) -> None:
    assert parse_drivers(text) == (expected,)


@pytest.mark.parametrize(
    "heading",
    [
        "# ethtool -i {}",
        "$ sudo ethtool -i {}",
        "/sbin/ethtool --driver {}",
        "Settings for {}:",
        "{}:",
    ],
)
def test_headings_tell_whose_the_lines_are(heading: str) -> None:
    text = f"{heading.format('eth0')}\n{VIRTIO}\n{heading.format('enp0s4')}\n{E1000}"
    assert [(nic.name, nic.driver) for nic in parse_drivers(text)] == [
        ("eth0", "virtio_net"),
        ("enp0s4", "e1000"),
    ]


def test_without_headings_each_driver_begins_a_new_one() -> None:
    assert [(nic.name, nic.driver) for nic in parse_drivers(VIRTIO + E1000, "a")] == [
        ("a", "virtio_net"),
        ("a", "e1000"),
    ]


@pytest.mark.parametrize(
    "asked",
    ["ethtool -i eth0", "/usr/sbin/ethtool -i eth0", "sos_commands/networking/ethtool_-i_eth0"],
)
def test_the_question_tells_whose_the_answer_is(asked: str) -> None:
    assert DRIVER.parse([Answer(asked, OK, VIRTIO)])[0].name == "eth0"


def test_one_answer_not_understood_costs_only_itself() -> None:
    bad = Answer(
        "ethtool -i lo", FAILED, "Cannot get driver information: Operation not supported\n"
    )
    good = Answer("ethtool -i eth0", OK, VIRTIO)
    assert [nic.name for nic in DRIVER.parse([bad, good])] == ["eth0"]
    with pytest.raises(ValueError, match="no driver"):
        DRIVER.parse([bad])


@pytest.mark.parametrize("text", ["", "Settings for eth0:\n\tLink detected: yes\n", "\x00", ":::"])
def test_what_tells_no_driver_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no driver"):
        parse_drivers(text)


def test_queues_are_read() -> None:
    assert parse_channels(QUEUES) == (NicChannels("eth0", 4, 1, None, None, None, None),)
    assert (
        CHANNELS.parse([Answer("ethtool -l eth1", OK, QUEUES.partition("\n")[2])])[0].name == "eth1"
    )


def test_queues_of_each_kind() -> None:
    text = QUEUES.replace("RX:\t\tn/a", "RX:\t\t8", 1).replace("TX:\t\tn/a", "TX:\t\t7", 1)
    assert parse_channels(text) == (NicChannels("eth0", 4, 1, 8, None, 7, None),)


def test_several_interfaces_one_after_the_other() -> None:
    text = f"{QUEUES}\n{QUEUES.replace('eth0', 'eth1').replace('4', '2')}"
    assert [(nic.name, nic.max_combined) for nic in parse_channels(text)] == [
        ("eth0", 4),
        ("eth1", 2),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Channel parameters for eth0:\nCannot get device channel parameters\n: Operation not "
        "supported\n",
    ],
)
def test_no_queues_to_choose(text: str) -> None:
    assert parse_channels(text) == ()
    assert CHANNELS.parse([Answer("ethtool -l eth0", FAILED, text)]) == ()


def test_what_tells_no_queues_is_refused() -> None:
    with pytest.raises(ValueError, match="no channels"):
        CHANNELS.parse([Answer("ethtool -l eth0", OK, "bad command line argument(s)")])


PIECES = st.sampled_from(
    [
        "driver: ",
        "version: ",
        "bus-info:",
        "n/a",
        "\n",
        "Channel parameters for eth0:",
        "Pre-set maximums:",
        "Combined: ",
        "RX:\t8",
        "Current hardware settings:",
        "# ethtool -i eth0",
        ":",
        " ",
        "for x:",
        "9" * 30,
        "٣",
        "�",
    ]
)


@given(
    st.text() | st.lists(PIECES | st.text(max_size=4)).map("".join),
    st.sampled_from([parse_drivers, parse_channels]),
)
def test_any_text_gives_records_or_is_refused(text: str, parse) -> None:
    try:
        records = parse(text)
    except ValueError:
        return
    assert all(isinstance(record, (NicDriver, NicChannels)) for record in records)


@pytest.mark.parametrize(
    "piece",
    ["driver: a\n", "eth0:\n", "version: 1\n", "a ", "ethtool -i a\n", "Pre-set maximums:\n"],
)
@pytest.mark.parametrize("parse", [parse_drivers, parse_channels])
def test_a_megabyte_of_one_piece_is_read_or_refused(piece: str, parse) -> None:
    said: object = ()
    with suppress(ValueError):
        said = parse(piece * (1_000_000 // len(piece)))
    assert isinstance(said, tuple)
