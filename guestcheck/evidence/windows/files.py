r"""Which of the files there are that decide whether Windows boots: drivers, wherever they lie, and what hibernation leaves behind.

Paths have "/" between their parts and begin at the system's drive ("/Windows/System32/drivers/viostor.sys" is there what Windows calls
C:\Windows\System32\drivers\viostor.sys); their case is that of the disk and means nothing.
"""

from typing import FrozenSet, List, NamedTuple

from guestcheck.model.source import OK, Answer, Listing, Question


class WindowsFiles(NamedTuple):
    """Paths in lower case; of the folders in `whole` all that was asked for was seen."""

    paths: FrozenSet[str]
    whole: FrozenSet[str]


DRIVERS = Listing("/Windows/System32/drivers/*.sys")
STORE = Listing("/Windows/System32/DriverStore/FileRepository/*/*.sys")
HIBERNATED = Listing("/hiberfil.sys /pagefile.sys")


def _parse(answers: List[Answer]) -> WindowsFiles:
    paths = frozenset(line.strip().lower() for answer in answers for line in answer.text.split("\n") if line.strip())
    return WindowsFiles(paths, frozenset(answer.asked.lower() for answer in answers if answer.status == OK))


WINDOWS_FILES = Question[WindowsFiles](
    "windows_files",
    "which drivers' files there are, and whether Windows hibernates",
    (DRIVERS, STORE, HIBERNATED),
    _parse,
    "whether the files of drivers are there",
)
