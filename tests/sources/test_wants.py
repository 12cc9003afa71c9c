"""Archives keep the files that questions ask for: a question's file that no source wants would be
missing of every archive.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Dict, Iterator, List

import pytest

from guestcheck.evidence import questions
from guestcheck.model.source import OK, File, FirstOf, Listing, Question, Word
from guestcheck.sources import open_source, wanted
from guestcheck.stores.opening import open_store
from guestcheck.stores.store import Store

ASKED: List[Question[object]] = [*questions(deep=True)]


def words(question: Question[object]) -> Iterator[Word]:
    for ask in (*question.asks, *question.also):
        yield from ask.words if isinstance(ask, FirstOf) else (ask,)


FILES = sorted(
    {word.path for question in ASKED for word in words(question) if isinstance(word, File)}
)
LISTED = sorted(
    {
        pattern
        for question in ASKED
        for word in words(question)
        if isinstance(word, Listing)
        for pattern in word.pattern.split(" ")
    }
)

# Files that are asked for and that no archive holds, by the plug-ins of sos 4.12 (`add_copy_spec`).
# A new file of a question goes into WANTS of the sources whose archives have it, or in here with
# the reason.
_RUNNING = "only the running guest has it"
_UNCOPIED = "no plug-in copies it"
NOT_HELD: Dict[str, str] = {
    "/proc/1/environ": "it may hold passwords, and nobody copies it",
    "/proc/device-tree/hypervisor/compatible": _UNCOPIED,
    "/proc/stat": _UNCOPIED,
    "/run/host/container-manager": _RUNNING,
    "/run/systemd/container": _RUNNING,
    "/sys/firmware/devicetree/base/compatible": _UNCOPIED,
    "/sys/firmware/devicetree/base/hypervisor/compatible": _UNCOPIED,
    "/sys/firmware/devicetree/base/model": _UNCOPIED,
    "/sys/firmware/efi/efivars/LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f": _UNCOPIED,
    "/sys/firmware/efi/efivars/LoaderEntryOneShot-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f": _UNCOPIED,
    "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f": _UNCOPIED,
    "/sys/hypervisor/uuid": "sos copies it of a host of Xen alone",
}
# Names that are listed below folders which sos copies whole, and why they are not searched for
# there.
_LISTED_OTHERWISE = {
    "/lib/systemd/system/": "`systemctl list-unit-files`, which is wanted, names the units",
    "/etc/rc": "links of System V; `network_managers` says what it could not see",
}
_COPIED = (
    "/etc/systemd/",
    "/lib/systemd/system/",
    "/etc/rc",
    "/etc/lvm/",
    "/etc/modprobe.d/",
    "/etc/udev/",
)


def name_of(pattern: str) -> str:
    """Return a path that matches a pattern, as a member of an archive."""
    return "guest/" + pattern.lstrip("/").replace("**", "x/y").replace("*", "x")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Open an archive that holds a file for each path that is asked for."""
    archive = tmp_path_factory.mktemp("wants") / "a.tar"
    with tarfile.open(archive, "w") as out:
        for pattern in dict.fromkeys((*FILES, *LISTED)):
            member = tarfile.TarInfo(name_of(pattern))
            member.size = 4
            out.addfile(member, io.BytesIO(b"text"))
    return open_store([str(archive)], wanted())


def keeps(store: Store, pattern: str) -> bool:
    try:
        return store.read(name_of(pattern))[0] == b"text"
    except (KeyError, OSError):
        return False


@pytest.mark.parametrize("path", FILES)
def test_what_is_asked_is_kept(path: str, store: Store) -> None:
    assert keeps(store, path) != (path in NOT_HELD)


def test_no_reason_is_left_of_a_file_that_nobody_asks_for() -> None:
    assert set(NOT_HELD) <= set(FILES)


@pytest.mark.parametrize("pattern", [pattern for pattern in LISTED if pattern.startswith(_COPIED)])
def test_names_in_folders_that_are_copied_are_kept(pattern: str, store: Store) -> None:
    assert keeps(store, pattern) or pattern.startswith(tuple(_LISTED_OTHERWISE))


def test_mounts_of_a_sosreport_are_those_of_its_own_process(tmp_path: Path) -> None:
    """Sos copies /proc/self/mountinfo to the number that it had, and makes `self` a link to it."""
    with tarfile.open(tmp_path / "sos.tar", "w") as out:
        for name, text in (
            ("version.txt", "sos report: 4.8.0\n"),
            ("sos_commands/kernel/uname_-a", "Linux\n"),
            ("proc/4711/mountinfo", "22 1 8:1 / /\n"),
        ):
            member = tarfile.TarInfo(f"sosreport-x/{name}")
            member.size = len(text)
            out.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("sosreport-x/proc/self")
        link.type, link.linkname = tarfile.SYMTYPE, "4711"
        out.addfile(link)
    question: Question[object] = Question(
        "mounts", "", (File("/proc/self/mountinfo"),), lambda found: found, ""
    )
    (answer,) = open_source([str(tmp_path / "sos.tar")]).gather([question]).answers["mounts"]
    assert (answer.status, answer.text) == (OK, "22 1 8:1 / /\n")
