"""Where Debian comes from: this machine's own apt sources, turned to another release.

Both forms are read: one line an entry (sources.list(5)) and deb822 stanzas (`*.sources`).
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lab.errors import LabError

RELEASES = ("bookworm", "trixie", "bullseye")
APT = Path("/etc/apt")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Entry(NamedTuple):
    """One archive and one suite of it."""

    uri: str
    suite: str


def sources(release: str) -> list[str]:
    """The one-line sources for `release`, from the mirrors that this machine uses itself."""
    found = []
    for mirror, suite in _suites(release):
        if _is_there(mirror, suite):
            found.append(f"deb{_signed_by()} {mirror} {suite} main")
    if not any(line.split()[-2] == release for line in found):
        raise LabError(
            f"no mirror for Debian {release}: none of this machine's apt sources has that "
            "suite\n(set GUESTCHECK_LAB_MIRROR to the address of a Debian mirror)"
        )
    return found


def _suites(release: str) -> list[Entry]:
    """Each archive of Debian that apt knows here, with the suite that `release` has in it."""
    given = os.environ.get("GUESTCHECK_LAB_MIRROR")
    if given:
        return [Entry(given, release)]
    wanted = []
    for entry in _entries():
        for known in (*RELEASES, "forky", "sid"):
            if entry.suite in (known, f"{known}-security", f"{known}-updates"):
                turned = Entry(entry.uri.rstrip("/"), entry.suite.replace(known, release))
                if turned not in wanted:
                    wanted.append(turned)
    return wanted


def _entries() -> Iterator[Entry]:
    for path in [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*"))]:
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        yield from _stanzas(text) if path.suffix == ".sources" else _lines(text)


def _lines(text: str) -> Iterator[Entry]:
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words[:1] != ["deb"]:
            continue
        if words[1].startswith("["):
            closing = next(i for i, word in enumerate(words) if word.endswith("]"))
            del words[1 : closing + 1]
        yield Entry(words[1], words[2])


def _stanzas(text: str) -> Iterator[Entry]:
    for stanza in text.split("\n\n"):
        fields = dict(
            line.split(":", 1)
            for line in stanza.splitlines()
            if ":" in line and line[0] not in "# \t"
        )
        if (
            "deb" not in fields.get("Types", "").split()
            or fields.get("Enabled", "").strip() == "no"
        ):
            continue
        for uri in fields.get("URIs", "").split():
            for suite in fields.get("Suites", "").split():
                yield Entry(uri, suite)


def _is_there(mirror: str, suite: str) -> bool:
    """Whether the mirror has the suite; a mirror that only apt can ask counts as having it."""
    try:
        with urllib.request.urlopen(f"{mirror}/dists/{suite}/InRelease", timeout=20) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False
    except (OSError, ValueError):
        return True


def _signed_by() -> str:
    return f" [signed-by={KEYRING}]" if KEYRING.exists() else ""
