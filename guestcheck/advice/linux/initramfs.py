"""How each tool is told to put a module into the initramfs, and how one sees that it did.

The files and commands are those of dracut.conf(5), initramfs.conf(5), mkinitcpio.conf(5),
booster(1), mkinitfs(1), update-tirfs(8), make-initrd(1), genkernel(8), rpm-ostree(1),
transactional-update(8), NixOS' manual and, of old, SUSE's /etc/sysconfig/kernel and Red Hat's
mkinitrd(8).
"""

from __future__ import annotations

import re
from typing import Callable, Dict, NamedTuple, Tuple

from guestcheck.advice.linux import packages
from guestcheck.advice.linux.edits import linked
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory
from guestcheck.model.source import FILES

_WHERE = "in the guest"
_OLD_DRACUT = (".el5", ".el6")
_AGAIN = "This must be done before the disk is moved, and for each kernel that may be booted."
_CHROOT = (
    "In a chroot, /dev, /proc and /sys have to be there, and the tool sees another machine than "
    "the guest: the drivers are named for that."
)
_RESTART = "systemctl reboot"
# Where the fix script has its copies too.
_BACKUP = "/var/backups/guestcheck"
REPLACED = (
    "Arguments that are set already are replaced: repeat each of them with an --arg= of its own."
)
_WIDTH = 100  # columns of a printed line
_MOST_LINES = 6  # of a step
_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:+-]{0,200}")
# Systems whose root file system is a snapshot that only transactional-update(8) writes.
_TRANSACTIONAL = (
    "opensuse-microos",
    "sle-micro",
    "sl-micro",
    "opensuse-leap-micro",
    "opensuse-aeon",
    "opensuse-kalpa",
    "suse-microos",
)
# What makes the initramfs where no image was read and no tool was seen.
_USUAL = {
    "debian": "initramfs-tools",
    "ubuntu": "initramfs-tools",
    "alpine": "mkinitfs",
    "arch": "mkinitcpio",
    "void": "dracut",
    "photon": "dracut",
}


class Image(NamedTuple):
    """An initramfs to be made: by which tool, for which kernel, and its path ("" where that is not
    known).
    """

    tool: str
    release: str
    path: str = ""
    offline: bool = False  # the guest does not run: a root file system or a disk image


def tool(maker: str, image: str, inventory: Inventory) -> str:
    """Return the tool that makes the initramfs, in the form that this system has: "unknown" where
    it cannot be told.

    What made the image that is loaded decides, and not what is installed. Systems whose image is
    part of a read-only deployment have a program of their own that calls the tool.
    """
    guest = inventory.guest
    entries = guest.setup.entries or ()
    kind = packages.family(inventory)
    if image.endswith(".efi"):
        return "unified"
    if "/ostree/" in image or any(
        word.startswith("ostree=") for entry in entries for word in entry.options.split()
    ):
        return "rpm-ostree"
    if guest.os_id.lower() in _TRANSACTIONAL:
        return "transactional"
    if kind == "nixos" or maker == "nixos":
        return "nixos"
    if maker in ("", "unknown"):
        maker = guest.initramfs_tool or _usual(kind, inventory) if not maker else "unknown"
    return maker if maker in TOOLS else "unknown"


def _usual(kind: str, inventory: Inventory) -> str:
    number = packages.major(inventory)
    if kind == "rhel":
        return (
            "mkinitrd"
            if inventory.guest.os_id.lower() != "fedora" and 3 <= number <= 5
            else "dracut"
        )
    if kind == "suse":
        return "mkinitrd" if 9 <= number <= 11 else "dracut"
    return _USUAL.get(kind, "")


def image_of(release: str, maker: str, image: str, inventory: Inventory) -> Image:
    """Return the initramfs that an action is about: of a kernel, by what makes it and its path."""
    path = image if _PATH.fullmatch(image) and "/../" not in image else ""
    return Image(tool(maker, path, inventory), release, path, inventory.guest.origin == FILES)


def steps(
    image: Image, modules: Tuple[str, ...], inventory: Inventory, keep: bool = False
) -> Steps:
    """Yield the steps that put `modules` into `image`, or, with `keep`, see to it that the next one
    still has them.
    """
    of_red_hat = image.tool == "mkinitrd" and packages.family(inventory) == "rhel"
    wording = _mkinitrd_of_red_hat if of_red_hat else TOOLS[image.tool]
    for step in wording(image, modules):
        is_kept = _BACKUP in "".join(step.code)
        notes = (
            step.note,
            f"The image of before is kept below {_BACKUP}." if is_kept else "",
            _CHROOT if image.offline and image.tool not in BY_HAND else "",
        )
        text = step.text
        if keep:
            text = text.replace(
                "add the drivers to every initramfs", "keep the drivers in every initramfs"
            )
        yield step._replace(text=text, note=" ".join(part for part in notes if part))


def look(image: Image, modules: Tuple[str, ...]) -> Tuple[str, ...]:
    """Return the lines that list the modules in the initramfs; each module should show up."""
    return listed(image, "|".join(module.replace("_", "[_-]") for module in modules))


def listed(image: Image, pattern: str) -> Tuple[str, ...]:
    """Return the lines that list what in the initramfs matches the pattern."""
    return tuple(f"{lister} | grep -E '{pattern}'" for lister in _lister(image))


def _is_old(release: str) -> bool:
    return any(mark in release for mark in _OLD_DRACUT)


def _lister(image: Image) -> Tuple[str, ...]:
    release = image.release
    return {
        "dracut": (
            f"lsinitrd {image.path or (f'/boot/initramfs-{release}.img' if _is_old(release) else f'-k {release}')}",
        ),
        "initramfs-tools": (f"lsinitramfs {image.path or f'/boot/initrd.img-{release}'}",),
        "mkinitcpio": (f"lsinitcpio {image.path or '/boot/initramfs-linux.img'}",),
        "booster": (f"booster ls {image.path or '/boot/booster-linux.img'}",),
        "mkinitrd": (f"lsinitrd {image.path or f'/boot/initrd-{release}'}",),
        "mkinitfs": (
            f"zcat {image.path or '/boot/initramfs-' + release.rpartition('-')[2]} | cpio -t",
        ),
    }.get(image.tool, ())


def line_once(file: str, line: str, mark: str = "") -> Tuple[str, ...]:
    """Return what puts a line at the end of a file that others write too, once; `mark` is what
    tells that it is there, where the line is too long for that.

    The last line of such a file may have no end: an empty line comes before ours.
    """
    seen = f"grep -qs '{mark}' {file} ||" if mark else f"grep -qsxF '{line}' {file} ||"
    return (seen, *append(f"printf '\\n%s\\n' '{line}'", file))


def append(command: str, file: str) -> Tuple[str, ...]:
    """Return what puts the output of a command at the end of a file."""
    line = f"  {command} >> {file}"
    return (line,) if len(line) <= _WIDTH else (f"  {command} \\", f"  >> {file}")


def kept(path: str, copy: str = "") -> Tuple[str, ...]:
    """Return what keeps a copy of a file, and does not write over one of an earlier time."""
    copy = copy or f"{path}.guestcheck"
    line = f"[ -e {copy} ] || cp -p {path} {copy}"
    return (line,) if len(line) <= _WIDTH else (f"[ -e {copy} ] ||", f"  cp -p {path} {copy}")


def build(image: Image, suse: bool = True) -> Tuple[str, ...]:
    """Return what makes the image that is loaded again: with a copy of it kept, where its program
    keeps none. Of mkinitrd there are SUSE's and Red Hat's.
    """
    if image.tool not in _BUILDS:
        return ()
    if image.tool == "mkinitrd" and not suse:
        return (*_image_kept(image), *_mkinitrd_of_red_hat_again(image))
    # update-initramfs keeps the one before as .bak.
    copy = () if image.tool == "initramfs-tools" else _image_kept(image)
    return (*copy, *_BUILDS[image.tool](image))


def _image_kept(image: Image) -> Tuple[str, ...]:
    if not image.path:
        return ()
    copy = f"{_BACKUP}{image.path}"
    return (f"mkdir -p {copy.rpartition('/')[0]}", *kept(image.path, copy))


def _copied(image: Image, made: str) -> Tuple[str, ...]:
    """Return what copies an image to where the boot loader loads it from: kernel-install(8) gives
    each kernel a folder of its name, and its tool writes to /boot.
    """
    if image.path == made or f"/{image.release}/" not in image.path:
        return ()
    return (f"kernel-install add {image.release} /boot/vmlinuz-{image.release} {made}",)


def _dracut_again(image: Image) -> Tuple[str, ...]:
    release, old = image.release, _is_old(image.release)
    # The one of Red Hat's sixth release knows neither --regenerate-all nor --kver nor
    # --no-hostonly. In an image for any machine dracut leaves out the tables that one for this
    # machine has.
    options = "--no-hostonly --mdadmconf --lvmconf " if image.offline and not old else ""
    if image.offline or old or image.path:
        return (f"dracut -f {options}{image.path or f'/boot/initramfs-{release}.img'} {release}",)
    return ("dracut -f --regenerate-all",)


def _update_initramfs_again(image: Image) -> Tuple[str, ...]:
    release = image.release
    made = f"/boot/initrd.img-{release}"
    if image.path == made:
        return (f"update-initramfs -u -k {release}",)
    # With -u older ones make none where there is none.
    return (
        f"if [ -e {made} ]; then update-initramfs -u -k {release}",
        f"else update-initramfs -c -k {release}; fi",
        *_copied(image, made),
    )


def _mkinitcpio_again(image: Image) -> Tuple[str, ...]:
    if image.path and image.offline:
        return (f"mkinitcpio -S autodetect -k {image.release} -g {image.path}",)
    # Presets write what they name, with options of their own: they come last. None need name the
    # image that is loaded, and without any preset -P makes nothing.
    by_name = f"mkinitcpio{_whole(image.path)} -k {image.release} -g {image.path}"
    if image.path and not re.fullmatch(r"/boot/initramfs-[^/]*\.img", image.path):
        return (by_name,)
    return (by_name, "mkinitcpio -P") if image.path else ("mkinitcpio -P",)


def _whole(path: str) -> str:
    """Return the option with which mkinitcpio's presets make the image of that name: for any
    machine.
    """
    return " -S autodetect" if "fallback" in path else ""


def _booster_again(image: Image) -> Tuple[str, ...]:
    # regenerate_images makes the image that it names by the kernel's package, and that alone.
    by_name = f"booster build --force --kernel-version {image.release} {image.path}"
    if image.path and not re.fullmatch(r"/boot/booster-[^/]*\.img", image.path):
        return (by_name,)
    again = "/usr/lib/booster/regenerate_images"
    return (by_name, again) if image.path else (again,)


def _mkinitfs_again(image: Image) -> Tuple[str, ...]:
    return (f"mkinitfs {f'-o {image.path} ' if image.path else ''}{image.release}",)


def _mkinitrd_of_red_hat_again(image: Image, options: str = "") -> Tuple[str, ...]:
    path = image.path or f"/boot/initrd-{image.release}.img"
    return (f"mkinitrd -f {options}{path} {image.release}",)


def _make_initrd_again(image: Image) -> Tuple[str, ...]:
    release = image.release
    return (f"make-initrd -k {release}", *_copied(image, f"/boot/initrd-{release}.img"))


def _update_tirfs_again(image: Image) -> Tuple[str, ...]:
    release = image.release
    return (f"update-tirfs -k {release}", *_copied(image, f"/boot/initrd.img-{release}"))


_BUILDS: Dict[str, Callable[[Image], Tuple[str, ...]]] = {
    "dracut": _dracut_again,
    "initramfs-tools": _update_initramfs_again,
    "mkinitcpio": _mkinitcpio_again,
    "booster": _booster_again,
    "mkinitfs": _mkinitfs_again,
    "mkinitrd": lambda _image: ("mkinitrd",),
    "make-initrd": _make_initrd_again,
    "genkernel": lambda _image: ("genkernel --all-ramdisk-modules initramfs",),
    "tiny-initramfs": _update_tirfs_again,
    "transactional": lambda _image: ("transactional-update initrd", _RESTART),
}


def dracut_conf(name: str, *lines: str) -> Tuple[str, ...]:
    """Return what puts lines into a file of dracut's settings, once; dracut reads all that end in
    .conf.
    """
    file = f"/etc/dracut.conf.d/{name}.conf"
    quoted = "' '".join(lines)
    return (
        "mkdir -p /etc/dracut.conf.d",
        f"grep -qsxF '{lines[0]}' {file} ||",
        *append(f"printf '%s\\n' '{quoted}'", file),
    )


def rebuilt(
    image: Image, told: Tuple[str, ...], text: str, again: Tuple[str, ...], note: str = ""
) -> Steps:
    """Yield the steps that tell a tool something and rebuild the image: in one where that is short."""
    which = image.path or "the initramfs"
    if len(told) + len(again) <= _MOST_LINES or not told or not again:
        yield Step(_WHERE, f"{text}, and rebuild {which}.", (*told, *again), note)
    else:
        yield Step(_WHERE, f"{text}.", told, note)
        yield Step(_WHERE, f"Rebuild {which}.", again)


def ostree_arguments(*words: str) -> Tuple[str, ...]:
    """Return what has dracut make the initramfs of the next deployment with more arguments."""
    arguments = " ".join(f"--arg='{word}'" if " " in word else f"--arg={word}" for word in words)
    return (
        "rpm-ostree initramfs   # prints the arguments that are set already",
        f"rpm-ostree initramfs --enable {arguments}",
        _RESTART,
    )


def for_any_machine(image: Image) -> Steps:
    """Yield the steps that have dracut make an image that knows nothing of the machine it is made
    on.
    """
    text = (
        "Have dracut make an initramfs for any machine, which waits for no device but the root "
        "file system's"
    )
    if image.tool == "rpm-ostree":
        note = f"{REPLACED} rpm-ostree rollback is the way back."
        yield Step(_WHERE, f"{text}.", ostree_arguments("--no-hostonly"), note)
        return
    made_by = image.tool if image.tool == "transactional" else "dracut"
    # Without the last two it would lose the tables that an image for this machine has.
    settings = ('hostonly="no"', 'mdadmconf="yes"', 'lvmconf="yes"')
    yield from rebuilt(
        image,
        dracut_conf("guestcheck-generic", *settings),
        text,
        build(image._replace(tool=made_by)),
        "After the move the file may be removed, and the initramfs rebuilt.",
    )


def _added(image: Image, modules: Tuple[str, ...]) -> Tuple[str, ...]:
    return (*build(image), *look(image, modules))


def _dracut(image: Image, modules: Tuple[str, ...]) -> Steps:
    yield from rebuilt(
        image,
        dracut_conf("guestcheck", f'add_drivers+=" {" ".join(modules)} "'),
        "Have dracut add the drivers to every initramfs",
        _added(image, modules),
        f"The spaces inside the quotes belong there. {_AGAIN}",
    )


def _initramfs_tools(image: Image, modules: Tuple[str, ...]) -> Steps:
    file = "/etc/initramfs-tools/modules"
    told = (
        f"mkdir -p {file.rpartition('/')[0]}",
        f"for module in {' '.join(modules)}; do",
        f'  grep -qsxF "$module" {file} ||',
        f"    printf '\\n%s\\n' \"$module\" >> {file}",
        "done",
    )
    yield from rebuilt(
        image,
        told,
        "Have initramfs-tools add the drivers to every initramfs",
        _added(image, modules),
        "MODULES=most in initramfs.conf, the default, has them all; MODULES=dep only what is "
        f"in use now. {_AGAIN}",
    )


def _mkinitcpio(image: Image, modules: Tuple[str, ...]) -> Steps:
    # The files are bash's: this holds for a list in parentheses, over several lines too, and for
    # the words in quotes that older ones have. A preset may name another file, and a drop-in may
    # set the list again.
    line = f"MODULES=(${{MODULES[@]}} {' '.join(modules)})"
    presets = "s,^[^#]*_config=[^/]*\\(/[A-Za-z0-9/._-]*\\).*,\\1,p"
    told = (
        "for file in /etc/mkinitcpio.conf \\",
        f"  $(sed -n '{presets}' /etc/mkinitcpio.d/*.preset) \\",
        "  $(grep -ls '^MODULES=' /etc/mkinitcpio.conf.d/*.conf); do",
        f"  [ ! -f $file ] || grep -qxF '{line}' $file ||",
        f"    printf '\\n%s\\n' '{line}' >> $file",
        "done",
    )
    yield from rebuilt(
        image,
        told,
        "In /etc/mkinitcpio.conf, and in what presets and drop-ins have in its place, add the "
        "drivers to MODULES",
        _added(image, modules),
        f"The hook autodetect leaves out whatever is not in use now. {_AGAIN}",
    )


def _booster(image: Image, modules: Tuple[str, ...]) -> Steps:
    file, names = "/etc/booster.yaml", ",".join(modules)
    told = (
        f"grep -qs '^modules:' {file} ||",
        *append(f"printf '\\n%s\\n' 'modules: {names}'", file),
        *kept(file),
        f"grep -q '^modules:.*{names}' {file} || sed -i \\",
        f'  -e "s/^\\(modules: *[\\"\']*\\)\\([^ \\"\'#]\\)/\\1{names},\\2/" \\',
        f"  -e 's/^modules: *\\(#.*\\)*$/modules: {names}/' {linked(file)}",
    )
    text = f"In {file} add the drivers to modules"
    yield from rebuilt(image, told, text, _added(image, modules), _AGAIN)


def _mkinitfs(image: Image, modules: Tuple[str, ...]) -> Steps:
    names = " -o ".join(f"-name '{module.replace('_', '[_-]')}.ko*'" for module in modules)
    file = "/etc/mkinitfs/features.d/guestcheck.modules"
    yield Step(
        _WHERE,
        "Make a feature of mkinitfs of the drivers.",
        (
            f"mkdir -p {file.rpartition('/')[0]}",
            f"find /lib/modules/{image.release} {names} |",
            f"  sed -n 's,.*/\\(kernel/.*\\.ko\\).*,\\1*,p' >> {file}",
            f"sort -u {file} \\",
            f"  -o {file}",
        ),
    )
    # mkinitfs.conf is the shell's.
    yield from rebuilt(
        image,
        line_once("/etc/mkinitfs/mkinitfs.conf", 'features="$features guestcheck"'),
        "Have mkinitfs use it",
        _added(image, modules),
        _AGAIN,
    )


def _mkinitrd(image: Image, modules: Tuple[str, ...]) -> Steps:
    file, names = "/etc/sysconfig/kernel", " ".join(modules)
    told = (
        *kept(file),
        f"grep -q '^INITRD_MODULES=.{names} ' {file} ||",
        f'  sed -i "s/^INITRD_MODULES=[\\"\']/&{names} /" {linked(file)}',
    )
    text = f"In {file} add the drivers to what INITRD_MODULES has"
    yield from rebuilt(image, told, text, _added(image, modules), _AGAIN)


def _mkinitrd_of_red_hat(image: Image, modules: Tuple[str, ...]) -> Steps:
    options = " ".join(f"--with={module}" for module in modules)
    yield Step(
        _WHERE,
        "Rebuild the initrd with the drivers.",
        (
            *_image_kept(image),
            "mkinitrd -f \\",
            f"  {options} \\",
            f"  {image.path or f'/boot/initrd-{image.release}.img'} {image.release}",
        ),
        _AGAIN,
    )


def _make_initrd(image: Image, modules: Tuple[str, ...]) -> Steps:
    told = line_once("/etc/initrd.mk", f"MODULES_ADD += {' '.join(modules)}")
    text = "Have make-initrd add the drivers to every initramfs"
    yield from rebuilt(image, told, text, build(image), _AGAIN)


def _genkernel(image: Image, modules: Tuple[str, ...]) -> Steps:
    yield Step(
        _WHERE,
        f"Have genkernel put all modules into the initramfs, {', '.join(modules)} among them, "
        "and rebuild it for the kernel in /usr/src/linux.",
        build(image),
        "Its initramfs loads what its lists in /usr/share/genkernel/arch/*/modules_load "
        f"name: look there too. {_AGAIN}",
    )


def _tiny(image: Image, modules: Tuple[str, ...]) -> Steps:
    file, names = "/etc/tiny-initramfs/tiny-initramfs.conf", ",".join(modules)
    # The file is the shell's.
    more = f'INCLUDE_MODULES="${{INCLUDE_MODULES:+$INCLUDE_MODULES,}}{names}"'
    told = (f"mkdir -p {file.rpartition('/')[0]}", *line_once(file, more, f',}}{names}"$'))
    text = f"In {file} add the drivers to INCLUDE_MODULES"
    yield from rebuilt(image, told, text, build(image), _AGAIN)


def _rpm_ostree(_image: Image, modules: Tuple[str, ...]) -> Steps:
    yield Step(
        _WHERE,
        "Have rpm-ostree make a deployment whose initramfs has the drivers, and boot that.",
        ostree_arguments("--add-drivers", " ".join(modules)),
        f"{REPLACED} /usr cannot be written here, and the initramfs is part of the deployment. "
        "rpm-ostree rollback is the way back. Ask guestcheck preflight after the reboot.",
    )


def _transactional(image: Image, modules: Tuple[str, ...]) -> Steps:
    yield Step(
        _WHERE,
        "Have transactional-update make a snapshot whose initramfs has the drivers, and boot that.",
        (
            *dracut_conf("guestcheck", f'add_drivers+=" {" ".join(modules)} "'),
            *_BUILDS[image.tool](image),
        ),
        "The root file system cannot be written here. transactional-update rollback is the "
        "way back. Ask guestcheck preflight after the reboot.",
    )


def _nixos(_image: Image, modules: Tuple[str, ...]) -> Steps:
    names = " ".join(f'"{module}"' for module in modules)
    yield Step(
        _WHERE,
        f"Add {names} to the list boot.initrd.availableKernelModules in NixOS' configuration, and "
        "build it for the next boot.",
        (
            "grep -rn availableKernelModules /etc/nixos",
            "${EDITOR:-vi} /etc/nixos/hardware-configuration.nix",
            "nixos-rebuild boot",
        ),
        "The list keeps what it has. The first line prints the file it is in. Where there is none, "
        f"put boot.initrd.availableKernelModules = [ {names} ]; into configuration.nix. {_AGAIN}",
    )


def _slackware(image: Image, modules: Tuple[str, ...]) -> Steps:
    yield Step(
        _WHERE,
        "Rebuild the initrd with the drivers in its list of modules: Slackware's own program "
        "prints the command for this guest.",
        (f"/usr/share/mkinitrd/mkinitrd_command_generator.sh -r -k {image.release}",),
        f"Add {':'.join(modules)} to what stands behind -m there. LILO has to be run after "
        f"it. {_AGAIN}",
    )


def _unified(image: Image, modules: Tuple[str, ...]) -> Steps:
    yield Step(
        _WHERE,
        f"{image.path or 'The entry'} is a unified kernel image, with the initramfs in it: "
        "have the tool that made it add "
        f"{', '.join(modules)}, and rebuild it.",
        (),
        "kernel-install, mkinitcpio, dracut and ukify make such images. One that a vendor "
        "signed cannot be rebuilt here: install another one, "
        f"or start the kernel with an initramfs of its own. {_AGAIN}",
    )


def _unknown(_image: Image, modules: Tuple[str, ...]) -> Steps:
    yield Step(
        _WHERE,
        "No repair is known: what makes the initramfs here could not be told. Have its own "
        f"tool add {', '.join(modules)}.",
        (),
        _AGAIN,
    )


TOOLS: Dict[str, Callable[[Image, Tuple[str, ...]], Steps]] = {
    "dracut": _dracut,
    "initramfs-tools": _initramfs_tools,
    "mkinitcpio": _mkinitcpio,
    "booster": _booster,
    "mkinitrd": _mkinitrd,
    "mkinitfs": _mkinitfs,
    "make-initrd": _make_initrd,
    "genkernel": _genkernel,
    "tiny-initramfs": _tiny,
    "rpm-ostree": _rpm_ostree,
    "transactional": _transactional,
    "nixos": _nixos,
    "slackware": _slackware,
    "unified": _unified,
    "unknown": _unknown,
}
# Of these the fix script does not make the image itself: why, in the words of a message.
BY_HAND = {
    "rpm-ostree": "the initramfs is part of a deployment: rpm-ostree initramfs makes another one",
    "transactional": "the root file system is a snapshot: transactional-update initrd makes another one",
    "nixos": "NixOS makes the initramfs by its configuration: boot.initrd.availableKernelModules and "
    "nixos-rebuild boot",
    "slackware": "the options of mkinitrd are this guest's own: mkinitrd_command_generator.sh prints them",
    "unified": "the initramfs is part of a unified kernel image; a signed one cannot be rebuilt here",
    "unknown": "what makes the initramfs here is not known",
}
