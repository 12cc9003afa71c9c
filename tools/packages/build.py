"""Make what is handed out: wheel and source archive, zipapp, deb, rpm, and a list of their SHA-256
sums.

Everything is made from clean sources in a folder of their own, and holds no other time than
`epoch`, no user's name and no path: the same sources give the same bytes. The deb and the rpm are
made from the source archive, by the tools of their distributions.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple

from guestcheck import __version__
from tools.packages import zipped


class MissingError(Exception):
    """A tool that builds one of the packages is not here."""


class Job(NamedTuple):
    """What one build has to do with."""

    source: Path  # clean sources
    work: Path  # a folder that is nobody else's
    out: Path  # where the results go
    epoch: int  # seconds since 1970

    def run(
        self, command: Sequence[str], folder: Path, more: Sequence[Tuple[str, str]] = ()
    ) -> None:
        """Run a program that builds; what it says is kept, and shown if it fails."""
        environment = {
            # the system's own Python, and not one of a virtual environment
            "PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.work),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "SOURCE_DATE_EPOCH": str(self.epoch),
            **dict(more),
        }
        log = self.work / f"{Path(command[0]).name}.log"
        with log.open("w") as file:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise SystemExit(
                f"{log.read_text(errors='replace')}\n{command[0]} ended with {done.returncode}"
            )

    def need(self, *tools: str) -> None:
        """Say what is missing, before something is made by half."""
        missing = [
            tool for tool in tools if not shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin")
        ]
        if missing:
            raise MissingError(f"{', '.join(missing)} not found")


def python(job: Job) -> List[Path]:
    """Make the wheel and the source archive, as pyproject.toml says."""
    try:
        from flit_core import buildapi  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingError("flit_core not found") from error
    before, umask = Path.cwd(), os.umask(0o022)
    os.environ["SOURCE_DATE_EPOCH"] = str(job.epoch)
    os.chdir(job.source)  # flit_core looks nowhere else
    try:
        return [
            job.out / buildapi.build_wheel(str(job.out)),
            job.out / buildapi.build_sdist(str(job.out)),
        ]
    finally:
        os.chdir(before)
        os.umask(umask)


def pyz(job: Job) -> List[Path]:
    """Make the zipapp."""
    return [zipped.make(job.source, job.out / "guestcheck.pyz", job.epoch)]


def deb(job: Job) -> List[Path]:
    """Make the package of Debian and its kin, by debhelper."""
    job.need("dpkg-buildpackage", "dh", "dh_python3")
    source = _unpacked(job)
    shutil.copytree(source / "packaging" / "deb", source / "debian")
    job.run(
        ["dpkg-buildpackage", "-b", "-us", "-uc", "-tc"], source, [("DEB_BUILD_OPTIONS", "nocheck")]
    )
    return _kept(job.work.glob("*.deb"), job)


def rpm(job: Job) -> List[Path]:
    """Make the package of Fedora and its kin, and of SUSE's, by rpmbuild."""
    job.need("rpmbuild")
    source = _unpacked(job)
    defines = {
        "_topdir": str(job.work),
        "_sourcedir": str(job.out),
        "_buildhost": "localhost",
        "use_source_date_epoch_as_buildtime": "1",
        "clamp_mtime_to_source_date_epoch": "1",
        "source_date_epoch_from_changelog": "0",
        "_binary_payload": "w9.gzdio",  # which every rpm reads
        "_build_name_fmt": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
    }
    words = [word for name, value in defines.items() for word in ("--define", f"{name} {value}")]
    # --nodeps: on a distribution of another kind rpm's database knows of no Python.
    job.run(
        [
            "rpmbuild",
            "-bb",
            "--nodeps",
            *words,
            str(source / "packaging" / "rpm" / "guestcheck.spec"),
        ],
        job.work,
    )
    return _kept((job.work / "RPMS").rglob("*.rpm"), job)


def _unpacked(job: Job) -> Path:
    archive = job.out / f"guestcheck-{__version__}.tar.gz"
    if not archive.is_file():
        raise MissingError(f"{archive.name} has to be made first")
    with tarfile.open(archive) as tar:
        tar.extractall(job.work)
    return job.work / f"guestcheck-{__version__}"


def _kept(found: Iterable[Path], job: Job) -> List[Path]:
    return [Path(shutil.move(str(path), str(job.out / path.name))) for path in sorted(found)]


# In this order: the last two are made from the source archive.
KINDS: Dict[str, Callable[[Job], List[Path]]] = {
    "python": python,
    "pyz": pyz,
    "deb": deb,
    "rpm": rpm,
}


def sums(out: Path) -> Path:
    """Write SHA256SUMS, as sha256sum reads it."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(out.iterdir())
        if path.name != "SHA256SUMS"
    ]
    (out / "SHA256SUMS").write_text("".join(lines))
    return out / "SHA256SUMS"
