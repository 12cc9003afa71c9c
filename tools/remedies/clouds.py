"""OpenStack, Amazon EC2 and Azure: each command goes through its client's own parser, and Nova's
own code takes what is for Nova.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from tools.remedies.commands import OK, UNCHECKED, WRONG, Outcome, Plan, calls, commands
from tools.remedies.venvs import ask, python

_NOVA = re.compile(
    r"UPDATE |nova-manage |(hw_disk_discard|num_pcie_ports|disk_cachemodes) =|openstack "
    r".*property hw[_:]"
)
# What the clients say once they have parsed a command and would go on to sign in or to connect.
_PARSED = re.compile(
    r"Could not connect|az login|Please run|No subscription|credentials", re.IGNORECASE
)


def check(plans: Tuple[Plan, ...]) -> Iterator[Outcome]:
    """Check the commands of all clients, and Nova's settings, rows and properties."""
    yield from _openstack(plans)
    yield from _nova(plans)
    yield from _run(plans, "aws", "openstack", "awscli's own parser")
    yield from _run(plans, "az", "azure", "azure-cli's own parser")


def _found(plans: Tuple[Plan, ...], program: str) -> Dict[str, Tuple[str, str]]:
    """Return each call of a program with the place and the command that it stands in."""
    found: Dict[str, Tuple[str, str]] = {}
    for plan in plans:
        for code in plan.steps:
            for command in commands(code):
                for call in calls(program, command):
                    found.setdefault(call.strip(), (plan.place, command))
    return found


def _openstack(plans: Tuple[Plan, ...]) -> Iterator[Outcome]:
    found = _found(plans, "openstack")
    program, why = python("openstack")
    answers, why = ask(program, "_openstack.py", sorted(found)) if program else ({}, why)
    for call, (place, command) in found.items():
        yield _outcome(
            place, command, answers.get(call), why, "python-openstackclient's own parser"
        )


def _nova(plans: Tuple[Plan, ...]) -> Iterator[Outcome]:
    steps = [
        [one for one in commands(code) if _NOVA.match(one)]
        for plan in plans
        if plan.place == "openstack"
        for code in plan.steps
    ]
    program, why = python("nova")
    answers, why = (
        ask(program, "_nova.py", [step for step in steps if step]) if program else ({}, why)
    )
    for command in dict.fromkeys(one for step in steps for one in step):
        yield _outcome("openstack", command, answers.get(command), why, "Nova's own code")


def _outcome(place: str, command: str, complaint: "str | None", why: str, by: str) -> Outcome:
    if why or complaint is None:
        return Outcome(place, command, UNCHECKED, why or "there was no answer")
    return Outcome(place, command, WRONG if complaint else OK, complaint or by)


def _run(plans: Tuple[Plan, ...], client: str, environment: str, by: str) -> Iterator[Outcome]:
    found = _found(plans, client)
    program, why = python(environment)
    with tempfile.TemporaryDirectory(prefix="remedies-") as folder:
        for call, (place, command) in found.items():
            complaint = (
                _complaint(shlex.split(call), client, program, Path(folder)) if program else None
            )
            yield _outcome(place, command, complaint, why, by)


def _complaint(words: List[str], client: str, program: str, folder: Path) -> str:
    """Run a client that can reach nobody: one that gets as far as to sign in or to connect has
    parsed its words.
    """
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(folder),
        "AZURE_CONFIG_DIR": str(folder),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_NO_COLOR": "yes",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if client == "aws":
        command = [
            str(Path(program).parent / "aws"),
            *words[1:],
            "--endpoint-url",
            "http://127.0.0.1:9",
        ]
        command = [program, *command]
    else:
        command = [program, "-m", "azure.cli", *words[1:]]
    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    said = ran.stderr.strip()
    if ran.returncode and _PARSED.search(said) and "unrecognized" not in said:
        return ""
    return (said.splitlines() or ["it ended without a word"])[-1][:200]
