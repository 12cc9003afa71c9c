"""`guestcheck diff`: recordings and reports in any mixture, what it prints, and its exit codes."""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, List

import pytest
from jsonschema import Draft202012Validator

import guestcheck.render as package
from guestcheck.cli import diff, main
from guestcheck.errors import EXIT_FINDINGS, EXIT_NO_EVIDENCE, EXIT_OK, EXIT_USAGE
from guestcheck.evidence import questions
from guestcheck.model.source import Answer, Raw
from guestcheck.sources.bundle import Bundle, write
from tests import makers
from tests.cli.conftest import Run
from tests.test_guests import FIXTURES, reader

Printed = pytest.CaptureFixture[str]
SCHEMA = Path(package.__path__[0]) / "diff.schema.json"
UUID = "6c616220-6775-4573-a368-65636b000001"


def recorded(name: str, path: Path, edit: Callable[[str], str] = lambda text: text) -> str:
    """Write the recorded guest `name` to the archive `path`, each text edited, and return the path."""
    raw = Bundle(name, reader(FIXTURES / "guests" / name)).gather(questions())
    answers = {
        question: tuple(answer._replace(text=edit(answer.text)) for answer in given)
        for question, given in raw.answers.items()
    }
    write(Raw(raw.source, answers), str(path))
    return str(path)


def compared(printed: Printed, *words: str, code: int = EXIT_FINDINGS) -> Dict[str, Any]:
    assert main(["diff", *words, "-f", "json"]) == code
    told: Dict[str, Any] = json.loads(printed.readouterr().out)
    return told


@pytest.fixture
def ide(tmp_path: Path) -> str:
    return recorded("lab-ide-e1000-bookworm", tmp_path / "before.tar.gz")


@pytest.fixture
def virtio(tmp_path: Path) -> str:
    return recorded("lab-virtio-bookworm", tmp_path / "after.tar.gz")


def report_of(path: str, folder: Path) -> str:
    target = folder / (Path(path).name + ".json")
    assert main(["check", path, "-f", f"json:{target}", "--fail-on", "never"]) == EXIT_OK
    return str(target)


class TestASwitchedGuest:
    def test_the_disk_and_the_card_are_each_one_that_changed(
        self, ide: str, virtio: str, capsys: Printed
    ) -> None:
        told = compared(capsys, ide, virtio)
        assert [
            (one["device"], one["state"], one["matched_by"]) for one in told["devices"][:2]
        ] == [("disk", "changed", "serial"), ("nic", "changed", "mac")]
        moved = told["devices"][0]
        assert moved["before"] == {"name": "sda", "interface": "ide", "kind": "emulated"}
        assert moved["after"] == {"name": "vda", "interface": "virtio-blk", "kind": "paravirtual"}
        changes = {
            change["field"]: (change["before"], change["after"]) for change in moved["changes"]
        }
        assert changes["driver"] == ("ata_piix", "virtio_blk")
        assert "serial" not in changes
        assert "stack" not in changes
        assert {(one["id"], one["state"]) for one in told["findings"]} >= {
            ("disk-emulated", "gone"),
            ("nic-emulated", "gone"),
        }

    def test_without_a_serial_number_it_is_known_by_its_file_system(
        self, tmp_path: Path, capsys: Printed
    ) -> None:
        before = recorded(
            "lab-ide-e1000-bookworm",
            tmp_path / "a.tar.gz",
            lambda text: text.replace("GC0000LAB", "QM00001"),
        )
        after = recorded(
            "lab-virtio-bookworm", tmp_path / "b.tar.gz", lambda text: text.replace("GC0000LAB", "")
        )
        told = compared(capsys, before, after)
        assert (told["devices"][0]["matched_by"], told["devices"][0]["after"]["name"]) == (
            "uuid",
            "vda",
        )

    def test_of_two_reports_by_what_is_on_it(self, tmp_path: Path, capsys: Printed) -> None:
        before = recorded(
            "lab-ide-e1000-bookworm",
            tmp_path / "a.tar.gz",
            lambda text: text.replace("GC0000LAB", "QM00001"),
        )
        after = recorded(
            "lab-virtio-bookworm", tmp_path / "b.tar.gz", lambda text: text.replace("GC0000LAB", "")
        )
        told = compared(capsys, report_of(before, tmp_path), report_of(after, tmp_path))
        assert (told["devices"][0]["matched_by"], told["devices"][0]["after"]["name"]) == (
            "contents",
            "vda",
        )

    def test_reports_and_recordings_say_the_same_in_any_mixture(
        self, ide: str, virtio: str, tmp_path: Path, capsys: Printed
    ) -> None:
        reports = report_of(ide, tmp_path), report_of(virtio, tmp_path)
        told = [
            compared(capsys, one, two) for one in (ide, reports[0]) for two in (virtio, reports[1])
        ]
        for one in told:
            del one["before"], one["after"]
        assert all(one == told[0] for one in told)

    def test_the_text_begins_with_a_summary_and_fits(
        self, ide: str, virtio: str, capsys: Printed
    ) -> None:
        assert main(["diff", ide, virtio, "--width", "80"]) == EXIT_FINDINGS
        lines = capsys.readouterr().out.split("\n")
        assert lines[0].startswith("1 disk changed; 1 NIC changed; ")
        assert "  sda → vda: ide emulated → virtio-blk paravirtual" in lines
        assert "    known by the same serial number" in lines
        assert any(line.split() == ["driver", "ata_piix", "→", "virtio_blk"] for line in lines)
        assert max(map(len, lines)) <= 80

    def test_one_changed_device_is_the_summary(self, tmp_path: Path, capsys: Printed) -> None:
        way = "0000:00:01.1 pci ata_piix 8086:7010/1af4:1100"
        raws = (
            makers.raw(makers.disk("sda", way, *makers.scsi(), serial="A77001"), vm="kvm"),
            makers.raw(
                makers.disk(
                    "vda",
                    "0000:00:05.0 pci virtio-pci 1af4:1001",
                    "virtio0 virtio virtio_blk 2 9,32",
                    serial="A77001",
                ),
                vm="kvm",
            ),
        )
        paths = [str(tmp_path / f"{number}.tar.gz") for number in range(2)]
        for raw, path in zip(raws, paths):
            write(raw, path)
        reports = [report_of(path, tmp_path) for path in paths]
        for path in reports:
            told = json.loads(Path(path).read_text())
            told["controllers"], told["results"] = [], []
            Path(path).write_text(json.dumps(told))
        assert main(["diff", *reports]) == EXIT_FINDINGS
        assert capsys.readouterr().out.startswith(
            "sda → vda: ide emulated → virtio-blk paravirtual.\n"
        )

    @pytest.mark.parametrize("name", ["terminal", "text", "markdown", "html", "json"])
    def test_each_format_that_can_says_it_and_writes_files(
        self, name: str, ide: str, virtio: str, tmp_path: Path, capsys: Printed
    ) -> None:
        if name == "terminal":
            pytest.importorskip("rich")
        path = tmp_path / "changes"
        words = ["diff", ide, virtio, "-f", name, "-f", f"{name}:{path}"]
        assert main(words) == EXIT_FINDINGS
        shown = capsys.readouterr().out
        assert "virtio" in shown
        assert path.read_text(encoding="utf-8") == shown

    @pytest.mark.parametrize("name", ["junit", "sarif", "nagios", "prometheus", "facts"])
    def test_the_others_say_which_can(
        self, name: str, ide: str, virtio: str, capsys: Printed
    ) -> None:
        assert main(["diff", ide, virtio, "-f", name]) == EXIT_USAGE
        said = capsys.readouterr().err
        assert said.endswith("these do: html, markdown, terminal, text, json\n")


class TestTheJson:
    def test_it_is_as_described_and_has_nothing_else(
        self, ide: str, virtio: str, tmp_path: Path, capsys: Printed
    ) -> None:
        schema = json.loads(SCHEMA.read_text())
        Draft202012Validator.check_schema(schema)
        for one in described(schema):
            assert one["required"] == list(one["properties"])
            assert one.pop("additionalProperties") is True
            one["additionalProperties"] = False
        mixed = recorded(
            "lab-mixed-pc-bookworm",
            tmp_path / "mixed.tar.gz",
            lambda text: text.replace("6.1.0-56-amd64", "6.1.0-57-amd64"),
        )
        for words, code in (
            ((ide, virtio), 1),
            ((virtio, mixed), 1),
            ((mixed, ide), 1),
            ((ide, ide), 0),
        ):
            Draft202012Validator(schema).validate(compared(capsys, *words, code=code))

    def test_every_field_is_described(self) -> None:
        schema = json.loads(SCHEMA.read_text())
        for one in described(schema):
            for name, told in one["properties"].items():
                told = (
                    told
                    if "description" in told
                    else schema["$defs"][told["$ref"].rpartition("/")[2]]
                )
                assert told.get("description"), name


def described(schema: Any) -> List[Dict[str, Any]]:
    """Return every part of `schema` that describes an object."""
    parts = (
        schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    )
    found = (
        [schema] if isinstance(schema, dict) and "properties" in schema and "type" in schema else []
    )
    return found + [one for part in parts for one in described(part)]


class TestExitCodes:
    def test_the_same_twice_is_no_difference(self, ide: str, capsys: Printed) -> None:
        assert main(["diff", ide, ide]) == EXIT_OK
        assert capsys.readouterr().out.startswith(
            "No difference: 1 disk, 1 NIC, 1 controller and 2 kernels are the same.\n"
        )

    def test_this_guest_is_the_second_where_there_is_none(self, ide: str, capsys: Printed) -> None:
        assert compared(capsys, ide)["after"] == {"source": "live", "time": None}

    def test_a_report_from_standard_input(self, run: Run, ide: str, tmp_path: Path) -> None:
        report = Path(report_of(ide, tmp_path)).read_text(encoding="utf-8")
        assert run("diff", ide, "-", stdin=report).returncode == EXIT_OK

    @pytest.mark.parametrize(
        "words", [(), ("a", "b", "c"), ("no-such-file", "no-such-file"), ("-f", "xml", "a", "b")]
    )
    def test_wrong_usage(self, words: "tuple[str, ...]", run: Run) -> None:
        done = run("diff", *words)
        assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        "told",
        [
            '{"schema": "guestcheck.report/2"}',
            '{"schema": "guestcheck.report/1"}',
            '{"schema": "guestcheck.report/1", "guest": [], "disks": [], "nics": [], '
            '"controllers": [], "kernels": [], "results": [], "gaps": []}',
            '{"schema": "guestcheck.report/1", "guest": {}, "disks": [1], "nics": [], '
            '"controllers": [], "kernels": [], "results": [], "gaps": []}',
            '{"schema": "guestcheck.report/1", "guest": {}, "disks": {}, "nics": [], '
            '"controllers": [], "kernels": [], "results": [], "gaps": []}',
            '{"schema": "guestcheck.report/1", "disks": [',
            '{"schema": "guestcheck.report/1", "disks": ' + "[" * 100_000,
            '{"schema": "guestcheck.report/1", "disks": ' + "9" * 5_000 + "x",
            "{}",
            "",
            "\x00\x01",
        ],
        ids=range(11),
    )
    def test_what_is_no_report_is_one_line_and_3(
        self, told: str, ide: str, tmp_path: Path, capsys: Printed
    ) -> None:
        path = tmp_path / "odd.json"
        path.write_text(told)
        for words in ((str(path), ide), (ide, str(path))):
            assert main(["diff", *words]) == EXIT_NO_EVIDENCE
            said = capsys.readouterr()
            assert said.out == ""
            assert said.err.startswith(f"guestcheck: {path}: ")
            assert said.err.count("\n") == 1

    def test_a_hostile_report_is_shown_as_plain_text(
        self, ide: str, tmp_path: Path, run: Run
    ) -> None:
        report = json.loads(Path(report_of(ide, tmp_path)).read_text())
        report["disks"][0].update(
            name="\x1b[2J\ud800",
            serial="x" * 100_000,
            size_bytes=10**300,
            interface={"a": 1},
            roles=[1, None, "\r\n"],
        )
        report["guest"].update(memory_bytes=float("inf"), vcpus=True)
        report["results"].append({"id": "\x1b[31m", "outcome": ["warn"], "subject": None})
        path = tmp_path / "hostile.json"
        path.write_text(json.dumps(report))
        for encoding in ("utf-8", "ascii"):
            done = run("diff", ide, str(path), encoding=encoding)
            assert (done.returncode, done.stderr) == (EXIT_FINDINGS, "")
            assert not [
                character
                for character in done.stdout
                if not character.isprintable() and character != "\n"
            ]

    def test_a_path_that_cannot_be_read(self, ide: str, tmp_path: Path, capsys: Printed) -> None:
        (tmp_path / "empty").mkdir()
        os.mkfifo(tmp_path / "empty/pipe")
        assert main(["diff", ide, str(tmp_path / "empty")]) == EXIT_NO_EVIDENCE
        assert capsys.readouterr().err.startswith(f"guestcheck: {tmp_path}")


def test_the_reports_of_several_guests_are_not_one(
    ide: str, virtio: str, tmp_path: Path, capsys: Printed
) -> None:
    main([ide, virtio, "-f", f"json:{tmp_path}/all.json"])
    capsys.readouterr()
    assert main(["diff", str(tmp_path / "all.json"), ide]) == EXIT_NO_EVIDENCE
    assert (
        "the reports of several guests, and one is needed; take one of them out of "
        f"it: {ide}, {virtio}" in capsys.readouterr().err
    )


def test_redacted_recordings_can_be_compared(
    ide: str, virtio: str, tmp_path: Path, capsys: Printed
) -> None:
    paths = []
    for path in (ide, virtio):
        paths.append(str(tmp_path / ("redacted-" + Path(path).name)))
        assert main(["collect", path, "-o", paths[-1], "--redact"]) == EXIT_OK
    capsys.readouterr()
    told = compared(capsys, *paths)
    # Tokens of two recordings have nothing in common, so what is on the disk tells.
    assert (told["devices"][0]["matched_by"], told["devices"][0]["after"]["name"]) == (
        "contents",
        "vda",
    )


def test_the_answers_alone_do_not_make_a_report(tmp_path: Path, capsys: Printed) -> None:
    path = str(tmp_path / "empty.tar.gz")
    write(Raw("live", {"pci": (Answer("lspci", "absent"),)}), path)
    assert main(["diff", path, path]) == EXIT_NO_EVIDENCE
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("where", ["a file", "standard input"])
def test_a_report_is_read_up_to_a_bound_and_what_is_larger_is_refused(
    where: str,
    ide: str,
    tmp_path: Path,
    capsys: Printed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = Path(report_of(ide, tmp_path))
    size = report.stat().st_size
    capsys.readouterr()

    def ends(bound: int) -> int:
        monkeypatch.setattr(diff, "_LARGEST_REPORT", bound)
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(report.read_bytes())))
        return main(["diff", ide, str(report) if where == "a file" else "-"])

    assert ends(size) == EXIT_OK
    assert ends(size // 2) == EXIT_NO_EVIDENCE
    assert "too large for a report" in capsys.readouterr().err
