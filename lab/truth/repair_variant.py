"""What a repair is: a guest that boots where it is and would not on another bus, which preflight's
script is to mend.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.truth.variant import Entry


@dataclass(frozen=True)
class Repair:
    """A guest of `release` on the bus `source`, to be moved to `target`; both are names of the
    truth table's targets.
    """

    name: str
    source: str
    target: str
    entry: Entry = field(default_factory=Entry)
    """How it boots, and with what initramfs, before it is repaired."""
    files: tuple[tuple[str, str], ...] = ()
    """Files of its root: path and text."""
    fstab: str = ""
    """Lines after the one for the root; with any, systemd is started on the target and its mounts are part of the outcome."""
    release: str = "bookworm"
    packages: tuple[str, ...] = ()
    leaves_modules: bool = False
    """Whether the release's other kernel has left its modules in /lib/modules."""


@dataclass(frozen=True)
class RepairCell:
    """A repair as a cell of the table, where every cell has a variant."""

    variant: Repair


def tools(modules: str) -> tuple[tuple[str, str], ...]:
    """initramfs-tools told which modules to put in: it is what the script makes the initramfs anew
    with.

    Its hooks for what the guest has not, LVM and MD, are no programs there: they would double the
    time, of which it takes most.
    """
    hooks = tuple(
        (f"usr/share/initramfs-tools/hooks/{name}", "")
        for name in ("lvm2", "mdadm", "dmsetup", "thermal")
    )
    return (("etc/initramfs-tools/conf.d/lab", f"MODULES={modules}\nCOMPRESS=gzip\n"), *hooks)
