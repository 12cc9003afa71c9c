"""Which file systems a disk image holds, as blkid reports them: whether what root= names is on the
image at all.

Only a source that has whole disks answers. A running guest has mounted its root, and an archive of
files does not hold it.
"""

from typing import List, Tuple

from guestcheck.model.guest_config import FileSystem
from guestcheck.model.source import Answer, Call, Question


def _parse(answers: List[Answer]) -> Tuple[FileSystem, ...]:
    """Read blocks of KEY=value, one for each file system, with empty lines between them: `blkid -o
    export`.
    """
    found = []
    for block in "\n\n".join(answer.text for answer in answers).split("\n\n"):
        tags = dict(line.split("=", 1) for line in block.split("\n") if "=" in line)
        if tags:
            found.append(
                FileSystem(
                    tags.get("DEVNAME", ""),
                    tags.get("TYPE", ""),
                    tags.get("UUID", ""),
                    tags.get("LABEL", ""),
                    tags.get("PART_ENTRY_UUID", ""),
                    tags.get("PART_ENTRY_NAME", ""),
                )
            )
    if not found:
        raise ValueError("no file system is named")
    return tuple(found)


FILE_SYSTEMS = Question(
    "file_systems",
    "the file systems of a disk image, with their UUIDs",
    asks=[Call("file_systems")],
    parse=_parse,
    without="",
    quiet=True,
    deep=True,
)
