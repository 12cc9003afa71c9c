"""What lines give away of the program that printed them: a row a kind of output.

`start` matches lines that no other kind has; `more` those that belong to it once it has begun. A
`free` kind takes every line up to the next empty one, because its parser reads by keys and passes
over the rest. After an empty line only `start` or `more` goes on.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

NO_USE = "-"  # known, and of no use here
GREP = (
    "grep"  # lines that begin with the path that each is from, as of `grep . /sys/class/dmi/id/*`
)

_ADDRESS = r"(?:[0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]"
_BLOCK = (
    r"(?:sd[a-z]|vd[a-z]|xvd[a-z]|hd[a-z]|nvme\d|mmcblk\d|dm-\d|md\d|sr\d|loop\d|dasd[a-z]|pmem\d|"
    r"zram\d|nbd\d|fd\d|rbd\d|drbd\d|zd\d|st\d|/dev/)"
)
_TYPES = r"(?:disk|part|rom|loop|lvm|crypt|mpath|dm|md|raid\d+|linear|tape|zram|swap)"
_ARCHITECTURES = r"(?:x86_64|i[3-6]86|aarch64|armv\w+|ppc64\w*|ppc|s390x?|riscv64|ia64|sparc64|mips\w*|loongarch64)"
# "Architecture" as lscpu's translations have it (util-linux, po/).
_LSCPU = (
    r"Architecture|Architektur|Arquitectura|Arquitetura|Architettura|Architectuur|"
    r"Architektura|Arkitektur|Arkkitehtuuri|Arhitektura|Arhitectur\u0103|"
    r"Architekt\u00fara|\u67b6\u6784|\u67b6\u69cb|\u30a2\u30fc\u30ad\u30c6\u30af\u30c1\u30e3|"
    r"\uc544\ud0a4\ud14d\ucc98|"
    r"\u0410\u0440\u0445\u0438\u0442\u0435\u043a\u0442\u0443\u0440\u0430|"
    r"\u0410\u0440\u0445\u0456\u0442\u0435\u043a\u0442\u0443\u0440\u0430|Mimari|Ki\u1ebfn "
    r"tr\u00fac|Architekt\u016bra|Arquitectura del ordinador"
)

# "Hypervisor" in the same languages; the vendor behind the colon is the same in all.
_HYPERVISOR = (
    r"[Hh][yi]per-?vi[sz]or|[Hh]yperviseur|[Hh]iperwizor|[Nn]adzorc|"
    r"[\u0413\u0433]\u0438\u043f\u0435\u0440\u0432\u0438\u0437\u043e\u0440|"
    r"[\u0413\u0433]\u0456\u043f\u0435\u0440\u0432\u0456\u0437\u043e\u0440|"
    r"\u8d85\u7ba1\u7406\u5668|\u8d85\u7d1a\u7ba1\u7406\u54e1|"
    r"\u865a\u62df\u673a\u7ba1\u7406\u7a0b\u5e8f|\u30cf\u30a4\u30d1\u30fc\u30d0\u30a4\u30b6|"
    r"\ud558\uc774\ud37c\ubc14\uc774\uc800"
)


class Kind(NamedTuple):
    """A kind of output: the key of the command or file whose it is."""

    key: str
    start: str
    more: str = ""
    free: bool = False


KINDS: Tuple[Kind, ...] = (
    Kind(
        "lspci",
        rf"\s*{_ADDRESS}\s+(?:\"|Class [0-9a-f]{{4}}:|[0-9a-f]{{4}}: "
        rf"[0-9a-f]{{4}}:|\S.{{0,80}}?: \S|\S.{{2,60}}\[[0-9a-f]{{4}}\]:)"
        rf"|\s*(?:Slot|Device):\s+{_ADDRESS}\s*$"
        rf"|\s*(?:Subsystem|Kernel driver in use|Kernel modules|SVendor|SDevice):\s+\S",
        r"\s+\S|(?:Class|Vendor|Device|S?Vendor|S?Device|Rev|ProgIf|Driver|Module|NUMANode|"
        r"IOMMUGroup|PhySlot|Flags|Control|Status|Capabilities|Region \d|"
        r"Interrupt|Latency|Bus|Memory|Memory at|I/O ports|DeviceName|Physical Slot|NUMA "
        r"node|IOMMU group|BIST|Expansion ROM)\b",
        free=True,
    ),
    Kind(NO_USE, r"\s*-\[[0-9a-f:-]+\]-", r"[\s|+\\-]+", free=True),
    Kind(
        NO_USE,
        r"\s*(?:NAME|ADDRESS)\s+(?:(?:SIZE|STATE)\s+)?KIND\s+INTERFACE\b",
        r"\s+\S",
        free=True,
    ),  # our own report
    Kind(
        "lsblk",
        rf"\s*(?:(?:NAME|KNAME|PATH|TYPE|HCTL|TRAN|MAJ:MIN|SIZE|MODEL|SERIAL)|(?=.{{0,"
        rf"380}}\b(?:K?NAME|PATH)\b)[A-Z][A-Z0-9:%_-]+)(?:\s+[A-Z][A-Z0-9:%_-]*)+\s*$"
        rf"|(?:[A-Z][A-Z0-9:%_-]*=\"[^\"]*\"\s+){{2}}[A-Z]|"
        r"[A-Z][A-Z0-9:%_-]*=\"[^\"]*\"\s+[A-Z][A-Z0-9:%_-]*=\"[^\"]*\"\s*$|"
        rf"NAME=\"{_BLOCK}\S*\"\s*$"
        rf"|[\s│├└─|`\\-]{{0,40}}\S.{{0,200}}?\s\d{{1,3}}:\d{{1,"
        rf"7}}\s+[01]\s+\d\S*\s+[01]\s+{_TYPES}\b",
        rf"[\s│|]*(?:[├└]|`-|\|-|`─|\|─)|\s*{_BLOCK}\S*(?:\s|$)|\s*\S+.*\s{_TYPES}(?:\s|$)|"
        rf"\s{{10,}}\S|[\s│|]*(?:/|\[SWAP\])\S*\s*$",
    ),
    Kind(
        "lsscsi",
        r"\s*\[(?:\d+(?::\d+){2}:(?:\d+|0x[0-9a-f]+)|N:\d+:\d+:\d+|N:\d+)\]\s|"
        r"\s*\[\d+\]\s+[\w<>-]+|\s*Host: scsi\d+ Channel:|Attached devices:",
        r"\s*(?:Vendor:|Type:|dir:|device dir:|\w+=)",
    ),
    Kind(
        "ethtool -i",
        r"\s*(?:driver: \S+\s*$|firmware-version:|bus-info:|expansion-rom-version:)",
        r"\s*(?:version:|driver:|supports-[\w-]+:)|[\w.@-]{2,15}:\s*$",
    ),
    Kind(
        "ethtool -l",
        r"\s*(?:Channel parameters for |Pre-set maximums:\s*$)",
        r"\s*(?:RX|TX|Other|Combined|Current hardware settings)\b",
    ),
    Kind(
        NO_USE,
        r"(?:Settings|Features|Ring parameters|Coalesce parameters|Pause parameters) for "
        r"\S+:|NIC statistics:"
        r"|(?:Cannot|No|netlink).{0,60}: (?:Operation not|No such)",
        r"\s+\S",
        free=True,
    ),
    Kind(
        "dmidecode",
        r"# dmidecode \d|\s*Handle 0x[0-9A-Fa-f]+,? DMI type|\s*DMI type \d+, \d+ "
        r"bytes|SMBIOS [\d.]+ present"
        r"|\s*(?:BIOS|System|Base Board|Chassis|System Boot|Processor|Cache) "
        r"Information\s*$|\s*OEM Strings\s*$|Getting SMBIOS data|# SMBIOS",
        r"\t\S|\s*(?:Manufacturer|Product Name|Serial Number|SKU Number|Family|UUID|Wake-up "
        r"Type|Asset Tag|Release Date|ROM Size|Characteristics):",
        free=True,
    ),
    Kind(
        "lscpu",
        rf"\s*(?:{_LSCPU})\s*[:：]|\s*(?:CPU op-mode\(s\)|On-line CPU\(s\) list|"
        r"Thread\(s\) per core|Core\(s\) per (?:socket|cluster)|Hypervisor "
        r"vendor|Hypervisor|Virtualization type|BIOS Model name|"
        r"NUMA node\d+ CPU\(s\)|Model name|L1[di] cache|Byte Order|CPU\(s\)):"
        rf"|\s*(?=[^:：]{{0,60}}(?:{_HYPERVISOR}))[^:：]{{1,60}}[:：]\s*(?:KVM|Xen|Microsoft|"
        r"VMware|Oracle|Parallels|bhyve)\s*$",
        r"[^\s:：][^:：]{0,60}[:：]|\s+\S",
        free=True,
    ),
    Kind(
        "/proc/cpuinfo",
        r"(?:processor\s*: \d+|vendor_id\s*:|cpu family\s*:|model name\s*:|flags\s*: \w+ "
        r"\w+|bogomips\s*:|bogomips per cpu\s*:)",
        r"[\w ]{2,20}\s*:",
        free=True,
    ),
    # With --query=property the keys stand alone, in any order.
    Kind(
        "udevadm",
        r"\s*P: /|\s*E: "
        r"[A-Z]\w*=|\s*(?:DEVPATH=/|DEVNAME=/?\w|DEVLINKS=/dev/|DEVTYPE=(?:disk|partition)"
        r"\s*$|SUBSYSTEM=(?:block|net)\s*$|"
        r"USEC_INITIALIZED=\d|ID_(?:BUS|MODEL|VENDOR|SERIAL|PATH|ATA|SCSI|REVISION|TYPE|WWN|"
        r"FS_\w+|PART_\w+|NET_\w+|USB_\w+)(?:_\w+)?=|"
        r"(?:MAJOR|MINOR|IFINDEX|DISKSEQ)=\d+\s*$)",
        r"\s*(?:[A-Z]: \S|[A-Z][A-Z0-9_]+=)",
        free=True,
    ),
    Kind(
        "udevadm -a",
        r"\s*looking at (?:parent )?device '/|Udevadm info starts with",
        r"\s*(?:KERNEL|SUBSYSTEM|DRIVER|ATTR)\w*(?:\{[^}]*\})?==",
        free=True,
    ),
    Kind(
        "/boot/config-*",
        r"(?:\S+:)?(?:# )?CONFIG_[A-Z0-9_]+(?:=| is not set)|# Automatically generated "
        r"(?:file|make config)|# Linux/\S+ \S+ Kernel Configuration|# Compiler: ",
        r"#",
    ),
    Kind(
        "/proc/cmdline",
        r"(?:BOOT_IMAGE=|initrd=|(?:\S+ "
        r")*?root=(?:UUID|LABEL|PARTUUID|/dev/|ZFS|live:)\S*(?:\s|$))",
    ),
    Kind(
        "/etc/fstab",
        r"\s*(?:(?:UUID|LABEL|PARTUUID|PARTLABEL)=\S+|/dev/\S+)\s+(?!/dev/)(?:/\S*|none|swap)"
        r"\s+[a-z][\w,.]*\s+(?:defaults|sw|rw|ro|no\w+|[\w=./:-]+,\S+)(?:,\S*)?(?:\s+\d){0,"
        r"2}\s*$|#\s*/etc/fstab",
        r"#",
    ),
    Kind(
        "lsmod",
        r"\s*Module\s+Size\s+Used by|\w+ \d+ \d+ \S+ (?:Live|Loading|Unloading) "
        r"0x|\s*[a-z]\w+\s{2,}\d{3,9}\s+\d{1,4}(?:\s+[\w,\[\]-]+)?\s*$",
    ),
    Kind(
        "/etc/os-release",
        r"(?:PRETTY_NAME|NAME|ID|ID_LIKE|VERSION_ID|VERSION|VERSION_CODENAME|CPE_NAME|"
        r"ANSI_COLOR|HOME_URL|BUG_REPORT_URL|SUPPORT_URL|PLATFORM_ID)=",
        r"[A-Z][A-Z_]+=",
    ),
    Kind(
        "uname",
        rf"Linux \S+ \d+\.\d+\S* #?\d.*\b{_ARCHITECTURES}\b|Linux "
        rf"\d+\.\d+\.\d\S* {_ARCHITECTURES}\s*$",
    ),
    Kind("/proc/version", r"Linux version \d+\.\d+"),
    Kind(
        "lshw -short",
        r"H/W path\s+Device\s+Class\s+Description",
        r"/\d|\s*=====|/0\S*\s|\S+\s+(?:network|disk|volume|storage|system|bus|memory|"
        r"processor|bridge|display|generic|multimedia|input|communication)\s|\s{10,}\S",
    ),
    Kind(
        "lshw",
        r"\s*\*-[a-z][\w:.-]*(?:\s+(?:DISABLED|UNCLAIMED))?\s*$",
        r"\s+\S|(?:description|product|vendor|physical id|bus info|logical "
        r"name|version|serial|width|clock|"
        r"capabilities|configuration|resources|size|capacity):",
        free=True,
    ),
    Kind(GREP, r"/(?:sys/(?!devices/|bus/)|proc/)[\w./@+-]{1,200}:[^/\s]"),
    Kind("sysfs", r"/sys/\S+ -> /sys/devices/|/sys/(?:class|bus|devices)/\S+ = |/sys/\S+/ : "),
    Kind(
        "ls -l /sys",
        r".{0,120}\S+ -> "
        r"(?:\.\./|/sys/)+(?:devices/|class/)?\S+|(?:/sys|\.\.(?:/\.\.)*)/devices/\S+/"
        r"(?:block|net)/\S+\s*$",
        r"total \d|insgesamt|[\w/.-]+:\s*$",
    ),
    Kind("/proc/self/mountinfo", r"\d+ \d+ \d+:\d+ /\S* /\S* "),
    Kind(
        "mount",
        r"\S+ (?:on|auf|sur|en) /\S* (?:type|Typ) \w+ \(|(?:/dev/\S+|\w+) /\S* \w+ "
        r"(?:rw|ro)[,\w=:/.-]* 0 0$",
    ),
    Kind(
        "findmnt",
        r"\s*TARGET\s+SOURCE\s+FSTYPE|[├└│─|`-]+/\S*\s+\S+\s+\w+\s+(?:rw|ro)",
        r"[├└│─|` -]*/\S*\s",
    ),
    Kind("ip", r"\d+: [\w.@-]+: <[A-Z_,-]+>", r"\s+\S|\d+:"),
    Kind("ip", r"[\w.@-]+\s+(?:UP|DOWN|UNKNOWN)\s+(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|\d+\.\d+)\S*"),
    Kind("modinfo", r"filename:\s+(?:/|\(builtin\))", r"[a-z]+:\s", free=True),
    Kind(
        "dmesg",
        r"(?:\[\s*\d+\.\d{6}\]|[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ kernel:|\[[A-Z][a-z]{2} "
        r"[A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}\])\s",
    ),
    Kind("/proc/meminfo", r"MemTotal:\s+\d", r"\w+(?:\(\w+\))?:\s+\d"),
    Kind("/proc/swaps", r"Filename\s+Type\s+Size\s+Used", r"/\S+\s+(?:partition|file)\s"),
    Kind(
        "hostnamectl",
        r"\s*(?:Static hostname|Icon name|Virtualization|Operating System|Machine ID|Boot "
        r"ID|Hardware Vendor|Hardware Model): \S",
        r"\s*(?:Kernel|Architecture|CPE OS Name|Chassis|Firmware \w+|Transient "
        r"hostname|Pretty hostname):",
    ),
    Kind(
        "/proc/sysinfo",
        r"VM\d\d Control Program:\s|LPAR Number:\s",
        r"(?:VM|LPAR|CPU)\d*\s?\w+[\w ]*:|Manufacturer:|Type:|Model",
        free=True,
    ),
    Kind(
        NO_USE,
        r"(?:Name:\t\w+$|Tgid:\t\d|State:\t|Distributor ID:|Codename:)",
        r"[\w-]+:\t",
        free=True,
    ),
    Kind(NO_USE, r"pcilib: |(?:/\S*/)?lsblk: |Usage:\s*$|total \d+$"),
)


# The columns of lsblk up to util-linux 2.41; those of the second list no other table has.
_COLUMN_NAMES = (
    "ALIGNMENT DAX DISC-ALN DISC-GRAN DISC-MAX DISC-ZERO DISK-SEQ FSAVAIL FSROOTS FSSIZE FSTYPE "
    "FSUSE% FSUSED FSVER GROUP HCTL HOTPLUG ID ID-LINK KNAME LABEL LOG-SEC MAJ MAJ:MIN MIN "
    "MIN-IO MODE MODEL MOUNTPOINT MOUNTPOINTS MQ NAME OPT-IO OWNER PARTFLAGS PARTLABEL PARTN "
    "PARTTYPE PARTTYPENAME PARTUUID PATH PHY-SEC PKNAME PTTYPE PTUUID RA RAND REV RM RO ROTA "
    "RQ-SIZE SCHED SERIAL SIZE START STATE SUBSYSTEMS TRAN TYPE UUID VENDOR WSAME WWN ZONE-AMAX "
    "ZONE-APP ZONE-NR ZONE-OMAX ZONE-SZ ZONE-WGRAN ZONED"
)
_LSBLK_COLUMNS = frozenset(_COLUMN_NAMES.split())
_LSBLK_ALONE = frozenset(("KNAME", "MAJ:MIN", "PKNAME", "HCTL", "TRAN", "DISC-GRAN", "PHY-SEC"))
# A table of another program: zpool, zfs, kubectl and swapon have a column NAME as well.
_OTHER_TABLE = Kind(NO_USE, "", "", free=True)


def _is_other_table(line: str) -> bool:
    """Return whether a line that looks like lsblk's header has columns that lsblk does not have."""
    words = line.split()
    if '"' in line or not words or not all(word.upper() == word for word in words):
        return False
    if _LSBLK_ALONE.intersection(words):
        return False
    # The last column may be cut off at the terminal's edge.
    cut = any(name.startswith(words[-1]) for name in _LSBLK_COLUMNS)
    return not _LSBLK_COLUMNS.issuperset(words[:-1] if cut else words)


_STARTS = re.compile("|".join(f"(?P<k{number}>{kind.start})" for number, kind in enumerate(KINDS)))
_MORE: Dict[int, Callable[[str], Optional["re.Match[str]"]]] = {
    id(kind): re.compile(kind.more).match for kind in KINDS if kind.more
}
_SHOWN = 400  # characters by which a line is known


def kind_of(line: str) -> Optional[Kind]:
    """Return the kind that a line gives away; None where it could be anything."""
    found = _STARTS.match(line[: _SHOWN * 2].lstrip()[:_SHOWN])
    if not found or not found.lastgroup:
        return None
    kind = KINDS[int(str(found.lastgroup)[1:])]
    return _OTHER_TABLE if kind.key == "lsblk" and _is_other_table(line) else kind


def goes_on(kind: Kind, line: str) -> bool:
    """Tell whether a line belongs to a kind that has begun."""
    more = _MORE.get(id(kind))
    return more is not None and more(line[:_SHOWN]) is not None


def known_keys() -> List[str]:
    """Return the keys of all kinds that are known by content."""
    return [kind.key for kind in KINDS if kind.key != NO_USE]
