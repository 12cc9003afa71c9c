"""Several guests on one command line: a line for each, one of them whole, the worst exit code, and
every format.
"""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, Callable, List, Tuple

import pytest
from jsonschema import Draft202012Validator

import guestcheck.render as package
import guestcheck.run
from guestcheck.cli import main
from guestcheck.cli._several import WORST
from guestcheck.errors import EXIT_CODES, UsageError
from guestcheck.model.report import Report, Sink
from guestcheck.model.several import Entry
from guestcheck.model.source import Source
from guestcheck.render.machine import json as json_format
from guestcheck.sources.bundle import write
from tests import makers
from tests.cli.conftest import Run

VIRTIO = makers.disk(
    "vda", "0000:00:05.0 pci virtio-pci 1af4:1001", "virtio0 virtio virtio_blk 2 9,32"
)
SCHEMAS = Path(package.__path__[0])


def broken_format(patch: pytest.MonkeyPatch) -> None:
    """Let the format fail at each guest that has a report."""
    real = json_format.part

    def part(entry: Entry, sink: Sink) -> str:
        if entry.report:
            raise KeyError("odd")
        return real(entry, sink)

    patch.setattr(json_format, "part", part)


def broken_source(patch: pytest.MonkeyPatch) -> None:
    """Let the source fail at each guest."""

    def recognise(_: object) -> None:
        raise UsageError("zstd is needed")

    patch.setattr("guestcheck.sources.bundle.recognise", recognise)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, recording: str) -> Path:
    """Make a folder with a guest that has an emulated disk, one that has none, one that is damaged,
    and a file of another kind.
    """
    top = tmp_path_factory.mktemp("several") / "all"
    top.mkdir()
    shutil.copy(recording, top / "db1.tar.gz")
    (top / "sub").mkdir()
    write(makers.raw(VIRTIO, vm="kvm"), str(top / "sub/web1.tar.gz"))
    (top / "bad.tar.gz").write_bytes(Path(recording).read_bytes()[:200])
    (top / "photo.png").write_bytes(b"\x89PNG")
    return top


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Tuple[int, str, str]:
    code = main([*words])
    done = capsys.readouterr()
    return code, done.out, done.err


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    found = json.loads(told(capsys, *words, "-f", "json")[1])
    form = json.loads((SCHEMAS / "guests.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(form)
    Draft202012Validator(form).validate(found)
    return found


class TestForPeople:
    def test_each_has_a_line_and_the_result_comes_last(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        code, out, _ = told(capsys, str(folder), "-f", "text", "--width", "200")
        lines = out.splitlines()
        assert code == 3
        assert lines[0].split() == ["GUEST", "DISKS", "NICS", "GAPS", "FINDING"]
        assert [line.split()[0] for line in lines[1:4]] == [
            "bad.tar.gz",
            "db1.tar.gz",
            "sub/web1.tar.gz",
        ]
        assert "NOT JUDGED: damaged or cut short" in lines[1]
        assert "1/2 emulated" in lines[2]
        assert "WARN disk-emulated" in lines[2]
        assert "0/1 emulated  none" in lines[3]
        assert f"  {folder}/photo.png: not judged: nothing that guestcheck knows" in lines
        assert "RESULT  3 guests, 1 with emulated devices, 1 could not be judged" in lines
        assert lines[-1].endswith(f"guestcheck {folder} --detail GUEST")

    @pytest.mark.parametrize("width", [40, 60, 80, 200])
    def test_lines_keep_to_the_width(
        self, capsys: pytest.CaptureFixture[str], folder: Path, width: int
    ) -> None:
        out = told(capsys, str(folder), "-f", "text", "--width", str(width))[1]
        # What cannot be broken: a path, and the command that shows one of them.
        longest = len(f"    guestcheck {folder} --detail GUEST")
        assert max(map(len, out.splitlines())) <= max(width, longest)

    @pytest.mark.parametrize("name", ["sub/web1.tar.gz", "web1.tar.gz", "PLACE"])
    def test_one_is_shown_whole(
        self, capsys: pytest.CaptureFixture[str], folder: Path, name: str
    ) -> None:
        place = str(folder / "sub/web1.tar.gz")
        alone = told(capsys, place, "-f", "text")
        assert (
            told(capsys, str(folder), "-f", "text", "--detail", place if name == "PLACE" else name)
            == alone
        )

    def test_a_name_that_is_none_is_answered_with_those_that_there_are(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        code, out, err = told(capsys, str(folder), "--detail", "web2")
        assert (code, out) == (2, "")
        assert (
            err == "guestcheck: --detail web2: there is no such guest; there are: bad.tar.gz, "
            "db1.tar.gz, sub/web1.tar.gz\n"
        )

    def test_a_name_that_is_of_two_is_none(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, recording: str
    ) -> None:
        for name in "ab":
            (tmp_path / name).mkdir()
            shutil.copy(recording, tmp_path / name / "x.tar.gz")
        code, _, err = told(
            capsys, str(tmp_path / "a"), str(tmp_path / "b"), "--detail", "x.tar.gz"
        )
        assert code == 2
        assert "several guests are called so" in err
        assert (
            told(
                capsys,
                str(tmp_path / "a"),
                str(tmp_path / "b"),
                "--detail",
                f"{tmp_path}/a/x.tar.gz",
                "-f",
                "text",
            )[0]
            == 0
        )


class TestOneAlone:
    @pytest.mark.parametrize("form", ["json", "text", "junit", "prometheus", "nagios", "sarif"])
    def test_the_only_one_of_a_folder_has_no_list_around_it(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, recording: str, form: str
    ) -> None:
        shutil.copy(recording, tmp_path / "guest.tar.gz")
        code, out, _ = told(capsys, str(tmp_path), "-f", form)
        alone = told(capsys, str(tmp_path / "guest.tar.gz"), "-f", form)
        times = ('"time"', "timestamp", "endTimeUtc")
        kept = [
            [line for line in text.splitlines() if not any(word in line for word in times)]
            for text in (out, alone[1])
        ]
        assert (code, kept[0]) == (alone[0], kept[1])

    def test_what_lies_beside_it_is_a_gap(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, recording: str
    ) -> None:
        shutil.copy(recording, tmp_path / "guest.tar.gz")
        (tmp_path / "photo.png").write_bytes(b"x")
        found = json.loads(told(capsys, str(tmp_path), "-f", "json")[1])
        assert found["schema"] == "guestcheck.report/1"
        assert [gap["asked"] for gap in found["gaps"] if "not judged" in gap["reason"]] == [
            f"{tmp_path}/photo.png"
        ]


class TestForPrograms:
    def test_the_list_holds_the_report_of_each(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        found = listed(capsys, str(folder))
        assert [one["name"] for one in found["guests"]] == [
            "bad.tar.gz",
            "db1.tar.gz",
            "sub/web1.tar.gz",
        ]
        assert found["summary"] == {"guests": 3, "judged": 2, "failed": 1}
        assert (
            [bool(one["report"]) for one in found["guests"]]
            == [not one["error"] for one in found["guests"]]
            == [False, True, True]
        )
        alone = json.loads(told(capsys, str(folder / "db1.tar.gz"), "-f", "json")[1])
        assert {**found["guests"][1]["report"], "time": ""} == {**alone, "time": ""}

    def test_preflight_lists_likewise(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        found = listed(capsys, "preflight", str(folder), "--target", "virtio-scsi")
        assert {one["report"]["schema"] for one in found["guests"] if one["report"]} == {
            "guestcheck.preflight/1"
        }
        out = told(
            capsys,
            "preflight",
            str(folder),
            "--target",
            "virtio-scsi",
            "-f",
            "text",
            "--width",
            "160",
        )[1]
        assert out.count("virtio-scsi: UNKNOWN") == 2

    def test_junit_has_a_suite_for_each(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        top = ElementTree.fromstring(
            told(capsys, str(folder), "-f", "junit", "--fail-on", "warn")[1]
        )
        assert [(suite.get("name"), suite.get("errors")) for suite in top] == [
            ("bad.tar.gz", "1"),
            ("db1.tar.gz", "0"),
            ("sub/web1.tar.gz", "0"),
        ]
        assert [case.get("classname") for case in top[1] if case.find("failure") is not None] == [
            "guestcheck.disk"
        ]
        assert all(int(suite.get("tests", "0")) == len(suite.findall("testcase")) for suite in top)

    def test_sarif_has_a_run_for_each(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        runs = json.loads(told(capsys, str(folder), "-f", "sarif")[1])["runs"]
        assert [run["automationDetails"]["id"] for run in runs] == [
            "guestcheck/bad.tar.gz",
            "guestcheck/db1.tar.gz",
            "guestcheck/sub/web1.tar.gz",
        ]
        assert [run["invocations"][0]["executionSuccessful"] for run in runs] == [False, True, True]

    def test_prometheus_names_the_guest_and_each_metric_once(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        lines = told(capsys, str(folder), "-f", "prometheus")[1].splitlines()
        kinds = [line for line in lines if line.startswith("# TYPE")]
        assert len(kinds) == len(set(kinds))
        assert 'guestcheck_judged{guest="bad.tar.gz"} 0' in lines
        assert 'guestcheck_devices{guest="db1.tar.gz",type="disk",kind="emulated"} 1' in lines
        samples = [line for line in lines if not line.startswith("#")]
        assert len(samples) == len({line.rpartition(" ")[0] for line in samples})

    def test_nagios_says_the_worst_in_its_first_line(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        code, out, _ = told(capsys, str(folder), "-f", "nagios")
        assert code == 1
        assert out.startswith("GUESTCHECK WARNING - 3 guests")
        assert [line.split()[:2] for line in out.splitlines()[1:]] == [
            ["[WARNING]", "db1.tar.gz:"],
            ["[UNKNOWN]", "bad.tar.gz:"],
        ]

    @pytest.mark.parametrize("form", ["markdown", "html"])
    def test_pages_have_a_section_for_each(
        self, capsys: pytest.CaptureFixture[str], folder: Path, form: str
    ) -> None:
        out = told(capsys, str(folder), "-f", form)[1]
        start = "## " if form == "markdown" else '<article id="guest-'
        assert sum(1 for line in out.splitlines() if line.startswith(start)) == 3
        if form == "html":
            assert out.count('<a href="#guest-') == 3
            assert (out.count("<article"), out.count("</html>")) == (out.count("</article>"), 1)

    def test_facts_are_of_one(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        code, out, err = told(capsys, str(folder), "-f", "facts")
        assert (code, out) == (2, "")
        assert "is of one guest" in err
        assert "db1.tar.gz" in err

    def test_several_formats_at_once(
        self, capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
    ) -> None:
        told(
            capsys,
            str(folder),
            "-f",
            "text",
            "-f",
            f"json:{tmp_path}/x.json",
            "-f",
            f"junit:{tmp_path}/x.xml",
        )
        assert len(json.loads((tmp_path / "x.json").read_text())["guests"]) == 3
        assert len(ElementTree.parse(tmp_path / "x.xml").getroot()) == 3


class TestExitCodes:
    def test_every_code_has_its_place(self) -> None:
        assert sorted(WORST) == sorted(EXIT_CODES)

    @pytest.mark.parametrize(
        ("names", "words", "code"),
        [
            (["db1.tar.gz", "sub/web1.tar.gz"], [], 0),
            (["db1.tar.gz", "sub/web1.tar.gz"], ["--fail-on", "warn"], 1),
            (["bad.tar.gz", "sub/web1.tar.gz"], [], 3),
            (["bad.tar.gz", "db1.tar.gz"], ["--fail-on", "warn"], 1),
            (["db1.tar.gz", "sub/web1.tar.gz"], ["--strict"], 3),
            (["db1.tar.gz", "sub/web1.tar.gz"], ["--select", "nosuch"], 2),
        ],
    )
    def test_the_worst_counts_and_a_finding_more_than_what_is_not_known(
        self,
        capsys: pytest.CaptureFixture[str],
        folder: Path,
        names: List[str],
        words: List[str],
        code: int,
    ) -> None:
        paths = [str(folder / name) for name in names]
        assert told(capsys, *paths, *words, "-f", "text")[0] == code
        assert told(capsys, *reversed(paths), *words, "-f", "text")[0] == code

    def test_a_guest_that_may_be_lost_is_not_0(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, recording: str
    ) -> None:
        deep = tmp_path / "/".join("abcdefgh")
        deep.mkdir(parents=True)
        shutil.copy(recording, deep)
        shutil.copy(recording, tmp_path / "one.tar.gz")
        assert told(capsys, str(tmp_path), "-f", "text")[0] == 3

    @pytest.mark.parametrize(
        ("broken", "says", "code"),
        [(broken_format, "a bug: KeyError: 'odd'", 70), (broken_source, "zstd is needed", 3)],
        ids=["in what is said", "in opening"],
    )
    def test_what_goes_wrong_is_said_in_the_guests_line(
        self,
        run: Run,
        folder: Path,
        broken: Callable[[pytest.MonkeyPatch], None],
        says: str,
        code: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        broken(monkeypatch)
        done = run(str(folder / "db1.tar.gz"), str(folder / "sub/web1.tar.gz"), "-f", "json")
        assert done.returncode == code
        assert [one["error"] for one in json.loads(done.stdout)["guests"]] == [says, says]

    def test_a_bug_costs_one_guest(
        self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = guestcheck.run.examine

        def examine(source: Source, *rest: Any) -> Report:
            if "db1" in source.name:
                raise RuntimeError("oops")
            return real(source, *rest)

        monkeypatch.setattr(guestcheck.run, "examine", examine)
        done = run(
            str(folder / "db1.tar.gz"),
            str(folder / "sub/web1.tar.gz"),
            "-f",
            "text",
            "--width",
            "150",
        )
        assert done.returncode == 70
        assert "NOT JUDGED: a bug: RuntimeError: oops" in done.stdout
        assert "0/1 emulated" in done.stdout


class TestWhatNeedsOne:
    @pytest.mark.parametrize(
        "words",
        [
            ["collect", "FOLDER", "-o", "OUT"],
            ["diff", "FOLDER", "FOLDER/db1.tar.gz"],
            ["diff", "FOLDER/db1.tar.gz", "FOLDER"],
        ],
    )
    def test_it_names_those_that_there_are(
        self, capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, words: List[str]
    ) -> None:
        given = [
            word.replace("FOLDER", str(folder)).replace("OUT", str(tmp_path / "o.tar.gz"))
            for word in words
        ]
        code, out, err = told(capsys, *given)
        assert (code, out) == (2, "")
        assert (
            "3 guests, and one is needed; name one "
            f"of: {folder}/bad.tar.gz, {folder}/db1.tar.gz, {folder}/sub/web1.tar.gz" in err
        )
        assert not (tmp_path / "o.tar.gz").exists()

    def test_a_fix_script_is_for_one(
        self, capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
    ) -> None:
        code, _, err = told(
            capsys,
            "preflight",
            str(folder),
            "--target",
            "virtio-blk",
            "--fix-script",
            str(tmp_path / "fix.sh"),
        )
        assert code == 2
        assert "--fix-script is for one guest" in err
        assert not (tmp_path / "fix.sh").exists()

    def test_a_guest_in_an_archive_has_a_path(
        self, capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
    ) -> None:
        packed = shutil.make_archive(str(tmp_path / "all"), "zip", folder)
        code, _, err = told(capsys, "collect", packed, "-o", str(tmp_path / "o.tar.gz"))
        assert code == 2
        assert f"{packed}/db1.tar.gz" in err
        assert (
            told(capsys, "collect", f"{packed}/db1.tar.gz", "-o", str(tmp_path / "o.tar.gz"))[0]
            == 0
        )
        again = json.loads(told(capsys, str(tmp_path / "o.tar.gz"), "-f", "json")[1])
        assert [disk["name"] for disk in again["disks"]] == ["sda", "vda"]
        assert told(capsys, f"{packed}/nosuch.tar.gz")[0] == 2

    def test_a_disk_that_one_of_them_lacks_is_said_of_that_one(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        found = listed(capsys, "preflight", str(folder), "--target", "virtio-scsi", "--disk", "sda")
        assert [one["exit_code"] for one in found["guests"]] == [3, 3, 2]
        assert "there is no disk 'sda' here" in found["guests"][2]["error"]

    def test_no_target_is_wrong_for_all(
        self, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        paths = [str(folder / name) for name in ("db1.tar.gz", "sub/web1.tar.gz")]
        code, out, err = told(capsys, "preflight", *paths)
        assert (code, out) == (2, "")
        assert "preflight needs a target" in err


def test_a_policy_holds_for_each(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    main(["policy", "init", "-o", str(tmp_path / "image.toml")])
    capsys.readouterr()
    paths = [str(folder / name) for name in ("db1.tar.gz", "sub/web1.tar.gz")]
    found = listed(capsys, *paths, "--policy", str(tmp_path / "image.toml"))
    alone = [
        json.loads(told(capsys, path, "--policy", str(tmp_path / "image.toml"), "-f", "json")[1])[
            "policy"
        ]
        for path in paths
    ]
    assert [one["report"]["policy"] for one in found["guests"]] == alone


def test_preflight_of_files_counts_no_devices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a guest's files a verdict may be certain though its devices are not seen: no cell says
    that something is not known.
    """
    files = {
        "boot/vmlinuz-6.1": "",
        "lib/modules/6.1/kernel/fs/ext4.ko": "",
        "etc/fstab": "/dev/sda3 /data ext4 defaults 0 2\n",
        "usr/lib/systemd/systemd": "",
    }
    for name, text in files.items():
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text(text)
    (tmp_path / "all").mkdir()
    for name in ("a", "b"):
        shutil.make_archive(str(tmp_path / "all" / name), "tar", tmp_path / "root")
    words = ("preflight", str(tmp_path / "all"), "--target", "virtio-blk")
    for more in (("--width", "200"), ("--width", "40"), ("-f", "markdown"), ("-f", "html")):
        out = told(capsys, *words, *more)[1]
        assert "does not boot" in out.lower()
        table = out.partition("## ")[0].partition("</table>")[0]
        assert "not known" not in table.partition("RESULT")[0].replace("0 not known", "")
