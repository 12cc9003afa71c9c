"""Guest agents, and the tools that make an initramfs: which are installed."""

from typing import List, NamedTuple, Optional, Tuple

from guestcheck.model.source import Answer, Command, Listing, Question

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
