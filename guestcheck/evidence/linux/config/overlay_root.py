"""What overlayroot lays over the root file system: /etc/overlayroot.conf, overlayroot(8).

The initramfs reads the files as a shell does, the first before the second. Of a line that is more
than `NAME=VALUE`, the value is not known.
"""

from re import compile as compile_pattern
from typing import List, Tuple

from guestcheck.evidence.linux.config.storage_config import lines_of
from guestcheck.model.guest_config import Line, Setting
from guestcheck.model.source import Answer, File, Listing, Question

_LIMIT = 65536
_ALL = "/etc/overlayroot.conf /etc/overlayroot.local.conf"  # that there is none is an answer too
_NOT_A_COMMENT = r"\s*[^#\s]"
_ASSIGNMENT = compile_pattern(
    r"(?:export )?([A-Za-z_][A-Za-z0-9_]*)="
    r"(?:\"([^\"$`\\]*)\"|'([^']*)'|([^\s\"'$`\\;&|<>()*?\[]*))(?: ?;)?(?: #.*)?\Z"
)


def parse_overlay(answers: List[Answer]) -> Tuple[Setting, ...]:
    """Return the settings in the order in which they are read; a line that is not understood is one
    without a name.
    """
    files = [answer for answer in answers if answer.asked != _ALL]
    read = {answer.asked for answer in files}
    listed = [path for answer in answers if answer.asked == _ALL for path in answer.text.split()]
    found = [Setting(Line(path, 0, "was not read"), "", ()) for path in listed if path not in read]
    for line in lines_of(files):
        assigned = _ASSIGNMENT.match(line.text)
        if not assigned:
            found.append(Setting(line, "", ()))
        elif assigned[1] in ("overlayroot", "overlayroot_cfgdisk"):
            value = next((part for part in assigned.groups()[1:] if part is not None), "")
            found.append(Setting(line, assigned[1], (value,)))
    return tuple(found)


OVERLAY = Question[Tuple[Setting, ...]](
    "overlayroot",
    "which disk overlayroot writes to in place of the root file system",
    (
        Listing(_ALL),
        File("/etc/overlayroot.conf", limit=_LIMIT, keep=_NOT_A_COMMENT),
        File("/etc/overlayroot.local.conf", limit=_LIMIT, keep=_NOT_A_COMMENT),
    ),
    parse_overlay,
    "whether changes would be written to another disk, where the initramfs has overlayroot",
    quiet=True,
    deep=True,
)
