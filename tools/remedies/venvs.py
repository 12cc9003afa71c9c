"""Virtual environments below build/remedies/ with the platforms' own clients from PyPI; they are
made once and kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Tuple

HERE = Path(__file__).parent
BUILD = HERE.parent.parent / "build" / "remedies"

# A name: what is installed with all that it needs, and what is installed alone. azure-cli needs a
# hundred packages for services that no remedy is about; these are the ones that its commands for
# machines, disks and networks load.
CLIENTS: "dict[str, Tuple[Tuple[str, ...], Tuple[str, ...]]]" = {
    "openstack": (
        (
            "python-openstackclient",
            "python-cinderclient",
            "python-glanceclient",
            "awscli",
            "PyYAML",
        ),
        (),
    ),
    "nova": (("nova", "setuptools"), ()),
    "azure": (
        ("azure-cli-core==2.91.0", "msrest", "azure-mgmt-core", "azure-common"),
        (
            "azure-cli==2.91.0",
            "azure-mgmt-compute~=34.1.0",
            "azure-mgmt-imagebuilder~=1.3.0",
            "azure-mgmt-monitor~=7.0.0b1",
            "azure-mgmt-storage==25.0.0",
            "azure-keyvault-keys==4.12.0b2",
        ),
    ),
}


def python(name: str) -> Tuple[str, str]:
    """Return the Python of a client's environment, and "" or why there is none; makes it if it is
    missing.
    """
    folder = BUILD / name
    program = folder / "bin" / "python"
    stamp = folder / "made.json"
    whole, alone = CLIENTS[name]
    wanted = json.dumps([whole, alone])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return str(program), ""
    started = time.monotonic()
    print(f"making {folder.relative_to(HERE.parent.parent)} ...", file=sys.stderr, flush=True)
    steps = [[sys.executable, "-m", "venv", str(folder)], [*_pip(program), *whole]]
    steps += [[*_pip(program), "--no-deps", *alone]] if alone else []
    for step in steps:
        ran = _quiet(step)
        if ran.returncode:
            last = [
                line for line in ran.stderr.strip().splitlines() if not line.startswith("WARNING")
            ] or ["pip failed"]
            return "", f"{name} could not be installed: {last[-1][:160]}"
    stamp.write_text(wanted, encoding="utf-8")
    print(f"made in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return str(program), ""


def _pip(program: Path) -> "list[str]":
    return [str(program), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _quiet(step: "list[str]") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(step, capture_output=True, text=True, timeout=900, check=False)


def ask(program: str, script: str, asked: Any) -> Tuple[Any, str]:
    """Run one of the scripts here by another Python; return its answer, and "" or why it has none."""
    ran = subprocess.run(
        [program, str(HERE / script)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if ran.returncode:
        return {}, (ran.stderr.strip().splitlines() or ["no answer"])[-1][:200]
    return json.loads(ran.stdout[ran.stdout.index("{") :]), ""
