"""The configurations in which a stand-in is compared with its program: what is in the files that
the program reads, on top of what its package brings.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple

Files = Dict[str, str]

_QUICK = 'dracutmodules=" base "\ncompress="cat"\nhostonly="no"\n'
# Without these each image would take half a minute: few modules, hardly packed.
BASE: Dict[str, Files] = {
    "initramfs-tools": {
        "/etc/initramfs-tools/initramfs.conf": "MODULES=list\nBUSYBOX=auto\nCOMPRESS=zstd\n"
        "COMPRESSLEVEL=1\nRESUME=none\nRUNSIZE=10%\nFSTYPE=auto\n",
    },
    "dracut": {"/etc/dracut.conf": _QUICK},
    "tiny-initramfs": {"/etc/tiny-initramfs/tiny-initramfs.conf": "MODULES=list\nCOMPRESS=gzip\n"},
}
IMAGES = {
    "initramfs-tools": "/boot/initrd.img-{release}",
    "dracut": "/boot/initramfs-{release}.img",
    "tiny-initramfs": "/boot/initrd.img-{release}",
}
# The program in the words of the advice; and the one that the stand-ins have it under.
COMMANDS: Dict[str, Tuple[str, ...]] = {
    "initramfs-tools": ("update-initramfs", "-u", "-k", "{release}"),
    "dracut": ("dracut", "-f", "{image}", "{release}"),
    "tiny-initramfs": ("update-tirfs", "-k", "{release}"),
}


class Case(NamedTuple):
    """Files that are written ("" takes one away); `before` are those that were there already when
    the image of before was made.
    """

    tool: str
    name: str
    files: Files
    before: Files = {}


_MODULES = "/etc/initramfs-tools/modules"
_CONF = "/etc/dracut.conf.d/{}.conf"
_OWN = "/usr/lib/dracut/dracut.conf.d/{}.conf"
_TINY = "/etc/tiny-initramfs/tiny-initramfs.conf"
_SLOW = {"/etc/dracut.conf": 'compress="cat"\n'}
_FORBIDDEN = {
    "/etc/modprobe.d/a.conf": "blacklist virtio_blk\n",
    "/etc/modprobe.d/a.conf.guestcheck": "blacklist virtio_scsi\n",
    "/lib/modprobe.d/b.conf": "install virtio_net /bin/false\n",
}
_LISTED = "MODULES=list\nCOMPRESS=gzip\n"

CASES: Tuple[Case, ...] = (
    Case("initramfs-tools", "a list", {_MODULES: "virtio_pci\nvirtio_blk\nvirtio_scsi\n"}),
    Case(
        "initramfs-tools",
        "a list with comments, options, blanks, a hyphen and a name that is none",
        {_MODULES: "# virtio_net\n\n  virtio-blk\tx=1\nno_such_module\nsd_mod # e1000\nahci"},
    ),
    Case("initramfs-tools", "a list without an end of line", {_MODULES: "virtio_blk"}),
    Case(
        "initramfs-tools",
        "MODULES=most",
        {_MODULES: "dm_crypt\nvirtio_blk\n"},
        {"/etc/initramfs-tools/conf.d/most": "MODULES=most\n"},
    ),
    Case(
        "initramfs-tools",
        "MODULES=dep",
        {_MODULES: "virtio_blk\nvirtio_pci\nvirtio_scsi\n"},
        {"/etc/initramfs-tools/conf.d/dep": "MODULES=dep\n"},
    ),
    Case(
        "initramfs-tools",
        "files of conf.d, with names that it reads and that it does not",
        {
            "/etc/initramfs-tools/conf.d/resume": "RESUME=none\n",
            "/etc/initramfs-tools/conf.d/a.conf": "ROOT=/dev/sda1\n",
            "/etc/initramfs-tools/conf.d/b.guestcheck": "ROOT=/dev/sda2\n",
            "/etc/initramfs-tools/conf.d/c~": "ROOT=/dev/sda3\n",
        },
    ),
    Case(
        "initramfs-tools",
        "modprobe.d",
        _FORBIDDEN,
    ),
    Case(
        "initramfs-tools",
        "modprobe.d, a file that is gone",
        {"/etc/modprobe.d/a.conf": ""},
        {"/etc/modprobe.d/a.conf": "blacklist virtio_blk\n"},
    ),
    Case(
        "initramfs-tools",
        "a hook that adds a module",
        {_MODULES: "virtio_blk\n"},
        {
            "/etc/initramfs-tools/hooks/x": '#!/bin/sh\n[ "$1" != prereqs ] || exit 0\n'
            ". /usr/share/initramfs-tools/hook-functions\nmanual_add_modules ahci\n"
        },
    ),
    Case(
        "initramfs-tools",
        "update_initramfs=no",
        {
            "/etc/initramfs-tools/update-initramfs.conf": "update_initramfs=no\n",
            _MODULES: "virtio_blk\n",
        },
    ),
    Case(
        "initramfs-tools",
        "update_initramfs=no in quotes",
        {
            "/etc/initramfs-tools/update-initramfs.conf": '# x\nupdate_initramfs="no"\n',
            _MODULES: "virtio_blk\n",
        },
    ),
    Case("initramfs-tools", "lvm.conf", {"/etc/lvm/lvm.conf": "devices {\n}\n"}),
    Case(
        "initramfs-tools",
        "mdadm.conf",
        {"/etc/mdadm/mdadm.conf": "DEVICE /dev/sda1\n"},
    ),
    Case(
        "dracut",
        "add_drivers",
        {_CONF.format("guestcheck"): 'add_drivers+=" virtio_pci virtio_blk virtio_scsi "\n'},
    ),
    Case(
        "dracut",
        "add_drivers in dracut.conf",
        {"/etc/dracut.conf": f"{_QUICK}add_drivers+=' ahci '\n"},
    ),
    Case(
        "dracut",
        "add_drivers without blanks in two files: one word",
        {
            _CONF.format("a"): 'add_drivers+="virtio_blk"\n',
            _CONF.format("b"): 'add_drivers+="virtio_scsi"\n',
        },
    ),
    Case(
        "dracut",
        "a file that does not end in .conf",
        {"/etc/dracut.conf.d/a": 'add_drivers+=" ahci "\n'},
    ),
    Case(
        "dracut",
        "a later file that sets add_drivers",
        {
            _CONF.format("guestcheck"): 'add_drivers+=" virtio_blk "\n',
            _CONF.format("zz"): 'add_drivers=" ahci "\n',
        },
    ),
    Case(
        "dracut",
        "both folders, a file in /etc in place of the same name in /usr",
        {
            _OWN.format("a"): 'add_drivers+=" ahci "\n',
            _CONF.format("a"): 'add_drivers+=" virtio_blk "\n',
            _OWN.format("b"): 'add_drivers+=" virtio_scsi "\n',
        },
    ),
    Case("dracut", "force_drivers", {_CONF.format("a"): 'force_drivers+=" virtio_blk "\n'}),
    Case("dracut", "drivers", {_CONF.format("a"): 'drivers+=" virtio_blk "\n'}),
    Case(
        "dracut",
        "omit_drivers of what add_drivers names",
        {
            _CONF.format("guestcheck"): 'add_drivers+=" virtio_blk virtio_pci "\n',
            _CONF.format("omit"): 'omit_drivers+=" virtio_blk "\n',
        },
    ),
    Case(
        "dracut",
        "omit_drivers of what a driver needs",
        {
            _CONF.format("guestcheck"): 'add_drivers+=" virtio_blk ahci "\n',
            _CONF.format("omit"): 'omit_drivers+=" virtio_ring "\n',
        },
    ),
    Case(
        "dracut",
        "omit_drivers, and the image of before has them",
        {_CONF.format("omit"): 'omit_drivers+=" virtio_blk "\n'},
        {_CONF.format("a"): 'add_drivers+=" virtio_scsi "\n'},
    ),
    Case(
        "dracut",
        "the shell's language",
        {
            _CONF.format("a"): 'more=virtio\nadd_drivers+=" ${more}_blk "\n',
            _CONF.format("b"): 'add_drivers+=" virtio-scsi \\\n ahci "  # e1000\n',
        },
    ),
    Case(
        "dracut",
        "all its modules, for any machine, and modprobe.d",
        {_CONF.format("guestcheck"): 'add_drivers+=" mptspi "\n', **_FORBIDDEN},
        {**_SLOW, _CONF.format("x"): 'hostonly="no"\n'},
    ),
    Case(
        "dracut",
        "all its modules, for this machine, and modprobe.d",
        {
            _CONF.format("guestcheck"): 'add_drivers+=" virtio_blk virtio_scsi mptspi "\n',
            **_FORBIDDEN,
        },
        {**_SLOW, _CONF.format("x"): 'hostonly="yes"\n'},
    ),
    Case("tiny-initramfs", "a list", {_TINY: f"{_LISTED}INCLUDE_MODULES=virtio_blk,virtio_pci\n"}),
    Case(
        "tiny-initramfs",
        "the shell's language",
        {
            _TINY: f'{_LISTED}INCLUDE_MODULES="ahci"\n'
            'INCLUDE_MODULES="${INCLUDE_MODULES:+$INCLUDE_MODULES,}virtio_blk"\n'
        },
    ),
    Case("tiny-initramfs", "a name that is none", {_TINY: f"{_LISTED}INCLUDE_MODULES=x,ahci\n"}),
)
