"""The disk that overlayroot writes to in place of the root file system: overlayroot(8), and its
script in the initramfs of Debian's and Ubuntu's package.

The command line counts before the disk that overlayroot_cfgdisk names, then come
/etc/overlayroot.local.conf, /etc/overlayroot.conf, and a file of the initramfs. Without the disk
the boot goes on without what was written there: a guest that starts, and is not the same.
`crypt` without a password, or with mkfs=1, formats what has the name.
"""

from __future__ import annotations

from typing import Dict, Iterator, NamedTuple, Optional, Sequence

from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Setting
from guestcheck.model.hint import Hint
from guestcheck.model.message import Message, message
from guestcheck.model.target import OPEN, Reason
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.device_names import GONE, UNSURE, Move

_OFF = ("", "disabled")
_BY_CONTENT = ("UUID=", "LABEL=")


class _Value(NamedTuple):
    """What a setting is, and where it was read; `text` is None where it was not understood."""

    text: Optional[str]
    source: str


def overlay(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Yield why the disk that overlayroot writes to may not be found after `move`."""
    names = (path.rpartition("/")[2] for image in boot.images for path in image.files)
    if move.same or not any("overlayroot" in name for name in names):
        return
    # `overlayroot` alone on the command line is ignored; `overlayroot=` switches it off.
    value = _Value(boot.option("overlayroot"), boot.options_from)
    if value.text is None:
        settings = _settings(boot, guest)
        yield from _config_disk(boot, settings)
        if guest.setup.overlay is None:
            hint = Hint("/etc/overlayroot.conf", "was not read")
            says = message("overlay-unread")
            yield Reason(
                "overlay-unread", says, (hint,), OPEN, message("find-out.overlayroot-conf")
            )
        value = _last("overlayroot", settings)
    yield from _disk(move, value)


def _settings(boot: Boot, guest: Guest) -> Sequence[Setting]:
    """Return the settings of all files, the last of which counts."""
    inside = [setting for image in boot.images for setting in image.overlay]
    return (*inside, *(guest.setup.overlay or ()))


def _last(name: str, settings: Sequence[Setting]) -> _Value:
    """Return the last value of `name`; one line that is not understood leaves all open."""
    odd = next((setting for setting in settings if not setting.name), None)
    if odd is not None:
        return _Value(None, odd.line.hint.source)
    named = [setting for setting in settings if setting.name == name]
    return _Value(named[-1].value, named[-1].line.hint.source) if named else _Value("", "")


def _config_disk(boot: Boot, settings: Sequence[Setting]) -> Iterator[Reason]:
    """Yield what becomes of a disk that holds an overlayroot.conf of its own."""
    value = _Value(boot.option("overlayroot_cfgdisk"), boot.options_from)
    if value.text is None:
        value = _last("overlayroot_cfgdisk", settings)
    if value.text is None or value.text in _OFF:
        return  # a line that is not understood is reported by `_disk`
    hint = Hint(value.source, f"overlayroot_cfgdisk={value.text}")
    says = message("overlay-unread.on-disk", text=value.text)
    yield Reason("overlay-unread", says, (hint,), OPEN, message("find-out.overlayroot-on-disk"))


def _disk(move: Move, value: _Value) -> Iterator[Reason]:
    if value.text is None:
        hint = Hint(value.source, "is more than NAME=VALUE")
        yield _not_understood(hint, message("overlay-unread.line"))
        return
    mode, _, rest = value.text.partition(":")
    if value.text.startswith("/dev/"):
        mode, rest = "device", f"dev={value.text}"
    if value.text in _OFF or mode == "tmpfs":
        return
    options: Dict[str, str] = {
        name: word for name, _, word in (part.partition("=") for part in rest.split(","))
    }
    device = options.get("dev", "")
    hint = Hint(value.source, f"overlayroot={_shown(value.text)}")
    if mode not in ("device", "crypt") or not device:
        yield _not_understood(hint, message("overlay-unread.no-disk"))
        return
    plain = device.startswith(("/dev/", *_BY_CONTENT))
    fate = move.fate(device if plain else f"/dev/{device}")
    if fate is None or (not plain and "=" in device):
        yield _not_understood(hint, message("overlay-unread.device", device=device))
    elif fate.state in (GONE, UNSURE):
        says = message("overlay-by-name", spec=device, says=fate.says)
        if mode == "crypt" and (not options.get("pass") or options.get("mkfs", "1") == "1"):
            says = message("also", says=says, rest=message("overlay-formats"))
        settle = message("find-out.uuid-or-optional", spec=device)
        yield Reason("overlay-by-name", says, (hint,), OPEN, settle)


def _not_understood(hint: Hint, says: Message) -> Reason:
    return Reason("overlay-unread", says, (hint,), OPEN, message("find-out.overlayroot-disk"))


def _shown(value: str) -> str:
    """Return a value without its password."""
    return ",".join(
        "pass=*****" if part.rpartition(":")[2].startswith("pass=") else part
        for part in value.split(",")
    )
