"""The shell text that a measured guest runs, and what its parts are called."""

from __future__ import annotations

from lab.guest import Guest
from lab.mirror import RELEASES

CALL = "python3 /run/guestcheck.pyz"
NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent"
CALLS = "%file,socket,connect,bind,sendto,sendmsg"
HELPERS = [
    "lspci", "lsblk", "lsscsi", "ethtool", "ip", "udevadm", "lsusb", "lscpu",
    "systemd-detect-virt", "dmidecode", "modinfo", "lsinitramfs", "mdadm",
]  # fmt: skip


def text(guest: Guest, release: str) -> str:
    """The job of `guest`: on the first release all of it, on the others the report, which is what
    may differ there.
    """
    lines = [f"part live {CALL} -f json"]
    if release != RELEASES[0]:
        return lines[0] + "\n"
    lines += [
        f"part unprivileged {NOBODY} {CALL} -f json",
        f"part collect {CALL} collect -o /run/recording.tar.gz",
        "part recording cat /run/recording.tar.gz",
        "part lsblk lsblk -J -O",
    ]
    if guest.watched:
        lines.append(
            f"part watched strace -f -qq -s 200 -e trace={CALLS} -o /run/trace {CALL} -f json"
        )
        lines.append("part trace cat /run/trace")
    if guest.helpers_taken:
        lines += [_without(helper) for helper in HELPERS]
    return "\n".join(lines) + "\n"


def _without(helper: str) -> str:
    """Run guestcheck with `helper` moved out of the way."""
    return (
        f'tool=$(command -v {helper}) && mv "$(readlink -f "$tool")" /run/helper && '
        f'{{ part without-{helper} {CALL} -f json; mv /run/helper "$(readlink -m "$tool")"; }}'
    )
