"""Where a sorted archive has no more that is of use it is not read any further, and its report is
that of the whole; any other is read to its end.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Tuple

import pytest

from guestcheck.evidence import questions
from guestcheck.model.report import Sink
from guestcheck.model.source import Command, File, FirstOf, Initramfs, Listing, Tree, Word
from guestcheck.render.machine import json as json_format
from guestcheck.run import examine
from guestcheck.sources import open_source
from guestcheck.sources.sosreport import END, WANTS
from guestcheck.stores.archive import Archive
from tests.sources.laid_out import Recorded, sos_4_8, write
from tests.test_guests import GUESTS

MIXED = next(folder for folder in GUESTS if folder.name == "lab-mixed-pc-bookworm")
HEAD = ("version.txt", "sos_reports", "sos_logs")  # what sos puts first from 4.5.6 on


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as sos had it before it was packed, with logs."""
    top = write(sos_4_8(Recorded(MIXED)), tmp_path_factory.mktemp("order") / "sosreport-lab")
    (top / "var/cache/debconf").mkdir(parents=True)
    (top / "var/cache/debconf/config.dat").write_text(
        "Name: grub-pc/install_devices\nValue: /dev/vda\n"
    )
    (top / "var/log/apt").mkdir(parents=True)
    (top / "var/log/apt/history.log").write_text("x" * 20_000)
    (top / "var/log/messages").write_text("y" * 200_000)
    (top / "sos_reports").mkdir(exist_ok=True)
    (top / "sos_reports/manifest.json").write_text(
        json.dumps({"version": "4.8.0", "components": {}})
    )
    return top


def packed(top: Path, at: Path, head: Iterable[str] = (), backwards: bool = False) -> Path:
    """Pack a folder as sos does, or in an order of no sos from Python 3.7 on."""
    with tarfile.open(at, "w") as out:
        for name in head:
            if (top / name).exists():
                out.add(top / name, f"{top.name}/{name}")
        if backwards:
            for path in sorted(top.rglob("*"), reverse=True):
                out.add(path, f"{top.name}/{path.relative_to(top)}", recursive=False)
        else:
            out.add(top, top.name)
    return at


def place_of(archive: Path, name: str) -> int:
    with tarfile.open(archive) as file:
        return [member for member in file if member.name.endswith(name)][-1].offset_data


def said(archive: Path) -> Any:
    """Return the report on an archive, but for its name."""
    told = json.loads(
        json_format.render(examine(open_source([str(archive)])), Sink()).replace(
            str(archive), "ARCHIVE"
        )
    )
    return {key: value for key, value in told.items() if key != "time"}


def cut(archive: Path, at: int) -> Path:
    archive.write_bytes(archive.read_bytes()[:at])
    return archive


@pytest.mark.parametrize("head", [(), HEAD], ids=["sos 4.0", "sos 4.5.6"])
def test_the_logs_are_not_read_and_the_report_is_that_of_the_whole(
    collected: Path, tmp_path: Path, head: Tuple[str, ...]
) -> None:
    whole = said(packed(collected, tmp_path / "sosreport-lab.tar", backwards=True))
    archive = packed(collected, tmp_path / "sosreport-lab.tar", head)
    assert said(archive) == whole
    early = place_of(archive, "config.dat")
    assert said(cut(archive, place_of(archive, "apt/history.log") + 700)) == whole
    assert "damaged" in json.dumps(said(cut(archive, early))["gaps"])


@pytest.mark.parametrize("how", ["backwards", "no manifest", "no folder"])
def test_any_other_is_read_to_its_end(collected: Path, tmp_path: Path, how: str) -> None:
    archive = tmp_path / "sosreport-lab.tar"
    with tarfile.open(archive, "w") as out:
        for path in sorted([collected, *collected.rglob("*")], reverse=how == "backwards"):
            name = path.relative_to(collected.parent).as_posix()
            if not (how == "no manifest" and name.endswith("manifest.json")) and not (
                how == "no folder" and path == collected
            ):
                out.add(path, name, recursive=False)
    cut(archive, place_of(archive, "manifest.json" if how == "backwards" else "messages") + 10)
    assert [gap.reason for gap in Archive(str(archive), WANTS, (END,)).troubles] == [
        "damaged, read as far as it goes (it ends too early)"
    ]


def words() -> Iterator[Word]:
    for question in questions(deep=True):
        for ask in (*question.asks, *question.also):
            yield from ask.words if isinstance(ask, FirstOf) else (ask,)


def patterns() -> List[str]:
    found = []
    for word in words():
        if isinstance(word, File):
            found.append(word.path)
        elif isinstance(word, (Listing, Tree, Initramfs)):
            found += word.pattern.split()
    return found


def test_nothing_that_is_asked_for_stands_behind_the_end() -> None:
    assert any(isinstance(word, Command) for word in words())
    end = END.place.split("/")
    behind = [path for path in patterns() if path.split("*", 1)[0].strip("/").split("/") > end]
    # sos copies neither: kernels at the top of old systems, and the services of runit, which no
    # distribution of sos has.
    assert [path for path in behind if not path.startswith(("/vmlinuz", "/var/service/"))] == []
    assert [path for path in WANTS if path.split("*", 1)[0].split("/") > end] == [
        "version.txt"
    ]  # the manifest has it


def archive_of(at: Path, *names: str) -> Archive:
    with tarfile.open(at, "w") as out:
        for name in names:
            member = tarfile.TarInfo(name.rstrip("/"))
            member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            member.size = 0 if name.endswith("/") else 4
            out.addfile(member, io.BytesIO(b"text"))
    return Archive(str(at), ("**",), (END,))


SORTED = (
    "n/",
    "n/etc/",
    "n/etc/a",
    "n/sos_reports/",
    "n/sos_reports/manifest.json",
    "n/var/",
    "n/var/log/",
    "n/var/log/b",
    "n/var/log/c",
    "n/z",
)


@pytest.mark.parametrize(
    ("names", "last"),
    [
        (SORTED, "n/sos_reports/manifest.json"),
        ((*SORTED[:7], "n/var/log.tar", "n/z"), "n/sos_reports/manifest.json"),
        (("n/sos_reports/manifest.json", "n/version.txt", *SORTED), "n/sos_reports/manifest.json"),
        (("a", *SORTED), "n/sos_reports/manifest.json"),
        ((*SORTED[:1], "n/b", "n/a", *SORTED[1:]), "n/z"),
        ((*SORTED[:3], "n/etc/a", *SORTED[3:]), "n/z"),
        ((*SORTED[:3], "other/x", *SORTED[3:]), "n/z"),
        (SORTED[1:], "n/z"),
        ((*SORTED[:4], *SORTED[5:]), "n/z"),
        ((*SORTED[:4], "n/sos_reports/manifest.json/", *SORTED[5:]), "n/z"),
        (("m/", *("m/" + name for name in SORTED)), "m/n/z"),
        (("n/", "n/sos_reports/manifest.json", "o/", "o/var/log/b", "o/z"), "o/z"),
    ],
)
def test_only_what_is_sorted_from_its_folder_on_ends_early(
    tmp_path: Path, names: Tuple[str, ...], last: str
) -> None:
    store = archive_of(tmp_path / "n.tar", *names)
    kept = [name for name in names if not name.endswith("/")]
    assert sorted(store.walk("")) == sorted(set(kept[: len(kept) - kept[::-1].index(last)]))
    assert store.troubles == ()


def test_folders_and_names_are_compared_as_python_sorts_them(tmp_path: Path) -> None:
    for number, name in enumerate(
        [
            "a",
            "a.b",
            "a/c",
            "A",
            "é",
            "a-b",
            "a b",
            "\U0001f600",
            "\uffee",
            "etc/x",
            "sos_reports/manifest.json",
            "var/log/x",
            "z/x",
        ]
    ):
        path = tmp_path / "n" / (name + ".d" * (name == "a") if name != "a/c" else "a/c")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}")
    packed(tmp_path / "n", tmp_path / "n.tar")
    assert "n/z/x" not in list(Archive(str(tmp_path / "n.tar"), ("**",), (END,)).walk(""))


@pytest.mark.parametrize(
    ("archive", "ends"),
    [("n.tar", True), ("n.tar.xz", True), ("two.tar", False), ("nn.tar", False)],
)
def test_only_the_tools_own_archive_ends_early_for_another_may_hold_several(
    tmp_path: Path, archive: str, ends: bool
) -> None:
    path = tmp_path / archive
    with tarfile.open(path, "w") as out:
        for top in "no":
            for name in ("", "/sos_reports", "/sos_reports/manifest.json", "/z", "/z/logs"):
                member = tarfile.TarInfo(top + name)
                data = b"x" * name.endswith(("json", "logs"))
                member.size, member.type = len(data), tarfile.REGTYPE if data else tarfile.DIRTYPE
                out.addfile(member, io.BytesIO(data))
    held = list(Archive(str(path), ("**",), (END,)).walk(""))
    assert ("o/sos_reports/manifest.json" in held) is not ends
