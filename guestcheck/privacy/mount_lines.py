"""Lines about mounts, as they may leave a guest: fstab, mountinfo, mount."""

from __future__ import annotations

import re

from guestcheck.privacy.tokens import Tokens

# File systems that come from another machine, and those of the kernel's own, which have a word for
# a device.
_REMOTE = re.compile(
    r"fuse(?!blk|ctl)(?:\..*)?|nfs[0-9]?|cifs|smb\w*|sshfs|glusterfs|ceph|davfs2?|afs|9p|"
    r"virtiofs|lustre|beegfs\w*|s3fs|rclone|ncpfs|coda|orangefs|pvfs2|gpfs|mfs|moosefs"
    r"|curlftpfs|gcsfuse|goofys|juicefs|seaweedfs|quobyte|panfs|nbd|rbd|vboxsf|prl_fs|vmhgfs"
)
_LOCAL = re.compile(
    r"/(?!/)\S*|(?:PART)?(?:UUID|LABEL)=\S*|\"?(?:PART)?(?:UUID|LABEL)=\"\S*|ID=\S*|\*",
    re.IGNORECASE,
)
_BY_POOL = ("zfs", "bcachefs", "btrfs")
_PSEUDO_TEXT = """
    none proc sysfs tmpfs devtmpfs devpts udev run shm rootfs overlay overlayfs cgroup cgroup2 cgmfs
    systemd-1 hugetlbfs mqueue debugfs tracefs securityfs pstore efivarfs bpf configfs fusectl
    binfmt_misc nsfs rpc_pipefs sunrpc nfsd ramfs selinuxfs swap sw aufs unionfs composefs squashfs
    lxcfs portal gvfsd-fuse tmp dev usbfs xenfs
"""
_PSEUDO = frozenset(_PSEUDO_TEXT.split())
# Options of remote file systems whose values are no names.
_OPTION = re.compile(
    r"x-[\w.-]+|vers|nfsvers|proto|mountproto|sec|rsize|wsize|timeo|retrans|retry|port|"
    r"mountport|uid|gid|umask|fmask|dmask|mode|dir_mode|file_mode|cache|iocharset|trans"
    r"|version|msize|access|actimeo|acregmin|acregmax|acdirmin|acdirmax|nconnect|local_lock|"
    r"lookupcache"
)
_OF_FSTAB = re.compile(
    r"(\|?\s*)([^\s#|]\S*)(\s+)(\S+)(\s+)(\S+)(?:(\s+)(\S+))?(?:(\s+[0-9])(\s+[0-9])?)?.*"
)
_OF_MOUNTINFO = re.compile(r"(.* - )(\S+) (\S*) ?(.*)")
_OF_MOUNT = re.compile(r"(\S+) on (\S+) type (\S+) \((.*)\)(.*)")


def source_of_mount(source: str, kind: str, tokens: Tokens) -> str:
    """Return where a file system comes from: what is no device of this guest's becomes a token."""
    if not _REMOTE.fullmatch(kind) and (_LOCAL.fullmatch(source) or kind in _BY_POOL):
        return source
    if source in _PSEUDO or source == kind or source.startswith("*"):
        return source
    if not _REMOTE.fullmatch(kind) and not re.search(r"[:@#/]", source):
        return kind if kind in _PSEUDO else source
    if source.startswith("/dev/"):
        return source
    server = tokens.name("server", source)
    scheme = re.match(r"[a-z0-9+.-]+://|//|\w+#", source)
    if scheme:
        return f"{scheme[0]}{server}/path"
    return f"{server}:/path" if ":" in source or "/" in source else server


def _options(options: str, kind: str) -> str:
    if not _REMOTE.fullmatch(kind):
        return options
    words = (
        word
        if "=" not in word or _OPTION.fullmatch(word.partition("=")[0])
        else f"{word.partition('=')[0]}=*"
        for word in options.split(",")
    )
    return ",".join(words)


def fstab_line(line: str, tokens: Tokens) -> str:
    """Return a line of fstab with its device and options as they may leave the guest."""
    match = _OF_FSTAB.fullmatch(line)
    if not match:
        return line
    start, source, gap, place, second, kind, third, options, dump, check = (
        part or "" for part in match.groups()
    )
    kinds = kind.split(",")[0]
    device = source_of_mount(source, kinds, tokens)
    shown = _options(options, kinds)
    return f"{start}{device}{gap}{place}{second}{kind}{third}{shown}{dump}{check}"


def mountinfo_line(line: str, tokens: Tokens) -> str:
    """Return a line of /proc/self/mountinfo likewise."""
    match = _OF_MOUNTINFO.fullmatch(line)
    if not match:
        return line
    start, kind, source, options = match.groups()
    return (
        f"{start}{kind} {source_of_mount(source, kind, tokens)} {_options(options, kind)}".rstrip()
    )


def mount_line(line: str, tokens: Tokens) -> str:
    """Return a line that `mount` prints likewise."""
    match = _OF_MOUNT.fullmatch(line)
    if not match:
        return line
    source, place, kind, options, rest = match.groups()
    device = source_of_mount(source, kind, tokens)
    return f"{device} on {place} type {kind} ({_options(options, kind)}){rest}"
