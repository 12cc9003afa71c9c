"""--policy in check and preflight, and `guestcheck policy`: exit codes, the verdict as the last
line, errors with line and key.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict

import pytest
from jsonschema import Draft202012Validator

import guestcheck.render as package
from guestcheck.errors import EXIT_FINDINGS, EXIT_NO_EVIDENCE, EXIT_OK, EXIT_USAGE
from guestcheck.evidence import questions
from guestcheck.policy.template import TEMPLATE
from guestcheck.sources.bundle import Bundle, write
from tests.cli.conftest import Run
from tests.test_guests import FIXTURES, reader
from tests.test_truth import bundle

READY = '[readiness]\ntargets = ["virtio-blk"]\n'


@pytest.fixture(scope="module")
def guests(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, str]:
    """Return packed recordings of three of the recorded guests, by a short name."""
    folder = tmp_path_factory.mktemp("guests")
    found = {}
    read = {
        name: Bundle(name, reader(FIXTURES / "guests" / f"lab-{name}-bookworm"))
        for name in ("ide-e1000", "virtio")
    }
    read["no-nvme"] = bundle(FIXTURES / "truth" / "blacklist-nvme-bookworm")
    for name, source in read.items():
        found[name] = str(folder / f"{name}.tar.gz")
        write(source.gather(questions(deep=True)), found[name])
    return found


@pytest.fixture
def policy(tmp_path: Path) -> "Policy":
    return Policy(tmp_path / "image.toml")


class Policy:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, text: str) -> str:
        self.path.write_text(f"version = 1\n{text}", encoding="utf-8")
        return str(self.path)


class TestCheck:
    def test_the_verdict_is_the_last_line_and_the_exit_code(
        self, run: Run, guests: Dict[str, str], policy: Policy
    ) -> None:
        path = policy(TEMPLATE.replace("version = 1\n", ""))
        for name, code, word in (("ide-e1000", EXIT_FINDINGS, "FAIL"), ("virtio", EXIT_OK, "PASS")):
            for form in ("text", "terminal"):
                done = run(guests[name], "--policy", path, "-f", form, "--width", "60")
                assert (done.returncode, done.stderr) == (code, "")
                last = done.stdout.rstrip("\n").split("\n")[-1]
                assert last.startswith(f"VERDICT: {word}, by {path}: ")

    def test_what_is_required_and_cannot_be_told_ends_with_3(
        self, run: Run, recording: str, policy: Policy
    ) -> None:
        done = run(recording, "--policy", policy('[kinds]\nroot-disk = "paravirtual"\n'))
        assert done.returncode == EXIT_NO_EVIDENCE
        assert "VERDICT: UNKNOWN, by" in done.stdout
        assert "it could not be told of: policy-kind" in done.stdout

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            ((), EXIT_FINDINGS),
            (("--fail-on", "fail"), EXIT_OK),
            (("--fail-on", "never"), EXIT_OK),
            (("--fail-on", "note"), EXIT_FINDINGS),
        ],
    )
    def test_the_command_line_comes_before_the_file(
        self, run: Run, recording: str, policy: Policy, words: Any, code: int
    ) -> None:
        assert run(recording, "--policy", policy('fail-on = "warn"\n'), *words).returncode == code

    def test_strict_may_stand_in_both(self, run: Run, recording: str, policy: Policy) -> None:
        assert run(recording, "--policy", policy("")).returncode == EXIT_OK
        assert run(recording, "--policy", policy("strict = true\n")).returncode == EXIT_NO_EVIDENCE
        assert (
            run(recording, "--policy", policy("strict = false\n"), "--strict").returncode
            == EXIT_NO_EVIDENCE
        )

    def test_what_is_left_out_by_the_command_line_must_not_pass_for_that(
        self, run: Run, guests: Dict[str, str], policy: Policy
    ) -> None:
        done = run(
            guests["virtio"],
            "--policy",
            policy('[checks]\nmust-pass = ["disk-emulated"]\n'),
            "--select",
            "nic",
        )
        assert done.returncode == EXIT_NO_EVIDENCE
        assert "disk-emulated must pass, and was not run" in done.stdout

    def test_readiness_is_judged_and_its_repairs_are_told(
        self, run: Run, guests: Dict[str, str], policy: Policy
    ) -> None:
        done = run(
            guests["no-nvme"],
            "--policy",
            policy('[readiness]\ntargets = ["nvme", "virtio-blk"]\n'),
            "-f",
            "json",
        )
        told = json.loads(done.stdout)
        form = json.loads(
            (Path(package.__path__[0]) / "report.schema.json").read_text(encoding="utf-8")
        )
        Draft202012Validator(form).validate(told)
        ready = [one for one in told["results"] if one["id"].startswith("readiness-")]
        assert {one["id"] for one in ready} == {"readiness-nvme", "readiness-virtio-blk"}
        broken = [one for one in ready if one["outcome"] == "fail"]
        assert [one["id"] for one in broken] == ["readiness-nvme"]
        assert broken[0]["remedy"]
        assert broken[0]["evidence"]
        assert (done.returncode, told["policy"]["verdict"]) == (EXIT_FINDINGS, "fail")

    def test_what_is_ignored_is_still_named(self, run: Run, recording: str, policy: Policy) -> None:
        text = (
            'fail-on = "warn"\n[[ignore]]\ncheck = "disk-emulated"\nsubject = "sda"\nreason = '
            '"moved in '
            'May \x1b[31m|é"\nuntil = 2999-12-31\n'
        )
        path = policy(text.replace("\x1b", "\\u001b"))
        done = run(recording, "--policy", path)
        assert done.returncode == EXIT_OK
        assert "Ignored until 2999-12-31: sda is emulated" in done.stdout
        assert "\x1b" not in done.stdout
        told = json.loads(run(recording, "--policy", path, "-f", "json").stdout)
        assert [(one["id"], one["outcome"], one["until"]) for one in told["policy"]["ignored"]] == [
            ("disk-emulated", "warn", "2999-12-31")
        ]
        assert (
            run(
                recording, "--policy", policy(text.replace("\x1b", "").replace("2999", "2001"))
            ).returncode
            == EXIT_FINDINGS
        )

    def test_without_a_policy_there_is_no_verdict(self, run: Run, recording: str) -> None:
        assert "VERDICT" not in run(recording).stdout
        assert json.loads(run(recording, "-f", "json").stdout)["policy"] is None

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (
                b"version = 1\n[checks]\nmust-pass = ['x']\n",
                "image.toml, line 3, checks.must-pass: x: there is no such check",
            ),
            (b"version = 1\n\xff", "image.toml, line 2: this is not UTF-8"),
            (b"version = \n", "image.toml, line 1: a value is missing"),
            (b"#" * (1 << 20) + b"#", "image.toml: larger than"),
        ],
        ids=["key", "bytes", "toml", "size"],
    )
    def test_a_wrong_policy_is_one_line_and_nothing_is_examined(
        self, run: Run, recording: str, policy: Policy, text: bytes, says: str
    ) -> None:
        policy.path.write_bytes(text)
        for words in ((recording,), ("preflight", recording)):
            done = run(*words, "--policy", str(policy.path))
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (EXIT_USAGE, "", 1)
            assert says in done.stderr

    def test_a_policy_that_is_not_there_is_one_line(
        self, run: Run, recording: str, tmp_path: Path
    ) -> None:
        for path in (tmp_path / "none.toml", tmp_path):
            done = run(recording, "--policy", str(path))
            assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
            assert f"cannot read the policy {path}: " in done.stderr


class TestPreflight:
    def test_the_policy_names_the_targets(
        self, run: Run, guests: Dict[str, str], policy: Policy
    ) -> None:
        done = run("preflight", guests["virtio"], "--policy", policy(READY))
        assert (done.returncode, done.stderr) == (EXIT_OK, "")
        assert "vda on virtio-blk" in done.stdout
        assert "virtio-scsi" not in done.stdout
        assert done.stdout.rstrip("\n").split("\n")[-1].startswith("VERDICT: PASS, by ")

    def test_a_target_of_the_command_line_counts_too(
        self, run: Run, guests: Dict[str, str], policy: Policy
    ) -> None:
        done = run("preflight", guests["no-nvme"], "--policy", policy(READY), "--target", "nvme")
        assert done.returncode == EXIT_FINDINGS
        assert ": 1 finding at fail: readiness-nvme" in done.stdout.rstrip("\n").split("\n")[-1]

    def test_the_rest_of_the_policy_counts_and_is_shown(
        self, run: Run, guests: Dict[str, str], policy: Policy
    ) -> None:
        path = policy(
            READY + '[kinds]\nroot-disk = "paravirtual"\n[checks]\nmust-pass = ["nic-emulated"]\n'
        )
        done = run("preflight", guests["ide-e1000"], "--policy", path)
        assert done.returncode == EXIT_FINDINGS
        assert "sda (root disk) is emulated (ide); the policy wants" in done.stdout
        assert "(nic-emulated)" in done.stdout
        told = json.loads(
            run("preflight", guests["ide-e1000"], "--policy", path, "-f", "json").stdout
        )
        form = json.loads(
            (Path(package.__path__[0]) / "preflight.schema.json").read_text(encoding="utf-8")
        )
        Draft202012Validator(form).validate(told)
        assert told["policy"]["verdict"] == "fail"
        assert "readiness-virtio-blk" in {one["id"] for one in told["results"]}

    def test_a_policy_without_targets_leaves_them_to_the_command_line(
        self, run: Run, guests: Dict[str, str], policy: Policy
    ) -> None:
        done = run("preflight", guests["virtio"], "--policy", policy(""))
        assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
        assert "preflight needs a target" in done.stderr
        assert (
            run(
                "preflight", guests["virtio"], "--policy", policy(""), "--target", "virtio-scsi"
            ).returncode
            == EXIT_OK
        )

    def test_every_kernel_counts_where_the_policy_says_so(
        self, run: Run, guests: Dict[str, str], policy: Policy
    ) -> None:
        ids = [
            one["subject"]
            for one in json.loads(
                run(guests["virtio"], "--policy", policy(READY), "-f", "json").stdout
            )["results"]
            if "readiness" in one["id"]
        ]
        assert ids
        path = policy(READY + 'kernels = "every"\n')
        told = [
            one
            for one in json.loads(run(guests["virtio"], "--policy", path, "-f", "json").stdout)[
                "results"
            ]
            if "readiness" in one["id"]
        ]
        assert len({one["summary"] for one in told}) == 2

    @pytest.mark.parametrize(
        ("guest", "words", "code"),
        [
            ("no-nvme", ("--target", "nvme"), EXIT_FINDINGS),
            ("no-nvme", ("--target", "nvme", "--fail-on", "never"), EXIT_OK),
            ("ide-e1000", ("--target", "virtio-net"), EXIT_OK),
            (
                "ide-e1000",
                ("--target", "virtio-net", "--fail-on", "warn"),
                EXIT_FINDINGS,
            ),  # it has no configuration to lose, which is a warning
        ],
    )
    def test_the_level_decides(
        self, run: Run, guests: Dict[str, str], guest: str, words: Any, code: int
    ) -> None:
        assert run("preflight", guests[guest], *words).returncode == code


class TestFormats:
    def test_preflight_has_every_format_and_several_at_once(
        self, run: Run, guests: Dict[str, str], tmp_path: Path
    ) -> None:
        forms = (
            "text",
            "json",
            "junit",
            "markdown",
            "html",
            "prometheus",
            "sarif",
            "facts",
            "nagios",
        )
        words = [word for form in forms for word in ("-f", f"{form}:{tmp_path}/{form}.out")]
        done = run("preflight", guests["no-nvme"], "--target", "nvme", "-f", "text", *words)
        assert (done.returncode, done.stderr) == (EXIT_FINDINGS, "")
        assert sorted(os.listdir(tmp_path)) == sorted(
            f"{form}.out" for form in forms
        )  # and no file of another name, half written
        assert (tmp_path / "text.out").read_text(encoding="utf-8") == done.stdout
        for form in forms[1:]:
            assert "nvme" in (tmp_path / f"{form}.out").read_text(encoding="utf-8"), form
        assert (
            "GUESTCHECK CRITICAL - NOT ready for nvme (guest)"
            in (tmp_path / "nagios.out").read_text()
        )

    def test_a_plugin_s_exit_code_is_its_own_for_preflight_too(
        self, run: Run, guests: Dict[str, str]
    ) -> None:
        assert (
            run("preflight", guests["no-nvme"], "--target", "nvme", "-f", "nagios").returncode == 2
        )
        assert (
            run("preflight", guests["virtio"], "--target", "nvme", "-f", "nagios").returncode == 0
        )

    def test_a_wrong_format_is_told_before_anything_is_examined(self, run: Run) -> None:
        done = run("preflight", "no-such-file", "--target", "kvm", "-f", "xml")
        assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
        assert "there is no format 'xml'" in done.stderr


class TestPolicy:
    def test_init_writes_a_policy_that_can_be_used(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "image.toml"
        assert run("policy", "init").stdout == TEMPLATE
        done = run("policy", "init", "-o", str(path))
        assert (done.returncode, done.stdout, done.stderr) == (EXIT_OK, "", "")
        assert path.read_text(encoding="utf-8") == TEMPLATE
        assert run("policy", "check", str(path)).returncode == EXIT_OK
        assert os.listdir(tmp_path) == ["image.toml"]

    def test_init_overwrites_nothing(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "image.toml").write_text("mine")
        done = run("policy", "init", "-o", str(tmp_path / "image.toml"))
        assert done.returncode == EXIT_USAGE
        assert "is there already" in done.stderr
        assert (tmp_path / "image.toml").read_text() == "mine"

    def test_check_tells_everything_that_is_wrong_a_line_each(
        self, run: Run, policy: Policy
    ) -> None:
        done = run("policy", "check", policy('fail-on = "x"\n[kinds]\nroot = "y"\n'))
        assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
        assert [
            line.split(": ")[1].rpartition("/")[2] for line in done.stderr.rstrip("\n").split("\n")
        ] == [
            "image.toml, line 2, fail-on",
            "image.toml, line 4, kinds.root",
        ]

    def test_check_finds_what_has_expired(self, run: Run, policy: Policy) -> None:
        text = '[[ignore]]\ncheck = "nic-emulated"\nreason = "x"\nuntil = {}\n'
        done = run("policy", "check", policy(text.format("2001-01-01")))
        assert done.returncode == EXIT_FINDINGS
        assert (
            "line 2, ignore: nic-emulated was to be ignored until 2001-01-01, which has passed"
            in done.stdout
        )
        assert run("policy", "check", policy(text.format("2999-01-01"))).returncode == EXIT_OK

    def test_schema_prints_one(self, run: Run) -> None:
        assert json.loads(run("policy", "schema").stdout)["title"] == "A policy of guestcheck"

    @pytest.mark.parametrize(
        "words", [("check",), ("init", "x.toml"), ("schema", "x"), ("check", "x", "-o", "y")]
    )
    def test_what_makes_no_sense_is_told(self, run: Run, words: Any) -> None:
        done = run("policy", *words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (EXIT_USAGE, "", 1)


@pytest.mark.parametrize(
    "id_",
    [
        "policy-kind",
        "policy-not-run",
        "policy-ignore-expired",
        "policy-ignore-unused",
        "readiness-virtio-scsi",
    ],
)
def test_what_a_policy_finds_is_explained(run: Run, id_: str) -> None:
    done = run("explain", id_)
    assert done.returncode == EXIT_OK
    assert "Why: " in done.stdout
