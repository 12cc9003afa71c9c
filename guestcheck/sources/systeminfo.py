"""What virtio-win's CollectSystemInfo.ps1 leaves: a folder, or a zip archive of it, with msinfo32's
report and lists as CSV.

msinfo32.txt tells devices and their drivers, drv_list.csv the driver packages that Windows holds,
Services.csv the services (not the drivers'), InstalledKBs.csv the updates. Where the script ran in
WinRE or WinPE, the Windows beside that is told of, by its hives and files: msinfo32.txt then says
which it is and names no device, and Services.csv has the drivers with their Start too. The registry
itself is not in it: what StartOverride says of a driver, what it is bound to, and whether its file
is there stay open. Names and forms are those of the script in the repository
virtio-win/kvm-guest-drivers-windows, folder Tools/debug.
"""

from __future__ import annotations

from typing import Optional, Tuple

from guestcheck.model.family import WINDOWS
from guestcheck.model.source import (
    ABSENT,
    CUT,
    FAILED,
    OK,
    UNASKED,
    Answer,
    Cim,
    Command,
    Listing,
    Registry,
)
from guestcheck.sources._offline import Offline
from guestcheck.sources._windows_encoding import decoded
from guestcheck.stores.store import Store, find_top

RANK = 3
_FILES = {
    "msinfo32": "msinfo32.txt",
    "Get-WindowsDriver": "drv_list.csv",
    "Get-Service": "Services.csv",
    "Get-HotFix": "InstalledKBs.csv",
}
_MARKS = ("drv_list.csv", "virtio_disk.txt", "PhantomDevices.csv")
WANTS = tuple(_FILES.values())
_LACKS = "not in what CollectSystemInfo.ps1 collects"


class SystemInfo(Offline):
    """What the script collected; `store` is the folder of its files."""

    family = WINDOWS

    def command(self, word: Command) -> Tuple[Answer, ...]:
        """Return what the program of that name had printed."""
        asked = " ".join(word.argv)
        name = _FILES.get(word.argv[0])
        if name is None:
            return (Answer(asked, UNASKED, detail=_LACKS),)
        try:
            data, more = self.store.read(name)
        except KeyError:
            return (Answer(asked, ABSENT, detail=f"there is no {name} in it"),)
        except (OSError, ValueError) as error:
            return (Answer(asked, FAILED, detail=f"{name}: {error}"),)
        text = decoded(data)
        return (
            Answer(
                asked,
                CUT if more else OK if text.strip() else FAILED,
                text,
                "" if text.strip() else f"{name} is empty",
            ),
        )

    def cim(self, word: Cim) -> Tuple[Answer, ...]:
        """Say that the script does not ask this."""
        return (Answer(word.name, UNASKED, detail=_LACKS),)

    def registry(self, word: Registry) -> Tuple[Answer, ...]:
        """Say that the script does not collect the registry."""
        return (Answer(word.key, UNASKED, detail=_LACKS),)

    def listing(self, word: Listing) -> Tuple[Answer, ...]:
        """Say that the script lists no files."""
        return (Answer(word.pattern, UNASKED, detail=_LACKS),)


AT = _MARKS


def is_at(store: Store, top: str) -> bool:
    """Tell whether what the script collected lies right in the folder `top`."""
    return all(any(store.glob(top + name) for name in names) for names in (_MARKS, _FILES.values()))


def recognise(store: Store) -> Optional[SystemInfo]:
    """Open `store` if it holds what the script collects."""
    top = find_top(store, *_MARKS)
    return (
        SystemInfo(store, top)
        if top is not None and any(store.glob(top + name) for name in _FILES.values())
        else None
    )
