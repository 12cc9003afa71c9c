"""An archive of insights-client: outputs in insights_commands/, and files, in newer ones both below
data/.

Some of what it collects it filters: of a kernel's configuration, of dmesg and of lsinitrd only
lines that some rule asked for are kept, so that a line that is missing proves nothing. It runs no
udevadm and copies nothing of /sys but DMI.
"""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from guestcheck.model.source import OK, Answer, File, Gap
from guestcheck.sources._collected import Collected, Output
from guestcheck.stores.store import Store, find_top

_COMMANDS = "insights_commands"
_HELD = (
    "insights_commands/*",
    "boot/config-*",
    "boot/grub*/*",
    "boot/loader/**.conf",
    "boot/efi/EFI/*/grub*",
    "etc/os-release",
    "usr/lib/os-release",
    "etc/redhat-release",
    "etc/fstab",
    "proc/cmdline",
    "proc/cpuinfo",
    "proc/meminfo",
    "proc/modules",
    "proc/mounts",
    "proc/swaps",
    "proc/1/mountinfo",
    "sys/class/dmi/id/*",
    "sys/devices/virtual/dmi/id/*",
)
WANTS = (*_HELD, *(f"data/{path}" for path in _HELD), "insights_archive.txt")


class Insights(Collected):
    """An archive of insights-client; its outputs lie in insights_commands/ at `top`, files beside
    that folder.
    """

    what = "archive of insights-client"
    reasons = (
        ("udevadm", "insights-client does not run it"),
        ("/sys/", "insights-client copies nothing of it but DMI"),
    )

    def __init__(self, store: Store, top: str) -> None:
        super().__init__(store, top)
        for path in self.store.glob("boot/config-*"):
            self.troubles.append(
                Gap(
                    "source",
                    "/" + path,
                    "filtered: only lines that a rule asked for were kept",
                    "options without a line",
                )
            )

    def outputs(self) -> Iterator[Output]:
        """Yield what each command printed."""
        for path in sorted(self.store.glob(f"{_COMMANDS}/*")):
            yield Output(path.rpartition("/")[2], "", self.reader(path))

    def file(self, word: File) -> Tuple[Answer, ...]:
        """Return the text of each file that matches; a filtered configuration loses its last line's
        end, by which an excerpt is known.
        """
        answers = super().file(word)
        if not word.path.startswith("/boot/config-"):
            return answers
        return tuple(
            answer._replace(text=answer.text.rstrip("\n")) if answer.status == OK else answer
            for answer in answers
        )


AT = (_COMMANDS, "data")


def is_at(store: Store, top: str) -> bool:
    """Tell whether such an archive was unpacked right into the folder `top`."""
    return any(store.is_folder(f"{top}{folder}{_COMMANDS}") for folder in ("data/", ""))


def recognise(store: Store) -> Optional[Insights]:
    """Open `store` if it is of insights-client: by its folder of outputs, below data/ in newer
    ones.
    """
    top = find_top(store, f"data/{_COMMANDS}", _COMMANDS)
    if top is None:
        return None
    top = f"{top}data/" if store.is_folder(f"{top}data/{_COMMANDS}") else top
    return Insights(store, top) if store.is_folder(top + _COMMANDS) else None
