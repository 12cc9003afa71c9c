"""This Windows guest, as it runs: the collector's own script is run by Windows PowerShell, and its
recording is read as it comes.

So there is one way in, and a live report is what the recording's would be. The script is written to
a temporary file, which is deleted again; nothing else is written. Where PowerShell may not run it,
that is said: a policy is not gone round.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from tempfile import mkdtemp
from typing import Callable, List, Sequence, Tuple

from guestcheck.model.family import WINDOWS
from guestcheck.model.source import Gap, Question, Raw, Source
from guestcheck.sources._windows_encoding import decoded
from guestcheck.sources.bundle import SCHEMA, TextBundle

# Each thing asked has its own limit in the script, and all together another; this is for PowerShell
# itself when it hangs.
LONGEST = 360.0
_MOST_OUTPUT = 64 << 20
_BEGINNING = f"#{SCHEMA}"

Make = Callable[[Sequence[Question[object]]], str]


class PowerShell(Source):
    """The Windows guest that guestcheck runs in; `make` makes the script that asks questions,
    `program` runs it (tests give another).
    """

    name = "live"
    running = True
    family = WINDOWS

    def __init__(self, make: Make, program: Sequence[str] = (), seconds: float = LONGEST) -> None:
        self._make = make
        self._program = tuple(program) or (
            _powershell(),
            "-NoLogo",
            "-NoProfile",
            "-NonInteractive",
            "-ExecutionPolicy",
            "Bypass",
            "-File",
        )
        self._seconds = seconds

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Answer everything; where PowerShell does not even begin nothing is known, and why stands
        among the troubles.
        """
        try:
            printed, said, late = self._run(self._make(questions))
        except OSError as error:
            return self._nothing(questions, f"cannot be run: {error.strerror or error}")
        text = decoded(printed)
        start = text.find(_BEGINNING)
        if start < 0:
            return self._nothing(
                questions,
                f"did not begin within {self._seconds:g} s" if late else said or "printed nothing",
            )
        bundle = TextBundle(self.name, text[start:])
        troubles = (
            (
                Gap(
                    "source",
                    "powershell",
                    f"stopped after {self._seconds:g} s",
                    "whatever was asked after that",
                ),
            )
            if late
            else ()
        )
        raw = bundle.gather(questions)
        return raw._replace(troubles=(*troubles, *raw.troubles), running=True)

    def _nothing(self, questions: Sequence[Question[object]], why: str) -> Raw:
        raw = TextBundle(self.name, f"{_BEGINNING}\n#end\n").gather(questions)
        trouble = Gap(
            "source", "Windows PowerShell", why, "everything that guestcheck would ask it"
        )
        return raw._replace(troubles=(trouble,), running=True)

    def _run(self, script: str) -> Tuple[bytes, str, bool]:
        """Return what the script printed, the first line of its complaints, and whether it had to
        be stopped.
        """
        folder = mkdtemp(prefix="guestcheck-")
        path = os.path.join(folder, "collect.ps1")
        try:
            with open(path, "w", encoding="ascii", newline="") as file:
                file.write(script)
            with (
                open(os.path.join(folder, "out"), "w+b") as out,
                open(os.path.join(folder, "err"), "w+b") as err,
            ):
                late = self._finish([*self._program, path, "-Print"], out.fileno(), err.fileno())
                out.seek(0)
                err.seek(0)
                return out.read(_MOST_OUTPUT), _first(decoded(err.read(4096))), late
        finally:
            for name in ("collect.ps1", "out", "err"):
                _forget(os.remove, os.path.join(folder, name))
            _forget(os.rmdir, folder)

    def _finish(self, argv: List[str], out: int, err: int) -> bool:
        # PowerShell 7, where it started us, names its own modules there, which Windows PowerShell
        # cannot load. A console of its own, and hidden: the script sets the encoding of the one it
        # has.
        environment = {
            name: value for name, value in os.environ.items() if name.upper() != "PSMODULEPATH"
        }
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment,
            creationflags=flags,
        )
        try:
            process.wait(self._seconds)
        except subprocess.TimeoutExpired:
            return True
        finally:
            if process.poll() is None:  # late, or we were interrupted
                process.kill()
                with suppress(subprocess.TimeoutExpired):  # asleep in a driver: nobody waits for it
                    process.wait(5)
        return False


def _forget(remove: Callable[[str], None], path: str) -> None:
    with suppress(OSError):  # never made, or still open in what was stopped
        remove(path)


def _first(text: str) -> str:
    return next((line.strip()[:300] for line in text.split("\n") if line.strip()), "")


def _powershell() -> str:
    """Return Windows' own PowerShell; that of 64 bits where Python has 32, which does not see all
    of the registry.
    """
    root = os.environ.get("SYSTEMROOT", "C:\\Windows")
    for folder in ("Sysnative", "System32"):
        path = os.path.join(root, folder, "WindowsPowerShell", "v1.0", "powershell.exe")
        if os.path.exists(path):
            return path
    return "powershell.exe"
