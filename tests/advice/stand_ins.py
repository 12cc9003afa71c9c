"""Stand-ins for the programs that make an initramfs: each reads its own configuration, and nothing
else, and writes the image that it gives.

So a repair in a file that the tool does not read shows. An image is the text that the reader of
images writes of one (unpack/initramfs.py); the modules of a kernel are those of its modules.dep.
Called as a program: stand_ins.py TOP TOOL WORD...; `test_stand_ins.py` compares it with the real
tools where they are installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

MODULE = re.compile(r"([^/ ]+)\.ko(\.[a-z0-9]+)?\Z")


def name_of(path: str) -> str:
    found = MODULE.search(path)
    return found.group(1).replace("-", "_") if found else ""


def read(top: str, path: str) -> str:
    try:
        with open(
            os.path.join(top, path.lstrip("/")), encoding="utf-8", errors="surrogateescape"
        ) as file:
            return file.read()
    except OSError:
        return ""


def lines(top: str, path: str) -> "list[str]":
    return [
        line.strip()
        for line in read(top, path).split("\n")
        if line.strip() and not line.strip().startswith("#")
    ]


def of_shell(top: str, paths: "list[str]", names: "list[str]", shell: str = "sh") -> "list[str]":
    """Return the variables that files in the shell's language set, as the shell has them then; of
    bash's arrays all words.
    """
    files = [os.path.join(top, path.lstrip("/")) for path in paths]
    files = [file for file in files if os.path.exists(file)]
    reads = 'for file in "$@"; do . "$file"; done\n'
    each = '"${%s[*]}"' if shell == "bash" else '"$%s"'
    prints = "".join(f"printf '%s\\0' {each % name}\n" for name in names)
    told = subprocess.run(
        [shell, "-c", reads + prints, shell, *files],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        errors="surrogateescape",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        check=False,
    ).stdout.split("\0")
    return told[:-1] if len(told) == len(names) + 1 else [""] * len(names)


def inside(top: str, folder: str, end: str = "") -> "list[str]":
    """Return the files of a folder that end so, in order."""
    full = os.path.join(top, folder.lstrip("/"))
    return (
        sorted(f"{folder}/{name}" for name in os.listdir(full) if name.endswith(end))
        if os.path.isdir(full)
        else []
    )


class Image:
    """An image's text, taken apart: its lines but those of files and texts, the files, the texts by
    name.
    """

    def __init__(self, text: str) -> None:
        self.files: "dict[str, str]" = {}  # name: the line's beginning, "MODE SIZE"
        self.texts: "dict[str, list[str]]" = {}
        self.links: "dict[str, str]" = {}
        kept: "list[str]" = []
        for line in text.split("\n"):
            word, _, rest = line.partition(" ")
            if line.startswith("|"):
                kept.append(line[1:])
            elif word.isdigit():
                size, _, named = rest.partition(" ")
                name, _, target = named.partition(" -> ")
                self.files[name] = f"{word} {size}"
                self.links[name] = target
            elif word == "text":
                kept = self.texts.setdefault(rest.rpartition(" ")[0], [])

    def put(self, name: str, text: str) -> None:
        self.files[name] = f"100644 {len(text)}"
        self.texts[name] = text.split("\n")

    def drop(self, *starts: str) -> None:
        for name in [name for name in self.files if name.startswith(starts)]:
            del self.files[name]
            self.texts.pop(name, None)

    def modules(self) -> "set[str]":
        return {name_of(name) for name in self.files} - {""}

    def text(self) -> str:
        rows = ["image 1000", "part 0 zstd"]
        for name, begins in self.files.items():
            rows.append(
                f"{begins} {name}" + (f" -> {self.links[name]}" if self.links.get(name) else "")
            )
        for name, kept in self.texts.items():
            if name in self.files:
                rows += [f"text {name} {len(chr(10).join(kept))}", *(f"|{line}" for line in kept)]
        return "\n".join([*rows, "whole", ""])


class Guest:
    """What the tools find below TOP."""

    def __init__(self, top: str) -> None:
        self.top = top

    def dependencies(self, release: str) -> "dict[str, tuple[str, list[str]]]":
        found = {}
        for line in lines(self.top, f"lib/modules/{release}/modules.dep"):
            path, _, needs = line.partition(":")
            found[name_of(path)] = (path, [name_of(need) for need in needs.split()])
        return found

    def softer(self, release: str) -> "dict[str, list[str]]":
        """Return what modprobe(8) loads before and after a module without its being needed, by
        name or by alias: depmod's modules.softdep and modules.alias.
        """
        folder = f"lib/modules/{release}"
        aliases: "dict[str, list[str]]" = {}
        for line in lines(self.top, f"{folder}/modules.alias"):
            _, alias, module = line.rsplit(maxsplit=2) if line.count(" ") > 1 else ("", "", "")
            aliases.setdefault(alias.replace("-", "_"), []).append(module)
        found = {}
        for line in lines(self.top, f"{folder}/modules.softdep"):
            word, name, *others = line.split()
            names = [one.replace("-", "_") for one in others if one not in ("pre:", "post:")]
            if word == "softdep":
                found[name.replace("-", "_")] = [
                    module for one in names for module in (one, *aliases.get(one, ()))
                ]
        return found

    def add(
        self,
        image: Image,
        release: str,
        wanted: "list[str]",
        omitted: "tuple[str, ...]" = (),
    ) -> None:
        """Put modules, with what they depend on, into the image; what the kernel has no file of is
        passed over, as by the tools. An omitted one is left out alone: what depends on it is not.
        """
        for name in list(image.files):
            # What made an image of another kernel puts the same modules into the one of this.
            other = re.match(r"(?:usr/)?lib/modules/([^/]+)/", name)
            if other and other.group(1) != release and name_of(name):
                del image.files[name]
                wanted = [*wanted, name_of(name)]
        known, softer, present = self.dependencies(release), self.softer(release), image.modules()
        left = [word.replace("-", "_") for word in wanted]
        while left:
            name = left.pop(0)
            chain = (name, *known.get(name, ("", []))[1])
            for one in chain if name in known else ():
                if one in known and one not in present and one not in omitted:
                    present.add(one)
                    image.files[f"usr/lib/modules/{release}/{known[one][0]}"] = "100644 1"
                    left += softer.get(one, [])

    def old(self, path: str) -> Image:
        return Image(read(self.top, path) or "100755 1 init")

    def write(self, path: str, image: Image) -> None:
        full = os.path.join(self.top, path.lstrip("/"))
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(image.text())

    def rules(self, image: Image) -> None:
        """Copy modprobe.d, as all these tools do; what is not there any more is not in the next
        image either.
        """
        image.drop("etc/modprobe.d/", "lib/modprobe.d/", "usr/lib/modprobe.d/")
        for folder in ("etc/modprobe.d", "lib/modprobe.d", "usr/lib/modprobe.d"):
            for path in inside(self.top, folder, ".conf"):
                image.put(path, read(self.top, path))


def update_initramfs(guest: Guest, words: "list[str]") -> int:
    """initramfs-tools: /etc/initramfs-tools/modules and conf.d; MODULES of initramfs.conf is what
    the image of before was made with.
    """
    folder = "etc/initramfs-tools"
    (allowed,) = of_shell(guest.top, [f"{folder}/update-initramfs.conf"], ["update_initramfs"])
    if allowed == "no" and "-u" in words:
        return 0
    release = words[words.index("-k") + 1]
    path = f"boot/initrd.img-{release}"
    image = guest.old(path)
    if "conf/initramfs.conf" not in image.files:
        image.files["conf/initramfs.conf"] = "100644 1"
        guest.add(
            image,
            release,
            [line.split()[2] for line in lines(guest.top, "etc/fstab") if line.split()[1] == "/"],
        )  # what is mounted now
    guest.add(
        image,
        release,
        [line.split()[0] for line in lines(guest.top, f"{folder}/modules")],
    )
    guest.rules(image)
    # A recording need not have what the image of before has of conf.d: that stays.
    conf_d = [
        conf
        for conf in inside(guest.top, f"{folder}/conf.d")
        if re.fullmatch(r"[A-Za-z0-9][\w.-]*", conf.rpartition("/")[2], re.ASCII)
        and ".dpkg-" not in conf
    ]
    for conf in conf_d:
        image.put(f"conf/conf.d/{conf.rpartition('/')[2]}", read(guest.top, conf))
    (root,) = of_shell(guest.top, [f"{folder}/initramfs.conf", *conf_d], ["ROOT"])
    if root:
        image.put("conf/conf.d/root", f"ROOT={root}\n")
    if "cryptroot/crypttab" in image.files:
        image.put("cryptroot/crypttab", read(guest.top, "etc/crypttab"))
    devices = "etc/lvm/devices/system.devices"
    for name in ("etc/lvm/lvm.conf", "etc/mdadm/mdadm.conf", devices):
        if name in image.files:
            del image.files[name]
            image.texts.pop(name, None)
            if os.path.exists(os.path.join(guest.top, name)):
                image.put(name, read(guest.top, name))
    guest.write(path, image)
    return 0


def dracut(guest: Guest, words: "list[str]") -> int:
    """dracut: what dracut.conf and dracut.conf.d, which are bash's, say of drivers; the image and
    the release are its last words.
    """
    if "--help" in words:
        print("  --no-hostonly")
        return 0
    path, release = words[-2].replace(guest.top, ""), words[-1]
    if not path.startswith("/"):
        return 1
    image = guest.old(path)
    image.files.setdefault("usr/lib/dracut/modules.txt", "100644 1")
    names = ["drivers", "add_drivers", "force_drivers", "omit_drivers", "hostonly"]
    *told, omit, hostonly = of_shell(guest.top, dracut_confs(guest.top), names, "bash")
    wanted = " ".join(told).split()
    # What is asked for by name is not omitted: dracut, omit_drivers_corrected.
    omitted = tuple(name.replace("-", "_") for name in omit.split() if name not in wanted)
    for name in [name for name in image.files if name_of(name) in omitted]:
        del image.files[name]
    guest.add(image, release, wanted, omitted)
    if hostonly == "no" or "--no-hostonly" in words:
        for name in [name for name in image.files if "devexists-" in name]:
            del image.files[name]
    # Its module kernel-modules copies the rules; /etc's are this machine's own.
    modules = image.texts.get("usr/lib/dracut/modules.txt", ["kernel-modules"])
    if "kernel-modules" in modules:
        guest.rules(image)
    if hostonly == "no" or "--no-hostonly" in words:
        image.drop("etc/modprobe.d/")
    if "etc/fstab" in image.files:
        image.put("etc/fstab", read(guest.top, "etc/fstab"))
    if "etc/crypttab" in image.files:
        image.put("etc/crypttab", read(guest.top, "etc/crypttab"))
    # Its module lvm copies both files, where it is in the image at all.
    with_lvm = any(name.startswith("etc/lvm/") for name in image.files)
    image.drop("etc/lvm/devices/")
    for name in ("etc/lvm/lvm.conf", "etc/lvm/devices/system.devices"):
        if with_lvm and os.path.exists(os.path.join(guest.top, name)):
            image.put(name, read(guest.top, name))
    guest.write(path, image)
    return 0


def dracut_confs(top: str) -> "list[str]":
    """Return the files of dracut's settings in the order in which it reads them: of two of one name
    the one in /etc.
    """
    folders = ("usr/lib/dracut/dracut.conf.d", "etc/dracut.conf.d")
    by_name = {
        path.rpartition("/")[2]: path for folder in folders for path in inside(top, folder, ".conf")
    }
    return ["etc/dracut.conf", *(by_name[name] for name in sorted(by_name))]


def mkinitcpio(guest: Guest, words: "list[str]") -> int:
    """mkinitcpio(8): -g makes one image by mkinitcpio.conf; -P those that the presets list, by the
    files that they name, and fails without any.
    """
    if "-g" in words:
        image, release = words[words.index("-g") + 1], words[words.index("-k") + 1]
        return made_by_mkinitcpio(guest, image, release, "")
    presets = inside(guest.top, "etc/mkinitcpio.d", ".preset")
    for preset in presets:
        (names,) = of_shell(guest.top, [preset], ["PRESETS"], "bash")
        for name in names.split():
            keys = [f"{name}_kver", "ALL_kver", f"{name}_config", "ALL_config", f"{name}_image"]
            kver, of_all, conf, conf_of_all, image = of_shell(guest.top, [preset], keys, "bash")
            # Without a version and without a file that preset is skipped.
            if (kver or of_all) and image:
                release = release_of(guest, kver or of_all)
                made_by_mkinitcpio(guest, image, release, conf or conf_of_all)
    return 0 if presets else 1


def release_of(guest: Guest, kver: str) -> str:
    """Return the release that a preset means: itself, or that of a kernel's file. There is one."""
    known = sorted(os.listdir(os.path.join(guest.top, "lib/modules")))
    return kver if kver in known else known[0]


def made_by_mkinitcpio(guest: Guest, path: str, release: str, conf: str) -> int:
    """Make one image: drop-ins count for mkinitcpio.conf, and for no other file."""
    path, confs = path.replace(guest.top, ""), [conf.replace(guest.top, "")]
    if not conf:
        confs = ["etc/mkinitcpio.conf", *inside(guest.top, "etc/mkinitcpio.conf.d", ".conf")]
    (listed,) = of_shell(guest.top, confs, ["MODULES"], "bash")
    image = guest.old(path)
    image.files.setdefault("buildconfig", "100644 1")
    guest.add(image, release, listed.split())
    image.put("config", f'MODULES="{listed}"\nHOOKS=""\n')
    guest.rules(image)
    guest.write(path, image)
    return 0


def mkinitfs(guest: Guest, words: "list[str]") -> int:
    """Alpine's mkinitfs: the features of mkinitfs.conf, each a list of paths below
    lib/modules/RELEASE.
    """
    release = words[-1]
    path = (
        words[words.index("-o") + 1].replace(guest.top, "")
        if "-o" in words
        else "/boot/initramfs-lts"
    )
    image = guest.old(path)
    image.files.setdefault("sbin/nlplug-findfs", "100755 1")
    (features,) = of_shell(guest.top, ["etc/mkinitfs/mkinitfs.conf"], ["features"])
    for feature in features.split():
        guest.add(
            image,
            release,
            [
                name_of(line.rstrip("*"))
                for line in lines(guest.top, f"etc/mkinitfs/features.d/{feature}.modules")
            ],
        )
    guest.write(path, image)
    return 0


def booster(guest: Guest, words: "list[str]") -> int:
    """booster: modules of booster.yaml, with commas between."""
    if words[:1] != ["build"]:
        return 0
    path, release = words[-1].replace(guest.top, ""), words[words.index("--kernel-version") + 1]
    image = guest.old(path)
    image.files.setdefault("etc/booster.init.yaml", "100644 1")
    for line in lines(guest.top, "etc/booster.yaml"):
        if line.startswith("modules:"):
            guest.add(image, release, line[len("modules:") :].replace(" ", "").split(","))
    guest.write(path, image)
    return 0


def make_initrd(guest: Guest, words: "list[str]") -> int:
    """ALT Linux's make-initrd: MODULES_ADD of initrd.mk."""
    release = words[words.index("-k") + 1]
    path = f"/boot/initrd-{release}.img"
    image = guest.old(path)
    image.files.setdefault("lib/uevent/filters/rootdev", "100644 1")
    for line in lines(guest.top, "etc/initrd.mk"):
        if line.startswith("MODULES_ADD"):
            guest.add(image, release, line.partition("=")[2].split())
    guest.write(path, image)
    return 0


def update_tirfs(guest: Guest, words: "list[str]") -> int:
    """Debian's tiny-initramfs: INCLUDE_MODULES, with commas between."""
    release = words[words.index("-k") + 1]
    path = f"/boot/initrd.img-{release}"
    image = guest.old(path)
    conf = "etc/tiny-initramfs/tiny-initramfs.conf"
    (included,) = of_shell(guest.top, [conf], ["INCLUDE_MODULES"])
    known = guest.dependencies(release)
    for name in included.split(",") if included else ():
        for one in (name, *known.get(name, ("", []))[1]):
            if one in known:
                image.files[f"{one}.ko"] = "100644 1"
    # Its init loads them in the order of this list: what others need comes first.
    present = sorted(name_of(name) for name in image.files if name_of(name))
    order: "list[str]" = []
    for name in present:
        needs = [one for one in reversed(known.get(name, ("", []))[1]) if one in present]
        order += [one for one in (*needs, name) if one not in order]
    image.put("modules", "".join(f"/{name}.ko\n" for name in order))
    guest.write(path, image)
    return 0


def genkernel(guest: Guest, _words: "list[str]") -> int:
    """genkernel --all-ramdisk-modules: every module of the kernel in /usr/src/linux."""
    release = next(iter(sorted(os.listdir(os.path.join(guest.top, "lib/modules")))))
    path = f"/boot/initramfs-{release}.img"
    image = guest.old(path)
    image.files.setdefault("etc/initrd.defaults", "100644 1")
    guest.add(image, release, list(guest.dependencies(release)))
    guest.write(path, image)
    return 0


def mkinitrd(guest: Guest, words: "list[str]") -> int:
    """SUSE's of old: INITRD_MODULES of /etc/sysconfig/kernel; Red Hat's: --with, the image, the
    release.
    """
    found = re.search(
        r"^INITRD_MODULES=\"([^\"]*)", read(guest.top, "etc/sysconfig/kernel"), re.MULTILINE
    )
    release = next(iter(sorted(os.listdir(os.path.join(guest.top, "lib/modules")))))
    path = f"/boot/initrd-{release}"
    wanted = (
        found.group(1).split()
        if found
        else [word.partition("=")[2] for word in words if word.startswith("--with=")]
    )
    if not found:
        path, release = words[-2].replace(guest.top, ""), words[-1]
    image = guest.old(path)
    image.files.setdefault("mkinitrd.config", "100644 1")
    guest.add(image, release, wanted)
    guest.write(path, image)
    return 0


def listed(guest: Guest, words: "list[str]") -> int:
    """A lister: what ls -l would print of each file."""
    text = read("/", words[-1])
    for name, begins in Image(text).files.items():
        mode, _, size = begins.partition(" ")
        print(
            f"{'d' if mode.startswith('04') else '-'}rw-r--r--   1 root     root {size:>12} "
            f"Jan  1  1970 {name}"
        )
    return 0 if text else 1


def menu(guest: Guest, words: "list[str]") -> int:
    """update-grub and grub-mkconfig: root= by UUID unless GRUB_DISABLE_LINUX_UUID,
    GRUB_CMDLINE_LINUX, and the initramfs where there is one.
    """
    path = (
        words[words.index("-o") + 1].replace(guest.top, "")
        if "-o" in words
        else "/boot/grub/grub.cfg"
    )
    defaults = dict(line.partition("=")[::2] for line in lines(guest.top, "etc/default/grub"))
    by_name = defaults.get("GRUB_DISABLE_LINUX_UUID", "").strip('"') == "true"
    more = defaults.get("GRUB_CMDLINE_LINUX", "").strip("\"'")
    rows = []
    release = ""
    for line in read(guest.top, path).split("\n"):
        found = re.match(r"\s*linux\s+\S*vmlinuz-(\S+)", line)
        release = found.group(1) if found else release
        if line.strip().startswith("initrd") and os.path.exists(
            os.path.join(guest.top, f"boot/initrd.img-{release}")
        ):
            line = re.sub(r"initrd\.img-\S+", f"initrd.img-{release}", line)
        if re.match(r"\s*set root=", line):
            line = f" search --no-floppy --fs-uuid --set=root {UUID}"
        if found:
            line = line if by_name else re.sub(r"root=/dev/\S+", f"root=UUID={UUID}", line)
            line += "".join(f" {word}" for word in more.split() if word not in line.split())
        rows.append(line)
        image = f"boot/initrd.img-{found.group(1)}" if found else ""
        if image and os.path.exists(os.path.join(guest.top, image)):
            rows.append(f" initrd /{image}")
    rows = [
        line
        for number, line in enumerate(rows)
        if not (line.strip().startswith("initrd") and rows[number - 1].strip().startswith("initrd"))
    ]
    with open(
        os.path.join(guest.top, path.lstrip("/")), "w", encoding="utf-8", errors="surrogateescape"
    ) as file:
        file.write("\n".join(rows))
    return 0


UUID = "0b1c9f2e-77aa-4c1d-9a10-c0ffee123456"


def blkid(_guest: Guest, words: "list[str]") -> int:
    """Every device that there was has a UUID and a PARTUUID; without a device it lists none."""
    if not words:
        return 2
    print(f'{words[-1]}: UUID="{UUID}" TYPE="ext4" PARTUUID="0a1b2c3d-01"')
    return 0


def netplan(guest: Guest, _words: "list[str]") -> int:
    """netplan generate, of the definitions that it wrote a file of networkd for before: what their
    `match` says.
    """
    text = "\n".join(read(guest.top, path) for path in inside(guest.top, "etc/netplan", ".yaml"))
    folder = "run/systemd/network"
    for path in inside(guest.top, folder, ".network"):
        id_ = path[len(f"{folder}/10-netplan-") : -len(".network")]
        found = re.search(
            rf"^ +{re.escape(id_)}:\s+match:\s*{{?\s*(driver|macaddress): *\"?([^\"\n]*)",
            text,
            re.MULTILINE,
        )
        if "/10-netplan-" in path and found:
            key = {"driver": "Driver", "macaddress": "PermanentMACAddress"}[found.group(1)]
            kept = read(guest.top, path)
            new = re.sub(
                r"(?m)^(Driver|MACAddress|PermanentMACAddress)=.*", f"{key}={found.group(2)}", kept
            )
            with open(os.path.join(guest.top, path), "w", encoding="utf-8") as file:
                file.write(new)
    return 0


TOOLS = {
    "update-initramfs": update_initramfs,
    "dracut": dracut,
    "mkinitcpio": mkinitcpio,
    "mkinitfs": mkinitfs,
    "booster": booster,
    "make-initrd": make_initrd,
    "update-tirfs": update_tirfs,
    "genkernel": genkernel,
    "mkinitrd": mkinitrd,
    "lsinitramfs": listed,
    "update-grub": menu,
    "grub-mkconfig": menu,
    "grub2-mkconfig": menu,
    "blkid": blkid,
    "netplan": netplan,
}

if __name__ == "__main__":
    sys.exit(TOOLS[sys.argv[2]](Guest(sys.argv[1]), sys.argv[3:]))
