"""QEMU: it builds a machine with the arguments of each step, stays paused and is told to quit;
qemu-img runs on files of its own.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from tools.remedies.commands import OK, UNCHECKED, WRONG, Outcome, Plan, commands

_MICROVM = re.compile(r"virtio-(blk|net|scsi|serial)-device|virtio-mmio")
_MACHINES = {
    "pc": "qemu-system-x86_64",
    "q35": "qemu-system-x86_64",
    "virt": "qemu-system-aarch64",
    "microvm": "qemu-system-x86_64",
}
# What a step refers to and another one, or the line that is there already, defines.
_PARTS = (
    (r"drive=(disk\d|helper)", "id={}", "-drive file=disk.raw,format=raw,if=none,id={}"),
    (r"netdev=(net0)", "id={}", "-netdev user,id={}"),
    (r"bus=(scsi0)\.0", "id={}", "-device virtio-scsi-pci,id={}"),
)


def check(plans: Tuple[Plan, ...]) -> Iterator[Outcome]:
    """Start QEMU with each step's arguments on every machine that they are for, and run what is
    said to qemu-img.
    """
    steps: Dict[Tuple[str, ...], None] = {}
    for plan in plans:
        if plan.place == "qemu":
            steps.update(dict.fromkeys(plan.steps))
    with tempfile.TemporaryDirectory(prefix="remedies-") as name:
        folder = Path(name)
        for file in ("disk.raw", "virtio-win.iso"):
            (folder / file).write_bytes(bytes(1 << 20))
        subprocess.run(
            ["qemu-img", "create", "-q", "-f", "qcow2", "image.qcow2", "1M"],
            cwd=folder,
            check=False,
        )
        for code in steps:
            yield from _tools(code, folder)
            arguments = [one for one in commands(code) if one.startswith("-")]
            if arguments:
                state, by = _started(arguments, folder)
                yield from (Outcome("qemu", one, state, by) for one in arguments)


def _tools(code: Tuple[str, ...], folder: Path) -> Iterator[Outcome]:
    for command in commands(code):
        if not command.startswith("qemu-img"):
            continue
        if shutil.which("qemu-img") is None:
            yield Outcome("qemu", command, UNCHECKED, "there is no qemu-img here")
            continue
        ran = subprocess.run(
            shlex.split(command.replace("IMAGE", "image.qcow2")),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        yield Outcome(
            "qemu",
            command,
            WRONG if ran.returncode else OK,
            ran.stderr.strip() or "qemu-img did it",
        )


def _started(arguments: List[str], folder: Path) -> Tuple[str, str]:
    taken: List[str] = []
    text = " ".join(arguments)
    for machine in _machines(text):
        program = _MACHINES[machine]
        if shutil.which(program) is None:
            continue
        complaint = _complaint(program, machine, text, folder)
        if complaint:
            return WRONG, f"{machine}: {complaint}"
        taken.append(machine)
    return (
        (OK, f"QEMU starts with it: {', '.join(taken)}")
        if taken
        else (UNCHECKED, "there is no QEMU here")
    )


def _machines(text: str) -> Tuple[str, ...]:
    if _MICROVM.search(text):
        return ("microvm",)
    if "pci-bridge" in text:
        return ("pc",)
    if "pcie-root-port" in text:
        return ("q35", "virt")
    return ("pc", "q35") if "media=cdrom" in text else ("pc", "q35", "virt")


def _complaint(program: str, machine: str, text: str, folder: Path) -> str:
    """Return what QEMU says against the arguments, "" where it takes them."""
    given = (
        text.replace("IMAGE", "disk.raw")
        .replace("FORMAT", "raw")
        .replace("mac=MAC", "mac=52:54:00:67:63:00")
    )
    given = (
        re.sub(r"(queues=|num_queues=)N\b", r"\g<1>4", given)
        .replace("2N+2", "10")
        .replace("/run/qga.sock", str(folder / "qga"))
    )
    # No tap device and no vhost-net here: a socket in their place still has the queues of the card
    # tried.
    given = re.sub(r"-netdev tap,(id=\w+),vhost=on,queues=\d+", r"-netdev user,\1", given)
    missing = [
        whole.format(name)
        for pattern, made, whole in _PARTS
        for name in dict.fromkeys(re.findall(pattern, given))
        if not re.search(rf"\b{made.format(name)}\b", given)
    ]
    extra = ["-cpu", "cortex-a57"] if machine == "virt" else []
    command = [
        program,
        "-M",
        machine,
        *extra,
        "-m",
        "64",
        "-S",
        "-nodefaults",
        "-display",
        "none",
        "-monitor",
        "stdio",
    ]
    words = shlex.split(" ".join([*missing, given]))
    ran = subprocess.run(
        [*command, *words],
        cwd=folder,
        input="quit\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return "" if ran.returncode == 0 else (ran.stderr.strip() or f"exit {ran.returncode}")[:300]
