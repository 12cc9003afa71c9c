"""What the boot does without a file system of fstab: what local-fs.target really requires, and what
needs that file system in turn.

systemd-fstab-generator(8) puts a line into local-fs.target.requires unless it has noauto, nofail,
x-systemd.automount (the automount is required then), _netdev (remote-fs.target, which is merely
wanted), or x-systemd.wanted-by= and x-systemd.required-by=, which since version 245 take the place
of local-fs.target (systemd.mount(5)). A mount below another, or of a file on it, requires that one.
x-systemd.requires= makes a mount fail with a device. /usr is mounted by the initramfs, whose
scripts do not ask for nofail or noauto (initramfs-tools, init; dracut, 98usrmount; mkinitcpio,
hooks/usr). systemd.mount-extra= on the command line is as a line of fstab since version 254.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Tuple

from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Fstab, Line
from guestcheck.model.message import Text, message
from guestcheck.model.target import OPEN, STOPS, WARNS
from guestcheck.readiness.linux.boots import NONE, Boot

ESSENTIAL = (
    "local-fs.target",
    "local-fs-pre.target",
    "sysinit.target",
    "basic.target",
    "sysroot.mount",
    "initrd-fs.target",
)
_WANTED_BY_SINCE = 245
_MOUNT_EXTRA_SINCE = 254
_MOUNTS_USR = ("initramfs-tools", "dracut", "mkinitcpio", "tiny-initramfs")


class Outcome(NamedTuple):
    """What a boot without a file system comes to: the weight of that, half a sentence, and what
    would settle it where it is open.
    """

    weight: str
    says: Text
    settle: Text = ""


class LocalFs:
    """The lines of fstab with what the boot does without each of them: made once for a guest, since
    a line may need many others.
    """

    def __init__(self, guest: Guest, boot: Boot) -> None:
        self._guest = guest
        self._boot = boot
        # By mount point the line that needs it, maybe through others, and must not fail.
        self._needing: Dict[str, Tuple[Fstab, Outcome]] = {}
        judged = [
            (line, _own(line, guest))
            for line in guest.setup.fstab or ()
            if line.where != "/" and not is_swap(line)
        ]
        may_fail: Dict[str, List[Fstab]] = {}
        for line, own in judged:
            if own.weight == WARNS:
                may_fail.setdefault(line.where.rstrip("/"), []).append(line)
        for weight in (STOPS, OPEN):
            for line, own in judged:
                waiting = [line] if own.weight == weight else []
                while waiting:
                    for where in _needs(waiting.pop()):
                        if where not in self._needing:
                            self._needing[where] = (line, own)
                            waiting += may_fail.get(where, ())

    def without(self, line: Fstab) -> Outcome:
        """Return what the boot does where the device of `line`, which is neither swap nor the root
        file system, is missing.
        """
        if line.where == "/usr" and self._boot.state != NONE:
            if self._boot.generator in _MOUNTS_USR:
                return Outcome(STOPS, message("without-it.usr"))
            return Outcome(
                OPEN,
                message("without-it.usr-maybe"),
                message("find-out.usr"),
            )
        own = _own(line, self._guest)
        if own.weight == WARNS and self._guest.setup.init in ("systemd", ""):
            needing = self._needing.get(line.where.rstrip("/"))
            if needing is not None:
                return needing[1]._replace(says=message("needed-by-mount", where=needing[0].where))
        return own

    def required(self) -> Tuple[Fstab, ...]:
        """Return the lines that the boot cannot do without, or may not be able to."""
        lines = (
            line
            for line in self._guest.setup.fstab or ()
            if line.where != "/" and not is_swap(line)
        )
        return tuple(line for line in lines if self.without(line).weight != WARNS)


def is_swap(line: Fstab) -> bool:
    """Tell whether `line` is one of swap."""
    return line.type == "swap" or line.where in ("none", "swap")


def _own(line: Fstab, guest: Guest) -> Outcome:
    """Return what the line's own options say."""
    automount = {"x-systemd.automount", "comment=systemd.automount"} & set(line.options)
    told = _by_dependency(line, guest)
    if told is not None:
        return told
    if (
        guest.setup.init_program == "rc.sysinit"
        and line.passno
        and not {"nofail", "_netdev"} & set(line.options)
    ):
        # fsck -A fails for a device that is not there, and rc.sysinit starts a shell then
        # (initscripts 8 and 9).
        return Outcome(STOPS, message("without-it.rc-sysinit"))
    if _last(line, "noauto", "auto") or automount:
        return Outcome(WARNS, message("without-it.noauto"))
    if "_netdev" in line.options:
        return Outcome(
            WARNS,
            message("without-it.netdev"),
        )
    if _last(line, "nofail", "fail"):
        return Outcome(WARNS, message("without-it.nofail"))
    if guest.setup.init == "systemd":
        return Outcome(STOPS, message("without-it.emergency"))
    if (
        guest.setup.init_program == "sysvinit-core"
    ):  # Debian's, with initscripts: checkfs.sh, mountall.sh
        if line.passno:
            return Outcome(STOPS, message("without-it.checkfs"))
        return Outcome(WARNS, message("without-it.mountall"))
    init = guest.setup.init or "an init that was not seen"
    return Outcome(
        OPEN,
        message("without-it.init", init=init),
        message("find-out.init-without-fs", init=init),
    )


def _last(line: Fstab, word: str, opposite: str) -> bool:
    """Tell whether `word` is among the options and `opposite` does not come after it."""
    found = [option for option in line.options if option in (word, opposite)]
    return bool(found) and found[-1] == word


def _by_dependency(line: Fstab, guest: Guest) -> "Outcome | None":
    """Judge x-systemd.wanted-by= and x-systemd.required-by=, which older releases of systemd do not
    know.
    """
    required, wanted = values(line, "x-systemd.required-by="), values(line, "x-systemd.wanted-by=")
    if guest.setup.init not in ("systemd", "") or not (required or wanted):
        return None
    version = guest.setup.systemd
    if version is not None and version < _WANTED_BY_SINCE:
        return None
    if set(required) & set(ESSENTIAL):
        return Outcome(STOPS, message("without-it.required-emergency", required=required[0]))
    if version is None or not guest.setup.init:
        return Outcome(
            OPEN,
            message("without-it.older-systemd", since=_WANTED_BY_SINCE),
            message("find-out.systemd-version"),
        )
    if required:
        return Outcome(
            OPEN,
            message("without-it.required", required=required[0]),
            message("find-out.boot-needs", required=required[0]),
        )
    return Outcome(WARNS, message("without-it.wanted", wanted=wanted[0]))


def values(line: Fstab, start: str) -> List[str]:
    """Return the values of the options that begin with `start`."""
    return [option[len(start) :] for option in line.options if option.startswith(start)]


def required_devices(line: Fstab) -> Iterator[str]:
    """Yield the devices without which systemd does not mount `line`: x-systemd.requires= takes a
    path or a unit's name.
    """
    for value in values(line, "x-systemd.requires="):
        if value.startswith("/dev/"):
            yield value
        elif value.startswith("dev-") and value.endswith(".device"):
            yield unit_path(value[: -len(".device")])


def unit_path(name: str) -> str:
    r"""Return the path that a unit's name stands for: systemd-escape(1).

    >>> unit_path(r"dev-disk-by\x2dpath-pci\x2d0000:00:01.1\x2data\x2d1")
    '/dev/disk/by-path/pci-0000:00:01.1-ata-1'
    """
    parts = ("/" + name.replace("-", "/")).split("\\x")
    decoded = [parts[0]]
    for part in parts[1:]:
        code = part[:2]
        known = len(code) == 2 and all(digit in "0123456789abcdef" for digit in code)
        decoded.append(chr(int(code, 16)) + part[2:] if known else "\\x" + part)
    return "".join(decoded)


_DEEPEST = 40  # folders of a path
_MOST_PATHS = 20  # of one line


def _needs(line: Fstab) -> Iterator[str]:
    """Yield the mount points that `line` needs, if they are any: above its own, of a file or folder
    on them, or by an option.
    """
    paths = [line.where.rstrip("/").rpartition("/")[0]]
    paths += [line.spec] if line.spec.startswith("/") and not line.spec.startswith("/dev/") else []
    paths += values(line, "x-systemd.requires-mounts-for=")
    for value in values(line, "x-systemd.requires="):
        if value.endswith(".mount"):
            yield unit_path(value[: -len(".mount")])
        elif value.startswith("/") and not value.startswith("/dev/"):
            yield value.rstrip("/")
    for path in paths[:_MOST_PATHS]:
        parts = path.rstrip("/").split("/")[: _DEEPEST + 1]
        yield from ("/".join(parts[:count]) for count in range(2, len(parts) + 1))


_EXTRA = {
    "systemd.mount-extra": False,
    "rd.systemd.mount-extra": False,
    "systemd.swap-extra": True,
    "rd.systemd.swap-extra": True,
}


def extra_lines(boot: Boot, guest: Guest) -> Tuple[Fstab, ...]:
    """Return what systemd.mount-extra=WHAT:WHERE:TYPE:OPTIONS and systemd.swap-extra=WHAT:OPTIONS
    add to fstab.
    """
    version = guest.setup.systemd
    if guest.setup.init not in ("systemd", "") or (
        version is not None and version < _MOUNT_EXTRA_SINCE
    ):
        return ()
    found = []
    for word in boot.options or ():
        name, _, value = word.partition("=")
        if name in _EXTRA:
            parts = [*_fields(value), "", "", "", ""]
            line = Line(boot.options_from, 0, word)
            if _EXTRA[name]:
                found.append(Fstab(line, parts[0], "none", "swap", tuple(parts[1].split(",")), 0))
            else:
                found.append(
                    Fstab(
                        line,
                        parts[0],
                        parts[1] or "/",
                        parts[2] or "auto",
                        tuple(parts[3].split(",")),
                        0,
                    )
                )
    return tuple(found)


def _fields(value: str) -> List[str]:
    """Part a value at its colons; those of a field itself stand in quotes, or behind a backslash.

    >>> _fields('/dev/sda4:/srv:ext4:ro'), _fields('"/dev/disk/by-path/pci-0:1":/srv')
    (['/dev/sda4', '/srv', 'ext4', 'ro'], ['/dev/disk/by-path/pci-0:1', '/srv'])
    """
    found = [""]
    quoted = ""
    for character in value.replace("\\:", "\0"):
        if character in "\"'" and quoted in ("", character):
            quoted = "" if quoted else character
        elif character == ":" and not quoted:
            found.append("")
        else:
            found[-1] += character
    return [part.replace("\0", ":") for part in found]


def is_extra_known(guest: Guest) -> bool:
    """Tell whether this systemd certainly knows systemd.mount-extra=."""
    return guest.setup.systemd is not None and guest.setup.systemd >= _MOUNT_EXTRA_SINCE
