"""Each shell offers what the program takes: asked of the shells themselves, in a folder with a file
and a folder.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

from tools.packages.completions import scripts
from tools.packages.words import commands

# What is typed, what must be offered, and what must not be
CASES: Dict[str, tuple] = {
    "guestcheck pre": ({"preflight"}, {"collect"}),
    "guestcheck --fa": ({"--fail-on"}, {"--format"}),
    "guestcheck --fail-on w": ({"warn"}, {"fail"}),
    "guestcheck --select disk-em": ({"disk-emulated"}, {"disk-single-queue"}),
    "guestcheck --select nic,disk-em": ({"disk-emulated"}, {"nic-emulated"}),
    "guestcheck -f js": ({"json"}, {"text"}),
    "guestcheck -f json:rep": ({"report.json"}, {"reports"}),
    "guestcheck preflight --target virtio-b": ({"virtio-blk"}, {"virtio-scsi"}),
    "guestcheck preflight --target ide,vmw": ({"vmware"}, {"vmxnet3"}),
    "guestcheck preflight --strict --target vmw": ({"vmware"}, set()),
    "guestcheck preflight --fix": ({"--fix-script"}, set()),
    "guestcheck preflight --root fold": ({"folder"}, set()),
    "guestcheck preflight --format j": ({"json"}, {"terminal"}),
    "guestcheck diff rep": ({"report.json"}, set()),
    "guestcheck list dev": ({"devices"}, {"checks"}),
    "guestcheck explain nic-em": ({"nic-emulated"}, {"nic-single-queue"}),
    "guestcheck collector s": ({"sh"}, set()),
    "guestcheck rep": ({"report.json"}, {"list"}),
}


def _need(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "report.json").touch()
    (tmp_path / "folder").mkdir()
    for shell, script in scripts().items():
        (tmp_path / f".{shell}-script").write_text(script)
    return tmp_path


def _run(command: List[str], place: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(place), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert not done.stderr, done.stderr
    return done.stdout


_BASH = """
compopt() { :; }  # works only while a key is pressed
. ./.bash-script
COMP_LINE=$1 COMP_POINT=${#1}
_guestcheck
printf '%s\\n' "${COMPREPLY[@]}"
"""

# A shell with a terminal of its own, in which the key is pressed; what it would show is written
# down
_ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell '. ./.zsh-set-up'
while zpty -r shell line; do [[ $line == *THAT-IS-READY* ]] && break; done
for typed; do
  zpty -w -n shell $'\\C-u'"$typed"$'\\t'
  while zpty -r shell line; do [[ $line == *THAT-IS-ALL* ]] && break; done
  print -r -- "TYPED:$typed"
  cat .offered
done
"""
_ZSH_SET_UP = """
PROMPT=
fpath=($PWD $fpath)
autoload -Uz compinit
compinit -u -D
: >.offered
compadd() {
  typeset -a found
  if [[ " $* " != *' '-[a-zA-Z]#[OAD]' '* ]]; then
    builtin compadd -O found "$@"
    (( $#found )) && print -rl -- $found >>.offered
  fi
  builtin compadd "$@"
}
forget() { : >.offered; }
compprefuncs=(forget)
say-so() { compprefuncs=(forget) comppostfuncs=(say-so); print -r -- THAT-IS-''ALL; }
comppostfuncs=(say-so)
bindkey '^I' complete-word
print -r -- THAT-IS-''READY
"""


@pytest.mark.parametrize("line", CASES)
def test_bash_offers(line: str, place: Path) -> None:
    _need("bash")
    (place / ".ask").write_text(_BASH)
    offered = {
        word.rpartition(",")[2] for word in _run(["bash", "--norc", ".ask", line], place).split()
    }
    _judge(line, offered)


@pytest.mark.parametrize("line", CASES)
def test_fish_offers(line: str, place: Path) -> None:
    _need("fish")
    said = _run(
        ["fish", "--no-config", "-c", "source .fish-script; complete -C $argv[1]", line], place
    )
    offered = {
        word.partition("\t")[0].rpartition(",")[2].rpartition(":")[2].rstrip("/")
        for word in said.splitlines()
    }
    _judge(line, offered)


def test_zsh_offers(place: Path) -> None:
    _need("zsh")
    (place / ".ask").write_text(_ZSH)
    (place / ".zsh-set-up").write_text(_ZSH_SET_UP)
    (place / "_guestcheck").write_text(scripts()["zsh"])
    said = _run(["zsh", "-f", ".ask", *CASES], place)  # in one shell: it is slow to start
    for part in said.split("TYPED:")[1:]:
        line, _, offered = part.partition("\n")
        _judge(line, {word.rstrip("/") for word in offered.splitlines()})
    assert said.count("TYPED:") == len(CASES)


def _judge(line: str, offered: set) -> None:
    wanted, unwanted = CASES[line]
    assert wanted <= offered, offered
    assert not unwanted & offered


def test_every_sub_command_and_option_is_offered() -> None:
    for shell, script in scripts().items():
        for command in commands():
            assert command.name in script
            for option in command.options():
                for flag in option.flags:
                    assert (flag.lstrip("-") if shell == "fish" else flag) in script, (shell, flag)


@pytest.mark.parametrize(
    ("shell", "words"), [("bash", ["-n"]), ("zsh", ["-f", "-n"]), ("fish", ["-n"])]
)
def test_shell_takes_its_script(shell: str, words: List[str], place: Path) -> None:
    _need(shell)
    _run([shell, *words, f".{shell}-script"], place)


def test_shellcheck_has_no_word_on_bash(place: Path) -> None:
    _need("shellcheck")
    assert not _run(["shellcheck", "-s", "bash", ".bash-script"], place)
