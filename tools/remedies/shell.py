"""Shell lines: their syntax by sh, and what shellcheck says; guestcheck's own commands by its own
parser.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from guestcheck.cli import parser_of
from tools.remedies.commands import (
    OK,
    SYNTAX,
    UNCHECKED,
    WRONG,
    Outcome,
    Plan,
    calls,
    commands,
    grouped,
)

PLACES = (
    "aws",
    "azure",
    "gcp",
    "guest",
    "kubevirt",
    "libvirt",
    "nutanix",
    "openstack",
    "proxmox",
    "qemu",
    "virtualbox",
    "xen",
)
# Programs that other checkers run or parse.
CHECKED_ELSEWHERE = ("openstack", "nova-manage", "aws", "az", "virsh", "virt-xml", "qemu-img")
_NOT_HERE = ("qm", "acli", "VBoxManage", "gcloud", "kubectl", "virtctl", "xl", "xe", "mysqldump")
# Lines of files, of other languages, and of QEMU's command line.
_NO_SHELL = re.compile(
    r"\[(Match|Link|libvirt)\]|[A-Za-z_.]+ ?= |[A-Za-z]+=\S+$|UPDATE "
    r"|CONFIG_|\w+=\(|INITRD_MODULES|[\w./{} -]+: |[a-z]+:$|-|- \{"
)
# Placeholders are no variables, a plan's steps share theirs, and `until a | b` is meant.
_EXCLUDED = "SC2034,SC2154,SC2050,SC2043,SC2009,SC2010,SC2012,SC2015,SC2046,SC3030,SC2188,SC2035"


def check(plans: Tuple[Plan, ...]) -> Iterator[Outcome]:
    """Check the shell lines of every place, those that stand in one step together."""
    steps: Dict[Tuple[str, Tuple[str, ...]], None] = {}
    for plan in plans:
        if plan.place in PLACES:
            steps.update(dict.fromkeys((plan.place, code) for code in plan.steps))
    parted = [(place, *_parted(code)) for place, code in steps]
    complaints = _complaints([shell for _, shell, _ in parted])
    for place, shell, other in parted:
        why = _why(place, other[0]) if other else ""
        if why:
            yield Outcome(place, " / ".join(other), UNCHECKED, why)
        complaint = complaints.get(shell, "")
        for command in commands(shell):
            if complaint or not any(calls(name, command) for name in CHECKED_ELSEWHERE):
                yield _outcome(place, command, complaint)


def is_shell(line: str) -> bool:
    """Tell whether a line is one for a shell."""
    return not _NO_SHELL.match(line.strip()) or bool(
        re.match(r"(disk|net|line|more)=\"?\$\(", line)
    )


def _parted(code: Tuple[str, ...]) -> Tuple[Tuple[str, ...], Tuple[str, ...]]:
    """Part a step into its shell lines and the commands of other languages."""
    shell: List[str] = []
    other: List[str] = []
    for lines in grouped(code):
        if is_shell(lines[0]):
            shell += lines
        else:
            other += commands(lines)
    return tuple(shell), tuple(other)


def _why(place: str, command: str) -> str:
    if place == "qemu":
        return ""  # QEMU itself takes these
    if command.startswith(("UPDATE", "[libvirt]", "hw_", "num_", "disk_cachemodes")):
        return ""  # Nova's own code takes these
    return {
        "kubevirt": "lines of a definition; there is no KubeVirt here",
        "xen": "a line of xl.cfg; there is no Xen here",
        "openstack": "a line of cinder.conf; there is no Cinder here",
    }.get(place, "lines of a file")


def _complaints(texts: List[Tuple[str, ...]]) -> Dict[Tuple[str, ...], str]:
    """Return what sh and shellcheck say against each text, one run of shellcheck for all."""
    said: Dict[Tuple[str, ...], str] = {}
    with tempfile.TemporaryDirectory(prefix="remedies-") as folder:
        files = {
            f"{number}.sh": lines for number, lines in enumerate(dict.fromkeys(texts)) if lines
        }
        for name, lines in files.items():
            Path(folder, name).write_text("\n".join(lines) + "\n", encoding="utf-8")
            ran = subprocess.run(
                ["sh", "-n", name],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            if ran.returncode:
                said[lines] = ran.stderr.strip()
        if shutil.which("shellcheck"):
            command = [
                "shellcheck",
                "-s",
                "sh",
                "-S",
                "warning",
                "-e",
                _EXCLUDED,
                "-f",
                "gcc",
                *files,
            ]
            ran = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
            )
            for line in ran.stdout.splitlines():
                name, _, rest = line.partition(":")
                said.setdefault(files[name], rest)
    return said


def _outcome(place: str, command: str, complaint: str) -> Outcome:
    by = "sh -n" + (
        ", shellcheck" if shutil.which("shellcheck") else "; there is no shellcheck here"
    )
    if complaint:
        return Outcome(place, command, WRONG, complaint)
    missing = [name for name in _NOT_HERE if calls(name, command)]
    if missing:
        return Outcome(place, command, SYNTAX, f"{by}; there is no {' and no '.join(missing)} here")
    own = calls("guestcheck", command.replace("sudo ", ""))
    if own and "TARGET" not in command:
        return _own(place, command, own[0])
    return Outcome(place, command, OK if not own else SYNTAX, by)


def _own(place: str, command: str, call: str) -> Outcome:
    words = call.split()[1:]
    name = words.pop(0) if words and not words[0].startswith("-") else "check"
    try:
        parser_of(name).parse_args(words)
    except SystemExit:
        return Outcome(place, command, WRONG, "guestcheck's own parser refuses it")
    return Outcome(place, command, OK, "guestcheck's own parser")
