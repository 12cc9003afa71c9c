"""Network adapters and their addresses."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

from guestcheck.evidence.windows._cim import flag, instances_of, number, saying_where_cut, text
from guestcheck.model.source import Answer, Cim, Question


class WindowsNic(NamedTuple):
    """A network adapter; `state` is up, down or "" where it is not told."""

    name: str
    label: str
    device: str
    service: str
    mac: str
    state: str
    speed: Optional[int]
    addresses: Tuple[str, ...]
    guid: str
    dhcp: Optional[bool]


def _parse_nics(answers: List[Answer]) -> Tuple[WindowsNic, ...]:
    settings = {
        number(one, "Index"): one
        for one in instances_of(answers, "Win32_NetworkAdapterConfiguration")
    }
    found = []
    for one in instances_of(answers, "Win32_NetworkAdapter"):
        device = text(one, "PNPDeviceID")
        if not device:
            continue  # an adapter that is installed and not there
        setting = settings.get(number(one, "Index"), {})
        status, enabled = number(one, "NetConnectionStatus"), flag(one, "NetEnabled")
        speed = number(one, "Speed")
        found.append(
            WindowsNic(
                name=text(one, "NetConnectionID"),
                label=text(one, "Name"),
                device=device,
                service=text(one, "ServiceName"),
                mac=text(one, "MACAddress").lower(),
                state="up"
                if status == 2
                else "down"
                if status is not None or enabled is False
                else "",
                speed=speed // 1_000_000 if speed and speed < 1 << 62 else None,
                addresses=setting.get("IPAddress", ()),
                guid=(text(one, "GUID") or text(setting, "SettingID")).upper(),
                dhcp=flag(setting, "DHCPEnabled"),
            )
        )
    if not found and not any(
        answer.asked == "Win32_NetworkAdapter" and answer.status == "ok" for answer in answers
    ):
        raise ValueError("no network adapter in it")
    return tuple(found)


WINDOWS_NICS = Question[Tuple[WindowsNic, ...]](
    "windows_nics",
    "Windows: network adapters and their addresses",
    (
        Cim(
            "Win32_NetworkAdapter",
            (
                "Index",
                "Name",
                "NetConnectionID",
                "PNPDeviceID",
                "ServiceName",
                "MACAddress",
                "NetConnectionStatus",
                "NetEnabled",
                "Speed",
                "GUID",
            ),
        ),
        Cim(
            "Win32_NetworkAdapterConfiguration", ("Index", "SettingID", "DHCPEnabled", "IPAddress")
        ),
    ),
    saying_where_cut(_parse_nics),
    "which network cards there are",
)
