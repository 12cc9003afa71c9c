"""Network configuration that matches cards: NetworkManager's keyfiles, systemd's .network and .link files, and udev's rules for names.

See nm-settings-keyfile(5), systemd.network(5), systemd.link(5), udev(7).
"""

from typing import Dict, Iterator, List, NamedTuple

from guestcheck.evidence.deep.storage_config import lines_of
from guestcheck.model.setup import Binding, Line
from guestcheck.model.source import OK as OK
from guestcheck.model.source import Answer


class _Part(NamedTuple):
    """A section of an INI file: its name, the line where it begins, and what it holds (of a repeated key all)."""

    name: str
    line: Line
    values: Dict[str, List[str]]
    lines: Dict[str, Line]

    def get(self, *names: str) -> str:
        return " ".join(word for name in names for word in self.values.get(name, ()))


def _parts(answer: Answer) -> List[_Part]:
    parts: List[_Part] = []
    for line in lines_of([answer]):
        if line.text.startswith("[") and line.text.endswith("]"):
            parts.append(_Part(line.text[1:-1].lower(), line, {}, {}))
        elif parts and "=" in line.text:
            name, _, value = line.text.partition("=")
            key = name.strip().lower()
            parts[-1].values.setdefault(key, []).append(value.strip().strip("\"'"))
            parts[-1].lines.setdefault(key, line)
    return parts


def parse_keyfile(answer: Answer) -> Iterator[Binding]:
    """Read one profile of NetworkManager; a profile without a name, an address or a match is for any card of its type.

    >>> next(parse_keyfile(Answer("f", OK, "[connection]\\ntype=ethernet\\ninterface-name=ens3\\n[ipv4]\\nmethod=auto\\n")))[2]
    'ens3'
    """
    parts = _parts(answer)
    named = {part.name: part for part in parts}
    connection = named.get("connection")
    if connection is None or connection.get("autoconnect").lower() in ("false", "no", "0"):
        return
    kind = connection.get("type").lower()
    card = named.get("ethernet", named.get("802-3-ethernet"))
    match = named.get("match")
    ipv4 = named.get("ipv4")
    method = ipv4.get("method").lower() if ipv4 else "auto"
    line = connection.lines.get("interface-name", connection.line)
    if card and "mac-address" in card.lines:
        line = card.lines["mac-address"]
    yield Binding(
        line=line,
        kind="networkmanager",
        name=" ".join([connection.get("interface-name"), *(match.get("interface-name").replace(";", " ").split() if match else ())]).strip(),
        mac=card.get("mac-address").lower() if card else "",
        driver=match.get("driver").replace(";", " ").strip() if match else "",
        path=match.get("path").replace(";", " ").strip() if match else "",
        method="static" if method == "manual" else "dhcp" if method == "auto" else "",
        software=kind not in ("ethernet", "802-3-ethernet", ""),
        other="kernel-command-line" if match and match.get("kernel-command-line") else "",
    )


_MATCHES = {"macaddress", "permanentmacaddress", "originalname", "name", "driver", "path", "type", "kind"}


def parse_networkd(answer: Answer) -> Iterator[Binding]:
    """Read a .network or .link file.

    >>> next(parse_networkd(Answer("/etc/systemd/network/10-a.link", OK, "[Match]\\nMACAddress=52:54:00:12:34:56\\n[Link]\\nName=lan0\\n")))[3:7]
    ('52:54:00:12:34:56', '', '', 'lan0')
    """
    parts = _parts(answer)
    match = next((part for part in parts if part.name == "match"), None)
    if match is None:
        return
    link = answer.asked.endswith(".link")
    network = next((part for part in parts if part.name == "network"), None)
    own = next((part for part in parts if part.name == "link"), None)
    addressed = any("address" in part.values for part in parts if part.name in ("network", "address"))
    automatic = network is not None and network.get("dhcp").lower() in ("yes", "true", "ipv4", "both", "v4", "on", "1", "ipv6")
    port = network is not None and network.get("bridge", "bond") != ""
    software = match.get("kind") != "" or (match.get("type") not in ("", "ether") and not match.get("type").startswith("!"))
    first = next(
        (match.lines[key] for key in ("macaddress", "permanentmacaddress", "originalname", "name", "driver", "path") if key in match.lines), match.line
    )
    yield Binding(
        line=first,
        kind="link" if link else "networkd",
        name=match.get("originalname") if link else match.get("name"),
        mac=match.get("macaddress", "permanentmacaddress").lower(),
        driver=match.get("driver"),
        path=match.get("path"),
        sets=own.get("name") if link and own else "",
        method="" if link else "static" if addressed and not automatic else "dhcp" if automatic else "other" if port else "",
        software=software,
        members=(),
        other=" ".join(key for key in match.values if key not in _MATCHES),
        policy=own.get("namepolicy") if link and own else "",
    )


def parse_udev(answer: Answer) -> Iterator[Binding]:
    """Read rules that set NAME of a network card, as 70-persistent-net.rules does.

    >>> text = 'SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="52:54:00:12:34:56", NAME="eth0"'
    >>> next(parse_udev(Answer("f", OK, text)))[2:7]
    ('', '52:54:00:12:34:56', '', '', 'eth0')
    """
    for line in lines_of([answer]):
        words = [word.strip() for word in line.text.split(",")]
        pairs = {word.partition("=")[0].rstrip(":+ "): word.rpartition("=")[2].strip(' "') for word in words if "=" in word}
        if pairs.get("SUBSYSTEM", "net") != "net" or "NAME" not in pairs:
            continue
        known = {"SUBSYSTEM", "ACTION", "ATTR{address}", "DRIVERS", "KERNEL", "NAME", "KERNELS", "ATTR{type}", "ATTR{dev_id}", "ENV{ID_NET_DRIVER}"}
        yield Binding(
            line=line,
            kind="udev",
            name=_any(pairs.get("KERNEL", "")),
            mac=pairs.get("ATTR{address}", "").lower(),
            driver=_any(pairs.get("DRIVERS", pairs.get("ENV{ID_NET_DRIVER}", ""))),
            path=pairs.get("KERNELS", ""),
            sets=pairs["NAME"],
            other=" ".join(key for key in pairs if key not in known),
        )


def _any(word: str) -> str:
    """Return what a pattern asks: "?*" is anything, and "eth*" the kernel's own names, which every card has at first."""
    return "" if word in ("?*", "*", "eth*") else word.replace("|", " ")
