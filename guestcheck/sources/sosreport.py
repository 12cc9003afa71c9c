"""A sosreport: what sos 2.2 to 4 (sosreport, `sos report`) collected of a guest, packed or
unpacked, cleaned or not.

Commands' outputs lie in sos_commands/PLUGIN/, files at their own paths. Newer versions index both
in sos_reports/manifest.json, which is read where there is one; else a file's name tells the command
(`_collected.key_of`; names were cut at 64 characters before sos 3.2, and the second of two equal
ones ends in ".1"). Which version collects what first: docs of sos, and its tags.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Optional, Tuple

from guestcheck.model.digits import is_digits
from guestcheck.model.source import OK, Answer, File, Gap
from guestcheck.sources._collected import MOST_OUTPUTS, Collected, Output, key_of
from guestcheck.stores.sorted_archive import End
from guestcheck.stores.store import Store, find_top

_MANIFEST = "sos_reports/manifest.json"
_COMMANDS = "sos_commands"
_LARGEST_MANIFEST = 8 << 20  # of a large machine it has one or two
# Plugins whose outputs are read here: where the ends of long ones lie, and what stays open where
# one did not end in time.
_PLUGINS = (
    "pci",
    "block",
    "scsi",
    "devices",
    "networking",
    "kernel",
    "hardware",
    "processor",
    "boot",
    "filesys",
)
# The files that hold evidence, and no others: a report of a large machine has 60,000.
WANTS = (
    _MANIFEST,
    "version.txt",
    "sos_commands/pci/lspci*",
    "sos_commands/hardware/lspci",
    "sos_commands/hardware/dmidecode*",
    "sos_commands/block/lsblk*",
    "sos_commands/filesys/lsblk*",
    "sos_commands/block/ls_-*_.sys.block",
    "sos_commands/block/udevadm_info_-a*",
    "sos_commands/scsi/udevadm_info_-a*",
    "sos_commands/scsi/lsscsi*",
    "sos_commands/devices/udevadm_info*",
    "sos_commands/networking/ethtool_-i_*",
    "sos_commands/networking/ethtool_-l_*",
    "sos_commands/networking/ip_*",
    "sos_commands/kernel/uname*",
    "sos_commands/kernel/lsmod*",
    "sos_commands/kernel/modinfo*",
    "sos_commands/processor/lscpu",
    "sos_commands/*/ls_-*_.boot",
    "sos_commands/boot/efibootmgr*",
    "sos_commands/boot/lsinitr*",
    "sos_commands/filesys/mount*",
    "sos_commands/systemd/systemctl_list-units*",
    "sos_commands/systemd/systemctl_list-unit-files*",
    "sos_commands/process/ps_aux*",
    "sos_commands/dpkg/dpkg_-l",
    "sos_commands/rpm/*rpm*-qa*",
    "sos_commands/rpm/package-data",
    "sos_commands/rpm/installed-rpms",
    "sos_commands/host/hostnamectl*",
    *(f"sos_strings/{plugin}/*.tailed" for plugin in _PLUGINS),
    "proc/cmdline",
    "proc/cpuinfo",
    "proc/meminfo",
    "proc/modules",
    "proc/mounts",
    "proc/swaps",
    "proc/sysinfo",
    "proc/version",
    "proc/*/mounts",
    "proc/*/mountinfo",  # of /proc/self, which is a link to a number
    "proc/sys/kernel/osrelease",
    "proc/sys/kernel/hostname",
    "sys/class/dmi/id/*",
    "sys/devices/virtual/dmi/id/*",
    "sys/devices/**/scsi_host/host*/proc_name",
    "sys/class/scsi_host/host*/proc_name",
    "sys/**/queue/discard_max_bytes",
    "sys/devices/system/cpu/online",
    "sys/firmware/acpi/tables/FACP",
    "sys/hypervisor/type",
    "etc/os-release",
    "usr/lib/os-release",
    "etc/*-release",
    "etc/debian_version",
    "etc/fstab",
    "etc/systemd/system/**",
    *(
        f"{lib}/systemd/system/{unit}"
        for lib in ("lib", "usr/lib")
        for unit in ("*.mount", "*.swap", "*.automount", "*.requires/*")
    ),
    "boot/config-*",
    "boot/grub/grub.cfg",
    "boot/grub2/grub.cfg",
    "boot/grub*/custom.cfg",
    "boot/grub*/grubenv",
    "boot/grub/*.conf",
    "boot/grub/menu.lst",
    "boot/efi/EFI/*/grub*",
    "boot/loader/**.conf",
    "boot/efi/loader/**.conf",
    "lib/modules/*/modules.dep",
    "usr/lib/modules/*/modules.dep",
    "lib/modules/*/modules.builtin",
    "usr/lib/modules/*/modules.builtin",
)
# In a sorted archive, what stands behind: logs, which nobody asks for, and version.txt. What that
# says is in the manifest, too.
END = End(_MANIFEST, "var/log")
# The first version that collects it (upstream's; distributions take changes earlier); "" where none
# does.
_SINCE = (
    ("/boot/config-", "4.7.1"),
    ("/sys/class/dmi", "3.5"),
    ("/proc/config.gz", ""),
    ("/lib/modules/*/modules.builtin", ""),
    ("udevadm info --export-db", "3.3"),
    ("udevadm info -a", "3.0"),
    ("ls -l /sys/block", "3.0"),
    ("lsblk", "3.0"),
    ("lsscsi", "3.0"),
    ("ethtool -l", "3.7"),
    ("systemd-detect-virt", ""),
)


class Sosreport(Collected):
    """A sosreport whose files lie at `top` in `store`."""

    def __init__(self, store: Store, top: str) -> None:
        super().__init__(store, top)
        self._manifest = _manifest(self.store)
        self.version = _version(self.store, self._manifest or {})
        self.what = f"sosreport (sos {self.version})" if self.version else "sosreport"
        if self._manifest is None and self.store.glob(_MANIFEST):
            self.troubles.append(
                Gap("source", _MANIFEST, "not understood; the outputs are found by their names", "")
            )
        self.troubles += _late(self._manifest)
        for packed in sorted({*self.store.glob("*.tar"), *self.store.glob("*/*.tar")}):
            self.troubles.append(
                Gap(
                    "source",
                    packed,
                    "an archive within the archive is not opened (sos --pack-dir)",
                    f"what {packed[:-4]} has copies of",
                )
            )

    def lacks(self, asked: str) -> str:
        """Say why something is not there, and whether a newer sos would have collected it."""
        here = f"not in this {self.what}"
        since = next((since for start, since in _SINCE if asked.startswith(start)), None)
        if since is None:
            return here
        if not since:
            return f"{here}: sos does not collect it"
        return (
            f"{here}; sos {since} is the first that collects it"
            if _numbers(self.version) < _numbers(since)
            else here
        )

    def file(self, word: File) -> Tuple[Answer, ...]:
        """Return the text of each file that matches; of the kernels beside the running one it is
        said that they have no configuration here.
        """
        answers = super().file(word)
        if word.path == "/boot/config-*" and any(answer.status == OK for answer in answers):
            start = "/boot/vmlinuz-"
            others = [
                f"/boot/config-{path[len(start) :]}"
                for path in self.listed()
                if path.startswith(start) and "rescue" not in path
            ]
            there = {answer.asked for answer in answers}
            reason = f"not in this {self.what}: sos collects that of the running kernel alone"
            told = {gap.asked for gap in self.troubles}
            self.troubles += [
                Gap("kernel_config", path, reason, "which drivers that kernel has")
                for path in others
                if path not in there and path not in told
            ]
        return answers

    def outputs(self) -> Iterator[Output]:
        """Yield what each command printed: those of the manifest, then those found by name."""
        yield from self._indexed()
        named = self.store.glob(f"{_COMMANDS}/*/*")
        for path in sorted(named, key=lambda path: _place_of(path)):
            name = path.rpartition("/")[2]
            if "/hardware/lspci" in path:
                yield from self._three(path)
            else:
                yield Output(name, "", self.reader(path), self._is_cut(path))

    def _indexed(self) -> Iterator[Output]:
        number = 0
        for plugin in _plugins(self._manifest):
            for command in _dicts(plugin.get("commands")):
                line, path = command.get("exec"), command.get("filepath")
                number += 1
                # Whatever the manifest says, a file is read inside the archive, and its folder is
                # one of the outputs'.
                if not isinstance(line, str) or not isinstance(path, str) or number > MOST_OUTPUTS:
                    continue
                ours = (
                    path.startswith((f"{_COMMANDS}/", "sos_strings/"))
                    and ".." not in path
                    and "*" not in path
                )
                if ours and line.isprintable() and self.store.glob(path):
                    yield Output(
                        key_of(line),
                        line,
                        self.reader(path),
                        command.get("truncated") is True or self._is_cut(path),
                    )

    def _three(self, path: str) -> Iterator[Output]:
        """Part the three outputs that sos 2.2 wrote into one file, each beneath a line with its
        command.
        """
        try:
            text, cut = self.reader(path)()
        except (KeyError, OSError, ValueError):
            return
        parts: Dict[str, List[str]] = {}
        current = "lspci"
        for line in text.split("\n"):
            if line.startswith("lspci") and line.rstrip().endswith(":"):
                current = line.rstrip()[:-1]
                continue
            parts.setdefault(current, []).append(line)
        for line, lines in parts.items():
            yield Output(key_of(line), line, _told("\n".join(lines), cut))

    def _is_cut(self, path: str) -> bool:
        return path.endswith(".tailed") or self.store.link(path).endswith(".tailed")


def _numbers(version: str) -> Tuple[int, ...]:
    """Make a version comparable; that of an unknown one is the oldest."""
    return tuple(int(part) for part in version.split(".") if is_digits(part) and len(part) < 6)


def _told(text: str, cut: str) -> Callable[[], Tuple[str, str]]:
    return lambda: (text, cut)


def _place_of(path: str) -> Tuple[bool, str]:
    """Order outputs of one name: those of a network namespace or a container last."""
    return ("/namespaces/" in path or "/sos_containers/" in path, path)


def _version(store: Store, manifest: Dict[str, object]) -> str:
    """Return the version of sos, from version.txt ("sos report: 4.9.1" or "sosreport: 3.9") or the
    manifest.
    """
    try:
        text = store.read("version.txt", 4096)[0].decode("utf-8", "replace")
    except (KeyError, OSError, ValueError):
        text = f"sos:{manifest.get('version', '')}"
    name, _, version = text.partition("\n")[0].partition(":")
    version = version.strip()
    return (
        version
        if name.strip() in ("sosreport", "sos report", "sos-report", "sos")
        and version.isprintable()
        and len(version) < 32
        else ""
    )


def _manifest(store: Store) -> Optional[Dict[str, object]]:
    import json

    try:
        data, more = store.read(_MANIFEST, _LARGEST_MANIFEST)
        told = None if more else json.loads(data)
    except (KeyError, OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _plugins(manifest: Optional[Dict[str, object]]) -> Iterator[Dict[str, object]]:
    told: object = manifest
    for name in ("components", "report", "plugins"):
        told = told.get(name) if isinstance(told, dict) else None
    for name, plugin in told.items() if isinstance(told, dict) else ():
        if isinstance(plugin, dict):
            yield {"name": name, **plugin}


def _dicts(told: object) -> Iterator[Dict[str, object]]:
    for entry in told if isinstance(told, list) else ():
        if isinstance(entry, dict):
            yield entry


def _late(manifest: Optional[Dict[str, object]]) -> List[Gap]:
    """Name the plugins that did not end in time: what they would have told is missing."""
    late = [
        str(plugin["name"])
        for plugin in _plugins(manifest)
        if plugin.get("timeout_hit") is True and plugin.get("name") in _PLUGINS
    ]
    return [
        Gap(
            "source",
            f"sos plugin {name}",
            "did not end in time and was stopped",
            f"what sos_commands/{name} lacks",
        )
        for name in late
    ]


AT = (_COMMANDS,)


def is_at(store: Store, top: str) -> bool:
    """Tell whether a sosreport lies right in the folder `top`."""
    return store.is_folder(top + _COMMANDS)


def recognise(store: Store) -> Optional[Sosreport]:
    """Open `store` if it is a sosreport: by its folder of outputs, which all versions have."""
    top = find_top(store, _COMMANDS)
    if top is None or not store.is_folder(top + _COMMANDS):
        return None
    return Sosreport(store, top)
