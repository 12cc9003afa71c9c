"""A disk image that is not running (qcow2, raw, VMDK, VHD, VHDX, VDI): its files through guestfish,
judged as a mounted root is.

Needs guestfish of libguestfs; nothing is written to the image, and nothing of the guest is started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Sequence, Tuple

from guestcheck.errors import NoEvidenceError
from guestcheck.model.family import Family
from guestcheck.model.source import Answer, Call, Question, Raw, Source
from guestcheck.stores.disk_image import DiskImage
from guestcheck.stores.store import Store

if TYPE_CHECKING:
    from guestcheck.stores.guestfish import GuestStore, Session

WANTS: Tuple[str, ...] = ()

_HOW = (
    "guestfish is needed to read a disk image: install libguestfs-tools (Debian, Ubuntu) or "
    "guestfs-tools (Fedora, RHEL, SUSE);"
    " or mount it read-only and use --root DIR:"
    " guestmount -a IMAGE -i --ro DIR; qemu-nbd -r -c /dev/nbd0 IMAGE; mount -o "
    "ro,loop,offset=N IMAGE DIR"
)


class Image(Source):
    """The guest on the disk image at `path`, of QEMU's format `kind`."""

    def __init__(self, path: str, kind: str) -> None:
        self.name = path
        self._kind = kind
        self._session: Optional[Session] = None
        self._found: Optional[Source] = None

    @property
    def family(self) -> Family:
        """The family of what is on it; the image is opened for that."""
        return self._guest().family

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Answer what the image's files answer; see `Source.gather`."""
        try:
            return self._guest().gather(questions)
        finally:
            self.close()

    def close(self) -> None:
        """End guestfish, if it runs."""
        if self._session:
            self._session.close()
        self._session = self._found = None

    def _guest(self) -> Source:
        if self._found is None:
            try:
                self._found = self._open()
            except BaseException:
                self.close()
                raise
        return self._found

    def _open(self) -> Source:
        from guestcheck.sources.root import looks_like_one
        from guestcheck.sources.windows import open_volume
        from guestcheck.stores.guestfish import GuestStore, Session
        from guestcheck.stores.image_chain import check_chain
        from guestcheck.unpack.programs import find

        if not find("guestfish"):
            raise NoEvidenceError(f"{self.name}: {_HOW}")
        check_chain(self.name, self._kind)
        self._session = Session(self.name, self._kind)
        store = GuestStore(self._session)
        if looks_like_one(store):
            return _root_of(store)
        volume = open_volume(store)
        if volume is None:
            raise NoEvidenceError(
                f"{self.name}: neither a Linux system nor Windows was found on it"
            )
        return volume


def _root_of(store: "GuestStore") -> Source:
    """Return the guest whose root file system guestfish has mounted; its image tells of its file
    systems too.
    """
    from guestcheck.sources.root import Root

    class _OnImage(Root):
        def call(self, word: Call) -> Tuple[Answer, ...]:
            """Answer which file systems there are; no library is called."""
            return (
                (store.file_systems(word.name),)
                if word.name == "file_systems"
                else super().call(word)
            )

    return _OnImage(store)


def recognise(store: Store) -> Optional[Image]:
    """Open `store` if it is a disk image."""
    return Image(store.path, store.form) if isinstance(store, DiskImage) else None
