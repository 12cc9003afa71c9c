"""Members of an archive have the names, sizes and links that tarfile gives them, in whatever form of tar they were written."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.sources._store import Archive, _Member

LONG = "sos_commands/" + "/".join(f"a-folder-of-some-length-{number}" for number in range(6)) + "/lspci_-nnvv"
NAMES = ["top/plain", "top/" + "x" * 99, f"top/{LONG}", "top/caf\u00e9", "top/a b"]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["ustar", "gnu", "pax"])
def test_names_and_contents_are_read_in_each_form(form: int, tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w", format=form) as archive:
        folder = tarfile.TarInfo("top/folder/")
        folder.type, folder.mtime = tarfile.DIRTYPE, 1.5
        archive.addfile(folder)
        for name in NAMES:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uid = len(name.encode()), 1700000000.25, 3_000_000 if form != tarfile.USTAR_FORMAT else 0
            archive.addfile(member, io.BytesIO(name.encode()))
        link = tarfile.TarInfo("top/link")
        link.type, link.linkname = tarfile.SYMTYPE, "x" * 99
        archive.addfile(link)
    store = Archive(str(path), ["**"])
    assert store.troubles == ()
    assert [store.read(name)[0].decode() for name in NAMES] == NAMES
    assert store.link("top/link") == "x" * 99


@given(st.binary(min_size=512, max_size=512))
def test_a_header_of_noise_is_refused_as_tarfile_refuses_it(block: bytes) -> None:
    with pytest.raises(tarfile.TarError):
        _Member.frombuf(block, "utf-8", "surrogateescape")


@given(st.integers(min_value=0, max_value=511), st.binary(min_size=1, max_size=1))
def test_a_changed_octet_is_seen(place: int, octet: bytes) -> None:
    good = tarfile.TarInfo("top/plain").tobuf(tarfile.USTAR_FORMAT)
    bad = good[:place] + octet + good[place + 1 :]
    if bad[148:156] != good[148:156]:
        return  # the sum itself: blanks and zeroes may stand around it
    try:
        expected = tarfile.TarInfo.frombuf(bad, "utf-8", "surrogateescape")
    except tarfile.TarError:
        with pytest.raises(tarfile.TarError):
            _Member.frombuf(bad, "utf-8", "surrogateescape")
        return
    found = _Member.frombuf(bad, "utf-8", "surrogateescape")
    assert (found.name, found.size, found.type, found.linkname) == (expected.name, expected.size, expected.type, expected.linkname)
