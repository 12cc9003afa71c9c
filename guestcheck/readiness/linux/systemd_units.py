"""Units of the guest's own that name a disk: a mount or a swap whose device stays away fails, and
with it what requires it.

Without a line in fstab nothing requires a .mount but what says so; local-fs.target does where the
unit is in its .requires folder, and then the boot ends in emergency mode (systemd.mount(5),
systemd.special(7)). A unit that is bound to a device, or requires it, is not started without it: a
target that the boot needs, or the mount of a line of fstab, may have a drop-in that says so.
"""

from __future__ import annotations

from typing import Iterator

from guestcheck.model.guest import Guest
from guestcheck.model.message import message
from guestcheck.model.target import STOPS, WARNS, Reason
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.device_names import GONE, UNSURE, Move
from guestcheck.readiness.linux.gone_names import named
from guestcheck.readiness.linux.local_fs import ESSENTIAL, LocalFs, unit_path


def units(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield which units would not be started after `move`, and whether that stops the boot."""
    if guest.setup.init not in ("systemd", ""):
        return  # no other init reads them
    required = (
        {line.where.rstrip("/") for line in LocalFs(guest, boot).required()}
        if guest.setup.units
        else set()
    )
    for unit in guest.setup.units or ():
        fate = move.fate(unit.device)
        if fate is None or fate.state not in (GONE, UNSURE):
            continue
        what = message("name-in.unit", unit=unit.unit, key=unit.key, device=unit.device)
        needed = (
            unit.needed
            or unit.unit in ESSENTIAL
            or (unit.unit.endswith(".mount") and unit_path(unit.unit[: -len(".mount")]) in required)
        )
        more = message("without-it.unit-required") if needed else message("without-it.not-started")
        yield named(
            "unit-by-name",
            what,
            fate,
            unit.line.hint,
            STOPS if needed else WARNS,
            unit.device,
            more,
        )
