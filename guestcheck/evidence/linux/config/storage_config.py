"""What names disks: fstab, crypttab, mdadm, LVM, multipath, GRUB's defaults, cloud-init, resume;
and what reads them first.

None of it is asked by the report on a running guest, which has no use for it; `preflight` and
`collect` ask. Of files that hold more than names the lines that matter are taken alone. See
fstab(5), crypttab(5), mdadm.conf(5), lvm.conf(5), lvmdevices(8), multipath.conf(5), GRUB's manual
("Simple configuration handling") and cloud-init's modules disk_setup and mounts.
"""

from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from guestcheck.model.digits import number_of
from guestcheck.model.guest_config import Crypt, Fstab, GrubFiles, Line, Lvm, LvmDevice, Setting
from guestcheck.model.source import CUT, OK, Answer, File, FirstOf, Listing, Question

_SMALL = 65536
_NOT_A_COMMENT = r"\s*[^#;\s]"


def in_either_case(word: str) -> str:
    """Return a pattern for `word` in small letters and capitals, in the few signs that every `sed`
    knows.

    >>> in_either_case("psk")
    '[Pp][Ss][Kk]'
    """
    return "".join(f"[{letter.upper()}{letter}]" for letter in word)


def lines_of(answers: Sequence[Answer]) -> Iterator[Line]:
    """Yield every line that is neither empty nor a comment, with blanks made one; lines that end in
    a backslash go on.
    """
    for answer in answers:
        if answer.status not in (OK, CUT):
            continue
        begun: List[str] = []
        number = 0
        for count, text in enumerate(answer.text.split("\n"), 1):
            number = number if begun else count
            words = text.split()
            if not begun and (not words or words[0].startswith("#")):
                continue
            if words and words[-1].endswith("\\"):
                begun.append(" ".join(words)[:-1] + " ")
                continue
            yield Line(
                answer.asked,
                number,
                " ".join("".join((*begun, *(f"{word} " for word in words))).split()),
            )
            begun = []
        if "".join(begun).strip():
            yield Line(answer.asked, number, " ".join("".join(begun).split()))


def unescaped(word: str) -> str:
    r"""Read fstab's and mountinfo's octal digits for blanks and backslashes.

    >>> unescaped(r"LABEL=a\040b")
    'LABEL=a b'
    """
    for code, character in (
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\043", "#"),
        ("\\134", "\\"),
    ):
        word = word.replace(code, character)
    return word


def _parse_fstab(answers: List[Answer]) -> Tuple[Fstab, ...]:
    found = []
    for line in lines_of(answers):
        words = line.text.split(" ")
        if len(words) < 2:
            continue
        _, where, kind, options, _, passno = (
            *words[:6],
            *("", "", "auto", "defaults", "0", "0")[len(words) :],
        )
        spec = unescaped(words[0]).replace('"', "")
        found.append(
            Fstab(
                line,
                spec,
                unescaped(where),
                kind,
                tuple(options.split(",")),
                number_of(passno) or 0,
            )
        )
    return tuple(found)


FSTAB = Question[Tuple[Fstab, ...]](
    "fstab",
    "what is mounted at boot, by which names",
    # A network share's line may hold its password, and concerns no disk.
    (
        File(
            "/etc/fstab",
            limit=_SMALL * 4,
            without=f".*{in_either_case('pass')}({in_either_case('word')}|{in_either_case('wd')})"
            "?\\d?=",
        ),
    ),
    _parse_fstab,
    "which file systems would be missing under another disk name",
    quiet=True,
    deep=True,
)


def parse_crypttab(answers: Sequence[Answer]) -> Tuple[Crypt, ...]:
    """Read crypttab."""
    found = []
    for line in lines_of(answers):
        words = [*line.text.split(" "), "", ""]
        if len(words) >= 4:
            found.append(
                Crypt(
                    line,
                    words[0],
                    unescaped(words[1]).replace('"', ""),
                    words[2],
                    tuple(word for word in words[3].split(",") if word),
                )
            )
    return tuple(found)


CRYPTTAB = Question[Tuple[Crypt, ...]](
    "crypttab",
    "which encrypted devices are opened at boot, by which names",
    (File("/etc/crypttab", limit=_SMALL),),
    parse_crypttab,
    "which encrypted devices would be missing under another disk name",
    quiet=True,
    deep=True,
)


def parse_arrays(answers: Sequence[Answer]) -> Tuple[Setting, ...]:
    """Read mdadm.conf."""
    found: List[Tuple[Line, List[str]]] = []
    for answer in answers:
        rows = answer.text.split("\n")
        for line in lines_of([answer]):
            # A line that begins with a blank goes on with the one before it: mdadm.conf(5).
            begins_blank = rows[line.number - 1][:1].isspace()
            if begins_blank and found:
                found[-1][1].extend(line.text.split(" "))
            else:
                found.append((line, line.text.split(" ")))
    return tuple(
        Setting(line, words[0].upper(), tuple(words[1:]))
        for line, words in found
        if words[0].upper() in ("DEVICE", "ARRAY", "AUTO")
    )


ARRAYS = Question[Tuple[Setting, ...]](
    "mdadm_conf",
    "by which names mdadm looks for its arrays' members",
    (
        File(
            "/etc/mdadm/mdadm.conf",
            limit=_SMALL,
            keep=r"\s*(DEVICE|ARRAY|AUTO|device|array|auto)|\s+\S",
        ),
        File(
            "/etc/mdadm.conf", limit=_SMALL, keep=r"\s*(DEVICE|ARRAY|AUTO|device|array|auto)|\s+\S"
        ),
    ),
    parse_arrays,
    "whether mdadm would look for its arrays' members elsewhere",
    quiet=True,
    deep=True,
)

_LVM_SETTINGS = ("use_devicesfile", "devicesfile", "filter", "global_filter", "scan_lvs", "types")


def parse_lvm(answers: Sequence[Answer]) -> Lvm:
    """Read LVM's configuration and its devices file."""
    settings: List[Setting] = []
    devices: Optional[List[LvmDevice]] = None
    refreshes = False
    file = ""
    for answer in answers:
        if answer.status not in (OK, CUT):
            continue
        if answer.asked.partition(" in ")[0].endswith("/lvm/devices/system.devices"):
            found = list(_lvm_devices(answer))
            # Of a file that was cut the devices may be in what is missing.
            if found or answer.status == OK:
                devices, file = [*(devices or []), *found], answer.asked
            refreshes = refreshes or any(
                line.text.startswith(("PRODUCT_UUID=", "HOSTNAME=")) for line in lines_of([answer])
            )
        elif answer.asked.partition(" in ")[0].endswith(".conf"):
            settings += _lvm_settings(answer)
    return Lvm(tuple(settings), None if devices is None else tuple(devices), refreshes, file)


def _lvm_settings(answer: Answer) -> Iterator[Setting]:
    """Yield what stands after `NAME =`, lists over several lines too: lvm.conf(5)."""
    lines = list(lines_of([answer]))
    following = 0
    while following < len(lines):
        line = lines[following]
        following += 1
        name, mark, value = line.text.partition("=")
        if not mark or name.strip().rpartition("/")[2] not in _LVM_SETTINGS:
            continue
        parts, still_open = [value], value.count("[") - value.count("]")
        while still_open > 0 and following < len(lines):
            parts.append(lines[following].text)
            still_open += parts[-1].count("[") - parts[-1].count("]")
            following += 1
        value = " ".join(parts)
        yield Setting(
            line,
            name.strip().rpartition("/")[2],
            tuple(_quoted(value)) if '"' in value else (value.strip(" []"),),
        )


def _quoted(text: str) -> List[str]:
    return text.split('"')[1::2]


def _lvm_devices(answer: Answer) -> Iterator[LvmDevice]:
    for line in lines_of([answer]):
        fields = dict(word.partition("=")[::2] for word in line.text.split(" "))
        if "IDTYPE" in fields:
            yield LvmDevice(
                line,
                fields["IDTYPE"],
                fields.get("IDNAME", ""),
                fields.get("DEVNAME", ""),
                fields.get("PVID", ""),
            )


LVM = Question[Lvm](
    "lvm_conf",
    "by which names and ids LVM looks for its physical volumes",
    (
        File("/etc/lvm/lvm.conf", limit=_SMALL * 8, keep=_NOT_A_COMMENT),
        File("/etc/lvm/lvmlocal.conf", limit=_SMALL * 8, keep=_NOT_A_COMMENT),
        File("/etc/lvm/devices/system.devices", limit=_SMALL * 4),
    ),
    parse_lvm,
    "whether LVM would still find its physical volumes",
    quiet=True,
    deep=True,
)


def _parse_groups(answers: List[Answer]) -> Tuple[str, ...]:
    """Return the names of volume groups: of backup/NAME and archive/NAME_NUMBER-NUMBER.vg,
    vgcfgbackup(8).
    """
    found = {}
    for path in (line for answer in answers for line in answer.text.split("\n")):
        name = path.rpartition("/")[2]
        group = (
            name if "/backup/" in path else name.rpartition("_")[0] if name.endswith(".vg") else ""
        )
        if group:
            found[group] = True
    return tuple(found)


VOLUME_GROUPS = Question[Tuple[str, ...]](
    "lvm_groups",
    "which volume groups LVM keeps backups of",
    (Listing("/etc/lvm/backup/* /etc/lvm/archive/*"),),
    _parse_groups,
    "whether a name below /dev is that of a logical volume",
    quiet=True,
    deep=True,
)

MULTIPATH = Question[Tuple[Setting, ...]](
    "multipath_conf",
    "by which names and ids multipath chooses its disks",
    (
        File(
            "/etc/multipath.conf",
            limit=_SMALL,
            keep=r"\s*(wwid|devnode|find_multipaths|alias|user_friendly_names)(\s|$)",
        ),
    ),
    lambda answers: tuple(
        Setting(line, line.text.split(" ")[0], tuple(line.text.split(" ")[1:]))
        for line in lines_of(answers)
    ),
    "whether multipath would still choose the same disks",
    quiet=True,
    deep=True,
)


def _parse_grub(answers: List[Answer]) -> GrubFiles:
    defaults: List[Setting] = []
    places: List[Setting] = []
    install: List[Setting] = []
    for answer in answers:
        for line in lines_of([answer]):
            if answer.asked.endswith("device.map"):
                words = line.text.split(" ")
                places.append(Setting(line, words[0].strip("()"), tuple(words[1:])))
            elif answer.asked.endswith("config.dat"):
                if line.text.startswith("Value:"):
                    install.append(
                        Setting(
                            line,
                            "grub-pc/install_devices",
                            tuple(line.text[6:].replace(",", " ").split()),
                        )
                    )
            else:
                name, mark, value = line.text.partition("=")
                if mark and name.startswith("GRUB_"):
                    defaults.append(Setting(line, name, (value.strip("\"'"),)))
    return GrubFiles(tuple(defaults), tuple(places), tuple(install))


GRUB = Question[GrubFiles](
    "grub_files",
    "what GRUB's own tools take for the disks",
    (
        File(
            "/etc/default/grub",
            limit=_SMALL,
            keep=r"\s*GRUB_(CMDLINE|DEVICE|DISABLE_LINUX|DEFAULT|PRELOAD)",
        ),
        File(
            "/etc/default/grub.d/*.cfg",
            limit=_SMALL,
            keep=r"\s*GRUB_(CMDLINE|DEVICE|DISABLE_LINUX|DEFAULT|PRELOAD)",
        ),
        FirstOf(
            (
                File("/boot/grub/device.map", limit=_SMALL),
                File("/boot/grub2/device.map", limit=_SMALL),
            )
        ),
        # All answers that were ever given to questions of packages are in it: of those, one.
        File(
            "/var/cache/debconf/config.dat",
            limit=_SMALL * 256,
            within=(r"Name: grub-pc/install_devices$", r"\s*$"),
        ),
    ),
    _parse_grub,
    "what an update of GRUB or of its menu would write",
    quiet=True,
    deep=True,
)

_CLOUD = (r"(disk_setup|fs_setup|mounts|swap)\s*:", r"[^\s#-]")

_SECRET = ".*(" + "|".join(map(in_either_case, ("pass", "secret", "key"))) + ")"

CLOUD = Question[Tuple[Line, ...]](
    "cloud_disks",
    "which disks cloud-init is told to part, format or mount",
    (
        File("/etc/cloud/cloud.cfg", limit=_SMALL, within=_CLOUD, without=_SECRET),
        File("/etc/cloud/cloud.cfg.d/*.cfg", limit=_SMALL, within=_CLOUD, without=_SECRET),
    ),
    lambda answers: tuple(lines_of(answers)),
    "whether cloud-init would take another disk for one of its own",
    quiet=True,
    deep=True,
)

RESUME = Question[Tuple[Setting, ...]](
    "resume_conf",
    "from which device the initramfs resumes",
    (File("/etc/initramfs-tools/conf.d/*", limit=_SMALL, keep=r"\s*(RESUME|ROOT)="),),
    lambda answers: tuple(
        Setting(line, name, (value.strip("\"'"),))
        for line in lines_of(answers)
        for name, mark, value in (line.text.partition("="),)
        if mark
    ),
    "whether the initramfs would wait for a device to resume from",
    quiet=True,
    deep=True,
)


_INITS = {
    "systemd": "systemd",
    "openrc": "openrc",
    "openrc-init": "openrc",
    "rc.sysinit": "sysvinit",
    "rcS": "sysvinit",
}


class Init(NamedTuple):
    """Which kind of init there is ("" where it is not known), and the program or script by which
    that was seen.
    """

    kind: str
    program: str


def _parse_init(answers: List[Answer]) -> Init:
    names = [
        line.rpartition("/")[2] for answer in answers for line in answer.text.split("\n") if line
    ]
    return next((Init(init, name) for name, init in _INITS.items() if name in names), Init("", ""))


INIT = Question[Init](
    "init_system",
    "what runs first once the root file system is there",
    (
        Listing(
            "/usr/lib/systemd/systemd /lib/systemd/systemd /sbin/openrc /sbin/openrc-init "
            "/etc/rc.d/rc.sysinit /etc/init.d/rcS"
        ),
    ),
    _parse_init,
    "what a line of fstab does whose device is gone",
    quiet=True,
    deep=True,
)
