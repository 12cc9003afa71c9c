"""Encrypted devices that would not be opened: by their own device, their key's, their header's; and
who needs them.

Of crypttab's fields systemd waits for the device, for a key on a device (/dev/X, or /path:/dev/X,
which it mounts) and for a header (systemd-cryptsetup-generator, crypttab(5)). Debian's scripts in
the initramfs have keyscript= besides, of which `passdev` waits for a device without end
(cryptsetup-initramfs, scripts/passdev). The table inside the image decides for the root file
system. nofail in crypttab frees the boot of the mapping alone: what fstab mounts from it is still
required.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.action import KeepTpm, NameByUuid
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import Crypt, Fstab
from guestcheck.model.hint import Hint
from guestcheck.model.message import Message, message
from guestcheck.model.target import OPEN, STOPS, WARNS, Reason
from guestcheck.readiness.linux.boots import NONE, READ, Boot
from guestcheck.readiness.linux.crypttab_users import Users, crypt_option
from guestcheck.readiness.linux.device_names import GONE, OTHER, STAYS, UNSURE, Fate, Move
from guestcheck.readiness.linux.gone_names import is_copied, named
from guestcheck.readiness.linux.layers import CRYPT, LVM, Layers

# The parts of a line of crypttab that can fail.
DEVICE = "device"
KEY = "key"
HEADER = "header"
SCRIPT = "script"


class Fault(NamedTuple):
    """Why an encrypted device would not be opened: the part of its line (DEVICE, KEY …), the same in
    words, its name, and what becomes of that.
    """

    part: str
    what: Message
    spec: str
    fate: Fate


def encrypted(move: Move, boot: Boot, guest: Guest, layers: Layers) -> Iterator[Reason]:
    """Yield which encrypted devices would not be opened after `move`, and whether that stops the
    boot.
    """
    inside = {line.name: line for image in boot.images for line in image.crypttab}
    mounts = {
        entry.where.rstrip("/"): entry for entry in guest.setup.fstab or () if entry.where != "/"
    }
    for line in inside.values():
        for fault in faults(line, move, mounts):
            yield _inside(line, fault, layers)
    users = Users(guest, boot)
    for line in guest.setup.crypttab or ():
        for fault in faults(line, move, mounts):
            yield _outside(line, fault, line.name in inside, boot, layers, users)
    yield from _command_line(move, boot)
    yield from _by_tpm(move, boot, guest)


def faults(line: Crypt, move: Move, mounts: Dict[str, Fstab]) -> Iterator[Fault]:
    """Yield what keeps `line` from being opened after `move`."""
    fate = move.fate(line.device)
    if fate is not None and fate.state in (GONE, UNSURE):
        yield Fault(DEVICE, message("mapping.device", device=line.device), line.device, fate)
    for part, value in ((KEY, key_of(line)), (HEADER, crypt_option(line, "header"))):
        device = device_of(value)
        beside = of_another(move, device)
        if beside is not None:
            what = message(f"mapping.part.{part}", device=device)
            yield Fault(part, what, device, beside)
        elif value and not device:
            yield from _on_lost_mount(part, value, move, mounts)
    script = crypt_option(line, "keyscript")
    if script and script.rpartition("/")[2] not in _SCRIPTS and not move.same:
        what = message("mapping.script", script=script)
        yield Fault(SCRIPT, what, "", Fate(UNSURE, message("name.key-origin")))


# Debian's own scripts, and those of packages, that take the key from a prompt, a card, a keyring or
# the third field.
_SCRIPTS = {
    "passdev",
    "decrypt_derived",
    "decrypt_keyctl",
    "decrypt_ssl",
    "askpass",
    "cat",
    "ykluks-keyscript",
}


_SCRIPTS |= {"decrypt_gnupg", "decrypt_gnupg-sc", "decrypt_opensc", "decrypt_openct"}


_NO_KEY = (
    "",
    "none",
    "-",
    "/dev/urandom",
    "/dev/random",
    "/dev/hwrng",
    "/dev/null",
    "/dev/tpm0",
    "/dev/tpmrm0",
)
_TAGS = ("UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "ID=")
_BEHIND = compile_pattern(r":(/dev/\S+|(?:UUID|LABEL|PARTUUID|PARTLABEL|ID)=\S+)\Z")


def key_of(line: Crypt) -> str:
    """Return from where the key comes, "" where it is asked for, made at random, or derived from
    another mapping's.
    """
    script = crypt_option(line, "keyscript").rpartition("/")[2]
    if line.key in _NO_KEY or script in ("decrypt_derived", "decrypt_keyctl", "askpass"):
        return ""
    return line.key


def device_of(value: str) -> str:
    """Return the device in a key's or header's place: a device, PATH:DEVICE (systemd), DEVICE:PATH
    (passdev); "" where there is none.

    >>> device_of("/key:/dev/sda4"), device_of("/dev/sda3:/key"), device_of("/dev/sda4"), device_of("/etc/key"), device_of("/k:LABEL=x")
    ('/dev/sda4', '/dev/sda3', '/dev/sda4', '', 'LABEL=x')
    >>> device_of("/k:/dev/disk/by-path/pci-0000:00:01.1-ata-1"), device_of("/dev/disk/by-path/pci-0000:00:01.1-ata-1:/k:5")
    ('/dev/disk/by-path/pci-0000:00:01.1-ata-1', '/dev/disk/by-path/pci-0000:00:01.1-ata-1')
    """
    if value in _NO_KEY:
        return ""
    if value.startswith(("/dev/", *_TAGS)):
        return value.partition(":/")[0]
    match = _BEHIND.search(value) if len(value) < _LONGEST else None
    return match[1] if match else ""


_LONGEST = 4096


def of_another(move: Move, spec: str) -> Optional[Fate]:
    """Return what becomes of a device that holds a key or a header, which may be on a disk that is
    not moved; None where it stays.
    """
    fate = move.fate(spec) if spec else None
    if fate is None or fate.state in (STAYS, OTHER):
        return None
    if "/by-id/usb-" in spec or "-usb-" in spec:
        return Fate(UNSURE, message("name.own-disk"))
    return fate


_DEEPEST_PATH = 40


def _on_lost_mount(part: str, path: str, move: Move, mounts: Dict[str, Fstab]) -> Iterator[Fault]:
    """Systemd requires the mounts that a key's or header's path lies on (RequiresMountsFor=)."""
    parts = path.split("/")[:_DEEPEST_PATH]
    for entry in (mounts.get("/".join(parts[:count])) for count in range(2, len(parts))):
        fate = move.fate(entry.spec) if entry else None
        if entry and fate is not None and fate.state in (GONE, UNSURE):
            what = message(f"mapping.on.{part}", path=path, spec=entry.spec)
            yield Fault(part, what, entry.spec, fate)


def _inside(line: Crypt, fault: Fault, layers: Layers) -> Reason:
    """Judge the initramfs's own table: what it names for root has to be opened."""
    what = message("name-in.initramfs-crypttab", name=line.name, what=fault.what)
    if layers.exact and not layers.sure(CRYPT):
        reason = named(
            "crypttab-by-name",
            what,
            fault.fate,
            line.line.hint,
            WARNS,
            fault.spec,
            message("without-it.not-root"),
        )
        return _reason(reason, fault, line)
    return _reason(
        named("crypttab-by-name", what, fault.fate, line.line.hint, STOPS, fault.spec), fault, line
    )


def _reason(reason: Reason, fault: Fault, line: Crypt) -> Reason:
    """Name what helps: of an image's table the guest's own is changed; keys have no UUID that a
    script could put there.
    """
    if not fault.spec:
        settle = message("find-out.script") if reason.weight == OPEN else ""
        return reason._replace(actions=(), settle=settle)
    file = line.line.file if line.line.file.startswith("/") else "/etc/crypttab"
    by = "hand" if fault.part != DEVICE else ""
    action = NameByUuid(fault.spec, file, by=by, rebuild=is_copied(file))
    reason = reason._replace(actions=(action,))
    if reason.weight == STOPS and fault.part == KEY and crypt_option(line, "keyfile-timeout"):
        return reason._replace(
            weight=OPEN,
            settle=message("find-out.passphrase-timeout"),
        )
    return reason


def _outside(
    line: Crypt, fault: Fault, opened: bool, boot: Boot, layers: Layers, users: Users
) -> Reason:
    what = message("name-in.crypttab", name=line.name, what=fault.what)
    hint = line.line.hint
    if opened or (_for_root(line, boot, layers) and _rd_luks(boot)):
        more = message("without-it.open-by-then")
        return _reason(
            named("crypttab-by-name", what, fault.fate, hint, WARNS, fault.spec, more), fault, line
        )
    if _for_root(line, boot, layers):
        settle = message("find-out.opens-by", name=line.name) if boot.state != NONE else ""
        reason = named(
            "crypttab-by-name",
            what,
            fault.fate,
            hint,
            STOPS,
            fault.spec,
            message("without-it.maybe-root"),
        )
        return _reason(
            reason._replace(
                weight=OPEN, settle=settle or reason.settle or message("find-out.boot-opens")
            ),
            fault,
            line,
        )
    return _reason(_of_users(line, what, fault, users), fault, line)


def _for_root(line: Crypt, boot: Boot, layers: Layers) -> bool:
    if layers.exact and not layers.sure(CRYPT):
        return False
    if layers.root == f"/dev/mapper/{line.name}" or {"initramfs", "x-initrd.attach"} & set(
        line.options
    ):
        return True
    # A volume of root's may lie on it; of an image of initramfs-tools that was read its own table
    # tells.
    told = boot.generator == "initramfs-tools" and boot.state == READ
    return layers.sure(LVM) is not None and not _is_random(line) and not told


def _rd_luks(boot: Boot) -> bool:
    return any(
        word.startswith(("rd.luks.uuid=", "rd.luks.name=", "rd_LUKS_UUID="))
        for word in boot.options or ()
    )


def _is_random(line: Crypt) -> bool:
    """Tell whether what is on the mapping is new at each boot: nothing that has a UUID of its own
    lies on it.
    """
    return line.key in ("/dev/urandom", "/dev/random", "/dev/hwrng") or bool(
        {"swap", "tmp"} & {option.partition("=")[0] for option in line.options}
    )


def _of_users(line: Crypt, what: Message, fault: Fault, users: Users) -> Reason:
    """Judge by who needs the mapping: fstab and units by its name, or what lies on it by a UUID or
    as a volume.
    """
    hint = line.line.hint
    said = users.of(line)
    if said:
        return named(
            "crypttab-by-name",
            what,
            fault.fate,
            hint,
            STOPS,
            fault.spec,
            message("without-it.said", said=said),
        )
    other = (
        None
        if _is_random(line)
        else next((entry for entry in users.perhaps if not users.is_elsewhere(entry, line)), None)
    )
    if other is not None:
        more = message("without-it.may-carry", where=other.where, spec=other.spec)
        reason = named("crypttab-by-name", what, fault.fate, hint, STOPS, fault.spec, more)
        return reason._replace(weight=OPEN, settle=message("find-out.lsblk", where=other.where))
    more = (
        message("without-it.swap-anew") if "swap" in line.options else message("without-it.goes-on")
    )
    return named("crypttab-by-name", what, fault.fate, hint, WARNS, fault.spec, more)


# Words that name a key's or a header's device: dracut.cmdline(7), mkinitcpio's hook encrypt,
# systemd-cryptsetup-generator(8), Alpine's and Gentoo's init. Without the key most of them ask for
# a passphrase; without the device or the header there is nothing to open.
_KEYS = (
    "rd.luks.key",
    "luks.key",
    "cryptkey",
    "root_key",
    "root_keydev",
    "cryptopts",
    "swap_keydev",
)
_DEVICES = (
    "rd.luks.data",
    "luks.data",
    "cryptheader",
    "rd.luks.options",
    "luks.options",
    "cryptroot",
    "crypt_root",
    "crypt_roots",
    "root_header",
)
_IN_WORD = compile_pattern(r"/dev/(?:disk/by-path/[^,;=\s]+?(?=:/|,|;|\Z)|[^,:;=\s]+)")


def _command_line(move: Move, boot: Boot) -> Iterator[Reason]:
    for word in boot.options or ():
        name, mark, value = word.partition("=")
        if not mark or name not in (*_KEYS, *_DEVICES) or len(value) > _LONGEST:
            continue
        for spec in _specs(name, value):
            fate = of_another(move, spec)
            if fate is None:
                continue
            hint = Hint(boot.options_from, word)
            reason = named(
                "root-key-by-name",
                message("name-in.option", name=name, spec=spec),
                fate,
                hint,
                STOPS,
                spec,
            )
            if name in _KEYS:
                reason = reason._replace(weight=OPEN, settle=message("find-out.passphrase"))
            yield reason


def _specs(name: str, value: str) -> List[str]:
    if name == "cryptopts":  # its source= is asked with root's own names
        value = ",".join(part for part in value.split(",") if part.startswith(("key=", "header=")))
    return [spec for spec in _IN_WORD.findall(value) if spec not in _NO_KEY]


def _by_tpm(move: Move, boot: Boot, guest: Guest) -> Iterator[Reason]:
    """Warn of a key that is sealed to the machine's TPM: a machine with another one, or none, asks
    for a passphrase.
    """
    if move.same:
        return
    lines: Tuple[Crypt, ...] = (
        *(line for image in boot.images for line in image.crypttab),
        *(guest.setup.crypttab or ()),
    )
    hints = [
        line.line.hint
        for line in lines
        if any(option.startswith("tpm2-device=") for option in line.options)
    ]
    hints += [
        Hint(boot.options_from, word) for word in boot.options or () if "tpm2-device=" in word
    ]
    if hints:
        says = message("key-in-tpm")
        yield Reason("key-in-tpm", says, tuple(hints[:3]), WARNS, actions=(KeepTpm(),))
