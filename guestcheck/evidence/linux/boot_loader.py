"""What boots: the boot loader's entries and which of them is the default.

GRUB 2 with its environment block, alone or with entries of the Boot Loader Specification;
systemd-boot with such entries and unified kernel images; rEFInd; GRUB legacy; extlinux and
syslinux; lilo. Their files are read by `_grub`, `_loader_entries`, `_syslinux` and `_menus`. A
guest may have files of several: which of them starts is decided in `facts/linux/loader.py`, by what
is installed.
"""

from functools import lru_cache
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, TypeVar

from guestcheck.evidence.linux._boot_entry import BootEntry, package_key
from guestcheck.evidence.linux._grub import (
    GrubConfig,
    expanded,
    parse_grub,
    parse_grubenv,
    parse_legacy,
)
from guestcheck.evidence.linux._loader_entries import (
    LoaderEntry,
    efi_text,
    in_order,
    loader_default,
    matching,
    parse_bls,
    parse_unified,
    with_addons,
)
from guestcheck.evidence.linux._menus import parse_command_line, parse_lilo, parse_refind
from guestcheck.evidence.linux._syslinux import included, parse_syslinux
from guestcheck.model.digits import is_digits
from guestcheck.model.guest_config import Place
from guestcheck.model.source import (
    CUT,
    OK,
    Answer,
    ReadInPartError,
)

GRUB = "grub"  # in /boot, whether BIOS or UEFI starts it
GRUB_EFI = "grub-efi"  # with a menu of its own on the EFI system partition
SYSTEMD_BOOT = "systemd-boot"
REFIND = "refind"
LEGACY = "grub-legacy"
SYSLINUX = "syslinux"
LILO = "lilo"
COMMAND_LINE = "kernel-install"  # no loader: what entries are made from


class BootLoader(NamedTuple):
    """All entries in their order, and the word by which the default is chosen ("0", a title, an id;
    None: not told).

    `kind` is GRUB, SYSTEMD_BOOT and so on; `empty` names a menu of it that has no command. `others`
    are loaders whose files are there too; `running` is the loader that says that it started this
    guest. `unread` are files that a menu reads and that were not, where the default may be in one
    of them. `cut` says of which menu not all was read, "" where all was.
    """

    entries: Tuple[BootEntry, ...]
    default: Optional[str]
    says: str
    stubs: Tuple[Place, ...] = ()  # where a grub.cfg looks that leads to another one alone
    kind: str = GRUB
    others: "Tuple[BootLoader, ...]" = ()
    running: str = ""
    empty: str = ""
    unread: Tuple[str, ...] = ()
    cut: str = ""


_T = TypeVar("_T")


class _Files:
    """What the answers hold, by the loader whose files they are."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.grub: List[Tuple[str, GrubConfig]] = []
        self.custom: Dict[str, GrubConfig] = {}  # custom.cfg by its folder
        self.environments: Dict[str, Dict[str, str]] = {}  # by the environment block's path
        self.variables: Dict[str, str] = {}  # of files that a menu loads besides
        self.loader: List[LoaderEntry] = []
        self.addons: Dict[
            str, Optional[str]
        ] = {}  # of unified kernel images: options by path, None where not read
        self.patterns: Dict[str, str] = {}  # systemd-boot's default, by where it stands
        self.others: List[Tuple[str, str, List[BootEntry], Optional[str]]] = []
        self.saved = ""
        self.running = ""
        self.includes: Dict[str, Tuple[str, ...]] = {}  # of syslinux, by the file that reads them
        self.cut = ""  # what the first menu says that was read in part
        self.beginning = ""  # the first file of which only the beginning was read
        for answer in answers:
            if answer.status == CUT:
                self.beginning = self.beginning or answer.asked
            if answer.status == OK or answer.asked.endswith(".efi"):
                self._take(answer.text, answer.asked)
        self.loader = [with_addons(one, self.addons) for one in self.loader]

    def _take(self, text: str, file: str) -> None:
        name = file.rpartition("/")[2]
        if name == "grubenv":
            self.environments[file] = parse_grubenv(text)
        elif name == "custom.cfg":
            self.custom[file.rpartition("/")[0]] = self._read(parse_grub, text, file)
        elif name == "photon.cfg":
            self.variables.update(parse_grubenv(text))
        elif name == "grub.cfg":
            self.grub.append((file, self._read(parse_grub, text, file)))
        elif file.endswith(".addon.efi"):
            self.addons[file] = (
                None if "\ntrouble " in "\n" + text else parse_unified(text, file).entry.options
            )
        elif file.endswith(".efi"):
            self.loader.append(parse_unified(text, file))
        elif "/loader/entries/" in file:
            self.loader.append(parse_bls(text, file))
        elif name == "loader.conf":
            self._pattern(file, loader_default(text))
        elif "LoaderInfo-" in file:
            self.running = efi_text(text).lower()
        elif "/efivars/" in file:
            self._pattern(file, efi_text(text))
        elif file.endswith("/grub/default"):
            self.saved = text.split("\n", 1)[0].strip()
        else:
            self._menu(text, file, name)

    def _menu(self, text: str, file: str, name: str) -> None:
        if name in ("menu.lst", "grub.conf"):
            self.others.append((LEGACY, file, *parse_legacy(text, file)))
        elif name in ("extlinux.conf", "syslinux.cfg"):
            self.includes[file] = included(text)
            self.others.append((SYSLINUX, file, *parse_syslinux(text, file)))
        elif name == "lilo.conf":
            self.others.append((LILO, file, *self._read(parse_lilo, text, file)))
        elif name == "refind_linux.conf":
            self.others.append((REFIND, file, self._read(parse_refind, text, file), None))
        elif file == "/etc/kernel/cmdline":
            self.others.append((COMMAND_LINE, file, parse_command_line(text, file), None))

    def _read(self, parse: "Callable[[str, str], _T]", text: str, file: str) -> _T:
        """Return what `parse` reads; where that is a part, `cut` says so."""
        try:
            return parse(text, file)
        except ReadInPartError as error:
            self.cut = self.cut or f"{file}: {error}"
            found: _T = error.records
            return found

    def _pattern(self, file: str, pattern: Optional[str]) -> None:
        if pattern:
            self.patterns.setdefault(file, pattern)


def parse_loader(answers: List[Answer]) -> BootLoader:
    """Read the files of all boot loaders: the first is the one that most likely boots, and `others`
    are in it.
    """
    loader, cut = loader_in(tuple(answers))
    if loader is None:
        raise ValueError("no boot entry in it")
    if cut:
        raise ReadInPartError(cut, loader)
    return loader


@lru_cache(maxsize=1)
def loader_in(answers: Tuple[Answer, ...]) -> Tuple[Optional[BootLoader], str]:
    """Return the loader, None where there is no entry, and what says that it was read in part.

    What it names decides what else is asked, so the same answers are parsed for three questions.
    """
    files = _Files(answers)
    on_efi = [
        (file, config)
        for file, config in files.grub
        if _is_on_efi(file) and (config.entries or config.bls)
    ]
    grub = _grub(files, [one for one in files.grub if one not in on_efi], GRUB)
    found = [
        grub,
        _grub(files, on_efi, GRUB_EFI) if on_efi else None,
        _systemd_boot(files, grub),
        *_others(files),
    ]
    loaders = [loader for loader in found if loader is not None]
    empty = next((file for file, config in files.grub if config.empty and not _is_on_efi(file)), "")
    if not any(loader.entries for loader in loaders) and empty:
        loaders = [BootLoader((), None, empty, empty=empty), *loaders]
    cut = files.cut or (files.beginning and f"{files.beginning}: only its beginning was read")
    if not loaders and not cut:
        return None, ""
    loaders = [loader._replace(cut=cut) for loader in loaders] or [
        BootLoader((), None, "", cut=cut)
    ]
    return loaders[0]._replace(others=tuple(loaders[1:]), running=files.running), files.cut


def _is_on_efi(file: str) -> bool:
    return "/EFI/" in file


def _environment(files: _Files, kind: str) -> Dict[str, str]:
    """Return the environment block of GRUB: the one in its own folder, else the other, to which it
    often is a link.
    """
    order = sorted(files.environments, key=lambda file: _is_on_efi(file) != (kind == GRUB_EFI))
    return files.environments[order[0]] if order else {}


def _grub(files: _Files, mine: List[Tuple[str, GrubConfig]], kind: str) -> Optional[BootLoader]:
    """Return GRUB 2's entries: those of the first grub.cfg that has any, after those of blscfg."""
    mine = [
        (file, _with_custom(config, files.custom.get(file.rpartition("/")[0])))
        for file, config in mine
    ]
    environment = _environment(files, kind)
    file, config = next(((file, config) for file, config in mine if config.entries), ("", None))
    bls = next(((file, config) for file, config in mine if config.bls), None)
    if (
        not files.grub and environment
    ):  # GRUB's own file is not ours to read; what it saved says that it is there
        bls = ("grubenv", GrubConfig((), None, True, {}, True))
    typed = [one.entry for one in files.loader if not one.entry.file.endswith(".efi")]
    variables: Dict[str, str] = dict(files.variables)
    for _, one in mine:
        variables = {**one.variables, **variables}
    variables.update(environment)
    entries = list(config.entries) if config else []
    if bls and typed:
        # They stand before the other entries and shift their numbers.
        newest_first = sorted(typed, key=lambda entry: package_key(entry.id), reverse=True)
        entries = [
            *(entry._replace(place=bls[1].place) for entry in newest_first),
            *(entry._replace(position="") for entry in entries),
        ]
        file, config = bls
    if not entries or config is None:
        return None
    default, says = _grub_default(mine, environment, file)
    stubs = tuple(
        one.place
        for where, one in mine
        if one.place and where != file and not one.entries and not one.bls
    )
    unread = () if _is_own(entries, default) else _unread(mine)
    told = [expanded(entry, variables) for entry in entries]
    if not all(whole for _, whole in told):
        says = "a boot entry has more variables in it than are looked at"
        files.cut = files.cut or f"{file}: {says}"
    return BootLoader(
        tuple(entry for entry, _ in told),
        default,
        says,
        stubs,
        kind,
        unread=unread,
    )


def _with_custom(config: GrubConfig, custom: Optional[GrubConfig]) -> GrubConfig:
    """Add what custom.cfg has, where grub.cfg reads it: grub-mkconfig's 41_custom has it read last,
    so its default counts.
    """
    if custom is None or not any(
        name.rpartition("/")[2] == "custom.cfg" for name in config.includes
    ):
        return config
    tops = [
        int(top)
        for top in (entry.position.partition(">")[0] for entry in config.entries)
        if is_digits(top)
    ]
    first = max(tops, default=-1) + 1
    return config._replace(
        entries=(*config.entries, *(_shifted(entry, first) for entry in custom.entries)),
        default=custom.default if custom.default is not None else config.default,
        variables={**config.variables, **custom.variables},
        includes=(
            *(name for name in config.includes if not name.endswith("custom.cfg")),
            *custom.includes,
        ),
    )


def _shifted(entry: BootEntry, first: int) -> BootEntry:
    """Number an entry as one behind `first` others."""
    top, mark, rest = entry.position.partition(">")
    return (
        entry._replace(position=f"{int(top) + first}{mark}{rest}")
        if is_digits(top) and len(top) < 6
        else entry
    )


def _is_own(entries: List[BootEntry], default: str) -> bool:
    """Tell whether the default is the number, id or title of an entry that was read."""
    last = default.rpartition(">")[2]
    return is_digits(default) or any(
        word in (entry.id, entry.position, entry.title)
        for entry in entries
        for word in (default, last)
    )


# Files of grub.cfg's that hold no entries, by their last names.
_NO_MENU = ("custom.cfg", "theme.txt", "background.cfg")


def _unread(mine: List[Tuple[str, GrubConfig]]) -> Tuple[str, ...]:
    """Return the files that grub.cfg reads and that may hold the entry that is the default; a
    custom.cfg that was not read is not there.
    """
    names = (name for _, config in mine if config.entries for name in config.includes)
    return tuple(dict.fromkeys(name for name in names if name.rpartition("/")[2] not in _NO_MENU))


def _grub_default(
    mine: List[Tuple[str, GrubConfig]], environment: Dict[str, str], file: str
) -> Tuple[str, str]:
    """Return the word by which GRUB chooses: of the next boot alone, the configuration's, the saved
    one, or the first.
    """
    told = {where: config.default for where, config in mine if config.default is not None}
    where = file if file in told else next(iter(told), file)
    default = told.get(where)
    following = environment.get("next_entry", "")
    if following and (not mine or any(config.once for _, config in mine)):
        return following, "grubenv, next_entry (for the next boot alone)"
    if default is None or "saved_entry" in default:
        saved = environment.get("saved_entry", "")
        return (
            saved or "0",
            "grubenv, saved_entry" if saved else where if default else "the first entry",
        )
    return default, where


def _systemd_boot(files: _Files, grub: Optional[BootLoader]) -> Optional[BootLoader]:
    """Return the entries and unified kernel images in the order of systemd-boot's menu."""
    entries = in_order(files.loader)
    by_grub = {entry.file for entry in grub.entries} if grub else set()
    if not entries or (
        not files.patterns
        and all(
            entry.file in by_grub and entry.file.startswith("/boot/loader/") for entry in entries
        )
    ):
        return None  # entries in /boot that GRUB reads by blscfg are its own
    chosen, says = _systemd_boot_default(files, entries)
    return BootLoader(tuple(entries), chosen, says, kind=SYSTEMD_BOOT)


def _systemd_boot_default(files: _Files, entries: List[BootEntry]) -> Tuple[str, str]:
    # Chosen once, then chosen by bootctl, then configured.
    order = sorted(
        files.patterns, key=lambda file: ("LoaderEntryOneShot" not in file, "/efivars/" not in file)
    )
    for file in order:
        pattern = files.patterns[file]
        if pattern.startswith("@"):  # the entry that was booted last, which is not seen
            return entries[0].id if len(entries) == 1 else pattern, file
        found = matching(entries, pattern)
        if found:
            return found.id, file
    return entries[0].id, "the first entry"


def _others(files: _Files) -> List[Optional[BootLoader]]:
    found: Dict[str, BootLoader] = {}
    for kind, file, entries, default in files.others:
        if not entries or kind in found:
            continue
        if default == "saved":
            default = files.saved if is_digits(files.saved) else None
        found[kind] = BootLoader(
            tuple(entries),
            default or "0",
            file if default else "the first entry",
            kind=kind,
            unread=files.includes.get(file, ()),
        )
    return [found.get(kind) for kind in (REFIND, SYSLINUX, LEGACY, LILO, COMMAND_LINE)]
