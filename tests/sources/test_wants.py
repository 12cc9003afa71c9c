"""Archives keep the files that questions ask for: a question's file that no source wants would be
missing of every archive.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

import guestcheck.sources as package
from guestcheck.discovery import modules
from guestcheck.evidence import questions
from guestcheck.model.source import File, FirstOf
from guestcheck.stores.opening import open_store

WANTS = [
    want for module in modules(package) if hasattr(module, "recognise") for want in module.WANTS
]
PATHS = sorted(
    {
        word.path
        for question in questions(deep=True)
        if question.deep
        for ask in question.asks
        for word in (ask.words if isinstance(ask, FirstOf) else (ask,))
        if isinstance(word, File)
    }
)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_asked_is_kept(path: str, tmp_path: Path) -> None:
    name = path.lstrip("/").replace("*", "x")
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as out:
        member = tarfile.TarInfo(f"guest/{name}")
        member.size = 4
        out.addfile(member, io.BytesIO(b"text"))
    assert open_store([str(archive)], WANTS).read(f"guest/{name}")[0] == b"text"
