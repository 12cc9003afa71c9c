r"""Which of the files there are that decide whether Windows boots: drivers, wherever they lie, and
what hibernation leaves behind.

Paths have "/" between their parts and begin at the system's drive
("/Windows/System32/drivers/viostor.sys" is there what Windows calls
C:\Windows\System32\drivers\viostor.sys); their case is that of the disk and means nothing.
"""

from typing import Dict, FrozenSet, List, NamedTuple, Tuple

from guestcheck.evidence.windows.registry import named_services
from guestcheck.evidence.windows.registry_text import parse_answers
from guestcheck.model.source import OK, Answer, Listing, Question
from guestcheck.model.windows import Service, file_of


class WindowsFiles(NamedTuple):
    """Paths in lower case; of the folders in `whole` all that was asked for was seen. `kinds` has
    what program some of them are.
    """

    paths: FrozenSet[str]
    whole: FrozenSet[str]
    kinds: Dict[str, str] = {}


DRIVERS = Listing("/Windows/System32/drivers/*.sys")
STORE = Listing("/Windows/System32/DriverStore/FileRepository/*/*.sys")
HIBERNATED = Listing("/hiberfil.sys /pagefile.sys")


def _parse(answers: List[Answer]) -> WindowsFiles:
    rows = [
        line.strip().lower().partition("\t")
        for answer in answers
        for line in answer.text.split("\n")
        if line.strip()
    ]
    paths = frozenset(path for path, _, _ in rows)
    kinds = {path: kind for path, _, kind in rows if kind}
    return WindowsFiles(
        paths, frozenset(answer.asked.lower() for answer in answers if answer.status == OK), kinds
    )


_MOST_LOOKED_INTO = 256


def _further(answers: Dict[str, Tuple[Answer, ...]]) -> Tuple[Listing, ...]:
    """Ask what program the file of each driver is that starts at boot."""
    keys = parse_answers(list(answers.get("windows_registry", ())))
    tops = [f"HKLM\\SYSTEM\\{name}\\Services" for name in keys.names("HKLM\\SYSTEM")]
    services = [key for top in tops for key in keys.below(top) if key.number("Start") == 0]
    paths = [file_of(Service(key.name, image=key.text("ImagePath"))) for key in services]
    paths += [file_of(Service(name)) for name in named_services(keys)]
    # A blank parts patterns, and a star is one: there are no such drivers.
    asked = [path for path in dict.fromkeys(paths) if path and not set(path) & set(" *?[\t\n")][
        :_MOST_LOOKED_INTO
    ]
    return (Listing(" ".join(asked), kinds=True),) if asked else ()


WINDOWS_FILES = Question[WindowsFiles](
    "windows_files",
    "which drivers' files there are, and whether Windows hibernates",
    (DRIVERS, STORE, HIBERNATED),
    _parse,
    "whether the files of drivers are there",
    follow=_further,
)
