"""Installed kernels: their configuration, and which drivers they have built in, as module files, or
loaded.

Configurations lie in /boot, /lib/modules, or in the running kernel itself (/proc/config.gz). A line
`CONFIG_X=y|m`, a line `# CONFIG_X is not set` and no line at all are three answers.
`modules.builtin` names what is built in (Documentation/kbuild/kbuild.rst); module files end in .ko,
.ko.gz, .ko.xz or .ko.zst.
"""

from typing import Dict, FrozenSet, List, NamedTuple, Tuple

from guestcheck.model.digits import is_digits
from guestcheck.model.source import CUT, OK, Answer, Command, File, Listing, Question

# A kernel's configuration has thousands of lines; fewer were picked out by somebody, and then a
# missing line proves nothing.
_FEWEST_LINES = 300


_NOT_SET = " is not set"


class Config(NamedTuple):
    """A kernel's options: y, m, n (explicitly not set) or a value. `complete` is False for an
    excerpt.
    """

    path: str
    symbols: Dict[str, str]
    complete: bool
    release: str


def parse_config(text: str) -> Dict[str, str]:
    """Read a kernel configuration.

    >>> parse_config("CONFIG_VIRTIO_BLK=m\\n# CONFIG_SCSI is not set\\n")
    {'CONFIG_SCSI': 'n', 'CONFIG_VIRTIO_BLK': 'm'}
    """
    # Comprehensions: a distribution's configuration has ten thousand lines, and there may be
    # several.
    lines = text.replace("\r", "").split("\n")
    symbols = dict.fromkeys(
        [
            line[2 : -len(_NOT_SET)]
            for line in lines
            if line.startswith("# CONFIG_") and line.endswith(_NOT_SET)
        ],
        "n",
    )
    told = (line.partition("=") for line in lines if line.startswith("CONFIG_"))
    symbols.update([(name, value) for name, mark, value in told if mark])
    return symbols


def _parse_configs(answers: List[Answer]) -> Tuple[Config, ...]:
    configs = []
    for answer in answers:
        symbols = parse_config(answer.text)
        if not symbols:
            continue
        whole = answer.status == OK and answer.text.endswith("\n") and len(symbols) >= _FEWEST_LINES
        configs.append(Config(answer.asked, symbols, whole, _release_of(answer)))
    if not configs:
        raise ValueError("no option in it")
    return tuple(configs)


def _release_of(answer: Answer) -> str:
    """Tell the kernel's release from the file's name; "" for /proc/config.gz, which is the running
    kernel's.
    """
    folder, _, name = answer.asked.rpartition("/")
    if name.startswith("config-"):
        return name[len("config-") :]
    return folder.rpartition("/")[2] if "/modules/" in folder else ""


CONFIGS = Question[Tuple[Config, ...]](
    "kernel_config",
    "the configuration of every installed kernel",
    (
        File("/boot/config-*"),
        File("/lib/modules/*/config"),
        File("/usr/lib/ostree-boot/config-*"),
        File("/proc/config.gz"),
    ),
    _parse_configs,
    "which drivers are built in or switched off in the installed kernels",
)


def module_name(path: str) -> str:
    """Return the module's name as the kernel writes it, of a file's path.

    >>> module_name("kernel/drivers/net/ethernet/8390/ne2k-pci.ko.xz")
    'ne2k_pci'
    """
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


def _by_release(answers: List[Answer]) -> Dict[str, List[str]]:
    lines: Dict[str, List[str]] = {}
    for answer in answers:
        if answer.status != OK:  # of a list that was cut what is missing proves nothing
            continue
        parts = answer.asked.split("/modules/", 1)
        if len(parts) == 2:
            release = parts[1].split("/", 1)[0]
            lines.setdefault(release, []).extend(line for line in answer.text.split("\n") if line)
    return lines


def _parse_builtin(answers: List[Answer]) -> Dict[str, FrozenSet[str]]:
    return {
        release: frozenset(map(module_name, lines))
        for release, lines in _by_release(answers).items()
    }


def _parse_some_builtin(answers: List[Answer]) -> FrozenSet[str]:
    """Read `modinfo`: of what is built in it prints the name, and "(builtin)" for a file name below
    it (kmod, modinfo.c).
    """
    found = set()
    name = ""
    for line in (line for answer in answers for line in answer.text.split("\n")):
        field, _, value = line.partition(":")
        if field == "name":
            name = value.strip().replace("-", "_")
        elif field == "filename" and value.strip() == "(builtin)" and name:
            found.add(name)
    return frozenset(found)


SOME_BUILTIN = Question[FrozenSet[str]](
    "modules_some_builtin",
    "which modules the running kernel has built in, as far as an archive shows it: others may "
    "be too",
    (),
    _parse_some_builtin,
    "which drivers are built in",
    quiet=True,
    also=(Command(("modinfo", "MODULES")),),
)


BUILTIN = Question[Dict[str, FrozenSet[str]]](
    "modules_builtin",
    "which modules each installed kernel has built in",
    (File("/lib/modules/*/modules.builtin"),),
    _parse_builtin,
    "which drivers are built in, beyond what the kernels' configurations say",
)


def _parse_files(answers: List[Answer]) -> Dict[str, Dict[str, str]]:
    found: Dict[str, Dict[str, str]] = {}
    for answer in answers:
        if answer.status == CUT:
            continue  # a file that is missing in it may be there
        lines = answer.text.split("\n")
        if answer.asked.endswith("/modules.dep"):
            lines = _from_dep(answer.asked, lines)
        for line in lines:
            release = line.split("/modules/", 1)[-1].split("/", 1)[0] if "/modules/" in line else ""
            if release and ".ko" in line:
                found.setdefault(release, {})[module_name(line)] = line
    if not found and not any(answer.status == OK for answer in answers):
        raise ValueError("no module file in it")
    return found


def _from_dep(path: str, lines: List[str]) -> List[str]:
    """Return the module files that modules.dep names; depmod wrote down those that were there
    (depmod(8)).
    """
    folder = path.rpartition("/")[0]
    names = (line.partition(":")[0].strip() for line in lines if ":" in line)
    return [name if name.startswith("/") else f"{folder}/{name}" for name in names]


FILES = Question[Dict[str, Dict[str, str]]](
    "module_files",
    "which module files lie on the disk, by kernel",
    (Listing("/lib/modules/*", (".ko", ".ko.gz", ".ko.xz", ".ko.zst")),),
    _parse_files,
    "whether a driver that is a module has its file",
    also=(File("/lib/modules/*/modules.dep"),),
)

RELEASES = Question[Tuple[str, ...]](
    "kernel_releases",
    "which kernels are installed",
    (
        Listing(
            "/lib/modules/*/kernel /lib/modules/*/vmlinuz /boot/vmlinuz-* /boot/vmlinux-* "
            "/boot/initr*"
        ),
    ),
    lambda answers: tuple(line for answer in answers for line in answer.text.split("\n") if line),
    "which kernels are installed",
    quiet=True,
)


def _parse_loaded(answers: List[Answer]) -> FrozenSet[str]:
    if answers[0].status == CUT:
        raise ValueError("only its beginning was read")
    rows = (
        line.split()
        for line in answers[0].text.split("\n")
        if line[:1].isalnum() or line[:1] == "_"
    )
    names = [
        row[0] for row in rows if len(row) >= 3 and is_digits(row[1])
    ]  # lsmod has a line of headings besides
    return frozenset(name.replace("-", "_") for name in names)


LOADED = Question[FrozenSet[str]](
    "modules_loaded",
    "which modules are loaded in the running kernel",
    (File("/proc/modules"),),
    _parse_loaded,
    "which drivers are loaded (a kernel without modules has no such list, and that is fine)",
    quiet=True,
    also=(Command(("lsmod",)),),
)
