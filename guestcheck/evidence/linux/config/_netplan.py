"""netplan's YAML, of which the indentation is enough: what is laid out otherwise is not understood,
and said to be. See netplan(5).
"""

from typing import Dict, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from guestcheck.model.guest_config import Binding, Line
from guestcheck.model.source import OK as OK
from guestcheck.model.source import Answer


class _Node(NamedTuple):
    key: str
    value: str
    depth: int
    line: Line


_KINDS = (
    "ethernets",
    "bonds",
    "bridges",
    "vlans",
    "vrfs",
    "tunnels",
    "wifis",
    "dummy-devices",
    "modems",
    "virtual-ethernets",
)


class _Definition(NamedTuple):
    """What all files say of one id: `line` is where it first stands."""

    line: Line
    kind: str
    value: str
    inside: List[_Node]


def parse_netplan(answers: Sequence[Answer]) -> Iterator[Binding]:
    """Read netplan's files, of which a later one adds to what an earlier one says of the same id;
    ValueError where the layout is not understood.

    >>> text = "network:\\n  ethernets:\\n    lan:\\n      match: {macaddress: 52:54:00:12:34:56}\\n      dhcp4: true\\n"
    >>> next(parse_netplan([Answer("f", OK, text)]))[2:4]
    ('', '52:54:00:12:34:56')
    """
    found: Dict[str, _Definition] = {}
    renderer = ""
    for answer in answers:
        nodes = list(_nodes(answer))
        renderer = (
            next(
                (
                    node.value
                    for node in nodes
                    if node.key == "renderer" and node.depth <= _depth(nodes)
                ),
                "",
            )
            or renderer
        )
        for id_, one in _definitions(nodes):
            before = found.get(id_)
            found[id_] = (
                one
                if before is None
                else before._replace(
                    value=one.value or before.value, inside=before.inside + one.inside
                )
            )
    bindings = {
        id_: _netplan_binding(id_, one, renderer)
        for id_, one in found.items()
        if one.kind in _KINDS[:4]
    }
    yield from _ports_by_match(bindings)


def _depth(nodes: Sequence[_Node]) -> int:
    """Return how far the keys below `network:` are set in."""
    return next((node.depth for node in nodes if node.key != "network"), 0)


def _definitions(nodes: List[_Node]) -> Iterator[Tuple[str, _Definition]]:
    kind, depths = "", [-1, -1]
    for place, node in enumerate(nodes):
        if node.key in _KINDS and (not kind or node.depth <= depths[0]):
            if node.value and node.value != "{}":
                raise ValueError("a mapping in braces")
            kind, depths = node.key, [node.depth, -1]
            continue
        if not kind or node.depth <= depths[0]:
            kind = "" if node.depth <= depths[0] else kind
            continue
        if depths[1] < 0:
            depths[1] = node.depth
        if node.depth == depths[1]:
            yield (
                node.key,
                _Definition(
                    node.line, kind, node.value, list(_taken(nodes, place + 1, node.depth))
                ),
            )


def _ports_by_match(bindings: Dict[str, Binding]) -> Iterator[Binding]:
    """Yield the bindings; what is a port of another goes by its own match, which need not be a
    name.
    """
    ports = {member for one in bindings.values() for member in one.members}
    matched = {
        id_
        for id_, one in bindings.items()
        if id_ in ports and not one.software and one.name != id_
    }
    for id_, one in bindings.items():
        members = tuple((bindings[word].sets if word in matched else word) for word in one.members)
        method = one.method or ("other" if id_ in ports and not one.software else "")
        yield one._replace(method=method, members=tuple(word for word in members if word))


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


def _netplan_binding(id_: str, one: _Definition, renderer: str) -> Binding:
    values, lists = _values(_outside(one.inside, "match"))
    if one.value.startswith("{"):
        values.update(_in_braces(one.value))
    match, listed = _values(_inside(one.inside, "match"))
    if values.get("match", "").startswith("{"):
        match.update(_in_braces(values["match"]))
    matched = "match" in values
    members = (
        lists.get("interfaces", [])
        + _items(values.get("interfaces", ""))
        + _items(values.get("link", ""))
    )
    addressed = bool(lists.get("addresses") or values.get("addresses", "").strip("[] "))
    automatic = any(
        values.get(key, "").lower() in ("true", "yes", "on", "y") for key in ("dhcp4", "dhcp6")
    )
    drivers = listed.get("driver", []) + _items(match.get("driver", ""))
    kind = values.get("renderer", renderer).lower()
    software = one.kind != "ethernets"
    return Binding(
        line=one.line,
        kind="netplan",
        name=match.get("name", "") if matched else id_,
        mac=match.get("macaddress", "").lower() if matched else "",
        driver=" ".join(drivers) if matched else "",
        sets=values.get("set-name", ""),
        method=""
        if "activation-mode" in values
        else "static"
        if addressed and not automatic
        else "dhcp"
        if automatic
        else "",
        software=software,
        members=tuple(word.strip("\"'") for word in members) if software else (),
        renderer=kind,
    )


def _inside(nodes: Sequence[_Node], key: str) -> List[_Node]:
    """Return what is set in below `key`, of each file that has it."""
    places = [place for place, node in enumerate(nodes) if node.key == key]
    if len(places) > _MOST_FILES:
        raise ValueError(f"an id has more than {_MOST_FILES} times {key}")
    return [one for place in places for one in _taken(nodes, place + 1, nodes[place].depth)]


_MOST_FILES = 100  # that speak of one id


def _outside(nodes: Sequence[_Node], key: str) -> List[_Node]:
    """Return all but what is set in below `key`."""
    found: List[_Node] = []
    depth = -1
    for node in nodes:
        if depth >= 0 and node.depth > depth:
            continue
        depth = node.depth if node.key == key else -1
        found.append(node)
    return found


def _values(nodes: Iterable[_Node]) -> Tuple[Dict[str, str], Dict[str, List[str]]]:
    """Return the values, of which a later one counts, and the lists by their key."""
    values: Dict[str, str] = {}
    lists: Dict[str, List[str]] = {}
    last = ""
    for node in nodes:
        if node.key == "-":
            lists.setdefault(last, []).append(node.value)
            continue
        last = node.key
        values[node.key] = node.value.strip("\"'")
    return values, lists


def _items(text: str) -> List[str]:
    """Return the items of a list in brackets, or the one word.

    >>> _items("[vmxnet3, 'virtio_net']"), _items("e1000")
    (['vmxnet3', 'virtio_net'], ['e1000'])
    """
    return [word.strip("\"' ") for word in text.strip("[] ").split(",") if word.strip("\"' ")]


def _in_braces(text: str) -> Dict[str, str]:
    """Read a mapping in braces, lists and mappings inside it as text; ValueError where it goes on
    in the next line.

    >>> _in_braces("{driver: [vmxnet3, virtio_net], name: 'en*'}")
    {'driver': '[vmxnet3, virtio_net]', 'name': 'en*'}
    """
    if text.count("{") != text.count("}") or text.count("[") != text.count("]"):
        raise ValueError("a mapping over several lines")
    found: Dict[str, str] = {}
    depth, begun = 0, ""
    for letter in text.strip()[1:-1] + ",":
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth <= 0:
            key, mark, value = begun.partition(":")
            if mark:
                found[key.strip(" \"'")] = value.strip(" \"'")
            begun = ""
        else:
            begun += letter
    return found
