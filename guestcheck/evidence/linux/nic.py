"""Which driver each network interface has, and how many queues.

Asked: `ethtool -i` and `ethtool -l` for each interface with a device beneath it. See ethtool(8).
Bonds, bridges and tun devices answer too, with their own names for a driver; many drivers know no
queues, and then say so on standard error.
"""

from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, TypeVar

from guestcheck.model.digits import number_of
from guestcheck.model.source import Answer, Command, Question

T = TypeVar("T")

_HARDWARE = "/sys/class/net/*/device"


class NicDriver(NamedTuple):
    """What `ethtool -i` says of an interface; `name` is "" where the text does not tell whose it
    is.
    """

    name: str
    driver: str
    version: str = ""
    firmware: str = ""
    bus_info: str = ""


class NicChannels(NamedTuple):
    """What `ethtool -l` says of an interface: how many queues of each kind it could have and has;
    None where n/a.
    """

    name: str
    max_combined: Optional[int] = None
    combined: Optional[int] = None
    max_rx: Optional[int] = None
    rx: Optional[int] = None
    max_tx: Optional[int] = None
    tx: Optional[int] = None


def parse_drivers(text: str, name: str = "") -> Tuple[NicDriver, ...]:
    """Read `ethtool -i`; of which interface is taken from headings in the text, else it is `name`.

    >>> parse_drivers('''
    ... driver: virtio_net
    ... version: 1.0.0
    ... firmware-version:
    ... bus-info: 0000:00:03.0
    ... ''', "eth0")
    (NicDriver(name='eth0', driver='virtio_net', version='1.0.0', firmware='', bus_info='0000:00:03.0'),)
    """
    found = []
    for of, fields in _blocks(text, name, first="driver"):
        if "driver" in fields or "bus-info" in fields:
            get = fields.get
            driver, version = get("driver", ""), get("version", "")
            found.append(
                NicDriver(of, driver, version, get("firmware-version", ""), get("bus-info", ""))
            )
    if not found:
        raise ValueError(f"no driver in ethtool's output: {text.strip()[:60]!r}")
    return tuple(found)


def parse_channels(text: str, name: str = "") -> Tuple[NicChannels, ...]:
    """Read `ethtool -l`. Where nothing or only the heading was printed there are no queues to
    choose.

    >>> parse_channels('''Channel parameters for eth0:
    ... Pre-set maximums:
    ... RX:         n/a
    ... TX:         n/a
    ... Other:      n/a
    ... Combined:   8
    ... Current hardware settings:
    ... RX:         n/a
    ... TX:         n/a
    ... Other:      n/a
    ... Combined:   4
    ... ''')
    (NicChannels(name='eth0', max_combined=8, combined=4, max_rx=None, rx=None, max_tx=None, tx=None),)
    """
    found = []
    headed = False
    for of, fields in _blocks(text, name, first="pre-set maximums"):
        headed = True
        if "pre-set maximums" in fields or "current hardware settings" in fields:
            numbers = [_number(fields.get(key, "")) for key in _CHANNELS]
            found.append(NicChannels(of, *numbers))
    if not found and text.strip() and not (headed and "Channel parameters for" in text):
        raise ValueError(f"no channels in ethtool's output: {text.strip()[:60]!r}")
    return tuple(found)


_CHANNELS = ("max combined", "combined", "max rx", "rx", "max tx", "tx")
_SECTIONS = {"pre-set maximums": "max ", "current hardware settings": ""}
_KEYS = frozenset(
    ("driver", "version", "firmware-version", "bus-info", "rx", "tx", "other", "combined")
)
_OTHER_KEYS = ("supports-", "expansion-rom-version")


def _blocks(text: str, name: str, first: str) -> Iterator[Tuple[str, Dict[str, str]]]:
    """Part the text at its headings and at each `first` key: whose it is, and the fields."""
    fields: Dict[str, str] = {}
    prefix = ""
    for raw in text.split("\n"):
        line = raw.strip()
        key, colon, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        if colon and key in _SECTIONS and not value:
            prefix = _SECTIONS[key]
            if key == first and first in fields:
                yield name, fields
                fields = {}
            fields[key] = ""
        elif colon and key in _KEYS:
            if key == first and first in fields:
                yield name, fields
                fields = {}
            fields.setdefault(prefix + key, "" if value.lower() == "n/a" else value)
        else:
            heading = _heading(line)
            if heading:
                if fields:
                    yield name, fields
                fields, prefix, name = {}, "", heading
    yield name, fields


def _heading(line: str) -> str:
    """Find whose the following lines are: `Channel parameters for eth0:`, `# ethtool -i eth0`,
    `eth0:`.
    """
    words = line.split()
    if not words:
        return ""
    last = words[-1]
    if last.endswith(":") and (len(words) == 1 or words[-2] == "for"):
        return "" if line.lower().startswith(_OTHER_KEYS) else last[:-1]
    if (
        "ethtool" in line
        and len(words) > 2
        and words[-2] in _OPTIONS
        and words[-3].endswith("ethtool")
    ):
        return last
    return ""


_OPTIONS = ("-i", "-l", "--driver", "--show-channels")


def _number(text: str) -> Optional[int]:
    return number_of(text, 9)


def _whose(asked: str) -> str:
    """Take the interface from `ethtool -i eth0`, or from the name of a file such as
    `ethtool_-i_eth0`.
    """
    for option in ("-i", "-l"):
        for blank in " _":
            _, found, name = asked.rpartition(f"{blank}{option}{blank}")
            if found:
                return name.strip()
    return ""


def _each(answers: List[Answer], parse: Callable[[str, str], Tuple[T, ...]]) -> Tuple[T, ...]:
    """Parse one answer for each interface; those not understood are left out unless all are."""
    found: List[T] = []
    refused: List[ValueError] = []
    for answer in answers:
        try:
            records = parse(answer.text, _whose(answer.asked))
        except ValueError as error:
            refused.append(error)
            continue
        found += records
    if refused and len(refused) == len(answers):
        raise refused[0]
    return tuple(found)


DRIVER = Question(
    "nic_driver",
    "the driver of each network interface that has hardware",
    asks=[Command(("ethtool", "-i", "{}"), each=_HARDWARE)],
    parse=lambda answers: _each(answers, parse_drivers),
    without="which driver serves each network interface, except as far as /sys says it",
)

CHANNELS = Question(
    "nic_channels",
    "how many queues each network interface has and could have",
    asks=[Command(("ethtool", "-l", "{}"), each=_HARDWARE, seconds=5)],
    parse=lambda answers: _each(answers, parse_channels),
    without="whether network interfaces could have more queues",
    quiet=True,
)
