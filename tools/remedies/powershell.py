"""VMware, Hyper-V and Windows: PowerShell's own parser takes each line, where a PowerShell can be
had. It knows no cmdlet's options.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Dict, Iterator, Tuple

from tools.remedies.commands import SYNTAX, UNCHECKED, WRONG, Outcome, Plan, commands

PLACES = ("hyperv", "vmware", "windows")
_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "pwsh" / "pwsh"
_VMX = re.compile(r"[A-Za-z0-9:]+\.\w+ = ")
_SCRIPT = r"""
$all = [Console]::In.ReadToEnd() | ConvertFrom-Json
$answers = foreach ($one in $all) {
  $errors = $null
  $null = [System.Management.Automation.Language.Parser]::ParseInput($one, [ref]$null, [ref]$errors)
  if ($errors) { "$($errors[0].Message)" } else { "" }
}
ConvertTo-Json @($answers)
"""


def check(plans: Tuple[Plan, ...]) -> Iterator[Outcome]:
    """Check the lines that are for PowerShell, or for a Windows console that takes them as well."""
    found: Dict[Tuple[str, str], None] = {}
    for plan in plans:
        if plan.place in PLACES:
            found.update(
                dict.fromkeys((plan.place, one) for code in plan.steps for one in _commands(code))
            )
    snippets = [
        (place, one) for place, one in found if not _VMX.match(one) and not one.startswith("http")
    ]
    for place, one in found:
        if (place, one) not in snippets:
            yield Outcome(
                place,
                one,
                UNCHECKED,
                "an address"
                if one.startswith("http")
                else "a line of a .vmx file; there is no VMware here",
            )
    program = (
        os.environ.get("PWSH")
        or shutil.which("pwsh")
        or (str(_BESIDE) if os.access(_BESIDE, os.X_OK) else "")
    )
    answers = _parsed(program, [_inner(one) for _, one in snippets]) if program else []
    for number, (place, one) in enumerate(snippets):
        if number >= len(answers):
            yield Outcome(place, one, UNCHECKED, "there is no PowerShell here (PWSH, pwsh)")
        elif answers[number]:
            yield Outcome(place, one, WRONG, answers[number])
        else:
            yield Outcome(
                place, one, SYNTAX, "PowerShell's own parser; the cmdlets and programs are not here"
            )


def _commands(code: Tuple[str, ...]) -> Iterator[str]:
    if _VMX.match(code[0]):
        yield " / ".join(code)
    else:
        yield from commands(code)


def _inner(command: str) -> str:
    """Return what a console hands to PowerShell: the text in quotes."""
    quoted = re.fullmatch(r'powershell (?:-Command )?"(.*)"', command)
    return quoted[1] if quoted else command


def _parsed(program: str, snippets: "list[str]") -> "list[str]":
    command = [program, "-NoProfile", "-NonInteractive", "-Command", _SCRIPT]
    ran = subprocess.run(
        command,
        input=json.dumps(snippets),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    try:
        answers = json.loads(ran.stdout)
    except ValueError:
        return []
    return [str(one) for one in answers] if isinstance(answers, list) else []
