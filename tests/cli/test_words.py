"""The other sub-commands: what they print is complete, fits 80 columns where it is prose, and is
found by its name.
"""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Sequence

import pytest

import guestcheck
import guestcheck.cli
import guestcheck.sources
from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.catalogue.kernel import SYMBOLS
from guestcheck.catalogue.network import DEVICES as NETWORK
from guestcheck.catalogue.storage import DEVICES as STORAGE
from guestcheck.checks import all_checks, page_of
from guestcheck.discovery import names
from guestcheck.evidence import questions
from guestcheck.render.formats import folders
from tests.cli.conftest import Run

COMMANDS = names(guestcheck.cli)


def lines(run: Run, *words: str) -> "list[str]":
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\n")
    return done.stdout.rstrip("\n").split("\n")


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_it_is_narrower_than_80_columns(self, run: Run, command: str) -> None:
        words = () if command == "check" else (command,)
        shown = lines(run, *words, "--help")
        assert max(map(len, shown)) < 80
        assert lines(run, *words, "-h") == shown

    @pytest.mark.parametrize("command", COMMANDS)
    def test_it_mentions_every_option(self, run: Run, command: str) -> None:
        import argparse
        from importlib import import_module

        parser = argparse.ArgumentParser(add_help=False)
        import_module(f"guestcheck.cli.{command}").configure(parser)
        text = " ".join(lines(run, command, "--help"))
        for action in parser._actions:
            assert all(option in text for option in action.option_strings)
            assert action.help
            assert action.help.split()[0] in text

    def test_it_mentions_every_sub_command(self, run: Run) -> None:
        text = "\n".join(lines(run, "--help"))
        assert all(re.search(rf"^  {command} ", text, re.MULTILINE) for command in COMMANDS)

    def test_the_bare_command_means_check(self, run: Run) -> None:
        assert lines(run, "--help") == lines(run, "check", "--help")


def test_the_version_is_told(run: Run) -> None:
    assert lines(run, "--version") == [f"guestcheck {guestcheck.__version__}"]
    assert lines(run, "check", "--version") == lines(run, "--version")


class TestList:
    def test_checks(self, run: Run) -> None:
        rows = [re.split(r"  +", line) for line in lines(run, "list", "checks")]
        assert rows[: len(all_checks())] == [[check.id, check.title] for check in all_checks()]
        assert {row[0].partition("-")[0] for row in rows[len(all_checks()) :]} == {
            "policy",
            "readiness",
        }

    def test_devices(self, run: Run) -> None:
        shown = lines(run, "list", "devices")
        text = "\n".join(shown)
        assert all(row.name in text and row.interface in text for row in (*STORAGE, *NETWORK))
        assert all(identity in text for row in (*STORAGE, *NETWORK) for identity in row.pci)

    def test_evidence(self, run: Run) -> None:
        text = "\n".join(lines(run, "list", "evidence"))
        assert all(
            question.name in text and question.summary in text for question in questions(deep=True)
        )
        assert "lspci -Dvmmnnk" in text
        assert "/proc/config.gz" in text

    @pytest.mark.parametrize(
        ("what", "known"), [("formats", [*folders()]), ("sources", names(guestcheck.sources))]
    )
    def test_files_of_a_folder(self, run: Run, what: str, known: Sequence[str]) -> None:
        shown = [line.split(None, 1) for line in lines(run, "list", what)]
        assert [name for name, _ in shown] == known
        assert all(says.endswith((".", ",")) or len(says) > 20 for _, says in shown)

    def test_kernels(self, run: Run) -> None:
        text = "\n".join(lines(run, "list", "kernels"))
        assert all(row.symbol in text for row in SYMBOLS)


class TestExplain:
    @pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
    def test_each_check_has_its_page(self, run: Run, check: object) -> None:
        text = re.sub(r"\s+", " ", " ".join(lines(run, "explain", check.id)))  # type: ignore[attr-defined]
        assert text.startswith(check.id)  # type: ignore[attr-defined]
        assert re.sub(r"\s+", " ", page_of(check)) in text  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "row",
        [row for row in INTERFACES if row.id in ("virtio-scsi", "e1000", "nvme")],
        ids=lambda row: row.id,
    )
    def test_an_interface_has_its_page(self, run: Run, row: object) -> None:
        text = re.sub(r"\s+", " ", " ".join(lines(run, "explain", row.id)))  # type: ignore[attr-defined]
        for field in ("name", "kind", "compatibility", "performance", "limit", "hotplug"):
            assert re.sub(r"\s+", " ", getattr(row, field)) in text

    @pytest.mark.parametrize(
        ("word", "device"), [("interfaces", "disk"), ("nic-interfaces", "nic")]
    )
    @pytest.mark.parametrize("width", [60, 80, 200])
    def test_the_comparison_has_every_interface_and_fits(
        self, run: Run, word: str, device: str, width: int
    ) -> None:
        shown = lines(run, "explain", word, "--width", str(width))
        assert max(map(len, shown)) <= width
        starts = {
            line.split(":")[0].split(" ")[0] for line in shown if line and not line.startswith(" ")
        }
        assert {row.id for row in INTERFACES if row.device == device} <= starts


class TestCollect:
    def test_what_is_collected_is_judged_like_the_guest(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "guest.tar.gz"
        done = run("collect", "-o", str(path))
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr.count("\n") == 1
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        here, there = (json.loads(run(*words, "-f", "json").stdout) for words in ((), (str(path),)))
        assert there["source"] == str(path)
        # Addresses and states may change between two runs; what the devices are does not.
        for part in ("disks", "nics"):
            assert [
                (one["name"], one["interface"], one["kind"], one["driver"]) for one in here[part]
            ] == [
                (one["name"], one["interface"], one["kind"], one["driver"]) for one in there[part]
            ]

    def test_a_place_that_cannot_be_written_is_one_line(self, run: Run, tmp_path: Path) -> None:
        done = run("collect", "-o", str(tmp_path / "no" / "x.tar.gz"))
        assert (done.returncode, done.stdout) == (2, "")
        assert (
            done.stderr
            == f"guestcheck: cannot write {tmp_path}/no/x.tar.gz: No such file or directory\n"
        )
        assert os.listdir(tmp_path) == []
