"""Source → Raw: the words in which a question is put, and the text that came back."""

from typing import (
    Any,
    Callable,
    Dict,
    Generic,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from guestcheck.model.family import LINUX, Family
from guestcheck.model.located import same_file

T = TypeVar("T")
MEBIBYTE = 1 << 20
# How much text is handed on to parsers (see bounds.py): characters and lines of the answers to one
# question, of one that lists devices, and characters of all that a source gives. Texts may come
# from anyone.
LONGEST_ANSWER = 8 * MEBIBYTE
LONGEST_LISTING = 96 * MEBIBYTE
MOST_LINES = 400_000
MOST_TEXT = 256 * MEBIBYTE


class File(NamedTuple):
    """The text of a file; `path` may be a pattern, then of each file that matches.

    A file longer than `limit` bytes is cut there and says so, unless `head` holds: then its
    beginning is all that was asked for. Files whose name ends in .gz are unpacked. With `only`, of
    entries parted by NUL those alone that begin with it are taken: the rest, which may be secret,
    is nobody's business.

    The three patterns that follow do the same for lines, and are matched at a line's beginning: of
    `within` the first opens and the second closes what is taken, `keep` says which of these lines
    are taken, and `without` which of those are not. A line that is left out becomes an empty one,
    so that the numbers of the others stay. They hold no more than a shell's `sed` knows too, but
    for the short words for blanks, letters and digits (see collectors).
    """

    path: str
    limit: int = 4 * MEBIBYTE
    head: bool = False
    only: str = ""
    keep: str = ""
    without: str = ""
    within: Tuple[str, str] = ("", "")

    @property
    def picks(self) -> bool:
        """Whether only a part of the file is anybody's business."""
        return bool(self.only or self.keep or self.without or self.within[0])


class Command(NamedTuple):
    """What a program prints on standard output, within `seconds`.

    `codes` are the exit codes with which it says that all went well. With `each`, a pattern with
    one `*`, the program runs once for every match, `{}` in `argv` standing for what the star
    matched. Where the path `needs` is missing the program would have nothing to tell and is not
    run.
    """

    argv: Tuple[str, ...]
    seconds: float = 10.0
    each: str = ""
    codes: Tuple[int, ...] = (0,)
    needs: str = ""


class Call(NamedTuple):
    """What a library tells (`pyudev`, `psutil`), written down as text by the source that can call
    it.
    """

    name: str


class Tree(NamedTuple):
    """Attributes of the device folders that match `pattern`, one a line.

    Names that end in "/" are folders, of which the entries are listed; links are resolved. With
    `ancestors`, each folder's real path is walked upwards and the `driver` and `subsystem` links on
    the way are read too.
    """

    pattern: str
    names: Tuple[str, ...]
    ancestors: bool = False


class Listing(NamedTuple):
    """Which paths match `pattern` (or several, with blanks between); with `suffixes`, all files so
    named in the folders

    that match, at any depth. With `kinds` a volume of Windows' says of each file, after a tab, what
    program it is (sources/_program.py).
    """

    pattern: str
    suffixes: Tuple[str, ...] = ()
    kinds: bool = False


class Initramfs(NamedTuple):
    """What is in the initramfs images, or unified kernel images, that match `pattern` (or several,
    with blanks between).

    An answer an image; where none matches, one without text. Images in whose name one of `besides`
    stands are left out. Where some of them are `named`, in a boot loader's words, those alone are
    read. Without `contents` only a unified kernel image's command line and release are read, which
    costs nothing.
    """

    pattern: str
    besides: Tuple[str, ...] = ()
    contents: bool = True
    named: Tuple[str, ...] = ()

    def chosen(self, paths: Sequence[str]) -> List[str]:
        """Return those of the found `paths` that are asked for, each once."""
        found = [
            path
            for path in dict.fromkeys(paths)
            if not any(part in path.rpartition("/")[2] for part in self.besides)
        ]
        return [
            path for path in found if any(same_file(path, name) for name in self.named)
        ] or found


class Registry(NamedTuple):
    """Keys of a Windows guest's registry, as text in the form of a .reg file (see
    `evidence/windows/registry_text.py`).

    `key` is a path such as "HKLM\\SYSTEM\\Select". In each of its levels a star stands for
    anything, and "|" parts alternatives ("ControlSet*", "viostor|vioscsi"). So many levels as
    `depth` says are told of what is below each key too. `values` names what of a key is wanted (""
    is its default value); where it names nothing, all is. Case never matters. What is read and has
    nothing that matches is an answer: OK, without a key in its text.
    """

    key: str
    depth: int = 0
    values: Tuple[str, ...] = ()


class Cim(NamedTuple):
    """The instances of a class of Windows' own management database (CIM, once WMI) and their
    `properties`, within `seconds`.

    Answered as text: a paragraph an instance, a line `Name : value` for each property that it has,
    a line for each value of a list. What refers to another instance is told by that one's DeviceID.
    `where` is a condition in the database's language, WQL.
    """

    name: str
    properties: Tuple[str, ...]
    where: str = ""
    namespace: str = "root/cimv2"
    seconds: float = 30.0


Word = Union[File, Command, Call, Tree, Listing, Initramfs, Registry, Cim]


class FirstOf(NamedTuple):
    """Words for the same thing, best first; the first that is answered is enough."""

    words: Tuple[Word, ...]


Ask = Union[File, Command, Call, Tree, Listing, Initramfs, Registry, Cim, FirstOf]
# How an ask ended.
OK = "ok"
ABSENT = "absent"  # no such file, program or library here
DENIED = "denied"  # not ours to read
TIMEOUT = "timeout"  # did not end in time and was stopped
FAILED = "failed"  # ended with an error
KILLED = "killed"  # died by a signal
CUT = "cut"  # longer than the limit; what fitted is there
UNASKED = "unasked"  # this source has no way to ask it
# Why a guest that does not run leaves a question open: what only a kernel, a program or a library
# could tell.
ONLY_RUNNING = "only the running guest can show this"
# What a source is: what may be advised depends on it, since a text cannot be asked again, and a
# guest can.
GUEST = "guest"  # a guest that was asked itself: it runs, or is recorded
ARCHIVE = "archive"  # what somebody's tool had collected: sos, supportconfig, insights-client
FILES = "files"  # a root file system or a disk image that does not run
TEXTS = "texts"  # what somebody pasted
ORIGINS = (GUEST, ARCHIVE, FILES, TEXTS)
# how the detail of a failed answer begins where a file is damaged: of what was read nothing is
# beyond doubt
DAMAGED = "damaged: "
STATUSES = (OK, ABSENT, DENIED, TIMEOUT, FAILED, KILLED, CUT, UNASKED)


class Answer(NamedTuple):
    """One thing that was asked and what came of it; `text` is as it came, also when it ended badly."""

    asked: str
    status: str
    text: str = ""
    detail: str = ""
    seconds: float = 0.0


class ReadInPartError(ValueError):
    """Raised by a parser that reads no further; `records` are those that it read, and what it says
    is named in the headline.
    """

    def __init__(self, says: str, records: Any = ()) -> None:
        super().__init__(says)
        self.records = records


class Gap(NamedTuple):
    """Something that could not be read, why, and what that leaves open."""

    question: str
    asked: str
    reason: str
    leaves_open: str


class Cut(NamedTuple):
    """An answer that was too long to be read whole, and of how much that is said: what is missing
    in it may be there all the same.
    """

    asked: str
    says: str
    deep: bool


class Raw(NamedTuple):
    """All answers of one guest by the question's name, which source gave them, what was wrong with
    that source itself, and whether

    the guest ran when it was asked. `origin` is one of ORIGINS.
    """

    source: str
    answers: Dict[str, Tuple[Answer, ...]]
    troubles: Tuple[Gap, ...] = ()
    running: bool = False
    origin: str = GUEST


class Question(Generic[T]):
    """Something to be known of a guest: what to ask for it, and how the text becomes records.

    `parse` gets the answers that hold text and returns records; it raises ValueError where the text
    says nothing. `without` says what stays open when nothing was answered, and `taken` what is
    taken for it where it is known which kernel runs. With `quiet` an absence is normal and no gap.
    `also` holds what says the same and is asked of archives and pasted texts alone: a running guest
    has better ways.

    A `deep` question costs seconds where others cost milliseconds. The plain report does not ask it
    of a running guest; a recording is made with it, and everything that is not running is asked it.
    Where it was not asked, that is no gap; a refusal is one even where it is `quiet`.

    `follow` is told what was answered, by question, and says what has to be asked further: files
    that other files name. Sources that read the guest's files ask it; what they give is recorded
    with the rest.
    """

    __slots__ = (
        "also",
        "asks",
        "deep",
        "follow",
        "name",
        "parse",
        "quiet",
        "summary",
        "taken",
        "without",
    )

    def __init__(
        self,
        name: str,
        summary: str,
        asks: Sequence[Ask],
        parse: Callable[[List[Answer]], T],
        without: str,
        quiet: bool = False,
        also: Sequence[Ask] = (),
        deep: bool = False,
        taken: str = "",
        follow: "Optional[Callable[[Dict[str, Tuple[Answer, ...]]], Sequence[Word]]]" = None,
    ) -> None:
        self.taken = taken
        self.follow = follow
        self.also = tuple(also)
        self.deep = deep
        self.name = name
        self.summary = summary
        self.asks = tuple(asks)
        self.parse = parse
        self.without = without
        self.quiet = quiet

    def asking(self, asks: Sequence[Ask]) -> "Question[T]":
        """Return this question put in other words."""
        return Question(
            self.name,
            self.summary,
            asks,
            self.parse,
            self.without,
            self.quiet,
            self.also,
            self.deep,
            follow=self.follow,
        )


class Evidence:
    """What the answers say, by question; a question without an answer is None and has a gap.
    `deep`: the deep ones were asked too.
    """

    def __init__(
        self,
        source: str,
        records: Dict[str, object],
        gaps: Tuple[Gap, ...],
        deep: bool = False,
        origin: str = GUEST,
        cut: Tuple[Cut, ...] = (),
        family: Family = LINUX,
    ) -> None:
        self.source = source
        self.cut = cut
        self.origin = origin
        self.deep = deep
        self.family = family
        self.gaps = gaps
        self._records = records

    def get(self, question: Question[T]) -> Optional[T]:
        """Return the records of `question`, or None where there are none."""
        return self._records.get(question.name)  # type: ignore[return-value]

    def joined(self, later: "Evidence") -> "Evidence":
        """Return this with what was asked `later`; a gap that both name stands once."""
        gaps = tuple(dict.fromkeys((*self.gaps, *later.gaps)))
        cut = (*self.cut, *later.cut)
        return Evidence(
            self.source,
            {**self._records, **later._records},
            gaps,
            self.deep or later.deep,
            self.origin,
            cut,
            self.family,
        )


class Source:
    """Somewhere evidence comes from: this guest, a recording, an archive.

    A source defines `name` and `gather`, and of the others what is not so of most sources.
    """

    name: str

    @property
    def family(self) -> Family:
        """The family of the guest; one that is not known is asked what Linux is asked."""
        return LINUX

    @property
    def running(self) -> bool:
        """Whether the guest runs, or ran when it was recorded."""
        return False

    def start(self, questions: "Sequence[Question[object]]") -> None:
        """Begin to answer `questions`: `gather` follows."""

    def gather(self, questions: "Sequence[Question[object]]") -> Raw:
        """Answer what can be answered of `questions`; never raises for a single one."""
        raise NotImplementedError

    def close(self) -> None:
        """End what was started; called once `gather` has returned, or was interrupted."""
