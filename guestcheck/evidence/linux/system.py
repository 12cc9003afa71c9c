"""The guest itself: operating system, kernel, processors, memory, what is mounted, and which agents
there are.

psutil tells processors, memory, swap, partitions and the state and addresses of NICs; /proc tells
the same where psutil is missing, and an archive has only /proc. See proc(5) and os-release(5).
"""

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from guestcheck.evidence.linux.hypervisor import first_line
from guestcheck.evidence.linux.lscpu import parse_lscpu
from guestcheck.model.digits import is_digits, number_of
from guestcheck.model.source import OK, Answer, Call, Command, File, FirstOf, Listing, Question


class System(NamedTuple):
    """os-release's fields, and the kernel's release, architecture and host name ("" where not
    told).
    """

    release: Dict[str, str]
    kernel: str
    architecture: str
    hostname: str
    version: str


def parse_os_release(text: str) -> Dict[str, str]:
    """Read os-release's shell assignments.

    >>> parse_os_release('ID=debian\\nPRETTY_NAME="Debian GNU/Linux 12"\\n')["PRETTY_NAME"]
    'Debian GNU/Linux 12'
    """
    fields = {}
    for line in text.split("\n"):
        name, mark, value = line.strip().partition("=")
        if mark and name.isupper() and not line.startswith("#"):
            fields[name] = value.strip().strip("\"'")
    return fields


# The machines that Linux knows itself to be on, as uname(1) prints them.
_MACHINES = re.compile(
    r"(?:x86_64|i[3-6]86|aarch64|arm\w+|ppc64\w*|s390x?|riscv[0-9]+|ia64|loongarch64|mips\w*|"
    r"sparc\w*|alpha|parisc\w*)$"
)


def parse_uname(text: str) -> Tuple[str, str, str]:
    """Return release, architecture and host name of what uname printed with -srm, -a or -r ("" for
    what it does not say).

    >>> parse_uname("Linux vm1 6.1.0-13-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29) x86_64 GNU/Linux")
    ('6.1.0-13-amd64', 'x86_64', 'vm1')
    """
    words = first_line(text).split()
    if len(words) == 1 and is_digits(words[0][:1]):
        return words[0], "", ""
    if len(words) == 3 and words[0] == "Linux":
        return words[1], words[2], ""
    if len(words) < 4 or words[0] != "Linux" or not is_digits(words[2][:1]):
        return "", "", ""
    return words[2], next((word for word in reversed(words) if _MACHINES.match(word)), ""), words[1]


def _parse_system(answers: List[Answer]) -> System:
    release: Dict[str, str] = {}
    kernel = architecture = hostname = version = ""
    for answer in answers:
        if answer.status != OK:
            continue
        if answer.asked.endswith("os-release"):
            release = release or parse_os_release(answer.text)
        elif answer.asked.startswith("uname"):
            told = parse_uname(answer.text)
            kernel, architecture, hostname = (
                kernel or told[0],
                architecture or told[1],
                hostname or told[2],
            )
        elif answer.asked.endswith("osrelease"):
            kernel = first_line(answer.text)
        elif answer.asked.endswith("hostname"):
            hostname = hostname or _hostname(answer.text)
        elif answer.asked == "/proc/version":
            version = first_line(answer.text)
        elif not release and first_line(answer.text):
            # Before os-release there was a line of text per distribution: "CentOS release 6.10
            # (Final)".
            release = {"PRETTY_NAME": first_line(answer.text)}
            if answer.asked.endswith("debian_version"):
                release = {"PRETTY_NAME": "Debian " + first_line(answer.text), "ID": "debian"}
    if not (release or kernel or version):
        raise ValueError("neither an operating system nor a kernel in it")
    return System(release, kernel, architecture, hostname, version)


def _hostname(text: str) -> str:
    # hostname(5): a line of /etc/hostname that begins with # is a comment.
    return first_line("\n".join(line for line in text.split("\n") if not line.startswith("#")))


SYSTEM = Question[System](
    "system",
    "operating system, kernel and architecture",
    (
        File("/etc/os-release", limit=65536),
        File("/usr/lib/os-release", limit=65536),
        File("/etc/redhat-release", limit=4096),
        File("/etc/SuSE-release", limit=4096),
        File("/etc/debian_version", limit=4096),
        File("/proc/sys/kernel/osrelease", limit=4096),
        File("/proc/sys/kernel/hostname", limit=4096),
        File("/proc/version", limit=4096),
        FirstOf((Call("uname"), Command(("uname", "-srm")))),
    ),
    _parse_system,
    "the operating system, and with it which commands prepare an initramfs",
    also=(File("/etc/hostname", limit=4096), Command(("uname", "-a"))),
)

CMDLINE = Question[str](
    "cmdline",
    "the running kernel's command line",
    (File("/proc/cmdline", limit=65536),),
    lambda answers: first_line(answers[0].text),
    "which root= and driver options the kernel was started with",
)


class Machine(NamedTuple):
    """Processors, memory and swap in bytes, and by NIC its state, speed in Mbit/s and addresses."""

    cpus: Optional[int]
    memory: Optional[int]
    swap: Optional[int]
    nics: Dict[str, Dict[str, object]]


def _parse_machine(answers: List[Answer]) -> Machine:
    cpus = memory = swap = None
    nics: Dict[str, Dict[str, object]] = {}
    for answer in answers:
        if answer.status != OK:
            continue
        if answer.asked == "psutil":
            cpus, memory, swap, nics = _from_psutil(answer.text)
        elif answer.asked == "/proc/meminfo" and memory is None:
            memory, swap = _kib(answer.text, "MemTotal"), _kib(answer.text, "SwapTotal")
        elif answer.asked.endswith("/cpu/online") and cpus is None:
            cpus = count_cpus(first_line(answer.text))
        elif answer.asked == "/proc/stat" and cpus is None:
            cpus = answer.text.count("cpu") or None
        elif answer.asked.startswith("lscpu") and cpus is None:
            cpus = parse_lscpu(answer.text).cpus
    if cpus is None and memory is None:
        raise ValueError("neither processors nor memory in it")
    return Machine(cpus, memory, swap, nics)


def _from_psutil(
    text: str,
) -> Tuple[Optional[int], Optional[int], Optional[int], Dict[str, Dict[str, object]]]:
    import json

    try:
        told = json.loads(text)
    except RecursionError:
        raise ValueError("not what psutil tells") from None
    if not isinstance(told, dict) or not isinstance(told.get("nics", {}), dict):
        raise ValueError("not what psutil tells")
    cards = {name: card for name, card in told.get("nics", {}).items() if isinstance(card, dict)}
    return _count(told.get("cpus")), _count(told.get("memory")), _count(told.get("swap")), cards


def _count(value: object) -> Optional[int]:
    return value if type(value) is int and 0 <= value < 1 << 62 else None


def _kib(text: str, field: str) -> Optional[int]:
    for line in text.split("\n"):
        if line.startswith(field + ":"):
            kibibytes = number_of(next(iter(line.partition(":")[2].split()), ""))
            return None if kibibytes is None else kibibytes * 1024
    return None


def count_cpus(ranges: str) -> Optional[int]:
    """Count the processors in a list of ranges as /sys writes it.

    >>> count_cpus("0-3,8")
    5
    """
    count = 0
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        start, end = number_of(first), number_of(last or first)
        if start is None or end is None:
            return None
        count += end - start + 1
    return count


MACHINE = Question[Machine](
    "machine",
    "processors, memory, swap, and the state and addresses of NICs",
    (
        Call("psutil"),
        File("/proc/meminfo", limit=65536),
        File("/sys/devices/system/cpu/online", limit=4096),
        # A container may lack that: proc(5), a line for each processor.
        File("/proc/stat", limit=1 << 20, keep=r"cpu[0-9]+[ ]"),
    ),
    _parse_machine,
    "the number of processors, against which queues are counted",
    also=(Command(("lscpu",)),),
)


class Mount(NamedTuple):
    """A mount: the device number "major:minor", where, file system type, and the device as the
    table names it; and what part of it.
    """

    number: str
    where: str
    filesystem: str
    device: str
    part: str = ""  # the folder of the file system that is shown there


def _parse_mounts(answers: List[Answer]) -> Tuple[Mount, ...]:
    for answer in answers:
        read = (
            _from_mount
            if answer.asked.startswith("mount")
            else _from_table
            if answer.asked.endswith("/mounts")
            else _from_mountinfo
        )
        mounts = tuple(
            _once(mount for line in answer.text.split("\n") for mount in read(line.split(" ")))
        )
        if mounts:
            return mounts
    raise ValueError("no mount in it")


def _once(mounts: Iterator[Mount]) -> Iterator[Mount]:
    """Leave out folders that are mounted upon themselves: systemd does so to let a service write
    there, and nothing else is to be seen there.

    >>> root, itself = Mount("8:1", "/", "ext4", "/dev/sda1", "/@"), Mount("8:1", "/var/lib/x", "ext4", "/dev/sda1", "/@/var/lib/x")
    >>> other = itself._replace(where="/srv/x")
    >>> [mount.where for mount in _once(iter([root, itself, other]))]
    ['/', '/srv/x']
    """
    seen: Set[Tuple[str, str, str]] = set()
    for mount in mounts:
        where, part = mount.where.rstrip("/"), mount.part.rstrip("/")
        upon_itself = False
        while (
            where
            and part
            and not upon_itself
            and where.rpartition("/")[2] == part.rpartition("/")[2]
        ):
            where, part = where.rpartition("/")[0], part.rpartition("/")[0]
            upon_itself = (mount.number, where, part) in seen
        if not upon_itself:
            seen.add((mount.number, mount.where.rstrip("/"), mount.part.rstrip("/")))
            yield mount


def _from_mountinfo(fields: List[str]) -> Iterator[Mount]:
    if len(fields) >= 10 and "-" in fields:
        after = fields.index("-")
        if after + 2 < len(fields):
            yield Mount(
                fields[2],
                _octal(fields[4]),
                fields[after + 1],
                _octal(fields[after + 2]),
                _octal(fields[3]),
            )


def _from_table(fields: List[str]) -> Iterator[Mount]:
    """Read a line of /proc/mounts, which has no device numbers."""
    if len(fields) >= 6 and fields[1].startswith("/"):
        yield Mount("", _octal(fields[1]), fields[2], _octal(fields[0]))


def _from_mount(fields: List[str]) -> Iterator[Mount]:
    """Read a line of mount(8): "/dev/vda1 on / type ext4 (rw)"; a place may have blanks."""
    if "on" in fields and "type" in fields[:-1]:
        on, kind = fields.index("on"), len(fields) - 1 - fields[::-1].index("type")
        if 0 < on < kind:
            yield Mount(
                "", " ".join(fields[on + 1 : kind]), fields[kind + 1], " ".join(fields[:on])
            )


def _octal(text: str) -> str:
    # proc(5): space, tab, newline and backslash are written as three octal digits.
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text


MOUNTS = Question[Tuple[Mount, ...]](
    "mounts",
    "what is mounted from where",
    (File("/proc/self/mountinfo"),),
    _parse_mounts,
    "which disk carries the root file system, unless lsblk told",
    also=(File("/proc/1/mountinfo"), File("/proc/mounts"), Command(("mount",))),
)

SWAPS = Question[Tuple[str, ...]](
    "swaps",
    "which devices are swapped to",
    (File("/proc/swaps", limit=65536),),
    lambda answers: tuple(
        line.split()[0] for line in answers[0].text.split("\n")[1:] if line.startswith("/")
    ),
    "which disk carries swap, unless lsblk told",
    quiet=True,
)

AGENT_PROGRAMS = {
    "qemu-ga": ("/usr/bin/qemu-ga", "/usr/sbin/qemu-ga", "/usr/local/bin/qemu-ga"),
    "open-vm-tools": ("/usr/bin/vmtoolsd", "/usr/sbin/vmtoolsd"),
    "hyperv-daemons": (
        "/usr/sbin/hv_kvp_daemon",
        "/usr/lib/linux-tools/*/hv_kvp_daemon",
        "/usr/libexec/hypervkvpd/hv_kvp_daemon",
    ),
    "xe-guest-utilities": (
        "/usr/sbin/xe-daemon",
        "/usr/sbin/xe-linux-distribution",
        "/usr/bin/xe-daemon",
    ),
    "waagent": ("/usr/sbin/waagent", "/usr/bin/waagent"),
    "google-guest-agent": ("/usr/bin/google_guest_agent", "/usr/bin/google_guest_agent_manager"),
    "virtualbox-guest-utils": ("/usr/sbin/VBoxService", "/usr/bin/VBoxService"),
}
# The services by which each of them runs, as distributions name them.
AGENT_SERVICES = {
    "qemu-ga": ("qemu-guest-agent", "qemu-ga"),
    "open-vm-tools": ("open-vm-tools", "vmtoolsd"),
    "hyperv-daemons": ("hv-kvp-daemon", "hypervkvpd", "hv_kvp_daemon"),
    "xe-guest-utilities": ("xe-guest-utilities", "xe-linux-distribution", "xe-daemon"),
    "waagent": ("walinuxagent", "waagent"),
    "google-guest-agent": ("google-guest-agent", "google-guest-agent-manager"),
    "virtualbox-guest-utils": (
        "virtualbox-guest-utils",
        "vboxservice",
        "vboxadd-service",
        "vboxguest",
    ),
}


class Agents(NamedTuple):
    """Which agent programs are there, and the names of running services (None: no list of services
    to be had).
    """

    programs: Tuple[str, ...]
    services: Optional[Tuple[str, ...]]


def _parse_agents(answers: List[Answer]) -> Agents:
    programs: List[str] = []
    services: List[str] = []
    for answer in answers:
        if answer.asked.startswith(("dpkg", "rpm", "ps ", "systemctl")):
            found = _from_tool(answer)
            programs += [name for name in found if not name.endswith(".service")]
            services += [name[: -len(".service")] for name in found if name.endswith(".service")]
            continue
        for line in filter(None, answer.text.split("\n")):
            if line.endswith(".service"):
                services.append(line.rpartition("/")[2][: -len(".service")])
            else:
                programs.append(line)
    if not programs and all(answer.asked.startswith(("ps ", "systemctl")) for answer in answers):
        raise ValueError("what runs is listed, and what is installed is not")
    return Agents(tuple(programs), tuple(services) or None)


# Packages by which distributions install each agent.
AGENT_PACKAGES = {
    "qemu-ga": ("qemu-guest-agent",),
    "open-vm-tools": ("open-vm-tools",),
    "hyperv-daemons": ("hyperv-daemons", "hypervkvpd", "linux-cloud-tools-common"),
    "xe-guest-utilities": ("xe-guest-utilities", "xe-guest-utilities-latest"),
    "waagent": ("walinuxagent", "waagent", "WALinuxAgent"),
    "google-guest-agent": ("google-guest-agent",),
    "virtualbox-guest-utils": ("virtualbox-guest-utils", "virtualbox-guest-additions"),
}


def _from_tool(answer: Answer) -> List[str]:
    """Name programs that packages brought or that run, and running services ("NAME.service")."""
    if answer.asked.startswith("systemctl"):
        rows = (line.replace("\u25cf", " ").split() for line in answer.text.split("\n"))
        return [
            row[0]
            for row in rows
            if len(row) > 3 and row[0].endswith(".service") and row[3] == "running"
        ]
    if answer.asked.startswith("ps "):
        running = {
            word
            for line in answer.text.split("\n")
            for word in line.split()
            if word.startswith("/")
        }
        agents = [name for name, paths in AGENT_PROGRAMS.items() if running.intersection(paths)]
        return [
            name
            for agent in agents
            for name in (AGENT_PROGRAMS[agent][0], f"{AGENT_SERVICES[agent][0]}.service")
        ]
    installed = set()
    for line in answer.text.split("\n"):
        words = line.split()
        if answer.asked.startswith("dpkg") and len(words) > 2 and words[0] in ("ii", "hi"):
            installed.add(words[1].partition(":")[0])
        elif answer.asked.startswith("rpm") and words:
            installed.add(words[0].rsplit("-", 2)[0])
    return [
        AGENT_PROGRAMS[agent][0]
        for agent, packages in AGENT_PACKAGES.items()
        if installed.intersection(packages)
    ]


AGENTS = Question[Agents](
    "agents",
    "which guest agents are installed and run",
    (
        Listing(" ".join(path for paths in AGENT_PROGRAMS.values() for path in paths)),
        Listing(
            "/sys/fs/cgroup/system.slice/*.service /sys/fs/cgroup/systemd/system.slice/*.service"
        ),
    ),
    _parse_agents,
    "whether a guest agent is there",
    quiet=True,
    also=(
        Command(("dpkg", "-l")),
        Command(("rpm", "-qa")),
        Command(("systemctl", "list-units")),
        Command(("ps", "aux")),
    ),
)

INITRAMFS_TOOLS = {
    "dracut": ("/usr/bin/dracut", "/usr/sbin/dracut", "/sbin/dracut"),
    "initramfs-tools": ("/usr/sbin/update-initramfs", "/usr/sbin/mkinitramfs"),
    "mkinitcpio": ("/usr/bin/mkinitcpio", "/sbin/mkinitcpio"),
    "booster": ("/usr/bin/booster",),
    "mkinitfs": ("/sbin/mkinitfs",),
    "mkinitrd": ("/sbin/mkinitrd", "/usr/sbin/mkinitrd"),
}


def _parse_tools(answers: List[Answer]) -> Tuple[str, ...]:
    seen = {line for answer in answers for line in answer.text.split("\n")}
    return tuple(tool for tool, paths in INITRAMFS_TOOLS.items() if seen.intersection(paths))


TOOLS = Question[Tuple[str, ...]](
    "initramfs_tools",
    "which tool makes the initramfs here",
    (Listing(" ".join(path for paths in INITRAMFS_TOOLS.values() for path in paths)),),
    _parse_tools,
    "which commands rebuild the initramfs: all common ones are shown",
    quiet=True,
)

FIRMWARE_TYPE = Question[str](
    "efi",
    "whether the guest was started by UEFI",
    (Listing("/sys/firmware/efi"),),
    lambda answers: "efi" if any(answer.text.strip() for answer in answers) else "bios",
    "whether the guest was started by UEFI or BIOS",
    quiet=True,
    also=(
        Command(("efibootmgr", "-v")),
    ),  # it prints nothing but a complaint where there is no UEFI
)
