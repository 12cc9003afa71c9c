"""Our own recording: an archive or a folder with a manifest and the answers as text files, as they
came; or all of it in one text.

`manifest.json` holds {"schema": "guestcheck.recording/1", "tool", "time", "source", "answers":
[{"question", "asked", "status", "detail", "seconds", "file"}]}; "file" is the name of the answer's
text below the same folder, null where there is none. There may also be "running" (true: the guest
ran when it was asked), "origin" (what was recorded where that is no guest itself: "archive",
"files", "texts"), "redacted" (true: values that tell whose guest it is were replaced) and
"troubles", gaps of the source that was recorded, as [{"question", "asked", "reason",
"leaves_open"}]. Readers pass over what they do not know.

One text is what guests without tar write, Windows above all. It begins with the line
"#guestcheck.recording/1", and so do further lines with what the manifest has: "#tool", "#time",
"#source", "#running yes". Each answer begins with "#answer QUESTION STATUS SECONDS", "#asked" and
"#detail"; the lines of its text follow, each behind one blank. The last line is "#end": without it
the recording was cut short.

A recording may come from anyone: members are read and never unpacked, and their sizes and number
are bounded.
"""

from __future__ import annotations

import os
import tarfile
from errno import EACCES, ENOENT, ENOTDIR
from io import BytesIO
from time import gmtime, strftime, time
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from guestcheck import __version__
from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.model.family import FAMILIES, LINUX, Family
from guestcheck.model.source import (
    FILES,
    GUEST,
    LONGEST_LISTING,
    ONLY_RUNNING,
    ORIGINS,
    STATUSES,
    Answer,
    Gap,
    Question,
    Raw,
    Source,
)
from guestcheck.output_file import write_output
from guestcheck.sources._windows_encoding import decoded
from guestcheck.stores.store import Store, find_top

SCHEMA = "guestcheck.recording/1"
_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 32 << 20  # a card has two answers of its own, each with a few lines in it
WANTS = (_MANIFEST, "*/*.txt", "guestcheck-*.txt")

Read = Callable[[str], bytes]


class Bundle(Source):
    """A recording; `read` returns the bytes of one of its files by name, or raises KeyError."""

    def __init__(self, name: str, read: Read, troubles: Tuple[Gap, ...] = ()) -> None:
        self.name = name
        self._read = read
        self._troubles = troubles
        self._told: Optional[Dict[str, object]] = None

    @property
    def running(self) -> bool:
        """Whether the guest ran when it was recorded: then the report is the one that it would have
        given there.
        """
        told = self._manifest()
        return told.get("running") is True or told.get("source") == "live"

    @property
    def family(self) -> Family:
        """The family of the guest: the names of questions that only guests of one family are asked
        begin with that.
        """
        asked = [str(entry.get("question", "")) for entry in _entries(self._manifest()["answers"])]
        found = (one for one in FAMILIES if any(name.startswith(f"{one}_") for name in asked))
        return next(found, LINUX)

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Return the answers that were recorded for `questions`."""
        manifest = self._manifest()
        answers: Dict[str, List[Answer]] = {question.name: [] for question in questions}
        for entry in _entries(manifest["answers"]):
            name = entry.get("question")
            if isinstance(name, str) and name in answers:
                answers[name].append(self._answer(entry))
        troubles = tuple(
            Gap(*(str(entry.get(field, "")) for field in Gap._fields))
            for entry in _entries(manifest.get("troubles"))
        )
        # Recordings of older versions do not say what they are of; what only the running guest can
        # show is not to be had of files.
        files = any(answer.detail == ONLY_RUNNING for given in answers.values() for answer in given)
        origin = str(manifest.get("origin", FILES if files else GUEST))
        found = {name: tuple(given) for name, given in answers.items()}
        return Raw(
            self.name,
            found,
            (*self._troubles, *troubles),
            self.running,
            origin if origin in ORIGINS else GUEST,
        )

    def _manifest(self) -> Dict[str, object]:
        if self._told is None:
            self._told = self._parsed()
        return self._told

    def _parsed(self) -> Dict[str, object]:
        import json

        try:
            told = json.loads(self._read(_MANIFEST))
        except (KeyError, ValueError, RecursionError) as error:
            raise NoEvidenceError(
                f"{self.name}: its {_MANIFEST} cannot be read ({error})"
            ) from error
        if (
            not isinstance(told, dict)
            or told.get("schema") != SCHEMA
            or not isinstance(told.get("answers"), list)
        ):
            raise NoEvidenceError(f"{self.name}: its {_MANIFEST} is not of the form {SCHEMA}")
        return told

    def _answer(self, entry: Dict[str, object]) -> Answer:
        asked, detail = str(entry.get("asked", "")), str(entry.get("detail", ""))
        status = str(entry.get("status", ""))
        file = entry.get("file")
        seconds = entry.get("seconds")
        text = ""
        if isinstance(file, str):
            try:
                text = self._read(file).decode("utf-8", "backslashreplace")
            except (KeyError, OSError, ValueError) as error:
                return Answer(
                    asked,
                    "failed",
                    detail=f"{file} cannot be read from the recording ({_reason(error)})",
                )
        spent = float(seconds) if isinstance(seconds, (int, float)) and abs(seconds) < 1e9 else 0.0
        return Answer(asked, status if status in STATUSES else "failed", text, detail, spent)


def recognise(store: Store) -> Optional[Bundle]:
    """Open `store` if it is a recording: a folder or archive with our manifest, in whatever folder
    of it, or one text.
    """
    top = find_top(store, _MANIFEST)
    if top is None or top.endswith("sos_reports/"):  # a sosreport has a manifest of its own
        return _in_one_text(store)

    try:
        store.read(top + _MANIFEST, 1)
    except (KeyError, OSError, ValueError):
        return None  # a folder or pipe of that name

    def read(name: str) -> bytes:
        if name == _MANIFEST:
            data, more = store.read(top + name, _LARGEST_MANIFEST)
            if more:
                raise ValueError(f"it has more than {_LARGEST_MANIFEST >> 20} MiB")
            return data
        data, more = store.read(
            top + name, LONGEST_LISTING + 1
        )  # one more than an answer may have: it is cut, and says so, with all others
        if more and len(data) <= LONGEST_LISTING:
            raise ValueError("the texts before it are too large")
        return data

    return Bundle(store.name, read, store.troubles)


AT = (_MANIFEST,)


def is_at(store: Store, top: str) -> bool:
    """Tell whether a recording, perhaps a damaged one, lies right in the folder `top`.

    Others have a manifest.json too: it counts if it names our schema, or is no JSON at all.
    """
    import json

    if top.endswith("sos_reports/") or not store.glob(top + _MANIFEST):
        return False
    try:
        data = store.read(top + _MANIFEST, _LARGEST_MANIFEST)[0]
        if b"guestcheck.recording" in data:
            return True
        json.loads(data)
    except (
        KeyError
    ):  # a folder, a link that leads nowhere, or a file that an archive's reader did not keep
        return not store.is_folder(top + _MANIFEST) and not store.link(top + _MANIFEST)
    except (OSError, ValueError, RecursionError):
        return True
    return False


def _reason(error: Exception) -> str:
    return (
        str(error)
        if type(error) is ValueError and str(error).isprintable()
        else type(error).__name__
    )


_BEGINNING = f"#{SCHEMA}"
_MOST_FILES = 200  # that are looked at for this beginning
_MOST_ANSWERS = 200_000  # a card has two


class TextBundle(Bundle):
    """A recording that is one text."""

    def __init__(self, name: str, text: str, troubles: Tuple[Gap, ...] = ()) -> None:
        super().__init__(name, _nothing, troubles)
        self._head, self._answers, whole = _read_text(text)
        if not whole:
            cut = Gap(
                "source",
                name,
                "cut short: the line that ends a recording is missing",
                "whatever was asked after that",
            )
            self._troubles = (*self._troubles, cut)

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Return the answers that were recorded for `questions`."""
        asked = {question.name for question in questions}
        answers = {name: tuple(found) for name, found in self._answers.items() if name in asked}
        return Raw(self.name, {**dict.fromkeys(asked, ()), **answers}, self._troubles, self.running)

    def _manifest(self) -> Dict[str, object]:
        return {
            "running": self._head.get("running") == "yes",
            "answers": [{"question": name} for name in self._answers],
        }


def _nothing(name: str) -> bytes:
    raise KeyError(name)


def _in_one_text(store: Store) -> Optional[TextBundle]:
    paths = [*store.glob("*"), *store.glob("*/guestcheck-*.txt")][:_MOST_FILES]
    found = [path for path in paths if begins(store, path)]
    if len(found) > 1:
        raise NoEvidenceError(f"{store.name}: holds {len(found)} recordings; name one of them")
    if not found:
        return None
    data, more = store.read(found[0])
    return TextBundle(
        store.name, decoded(data).rsplit("\n", 1)[0] if more else decoded(data), store.troubles
    )


def begins(store: Store, path: str) -> bool:
    """Tell whether the file at `path` is a recording that is one text."""
    try:
        return is_one(store.read(path, 256)[0])
    except (KeyError, OSError, ValueError):
        return False  # a folder, or a file that is not to be read


def is_one(start: bytes) -> bool:
    """Tell by its first bytes whether a file is a recording that is one text."""
    return decoded(start).startswith(_BEGINNING)


def _read_text(text: str) -> Tuple[Dict[str, str], Dict[str, List[Answer]], bool]:
    """Return what stands at the head of a text, its answers by question, and whether its end is
    there.
    """
    head: Dict[str, str] = {}
    answers: Dict[str, List[Answer]] = {}
    parts = text.split("\n#answer ")
    for number, part in enumerate(parts[: _MOST_ANSWERS + 1]):
        if number:
            question, answer = _text_answer(part)
            answers.setdefault(question, []).append(answer)
        else:
            pairs = (line[1:].partition(" ") for line in part.split("\n") if line.startswith("#"))
            head = {name: value.strip() for name, _, value in pairs}
    return head, answers, text.rstrip().endswith("\n#end") and len(parts) <= _MOST_ANSWERS + 1


def _text_answer(part: str) -> Tuple[str, Answer]:
    first, *lines = part.split("\n")
    question, status, seconds = [*first.split(" "), "", ""][:3]
    told = {"asked": "", "detail": ""}
    kept: List[str] = []
    for line in lines:
        name, _, value = line[1:].partition(" ") if line.startswith("#") else ("", "", "")
        if line.startswith("#"):
            told[name] = value.strip()
        else:
            kept.append(line[1:] if line.startswith(" ") else line)
    try:
        spent = min(max(float(seconds), 0.0), 1e9)
    except ValueError:
        spent = 0.0
    while kept and not kept[-1].strip():
        kept.pop()
    said = "".join(f"{line}\n" for line in kept)
    return question, Answer(
        told["asked"], status if status in STATUSES else "failed", said, told["detail"], spent
    )


def _entries(told: object) -> List[Dict[str, object]]:
    return [entry for entry in told if isinstance(entry, dict)] if isinstance(told, list) else []


def check_place(path: str) -> None:
    """Raise UsageError where no recording could be written to `path`, so that nothing is asked in
    vain.
    """
    real = os.path.realpath(path)
    if path == "-" or (os.path.exists(real) and not os.path.isfile(real)):
        raise UsageError(f"cannot write {path}: a recording goes into a file, and this is none")
    folder = os.path.dirname(real)
    if not os.path.isdir(folder):
        raise UsageError(
            f"cannot write {path}: {os.strerror(ENOTDIR if os.path.exists(folder) else ENOENT)}"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write {path}: {os.strerror(EACCES)}")


def write(raw: Raw, path: str, redacted: bool = False) -> int:
    """Write `raw` to the archive `path`, readable by its owner alone and whole or not at all;
    return its size in bytes.

    With `redacted` the manifest says so, and the folder in the archive does not have the archive's
    name, which may be a guest's.
    """
    check_place(path)
    top = "" if redacted else os.path.basename(path).partition(".")[0]
    data = _pack(_files(raw, redacted), top or "guestcheck")
    write_output(path, data)
    return len(data)


def _pack(files: List[Tuple[str, bytes]], top: str) -> bytes:
    """Return the archive; it is packed in memory, a megabyte or two."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in files:
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size, member.mtime, member.mode = len(data), int(time()), 0o600
            archive.addfile(member, BytesIO(data))
    return packed.getvalue()


def _files(raw: Raw, redacted: bool) -> List[Tuple[str, bytes]]:
    """Return the names and bytes of what goes into the archive, the manifest first."""
    import json

    files: List[Tuple[str, bytes]] = []
    entries: List[Dict[str, object]] = []
    for question, answers in raw.answers.items():
        for number, answer in enumerate(answers):
            file = (
                f"{question}/{number:03d}-{_file_name(answer.asked)}.txt" if answer.text else None
            )
            entries.append(
                {
                    "question": question,
                    "asked": answer.asked,
                    "status": answer.status,
                    "detail": answer.detail,
                    "seconds": round(answer.seconds, 4),
                    "file": file,
                }
            )
            if file:
                files.append((file, answer.text.encode("utf-8", "backslashreplace")))
    manifest: Dict[str, object] = {
        "schema": SCHEMA,
        "tool": f"guestcheck {__version__}",
        "time": strftime("%Y-%m-%dT%H:%M:%SZ", gmtime()),
        "source": raw.source,
        **({"running": True} if raw.running else {}),
        **({"origin": raw.origin} if raw.origin != GUEST else {}),
        **({"redacted": True} if redacted else {}),
        **({"troubles": [gap._asdict() for gap in raw.troubles]} if raw.troubles else {}),
        "answers": entries,
    }
    return [(_MANIFEST, json.dumps(manifest, indent=1).encode() + b"\n"), *files]


def _file_name(asked: str) -> str:
    """Make a file name of what was asked: only letters, digits, dots and dashes, 60 of them at
    most.
    """
    return (
        "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "_" for c in asked).strip(
            "._"
        )[:60]
        or "answer"
    )
