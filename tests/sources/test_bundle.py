"""A recording says what the guest said, no more and no less; and a hostile one reads nothing but
itself and crashes nothing.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.evidence import questions, read
from guestcheck.model.report import Sink
from guestcheck.model.source import CUT, FAILED, OK, STATUSES, Answer, Question, Raw, Source
from guestcheck.render.machine.json import render
from guestcheck.run import examine
from guestcheck.sources import bundle
from guestcheck.sources.bundle import SCHEMA, Bundle, write
from guestcheck.sources.live import Live
from guestcheck.stores.opening import open_store
from guestcheck.unpack.tar import Member, Tar
from tests.examples import examples
from tests.sources.bounds import lower

NAMES = ("block", "pci", "sysfs")
ASKED: Sequence[Question[Any]] = tuple(
    Question(name, "", (), lambda found: found, "") for name in NAMES
)
SECRET = "the secret of another file"


class Once(Source):
    """A source whose answers are known already."""

    name = "live"

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def gather(self, _: Sequence[Question[object]]) -> Raw:
        return self.raw


def recognise(path: str) -> Optional[Bundle]:
    """Open `path` as a recording, or return None where it is none."""
    try:
        return bundle.recognise(open_store([path], bundle.WANTS))
    except NoEvidenceError:  # a damaged archive
        return None


def record(raw: Raw, folder: Path) -> Raw:
    """Write `raw`, and read it again."""
    path = str(folder / "x.tar.gz")
    write(raw, path)
    source = recognise(path)
    assert source is not None
    return source.gather(ASKED)


def entry(**fields: Any) -> Dict[str, Any]:
    return {
        "question": "pci",
        "asked": "lspci",
        "status": OK,
        "detail": "",
        "seconds": 0.1,
        "file": None,
        **fields,
    }


def manifest(*entries: Any, **fields: Any) -> bytes:
    return json.dumps(
        {"schema": SCHEMA, "source": "live", "answers": list(entries), **fields}
    ).encode()


def folder_of(path: Path, files: Dict[str, bytes]) -> str:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return str(path)


def archive_of(
    path: Path, members: Sequence[tarfile.TarInfo], data: Dict[str, bytes], mode: str = "w:gz"
) -> str:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in data.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in members:
            archive.addfile(member)
    return str(path)


def opened(path: str) -> Bundle:
    source = recognise(path)
    assert source is not None
    return source


class TestRecording:
    def test_replay_equals_live_on_this_guest(self, tmp_path: Path) -> None:
        asked = questions()
        raw = Live().gather(asked)
        path = str(tmp_path / "guest.tar.gz")
        write(raw, path)
        reports = []
        for source in (Once(raw), opened(path)):
            report = json.loads(render(examine(source), Sink()))
            del report["time"], report["source"]
            reports.append(report)
        assert reports[0] == reports[1]

    @settings(max_examples=examples(40))
    @given(
        st.dictionaries(
            st.sampled_from(NAMES),
            st.lists(
                st.builds(
                    Answer,
                    st.text(max_size=80),
                    st.sampled_from(STATUSES),
                    st.text(st.characters(codec="utf-8"), max_size=200),
                    st.text(max_size=20),
                    st.integers(0, 99).map(lambda n: n / 4),
                ),
                max_size=4,
            ).map(tuple),
        )
    )
    def test_whatever_was_answered_is_read_back(
        self, tmp_path: Path, answers: Dict[str, Any]
    ) -> None:
        found = record(Raw("live", answers), tmp_path)
        assert found.answers == {name: answers.get(name, ()) for name in NAMES}

    def test_a_text_that_no_file_can_hold_is_escaped(self, tmp_path: Path) -> None:
        found = record(Raw("live", {"pci": (Answer("lspci", OK, "eth\udcff\n"),)}), tmp_path)
        assert found.answers["pci"][0].text == "eth\\udcff\n"

    def test_a_recording_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar.gz"
        old = os.umask(0)
        try:
            write(Raw("live", {"pci": (Answer("lspci", OK, "x"),)}), str(path))
        finally:
            os.umask(old)
        assert path.stat().st_mode & 0o777 == 0o600
        with tarfile.open(path) as archive:
            assert {member.mode for member in archive} == {0o600}
            assert {member.name.partition("/")[0] for member in archive} == {"x"}

    def test_the_size_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar.gz"
        assert write(Raw("live", {}), str(path)) == path.stat().st_size

    def test_an_older_recording_is_replaced_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar.gz"
        path.write_text("older")
        write(Raw("live", {}), str(path))
        assert [one.name for one in tmp_path.iterdir()] == ["x.tar.gz"]
        assert opened(str(path)).gather(ASKED).answers == dict.fromkeys(NAMES, ())

    def test_what_cannot_be_written_leaves_nothing_behind(self, tmp_path: Path) -> None:
        (tmp_path / "x.tar.gz").mkdir()
        for path in (tmp_path / "x.tar.gz", tmp_path / "no" / "x.tar.gz"):
            with pytest.raises(UsageError, match="cannot write"):
                write(Raw("live", {"pci": (Answer("lspci", OK, "x" * 100),)}), str(path))
        assert [one.name for one in tmp_path.iterdir()] == ["x.tar.gz"]

    def test_a_failure_on_the_way_leaves_the_older_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "x.tar.gz"
        path.write_text("older")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(UsageError, match="No space left"):
            write(Raw("live", {}), str(path))
        assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"x.tar.gz": "older"}

    def test_the_names_inside_are_plain(self, tmp_path: Path) -> None:
        asked = ("../../etc/passwd", "/", "", "-rf", "a\nb", "ü", "x" * 300, "\x1b[31m", "..")
        record(Raw("live", {"pci": tuple(Answer(one, OK, "x") for one in asked)}), tmp_path)
        with tarfile.open(tmp_path / "x.tar.gz") as archive:
            names = [part for member in archive for part in member.name.split("/")]
        assert all(
            part.isascii()
            and part.isprintable()
            and " " not in part
            and part not in ("", ".", "..")
            and len(part) < 80
            for part in names
        )

    @pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
    def test_a_recording_may_be_packed_otherwise(self, tmp_path: Path, mode: str) -> None:
        files = {"top/manifest.json": manifest(entry(file="pci/0.txt")), "top/pci/0.txt": b"text"}
        found = opened(archive_of(tmp_path / "x.tar", (), files, mode)).gather(ASKED)
        assert found.answers["pci"] == (Answer("lspci", OK, "text", "", 0.1),)

    @pytest.mark.parametrize("top", ["", "guest/", "./guest/"])
    def test_the_folder_at_its_top_has_any_name(self, tmp_path: Path, top: str) -> None:
        files = {
            f"{top}manifest.json": manifest(entry(file="pci/0.txt")),
            f"{top}pci/0.txt": b"text",
        }
        assert (
            opened(archive_of(tmp_path / "x.tar", (), files)).gather(ASKED).answers["pci"][0].text
            == "text"
        )

    def test_an_unpacked_recording_is_one_too(self, tmp_path: Path) -> None:
        path = folder_of(
            tmp_path, {"manifest.json": manifest(entry(file="pci/0.txt")), "pci/0.txt": b"a\xff"}
        )
        assert opened(path).gather(ASKED).answers["pci"][0].text == "a\\xff"

    def test_questions_of_another_version_are_passed_over(self, tmp_path: Path) -> None:
        path = folder_of(
            tmp_path,
            {
                "manifest.json": manifest(
                    entry(question="of tomorrow"), entry(question=["pci"]), "odd", 3, None
                )
            },
        )
        assert opened(path).gather(ASKED).answers == dict.fromkeys(NAMES, ())


class TestHostile:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0" * 2000,
            b"{}",
            b"\x1f\x8b",
            b"garbage " * 1000,
            gzip.compress(b"not a tar", mtime=0),
            gzip.compress(b"", mtime=0),
            b"BZh9",
            b"\xfd7zXZ\0\0",
        ],
    )
    def test_a_file_that_is_none_is_not_recognised(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "x").write_bytes(data)
        assert recognise(str(tmp_path / "x")) is None

    def test_folders_and_archives_without_a_manifest_are_not_recognised(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "empty").mkdir()
        (tmp_path / "folder" / "manifest.json").mkdir(parents=True)
        (tmp_path / "pipe").mkdir()
        os.mkfifo(tmp_path / "pipe" / "manifest.json")
        other = archive_of(tmp_path / "x.tar", (), {"top/other": b"x"})
        for path in (
            tmp_path / "empty",
            tmp_path / "folder",
            tmp_path / "pipe",
            other,
            tmp_path / "missing",
        ):
            assert recognise(str(path)) is None

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"not JSON",
            b"\xff\xfe\x00",
            b"[]",
            b"{}",
            b"null",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            manifest(schema="guestcheck.recording/2"),
            manifest(schema=None),
            manifest(answers={}),
            manifest(answers=None),
            b'{"schema": "' + SCHEMA.encode() + b'"}',
            b'{"schema": "' + SCHEMA.encode() + b'", "answers": ' + b"1" * 5000 + b"}",
        ],
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_a_manifest_that_is_none_is_no_evidence(
        self, tmp_path: Path, text: bytes, packed: bool
    ) -> None:
        path = (
            archive_of(tmp_path / "x.tar", (), {"top/manifest.json": text})
            if packed
            else folder_of(tmp_path / "x", {"manifest.json": text})
        )
        with pytest.raises(NoEvidenceError, match=r"manifest\.json"):
            opened(path).gather(ASKED)

    @pytest.mark.parametrize(
        "fields",
        [
            {"seconds": 10**400},
            {"seconds": "long"},
            {"seconds": float("nan")},
            {"seconds": float("inf")},
            {"seconds": -1},
            {"seconds": None},
            {"status": "splendid"},
            {"status": 3},
            {"status": ["ok"]},
            {"asked": None},
            {"asked": {"a": 1}},
            {"detail": ["x"]},
            {"file": 3},
            {"file": ["x"]},
            {"file": ""},
            {"file": "."},
            {"file": "\0"},
            {"file": "\ud800"},
            {"file": "x" * 10_000},
            {"file": "missing.txt"},
            {"file": "manifest.json/x"},
        ],
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_an_odd_entry_is_an_answer_all_the_same(
        self, tmp_path: Path, fields: Dict[str, Any], packed: bool
    ) -> None:
        text = manifest(entry(**fields))
        path = (
            archive_of(tmp_path / "x.tar", (), {"top/manifest.json": text})
            if packed
            else folder_of(tmp_path / "x", {"manifest.json": text})
        )
        (answer,) = opened(path).gather(ASKED).answers["pci"]
        assert answer.status in STATUSES
        assert isinstance(answer.asked, str)
        assert isinstance(answer.detail, str)
        assert answer.text == ""
        assert read(Raw("x", {"pci": (answer,)}), ASKED) is not None

    @pytest.mark.parametrize(
        "name",
        [
            "../secret",
            "pci/../../secret",
            "{}/secret",
            "/proc/self/environ",
            "link",
            "linked/secret",
            "pci/pipe",
            "pci",
        ],
    )
    def test_a_folder_gives_nothing_from_outside(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "secret").write_text(SECRET)
        name = name.format(tmp_path)
        path = folder_of(
            tmp_path / "x", {"manifest.json": manifest(entry(file=name)), "pci/0": b""}
        )
        (tmp_path / "x" / "link").symlink_to("../secret")
        (tmp_path / "x" / "linked").symlink_to(tmp_path)
        os.mkfifo(tmp_path / "x" / "pci" / "pipe")
        (answer,) = opened(path).gather(ASKED).answers["pci"]
        assert (answer.status, answer.text) == (FAILED, "")
        assert name in answer.detail

    def test_a_folder_beside_with_the_same_beginning_is_outside(self, tmp_path: Path) -> None:
        folder_of(tmp_path / "x-other", {"secret": SECRET.encode()})
        path = folder_of(
            tmp_path / "x", {"manifest.json": manifest(entry(file="../x-other/secret"))}
        )
        assert opened(path).gather(ASKED).answers["pci"][0].text == ""

    @pytest.mark.parametrize(
        "kind",
        [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE],
    )
    def test_an_archive_gives_files_alone(self, tmp_path: Path, kind: bytes) -> None:
        (tmp_path / "secret").write_text(SECRET)
        member = tarfile.TarInfo("top/pci/0.txt")
        member.type, member.linkname = kind, str(tmp_path / "secret")
        path = archive_of(
            tmp_path / "x.tar", [member], {"top/manifest.json": manifest(entry(file="pci/0.txt"))}
        )
        (answer,) = opened(path).gather(ASKED).answers["pci"]
        assert (answer.status, answer.text) == (FAILED, "")

    def test_names_that_lead_out_of_an_archive_stay_inside(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(SECRET)
        names = ("../secret", "/etc/passwd", str(tmp_path / "secret"), "pci/0.txt")
        files = {
            "top/manifest.json": manifest(*(entry(file=name) for name in names)),
            "top/../secret": b"mine",
            "/etc/passwd": b"mine",
            "../pci/0.txt": b"mine",
        }
        texts = {
            answer.text
            for answer in opened(archive_of(tmp_path / "x.tar", (), files))
            .gather(ASKED)
            .answers["pci"]
        }
        assert texts <= {"mine", ""}
        assert sorted(one.name for one in tmp_path.iterdir()) == ["secret", "x.tar"]

    def test_a_member_that_is_too_large_costs_itself_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:

        lower(monkeypatch, "LARGEST_KEPT", 1000)
        names = ("pci/small.txt", "pci/large.txt", "pci/later.txt")
        files = {
            "top/manifest.json": manifest(*(entry(file=name) for name in names)),
            "top/pci/small.txt": b"x" * 1000,
            "top/pci/large.txt": b"x" * 1001,
            "top/pci/later.txt": b"x",
        }
        path = archive_of(tmp_path / "x.tar", (), files)
        assert [answer.status for answer in opened(path).gather(ASKED).answers["pci"]] == [
            OK,
            FAILED,
            OK,
        ]

    def test_many_members_that_are_large_together_are_not_all_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:

        lower(monkeypatch, "MOST_KEPT", 5000)
        files = {
            "top/manifest.json": manifest(*(entry(file=f"pci/{n}.txt") for n in range(9))),
            **{f"top/pci/{n}.txt": b"x" * 1000 for n in range(9)},
        }
        texts = [
            answer.text
            for answer in opened(archive_of(tmp_path / "x.tar", (), files))
            .gather(ASKED)
            .answers["pci"]
        ]
        assert 0 < len("".join(texts)) <= 5000

    @pytest.mark.parametrize("same", [True, False])
    def test_members_without_end_are_not_waited_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same: bool
    ) -> None:

        lower(monkeypatch, "MOST_MEMBERS", 50)
        seen: List[Member] = []
        real = Tar.__iter__

        def count(archive: Tar) -> Iterator[Member]:
            for member in real(archive):
                seen.append(member)
                yield member

        monkeypatch.setattr(Tar, "__iter__", count)
        members = [
            tarfile.TarInfo("top/same" if same else f"top/{number}") for number in range(500)
        ]
        path = archive_of(tmp_path / "x.tar", members, {"top/manifest.json": manifest()})
        assert opened(path).gather(ASKED).answers["pci"] == ()
        assert 40 < len(seen) < 60

    @pytest.mark.parametrize("size", [-512, -1024, -1536])
    def test_a_negative_size_is_no_endless_loop(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:

        lower(monkeypatch, "MOST_MEMBERS", 50)
        member = tarfile.TarInfo("top/x")
        header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
        header[124:136] = b"\xff" + (256**11 + size).to_bytes(11, "big")
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        (tmp_path / "x.tar").write_bytes(bytes(header) * 3 + bytes(1024))
        assert recognise(str(tmp_path / "x.tar")) is None

    @pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
    @settings(max_examples=examples(60))
    @given(data=st.data())
    def test_a_damaged_archive_is_no_crash(
        self, tmp_path_factory: pytest.TempPathFactory, mode: str, data: st.DataObject
    ) -> None:
        folder = tmp_path_factory.mktemp("damaged")
        files = {
            "top/manifest.json": manifest(entry(file="pci/0.txt")),
            "top/pci/0.txt": bytes(range(256)) * 20,
        }
        path = Path(archive_of(folder / "x.tar", (), files, mode))
        whole = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(0, 3))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
        source = recognise(str(path))
        if source is not None:
            try:
                found = source.gather(ASKED).answers
            except NoEvidenceError:
                return
            assert set(found) == set(NAMES)

    def test_a_reader_that_fails_costs_its_answer(self) -> None:
        def reader(failure: Exception) -> Callable[[str], bytes]:
            def told(name: str) -> bytes:
                if name == "manifest.json":
                    return manifest(entry(file="pci/0.txt"))
                raise failure

            return told

        for failure in (KeyError("x"), OSError(5, "I/O error"), ValueError("x")):
            (answer,) = Bundle("x", reader(failure)).gather(ASKED).answers["pci"]
            assert (answer.status, answer.text) == (FAILED, "")

    def test_a_recorded_cut_is_still_cut(self, tmp_path: Path) -> None:
        found = record(Raw("live", {"pci": (Answer("lspci", CUT, "x", "1 bytes"),)}), tmp_path)
        assert found.answers["pci"][0].status == CUT
