"""Where a guest's texts say who it is: serial numbers, hosts, users and short identifiers, which
only their place gives away.

What has a form of its own (MAC and IP addresses, UUIDs, long hexadecimal numbers) needs no place
and is not looked for here. Beside the answers of our own questions, the places are those of
dmidecode, hostnamectl, lshw, smartctl and lsblk with more columns, as recordings of other archives
have them.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, NamedTuple, Pattern, Set, Tuple

from guestcheck.model.source import Answer

SERIAL, IDENTIFIER, HOST, USER = "serial", "id", "host", "user"
POOL, ALIAS = "pool", "alias"  # of ZFS, of multipath
BY_ID = "by-id"  # a serial number at the end of udev's name for a disk: where no device told it
ADDRESS = (
    "address"  # a host of which only the full name is replaced: its first word may be anything
)


class Place(NamedTuple):
    """Where a value of one kind stands: in group 1 of `pattern`. Only texts with one of `marks` are
    searched.
    """

    kind: str
    marks: Tuple[str, ...]
    pattern: Pattern[str]


def _place(kind: str, marks: str, pattern: str, flags: int = re.MULTILINE) -> Place:
    return Place(kind, tuple(marks.split("|")), re.compile(pattern, flags))


_VALUE = r'"((?:[^"\\\n]|\\.)*)"'
_SERIAL_KEYS = (
    "ID_SERIAL_SHORT|ID_SERIAL|ID_SCSI_SERIAL|SCSI_IDENT_SERIAL|ID_USB_SERIAL_SHORT|ID_USB_SERIAL|"
    "ID_ATA_SERIAL|DM_SERIAL|SERIAL_SHORT"
)
_UUID_KEYS = (
    "ID_FS_UUID|ID_FS_UUID_ENC|ID_FS_UUID_SUB|ID_FS_UUID_SUB_ENC|ID_PART_ENTRY_UUID|"
    "ID_PART_TABLE_UUID|PARTUUID|PTUUID|UUID"
)

# A field of ip=, in dracut.cmdline(7): an IPv6 address stands in brackets.
_FIELD = r"(?:\[[^\]\s]{0,64}\]|[^:\s]{0,64})"
# What udev's links beneath by-id are made of, and what may follow the serial number: a device's
# number on USB, a partition.
_OF_A_LINK = r"[^\s\"',;/*)\]\\]"
_END_OF_LINK = r"(?:-\d+:\d+)?(?:-part\d+)?(?=\.?(?:[\s\"',;/*)\]:\\]|$))"

# Whatever may repeat without an end is bounded where it could be tried again at each of its
# characters: texts may come from anyone.
PLACES: Tuple[Place, ...] = (
    _place(SERIAL, "serial", r"^/sys/\S*/serial = (.+)$"),
    # Page 80h: four bytes, then the number (SPC-4, 7.8.14); each byte that cannot be shown is
    # written \xNN.
    _place(SERIAL, "vpd_pg80", r"/vpd_pg80 = (?:\\x[0-9a-f]{2}|[^\\\n]){4}(.+)$"),
    _place(SERIAL, "SERIAL", rf"^(?:E: )?(?:{_SERIAL_KEYS})=([^\"\n].*)$"),
    _place(SERIAL, "SERIAL", rf"\bSERIAL={_VALUE}"),
    _place(SERIAL, '"serial"', rf'"serial" ?: ?{_VALUE}'),
    _place(SERIAL, "erial", r"^\s*(?:Serial [Nn]umber|Serial No\.?|SerialNumber|serial) ?: *(.+)$"),
    _place(SERIAL, "SerialNumber:", r"\busb [\d.-]+: SerialNumber: (\S.*)$"),
    # A tag of one word with a digit; others are texts by which clouds are known ("Amazon EC2",
    # "OpenStack Nova").
    _place(SERIAL, "Asset Tag", r"^\s*Asset Tag: *((?=\S*\d)\S+)[ \t]*$"),
    _place(IDENTIFIER, "UUID", rf"\b(?:{_UUID_KEYS}|UUID_SUB)=\"?([^\s\"',;)]+)"),
    _place(IDENTIFIER, "uuid", r'"(?:uuid|partuuid|ptuuid)" ?: ?"([^"\n]+)"'),
    _place(IDENTIFIER, "uuid", r"/by-(?:part)?uuid/([^\s\"',;/)]+)"),
    _place(IDENTIFIER, "--fs-uuid", r"--fs-uuid.{0,300} ([0-9A-Fa-f-]{4,64})[ \t]*$"),
    _place(
        HOST,
        "ost",
        r"^\s*(?:Static hostname|Transient hostname|Pretty hostname|Host "
        r"?[Nn]ame|HOSTNAME)\s*[:=]\s*\"?([\w.-]+)",
    ),
    # Windows' own database has many names; that of the computer stands before these.
    _place(
        HOST,
        "PartOfDomain|OfLogicalProcessors",
        r"^Name : (.+)(?=\n(?:.*\n){0,9}(?:PartOfDomain|NumberOfLogicalProcessors) : )",
    ),
    _place(HOST, "Linux ", r"^Linux ([\w.-]+) \d+\.\d+\S* (?:#|SMP|\S+ #)"),
    _place(
        ADDRESS,
        "://",
        r"\w://(?:[^\s/@\"']{1,64}@)?"
        # One letter at least; a pattern that may split a word anywhere costs the square of its length.
        r"((?=.(?:(?![A-Za-z])[\w.-]){0,252}[A-Za-z])[A-Za-z0-9][\w.-]{1,252})(?=[:/\s\"']|$)",
    ),
    _place(HOST, "hostname=", r"\bhostname=([\w.-]+)"),
    _place(SERIAL, "sys_serial", r"\bIDTYPE=sys_serial[ \t]+IDNAME=(\S+)"),
    _place(SERIAL, "=t10.", r"\bIDNAME=t10\.\S{0,200}_((?=[^\s_]*\d)[^\s_]+)"),
    _place(SERIAL, "SSID=", r"^\|?B?SSID=(.+)$"),
    _place(IDENTIFIER, "wwid", r"^\|?[ \t]*wwid[ \t]+\"?([0-9a-fA-F]{8,15})\b"),
    _place(HOST, "ip=", rf"\bip=(?:{_FIELD}:){{4}}((?=[\w.-]{{0,64}}[A-Za-z])[A-Za-z0-9][\w.-]*):"),
    _place(HOST, "ostname", r"\b[Hh]ostname (?:set )?to <([\w.-]+)>"),
    _place(HOST, "Host=", r"^\|?Host=!?([A-Za-z][\w.-]*)[ \t]*$"),
    _place(HOST, ";h=", r"\bds=[^\s\"']{0,200};h=([\w.-]+)"),
    _place(
        HOST,
        "root=",
        r"\b(?:(?:net)?root=(?:nfs4?|nbd|iscsi|cifs):(?://)?(?:[^\s@\"']{1,200}@)?|nfsroot=)"
        r"([A-Za-z][\w.-]*)[:/]",
    ),
    # mdadm(8) names arrays after the host that made them.
    _place(HOST, "name=", r"^\|?[ \t]*ARRAY\b.{0,300}?\bname=([A-Za-z][\w.-]*):"),
    _place(HOST, "HOMEHOST", r"^\|?[ \t]*HOMEHOST[ \t]+([A-Za-z][\w.-]*)"),
    _place(HOST, "MAILADDR", r"^\|?[ \t]*MAILADDR[ \t]+[\w.+-]+@([\w.-]+)"),
    _place(USER, "MAILADDR", r"^\|?[ \t]*MAILADDR[ \t]+([A-Za-z][\w.-]*)"),
    _place(HOST, "/md/", r"/dev/md/([A-Za-z][\w.-]*):"),
    _place(HOST, "md-name-", r"\bmd-name-([A-Za-z][\w.-]*):"),
    _place(
        BY_ID,
        "by-id/",
        r"by-id/(?:virtio-|google-|scsi-0(?:Google_PersistentDisk|QEMU_QEMU_HARDDISK)_)"
        rf"(?!google-)({_OF_A_LINK}+?){_END_OF_LINK}",
    ),
    _place(
        BY_ID,
        "by-id/",
        rf"by-id/(?:ata|nvme|scsi|usb|mmc|memstick|ieee1394)-{_OF_A_LINK}*?_((?=[^\s_]*\d)"
        rf"[^\s\"',;/*)\]\\_]+?)(?:_\d{{1,3}})?{_END_OF_LINK}",
    ),
    _place(HOST, " - nfs", r" - nfs4? ([A-Za-z][\w.-]*):/"),
    _place(HOST, ":/", r"^\|?([A-Za-z][\w.-]*):/\S*[ \t]+\S+[ \t]+nfs"),
    _place(HOST, "//", r"^\|?//([A-Za-z][\w.-]*)/"),
    _place(HOST, " //", r" - (?:cifs|smb3|smbfs) //([A-Za-z][\w.-]*)/"),
    _place(HOST, "@", r"^\[?[\w.-]+@([\w.-]+)[: ][^\n]*[$#] "),
    _place(USER, "@", r"^\[?([\w.-]+)@[\w.-]+[: ][^\n]*[$#] "),
    _place(USER, "/home", r"/homes?\d*/([A-Za-z_][\w.-]*)"),
    _place(USER, " -u", r"[ \t](?:-u|--user)[ \t=]*[\"']?([A-Za-z_][\w.-]*)[:%]"),
    _place(HOST, "hostname", r"\bhostname[\"']?[ \t]*:[ \t]*[\"']?([A-Za-z][\w.-]*)"),
    _place(HOST, "system_id", r"\bsystem_id[ \t]*=[ \t]*\"([^\"\n]{1,120})\""),
    _place(ALIAS, "alias", r"^\|?[ \t]*alias[ \t]+\"?([A-Za-z][\w.-]*)\"?[ \t]*$"),
    _place(IDENTIFIER, "wwn-0x", r"\bwwn-(0x[0-9a-fA-F]{8,15})(?![0-9a-fA-F])"),
    _place(POOL, "ZFS=", r"\b(?:ZFS|zfs)=([A-Za-z][\w.:-]*)"),
    _place(POOL, "zfs:", r"\bzfs:([A-Za-z][\w.-]*)"),
    _place(POOL, " - zfs ", r" - zfs ([A-Za-z][\w.:-]*)"),
    _place(POOL, "zfs", r"^\|?([A-Za-z][\w.:-]*)(?:/\S*)?[ \t]+\S+[ \t]+zfs\b"),
    _place(USER, "/Users/", r"/Users/([A-Za-z_][\w.-]*)"),
    _place(USER, "/media/", r"(?:^|[\s\"'=:(])(?:/run)?/media/([A-Za-z_][\w.-]*)/"),
    _place(USER, "USER", r"\b(?:SUDO_USER|USER|LOGNAME)=\"?([\w.-]+)"),
    _place(
        USER,
        "user",
        r"\b(?:username|user|superusers|cifsuser|iscsi_(?:in_)?username)=[\"']?([A-Za-z_][\w.-]*)",
    ),
    _place(USER, "user", r"\b[Uu]ser(?:name)? [\"'‘]([A-Za-z_][\w.-]*)[\"'’]"),
)

# Where the kernel was built, and by whom: distributions' own builders are known to everybody, and
# yet taken out.
BUILDER = re.compile(r"(\bLinux version \S+ \()([\w.+-]+)@([\w.-]+)(\))")

# What QEMU, VMware and the clouds give a disk that nobody gave a serial number, and what firmware
# says for none.
_DEFAULT_SERIAL = re.compile(
    r"drive-[a-z]+[0-9-]+|QM\d{5}|VMware "
    r"NVME_\d{4}|(?:google-)?(?:persistent-disk|local-ssd|local-nvme-ssd)-\d+|0+|0?123456789|"
    r"\(?null\)?|none|"
    r"not (?:specified|available|present|settable)|"
    r".*[0-9a-f]{4}[:_][0-9a-f]{2}[:_][0-9a-f]{2}\.[0-7].*|"
    r"(?:system|chassis|board|base board) serial number|to be filled by o\.e\.m\.|"
    r"default string|unknown|no asset "
    r"(?:tag|information)|7783-7084-3265-9085-8269-3286-77|rootfs|uuid|label|"
    r"amazon ec2|sn: 0+|[0-9a-f]{4}[_:][0-9a-f]{4}",
    re.IGNORECASE,
)

# Names that many have, and that name nobody. They are replaced where a name stands, and left in all
# other text.
EVERYBODY_TEXT = """
    localhost localdomain local root admin administrator user users guest host server client vm test lab cloud node main default linux unix gnu debian
    ubuntu fedora centos redhat rhel rocky alma almalinux oracle amazon amzn opensuse suse sles arch alpine gentoo nixos flatcar cirros coreos
    bookworm trixie bullseye buster jammy noble focal xenial core kali mint qemu kvm xen vmware hyperv virtualbox vbox proxmox azure google aws
    openstack virtio disk disks boot swap data home rootfs overlay none null true false yes auto nobody mockbuild builder buildd kernel build com org
    net example int lan internal corp domain fs ext4 xfs btrfs vfat tmpfs efi system raid lvm part id uuid label serial dev sys proc run var usr etc
    mnt opt rpool bpool zroot zpool tank tmp media lib bin sbin pci usb scsi ata sata ide nvme block lost found googlecloud ec2 nova board chassis
"""
EVERYBODY = frozenset(EVERYBODY_TEXT.split())

_WORD = re.compile(r"[^\W_]+")
# Questions whose texts name hardware, drivers and distributions, which are no secret and must stay
# as they are.
_PUBLIC = (
    *("modules_loaded", "pci", "detect_virt", "buses", "agents", "initramfs_tools", "dmi"),
    *("windows_devices", "windows_drivers", "windows_services"),
)
# ... but for these, which archives have of them: hosts, users and serial numbers stand in them too.
_PERSONAL = ("dmesg", "hostnamectl", "dmidecode", "ps ", "systemctl")
# Long texts in which nobody is named.
_IMPERSONAL = (
    "kernel_config",
    "modules_builtin",
    "module_files",
    "kernel_releases",
    "modules_loaded",
    "pci",
    "cpuinfo",
)
# What hardware is called, in dmidecode's, udev's, lsblk's and lshw's words.
_CALLED = re.compile(
    r"^[ \t]*(?:Vendor|Manufacturer|Product Name|Family|SKU Number|Model(?: "
    r"Number)?|product|vendor|(?:E: )?ID_(?:MODEL|VENDOR)(?:_FROM_DATABASE)?)[ \t]?[:=] *(.*)$"
    r"|\"(?:model|vendor|product|fstype)\" ?: ?\"([^\"\n]*)\"|\b(?:MODEL|VENDOR)=\"([^\"\n]*)\"",
    re.MULTILINE,
)
_MODEL = re.compile(
    r"/(?:model|vendor|rev|driver|subsystem|proc_name|firmware_rev|manufacturer|product) "
    r"(?:=|->) (.*)$|^/sys/class/(?:block|net)/([^/ ]+) ->",
    re.MULTILINE,
)


def find(answers: Dict[str, Tuple[Answer, ...]]) -> Iterator[Tuple[str, str]]:
    """Yield kind and value of everything that only its place gives away; values may come again."""
    for question, given in answers.items():
        for answer in given if question not in _IMPERSONAL else ():
            for text in (
                (answer.text, answer.detail) if not answer.asked.endswith("-release") else ()
            ):
                yield from _in_text(text)
            # Its name in the sos archive and on a system with systemd, and the kernel's own.
            if answer.asked.endswith(("/hostname", "hostname -f")) or answer.asked == "hostname":
                yield HOST, answer.text.strip().split("\n", 1)[0].strip()
            elif (
                question == "dmi"
                and answer.asked.endswith(("serial", "asset_tag"))
                and re.search(r"\d", answer.text)
            ):
                yield SERIAL, answer.text.strip()


def _in_text(text: str) -> Iterator[Tuple[str, str]]:
    for place in PLACES:
        if any(mark in text for mark in place.marks):
            for match in place.pattern.finditer(text):
                yield place.kind, match.group(1)
    if " SERIAL" in text or " UUID" in text:
        yield from _in_table(text)
    if "Linux version" in text:
        for match in BUILDER.finditer(text):
            yield USER, match.group(2)
            yield HOST, match.group(3)


_COLUMNS = {"SERIAL": SERIAL, "UUID": IDENTIFIER, "PTUUID": IDENTIFIER, "PARTUUID": IDENTIFIER}


def _in_table(text: str) -> Iterator[Tuple[str, str]]:
    """Yield what stands beneath the headings of lsblk's table, where nothing else says what it is."""
    spans: List[Tuple[str, int, int]] = []
    for line in text.split("\n"):
        headings = list(re.finditer(r"\S+", line)) if "SERIAL" in line or "UUID" in line else []
        if (
            any(match.group() in _COLUMNS for match in headings)
            and all(match.group().isupper() for match in headings)
            and len(headings) > 1
        ):
            ends = [match.start() for match in headings[1:]] + [_LONGEST_LINE]
            spans = [
                (_COLUMNS[match.group()], match.start(), end)
                for match, end in zip(headings, ends)
                if match.group() in _COLUMNS
            ]
        elif not line.strip():
            spans = []
        else:
            for kind, start, end in spans:
                value = line[start:end].strip()
                if value and line[start - 1 : start] == " ":
                    yield kind, value


_LONGEST_LINE = 100_000


def is_default(serial: str) -> bool:
    """Tell whether a serial number, perhaps with the model before it, is one that the hypervisor
    gives by itself.
    """
    serial = serial.strip()
    return any(_DEFAULT_SERIAL.fullmatch(text) for text in (serial, serial.rpartition("_")[2]))


def public_words(answers: Dict[str, Tuple[Answer, ...]]) -> Set[str]:
    """Return the words, in lower case, that must not be replaced wherever they stand: drivers,
    models, distributions, device names.
    """
    texts: List[str] = []
    for question, given in answers.items():
        for answer in given:
            if (
                question in _PUBLIC
                and not answer.asked.startswith(_PERSONAL)
                and not answer.asked.endswith(("serial", "asset_tag"))
            ) or (question == "system" and "release" in answer.asked):
                texts.append(answer.text)
            elif question not in _IMPERSONAL:
                pattern = _MODEL if question == "sysfs" else _CALLED
                texts += [
                    found
                    for match in pattern.finditer(answer.text)
                    for found in match.groups()
                    if found
                ]
    return {word.lower() for text in texts for word in _WORD.findall(text)} | EVERYBODY
