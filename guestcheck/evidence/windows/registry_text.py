r"""The registry of a Windows guest, as text in the form of a .reg file (Microsoft: "How to add,
modify, or delete registry keys … by using a .reg file").

    Windows Registry Editor Version 5.00

    [HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\viostor]
    "Type"=dword:00000001
    "Start"=dword:00000000
    "Group"="SCSI miniport"
    "ImagePath"=expand:"system32\\drivers\\viostor.sys"

- The first line is the header; an answer that holds it and no key says that the registry was read
  and has nothing that matches.
- A key is a line of its own with the whole name of its root. Every key that matches the pattern
  stands there, also one without values; keys on the way to it do not.
  `HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet` is a link and is never asked for:
  control sets are, by number.
- A value is `"name"=DATA`, the default value `@=DATA`; in names and strings `\` and `"` are written
  `\\` and `\"`. DATA is

      "TEXT"             REG_SZ
      dword:0000002a     REG_DWORD, eight hexadecimal digits
      hex:01,ff,00,00    REG_BINARY; hex(N): any other type by its hexadecimal number, the bytes as
                         the registry holds them

  and, because texts should be read and redacted as texts, two forms that .reg files do not have,
  where these write hex(2) and hex(7):

      expand:"TEXT"      REG_EXPAND_SZ
      multi:"A","B"      REG_MULTI_SZ; multi: alone holds no text

  A text with control characters (a line's end among them) is written as hex(1), hex(2) or hex(7):
  bytes of UTF-16, little end first.
- What cannot be shown in the name of a key or value (a control character) is U+FFFD.
- A line `; doubtful: REASON` says of all that follows that it may not be so: Windows was not shut
  down, and what it had to write is lost.
- Lines may end with CR LF; a line that ends with `\` after a comma goes on in the next one, as `reg
  export` breaks hex(N). Lines that begin
  with `;` are comments. A value of more than 16 KiB is left out, and a comment says so.

So what `reg export` writes is understood as well, once it is decoded (it is UTF-16 with a byte
order mark).
"""

from functools import lru_cache
from re import compile as compile_pattern
from typing import Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

from guestcheck.model.source import DAMAGED, FAILED, OK, Answer, Registry

HEADER = "Windows Registry Editor Version 5.00"
_DOUBT = "; doubtful: "
ROOTS = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS"}
Data = Union[int, str, Tuple[str, ...], bytes]


class Value(NamedTuple):
    """A value: its name as it is written there, its type by the registry's number, and a number,
    text, texts or bytes by that.
    """

    name: str
    type: int
    data: Data


class Key(NamedTuple):
    """A key: its whole path, as it is written there, and its values by their names in lower case
    ("" is the default value).
    """

    path: str
    values: Dict[str, Value]

    def number(self, name: str) -> Optional[int]:
        """Return a number of 32 bits; None where there is none of that name, or it is something
        else.
        """
        value = self.values.get(name.lower())
        return (
            value.data
            if value and value.type == _REG_DWORD and isinstance(value.data, int)
            else None
        )

    def text(self, name: str) -> str:
        """Return a text, "" where there is none of that name, or it is something else."""
        data = self._data(name)
        return data if isinstance(data, str) else ""

    def texts(self, name: str) -> Tuple[str, ...]:
        """Return the texts of a list, or a single text as one of one."""
        data = self._data(name)
        return (
            data if isinstance(data, tuple) else (data,) if isinstance(data, str) and data else ()
        )

    def _data(self, name: str) -> Optional[Data]:
        value = self.values.get(name.lower())
        return value.data if value else None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("\\")[2]


class Keys:
    """The keys that were read, and of which patterns `whole` was: what has no key there is not in
    the registry.
    """

    def __init__(
        self,
        found: Iterable[Key],
        whole: FrozenSet[str] = frozenset(),
        doubts: Tuple[str, ...] = (),
    ) -> None:
        self._keys: Dict[str, Key] = {}
        self._below: Dict[str, Dict[str, str]] = {}
        self._whole = whole
        self.doubts = doubts  # why what it says may not be so
        for key in found:
            path = key.path.lower()
            if path in self._keys:
                known = self._keys[path]  # two patterns held for it
                self._keys[path] = known._replace(values={**known.values, **key.values})
            else:
                self._keys[path] = key
                self._enter(key.path)

    def _enter(self, path: str) -> None:
        if path.count("\\") > _DEEPEST:
            return
        while "\\" in path:
            path, _, name = path.rpartition("\\")
            inside = self._below.setdefault(path.lower(), {})
            if name.lower() in inside:
                return
            inside[name.lower()] = name

    def get(self, path: str) -> Key:
        """Return the key at `path` ("HKLM\\SYSTEM\\Select"); one without values where there is
        none.
        """
        return self._keys.get(path.lower()) or Key(path, {})

    def has(self, path: str) -> bool:
        """Tell whether there is a key at `path`, or below it."""
        return path.lower() in self._keys or path.lower() in self._below

    def names(self, path: str) -> Tuple[str, ...]:
        """Return the names of what is right below `path`, in their order."""
        return tuple(self._below.get(path.lower(), {}).values())

    def below(self, path: str) -> Iterator[Key]:
        """Yield what is right below `path`."""
        return (self.get(f"{path}\\{name}") for name in self.names(path))

    def services_read(self) -> FrozenSet[str]:
        """Return the services, in lower case, that were asked for by their names, and read."""
        asked = [key[len(_BY_NAME) :] for key in self._whole if key.startswith(_BY_NAME)]
        return frozenset(name for names in asked if "*" not in names for name in names.split("|"))

    def knows(self, word: Registry) -> bool:
        """Tell whether all that `word` asks for was read: then what is not here is not there."""
        return word.key.lower() in self._whole


_BY_NAME = "hklm\\system\\controlset*\\services\\"
_REG_SZ, _REG_EXPAND_SZ, _REG_BINARY, _REG_DWORD, _REG_BIG_DWORD, _REG_MULTI_SZ, _REG_QWORD = (
    1,
    2,
    3,
    4,
    5,
    7,
    11,
)
_DEEPEST = 512  # levels that a registry of Windows' has at most
_QUOTED = compile_pattern(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = compile_pattern(r"\\(.)")
_HEX = compile_pattern(r"hex(?:\(([0-9a-fA-F]{1,8})\))?:([0-9a-fA-F,\s]*)\Z")
_DWORD = compile_pattern(r"dword:([0-9a-fA-F]{1,8})\Z")
_LONG = {name.lower(): short.lower() for short, name in ROOTS.items()}


def parse_export(text: str) -> List[Key]:
    r"""Read a .reg file; raises ValueError where it is none. A line that cannot be read is passed
    over.

    >>> key, = parse_export(
    ...     'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]\n'
    ...     '"Current"=dword:00000001\n@="a\\\\b"\n'
    ... )
    >>> key.path, key.number("current"), key.text("")
    ('HKLM\\SYSTEM\\Select', 1, 'a\\b')
    """
    lines = text.lstrip("\ufeff").split("\n")
    if not lines or lines[0].strip() != HEADER:
        raise ValueError("no export of a registry")
    found: List[Key] = []
    for line in _joined(lines[1:]):
        if line.startswith("[") and line.endswith("]"):
            found.append(Key(_short(line[1:-1]), {}))
        elif found:
            value = _value(line)
            if value is not None:
                found[-1].values[value.name.lower()] = value
    return found


def _joined(lines: List[str]) -> Iterator[str]:
    """Yield lines without blanks around them, those that go on in the next as one."""
    parts: List[str] = []
    for line in lines:
        line = line.strip()
        if line.startswith(";"):
            continue
        parts.append(line)
        if line.endswith(",\\") and "hex" in parts[0]:
            parts[-1] = line[:-1]
            continue
        yield "".join(parts)
        parts = []
    if parts:
        yield "".join(parts)


def _short(path: str) -> str:
    root, slash, rest = path.partition("\\")
    return _LONG.get(root.lower(), root.lower()).upper() + slash + rest


def _value(line: str) -> Optional[Value]:
    """Read a line `"name"=DATA` or `@=DATA`."""
    if line.startswith("@="):
        name, data = "", line[2:]
    else:
        match = _QUOTED.match(line)
        if match is None or line[match.end() : match.end() + 1] != "=":
            return None
        name, data = _ESCAPED.sub(r"\1", match.group(1)), line[match.end() + 1 :]
    read = _data(data.strip())
    return None if read is None else Value(name, *read)


def _data(text: str) -> Optional[Tuple[int, Data]]:
    number = _DWORD.match(text)
    if number:
        return _REG_DWORD, int(number.group(1), 16)
    octets = _HEX.match(text)
    if octets:
        return _from_bytes(octets.group(1), octets.group(2))
    for start, type_ in (('"', _REG_SZ), ('expand:"', _REG_EXPAND_SZ)):
        match = _QUOTED.match(text, len(start) - 1) if text.startswith(start) else None
        if match is not None and match.end() == len(text):
            return type_, _ESCAPED.sub(r"\1", match.group(1))
    if text.startswith("multi:"):
        return _REG_MULTI_SZ, tuple(
            _ESCAPED.sub(r"\1", match.group(1)) for match in _QUOTED.finditer(text)
        )
    return None


def _from_bytes(number: Optional[str], text: str) -> Optional[Tuple[int, Data]]:
    try:
        data = bytes(int(part, 16) for part in text.replace(",", " ").split())
    except ValueError:
        return None
    return decoded(int(number, 16) if number else _REG_BINARY, data)


def decoded(type_: int, data: bytes) -> Tuple[int, Data]:
    """Return a value's type and what its bytes say by that: bytes where they are not what the type
    promises.
    """
    if type_ in (_REG_DWORD, _REG_BIG_DWORD) and len(data) == 4:
        return type_, int.from_bytes(data, "little" if type_ == _REG_DWORD else "big")
    if type_ == _REG_QWORD and len(data) == 8:
        return type_, int.from_bytes(data, "little")
    if type_ in (_REG_SZ, _REG_EXPAND_SZ):
        return type_, _utf16(data).partition("\0")[0]
    if type_ == _REG_MULTI_SZ:
        return type_, tuple(part for part in _utf16(data).split("\0") if part)
    return type_, data


def _utf16(data: bytes) -> str:
    return data[: len(data) & ~1].decode("utf-16-le", "replace")


@lru_cache(maxsize=128)
def _exported(text: str) -> Tuple[Key, ...]:
    """Return the keys of a text, which is parsed once: what a hive names decides what else is asked
    of it, and which files are.
    """
    return tuple(parse_export(text))


def parse_last(answers: List[Answer]) -> Keys:
    """Return the keys that answers hold, and let go of what was kept of the texts."""
    try:
        return parse_answers(answers)
    finally:
        _exported.cache_clear()


def parse_answers(answers: List[Answer]) -> Keys:
    """Return the keys that answers hold."""
    # What ended badly may hold nothing that can be read; a whole answer does.
    read = [
        answer
        for answer in answers
        if answer.status == OK or answer.text.lstrip("\ufeff").startswith(HEADER)
    ]
    found = [key for answer in read for key in _exported(answer.text)]
    doubts = [
        line[len(_DOUBT) :]
        for answer in read
        for line in answer.text.split("\n", 2)[1:2]
        if line.startswith(_DOUBT)
    ]
    # Of a running Windows a key may have gone while it was read; a damaged file puts in doubt what
    # else is in it.
    doubts += [
        answer.detail
        for answer in read
        if answer.status == FAILED and answer.detail.startswith(DAMAGED)
    ]
    return Keys(
        found,
        frozenset(answer.asked.lower() for answer in answers if answer.status == OK),
        tuple(dict.fromkeys(doubts)),
    )
