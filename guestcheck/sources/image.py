"""A disk image that is not running (qcow2, raw, VMDK, VHD, VHDX, VDI): its files through guestfish, judged as a mounted root is.

Needs guestfish of libguestfs; nothing is written to the image, and nothing of the guest is started.
"""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from guestcheck.errors import NoEvidenceError
from guestcheck.model.source import Question, Raw
from guestcheck.sources._image import DiskImage, check_chain
from guestcheck.sources._store import Store

WANTS: Tuple[str, ...] = ()

_HOW = (
    "guestfish is needed to read a disk image: install libguestfs-tools (Debian, Ubuntu) or guestfs-tools (Fedora, RHEL, SUSE);"
    " or mount it read-only and use --root DIR:"
    " guestmount -a IMAGE -i --ro DIR; qemu-nbd -r -c /dev/nbd0 IMAGE; mount -o ro,loop,offset=N IMAGE DIR"
)


class Image:
    """The guest on the disk image at `path`, of QEMU's format `kind`."""

    def __init__(self, path: str, kind: str) -> None:
        self.name = path
        self._kind = kind

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Answer what the image's files answer; see `Source.gather`."""
        from guestcheck.sources._guestfish import GuestStore, Session, find
        from guestcheck.sources.root import Root, looks_like_one

        if not find():
            raise NoEvidenceError(f"{self.name}: {_HOW}")
        check_chain(self.name, self._kind)
        session = Session(self.name, self._kind)
        try:
            store = GuestStore(session)
            if not looks_like_one(store):
                windows = any(store.is_folder(folder) for folder in ("Windows", "windows", "WINDOWS"))
                raise NoEvidenceError(f"{self.name}: {'Windows is on it, whose files are not read yet' if windows else 'no Linux system was found on it'}")
            return Root(store).gather(questions)
        finally:
            session.close()


def recognise(store: Store) -> Optional[Image]:
    """Open `store` if it is a disk image."""
    return Image(store.path, store.form) if isinstance(store, DiskImage) else None
