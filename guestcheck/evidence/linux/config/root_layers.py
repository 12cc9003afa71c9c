"""What the guest's files say about the layers below its file systems, and which systemd and which
init it has.

GRUB loads a module for each layer below the file system with its kernels (grub-mkconfig writes
`insmod lvm`, `mdraid1x`, `luks` …), and a package owns /sbin/init.
"""

from typing import List, Optional, Tuple

from guestcheck.evidence.linux.config.storage_config import Init
from guestcheck.model.guest_config import GrubModule, Line
from guestcheck.model.source import CUT, OK, Answer, File, Listing, Question, ReadInPartError

_LIMIT = 4 << 20
_KEPT = r"\s*insmod\s|\s*menuentry\s|### BEGIN |\s*cryptomount\s"
# Entries of other systems on this machine: what GRUB loads for them says nothing about this one.
_MOST_MODULES = 20_000
_FOREIGN = "os-prober"


def _parse_layers(answers: List[Answer]) -> Tuple[GrubModule, ...]:
    """Return the modules of all configurations, at most `_MOST_MODULES` of each."""
    each = [_grub_modules(answer) for answer in answers]
    found = tuple(module for modules in each for module in modules[:_MOST_MODULES])
    if any(len(modules) > _MOST_MODULES for modules in each):
        says = f"more than {_MOST_MODULES} modules of GRUB; the others were not looked at"
        raise ReadInPartError(says, found)
    return found


def _grub_modules(answer: Answer) -> List[GrubModule]:
    """Return each `insmod` with whether it is in a menu entry; what stands before the first entry
    serves GRUB's own screen.
    """
    found: List[GrubModule] = []
    foreign = in_entry = False
    if answer.status not in (OK, CUT):
        return found
    for number, text in enumerate(answer.text.split("\n"), 1):
        words = text.split()
        if text.startswith("### BEGIN "):
            foreign, in_entry = _FOREIGN in text, False
        elif words[:1] == ["menuentry"]:
            in_entry = True
        elif len(words) > 1 and words[0] in ("insmod", "cryptomount") and not foreign:
            line = Line(answer.asked, number, " ".join(words))
            names = words[1:] if words[0] == "insmod" else ["cryptodisk"]
            found += [
                GrubModule(line, name, in_entry) for name in names if len(found) <= _MOST_MODULES
            ]
    return found


GRUB_MODULES = Question[Tuple[GrubModule, ...]](
    "grub_modules",
    "which modules GRUB loads for the file systems that it reads: LVM, RAID, encryption",
    (
        File("/boot/grub/grub.cfg", limit=_LIMIT, keep=_KEPT),
        File("/boot/grub2/grub.cfg", limit=_LIMIT, keep=_KEPT),
        File("/boot/efi/EFI/*/grub.cfg", limit=_LIMIT, keep=_KEPT),
    ),
    _parse_layers,
    "whether the root file system lies on LVM, RAID or encryption",
    quiet=True,
    deep=True,
)


def _parse_version(answers: List[Answer]) -> Optional[int]:
    versions = [_version(line) for answer in answers for line in answer.text.split("\n")]
    return max((version for version in versions if version), default=None)


def _version(path: str) -> int:
    """Return the version in the name of systemd's library, 0 where there is none.

    >>> _version("/usr/lib/systemd/libsystemd-shared-252.11-1.fc38.so"), _version("/lib/systemd/libsystemd-shared-247.so"), _version("/x")
    (252, 247, 0)
    """
    _, mark, rest = path.rpartition("libsystemd-shared-")
    digits = rest[:3]
    return int(digits) if mark and len(digits) == 3 and digits.isascii() and digits.isdigit() else 0


SYSTEMD_VERSION = Question[Optional[int]](
    "systemd_version",
    "which systemd reads fstab",
    (
        Listing(
            "/usr/lib/systemd/libsystemd-shared-*.so /lib/systemd/libsystemd-shared-*.so "
            "/usr/lib/*/systemd/libsystemd-shared-*.so"
            " /usr/lib64/systemd/libsystemd-shared-*.so"
        ),
    ),
    _parse_version,
    "which options of fstab systemd knows",
    quiet=True,
    deep=True,
)

# The file list of the package that owns /sbin/init: Debian's and those made of it have one of
# these, Arch's dkms and others none.
_OWNERS = {
    "systemd-sysv": "systemd",
    "sysvinit-core": "sysvinit",
    "runit-init": "runit",
    "upstart": "upstart",
    "openrc-sysvinit": "openrc",
}


def _parse_owner(answers: List[Answer]) -> Init:
    names = {
        line.rpartition("/")[2].rpartition(".list")[0]
        for answer in answers
        for line in answer.text.split("\n")
    }
    found = sorted(name for name in names if name in _OWNERS)
    return Init(_OWNERS[found[0]], found[0]) if len(found) == 1 else Init("", "")


INIT_OWNER = Question[Init](
    "init_owner",
    "which package owns /sbin/init",
    (Listing(" ".join(f"/var/lib/dpkg/info/{name}.list" for name in _OWNERS)),),
    _parse_owner,
    "which init starts where several are installed",
    quiet=True,
    deep=True,
)
