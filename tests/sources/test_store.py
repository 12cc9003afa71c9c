"""Files that come from anyone: nothing outside of them is read, nothing is written, and what they
cost is bounded.
"""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import os
import shutil
import subprocess
import sys
import tarfile
import types
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.cli import main
from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.sources import _guest_nodes, open_source
from guestcheck.sources._guests import _sort_of as sort_of
from guestcheck.stores.archive import Archive
from guestcheck.stores.beneath import Beneath
from guestcheck.stores.files import Files
from guestcheck.stores.folder import Folder
from guestcheck.stores.opening import is_archive, open_store
from guestcheck.stores.patterns import matcher
from guestcheck.stores.store import Store, Within, find_top
from guestcheck.unpack import stream, tar
from guestcheck.unpack.stream import EnoughError, Stream
from tests.examples import examples
from tests.sources.bounds import lower

SECRET = b"the secret of another file"
ALL = ("**",)
Entry = Tuple[str, bytes, str, bytes]  # name, type, target, data


def tar_of(*entries: Entry, form: int = tarfile.GNU_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, kind, target, data in entries:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size = kind, target, len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def file(name: str, data: bytes = b"x") -> Entry:
    return (name, tarfile.REGTYPE, "", data)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> Entry:
    return (name, kind, target, b"")


def header(
    name: bytes = b"x", size: bytes = b"0", mark: bytes = b"0", magic: bytes = b"ustar\x0000"
) -> bytes:
    """Make a header as nobody's tar would."""
    block = bytearray(512)
    block[: len(name)] = name
    block[124 : 124 + len(size)] = size
    block[156:157] = mark
    block[257 : 257 + len(magic)] = magic
    block[148:156] = b" " * 8
    block[148:155] = b"%06o\0" % sum(block)
    return bytes(block)


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., Archive]:
    def make(data: bytes, *wants: str) -> Archive:
        (tmp_path / "x.tar").write_bytes(data)
        store = open_store([str(tmp_path / "x.tar")], wants or ALL)
        assert isinstance(store, Archive)
        return store

    return make


def reasons(store: Store) -> str:
    return "\n".join(f"{gap.asked}: {gap.reason}" for gap in store.troubles)


def missing(store: Store, path: str) -> bool:
    try:
        store.read(path)
    except KeyError:
        return True
    return False


Make = Callable[..., Archive]


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "../x",
            "a/../../x",
            "a/../x",
            "/etc/passwd",
            "//x",
            "/",
            "a/..",
            "a\nb",
            "a\x1b[31mb",
            "a\u202eb",
            "a\udcffb",
            "\x7f",
            "x" * 256,
            "a/" * 70 + "x",
        ],
    )
    def test_a_name_that_leads_out_or_cannot_be_shown_is_passed_over(
        self, archive: Make, name: str
    ) -> None:
        store = archive(tar_of(file(name, SECRET), file("good")))
        assert list(store.walk("")) == ["good"]
        assert "passed over: a name that leads out" in reasons(store)
        assert reasons(store).isprintable()

    @pytest.mark.parametrize("name", ["a/b", "./a/b", "a//b", "a/./b", ".//./a/.//b"])
    def test_a_name_may_be_written_in_several_ways(self, archive: Make, name: str) -> None:
        store = archive(tar_of(file(name)), "a/b")
        assert list(store.walk("")) == ["a/b"]
        assert store.read("a/b") == (b"x", False)

    @pytest.mark.parametrize("name", [".", "./", "a/.", "a/"])
    def test_the_folder_itself_is_no_trouble(self, archive: Make, name: str) -> None:
        store = archive(tar_of((name, tarfile.DIRTYPE, "", b""), file("a/b")))
        assert store.troubles == ()
        assert list(store.walk("")) == ["a/b"]

    def test_hidden_names_are_found_by_name_alone(self, archive: Make) -> None:
        store = archive(tar_of(file(".a/b"), file("c/.d")))
        assert store.glob("*/*") == []
        assert store.glob(".*/*") == [".a/b"]
        assert store.glob("c/.d") == ["c/.d"]
        assert list(store.walk("")) == [".a/b", "c/.d"]

    def test_a_million_troubles_are_told_in_one_line(self, archive: Make) -> None:
        store = archive(tar_of(file("good"), *(file(f"../{number}") for number in range(500))))
        assert [gap.asked for gap in store.troubles] == ["../0 and 499 more"]

    def test_a_name_may_be_the_beginning_of_another(self, archive: Make) -> None:
        store = archive(tar_of(file("ab/c"), file("a/c"), file("abc")))
        assert list(store.walk("a")) == ["a/c"]
        assert not store.is_folder("abc")

    @pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a")])
    def test_what_is_a_file_and_a_folder_is_what_it_was_first(
        self, archive: Make, names: Tuple[str, str]
    ) -> None:
        store = archive(tar_of(*(file(name) for name in names)))
        assert list(store.walk("")) == [names[0]]
        assert len(store.troubles) == 1

    def test_of_two_members_with_one_name_the_later_counts(self, archive: Make) -> None:
        store = archive(
            tar_of(file("a", b"old"), file("a", b"new"), link("a", "b"), file("a", b"newest"))
        )
        assert store.read("a") == (b"newest", False)
        assert list(store.walk("")) == ["a"]

    def test_longer_names_come_in_extended_headers(self, archive: Make) -> None:
        long = "/".join(["f" * 60] * 6)
        for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            store = archive(tar_of(file(long), link("l", long), file("after"), form=form))
            assert set(store.walk("")) == {"after", long, "l"}
            assert store.read("l") == (b"x", False)

    def test_ustar_has_names_in_two_pieces(self, archive: Make) -> None:
        long = "/".join(["f" * 60] * 3)
        assert list(archive(tar_of(file(long), form=tarfile.USTAR_FORMAT)).walk("")) == [long]


class TestLinks:
    @pytest.mark.parametrize(
        "target",
        [
            "../secret",
            "/secret",
            "{}/secret",
            "../../../../../../{}/secret",
            "up/secret",
            "self/up/secret",
        ],
    )
    @pytest.mark.parametrize("kind", ["folder", "archive"])
    def test_no_link_leads_out(self, tmp_path: Path, target: str, kind: str) -> None:
        (tmp_path / "secret").write_bytes(SECRET)
        (tmp_path / "x" / "d").mkdir(parents=True)
        for name, to in (
            ("l", target.format(tmp_path)),
            ("up", ".."),
            ("self", "."),
            ("d/l", target.format(tmp_path)),
            ("abs", str(tmp_path)),
        ):
            (tmp_path / "x" / name).symlink_to(to)
        with tarfile.open(tmp_path / "x.tar", "w") as archive:
            archive.add(tmp_path / "x", "")
        store = open_store([str(tmp_path / ("x" if kind == "folder" else "x.tar"))], ALL)
        for path in (
            *store.walk(""),
            *store.glob("*/*"),
            "up/secret",
            "abs/secret",
            "../secret",
            "d/../../secret",
            str(tmp_path / "secret"),
        ):
            assert missing(store, path) or store.is_folder(path)
        assert store.glob("abs/*") == store.glob("../*") == []

    @pytest.mark.parametrize("kind", ["folder", "archive"])
    def test_loops_end(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "x").mkdir()
        links = [
            ("a", "b"),
            ("b", "a"),
            ("c", "c"),
            ("d", "."),
            ("e", "e/e/e"),
            *((f"n{n}", f"n{n + 1}") for n in range(50)),
        ]
        for name, to in links:
            (tmp_path / "x" / name).symlink_to(to)
        (tmp_path / "x" / "n50").write_text("far")
        (tmp_path / "x" / "n9x").symlink_to("n20")
        with tarfile.open(tmp_path / "x.tar", "w") as archive:
            archive.add(tmp_path / "x", "")
        store = open_store([str(tmp_path / ("x" if kind == "folder" else "x.tar"))], ALL)
        assert all(
            missing(store, name) for name in ("a", "b", "c", "d", "e", "n0", "d/" * 300 + "n50")
        )
        assert store.read("n9x") == store.read("d/d/d/n50") == (b"far", False)
        assert len(list(store.walk(""))) == len(links) + 2
        assert "d/d/d/n50" in store.glob("d/d/d/*")

    def test_a_hard_link_is_the_file_itself(self, archive: Make) -> None:
        store = archive(
            tar_of(
                file("a/b", b"data"),
                link("c", "./a/b", tarfile.LNKTYPE),
                link("d", "a/./b", tarfile.LNKTYPE),
            )
        )
        assert store.read("c") == store.read("d") == (b"data", False)
        assert store.link("c") == ""

    @pytest.mark.parametrize("target", ["", "../x", "/etc/passwd", "c", "a", "missing", "unwanted"])
    def test_a_hard_link_to_what_was_not_kept_is_a_gap(self, archive: Make, target: str) -> None:
        store = archive(
            tar_of(file("unwanted"), file("a/b"), link("c", target, tarfile.LNKTYPE)), "c", "a/b"
        )
        assert missing(store, "c")
        assert "c: passed over: a hard link" in reasons(store)

    @pytest.mark.parametrize("target", ["a\nb", "\x1b[31m", "x" * 5000, "\udcff"])
    def test_a_target_that_cannot_be_shown_leads_nowhere(self, archive: Make, target: str) -> None:
        store = archive(tar_of(link("l", target)))
        assert store.link("l") == ""
        assert missing(store, "l")

    def test_many_links_to_one_large_folder_are_not_multiplied(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = archive(
            tar_of(*(file(f"d/{n}") for n in range(300)), *(link(f"l{n}", "d") for n in range(300)))
        )
        looked: List[str] = []
        real = store.inside
        monkeypatch.setattr(store, "inside", lambda path: looked.append(path) or real(path))
        assert store.glob("*/none*") == []
        assert looked == ["", "d"]
        lower(monkeypatch, "MOST_FOUND", 1000)
        assert len(store.glob("*/*")) == 1000


class TestWithin:
    @pytest.mark.parametrize("kind", ["folder", "archive"])
    @pytest.mark.parametrize("top", ["host/", "a/data/", "to/"])
    def test_links_count_from_the_folder_that_holds_a_report(
        self, tmp_path: Path, top: str, kind: str
    ) -> None:
        inside = tmp_path / "x" / top.replace("to/", "host/")
        (inside / "usr/lib").mkdir(parents=True)
        (tmp_path / "x/to").symlink_to("host")
        for folder in (tmp_path, tmp_path / "x"):
            (folder / "usr/lib").mkdir(parents=True)
            (folder / "usr/lib/os-release").write_bytes(SECRET)
        (inside / "usr/lib/os-release").write_text("its own")
        links = {
            "a": "/usr/lib/os-release",
            "b": "../../../usr/lib/os-release",
            "c": "/lib/os-release",
            "lib": "/usr/lib",
            "d": "lib/../lib/os-release",
            "up": "..",
        }
        for name, target in links.items():
            (inside / name).symlink_to(target)
        with tarfile.open(tmp_path / "x.tar", "w") as archive:
            archive.add(tmp_path / "x", "")
        whole = open_store([str(tmp_path / ("x" if kind == "folder" else "x.tar"))], ALL)
        store = Within(whole, top)
        assert [
            store.read(name)[0] for name in ("a", "b", "c", "d", "lib/os-release", "up/a", "../a")
        ] == [b"its own"] * 7
        assert store.glob("lib/*") == ["lib/os-release"]
        assert set(store.walk("")) == {"usr/lib/os-release", *links}
        assert store.link("c") == "/lib/os-release"
        assert store.is_folder("")
        assert store.is_folder("lib")
        assert not store.is_folder(top)

    def test_what_the_store_could_not_read_is_told(self, archive: Make) -> None:
        whole = archive(tar_of(file("n/a"), file("../b")))
        assert Within(whole, "n/").troubles == whole.troubles != ()


class TestMembers:
    @pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"])
    def test_devices_and_pipes_are_as_good_as_missing(self, archive: Make, kind: bytes) -> None:
        store = archive(tar_of(file("a"), ("d", kind, "", b"")))
        assert store.glob("*") == ["a"]
        assert missing(store, "d")
        assert "d: passed over: a device or pipe" in reasons(store)
        assert (
            archive(tar_of(file("a"), ("d", kind, "", b"")), "a").troubles == ()
        )  # an image has hundreds

    def test_what_is_not_wanted_is_known_by_name_alone(self, archive: Make) -> None:
        store = archive(
            tar_of(file("top/etc/a"), file("top/var/b", b"y" * 10_000), file("top/etc/c")), "etc/*"
        )
        assert list(store.walk("")) == ["top/etc/a", "top/etc/c", "top/var/b"]
        assert store.read("top/etc/c") == (b"x", False)
        assert missing(store, "top/var/b")

    def test_an_archive_in_an_archive_is_a_file(self, archive: Make) -> None:
        inner = tar_of(file("b"))
        store = archive(tar_of(file("a.tar", inner)))
        assert list(store.walk("")) == ["a.tar"]
        assert store.read("a.tar") == (inner, False)

    @pytest.mark.parametrize(
        "size",
        [
            b"\x80" + b"\xff" * 11,
            b"\x80" + bytes(7) + b"\x10" + bytes(3),
            b"\xff" * 12,
            b"-1",
            b"77777777777",
            b"x",
            b"\xff" + bytes(11),
        ],
    )
    @pytest.mark.parametrize("mark", [b"0", b"x", b"g", b"L", b"K", b"S", b"Z"])
    def test_a_size_that_is_none_ends_the_reading(
        self, archive: Make, size: bytes, mark: bytes
    ) -> None:
        store = archive(tar_of(file("a"))[:1024] + header(size=size, mark=mark) + bytes(1024))
        assert store.read("a") == (b"x", False)
        assert "damaged" in reasons(store) or "too large" in reasons(store)

    @pytest.mark.parametrize("mark", [b"x", b"g", b"L", b"K"])
    def test_a_header_of_ten_gigabytes_is_not_taken_into_memory(
        self, archive: Make, mark: bytes
    ) -> None:
        store = archive(
            tar_of(file("a"))[:1024]
            + header(size=b"\x80" + (10 << 30).to_bytes(11, "big"), mark=mark)
            + bytes(1024)
        )
        assert "read in part: a header in it is too large" in reasons(store)

    @pytest.mark.parametrize(
        "text",
        [
            b"1" * 100_000,
            b"9" * 30 + b" path=x\n",
            b"-5 path=x\n",
            b"0 path=x\n",
            b"12 size=-1\n\n",
            b"11 size=x\n\n",
            b"path=x\n",
            b"999 path=x\n",
            b"5 a\n\n",
        ],
    )
    def test_an_extended_header_that_is_none_ends_the_reading(
        self, archive: Make, text: bytes
    ) -> None:
        extended = header(size=b"%o" % len(text), mark=b"x") + text + bytes(-len(text) % 512)
        store = archive(tar_of(file("a"))[:1024] + extended + header(name=b"b") + bytes(1024))
        assert store.read("a") == (b"x", False)
        assert "damaged" in reasons(store) or text == b"5 a\n\n"

    def test_a_row_of_headers_without_a_member_is_no_recursion(self, archive: Make) -> None:
        chain = (header(size=b"2", mark=b"L") + b"n".ljust(512, b"\0")) * 5000
        assert list(archive(chain + header() + bytes(1024)).walk("")) == ["n"]

    def test_sparse_members_are_passed_over(self, archive: Make) -> None:
        old = bytearray(header(name=b"old", size=b"1000", mark=b"S"))
        old[482] = 1
        old[148:156] = b" " * 8
        old[148:155] = b"%06o\0" % sum(old)
        more = b"\0" * 504 + b"\1" + b"\0" * 7
        pax = b"22 GNU.sparse.major=1\n" + b"24 GNU.sparse.name=name\n"
        data = bytes(old) + more + bytes(512) + b"y" * 512
        data += (
            header(size=b"%o" % len(pax), mark=b"x")
            + pax.ljust(512, b"\0")
            + header(name=b"other", size=b"5")
            + bytes(512)
        )
        store = archive(data + tar_of(file("after")))
        assert list(store.walk("")) == ["after"]
        assert store.read("after") == (b"x", False)
        assert "old and 1 more: passed over: a sparse file" in reasons(store)

    def test_a_global_header_says_nothing_of_a_name(self, archive: Make) -> None:
        text = b"12 path=odd\n"
        data = (
            header(size=b"%o" % len(text), mark=b"g") + text.ljust(512, b"\0") + tar_of(file("a"))
        )
        assert list(archive(data).walk("")) == ["a"]

    def test_archives_older_than_posix_are_read(self, archive: Make) -> None:
        data = (
            header(name=b"d/", mark=b"\0", magic=b"")
            + header(name=b"d/a", size=b"1 ", mark=b"\0", magic=b"")
            + b"x".ljust(512, b"\0")
            + bytes(1024)
        )
        store = archive(data)
        assert store.is_folder("d")
        assert store.read("d/a") == (b"x", False)

    @settings(max_examples=examples(60))
    @given(
        st.lists(
            st.tuples(
                st.text("ab./é" + "x" * 3, min_size=1, max_size=200).filter(
                    lambda name: name.strip("/")
                ),
                st.sampled_from(
                    [
                        tarfile.REGTYPE,
                        tarfile.SYMTYPE,
                        tarfile.LNKTYPE,
                        tarfile.DIRTYPE,
                        tarfile.FIFOTYPE,
                    ]
                ),
                st.text("ab./é", max_size=200),
                st.binary(max_size=1500),
            ),
            max_size=8,
        ),
        st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    )
    def test_members_are_read_as_by_python(self, entries: List[Entry], form: int) -> None:
        entries = [
            (name, kind, target, data if kind == tarfile.REGTYPE else b"")
            for name, kind, target, data in entries
        ]
        data = tar_of(*entries, form=form)
        with tarfile.open(fileobj=io.BytesIO(data)) as expected:
            theirs = [
                (
                    m.name.rstrip("/"),
                    m.linkname if m.islnk() or m.issym() else "",
                    m.size if m.isreg() else 0,
                )
                for m in expected
            ]
        mine = [
            (m.name.rstrip("/"), m.target, m.size)
            for m in tar.Tar(Stream(io.BytesIO(data), 1 << 30, 60))
        ]
        assert mine == theirs

    @settings(max_examples=examples(60))
    @given(
        st.lists(
            st.tuples(
                st.lists(
                    st.sampled_from(["a", "b", "..", ".", "", "c\n", "up"]), min_size=1, max_size=4
                )
                .map("/".join)
                .filter(bool),
                st.sampled_from(
                    [
                        tarfile.REGTYPE,
                        tarfile.SYMTYPE,
                        tarfile.LNKTYPE,
                        tarfile.DIRTYPE,
                        tarfile.CHRTYPE,
                    ]
                ),
                st.lists(st.sampled_from(["a", "b", "..", ".", "", "etc", "up"]), max_size=5).map(
                    "/".join
                ),
            ),
            max_size=10,
        )
    )
    def test_whatever_the_members_are_reads_stay_inside(
        self, tmp_path_factory: pytest.TempPathFactory, entries: List[Tuple[str, bytes, str]]
    ) -> None:
        path = tmp_path_factory.mktemp("any") / "x.tar"
        path.write_bytes(
            tar_of(
                *((n, k, t, b"inside" if k == tarfile.REGTYPE else b"") for n, k, t in entries),
                file("last", b"inside"),
            )
        )
        store = open_store([str(path)], ALL)
        for one in {
            *store.walk(""),
            *store.glob("*"),
            *store.glob("*/*"),
            *store.glob("*/*/*"),
            "etc/passwd",
            "../../etc/passwd",
            "up/etc/passwd",
        }:
            assert one.isprintable()
            assert missing(store, one) or store.read(one) == (b"inside", False)


PACKED: Sequence[Tuple[str, Callable[[bytes], bytes]]] = (
    ("gz", gzip.compress),
    ("bz2", bz2.compress),
    ("xz", lzma.compress),
    ("lzma", lambda data: lzma.compress(data, lzma.FORMAT_ALONE)),
)
packings = pytest.mark.parametrize(
    "pack", [pack for _, pack in PACKED], ids=[name for name, _ in PACKED]
)


class TestBounds:
    @packings
    @pytest.mark.parametrize("wanted", [True, False])
    def test_a_bomb_stops_where_it_may_unpack_no_more(
        self,
        archive: Make,
        monkeypatch: pytest.MonkeyPatch,
        pack: Callable[[bytes], bytes],
        wanted: bool,
    ) -> None:
        lower(monkeypatch, "MOST_UNPACKED", 3 << 20)
        lower(monkeypatch, "LARGEST_KEPT", 1 << 20)
        store = archive(
            pack(tar_of(file("a"), file("bomb", bytes(5 << 20)), file("after"))),
            "a",
            "after",
            "bomb" if wanted else "a",
        )
        assert store.read("a") == (b"x", False)
        assert store.glob("*") == ["a", "bomb"]
        assert "read in part: it has more than 3 MiB" in reasons(store)
        if wanted:
            data, more = store.read("bomb")
            assert (len(data), more) == (1 << 20, True)

    def test_a_plain_archive_is_not_read_where_it_is_not_wanted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "MOST_UNPACKED", 3 << 20)
        with open(tmp_path / "x.tar", "wb") as out:
            out.write(
                tar_of(file("a"))[:1024]
                + header(name=b"large", size=b"\x80" + (10 << 30).to_bytes(11, "big"))
            )
            out.seek(10 << 30, os.SEEK_CUR)
            out.write(tar_of(file("after")))
        store = open_store([str(tmp_path / "x.tar")], ("a", "after"))
        assert store.troubles == ()
        assert store.read("after") == (b"x", False)

    def test_a_plain_file_of_ten_gigabytes_is_cut(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "LARGEST_KEPT", 1 << 20)
        (tmp_path / "x").touch()
        os.truncate(tmp_path / "x", 10 << 30)
        for store in (open_store([str(tmp_path / "x")], ALL), open_store([str(tmp_path)], ALL)):
            data, more = store.read(store.glob("*")[0], 1 << 20)
            assert (len(data), more) == (1 << 20, True)

    def test_files_that_are_large_together_are_not_all_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "MOST_KEPT", 2500)
        for name in "abcd":
            (tmp_path / name).write_bytes(b"x" * 1000)
        store = Files([str(tmp_path / name) for name in "abcd"])
        assert len(store.glob("*")) == 2
        assert reasons(store).count("all files together") == 2

    def test_what_is_kept_is_bounded_and_the_rest_a_gap(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "MOST_KEPT", 2500)
        store = archive(tar_of(*(file(f"{n}", b"x" * 1000) for n in range(9))))
        assert (
            sum(len(store.read(path)[0]) for path in store.walk("") if not missing(store, path))
            == 3000
        )
        assert "read in part" in reasons(store)

    def test_members_and_folders_are_counted(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "MOST_MEMBERS", 50)
        assert len(list(archive(tar_of(*(file(f"{n}") for n in range(100)))).walk(""))) == 50
        assert (
            len(list(archive(tar_of(*(file(f"{n}" + "/x" * 9) for n in range(100)))).walk(""))) == 5
        )

    def test_characters_of_names_are_counted(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "_MOST_NAMES", 1000)
        store = archive(tar_of(*(link(f"{n:099}", "t" * 99) for n in range(100))))
        assert len(store.glob("*")) == 5
        assert "its names are too long" in reasons(store)

    @packings
    def test_time_is_bounded(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
    ) -> None:
        clock = itertools.count()
        monkeypatch.setattr(stream, "monotonic", lambda: next(clock))
        monkeypatch.setattr(stream, "_CHUNK", 4096)
        data = pack(tar_of(file("a"), file("bomb", bytes(1 << 20))))
        store = archive(data, "a")
        assert "read in part: reading it takes more than 120 s" in reasons(store)

    def test_empty_parts_without_end_cost_time_and_that_is_bounded(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = itertools.count()
        monkeypatch.setattr(stream, "monotonic", lambda: next(clock))

        class Endless(io.BytesIO):
            def peek(self, _: int) -> bytes:
                return b"\x1f\x8b"

            def read(self, _: Optional[int] = -1) -> bytes:
                return gzip.compress(b"")

        with pytest.raises(EnoughError, match="120 s"):
            Stream(Endless(), 100, 120).read(1)

    def test_xz_gets_no_more_memory_than_it_may_have(self, tmp_path: Path) -> None:
        data = bytearray(lzma.compress(b"x" * 1000, lzma.FORMAT_ALONE))
        data[1:5] = (0xFFFFFFFF).to_bytes(4, "little")  # a dictionary of 4 GiB
        (tmp_path / "x.lzma").write_bytes(bytes(data).replace(b"\x5d\xff\xff", b"\x5d\0\0", 1))
        with pytest.raises(NoEvidenceError, match="cannot be read"):
            open_store([str(tmp_path / "x.lzma")], ALL)

    def test_a_large_folder_is_looked_at_in_part(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "MOST_FOUND", 20)
        for number in range(30):
            (tmp_path / f"{number}").touch()
        store = Folder(str(tmp_path))
        assert len(store.glob("*")) == 20
        assert "only 20 of the names" in reasons(store)

    def test_a_walk_ends(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        lower(monkeypatch, "MOST_MEMBERS", 10)
        for number in range(30):
            (tmp_path / f"{number}").touch()
        assert len(list(Folder(str(tmp_path)).walk(""))) == 10

    def test_stars_cost_linear_time(self) -> None:
        assert not matcher("*a*a*a*a*a*a*a*a*a*a*a*b")("a" * 100_000)
        assert not matcher("*/" * 30 + "b")("a/" * 3000)


class TestDamage:
    @packings
    def test_a_truncated_archive_gives_what_is_there(
        self, tmp_path: Path, pack: Callable[[bytes], bytes]
    ) -> None:
        data = pack(tar_of(file("a", b"1"), file("b/c", bytes(range(256)) * 3), link("d", "a")))
        for length in range(len(data)):
            (tmp_path / "x").write_bytes(data[:length])
            try:
                store = open_store([str(tmp_path / "x")], ALL)
            except NoEvidenceError:
                continue
            for path in store.walk(""):
                assert missing(store, path) or store.read(path)

    def test_a_truncated_archive_says_so_wherever_it_ends(self, tmp_path: Path) -> None:
        data = tar_of(file("a", b"1"), file("b/c", b"2" * 600))
        for length in range(512, 512 * 5, 7):
            (tmp_path / "x").write_bytes(data[:length])
            said = []
            try:
                said.append(reasons(open_store([str(tmp_path / "x")], ALL)))
            except NoEvidenceError as error:
                said.append(str(error))
            assert "damaged" in said[0], length

    def test_a_damaged_header_in_the_midst_is_told(self, archive: Make) -> None:
        data = bytearray(tar_of(file("a"), file("b")))
        data[1024] ^= 1
        store = archive(bytes(data))
        assert store.glob("*") == ["a"]
        assert "damaged, read as far as it goes" in reasons(store)

    def test_what_stands_behind_the_archive_is_nobodys(self, archive: Make) -> None:
        for data in (
            tar_of(file("a")) + b"garbage" * 1000,
            gzip.compress(tar_of(file("a")) + bytes(100_000)) + b"garbage",
        ):
            assert archive(data).read("a") == (b"x", False)

    @pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
    @pytest.mark.parametrize("between", [b"", bytes(4), bytes(1024)])
    def test_packed_parts_behind_each_other_are_one(
        self, archive: Make, pack: Callable[[bytes], bytes], between: bytes
    ) -> None:
        data = tar_of(file("a"), file("b"))
        store = archive(pack(data[:700]) + between + pack(data[700:]))
        assert store.glob("*") == ["a", "b"]
        assert store.troubles == ()

    @pytest.mark.parametrize("data", [bytes(10240), gzip.compress(bytes(10240), mtime=0), tar_of()])
    def test_an_empty_archive_has_nothing(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(NoEvidenceError):
            open_source([str(tmp_path / "x")])

    @settings(max_examples=examples(100))
    @given(
        st.one_of(
            st.binary(max_size=2000),
            st.tuples(
                st.sampled_from([mark for mark, _ in stream._PACKINGS]), st.binary(max_size=600)
            ).map(b"".join),
        )
    )
    def test_any_bytes_are_a_store_or_no_evidence(
        self, tmp_path_factory: pytest.TempPathFactory, data: bytes
    ) -> None:
        path = tmp_path_factory.mktemp("any") / "x"
        path.write_bytes(data)
        said = ""
        try:
            open_store([str(path)], ALL).glob("*")
            open_source([str(path)])
        except (NoEvidenceError, UsageError) as error:
            said = str(error)
        assert said.isprintable()

    @settings(max_examples=examples(100))
    @given(st.data())
    def test_a_damaged_tar_is_a_store_or_no_evidence(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        path = tmp_path_factory.mktemp("any") / "x"
        whole = bytearray(
            tar_of(
                file("a" * 150),
                file("b/c"),
                link("d", "e" * 150),
                form=data.draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])),
            )
        )
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(whole) - 1))
            whole[at] = data.draw(st.integers(0, 255))
        for start in range(0, len(whole), 512):  # as somebody would who means it
            whole[start + 148 : start + 156] = b" " * 8
            whole[start + 148 : start + 155] = b"%06o\0" % sum(whole[start : start + 512])
        path.write_bytes(bytes(whole))
        try:
            store = open_store([str(path)], ALL)
        except NoEvidenceError:
            return
        for one in store.walk(""):
            assert missing(store, one) or isinstance(store.read(one)[0], bytes)


def without_zstd_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)


# Python's own is in 3.14 and newer; for older ones backports.zstd is the same.
libraries = pytest.mark.parametrize("library", ["compression.zstd", "backports.zstd", "zstandard"])


def by_library(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """Leave one library alone to unpack zstd; the test is skipped where it is not installed."""
    module = pytest.importorskip(library)
    without_zstd_modules(monkeypatch)
    monkeypatch.setenv("PATH", "")
    name = "zstandard" if library == "zstandard" else "compression.zstd"
    if name == "compression.zstd":
        monkeypatch.setitem(
            sys.modules,
            "compression",
            sys.modules.get("compression") or types.ModuleType("compression"),
        )
    monkeypatch.setitem(sys.modules, name, module)


# The frame of zstd that holds its data as it is: nothing is needed to make one.
def zstd_of(data: bytes) -> bytes:
    blocks = [data[at : at + 100_000] for at in range(0, len(data), 100_000)] or [b""]
    out = b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little")
    for number, block in enumerate(blocks):
        out += (len(block) << 3 | (number == len(blocks) - 1)).to_bytes(3, "little") + block
    return out


class TestZstd:
    def test_without_anything_that_unpacks_it_the_line_says_what_to_do(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        without_zstd_modules(monkeypatch)
        monkeypatch.setenv("PATH", str(tmp_path / "empty"))
        (tmp_path / "x.tar.zst").write_bytes(zstd_of(tar_of(file("a"))))
        assert main(["check", str(tmp_path / "x.tar.zst")]) == 3
        said = capsys.readouterr().err
        assert "install the program zstd" in said
        assert said.count("\n") == 1

    @libraries
    def test_a_library_unpacks_it(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch, library: str
    ) -> None:
        by_library(monkeypatch, library)
        packed = tar_of(
            file("a"), file("b", bytes(300_000)), file("c", os.urandom(400_000)), file("d")
        )
        frames = (
            zstd_of(packed[:200_000])
            + b"\x50\x2a\x4d\x18\x04\0\0\0skip"
            + zstd_of(packed[200_000:])
        )
        store = archive(frames)
        assert store.glob("*") == ["a", "b", "c", "d"]
        assert (store.read("c")[0], store.troubles) == (
            packed[packed.index(b"c" + bytes(99)) + 512 :][:400_000],
            (),
        )

    @libraries
    def test_of_a_damaged_one_a_library_gives_what_is_there(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch, library: str
    ) -> None:
        by_library(monkeypatch, library)
        whole = zstd_of(tar_of(file("a"), file("b", bytes(300_000)), file("c")))
        for damaged in (whole[:220_000], whole[:200_015] + b"\xff" * 3 + whole[200_018:]):
            store = archive(damaged)
            assert store.read("a") == (b"x", False)
            assert "damaged, read as far as it goes" in reasons(store)

    @libraries
    def test_a_bomb_for_a_library_stops(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch, library: str
    ) -> None:
        by_library(monkeypatch, library)
        lower(monkeypatch, "MOST_UNPACKED", 3 << 20)
        store = archive(zstd_of(tar_of(file("a"), file("b", bytes(5 << 20)), file("after"))))
        assert "read in part: it has more than 3 MiB" in reasons(store)
        clock = itertools.count()
        monkeypatch.setattr(stream, "monotonic", lambda: next(clock))
        monkeypatch.setattr(stream, "_CHUNK", 4096)
        assert "reading it takes more than 120 s" in reasons(
            archive(zstd_of(tar_of(file("a"))[:1024]) + zstd_of(b"") * 100_000)
        )

    @libraries
    def test_a_library_opens_no_window_of_gigabytes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
    ) -> None:
        by_library(monkeypatch, library)
        (tmp_path / "x").write_bytes(b"\x28\xb5\x2f\xfd\x00\xa8" + zstd_of(b"x")[9:])  # 2 GiB
        with pytest.raises(NoEvidenceError, match="cannot be read"):
            open_store([str(tmp_path / "x")], ALL)

    @libraries
    def test_a_library_reads_standard_input(
        self, monkeypatch: pytest.MonkeyPatch, library: str
    ) -> None:
        by_library(monkeypatch, library)
        reading, writing = os.pipe()
        os.write(writing, zstd_of(b"from afar"))
        os.close(writing)
        with open(reading) as pipe:
            monkeypatch.setattr(sys, "stdin", pipe)
            assert open_store(["-"], ALL).read("standard input") == (b"from afar", False)

    def test_without_a_library_standard_input_is_to_be_unpacked_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_zstd_modules(monkeypatch)
        reading, writing = os.pipe()
        os.write(writing, zstd_of(b"from afar"))
        os.close(writing)
        with open(reading) as pipe:
            monkeypatch.setattr(sys, "stdin", pipe)
            with pytest.raises(NoEvidenceError, match="zstd -dc FILE"):
                open_store(["-"], ALL)

    @pytest.mark.skipif(not shutil.which("zstd"), reason="needs the program zstd")
    def test_the_program_unpacks_it_from_its_beginning(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_zstd_modules(monkeypatch)
        store = archive(zstd_of(tar_of(file("a"), file("b", bytes(300_000)), file("c"))))
        assert store.glob("*") == ["a", "b", "c"]
        assert store.troubles == ()

    @pytest.mark.skipif(not shutil.which("zstd"), reason="needs the program zstd")
    def test_the_program_is_gone_when_no_more_is_wanted(
        self, archive: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_zstd_modules(monkeypatch)
        lower(monkeypatch, "MOST_UNPACKED", 1 << 20)
        started: List[Any] = []
        import subprocess

        real = subprocess.Popen

        def start(*words: Any, **options: Any) -> Any:
            started.append(real(*words, **options))
            return started[-1]

        monkeypatch.setattr(subprocess, "Popen", start)
        store = archive(zstd_of(tar_of(file("a"), file("b", bytes(8 << 20)))))
        assert "read in part" in reasons(store)
        assert len(started) == 2
        assert all(process.returncode is not None and process.stdout.closed for process in started)

    @pytest.mark.skipif(not shutil.which("zstd"), reason="needs the program zstd")
    def test_damage_is_told(self, archive: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        without_zstd_modules(monkeypatch)
        store = archive(zstd_of(tar_of(file("a"), file("b", bytes(300_000))))[:200_000])
        assert "damaged zstd" in reasons(store)

    @pytest.mark.skipif(not shutil.which("zstd"), reason="needs the program zstd")
    def test_a_window_that_needs_gigabytes_is_not_opened(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_zstd_modules(monkeypatch)
        (tmp_path / "x").write_bytes(b"\x28\xb5\x2f\xfd\x00\xa8" + zstd_of(b"x")[9:])  # 2 GiB
        with pytest.raises(NoEvidenceError, match="damaged zstd"):
            open_store([str(tmp_path / "x")], ALL)


class TestFiles:
    def test_several_files_have_the_names_they_were_given_with(self, tmp_path: Path) -> None:
        (tmp_path / "a.gz").write_bytes(gzip.compress(b"packed"))
        (tmp_path / "b").write_bytes(b"plain")
        store = Files([str(tmp_path / "a.gz"), str(tmp_path / "b")])
        assert [store.read(path)[0] for path in store.glob("*")] == [b"packed", b"plain"]
        assert all("/" not in path for path in store.walk(""))
        assert store.link("b") == ""
        assert not store.is_folder("b")
        assert store.is_folder("")

    @pytest.mark.parametrize(
        "what", ["missing", "folder", "denied", "device", "damaged", "empty part", "nul\0"]
    )
    def test_one_that_cannot_be_read_is_no_evidence_and_among_others_a_gap(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        path = str(tmp_path / what)
        if what == "folder":
            (tmp_path / what / "x").mkdir(parents=True)
        elif what == "device":
            path = "/dev/null"
        elif what == "denied":
            (tmp_path / what).write_text("x")
            real = os.open

            def refuse(name: Any, *rest: Any, **more: Any) -> Any:
                if name == path:
                    raise PermissionError(13, "Permission denied", name)
                return real(name, *rest, **more)

            monkeypatch.setattr(os, "open", refuse)
        elif what == "damaged":
            (tmp_path / what).write_bytes(gzip.compress(b"x" * 1000)[:20])
        elif what == "empty part":
            (tmp_path / what).write_bytes(b"\x1f\x8b")
        (tmp_path / "good").write_text("good")
        if what != "folder":
            with pytest.raises(NoEvidenceError, match="cannot be read") as error:
                open_store([path], ALL)
            assert str(error.value).isprintable()
        store = open_store([path, str(tmp_path / "good")], ALL)
        assert len(store.troubles) == 1
        assert len(store.glob("*")) == 1

    def test_a_pipe_is_read_to_its_end(self, tmp_path: Path) -> None:
        import threading

        os.mkfifo(tmp_path / "pipe")

        def write() -> None:
            (tmp_path / "pipe").write_bytes(gzip.compress(b"from afar"))

        writer = threading.Thread(target=write)
        writer.start()
        store = open_store([str(tmp_path / "pipe")], ALL)
        writer.join()
        assert store.read(store.glob("*")[0]) == (b"from afar", False)

    def test_standard_input_without_end_is_cut(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lower(monkeypatch, "LARGEST_KEPT", 1 << 20)
        with open("/dev/zero") as endless:
            monkeypatch.setattr(sys, "stdin", endless)
            data, more = open_store(["-"], ALL).read("standard input")
        assert (len(data), more) == (1 << 20, True)

    def test_standard_input_that_is_closed_is_no_evidence(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(NoEvidenceError, match="closed"):
            open_store(["-"], ALL)

    def test_a_file_name_cannot_write_on_the_terminal(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "\x1b]0;gone\x07\n"
        path.write_bytes(b"nothing")
        assert main(["check", str(path)]) == 3
        said = capsys.readouterr().err
        assert said.strip().isprintable()

    @pytest.mark.parametrize("name", ["odd\udcff", "new\nline"])
    def test_an_odd_name_is_no_bug(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(tar_of(file("a")))
        store = open_store([str(tmp_path / name)], ALL)
        assert store.name.isprintable()
        assert store.glob("*") == ["a"]


class TestFolder:
    def test_only_files_are_opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_text("x")
        opened: List[str] = []
        real = Beneath.open

        def look(folder: Beneath, path: str, flags: int) -> int:
            # O_PATH names what is there, and opens nothing.
            opened.extend([] if flags & os.O_PATH else [path])
            return real(folder, path, flags)

        monkeypatch.setattr(Beneath, "open", look)
        store = Folder(str(tmp_path))
        assert missing(store, "pipe")
        assert missing(store, "folder")
        assert store.read("file") == (b"x", False)
        assert opened == ["file"]
        assert store.glob("*") == ["file", "folder"]

    @pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", os.fsdecode(b"a\xff"), "\u202e"])
    def test_names_that_cannot_be_shown_are_not_there(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("x")
        store = Folder(str(tmp_path))
        assert store.glob("*") == list(store.walk("")) == []

    def test_a_folder_that_vanishes_is_empty(self, tmp_path: Path) -> None:
        (tmp_path / "x" / "y").mkdir(parents=True)
        store = Folder(str(tmp_path / "x"))
        assert store.glob("*") == ["y"]
        shutil.rmtree(tmp_path / "x")
        assert store.glob("*") == list(store.walk("")) == []
        assert missing(store, "y")

    def test_what_lies_behind_a_link_is_of_the_kind_it_has_inside(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "name").mkdir()
        inside = tmp_path / "x" / str(tmp_path / "out").lstrip("/")
        inside.mkdir(parents=True)
        (inside / "name").write_text("inside")
        (tmp_path / "x" / "l").symlink_to(tmp_path / "out")
        store = Folder(str(tmp_path / "x"))
        assert list(store.walk("l")) == ["l/name"]
        assert store.read("l/name") == (b"inside", False)
        (inside / "name").unlink()
        (inside / "name").symlink_to("other")
        assert Folder(str(tmp_path / "x")).link("l/name") == "other"


class TestTop:
    @pytest.mark.parametrize(
        ("names", "top"),
        [
            (["m"], ""),
            (["a/m"], "a/"),
            (["a/b/m"], "a/b/"),
            (["a/b/c/m"], None),
            (["b/m", "a/m"], "a/"),
            (["b/m", "a/a/m"], "b/"),
            (["m/x"], ""),
            ([".h/m"], None),
        ],
    )
    def test_the_top_is_the_nearest_folder_with_a_mark(
        self, archive: Make, names: List[str], top: Optional[str]
    ) -> None:
        assert find_top(archive(tar_of(*map(file, names))), "none", "m") == top


class TestMatcher:
    @pytest.mark.parametrize(
        ("pattern", "yes", "no"),
        [
            ("a*b", ["ab", "axb", "a*b"], ["a/b", "ba", "abx", "a"]),
            ("*", ["a", "", "a\n"], ["a/b"]),
            ("*/b", ["a/b"], ["b", "a/a/b", "a/b/c"]),
            ("a/**", ["a/b", "a/b/c"], ["ab", "b/a"]),
            ("**/b*", ["a/b", "a/a/bc"], ["b", "a/b/c"]),
            ("a.b[c]?", ["a.b[c]?"], ["axbc", "a.bcd"]),
            ("aa*aa", ["aaaa", "aaxaa"], ["aaa", "aa"]),
            ("*a*ab*", ["aab", "aaab"], ["ab"]),
            ("", [""], ["a"]),
        ],
    )
    def test_stars_stand_for_anything_but_a_slash(
        self, archive: Make, pattern: str, yes: List[str], no: List[str]
    ) -> None:
        assert all(map(matcher(pattern), yes))
        assert not any(map(matcher(pattern), no))
        names = [name for name in (*yes, *no) if name and name.isprintable()]
        wanted = {
            name
            for name in names
            if not missing(archive(tar_of(file(f"t/t/{name}"), file("z")), pattern), f"t/t/{name}")
        }
        assert wanted >= {name for name in yes if name in names}
        if "/" not in pattern:  # a pattern with a slash may begin at any of the two folders on top
            assert wanted.isdisjoint(no)

    @given(st.text("ab*/", max_size=8), st.text("ab/", max_size=8))
    def test_it_is_the_regular_expression_in_linear_time(self, pattern: str, path: str) -> None:
        import re

        while "**" in pattern:
            pattern = pattern.replace("**", "*")
        assert matcher(pattern)(path) == bool(re.fullmatch(pattern.replace("*", "[^/]*"), path))


NAMES = st.sampled_from(["a", "b", "ab", ".h", "c d"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TARGETS = st.lists(st.sampled_from(["a", "b", "ab", ".h", "..", "."]), min_size=1, max_size=4).map(
    "/".join
)


class TestSame:
    @settings(max_examples=examples(60))
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["file", "folder", "link", "root link", "hard link", "pipe"]),
                PATHS,
                TARGETS,
            ),
            max_size=12,
        ),
        st.lists(
            st.lists(
                st.sampled_from(["*", "a", "b", "a*", ".h", ".*", "..", "."]),
                min_size=1,
                max_size=3,
            ).map("/".join),
            min_size=3,
            max_size=6,
        ),
    )
    def test_a_tree_answers_the_same_as_a_folder_and_as_an_archive(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        things: List[Tuple[str, str, str]],
        patterns: List[str],
    ) -> None:
        folder = tmp_path_factory.mktemp("same")
        top = folder / "x"
        top.mkdir()
        for kind, path, target in things:
            made(top, kind, path, target)
        with tarfile.open(folder / "x.tar", "w") as archive:
            archive.add(top, ".")
        one: Store = Folder(str(top))
        other: Store = Archive(str(folder / "x.tar"), ALL)
        paths = (
            {path for pattern in patterns for path in one.glob(pattern)}
            | {path for _, path, _ in things}
            | {"", "a/b/.."}
        )
        assert [other.glob(pattern) for pattern in patterns] == [
            one.glob(pattern) for pattern in patterns
        ]
        for path in sorted(paths | set(one.walk(""))):
            assert list(other.walk(path)) == list(one.walk(path))
            assert list(other.walk(path, ("b",))) == list(one.walk(path, ("b",)))
            assert (other.is_folder(path), other.link(path), content(other, path)) == (
                one.is_folder(path),
                one.link(path),
                content(one, path),
            )


def made(top: Path, kind: str, path: str, target: str) -> None:
    """Make one thing of a tree, where nothing is yet and no link is on the way."""
    full = top / path
    if os.path.lexists(full) or any(
        os.path.lexists(up) and (up.is_symlink() or not up.is_dir()) for up in full.parents
    ):
        return
    full.parent.mkdir(parents=True, exist_ok=True)
    if kind == "file":
        full.write_text(path)
    elif kind == "folder":
        full.mkdir()
    elif kind == "pipe":
        os.mkfifo(full)
    elif kind == "hard link":
        regular = sorted(one for one in top.rglob("*") if one.is_file() and not one.is_symlink())
        if regular:
            os.link(regular[0], full)
    else:
        full.symlink_to("/" * (kind == "root link") + target)


def content(store: Store, path: str) -> Optional[bytes]:
    try:
        return store.read(path)[0]
    except KeyError:
        return None


class TestNothingIsWritten:
    def test_no_file_is_opened_for_writing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = tar_of(
            file("../x", SECRET),
            file("/x", SECRET),
            link("l", str(tmp_path)),
            file("l/x", SECRET),
            file("manifest.json", b"{}"),
        )
        (tmp_path / "x.tar.gz").write_bytes(gzip.compress(data))
        monkeypatch.chdir(tmp_path)
        assert main(["check", "x.tar.gz"]) == 3
        assert os.listdir(tmp_path) == ["x.tar.gz"]

    def test_each_kind_of_trouble_ends_with_one_line(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bad: Dict[str, bytes] = {
            "empty": b"",
            "zeros": bytes(5000),
            "gz": gzip.compress(b"no tar"),
            "cut.gz": gzip.compress(tar_of(file("a")))[:-20],
            "cut.xz": lzma.compress(tar_of(file("a")))[:-20],
            "bz2": b"BZh9",
            "tar": tar_of(file("a")),
            "nested.tar": tar_of(file("x.tar", tar_of(file("manifest.json")))),
            "odd.tar": tar_of(file("../../a\n")),
        }
        for name, data in bad.items():
            (tmp_path / name).write_bytes(data)
            assert main(["check", str(tmp_path / name)]) == 3, name
            said = capsys.readouterr()
            assert said.out == ""
            assert said.err.startswith("guestcheck: ")
            assert said.err.count("\n") == 1


def test_a_file_that_was_named_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    for name in ("a.txt", ".b.txt", "below/c.txt"):
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path / "below")
    store = open_store(["../a.txt", "../.b.txt", "./c.txt"], ())
    assert [store.read(name)[0] for name in store.glob("*")] == [
        b".b.txt",
        b"a.txt",
        b"below/c.txt",
    ]


class TestIsAnArchive:
    """Whether a file is an archive is answered by what is in it, or not at all."""

    @pytest.mark.parametrize(
        "data", [b"\x1f\x8bx", b"BZhx", b"\xfd7zXZ\0x", b"\x5d\0\0x", b"text", b""]
    )
    def test_damage_is_a_no(self, data: bytes, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(data)
        assert is_archive(str(tmp_path / "x")) is False

    @libraries
    def test_damage_of_zstd_is_a_no(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
    ) -> None:
        by_library(monkeypatch, library)
        (tmp_path / "x").write_bytes(b"\x28\xb5\x2f\xfd" + b"x" * 90)
        assert is_archive(str(tmp_path / "x")) is False

    @pytest.mark.parametrize(
        "error",
        [
            EnoughError("reading it takes more than 1 s"),
            UsageError("install the program zstd"),
            MemoryError(),
            subprocess.TimeoutExpired("zstd", 10),
            OSError(5, "Input/output error"),
            OSError(11, "Resource temporarily unavailable"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_what_says_nothing_about_the_file_is_reported(
        self, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(*_: object) -> bytes:
            raise error

        (tmp_path / "x.tar").write_bytes(tar_of(file("a")))
        monkeypatch.setattr("guestcheck.stores.opening.first_bytes", failing)
        with pytest.raises(NoEvidenceError, match=r"x\.tar: cannot be read"):
            open_store([str(tmp_path / "x.tar")], ALL)

    def test_in_a_folder_it_is_never_read_as_a_text(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(*_: object) -> bytes:
            raise subprocess.TimeoutExpired("zstd", 10)

        (tmp_path / "x").write_bytes(tar_of(file("a")))
        monkeypatch.setattr("guestcheck.stores.opening.first_bytes", failing)
        assert sort_of(str(tmp_path / "x")) == _guest_nodes.PACKED
