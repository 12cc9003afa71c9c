"""netplan's YAML, of which the indentation is enough: what is laid out otherwise is not understood, and said to be. See netplan(5)."""

from typing import Dict, Iterator, List, NamedTuple, Sequence

from guestcheck.model.setup import Binding, Line
from guestcheck.model.source import OK as OK
from guestcheck.model.source import Answer


class _Node(NamedTuple):
    key: str
    value: str
    depth: int
    line: Line


def parse_netplan(answer: Answer) -> Iterator[Binding]:
    """Read one file of netplan; ValueError where it is laid out in a way that is not understood.

    >>> text = "network:\\n  ethernets:\\n    lan:\\n      match: {macaddress: 52:54:00:12:34:56}\\n      dhcp4: true\\n"
    >>> next(parse_netplan(Answer("f", OK, text)))[2:4]
    ('', '52:54:00:12:34:56')
    """
    nodes = list(_nodes(answer))
    kind, depths = "", [-1, -1]
    for place, node in enumerate(nodes):
        if node.key in ("ethernets", "bonds", "bridges", "vlans", "vrfs", "tunnels", "wifis", "dummy-devices", "modems", "virtual-ethernets"):
            if node.value and node.value != "{}":
                raise ValueError("a mapping in braces")
            kind, depths = node.key, [node.depth, -1]
            continue
        if not kind or node.depth <= depths[0]:
            kind = "" if node.depth <= depths[0] else kind
            continue
        if depths[1] < 0:
            depths[1] = node.depth
        if node.depth == depths[1] and kind in ("ethernets", "bonds", "bridges", "vlans"):
            inside = list(_taken(nodes, place + 1, node.depth))
            yield _netplan_binding(node, kind, inside)


def _nodes(answer: Answer) -> Iterator[_Node]:
    rows = answer.text.split("\n")
    for number, row in enumerate(rows, 1):
        text = row.split(" #", 1)[0].rstrip()
        body = text.lstrip(" \t")
        if not body or body.startswith(("#", "---", "%")):
            continue
        if "\t" in text[: len(text) - len(body)]:
            raise ValueError("tabs")
        depth = len(text) - len(body)
        if body.startswith("- "):
            yield _Node("-", body[2:].strip().strip("\"'"), depth, Line(answer.asked, number, body))
            continue
        key, mark, value = body.partition(":")
        if mark and (not value or value.startswith(" ")):
            yield _Node(key.strip("\"' "), value.strip(), depth, Line(answer.asked, number, body))


def _taken(nodes: Sequence[_Node], place: int, depth: int) -> Iterator[_Node]:
    while place < len(nodes) and nodes[place].depth > depth:
        yield nodes[place]
        place += 1


def _netplan_binding(node: _Node, kind: str, inside: List[_Node]) -> Binding:
    values: Dict[str, str] = {}
    lists: Dict[str, List[str]] = {}
    last = ""
    for one in inside:
        if one.key == "-":
            lists.setdefault(last, []).append(one.value)
            continue
        last = one.key
        values.setdefault(one.key, one.value.strip("\"'"))
    for text in (node.value, values.get("match", "")):
        if text.startswith("{"):
            pairs = (pair.partition(":") for pair in text.strip("{} ").split(","))
            values.update({key.strip(" \"'"): value.strip(" \"'") for key, _, value in pairs})
    matched = "match" in values
    members = lists.get("interfaces", []) + values.get("interfaces", "").strip("[] ").replace(",", " ").split() + values.get("link", "").split()
    addressed = bool(lists.get("addresses") or values.get("addresses", "").strip("[] "))
    automatic = any(values.get(key, "").lower() in ("true", "yes", "on") for key in ("dhcp4", "dhcp6"))
    driver = values.get("driver", "") or " ".join(lists.get("driver", ()))
    return Binding(
        line=node.line,
        kind="netplan",
        name=values.get("name", "") if matched else node.key,
        mac=values.get("macaddress", "").lower() if matched else "",
        driver=driver.strip("[]").replace(",", " ") if matched else "",
        sets=values.get("set-name", ""),
        method="static" if addressed and not automatic else "dhcp" if automatic else "",
        software=kind != "ethernets",
        members=tuple(word.strip("\"'") for word in members) if kind != "ethernets" else (),
    )
