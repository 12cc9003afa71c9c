"""What boots: the boot loader's entries and which of them is the default.

GRUB 2 with its environment block, alone or with entries of the Boot Loader Specification; systemd-boot with such entries and unified
kernel images; GRUB legacy; extlinux and syslinux. Their files are read by `_grub`, `_loader_entries` and `_syslinux`.
"""

from typing import Dict, List, NamedTuple, Optional, Tuple

from guestcheck.evidence._boot_entry import BootEntry, package_key
from guestcheck.evidence._grub import GrubConfig, expanded, parse_grub, parse_grubenv, parse_legacy
from guestcheck.evidence._loader_entries import LoaderEntry, efi_text, in_order, loader_default, matching, parse_bls, parse_unified
from guestcheck.evidence._syslinux import parse_syslinux
from guestcheck.evidence.initramfs import UNIFIED
from guestcheck.model.digits import is_digits
from guestcheck.model.setup import Place
from guestcheck.model.source import OK, Answer, File, Initramfs, Question


class BootLoader(NamedTuple):
    """All entries in their order, and the word by which the default is chosen ("0", a title, an id; None: not told)."""

    entries: Tuple[BootEntry, ...]
    default: Optional[str]
    says: str
    stubs: Tuple[Place, ...] = ()  # where a grub.cfg looks that leads to another one alone


class _Files:
    """What the answers hold, by the loader whose files they are."""

    def __init__(self, answers: List[Answer]) -> None:
        self.grub: List[Tuple[str, GrubConfig]] = []
        self.environment: Dict[str, str] = {}
        self.loader: List[LoaderEntry] = []
        self.patterns: Dict[str, str] = {}  # systemd-boot's default, by where it stands
        self.others: List[Tuple[str, List[BootEntry], Optional[str]]] = []
        self.saved = ""
        for answer in answers:
            if answer.status == OK or answer.asked.endswith(".efi"):
                self._take(answer.text, answer.asked)

    def _take(self, text: str, file: str) -> None:
        if file.endswith("grubenv"):
            self.environment = self.environment or parse_grubenv(text)
        elif file.endswith("grub.cfg"):
            self.grub.append((file, parse_grub(text, file)))
        elif file.endswith(".efi"):
            self.loader.append(parse_unified(text, file))
        elif "/loader/entries/" in file:
            self.loader.append(parse_bls(text, file))
        elif file.endswith("loader.conf"):
            self._pattern(file, loader_default(text))
        elif "/efivars/" in file:
            self._pattern(file, efi_text(text))
        elif file.endswith(("menu.lst", "grub.conf")):
            self.others.append((file, *parse_legacy(text, file)))
        elif file.endswith(("extlinux.conf", "syslinux.cfg")):
            self.others.append((file, *parse_syslinux(text, file)))
        elif file.endswith("/grub/default"):
            self.saved = text.split("\n", 1)[0].strip()

    def _pattern(self, file: str, pattern: Optional[str]) -> None:
        if pattern:
            self.patterns.setdefault(file, pattern)


def _parse(answers: List[Answer]) -> BootLoader:
    files = _Files(answers)
    loader = _grub(files) or _systemd_boot(files) or _other(files)
    if loader is None:
        raise ValueError("no boot entry in it")
    return loader


def _grub(files: _Files) -> Optional[BootLoader]:
    """Return GRUB 2's entries: those of the first grub.cfg that has any, after those of blscfg."""
    file, config = next(((file, config) for file, config in files.grub if config.entries), ("", None))
    bls = next(((file, config) for file, config in files.grub if config.bls), None)
    if not files.grub and files.environment:  # GRUB's own file is not ours to read; what it saved says that it is there
        bls = ("grubenv", GrubConfig((), None, True, {}, True))
    typed = [one.entry for one in files.loader if not one.entry.file.endswith(".efi")]
    variables: Dict[str, str] = {}
    for _, one in files.grub:
        variables = {**one.variables, **variables}
    variables.update(files.environment)
    entries = list(config.entries) if config else []
    if bls and typed:
        # They stand before the other entries and shift their numbers.
        newest_first = sorted(typed, key=lambda entry: package_key(entry.id), reverse=True)
        entries = [*(entry._replace(place=bls[1].place) for entry in newest_first), *(entry._replace(position="") for entry in entries)]
        file, config = bls
    if not entries or config is None:
        return None
    default, says = _grub_default(files, file)
    stubs = tuple(one.place for where, one in files.grub if one.place and where != file and not one.entries and not one.bls)
    return BootLoader(tuple(expanded(entry, variables) for entry in entries), default, says, stubs)


def _grub_default(files: _Files, file: str) -> Tuple[str, str]:
    """Return the word by which GRUB chooses: of the next boot alone, the configuration's, the saved one, or the first."""
    told = {where: config.default for where, config in files.grub if config.default is not None}
    where = file if file in told else next(iter(told), file)
    default = told.get(where)
    following = files.environment.get("next_entry", "")
    if following and (not files.grub or any(config.once for _, config in files.grub)):
        return following, "grubenv, next_entry (for the next boot alone)"
    if default is None or "saved_entry" in default:
        saved = files.environment.get("saved_entry", "")
        return saved or "0", "grubenv, saved_entry" if saved else where if default else "the first entry"
    return default, where


def _systemd_boot(files: _Files) -> Optional[BootLoader]:
    """Return the entries and unified kernel images in the order of systemd-boot's menu."""
    entries = in_order(files.loader)
    if not entries:
        return None
    # Chosen once, then chosen by bootctl, then configured.
    order = sorted(files.patterns, key=lambda file: ("LoaderEntryOneShot" not in file, "/efivars/" not in file))
    for file in order:
        pattern = files.patterns[file]
        if pattern.startswith("@"):  # the entry that was booted last, which is not seen
            return BootLoader(tuple(entries), entries[0].id if len(entries) == 1 else pattern, file)
        found = matching(entries, pattern)
        if found:
            return BootLoader(tuple(entries), found.id, file)
    return BootLoader(tuple(entries), entries[0].id, "the first entry")


def _other(files: _Files) -> Optional[BootLoader]:
    for file, entries, default in files.others:
        if entries:
            if default == "saved":
                default = files.saved if is_digits(files.saved) else None
            return BootLoader(tuple(entries), default or "0", file if default else "the first entry")
    return None


_EFI_VARIABLE = "/sys/firmware/efi/efivars/{}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

BOOT = Question[BootLoader](
    "boot_entries",
    "the boot loader's entries and its default",
    (
        File("/boot/grub2/grub.cfg"),
        File("/boot/grub/grub.cfg"),
        File("/boot/efi/EFI/*/grub.cfg"),
        File("/boot/grub2/grubenv", limit=65536),
        File("/boot/grub/grubenv", limit=65536),
        File("/boot/efi/EFI/*/grubenv", limit=65536),
        File("/boot/loader/entries/*.conf", limit=65536),
        File("/boot/loader/loader.conf", limit=65536),
        File("/boot/efi/loader/entries/*.conf", limit=65536),
        File("/boot/efi/loader/loader.conf", limit=65536),
        File("/efi/loader/entries/*.conf", limit=65536),
        File("/efi/loader/loader.conf", limit=65536),
        File(_EFI_VARIABLE.format("LoaderEntryOneShot"), limit=4096),
        File(_EFI_VARIABLE.format("LoaderEntryDefault"), limit=4096),
        Initramfs(UNIFIED, contents=False),
        File("/boot/grub/menu.lst", limit=65536),
        File("/boot/grub/grub.conf", limit=65536),
        File("/boot/grub/default", limit=65536),
        File("/boot/extlinux/extlinux.conf", limit=65536),
        File("/boot/extlinux.conf", limit=65536),
        File("/boot/syslinux/syslinux.cfg", limit=65536),
    ),
    _parse,
    "which kernel boots by default",
    taken="the running one is taken for it",
)
