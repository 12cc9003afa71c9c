"""What local-fs.target really requires: options of fstab by systemd's version, mounts that need
others, /usr, the command line, other inits.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.readiness.making import machine, on, said, told

ROOT = "UUID=1 / ext4 defaults 0 1\n"
STOPS, WARNS, OPEN = (
    "does-not-boot: fstab-by-name",
    "boots: !fstab-by-name",
    "unknown: ?fstab-by-name",
)


def judged(fstab: str, version: int = 0, **fields: Any) -> str:
    """Judge a guest with these lines of fstab after that of root, and this systemd where its
    version is known.
    """
    path = f"/usr/lib/systemd/libsystemd-shared-{version}.so\n"
    more = [
        *fields.pop("more", ()),
        *([told("systemd_version", "/usr/lib/systemd/*", path)] if version else []),
    ]
    return said(on("virtio-blk", machine(fstab=ROOT + fstab, more=more, **fields)))


@pytest.mark.parametrize(
    ("options", "version", "expected"),
    [
        ("defaults", 252, STOPS),
        ("_netdev", 252, WARNS),
        ("nofail", 252, WARNS),
        ("nofail,fail", 252, STOPS),
        ("noauto", 252, WARNS),
        ("noauto,auto", 252, STOPS),
        ("x-systemd.automount", 252, WARNS),
        ("x-systemd.wanted-by=multi-user.target", 252, WARNS),
        ("x-systemd.wanted-by=multi-user.target", 239, STOPS),  # that release does not know it
        ("x-systemd.wanted-by=multi-user.target", 0, OPEN),
        ("x-systemd.wanted-by=multi-user.target,nofail", 239, WARNS),
        ("nofail,x-systemd.required-by=local-fs.target", 252, STOPS),
        ("x-systemd.required-by=multi-user.target", 252, OPEN),
    ],
)
def test_what_its_options_say(options: str, version: int, expected: str) -> None:
    assert judged(f"/dev/sda3 /srv ext4 {options} 0 2", version) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("UUID=9 /srv ext4 x-systemd.requires=/dev/sda4 0 2", STOPS),
        ("UUID=9 /srv ext4 x-systemd.requires=dev-sda4.device 0 2", STOPS),
        ("UUID=9 /srv ext4 nofail,x-systemd.requires=/dev/sda4 0 2", WARNS),
        ("UUID=9 /srv ext4 x-systemd.requires=/dev/disk/by-uuid/4 0 2", "boots"),
        ("UUID=9 /srv ext4 x-systemd.after=/dev/sda4 0 2", "boots"),
        ("/a /b none bind,x-systemd.requires=/dev/sda4 0 0", STOPS),
        ("s:/e /n nfs x-systemd.requires=/dev/sda4 0 0", WARNS),
        ("UUID=9 none swap x-systemd.requires=/dev/sda4 0 0", WARNS),
    ],
)
def test_a_device_that_it_requires_counts(line: str, expected: str) -> None:
    assert judged(line) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("UUID=9 /srv/www ext4 defaults 0 2", STOPS),
        ("UUID=9 /srv/www ext4 nofail 0 2", WARNS),
        ("UUID=9 /srvx ext4 defaults 0 2", WARNS),
        ("/srv/data /data none bind 0 0", STOPS),
        ("/srv/image /data squashfs loop 0 0", STOPS),
        ("UUID=9 /data ext4 x-systemd.requires-mounts-for=/srv/x 0 2", STOPS),
        ("UUID=9 /data ext4 x-systemd.requires=srv.mount 0 2", STOPS),
        ("/srv/swap none swap sw 0 0", WARNS),
    ],
)
@pytest.mark.parametrize("options", ["nofail", "noauto"])
def test_what_needs_a_mount_that_may_fail_fails_with_it(
    other: str, options: str, expected: str
) -> None:
    assert judged(f"/dev/sda3 /srv ext4 {options} 0 2\n{other}") == expected


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ("/srv/a /b none bind,nofail 0 0\n/b/c /d none bind 0 0", STOPS),
        ("/b/c /d none bind 0 0\n/srv/a /b none bind,nofail 0 0", STOPS),
        ("/srv/a /b none bind,noauto 0 0\n/b/c /d none bind 0 0", STOPS),
        ("/srv/a /b none bind,nofail 0 0\n/b/c /d none bind,nofail 0 0", WARNS),
        ("/srv/a /b none bind,nofail 0 0\n/x/c /d none bind 0 0", WARNS),
        ("/d/a /b none bind,nofail 0 0\n/b/c /d none bind,nofail 0 0", WARNS),  # a circle
        (
            "/srv/a /b none bind,nofail 0 0\n/b/a /c none bind,nofail 0 0\n"
            "UUID=9 /d ext4 x-systemd.requires=c.mount 0 2",
            STOPS,
        ),
    ],
)
def test_a_mount_is_needed_through_others_that_may_fail(others: str, expected: str) -> None:
    assert judged(f"/dev/sda3 /srv ext4 nofail 0 2\n{others}") == expected


@pytest.mark.parametrize(
    ("generator", "expected"),
    [("initramfs-tools", STOPS), ("dracut", STOPS), ("mkinitcpio", STOPS), ("mkinitfs", OPEN)],
)
def test_usr_is_mounted_by_the_initramfs_whatever_its_options(
    generator: str, expected: str
) -> None:
    for options in ("nofail", "noauto"):
        assert judged(f"/dev/sda3 /usr ext4 {options} 0 2", generator=generator) == expected


@pytest.mark.parametrize(
    ("word", "version", "expected"),
    [
        ("systemd.mount-extra=/dev/sda4:/srv:ext4", 257, STOPS),
        ("systemd.mount-extra=/dev/sda4:/srv:ext4", 252, "boots"),  # that release does not know it
        ("systemd.mount-extra=/dev/sda4:/srv:ext4", 0, OPEN),
        ("systemd.mount-extra=/dev/sda4:/srv:ext4:nofail", 257, WARNS),
        ("systemd.mount-extra=UUID=4:/srv", 257, "boots"),
        ("rd.systemd.mount-extra=/dev/sda4:/sysroot/srv:ext4", 257, STOPS),
        ("systemd.swap-extra=/dev/sda4", 257, "boots: !swap-by-name"),
    ],
)
def test_the_command_line_may_mount_too(word: str, version: int, expected: str) -> None:
    assert judged("", version, options=word) == expected


class TestOtherInits:
    @pytest.mark.parametrize(
        ("owner", "expected"),
        [
            ("systemd-sysv", STOPS),
            ("sysvinit-core", STOPS),
            ("runit-init", OPEN),
            ("openrc", STOPS),
        ],
    )
    def test_the_package_that_owns_init_decides_where_systemd_is_installed_too(
        self, owner: str, expected: str
    ) -> None:
        more = [told("init_owner", "/var/lib/dpkg/info/*", f"/var/lib/dpkg/info/{owner}.list\n")]
        assert judged("/dev/sda3 /srv ext4 defaults 0 2", more=more) == expected

    def test_debian_s_sysvinit_stops_at_the_check_alone(self) -> None:
        more = [
            told("init_owner", "/var/lib/dpkg/info/*", "/var/lib/dpkg/info/sysvinit-core.list\n")
        ]
        assert judged("/dev/sda3 /srv ext4 defaults 0 0", more=more) == WARNS
        assert judged("/dev/sda3 /srv ext4 nofail 0 2", more=more) == WARNS

    def test_netdev_is_left_for_later_by_all_of_them(self) -> None:
        assert judged("/dev/sda3 /srv ext4 _netdev 0 2", init="/etc/init.d/rcS") == WARNS
