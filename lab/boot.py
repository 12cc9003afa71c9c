"""Starts one guest, gives it a job, waits for the job's end and hands back what came over the
serial line.

The job and the artifact go in through fw_cfg and the answers come out over the serial port: no
disk, card or channel is added for the measuring, which would change what is measured.
"""

from __future__ import annotations

import base64
import gzip
import re
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lab.errors import need
from lab.guest import Guest

STOP = threading.Event()
"""Set by whoever wants all guests to end now."""
FAILURES = (
    b"ALERT!",
    b" as root file system.",
    b"Kernel panic",
    b"You are in emergency mode",
    b"Boot has failed",
    b"No bootable device",
    b"error: file `/boot",
)
# The kernel's own word for it comes only where no initramfs comes first: then nothing has mounted
# what a job needs.
FINISHED = re.compile(rb"@@FINISHED ([\d.]+)@@|Run /usr/local/sbin/lab-init as init process")
READY = re.compile(r"@@READY ([\d.]+)@@")
PART = re.compile(r"@@PART (\S+) code=(\d+) seconds=([\d.]+)@@\n(.*?)@@END \1@@", re.DOTALL)
PRELUDE = """
part() { # NAME COMMAND...: run it, and send its output, packed so that no console message can get between
    name=$1; shift
    begin=$(cut -d' ' -f1 /proc/uptime)
    "$@" >/run/part.out 2>/run/part.err
    code=$?
    end=$(cut -d' ' -f1 /proc/uptime)
    send "$name" "$code" "$(awk "BEGIN{print $end-$begin}" </dev/null)" /run/part.out
    [ -s /run/part.err ] && send "$name.err" 0 0 /run/part.err
}
disk() { lsblk -dpno NAME,SERIAL | awk -v serial="$1" '$2 == serial { print $1 }'; }
send() { # NAME CODE SECONDS FILE
    printf '\\n@@PART %s code=%s seconds=%s@@\\n' "$1" "$2" "$3"
    gzip -c "$4" | base64
    printf '@@END %s@@\\n' "$1"
}
"""


class Bootable(Protocol):
    """What a guest is started from: a disk, and for a direct start a kernel, an initrd (which need
    not be there) and a command line.
    """

    @property
    def disk(self) -> Path: ...

    @property
    def command_line(self) -> str: ...

    def kernel(self, flavour: str) -> Path: ...

    def initrd(self, flavour: str) -> Path: ...


@dataclass(frozen=True)
class Part:
    """One command of a job: how it ended, how long it took in the guest, and what it wrote."""

    code: int
    seconds: float
    output: bytes


@dataclass(frozen=True)
class Outcome:
    """What became of a guest: `ended` is empty when the job finished, else what stopped it."""

    ended: str
    seconds: float
    serial: str
    parts: dict[str, Part] = field(default_factory=dict)
    ready: float = 0.0
    """The guest's own clock when the job began."""


def boot(
    guest: Guest,
    image: Bootable,
    job: str,
    artifact: Path | None,
    folder: Path,
    keep: Path | None = None,
) -> Outcome:
    """Boot `guest` from `image`, run the shell text `job` inside, and say how it went; `keep` is
    where its disk goes, a qcow2 over the image's.
    """
    need("qemu-system-x86_64", "qemu-img")
    folder.mkdir(parents=True, exist_ok=True)
    command = _command(guest, image, job, artifact, folder)
    (folder / "command").write_text(" \\\n  ".join(command) + "\n")
    serial = folder / "serial"
    serial.write_bytes(b"")
    begun = time.monotonic()
    with (folder / "qemu.log").open("w") as log:
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            ended = _wait(machine, serial, begun + guest.limit)
        finally:
            # `timeout` hands the signal on; it cannot hand on a SIGKILL.
            machine.terminate()
            machine.wait()
            if keep:
                (folder / "root.disk").replace(keep)
            for disk in folder.glob("*.disk"):
                disk.unlink()
    text = serial.read_text(errors="replace").replace("\r", "")
    if ended.startswith("QEMU"):
        ended += ": " + (folder / "qemu.log").read_text().strip()[-400:]
    ready = READY.search(text)
    return Outcome(
        ended, time.monotonic() - begun, text, _parts(text), float(ready[1]) if ready else 0.0
    )


def _command(
    guest: Guest, image: Bootable, job: str, artifact: Path | None, folder: Path
) -> list[str]:
    (folder / "job").write_text(PRELUDE + guest.setup + "\n" + job)
    root = folder / "root.disk"
    overlay = [
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-F",
        "raw",
        "-b",
        str(image.disk),
        str(root),
    ]
    subprocess.run(overlay, check=True)
    for name, size in guest.scratch().items():
        with (folder / f"{name}.disk").open("wb") as out:
            out.truncate(size)
    command = [
        # Should the lab itself be killed, its guests end by themselves soon after.
        "timeout", "--kill-after=5", str(guest.limit + 60),
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", guest.machine, "-cpu", "qemu64,-svm",
        "-m", str(guest.memory), "-smp", guest.smp, "-nodefaults", "-no-user-config", "-display", "none",
        "-no-reboot", "-serial", f"file:{folder / 'serial'}",
    ]  # fmt: skip
    command += [word.replace("@FOLDER@", str(folder)) for word in guest.arguments()]
    if guest.start == "direct":
        command += ["-kernel", str(image.kernel(guest.kernel))]
        if image.initrd(guest.kernel).exists():
            command += ["-initrd", str(image.initrd(guest.kernel))]
        # On a busy host an emulated timer comes too late for the kernel's check of it, which then
        # panics.
        command += ["-append", f"{image.command_line} no_timer_check {guest.append}".strip()]
    command += ["-fw_cfg", f"name=opt/guestcheck-lab/job,file={folder / 'job'}"]
    command += ["-fw_cfg", f"name=opt/guestcheck-lab/init,string={guest.init}"]
    if artifact:
        command += ["-fw_cfg", f"name=opt/guestcheck-lab/artifact,file={artifact}"]
    return command


def _wait(machine: subprocess.Popen[bytes], serial: Path, deadline: float) -> str:
    """Read the serial line until it says that all is over; the empty string is a good end."""
    seen = 0
    tail = b""
    while time.monotonic() < deadline and not STOP.is_set():
        over = machine.poll() is not None
        with serial.open("rb") as lines:
            lines.seek(seen)
            new = lines.read()
        seen += len(new)
        text = tail + new
        tail = text[-200:]
        if FINISHED.search(text):
            return ""
        for failure in FAILURES:
            if failure in text:
                return failure.decode()
        if over:
            return f"QEMU ended with {machine.returncode}"
        time.sleep(0.3)
    return "interrupted" if STOP.is_set() else "no end within the limit"


def _parts(text: str) -> dict[str, Part]:
    """The parts of a serial log; one that came through torn is left out."""
    parts = {}
    for name, code, seconds, packed in PART.findall(text):
        try:
            output = gzip.decompress(base64.b64decode(packed))
        except (ValueError, OSError, EOFError):
            continue
        parts[name] = Part(int(code), float(seconds), output)
    return parts
