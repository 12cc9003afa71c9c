"""What is handed out holds what it should, runs where it says, and comes out the same twice."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Dict, List, Optional

import pytest

from guestcheck import __version__
from tests.packaging.conftest import PATTERNS, Built
from tools.packages.install import install, texts
from tools.packages.stage import VENDOR, epoch_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "fixtures" / "guests"


def run(
    command: List[str], environment: Optional[Dict[str, str]] = None, folder: Path = ROOT
) -> "subprocess.CompletedProcess[str]":
    environment = (
        {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        if environment is None
        else environment
    )
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def need(tool: str) -> str:
    found = shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not found:
        pytest.skip(f"{tool} is not installed")
    return found


def interpreters() -> List[str]:
    """Every Python here, of whatever version."""
    folders = [*Path.home().glob(".pyenv/versions/*/bin"), Path("/usr/bin"), Path("/usr/local/bin")]
    found = {
        str(path.resolve())
        for folder in folders
        for path in folder.glob("python[23].*")
        if re.fullmatch(r"python\d\.\d+", path.name)
    }
    return sorted(found | {str(Path(sys.executable).resolve())})


def version(python: str) -> List[int]:
    return [
        int(number)
        for number in run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        ).stdout.split(".")
    ]


@pytest.mark.parametrize("kind", PATTERNS)
def test_two_builds_give_the_same_bytes(kind: str, built: Built, again: Built) -> None:
    assert built.have(kind).read_bytes() == again.have(kind).read_bytes()


def test_sums_are_those_of_the_files(built: Built) -> None:
    assert not run(
        [need("sha256sum"), "--check", "--quiet", "SHA256SUMS"], folder=built.out
    ).returncode


def _vendored() -> List[str]:
    return sorted(
        path.relative_to(ROOT / VENDOR).as_posix()
        for path in (ROOT / VENDOR).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def _package() -> List[str]:
    return sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "guestcheck").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def test_wheel_holds_the_program_and_nothing_else(built: Built) -> None:
    names = zipfile.ZipFile(built.have("python")).namelist()
    assert sorted(name for name in names if ".dist-info/" not in name) == _package()
    assert any(name.endswith("LICENSE") for name in names)


def test_source_archive_holds_what_the_packages_are_made_from(built: Built) -> None:
    with tarfile.open(built.out / f"guestcheck-{__version__}.tar.gz") as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    assert names >= {
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "Makefile",
        "packaging/rpm/guestcheck.spec",
        "packaging/deb/rules",
        "tools/packages/install.py",
    }
    assert names >= {*_package()} | {f"{VENDOR}/{name}" for name in _vendored()}
    assert not [
        name
        for name in names
        if "__pycache__" in name or name.startswith(("tests/fixtures", "lab", ".", "build", "dist"))
    ]


def test_wheel_asks_for_a_reader_of_toml_where_python_has_none(built: Built) -> None:
    wheel = zipfile.ZipFile(built.have("python"))
    metadata = wheel.read(
        next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    ).decode()
    assert [line for line in metadata.splitlines() if "tomli" in line] == [
        "Requires-Dist: tomli >=2.0; python_version < '3.11'"
    ]


def test_zipapp_holds_the_program_tomli_and_their_licences(built: Built) -> None:
    assert sorted(zipfile.ZipFile(built.have("pyz")).namelist()) == sorted(
        [*_package(), *_vendored(), "LICENSE", "__main__.py"]
    )


def test_a_library_of_others_has_its_licence_beside_it() -> None:
    libraries = sorted(folder for folder in (ROOT / VENDOR).iterdir())
    assert [folder.name for folder in libraries] == ["tomli"]
    for folder in libraries:
        assert "Permission is hereby granted" in (folder / "LICENSE").read_text()
        assert (
            f"\nFiles: {VENDOR}/{folder.name}/*\n" in (ROOT / "packaging/deb/copyright").read_text()
        )


@pytest.mark.parametrize("python", interpreters())
def test_zipapp_reads_a_policy_on_any_python_that_is_new_enough(
    python: str, built: Built, tmp_path: Path
) -> None:
    if version(python) < [3, 9]:
        pytest.skip("too old")
    right, wrong = tmp_path / "right.toml", tmp_path / "wrong.toml"
    right.write_text(
        "version = 1\n[[ignore]]\ncheck = 'guest-agent-missing'\nreason = "
        '"""\nlater"""\nuntil = 2030-01-31\n'
    )
    wrong.write_text("version = 1\n\n[checks]\n\"must\\u002Dpass\" = [\n  'no-such-check',\n]\n")
    program = [python, "-I", "-S", str(built.have("pyz")), "policy", "check"]
    assert run([*program, str(right)], {}).returncode == 0
    done = run([*program, str(wrong)], {})
    assert (
        "line 5, checks.must-pass: no-such-check: there is no such check"
        in done.stdout + done.stderr
    )
    assert done.returncode == 2


@pytest.mark.parametrize("python", interpreters())
def test_zipapp_runs_alone_on_any_python_that_is_new_enough(python: str, built: Built) -> None:
    guest = next(iter(sorted(RECORDED.iterdir())))
    # No environment, no site-packages: neither psutil nor pyudev nor rich
    done = run(
        [python, "-I", "-S", str(built.have("pyz")), "-f", "text", str(guest)]
        if version(python)[0] == 3
        else [python, "-S", str(built.have("pyz"))],
        {},
    )
    if version(python) < [3, 9]:
        assert done.returncode == 3
        assert "3.9 or newer is needed" in done.stderr
        return
    same = run([sys.executable, "-m", "guestcheck", "-f", "text", str(guest)])
    assert (done.stdout, done.returncode) == (same.stdout, same.returncode)
    assert not done.stderr
    assert (
        run([python, "-I", "-S", str(built.have("pyz")), "collector", "sh"], {}).stdout
        == run([sys.executable, "-m", "guestcheck", "collector", "sh"]).stdout
    )


def test_zipapp_is_a_program_of_its_own(built: Built) -> None:
    assert run([str(built.have("pyz")), "--version"]).stdout == f"guestcheck {__version__}\n"


def test_deb_pleases_lintian(built: Built) -> None:
    done = run([need("lintian"), "--allow-root", str(built.have("deb"))])
    assert not done.stdout
    assert not done.returncode


def test_deb_asks_for_what_it_is_better_with(built: Built) -> None:
    told = run(
        [
            need("dpkg-deb"),
            "--show",
            "--showformat=${Version} ${Architecture} ${Depends}",
            str(built.have("deb")),
        ]
    ).stdout
    assert told.startswith(f"{__version__} all ")
    assert {"python3-psutil", "python3-pyudev", "python3-rich"} <= {*told.replace(",", " ").split()}


def test_rpm_is_whole_and_asks_for_python_alone(built: Built) -> None:
    rpm, package = need("rpm"), str(built.have("rpm"))
    assert not run([rpm, "--checksig", "--nosignature", package]).returncode
    wants = [
        line
        for line in run([rpm, "-qp", "--requires", package]).stdout.splitlines()
        if not line.startswith("rpmlib")
    ]
    assert {*wants} == {"/bin/sh", "/usr/bin/python3", "python3 >= 3.9"}


def test_deb_and_rpm_have_the_same_files(built: Built) -> None:
    deb = {
        line.split()[-1].lstrip(".")
        for line in run(
            [need("dpkg-deb"), "--contents", str(built.have("deb"))]
        ).stdout.splitlines()
        if not line.startswith("d")
    }
    rpm = {*run([need("rpm"), "-qpl", "--noghost", str(built.have("rpm"))]).stdout.split()}
    wanted = {f"/{name}" for name in texts(0, "usr/share/zsh/site-functions")} | {
        f"/usr/share/guestcheck/{name}" for name in (*_package(), *_vendored())
    }
    assert {name[: -len(".gz")] if name.endswith(".gz") else name for name in rpm} >= wanted
    of_debian = {
        name.replace("/zsh/site-functions/", "/zsh/vendor-completions/") for name in wanted
    }
    assert {name[: -len(".gz")] if "/man/" in name else name for name in deb} >= of_debian


def test_packages_have_the_version_of_the_program() -> None:
    assert (
        f"\nVersion:        {__version__}\n" in (ROOT / "packaging/rpm/guestcheck.spec").read_text()
    )
    assert (ROOT / "packaging/deb/changelog").read_text().startswith(f"guestcheck ({__version__}) ")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("root")
    install(place, epoch_of())
    return place


def test_installed_program_is_that_of_its_root_alone(root: Path) -> None:
    program = (root / "usr/bin/guestcheck").read_text()
    assert program.startswith("#!/usr/bin/python3 -I\n")
    here = root / "usr/bin/guestcheck-here"
    here.write_text(program.replace("/usr/share/guestcheck", str(root / "usr/share/guestcheck")))
    done = run([sys.executable, "-I", str(here), "--version"])
    assert done.stdout == f"guestcheck {__version__}\n"


def test_units_are_sound_and_shut_in(root: Path) -> None:
    analyze = need("systemd-analyze")
    units = [
        str(root / f"usr/lib/systemd/system/guestcheck.{kind}") for kind in ("service", "timer")
    ]
    service = (root / "usr/lib/systemd/system/guestcheck.service").read_text()
    # The program is looked for where it will be, which is not here.
    Path(units[0]).write_text(
        service.replace("/usr/bin/guestcheck", str(root / "usr/bin/guestcheck"))
    )
    done = run([analyze, "verify", "--man=no", *units])
    assert not [line for line in done.stderr.splitlines() if "guestcheck" in line]
    told = run([analyze, "security", "--offline=true", "--threshold=30", units[0]])
    assert not told.returncode, told.stdout[-300:]


def test_man_pages_are_clean(root: Path) -> None:
    pages = sorted(str(page) for page in (root / "usr/share/man/man1").iterdir())
    assert not run([need("mandoc"), "-T", "lint", "-W", "all", *pages]).stdout
    for page in pages:
        done = run([need("man"), "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page])
        assert not done.stderr
        assert not done.returncode


def test_prose_of_man_pages_belongs_to_a_sub_command(root: Path) -> None:
    pages = {page.stem for page in (root / "usr/share/man/man1").iterdir()}
    assert {prose.stem for prose in (ROOT / "packaging" / "man").iterdir()} <= pages
    assert "@" not in "".join(page.read_text() for page in (root / "usr/share/man/man1").iterdir())


def test_service_sees_what_a_report_needs() -> None:
    # Both were tried in a guest: the first hides /lib/modules, the second what is mounted below
    # /home.
    service = (ROOT / "packaging/systemd/guestcheck.service").read_text()
    assert "\nProtectKernelModules=yes" not in service
    assert "\nProtectHome=yes" not in service
