"""What virtio-win's CollectSystemInfo.ps1 lists of a Windows: how services and drivers are started,
and which updates are installed.

Run in WinRE or WinPE it reads the hives of the Windows beside it: its list of services then has the
drivers too, with the words of their Start, by the control set that Windows last started with
(Select\\Current). What it lists of a running Windows comes from Get-Service, which leaves the
drivers out.
"""

import re
from typing import Dict, FrozenSet, List, NamedTuple, Optional

from guestcheck.evidence.windows._cim import is_cut_table, rows
from guestcheck.model.digits import number_of
from guestcheck.model.source import OK, Answer, Command, Question, ReadInPartError

# Windows has these from Vista on, and the last of them are near the end of a list by name: one that
# lacks any of them is not whole.
_ALWAYS = {"acpi", "disk", "partmgr", "pci", "volmgr", "volsnap", "wdf01000"}
_STARTS = {
    "boot": 0,
    "system": 1,
    "automatic": 2,
    "automatic (delayed)": 2,
    "manual": 3,
    "disabled": 4,
}
_UPDATE = re.compile(r"KB[0-9]{5,8}\Z")
_MOST_LINES = 50_000  # a Windows has some hundred services


class Starts(NamedTuple):
    """When each service and driver is started (0 boot, 1 system, 2 automatic, 3 on demand, 4 never;
    None: it has no Start), by its name.

    With `whole` there are no others.
    """

    services: Dict[str, Optional[int]]
    whole: bool


def _parse_starts(answers: List[Answer]) -> Optional[Starts]:
    """Return what a list of all services says; None for one that leaves the drivers out."""
    found: Dict[str, Optional[int]] = {}
    whole = bool(answers)
    for answer in answers:
        listed = answer.text.lstrip("\ufeff").replace("\r", "")
        if '"Status"' in listed.partition("\n")[0]:
            return None
        ends = listed.endswith("\n")
        told = rows(listed if ends else listed.rpartition("\n")[0])
        for row in told:
            name, start = row.get("Name", ""), row.get("StartType")
            if name and start is not None:
                found[name] = _STARTS.get(start.lower(), number_of(start, 8))
        whole = (
            whole
            and ends
            and answer.status == OK
            and listed.count("\n") < _MOST_LINES
            and all("Name" in row and "StartType" in row for row in told)
        )
    if not found:
        return None
    starts = Starts(found, whole and {name.lower() for name in found} >= _ALWAYS)
    _say_if_cut(answers, starts)
    return starts


def _parse_updates(answers: List[Answer]) -> FrozenSet[str]:
    """Return the updates that are named ("KB4474419"): that one is not proves nothing, for those
    that newer ones replaced are left out.
    """
    ids = (
        row.get("HotFixID", "").strip().upper()
        for answer in answers
        for row in rows(answer.text.lstrip("\ufeff"))
    )
    updates = frozenset(id_ for id_ in ids if _UPDATE.match(id_))
    _say_if_cut(answers, updates)
    return updates


def _say_if_cut(answers: List[Answer], found: object) -> None:
    """Raise ReadInPartError with what was found where a list is longer than what is read of it."""
    for answer in answers:
        if is_cut_table(answer.text):
            says = f"{answer.asked}: too many lines; the others were not looked at"
            raise ReadInPartError(says, found)


WINDOWS_STARTS = Question[Optional[Starts]](
    "windows_starts",
    "Windows: when services and drivers are started, as CollectSystemInfo.ps1 lists them in "
    "WinRE or WinPE",
    (),
    _parse_starts,
    "",
    quiet=True,
    also=(Command(("Get-Service",)),),
)
WINDOWS_UPDATES = Question[FrozenSet[str]](
    "windows_updates",
    "Windows: which updates are installed, as CollectSystemInfo.ps1 lists them",
    (),
    _parse_updates,
    "",
    quiet=True,
    also=(Command(("Get-HotFix",)),),
)
