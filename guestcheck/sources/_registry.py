"""Hives as the text that `Registry` asks for; its form is described in
evidence/windows/registry_text.py.
"""

from __future__ import annotations

from typing import (
    Any,
    BinaryIO,
    Callable,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from guestcheck.model.source import ABSENT, CUT, DAMAGED, DENIED, FAILED, OK, Answer, Gap, Registry
from guestcheck.stores.patterns import matcher
from guestcheck.unpack.hive import BASE, Hive, HiveError, Pages, RawValue, TooMuchError
from guestcheck.unpack.hive_log import LARGEST_LOG, Recovered, head_after, recover

HEADER = "Windows Registry Editor Version 5.00"
# Hives by the beginning of their keys' paths, and the name of the file in System32/config.
HIVES = {"hklm\\system": "SYSTEM", "hklm\\software": "SOFTWARE", "hklm\\drivers": "DRIVERS"}
# Newer Windows has two logs, older ones one.
LOGS = (".LOG1", ".LOG2", ".LOG")
_PAGE = 4096  # bytes; a hive has whole ones
MOST_TEXT = 8 << 20  # characters of one answer
_OPENS = "whether what the registry says is still so"

# Opens a file of the folder of hives by its name; raises KeyError where there is none, OSError or
# ValueError where it cannot be read.
Open = Callable[[str], BinaryIO]


class _Opened(NamedTuple):
    hive: "Hive | None"
    status: str
    detail: str
    doubt: str = ""


class Hives:
    """The hives of one Windows; each is opened once, when something of it is asked."""

    def __init__(self, open_file: Open) -> None:
        self._open = open_file
        self._opened: Dict[str, _Opened] = {}
        self._files: List[BinaryIO] = []
        self.troubles: List[Gap] = []

    def answer(self, word: Registry) -> Answer:
        """Return the keys that match, as text."""
        parts = word.key.split("\\")
        name = HIVES.get("\\".join(parts[:2]).lower())
        if name is None:
            return Answer(word.key, ABSENT, detail="in no hive that is read")
        if name not in self._opened:
            self._opened[name] = self._read(name)
        opened = self._opened[name]
        if opened.hive is None:
            return Answer(word.key, opened.status, detail=opened.detail)
        return _told(opened.hive, word, parts, opened.doubt)

    def close(self) -> None:
        """Close what was opened; it is opened again when something is asked."""
        for file in self._files:
            file.close()
        self._files.clear()
        self._opened.clear()

    def _read(self, name: str) -> _Opened:
        try:
            file = self._open(name)
        except KeyError:
            return _Opened(None, ABSENT, f"there is no file {name} in System32/config")
        except PermissionError as error:
            return _Opened(None, DENIED, error.strerror or "")
        except (OSError, ValueError) as error:
            return _Opened(None, FAILED, getattr(error, "strerror", None) or str(error))
        self._files.append(file)
        try:
            start = file.read(512)
            found = recover(start, tuple(self._logs(name)))
            hive = Hive(Pages(file, (*found.changes, (0, _head(file, start, found)))))
        except TooMuchError as error:
            return _Opened(None, CUT, f"{name}: {error}")
        except (HiveError, OSError) as error:
            return _Opened(None, FAILED, f"{name}: {getattr(error, 'strerror', None) or error}")
        if found.says:
            self.troubles.append(Gap("source", f"System32/config/{name}", found.says, _OPENS))
        return _Opened(hive, OK, "", found.says)

    def _logs(self, name: str) -> Iterator[Optional[bytes]]:
        for suffix in LOGS:
            try:
                with self._open(name + suffix) as file:
                    data = file.read(LARGEST_LOG + 1)
            except KeyError:
                continue
            except (OSError, ValueError):
                yield None
                continue
            if len(data) > LARGEST_LOG:
                self.troubles.append(
                    Gap(
                        "source",
                        f"System32/config/{name}{suffix}",
                        f"only its first {LARGEST_LOG >> 20} MiB were read",
                        _OPENS,
                    )
                )
            yield data[:LARGEST_LOG]


def _head(file: BinaryIO, start: bytes, found: Recovered) -> bytes:
    """Return the head with which the library finds all that there is: of a hive that was cut it
    takes none that says more.
    """
    end = max([file.seek(0, 2), *(at + len(data) for at, data in found.changes)])
    return head_after(
        start, found.head._replace(size=min(found.head.size, max(0, end - BASE) // _PAGE * _PAGE))
    )


def _told(hive: Hive, word: Registry, parts: Sequence[str], doubt: str) -> Answer:
    hive.damages = []
    lines = [HEADER] + ([f"; doubtful: {doubt}"] if doubt else [])
    wanted = frozenset(name.lower() for name in word.values)
    length, status, detail = 0, OK, ""
    try:
        for path, key in _matching(hive, parts, word.depth):
            before = len(lines)
            lines += ["", f"[{path}]"]
            values = [
                value for value in hive.values(key) if not wanted or value.name.lower() in wanted
            ]
            lines += map(_line, values)
            for value in values:
                if value.data is None:
                    hive.leave_out(value)
            length += sum(map(len, lines[before:]))
            if length > MOST_TEXT:
                raise TooMuchError(f"it has more than {MOST_TEXT >> 20} MiB of that")
    except TooMuchError as error:
        status, detail = CUT, str(error)
    except OSError as error:  # of the disk beneath
        status, detail = FAILED, error.strerror or str(error)
    if status == OK and hive.damages:
        more = f" and {len(hive.damages) - 1} more" if len(hive.damages) > 1 else ""
        status, detail = FAILED, f"{DAMAGED}{hive.damages[0]}{more}"
    return Answer(word.key, status, "\n".join(lines) + "\n", detail)


def _matching(hive: Hive, parts: Sequence[str], depth: int) -> Iterator[Tuple[str, Any]]:
    """Yield the paths of keys that match, and the keys, one at a time: of a hive made to do harm
    each may hold a lot.
    """
    return _found(
        hive,
        f"HKEY_LOCAL_MACHINE\\{parts[1].upper()}",
        hive.root,
        [_matcher(part) for part in parts[2:]],
        depth,
    )


def _found(
    hive: Hive, path: str, key: Any, matchers: Sequence[Callable[[str], bool]], depth: int
) -> Iterator[Tuple[str, Any]]:
    if not matchers:
        yield path, key
        if not depth:
            return
    for name, below in hive.children(key):
        if not matchers or matchers[0](name.lower()):
            yield from _found(
                hive,
                f"{path}\\{_shown(name)}",
                below,
                matchers[1:],
                depth if matchers else depth - 1,
            )


def _matcher(part: str) -> Callable[[str], bool]:
    """Return what tells whether a name in lower case matches one of several patterns."""
    words = part.lower().split("|")
    plain = frozenset(word for word in words if "*" not in word)
    patterns = [matcher(word.replace("**", "*")) for word in words if "*" in word]
    return lambda name: (
        name in plain or any(matches(name.replace("/", "\u2215")) for matches in patterns)
    )


def _line(value: RawValue) -> str:
    name = _quoted(_shown(value.name)) if value.name else "@"
    if value.data is None:
        return f"; {name} has {value.size} bytes, which were left out"
    return f"{name}={_data(value.type, value.data)}"


def _data(type_: int, data: bytes) -> str:
    if type_ == 4 and len(data) == 4:
        return f"dword:{int.from_bytes(data, 'little'):08x}"
    if type_ in (1, 2):
        text = _utf16(data).partition("\0")[0]
        if text.isprintable():
            return ("expand:" if type_ == 2 else "") + _quoted(text)
    if type_ == 7:
        texts = [part for part in _utf16(data).split("\0") if part]
        if all(map(str.isprintable, texts)):
            return "multi:" + ",".join(map(_quoted, texts))
    return ("hex:" if type_ == 3 else f"hex({type_:x}):") + ",".join(f"{byte:02x}" for byte in data)


def _utf16(data: bytes) -> str:
    return data[: len(data) & ~1].decode("utf-16-le", "replace")


def _shown(name: str) -> str:
    return (
        name
        if name.isprintable()
        else "".join(character if character.isprintable() else "\ufffd" for character in name)
    )


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
