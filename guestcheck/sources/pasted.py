"""Pasted output: what somebody put in a ticket, a mail or a few files; each text is known by its
content, whatever it is called.

Several outputs may stand in one text, with prompts, quoting or fences around them (see `_paste`).
Commands before them say which interface or file is meant, and what it is where a content alone says
nothing ("none", "kvm"). What is not recognised is a gap that names its lines. Only what the text
shows is known: nothing is asked of the machine that this runs on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Dict, List, Optional, Tuple

from guestcheck.errors import NoEvidenceError
from guestcheck.model.digits import is_digits
from guestcheck.model.pasting import NOT_READ
from guestcheck.model.source import (
    ABSENT,
    CUT,
    LONGEST_LISTING,
    OK,
    TEXTS,
    Answer,
    Call,
    Command,
    File,
    Gap,
    Listing,
    Tree,
)
from guestcheck.privacy.lines import picked
from guestcheck.sources._offline import Offline
from guestcheck.stores.disk_image import what_image
from guestcheck.stores.files import Files
from guestcheck.stores.patterns import matcher
from guestcheck.stores.store import Store

if (
    TYPE_CHECKING
):  # imported where it is used: archives and recordings do without all those patterns
    from guestcheck.sources._paste.cut import Piece
from guestcheck.sources._paste.texts import OPENS, may_be_text, read_text, stem_of

RANK = 9
WANTS = (
    "*.txt",
    "*.log",
    "*.json",
    "*.out",
    "*.md",
    "*.conf",
    "*.config",
    "lspci*",
    "lsblk*",
    "lsscsi*",
    "ethtool*",
    "dmi*",
    "lscpu*",
    "udev*",
    "lsmod*",
    "config*",
)
LARGEST_TEXT = LONGEST_LISTING
MOST_TEXTS = 400
_MOST_TEXT = 2 * LONGEST_LISTING
_MOST_LINES = (
    600_000  # that are looked at one by one: lspci -vv of 18,278 devices; of all texts together
)
_MOST_GAPS = 30


class Pasted(Offline):
    """What was recognised in the texts of a store."""

    origin = TEXTS

    def __init__(self, store: Store, pieces: List[Tuple[str, Piece]], troubles: List[Gap]) -> None:
        super().__init__(store)
        self.troubles = troubles
        self._pieces: Dict[str, List[Tuple[str, Piece]]] = {}
        for file, piece in pieces:
            self._pieces.setdefault(piece.key, []).append((file, piece))

    def command(self, word: Command) -> Tuple[Answer, ...]:
        """Return every output of the program, of whatever options."""
        from guestcheck.sources._paste.commands import key_of

        key = key_of(" ".join(word.argv))
        return self._answers(key) or _missing(" ".join(word.argv))

    def file(self, word: File) -> Tuple[Answer, ...]:
        """Return the texts that are known to be of a file."""
        if word.path in self._pieces or "*" not in word.path:
            return self._answers(word.path, word) or _missing(word.path)
        matches = matcher(word.path)
        found = [
            answer
            for key in self._pieces
            if key.startswith("/") and matches(key)
            for answer in self._answers(key, word)
        ]
        return tuple(found) or _missing(word.path)

    def tree(self, word: Tree) -> Tuple[Answer, ...]:
        """Return facts of /sys that are written as in a recording."""
        if word.pattern == "/sys/class/block/*":
            return self._answers("sysfs") or _missing(word.pattern)
        return _missing(word.pattern)

    def call(self, word: Call) -> Tuple[Answer, ...]:
        """Say that no library can be asked."""
        return _missing(word.name)

    def listing(self, word: Listing) -> Tuple[Answer, ...]:
        """Say that what is missing in a text proves nothing."""
        return _missing(word.pattern)

    def _answers(self, key: str, word: Optional[File] = None) -> Tuple[Answer, ...]:
        found = []
        for file, piece in self._pieces.get(key, ()):
            text = piece.text
            where = f"{file}, {piece.place}"
            name = self._config_name(piece, file) if key == _CONFIG else _asked(key, piece, file)
            cut = piece.cut or (word is not None and len(text) > word.limit and not word.head)
            text = text[: word.limit] if word is not None and cut else text
            text = (
                _config(piece, text) if key == _CONFIG else _links(text) if key == _LINKS else text
            )
            found.append(picked(Answer(name, CUT if cut else OK, text, where), word, self.looks))
        return tuple(found)

    def _config_name(self, piece: Piece, file: str) -> str:
        """Return the path of a kernel's configuration: by the command or the file's name, else the
        running kernel's, else by its own heading.
        """
        for text in (piece.words, file):
            rest = text.partition("config-")[2].split()
            release = rest[0].rpartition("\u2215")[2] if rest else ""
            release = release[:-4] if release.endswith(".txt") else release
            if is_digits(release[:1]):
                return f"/boot/config-{release}"
        if any(
            key in self._pieces for key in ("uname", "/proc/version", "/proc/sys/kernel/osrelease")
        ):
            return "/proc/config.gz"
        heading = next(
            (line for _, line in piece.lines[:8] if line.startswith("# Linux/")), "# Linux/ unnamed"
        )
        return f"/boot/config-{heading.split()[2]}"


_CONFIG = "/boot/config-*"
_LINKS = "ls -l /sys"
# How a kind of output is asked for where no command stands before it.
_ASKED = {
    "udevadm": "udevadm info --export-db",
    "udevadm -a": "udevadm info -a",
    "uname": "uname -a",
    "ls -l /sys": "ls -l /sys/block",
    "ip": "ip address",
    "sysfs": "copy of /sys",  # a part of it, maybe: what is missing may be there all the same
}


def _missing(asked: str) -> Tuple[Answer, ...]:
    return (Answer(asked, ABSENT, detail="not among the pasted texts"),)


def _asked(key: str, piece: Piece, file: str) -> str:
    """Return how an answer's question is put, which tells a parser whose the answer is."""
    if key.startswith("/"):
        return key
    if piece.words and key != _LINKS:
        return piece.words
    if key.startswith("ethtool"):
        return f"{key} {_interface(file)}".strip()
    return _ASKED.get(key, key)


def _interface(file: str) -> str:
    """Take an interface's name from that of a file: ethtool-eth0.txt, ethtool_-i_ens3."""
    found = re.search(r"ethtool[ _.-]+(?:-?[il][ _.-]+)?([a-z]\w*[0-9]\w*)$", stem_of(file))
    return found[1] if found else ""


def _links(text: str) -> str:
    """Return links as `ls -l` prints them, of lines that lost the rights before them and of what
    `readlink -f` prints.
    """
    lines = []
    for line in text.split("\n"):
        before, mark, target = line.strip().partition(" -> ")
        if not mark and "/devices/" in before and " " not in before:
            before, target = before.rpartition("/")[2], before
        shown = before.startswith("l") and " " in before
        lines.append(f"l {before.rpartition(' ')[2]} -> {target}" if target and not shown else line)
    return "\n".join(lines)


def _config(piece: Piece, text: str) -> str:
    """Return a configuration's text, so that a part of one does not end as a whole one does: then a
    missing line proves nothing.
    """
    lines = [
        line.partition(":")[2]
        if line.partition(":")[2].startswith(("CONFIG_", "# CONFIG_"))
        else line
        for line in text.split("\n")
    ]
    headed = any(line.startswith(("# Automatically generated", "# Linux/")) for line in lines[:8])
    # Cryptography and the library come after all drivers.
    ended = any(
        line.startswith(
            ("CONFIG_CRYPTO=", "CONFIG_CRC32=", "# CONFIG_CRYPTO ", "# end of Library routines")
        )
        for line in lines
    )
    whole = (
        headed
        and ended
        and piece.whole
        and not piece.words.startswith(("grep", "zgrep", "egrep", "head", "tail"))
    )
    return "\n".join(lines) if whole else "\n".join(lines).rstrip("\n")


def recognise(store: Store) -> Optional[Pasted]:
    """Open `store` where some text in it is an output that is known here."""
    from guestcheck.sources._paste.clean import LONGEST, decode, is_text
    from guestcheck.sources._paste.large import lines_of

    pieces: List[Tuple[str, Piece]] = []
    troubles: List[Gap] = []
    images: List[str] = []
    read = lines = 0
    for path in _texts(store, troubles):
        try:
            data, more = store.read(path, LARGEST_TEXT)
        except (KeyError, OSError, ValueError) as error:
            if not isinstance(error, KeyError):
                troubles.append(
                    Gap(
                        "source",
                        path,
                        f"cannot be read ({getattr(error, 'strerror', None) or error})",
                        "",
                    )
                )
            continue
        read += len(data)
        image = what_image(data)
        if image:
            images.append(f"{path}: {image}")
            troubles.append(Gap("source", path, f"not read: {image}", "the guest on it"))
        elif not is_text(data):
            troubles.append(Gap("source", path, "not looked at: it is no text", ""))
        elif read > _MOST_TEXT or lines >= _MOST_LINES:
            reason = f"not looked at: all texts together have more than {_MOST_TEXT >> 20} MiB or {_MOST_LINES} lines"
            troubles.append(Gap("source", path, reason, "whatever it says"))
        else:
            name = path.rpartition("\u2215")[
                2
            ]  # of files that were named one by one, the last part of the path
            before = len(pieces)
            found = lines_of(decode(data), _MOST_LINES - lines)
            del data
            lines += found.single
            read_text(name, found.lines, pieces, troubles)
            more = more or found.more
            pieces[before:] = [
                (name, _as_cut(piece, found.cut, more and place == len(pieces) - 1))
                for place, (_, piece) in enumerate(pieces[before:], before)
            ]
            for number in found.cut[:_MOST_GAPS]:
                reason = f"longer than {LONGEST >> 10} KiB; only its beginning was read"
                troubles.append(
                    Gap("source", f"line {number} of {name}", reason, "whatever comes behind that")
                )
            if more:
                reason = f"longer than {LARGEST_TEXT >> 20} MiB or {_MOST_LINES} lines; only the beginning was read"
                troubles.append(Gap("source", name, reason, "whatever comes behind that"))
    pieces = _of_one_machine(pieces, troubles)
    troubles += [
        Gap(
            NOT_READ,
            f"{piece.place} of {file}",
            "this is dmesg, whose disks and NICs guestcheck does not read",
            "the disks and NICs in it",
        )
        for file, piece in pieces
        if piece.key == "dmesg"
    ]
    pieces = _said_once(pieces, troubles)
    conflicts = [gap for gap in troubles if gap.leaves_open == _WHOSE]
    if not pieces and conflicts:
        raise NoEvidenceError(
            f"{store.name}: {conflicts[0].asked}: {conflicts[0].reason}; give each guest's "
            "texts by themselves"
        )
    if not pieces and images:
        raise NoEvidenceError("; ".join(images[:3]))
    if not pieces:
        return None
    if isinstance(store, Files):
        store.forget()  # what is of use is in the pieces
    if len(troubles) > _MOST_GAPS:
        left = len(troubles) - _MOST_GAPS
        troubles = [
            *troubles[:_MOST_GAPS],
            Gap("source", store.name, f"{left} more parts were not recognised", OPENS),
        ]
    return Pasted(store, pieces, troubles)


def _as_cut(piece: Piece, cut: Tuple[int, ...], last: bool) -> Piece:
    """Return a piece as cut where the text was, or one of its lines."""
    first, end = piece.lines[0][0], piece.lines[-1][0]
    return (
        piece._replace(cut=True) if last or any(first <= number <= end for number in cut) else piece
    )


def _of_one_machine(
    pieces: List[Tuple[str, Piece]], troubles: List[Gap]
) -> List[Tuple[str, Piece]]:
    """Leave out what prompts say to be another machine's: a ticket may show the guest and its host.
    The one with the most lines counts.
    """
    lines: Dict[str, int] = {}
    for _, piece in pieces:
        if piece.host:
            lines[piece.host] = lines.get(piece.host, 0) + len(piece.lines)
    if len(lines) < 2:
        return pieces
    chosen = max(lines, key=lambda host: lines[host])
    for file, piece in pieces:
        if piece.host not in ("", chosen):
            reason = f"left out: the prompt is of {piece.host}, most of the rest of {chosen}"
            troubles.append(
                Gap(
                    "source",
                    f"{piece.place} of {file} ({piece.words or piece.key})",
                    reason,
                    "that machine, if it is the one that was meant",
                )
            )
    return [(file, piece) for file, piece in pieces if piece.host in ("", chosen)]


_WHOSE = "which of them is this guest's"


def _said_once(pieces: List[Tuple[str, Piece]], troubles: List[Gap]) -> List[Tuple[str, Piece]]:
    """Leave out two different answers to one command, such as `ethtool -i eth0` of two machines:
    which of them is this guest's?
    """
    answers: Dict[str, List[Tuple[str, Piece]]] = {}
    for file, piece in pieces:
        words = piece.words.split()
        if piece.key.startswith("ethtool") and len(words) > 2:
            answers.setdefault(" ".join(words), []).append((file, piece))
    doubted = []
    for asked, found in answers.items():
        texts = {"".join(piece.text.split()) for _, piece in found}
        if len(texts) > 1:
            places = " and ".join(
                f"{piece.place} of {file} ({_first_line(piece)})" for file, piece in found[:4]
            )
            reason = f"{len(texts)} different answers, so none is used: {places}"
            troubles.append(Gap("source", asked, reason, _WHOSE))
            doubted += [piece for _, piece in found]
    return [(file, piece) for file, piece in pieces if all(piece is not one for one in doubted)]


def _first_line(piece: Piece) -> str:
    return next((line.strip()[:60] for _, line in piece.lines if line.strip()), "")


def _texts(store: Store, troubles: List[Gap]) -> List[str]:
    """Return the files at the top of a store and one folder down, more would be no paste; of a
    folder those that may be texts by their names.
    """
    found = [
        path
        for pattern in ("*", "*/*")
        for path in store.glob(pattern)
        if not store.is_folder(path)
    ]
    texts = [path for path in found if isinstance(store, Files) or may_be_text(path)]
    chosen = set(texts[:MOST_TEXTS])
    left = [path for path in found if path not in chosen]
    if left:
        reason = (
            "not looked at: no texts by their names, or too many"
            if len(left) > 1
            else "not looked at: no text by its name"
        )
        troubles.append(
            Gap(
                "source",
                ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else ""),
                reason,
                "",
            )
        )
    return texts[:MOST_TEXTS]
