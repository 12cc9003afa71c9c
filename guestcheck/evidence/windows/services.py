"""Guest agents and storage drivers, and whether they run."""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

from guestcheck.evidence.windows._cim import instances_of, rows, saying_where_cut, text
from guestcheck.model.source import Answer, Cim, Command, Question


class WindowsService(NamedTuple):
    """A service or driver: its state (Running, Stopped) and how it starts (Boot, System, Auto,
    Manual, Disabled).
    """

    name: str
    state: str
    start: str


def _parse_services(answers: List[Answer]) -> Tuple[WindowsService, ...]:
    found = [
        WindowsService(text(one, "Name"), text(one, "State"), text(one, "StartMode"))
        for name in ("Win32_Service", "Win32_SystemDriver")
        for one in instances_of(answers, name)
    ]
    for answer in answers:
        if answer.asked.startswith("Get-Service"):
            found += [
                WindowsService(row.get("Name", ""), row.get("Status", ""), row.get("StartType", ""))
                for row in rows(answer.text)
            ]
    return tuple(service for service in found if service.name)


# The services of guest agents, by the hypervisor's tools that bring them.
AGENT_SERVICES = {
    "qemu-ga": ("QEMU-GA", "QEMU Guest Agent"),
    "open-vm-tools": ("VMTools",),
    "hyperv-daemons": ("vmicheartbeat",),
    "xe-guest-utilities": ("xensvc", "xenagent", "xenwinsvc"),
    "virtualbox-guest-utils": ("VBoxService",),
    "waagent": ("WindowsAzureGuestAgent",),
    "google-guest-agent": ("GCEAgent", "GCEAgentManager"),
}
_STORAGE = (
    "viostor",
    "vioscsi",
    "storflt",
    "storvsc",
    "stornvme",
    "storahci",
    "pvscsi",
    "xenvbd",
    "xenfilt",
    "LSI_SAS",
    "megasas",
    "VirtioSerial",
)
WINDOWS_SERVICES = Question[Tuple[WindowsService, ...]](
    "windows_services",
    "Windows: guest agents and storage drivers, and whether they run",
    (
        Cim(
            "Win32_Service",
            ("Name", "State", "StartMode"),
            where=" OR ".join(
                f"Name='{name}'" for names in AGENT_SERVICES.values() for name in names
            ),
        ),
        Cim(
            "Win32_SystemDriver",
            ("Name", "State", "StartMode"),
            where=" OR ".join(f"Name='{name}'" for name in _STORAGE),
        ),
    ),
    saying_where_cut(_parse_services),
    "whether a guest agent is installed and runs",
    also=(Command(("Get-Service",)),),
)
