"""The recipes are sound as far as that can be seen without what they are for."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Dict, Iterator, Tuple

import pytest

from tests.packaging.test_packages import need, run

RECIPES = Path(__file__).parents[2] / "recipes"


def _scripts() -> Iterator[Path]:
    for path in sorted(RECIPES.rglob("*")):
        if path.is_file() and re.match(rb"#!/bin/(ba)?sh\n", path.read_bytes()):
            yield path


@pytest.mark.parametrize(
    "script", [*_scripts()], ids=lambda path: path.relative_to(RECIPES).as_posix()
)
def test_shellcheck_has_no_word(script: Path) -> None:
    assert not run([need("shellcheck"), str(script)]).stdout


def test_scripts_that_are_run_are_executable() -> None:
    assert not [script for script in _scripts() if not script.stat().st_mode & 0o100]


def test_cloud_init_writes_the_script_that_lies_beside() -> None:
    script = "".join(
        line
        for line in (RECIPES / "cloud-init/guestcheck").read_text().splitlines(keepends=True)
        if not line.startswith("# ")
    )
    data = (RECIPES / "cloud-init/user-data.yaml").read_text().partition("content: |\n")[2]
    assert re.sub(r"(?m)^ {6}", "", data) == script


def test_packer_takes_its_template(tmp_path: Path) -> None:
    packer = need("packer")
    run([need("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")])
    (tmp_path / "guestcheck.pyz").touch()
    for name in ("guestcheck.pkr.hcl", "guestcheck.sh"):
        (tmp_path / name).write_text((RECIPES / "packer" / name).read_text())
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"}
    done = run(
        [
            packer,
            "validate",
            "-var",
            "image=/dev/null",
            "-var",
            f"ssh_private_key_file={tmp_path}/key",
            ".",
        ],
        environment,
        tmp_path,
    )
    assert not done.returncode, done.stdout + done.stderr


def test_ansible_takes_its_playbook() -> None:
    done = run(
        [
            need("ansible-playbook"),
            "--syntax-check",
            "-i",
            "localhost,",
            str(RECIPES / "ansible/playbook.yml"),
        ]
    )
    assert not done.returncode, done.stderr


class _Agent(threading.Thread):
    """A guest agent that knows what the recipe asks, and says what it is told to."""

    def __init__(self, path: Path, answers: Dict[str, object]) -> None:
        super().__init__(daemon=True)
        self.answers, self.heard = answers, []  # type: Tuple[Dict[str, object], list]
        self.written = b""
        self.line = socket.socket(socket.AF_UNIX)
        self.line.bind(str(path))
        self.line.listen(1)

    def run(self) -> None:
        peer, _ = self.line.accept()
        with peer, peer.makefile("rb") as asked:
            peer.sendall(b'{"return": "what somebody else left"}\n')
            for line in asked:
                question = json.loads(line.lstrip(b"\xff"))
                name, said = question["execute"], question.get("arguments", {})
                self.heard.append((name, said))
                if name == "guest-sync-delimited":
                    peer.sendall(b"\xff" + json.dumps({"return": said["id"]}).encode() + b"\n")
                    continue
                if name == "guest-file-write":
                    piece = base64.b64decode(said["buf-b64"])[
                        :1000
                    ]  # an agent may take less than it is given
                    self.written += piece
                    answer: object = {"return": {"count": len(piece)}}
                else:
                    answer = self.answers.get(name, {"return": {}})
                peer.sendall(json.dumps(answer).encode() + b"\n")


def _ask(
    tmp_path: Path, answers: Dict[str, object], *words: str
) -> Tuple["subprocess.CompletedProcess[bytes]", _Agent]:
    agent = _Agent(tmp_path / "agent", answers)
    agent.start()
    command = [
        sys.executable,
        str(RECIPES / "guest-agent/guest-report.py"),
        "--socket",
        str(tmp_path / "agent"),
        *words,
    ]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
    )
    agent.join(10)
    agent.line.close()
    return done, agent


_RAN = {
    "guest-exec": {"return": {"pid": 7}},
    "guest-exec-status": {
        "return": {
            "exited": True,
            "exitcode": 1,
            "out-data": base64.b64encode(b"{}\n").decode(),
            "err-data": base64.b64encode(b"a word").decode(),
        }
    },
    "guest-file-open": {"return": 1000},
}


def test_report_comes_through_the_agent_with_its_exit_code(tmp_path: Path) -> None:
    done, agent = _ask(tmp_path, _RAN)
    assert (done.stdout, done.stderr, done.returncode) == (b"{}\n", b"a word", 1)
    assert agent.heard[1] == (
        "guest-exec",
        {"path": "guestcheck", "arg": ["-f", "json"], "capture-output": True},
    )


def test_program_is_handed_in_whole_and_taken_away(tmp_path: Path) -> None:
    (tmp_path / "guestcheck.pyz").write_bytes(bytes(range(256)) * 300)
    done, agent = _ask(
        tmp_path, _RAN, "--pyz", str(tmp_path / "guestcheck.pyz"), "--", "preflight", "--all"
    )
    assert agent.written == bytes(range(256)) * 300
    assert [said["arg"][1:] for name, said in agent.heard if name == "guest-exec"] == [
        ["preflight", "--all"],
        ["/run/guestcheck-from-host.pyz"],
    ]
    assert done.returncode == 1


def test_agent_that_says_no_is_told(tmp_path: Path) -> None:
    done, _ = _ask(
        tmp_path,
        {
            "guest-exec": {
                "error": {"class": "CommandNotFound", "desc": "guest-exec has been disabled"}
            }
        },
    )
    assert done.returncode == 4
    assert b"guest-exec has been disabled" in done.stderr
