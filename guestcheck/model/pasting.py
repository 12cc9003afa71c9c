"""What can be added to pasted texts: commands, the questions that their output answers, and what
that would tell.
"""

from typing import NamedTuple, Tuple

# Why a question is open that no pasted text answers.
NOT_PASTED = "not among the pasted texts"


class Wanted(NamedTuple):
    """A command whose output is worth adding, what it would tell, and the names of the questions
    that it answers.
    """

    command: str
    tells: str
    questions: Tuple[str, ...]


# The most useful first. Each of them is known by its content, also without the command before it,
# save for the last two.
WANTED = (
    Wanted(
        "lspci -nnk",
        "which network cards and storage controllers there are, and their drivers",
        ("pci",),
    ),
    Wanted("lsblk -O -J", "which disks there are, and often what they hang on", ("block",)),
    Wanted(
        "lscpu",
        "which hypervisor the processor names, and the number of vCPUs",
        ("detect_virt", "machine"),
    ),
    Wanted("ethtool -i NAME", "the driver of a network interface, once for each", ("nic_driver",)),
    Wanted("ls -l /sys/block /sys/class/net", "what each disk and card hangs on", ("sysfs",)),
    Wanted(
        "dmidecode -t system",
        "the maker of the machine, by which some platforms are told",
        ("dmi",),
    ),
    Wanted("uname -a; cat /etc/os-release", "the system, and which kernel runs", ("system",)),
    Wanted(
        "cat /boot/config-$(uname -r)",
        "which drivers the kernel has",
        ("kernel_config", "modules_builtin", "module_files"),
    ),
    Wanted("udevadm info --export-db", "lasting names of disks, and what they hang on", ("udev",)),
    Wanted("lsscsi -H; lsscsi", "which driver serves each SCSI disk", ("scsi",)),
    Wanted("findmnt", "which disk carries the root file system", ("mounts",)),
    Wanted("cat /proc/cmdline", "which root= the kernel was started with", ("cmdline",)),
    Wanted("cat /boot/grub*/grub.cfg", "which kernel boots by default", ("boot_entries",)),
)

# What to name where nothing was recognised.
BEST = tuple(wanted.command for wanted in WANTED[:6])

# The question of a gap for text that is recognised, and that guestcheck does not read.
NOT_READ = "not_read"
