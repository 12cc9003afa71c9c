"""Where a parser reads no further, that is said, or the answer is unknown: nothing is cut without a
word.
"""

from __future__ import annotations

from typing import Dict, List, Tuple

import pytest

from guestcheck.evidence.linux import _grub
from guestcheck.evidence.linux.boot import BOOT, KERNEL_FILES
from guestcheck.evidence.linux.config import _interfaces, _netplan, network_config
from guestcheck.evidence.linux.config.network_config import NETWORK
from guestcheck.evidence.linux.initramfs import INITRAMFS
from guestcheck.evidence.windows import _cim, registry, registry_text
from guestcheck.evidence.windows.files import WINDOWS_FILES
from guestcheck.evidence.windows.lists import WINDOWS_STARTS, WINDOWS_UPDATES
from guestcheck.evidence.windows.registry import REGISTRY
from guestcheck.facts.windows.registry import _unread
from guestcheck.model.source import OK, Answer, ReadInPartError

ENTRY = "menuentry A {{\n linux /vmlinuz {}\n}}\n"
CHAIN = 'set a="$b"\nset b="$c"\nset c="$d"\nset d=quiet\n'
DEEP = "submenu s {\n" * 2 + ENTRY.format("") + "}\n" * 2

# What is lowered, a grub.cfg that needs no more, and one that does.
GRUB: Dict[str, Tuple[str, str, str]] = {
    "variables": (
        "_MOST_VALUES",
        "set a=1\n" + ENTRY.format("$a " * 2),
        "set a=1\n" + ENTRY.format("$a " * 7),
    ),
    "variables in each other": (
        "_MOST_ROUNDS",
        CHAIN + ENTRY.format("$c"),
        CHAIN + ENTRY.format("$a"),
    ),
    "a variable in itself": (
        "_MOST_ROUNDS",
        "set a=1\n" + ENTRY.format("$a"),
        'set a="$a b"\n' + ENTRY.format("$a"),
    ),
    "a long value": (
        "_LONGEST_VALUE",
        "set a=12\n" + ENTRY.format("$a"),
        "set a=123\n" + ENTRY.format("$a"),
    ),
    "lines that are one": (
        "_MOST_JOINED",
        ENTRY.format("a \\\n b \\\n c"),
        ENTRY.format("") + ENTRY.format("a \\\n b \\\n c \\\n d"),
    ),
    "menus in each other": ("_DEEPEST", ENTRY.format(""), DEEP),
    "entries": ("_MOST_ENTRIES", ENTRY.format("") * 2, ENTRY.format("") * 3),
    "files": (
        "_MOST_INCLUDES",
        "source a\nsource b\n" + ENTRY.format(""),
        "source a\nsource b\nsource c\n" + ENTRY.format(""),
    ),
}


@pytest.mark.parametrize("case", GRUB)
def test_a_grub_cfg_of_which_not_all_is_looked_at(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound, within, beyond = GRUB[case]
    monkeypatch.setattr(_grub, bound, 2)
    assert not BOOT.parse([Answer("/boot/grub/grub.cfg", OK, within)]).cut
    with pytest.raises(ReadInPartError) as raised:
        BOOT.parse([Answer("/boot/grub/grub.cfg", OK, beyond)])
    assert raised.value.records.cut


def test_a_command_without_end_and_no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_grub, "_MOST_JOINED", 2)
    text = ENTRY.format("a \\\n b \\\n c \\\n d")
    with pytest.raises(ReadInPartError, match="line 4: a command of more than 2 lines"):
        BOOT.parse([Answer("/boot/grub/grub.cfg", OK, text)])


def test_variables_that_are_not_set_are_no_cut() -> None:
    text = ENTRY.format("root=$root $x") + "menuentry B {\n linux $dir/vmlinuz ro\n}\n"
    first, second = BOOT.parse([Answer("/boot/grub/grub.cfg", OK, text)]).entries
    assert (first.options, second.linux) == ("root=", "$dir/vmlinuz")


PLAN = "network:\n  ethernets:\n    a:\n      match:\n        name: en*\n"
INTERFACES = "/etc/network/interfaces"
# What is lowered, files that need no more, and files that do.
NETWORKS: Dict[str, Tuple[object, str, Dict[str, str], Dict[str, str]]] = {
    "patterns of ifupdown": (
        _interfaces,
        "_MOST_PATTERNS",
        {INTERFACES: "auto /en*=e\nauto /et*=e\niface e inet dhcp\n"},
        {INTERFACES: "auto /en*\nauto /et*\nauto /ex*\niface ens3 inet dhcp\n"},
    ),
    "files of ifupdown": (
        network_config,
        "_MOST_SOURCES",
        {INTERFACES: "source interfaces.d/a\nsource interfaces.d/b\n"},
        {INTERFACES: "source interfaces.d/a\nsource interfaces.d/b\nsource interfaces.d/c\n"},
    ),
    "files of netplan": (
        _netplan,
        "_MOST_FILES",
        {f"/etc/netplan/{at}.yaml": PLAN for at in range(2)},
        {f"/etc/netplan/{at}.yaml": PLAN for at in range(3)},
    ),
}


@pytest.mark.parametrize("case", NETWORKS)
def test_network_configuration_of_which_not_all_is_looked_at(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, bound, within, beyond = NETWORKS[case]
    monkeypatch.setattr(module, bound, 2)
    whole, part = (
        NETWORK.parse([Answer(path, OK, text) for path, text in files.items()])
        for files in (within, beyond)
    )
    assert (whole.unread, len(part.unread)) == ((), 1)


@pytest.mark.parametrize("question", [WINDOWS_STARTS, WINDOWS_UPDATES])
def test_a_table_of_windows_of_which_not_all_is_looked_at(
    question: "object", monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(rows: int) -> object:
        text = '"Name","StartType","HotFixID"\n' + '"a","Boot","KB4474419"\n' * rows
        return question.parse([Answer("Get-Service", OK, text)])  # type: ignore[attr-defined]

    monkeypatch.setattr(_cim, "MOST_INSTANCES", 2)
    assert parsed(6)
    with pytest.raises(ReadInPartError) as raised:
        parsed(9)
    assert raised.value.records


def export(*keys: str) -> str:
    return "Windows Registry Editor Version 5.00\n" + "".join(
        f"\n[HKEY_LOCAL_MACHINE\\SYSTEM\\{key}\n" for key in keys
    )


NAMES = [f"filter{at}" for at in range(5)]
DISKS = "ControlSet001\\Control\\Class\\{4d36e967-e325-11ce-bfc1-08002be10318}"
HIVE = export(
    f'{DISKS}]\n"UpperFilters"=multi:{",".join(chr(34) + one + chr(34) for one in NAMES)}'
)


@pytest.mark.parametrize("bound", ["_MOST_NAMED", "_MOST_LOOKED_AT"])
def test_a_service_that_is_not_asked_for_is_not_known_to_be_missing(
    bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, bound, 3)
    answers = {REGISTRY.name: (Answer("HKLM\\SYSTEM\\ControlSet*\\Control\\Class\\*", OK, HIVE),)}
    (word,) = REGISTRY.follow(answers)  # type: ignore[misc]
    assert word.key.endswith("\\" + "|".join(NAMES[:3]))  # type: ignore[union-attr]
    empty = Answer(word.key, OK, export())  # type: ignore[union-attr]
    keys = REGISTRY.parse([*answers[REGISTRY.name], empty])
    assert _unread(keys, set(NAMES), ()) == set(NAMES[3:])


def test_a_hive_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: List[str] = []
    real = registry_text.parse_export

    def counted(text: str) -> object:
        parsed.append(text)
        return real(text)

    monkeypatch.setattr(registry_text, "parse_export", counted)
    texts = [HIVE, export("Select]")]
    answers = {REGISTRY.name: tuple(Answer(str(at), OK, text) for at, text in enumerate(texts))}
    for question in (REGISTRY, WINDOWS_FILES):
        question.follow(answers)  # type: ignore[misc, attr-defined]
    REGISTRY.parse(list(answers[REGISTRY.name]))
    assert sorted(parsed) == sorted(texts)
    REGISTRY.parse(list(answers[REGISTRY.name]))  # nothing is kept once it is parsed
    assert len(parsed) == 2 * len(texts)


def test_a_menu_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: List[str] = []
    real = _grub.parse_grub

    def counted(text: str, file: str) -> object:
        parsed.append(file)
        return real(text, file)

    monkeypatch.setattr("guestcheck.evidence.linux.boot_loader.parse_grub", counted)
    text = ENTRY.format("of_this_test")
    given = (Answer("/boot/grub/grub.cfg", OK, text), Answer("/boot/grub/grubenv", OK, ""))
    for question in (KERNEL_FILES, INITRAMFS):
        question.follow({BOOT.name: given})  # type: ignore[misc, attr-defined]
    assert BOOT.parse(list(given)).entries
    assert parsed == ["/boot/grub/grub.cfg"]
