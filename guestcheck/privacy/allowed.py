"""Raw → Raw: what of a guest's texts may stay in a redacted recording, by what is allowed: no
comments, known words of command lines, known names.

`redact` replaces identities that have a form or a place. Free text has neither; so of it only that
stays by which guests are judged: a list of what to hide is never complete. What is taken away
becomes `*`, or a token where another text refers to it. Lines stay lines.
"""

from __future__ import annotations

import re
from typing import Callable, Iterator, List, Match

from guestcheck.model.source import Answer
from guestcheck.privacy.identities import EVERYBODY
from guestcheck.privacy.mount_lines import fstab_line, mount_line, mountinfo_line, source_of_mount
from guestcheck.privacy.tokens import Tokens

_Line = Callable[[str, Tokens], str]
# Comments by which a text is known, or that say something.
_KEPT_COMMENT = re.compile(
    r"#+$|#!|# CONFIG_|# GRUB Environment Block|# Linux/\S+ \S+ Kernel Configuration|# "
    r"Automatically generated file"
)
# Answers in which "#" begins no comment, or whose lines are not written by people.
_NO_COMMENTS = ("/sys/", "/proc/", "/lib/modules/", "/usr/lib/modules/")
# Words of a kernel's command line that the kernel, its initramfs or systemd reads for the boot,
# whose values are no free text.
_PARAMETER = re.compile(
    r"(?:root\w*|real_root\w*|resume\w*|noresume|netroot|nfsroot|ip|ifname|bootdev|BOOTIF|"
    r"BOOT_IMAGE|vlan|bridge|bond|team|nameserver|net\.ifnames|biosdevname"
    r"|rd\.(?!iscsi\.)[\w.-]+|rd\.iscsi\.(?:firmware|ibft|initiator|transport|waitnet|"
    r"target\.\w+)|rd_\w+|crypt\w*|luks[\w.-]*|lvm\w*|dm-mod\.\w+|md(?:-mod)?[\w.-]*"
    r"|systemd\.(?!hostname|set_credential|import_credentials|machine_id)[\w.-]+|"
    r"mount\.usr\w*|usr\w*|fstab|zfs\w*|bootfs|ostree|overlay\w*|init|rdinit|initrd|console"
    r"|(?:[\w-]+\.)?blacklist|module_blacklist|rdblacklist|initcall_blacklist|modprobe\.\w+|"
    r"modules[\w-]*|driver_async_probe|scsi_mod\.\w+|libata\.\w+|pci\w*|ide\w*|hd[a-z]"
    r"|earlymodules|nvme_core\.\w+|virtio\w*\.\w+|xen\w*|vconsole\.\w+|locale\.\w+|LANG|"
    r"kopt\w*|fsck\.\w+|raid|boot|live\w*|do(?:lvm|mdadm|zfs|btrfs|scsi|crypt)|cryptopts"
    r"|memtest|mem|maxcpus|nr_cpus|isolcpus|crashkernel|hugepages\w*|transparent_hugepage|"
    r"selinux|enforcing|apparmor|security|lsm|audit\w*|mitigations|iommu\w*|intel_iommu"
    r"|amd_iommu|acpi\w*|apic|lapic|clocksource|tsc|numa\w*|elevator|vga|video|gfxpayload|"
    r"loglevel|panic|quiet|splash|debug\w*|earlyprintk|printk\.\w+|random\.\w+|net\.\w+"
    r"|swiotlb|kvm\w*\.\w+|vt\.\w+|plymouth\.\w+|rhgb|ostree\.\w+|ignition\.(?:firstboot|"
    r"platform\.id)|zswap\.\w+|zram\.\w+|cgroup\w*|systemd|snapd\w*|ds|kernelopts|tuned_\w+)"
)
_SWITCH = re.compile(
    r"(?:[0-9]{1,4}|on|off|yes|no|y|n|true|false|auto|none|force|enable|disable|enabled|"
    r"disabled|default)",
    re.IGNORECASE,
)
_FLAG = re.compile(
    r"(?:ro|rw|quiet|splash|debug|verbose|single|emergency|rescue|recovery|text|rhgb|showopts|"
    r"auto|noauto|maybe-ubiquity|crypt|raid|lvm|live|s|S|[0-9]|-+|no[a-z_]+"
    r"|do(?:lvm|mdadm|zfs|btrfs|scsi|crypt)|rd\.[\w.-]+|rd_[\w]+|systemd\.[\w.-]+|rootwait|"
    r"ostree\.\w+|[\w-]*\.?blacklist|\$\S*|\\|'|\"|\{|\}|\*+)"
)
_NAMED = re.compile(r"(\"?)([A-Za-z][\w.:-]*\+?)=(\\?\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\"']*)")
_WORDS = re.compile(r"(?:[^\s\"']|\"[^\"]*\"|'[^']*')+|[\"']")
# Lines of boot loaders, and of their tools and logs, up to where a command line begins in them.
_BOOT_LINE = re.compile(
    r"\|?\s*(?:(?:linux(?:16|efi)?|module2?|kernel|multiboot2?)\s+\S+(?:\s|$)|(?:options|"
    r"append|appendline)\s+)",
    re.IGNORECASE,
)
_COMMAND_LINES = re.compile(
    r"\|?\s*(?:(?:set\s+)?(?:kernelopts|tuned_params|boot_params|cmdline)=[\"']?|"
    r"GRUB_CMDLINE\w*\+?=[\"']?|CONFIG_CMDLINE=\"|(?:parameters|kernel_cmdline)"
    r"\s*\+?=\s*[\"']?"
    r"|.{0,200}[Cc]ommand line:\s*)"
)
_HAS_ROOT = re.compile(r"(?:^|[\s\"'])(?:root|BOOT_IMAGE)=")
# Words of boot menus and of distributions' own names; what else a title has somebody gave it.
_TITLE_WORDS_TEXT = """
    a advanced and for from in memory of on or options system the to with without using use default boot booting fallback fallbacks recovery mode
    rescue single user safe snapshot snapshots firmware settings setup uefi bios efi test memtest memtest86 menu kernel linux gnu gnulinux unix bsd
    windows manager loader chainload latest old older new current previous initramfs initrd vmlinuz image verbose debug debugging upstart systemd
    sysvinit openrc runit hypervisor xen hyper-v kvm generic lowlatency virt lts cloud amd64 arm64 rt pae server desktop workstation enterprise
    edition release stable testing unstable rolling tumbleweed leap micro slowroll kalpa aeon minimal core coreos silverblue kinoite iot atomic host
    stream base netinst live ostree install installer failsafe live-cd simple x86 x64 i386 i486 i586 i686 aarch64 s390x ppc64le riscv64 uek ukx
    debug-only debian ubuntu kubuntu xubuntu lubuntu fedora centos redhat red hat rhel rocky alma almalinux oracle ol scientific amazon amzn photon
    azurelinux mariner cbl suse opensuse sles sled sle slehpc arch archlinux manjaro endeavouros alpine gentoo funtoo nixos void slackware mageia
    mandriva openmandriva pclinuxos solus clear flatcar container bottlerocket rancher rancheros k3os talos cirros devuan kali parrot raspbian pop
    elementary mint lmde deepin uos kylin neokylin openeuler anolis openanolis euleros tencent tencentos opencloudos alibaba alinux aliyun miracle
    miraclelinux virtuozzo cloudlinux proxmox pve truenas freenas xcp-ng xenserver nutanix ahv vyos openwrt buildroot yocto poky wrlinux turnkey
    turris astra altlinux alt rosa red-os redos asianux navy navylinux springdale eurolinux vzlinux zorin nobara bazzite cachyos garuda artix guix
    gnome kde plasma xfce cinnamon mate budgie sway hyprland lxqt server-core appliance virtual machine platform gcp aws azure ec2 openstack gce
    bookworm bullseye buster stretch jessie wheezy squeeze trixie forky sid jammy noble focal bionic xenial trusty precise lucid hardy plucky oracular
    mantic lunar kinetic impish hirsute groovy eoan disco cosmic artful zesty yakkety wily vivid utopic saucy raring quantal jellyfish fossa beaver
    numbat xerus tahr pangolin lynx heron minotaur lobster kudu gorilla ermine dingo cuttlefish aardvark zapus yak werewolf vervet unicorn salamander
    ringtail quetzal maipo ootpa plow santiago tikanga final teal sapphire caracal serval stone smilodon lion turquoise kodkod cerulean leopard
    emerald puma coughlan green obsidian maple beefy heisenbug spherical cow schrodinger s cat karoo amecurve bash rawhide eln project hot dog verne
    lovelock goddard leonidas n linux-gnu true false yes no none hd0 hd1 hd2 gpt1 gpt2 gpt3 gpt4 msdos1 msdos2 msdos3 auto entry entries id set saved
    next lucky nr hypervisors x recovery-mode bls
"""
_TITLE_WORDS = frozenset(_TITLE_WORDS_TEXT.split())
_TITLES = re.compile(
    r"(\|?\s*(?:menuentry|submenu)\s+|\|?\s*(?:title|label|menu\s+(?:label|title|default)|"
    r"default|ontimeout|fallback|saved_entry=|next_entry=|prev_saved_entry=|GRUB_DEFAULT=|"
    r"set\s+(?:default|fallback)=|default=|timeout_style=)\s*)(\"[^\"]*\"|'[^']*'|[^{\n]*)",
    re.IGNORECASE,
)
_MENU_ID = re.compile(r"((?:--id|\$\{?menuentry_id_option\}?)[ =])('[^']*'|\"[^\"]*\"|\S+)")
_PIECES = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|\$\{?\w+\}?|[^\W_]+"
)
_VERSION = re.compile(r"[0-9]\w*|[a-z]{1,4}[0-9][\w]{0,8}|v[0-9]\w*", re.IGNORECASE)
# Fields of DMI that anybody may fill in. What the catalogue knows clouds and hypervisors by, and
# what says nothing, stays.
_FREE_FIELDS = ("product_version", "product_family", "product_sku", "chassis_asset_tag")
_PLAIN_FIELD = re.compile(
    r"7783-7084-3265-9085-8269-3286-77|HUAWEICLOUD|Huawei\s?Cloud|OpenStack "
    r"(?:Compute|Nova)|OpenTelekomCloud|OracleCloud\.com|SAP CCloud VM"
    r"|Samsung Cloud Platform|KVM|KubeVirt.*|Hyper-V.*|Amazon "
    r"EC2|Google\s?Compute\s?Engine|Virtual Machine|Xen|QEMU|pc-[\w.+-]+"
    r"|(?:rhel|pseries|virt|microvm)[\w.-]*|RHEL[\w "
    r".-]{0,24}|v?[0-9]{1,3}(?:\.[0-9]{1,4}){0,5}|none"
    r"|no(?:t|ne)? "
    r"(?:specified|available|applicable|present|settable|defined|asset\s?(?:tag|information))|"
    r"to be filled by o\.e\.m\.|default string"
    r"|system (?:version|sku|family)|unknown|n/?a|-+|\.+|0+|\*+|hvm "
    r"domu|bochs|seabios|standard pc.*|vmware.*|all series|virtualbox"
    r"|(?:i440fx|q35)[\w .-]{0,40}|hvm|vm",
    re.IGNORECASE,
)
_OF_DMIDECODE = re.compile(r"(\s*(?:Version|Family|SKU Number|Asset Tag): *)(.*)")
_SERVICES_TEXT = """
    qemu-guest-agent qemu-ga open-vm-tools vmtoolsd hv-kvp-daemon hypervkvpd hv_kvp_daemon xe-guest-utilities xe-linux-distribution xe-daemon
    walinuxagent waagent google-guest-agent google-guest-agent-manager virtualbox-guest-utils vboxservice vboxadd-service vboxguest NetworkManager
    systemd-networkd networking wicked network systemd-udevd udev eudev dhcpcd connman netplan cloud-init
"""
_SERVICES = frozenset(_SERVICES_TEXT.split())
_INSTALL = re.compile(r"(\|?\s*(?:install|remove)\s+\S+\s+)(.*)")
_INSTALL_WORD = re.compile(
    r"(?:/\S*/)?(?:true|false|modprobe|insmod|:|exit|echo|udevadm)|-[\w-]+|\$CMDLINE_OPTS|[&|;"
    r"]+|[\w-]{1,40}|[0-9]|>?/dev/null|2>&1|\{|\}"
)
_MAIL = re.compile(
    r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}(?!service|socket|device|mount|timer|target|slice|"
    r"path|scope|swap|automount)[A-Za-z]{2,12}\b"
)
_CLOUD_KEY = re.compile(r"\b(AKIA|ASIA|AROA|AIDA|AGPA|ANPA)([A-Z0-9]{12,20})\b")
_EMBEDDED = re.compile(r"text (\S+) [0-9]+")


def allowed(question: str, answer: Answer, tokens: Tokens) -> Answer:
    """Return `answer` with what is allowed of its text."""
    filters = list(_filters(question, answer.asked))
    text = answer.text
    if question == "initramfs" and text.startswith("image "):
        text = "\n".join(_embedded(text.split("\n"), tokens))
    elif question == "agents" and "/cgroup/" in answer.asked:
        text = "\n".join(
            line
            for line in text.split("\n")
            if not line.endswith(".service")
            or line.rpartition("/")[2][: -len(".service")] in _SERVICES
        )
    elif filters:
        text = "\n".join(_passed(line, filters, tokens) for line in text.split("\n"))
    if "@" in text and question not in ("system", "modules_loaded"):
        text = _MAIL.sub(lambda match: f"{tokens.name('user', match[0])}@example.com", text)
    text = _CLOUD_KEY.sub(lambda match: match[1] + tokens.like(match[2]), text)
    return answer if text == answer.text else answer._replace(text=text)


def _passed(line: str, filters: List[_Line], tokens: Tokens) -> str:
    for passes in filters if line.strip() else ():
        line = passes(line, tokens)
    return line


def _embedded(lines: List[str], tokens: Tokens) -> Iterator[str]:
    """Yield the lines of an initramfs's answer; those of a file in it are filtered as that file is."""
    filters: List[_Line] = []
    for line in lines:
        match = _EMBEDDED.match(line)
        if match:
            filters = list(_filters("", "/" + match[1].lstrip("/")))
        yield _passed(line, filters, tokens) if line.startswith("|") else line


def _filters(question: str, asked: str) -> Iterator[_Line]:
    """Yield what the lines of an answer go through, by the file that it is of."""
    if question in (
        "modules_loaded",
        "modules_builtin",
        "module_files",
        "kernel_releases",
        "cpuinfo",
        "pci",
        "udev",
        "block",
    ):
        return
    if question == "dmi":
        if asked.rpartition("/")[2] in _FREE_FIELDS:
            yield _dmi_value
        elif asked.startswith("dmidecode"):
            yield _dmi_line
        return
    if question == "sysfs":
        return
    if question == "cmdline" or asked.endswith(("cmdline", "/.cmdline")) or "/cmdline.d/" in asked:
        yield _command_line
        return
    if asked.startswith(
        ("/etc/", "/boot/", "/usr/", "/lib/", "/run/", "/efi/", "/conf/", "/cryptroot/", "/var/")
    ) and not asked.startswith(_NO_COMMENTS):
        yield _uncommented
    if asked.endswith(("release", ".osrel", "debian_version")) and "osrelease" not in asked:
        yield _release
    elif (
        question == "boot_entries"
        or asked.startswith(("/boot/", "/efi/"))
        or "/default/grub" in asked
    ):
        yield _title
        yield _boot_line
    if "fstab" in (question, asked.rpartition("/")[2]) or asked == "/proc/mounts":
        yield fstab_line
    elif "mountinfo" in asked:
        yield mountinfo_line
    elif asked == "mount":
        yield mount_line
    elif "/modprobe" in asked:
        yield _install
    elif question == "storage_units" or asked.endswith((".mount", ".automount", ".swap")):
        yield _unit
    elif question == "cloud_disks":
        yield _shares
    elif asked.endswith(".rules"):
        yield _rule
    if "/modprobe" not in asked:
        yield _in_line


def _uncommented(line: str, _: Tokens) -> str:
    """Return `line` without its comment."""
    mark, text = ("|", line[1:]) if line.startswith("|") else ("", line)
    bare = text.strip()
    if bare.startswith("#") or (bare.startswith(";") and "=" not in bare[:2]):
        return line if _KEPT_COMMENT.match(bare) else mark + "#"
    if "#" not in text:
        return line
    quote = ""
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "#" and text[place - 1 : place].isspace():
            return mark + text[:place].rstrip()
    return line


def _command_line(line: str, _: Tokens) -> str:
    """Return a command line of which each word is known; of others the name."""
    return _WORDS.sub(_word, line) if not line.lstrip("|").startswith("#") else line


def _word(match: Match[str]) -> str:
    word = match[0]
    if _FLAG.fullmatch(word) or word.startswith(("/", "(", "$")):
        return word
    named = _NAMED.match(word)
    if named:
        return _named(named) + (
            ""
            if named.end() == len(word)
            else "*"
            if word[named.end() :] not in ('"', "'", "\\")
            else word[named.end() :]
        )
    return word if word in ('"', "'") else "*"


def _named(match: Match[str]) -> str:
    quote, name, value = match.groups()
    bare = value.strip("\\\"'")
    known = _PARAMETER.fullmatch(name) and name != "ds"
    return match[0] if known or _SWITCH.fullmatch(bare) or not bare else f"{quote}{name}=*"


def _boot_line(line: str, tokens: Tokens) -> str:
    """Return a boot loader's line with what is allowed of the command line in it."""
    match = _BOOT_LINE.match(line)
    return line[: match.end()] + _command_line(line[match.end() :], tokens) if match else line


def _in_line(line: str, tokens: Tokens) -> str:
    """Return `line` with what is allowed of the command line in it, if it has one."""
    match = _COMMAND_LINES.match(line)
    if match:
        end = match.end()
        return line[:end] + _command_line(line[end:], tokens)
    return _NAMED.sub(_named, line) if _HAS_ROOT.search(line) else line


def _unit(line: str, tokens: Tokens) -> str:
    name, mark, value = line.partition("=")
    if not mark:
        return line
    if name.strip() == "What":
        return f"{name}={source_of_mount(value.strip(), '', tokens)}"
    return f"{name}={' '.join(word if word.startswith('dev-') or word.endswith('.target') else '*' for word in value.split())}"


def _shares(line: str, tokens: Tokens) -> str:
    return re.sub(
        r"[^\s\"',\[\]]*(?::/|//|@|#)[^\s\"',\[\]]*",
        lambda match: source_of_mount(match[0], "nfs", tokens),
        line,
    )


def _rule(line: str, _: Tokens) -> str:
    return re.sub(
        r"\b((?:OWNER|GROUP|RUN(?:\{\w+\})?|IMPORT\{\w+\}|PROGRAM|RESULT|TAG|SYMLINK)"
        r"\s*[+:!=]?=+\s*)\"[^\"]*\"",
        r'\1"*"',
        line,
    )


def _install(line: str, _: Tokens) -> str:
    """Return a line of modprobe.d: of what it runs in a module's place the words that say whether
    the module is loaded.
    """
    match = _INSTALL.fullmatch(line)
    if not match:
        return line
    return match[1] + " ".join(
        word if _INSTALL_WORD.fullmatch(word) else "*" for word in match[2].split(" ")
    )


def _dmi_value(line: str, tokens: Tokens) -> str:
    return line if _PLAIN_FIELD.fullmatch(line.strip()) else tokens.like(line)


def _dmi_line(line: str, tokens: Tokens) -> str:
    match = _OF_DMIDECODE.fullmatch(line)
    return match[1] + _dmi_value(match[2], tokens) if match and match[2].strip() else line


def _release(line: str, tokens: Tokens) -> str:
    name, mark, value = line.partition("=")
    if not mark or not name.lstrip("|").isidentifier():
        return _free(line, tokens)
    return f"{name}=*" if re.search(r"://|@", value) else f"{name}={_free(value, tokens)}"


def _title(line: str, tokens: Tokens) -> str:
    line = _MENU_ID.sub(lambda match: match[1] + _free(match[2], tokens), line)
    match = _TITLES.match(line)
    return match[1] + _free(match[2], tokens) + line[match.end() :] if match else line


def _free(text: str, tokens: Tokens) -> str:
    """Return free text in which words that are not everybody's are tokens."""
    return _PIECES.sub(lambda match: _piece(match[0], tokens), text)


def _piece(word: str, tokens: Tokens) -> str:
    plain = (
        word.lower() in _TITLE_WORDS
        or word.lower() in EVERYBODY
        or len(word) == 1
        or len(word) >= 32
        or word[0] == "$"
        or _VERSION.fullmatch(word)
    )
    return word if plain else tokens.like(word)
