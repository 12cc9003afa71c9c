"""A folder in place of a guest's root: a script of ours is run in it, with nothing on its PATH but
harmless programs and stand-ins.

Every absolute path in the script that is the guest's is led into the folder; programs have no other
way to the guest's files.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Dict, Optional, Tuple

# What a script may use as it is on this machine.
HARMLESS = """sh awk cat cmp cp cut find grep head ls mkdir mktemp mv printf readlink rm sed sort stat tail tee touch tr uniq wc"""
_PATHS = re.compile(r"(?<![\w.$}*\]/^\\-])/(etc|boot|efi|lib|usr|var|run|root)(?=/)")


class Laid:
    """The folder, and the stand-ins of programs, which note how they were called."""

    def __init__(self, top: Path, files: Dict[str, str]) -> None:
        self.top = top / "root"
        self.programs = top / "programs"
        self.log = top / "called"
        self.top.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            self.write(name, text)
        self.programs.mkdir(exist_ok=True)
        for name in HARMLESS.split():
            (self.programs / name).symlink_to(str(shutil.which(name)))
        self.stub("id", "echo 0", noted=False)

    def write(self, name: str, text: str) -> None:
        path = self.top / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))

    def stub(self, name: str, body: str, noted: bool = True) -> None:
        """Put a program on the script's PATH that does what `body` says."""
        note = f'echo "{name} $*" >>{self.log}\n' if noted else ""
        (self.programs / name).unlink(missing_ok=True)
        (self.programs / name).write_text(f"#!/bin/sh\n{note}{body}\n")
        (self.programs / name).chmod(0o755)

    def run(self, text: str, folder: Optional[Path] = None) -> "subprocess.CompletedProcess[str]":
        """Run a script of the guest's."""
        head, _, body = text.partition("\n")
        led = f"{head}\n" + _PATHS.sub(lambda found: f"{self.top}{found[0]}", body)
        env = {"PATH": str(self.programs), "LC_ALL": "C"}
        return subprocess.run(
            ["/bin/sh"],
            input=led,
            text=True,
            capture_output=True,
            env=env,
            cwd=folder or self.top,
            check=False,
        )

    def read(self, name: str) -> str:
        return (self.top / name.lstrip("/")).read_bytes().decode("utf-8", "surrogateescape")

    def kept(self, name: str) -> str:
        """Return the copy that was kept of a file before it was changed."""
        return self.read(f"var/backups/guestcheck{self.top}/{name.lstrip('/')}")

    def called(self, name: str) -> Tuple[str, ...]:
        """Return how a program was called, in the guest's own paths."""
        lines = self.log.read_text().split("\n") if self.log.exists() else []
        return tuple(
            line.replace(str(self.top), "").rstrip() for line in lines if line.startswith(name)
        )
