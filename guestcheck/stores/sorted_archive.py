"""When an archive has nothing more that is of use, though it goes on: half of a large sosreport is
logs, and they stand last.

sos packs the folder that it collected in with one `tarfile.add`, which since Python 3.7 takes the
names in each folder sorted, and what is in a folder right behind it. So the members' paths, as
lists of names, only ever grow from the folder itself on, and behind one that is larger than all
that is of use none of that can follow. Nothing is taken for granted: the archive has to begin so,
and to go on so up to that place; of one that did not once, sos's own from Python 3.6 for instance,
all is read. Newer versions (4.5.6) put some files first, and then the whole folder with those files
once more: the order is counted from the folder on.

What is lost: damage behind that place is not seen, and neither is what somebody added to the
archive by hand afterwards. Neither is of use, unless it is a second copy of something before that
place, which sos never writes.
"""

from __future__ import annotations

from typing import List, NamedTuple, Sequence

from guestcheck.unpack.tar import FILE, FOLDER, Member


class End(NamedTuple):
    """Of a kind of archive: the file by which it is known, and the last place that is of use, both
    below the folder that it holds.
    """

    mark: str
    place: str


class Order:
    """Watches the members of an archive; `ends` are those of the kinds that it may be of.

    `archive` is its file's name. Only where that is the name of the folder in it did the tool
    itself pack it, and nothing else. Several folders that somebody packed may hold a guest each:
    all of these are read.
    """

    def __init__(self, ends: Sequence[End], archive: str = "") -> None:
        self._ends = ends
        self._archive = archive
        self._last: List[str] = []
        self._place: List[str] = []

    def is_over(self, member: Member) -> bool:
        """Tell whether `member` is of no use, and nothing can be that follows; to be asked of each
        once.
        """
        path = member.name.rstrip("/").split("/")
        if len(path) == 1 and member.kind == FOLDER:
            self._last, self._place = path, []
            return False
        if path <= self._last or path[:1] != self._last[:1]:
            self._last = []  # no order, or none any more
            return False
        self._last = path
        if (
            member.kind == FILE
            and member.size
            and (not self._archive or self._archive.startswith(f"{path[0]}."))
        ):
            self._place = next(
                (end.place.split("/") for end in self._ends if end.mark.split("/") == path[1:]),
                self._place,
            )
        return bool(self._place) and path[1:] > self._place
