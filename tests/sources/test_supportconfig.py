"""A supportconfig's sections answer as the commands and files that they name; what its comments
held is not made up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.model.source import ABSENT, FAILED, OK, Command, File, Listing
from guestcheck.run import examine
from guestcheck.sources import open_source
from guestcheck.sources.supportconfig import Supportconfig, recognise, sections
from guestcheck.stores.folder import Folder
from tests.sources.laid_out import Recorded, supportconfig, write
from tests.test_guests import GUESTS

MIXED = next(folder for folder in GUESTS if folder.name == "lab-mixed-pc-bookworm")
HEAD = f"{'=' * 77}\n                     Support Utilities - Supportconfig\n{'=' * 77}\n\n"


def opened(folder: Path, files: Dict[str, str]) -> Supportconfig:
    """Open a supportconfig of these files."""
    texts = {"basic-environment.txt": HEAD + "#==[ Command ]===#\n# /bin/date\nnow\n", **files}
    source = recognise(Folder(str(write(texts, folder))))
    assert source is not None
    return source


def command(line: str, text: str) -> str:
    return f"#==[ Command ]======================================#\n# {line}\n{text}\n\n"


def file(path: str, text: str) -> str:
    return f"#==[ Configuration File ]===========================#\n# {path}\n{text}\n\n"


def test_a_command_is_found_in_whatever_file(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        {
            "hardware.txt": HEAD
            + command("/sbin/lspci -b", "x")
            + command("/sbin/lspci -nn", "00:01.0 one")
        },
    )
    assert [(answer.asked, answer.text) for answer in source.command(Command(("lspci", "-n")))] == [
        ("lspci -nn", "00:01.0 one\n")
    ]


def test_a_file_is_found_by_its_path(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        {
            "boot.txt": file("/boot/grub2/grub.cfg", "set default=0")
            + command("/bin/cat /proc/cmdline", "root=/dev/vda2")
        },
    )
    assert source.file(File("/boot/grub2/grub.cfg"))[0].text == "set default=0\n"
    assert source.file(File("/proc/cmdline"))[0].text == "root=/dev/vda2\n"
    assert source.listing(Listing("/boot/grub2/*"))[0].text == "/boot/grub2/grub.cfg\n"


def test_a_file_that_was_not_there_is_absent(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        {"boot.txt": file("/boot/grub2/grub.cfg - File not found", "") + file("/etc/fstab", "")},
    )
    (answer,) = source.file(File("/boot/grub2/grub.cfg"))
    assert (answer.status, answer.detail) == (ABSENT, "not in this supportconfig")


def test_a_tool_that_was_not_there_is_no_answer(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        {"mpio.txt": command("/usr/bin/lsscsi", "ERROR: Command not found or not executible")},
    )
    assert source.command(Command(("lsscsi",)))[0].status == FAILED


def test_a_configuration_without_comments_is_an_excerpt(tmp_path: Path) -> None:
    options = "\n".join(f"CONFIG_OPTION_{number}=y" for number in range(500))
    files = {
        **supportconfig(Recorded(MIXED)),
        "env.txt": file("/boot/config-6.1.0-56-amd64", f"{options}\nCONFIG_VIRTIO_BLK=m"),
    }
    report = examine(open_source([str(write(files, tmp_path))]))
    (kernel,) = (
        kernel for kernel in report.inventory.kernels or () if kernel.release == "6.1.0-56-amd64"
    )
    states = {driver.symbol: driver.state for driver in kernel.drivers}
    assert states["CONFIG_VIRTIO_BLK"] == "module"
    assert "absent" not in states.values()


def test_that_there_is_no_configuration_is_said(tmp_path: Path) -> None:
    (answer,) = opened(tmp_path, {}).file(File("/boot/config-*"))
    assert answer.detail == "not in this supportconfig: supportconfig does not collect it"


def test_the_first_of_two_sections_of_one_name_counts(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        {
            "hardware.txt": command("/sbin/lspci -nn", "one"),
            "env.txt": command("/sbin/lspci -nn", "two"),
        },
    )
    assert [answer.text for answer in source.command(Command(("lspci", "-n")))] == ["one\n"]


def test_a_marker_within_a_line_begins_no_section() -> None:
    text = command("/bin/x", "a #==[ Command ]===#\n ==[ Command ]==\n#==[ Command ]=== tail")
    assert [section.title for section in sections(text)] == ["/bin/x"]


def test_a_marker_without_a_name_is_passed_over() -> None:
    assert [
        section.title
        for section in sections(
            "#==[ Command ]==#\n\n#==[ Command ]==#\nno name\nx\n" + command("/bin/y", "z")
        )
    ] == ["/bin/y"]


def test_a_million_sections_are_bounded(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        {
            "hardware.txt": command("/sbin/lspci -nn", "00:01.0 one"),
            "env.txt": "#==[ Command ]==#\n# x\ny\n" * 100_000,
        },
    )
    assert len(list(source.outputs())) <= 20_000
    assert source.command(Command(("lspci", "-n")))[0].status == OK


def test_files_of_these_names_without_sections_are_none(tmp_path: Path) -> None:
    assert recognise(Folder(str(write({"basic-environment.txt": "a note\n"}, tmp_path)))) is None


@given(
    st.lists(
        st.sampled_from(
            [
                "#==[ Command ]==#",
                "#==[ ]==#",
                "# /sbin/lspci -nn",
                "#",
                "",
                "# /etc/fstab - File not found",
                "x",
                "\0",
                "#==[ Log File ]=#",
            ]
        )
    )
)
def test_whatever_stands_there_is_parted(lines: "list[str]") -> None:
    for section in sections("\n".join(lines)):
        assert section.title


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_ends_do_not_matter(ending: str) -> None:
    text = command("/bin/x", "one").replace("\n", ending)
    assert [(section.title, section.text) for section in sections(text)] == [("/bin/x", "one\n")]


def rpm(*more: str) -> str:
    """Lay out rpm.txt as supportutils does since 3.1: what is asked for first are distributions."""
    first = command(
        '/bin/rpm -qa --queryformat "%{DISTRIBUTION}\\n" | sort | uniq',
        "SUSE Linux Enterprise 15\n(none)\n",
    )
    first += command(
        'rpm -qa --queryformat "%-35{NAME} %-35{DISTRIBUTION} %{VERSION}-%{RELEASE}\\n" | '
        'sort -k 1,2 -t " " -i',
        "qemu-guest-agent  SUSE  7.1-1\n",
    )
    return first + "".join(more)


LAST = "qemu-guest-agent-7.1.0-150500.49.18.1.x86_64   Mon 01 Jan 2024 10:00:00 AM UTC\n"


def test_packages_are_read_from_the_list_that_has_their_names(tmp_path: Path) -> None:
    files = {
        "basic-environment.txt": command("/bin/uname -r", "6.4.0"),
        "rpm.txt": rpm(command("/bin/rpm -qa --last", LAST)),
    }
    (answer,) = opened(tmp_path, files).command(Command(("rpm", "-qa")))
    assert (answer.status, answer.text) == (OK, LAST)


@pytest.mark.parametrize(
    "more", ["", command("/bin/rpm -qa | grep livepatch", "kernel-livepatch-5-1.x86_64\n")]
)
def test_a_list_of_something_else_proves_no_package_missing(tmp_path: Path, more: str) -> None:
    files = {"basic-environment.txt": command("/bin/uname -r", "6.4.0"), "rpm.txt": rpm(more)}
    (answer,) = opened(tmp_path, files).command(Command(("rpm", "-qa")))
    assert answer.status == ABSENT
