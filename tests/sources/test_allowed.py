"""Of free text a redacted recording has what is allowed; and it is judged as the recording was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List, Tuple

import pytest

from guestcheck.catalogue.hypervisors import HYPERVISORS, PLATFORMS
from guestcheck.cli import main
from guestcheck.evidence import questions
from guestcheck.evidence.linux.agents import AGENT_SERVICES
from guestcheck.model.source import OK, Answer, Raw
from guestcheck.privacy.allowed import _FREE_FIELDS, _PLAIN_FIELD, _SERVICES
from guestcheck.privacy.redact import redact
from guestcheck.sources.bundle import Bundle, write
from tests.test_guests import GUESTS, reader


def one(question: str, asked: str, text: str) -> str:
    return (
        redact(Raw("x", {question: (Answer(asked, OK, text),)}), b"known").answers[question][0].text
    )


# Question, file, a text with names that must go, and what must stay of it.
FREE: Tuple[Tuple[str, str, str, str], ...] = (
    (
        "cmdline",
        "/proc/cmdline",
        "BOOT_IMAGE=/vmlinuz-6.1 root=/dev/sda2 ro foo=1.zork quiet org_id=zork9",
        "BOOT_IMAGE=/vmlinuz-6.1 root=/dev/sda2 ro",
    ),
    ("cmdline", "/proc/cmdline", 'root=/dev/sda2 key="two zork" rd.luks.name=1=x zork ro', " ro"),
    ("cmdline", "/proc/cmdline", "root=ZFS=zork/ROOT/debian ro", "root=ZFS="),
    (
        "boot_entries",
        "/boot/grub/grub.cfg",
        "menuentry 'Debian of Zork' {\n linux /vmlinuz-6.1 root=/dev/sda2 foo=zork "
        "net.ifnames=0\n}",
        "net.ifnames=0\n}",
    ),
    (
        "boot_entries",
        "/boot/loader/entries/a.conf",
        "title Fedora for Zork\noptions root=/dev/sda2 foo=zork ro",
        "options root=/dev/sda2 ",
    ),
    (
        "boot_entries",
        "/boot/extlinux/extlinux.conf",
        "LABEL zork\nAPPEND root=/dev/sda2 foo=zork ro",
        "APPEND root=/dev/sda2 ",
    ),
    (
        "boot_entries",
        "/boot/grub2/grubenv",
        "saved_entry=Zork 9\nkernelopts=root=/dev/sda2 ro foo=zork",
        "kernelopts=root=/dev/sda2 ro ",
    ),
    (
        "grub_files",
        "/etc/default/grub",
        'GRUB_CMDLINE_LINUX="root=/dev/sda2 foo=zork quiet"',
        ' quiet"',
    ),
    (
        "fstab",
        "/etc/fstab",
        "# ask Zork, 0171 555\n/dev/sda2 / ext4 defaults 0 1 # zork",
        "/dev/sda2 / ext4 defaults 0 1",
    ),
    (
        "fstab",
        "/etc/fstab",
        "zork@h:/x /d fuse.sshfs _netdev,user=zork,vers=4 0 0",
        " /d fuse.sshfs _netdev,user=*,vers=4 0 0",
    ),
    (
        "fstab",
        "/etc/fstab",
        "zork:/gv0 /g glusterfs backupvolfile-server=zork2 0 0",
        " /g glusterfs ",
    ),
    ("fstab", "/etc/fstab", "https://h/remote/zork/ /d davfs user 0 0", " /d davfs user 0 0"),
    ("fstab", "/etc/fstab", "s3fs#zork /s fuse _netdev 0 0", " /s fuse _netdev 0 0"),
    ("fstab", "/etc/fstab", "/dev/sdb1 /homes/zork ext4 nofail 0 2", "/dev/sdb1 /homes/"),
    (
        "mounts",
        "/proc/self/mountinfo",
        "4 1 0:40 / /s rw - fuse.sshfs zork@h:/x rw,user_id=1",
        "4 1 0:40 / /s rw - fuse.sshfs ",
    ),
    (
        "mounts",
        "/proc/self/mountinfo",
        "5 1 0:41 / /c rw - cifs //zork/S rw,domain=ZORK",
        "domain=*",
    ),
    (
        "system",
        "/etc/os-release",
        'ID=debian\nPRETTY_NAME="Debian for Zork AG"\nIMAGE_ID=zork\nHOME_URL="https://zork.test/"',
        "ID=debian\n",
    ),
    ("dmi", "/sys/class/dmi/id/product_version", "ZORK-AB", ""),
    ("dmi", "/sys/class/dmi/id/product_sku", "Zork Line", ""),
    ("multipath_conf", "/etc/multipath.conf", " alias zork\n", " alias "),
    (
        "lvm_conf",
        "/etc/lvm/lvm.conf",
        '  filter = [ "r|/dev/sd#|" ] # zork\n system_id="zork"',
        'filter = [ "r|/dev/sd#|" ]',
    ),
    (
        "lvm_conf",
        "/etc/lvm/lvm.conf",
        'filter = [ "a|by-id/wwn-0x5002538e40abc.*|" ]',
        "by-id/wwn-0x",
    ),
    (
        "network_config",
        "/etc/netplan/a.yaml",
        "dhcp4-overrides: {hostname: zorkhost}",
        "dhcp4-overrides: {hostname: ",
    ),
    (
        "network_config",
        "/etc/udev/rules.d/70.rules",
        'SUBSYSTEM=="net", NAME="eth0", OWNER="zork"',
        'SUBSYSTEM=="net", NAME="eth0"',
    ),
    (
        "modprobe_conf",
        "/etc/modprobe.d/a.conf",
        "# zork set this\ninstall x curl -u zork:y http://z\ninstall y /bin/true",
        "install y /bin/true",
    ),
    (
        "storage_units",
        "/etc/systemd/system/a.service",
        "Requires=dev-sdb1.device zork.service",
        "Requires=dev-sdb1.device ",
    ),
    (
        "agents",
        "/sys/fs/cgroup/system.slice/*.service",
        "/sys/fs/cgroup/system.slice/zork.service\n/sys/fs/cgroup/system.slice/qemu-ga.service",
        "/qemu-ga.service",
    ),
)


@pytest.mark.parametrize(("question", "asked", "text", "stays"), FREE)
def test_free_text_goes_and_the_rest_stays(
    question: str, asked: str, text: str, stays: str
) -> None:
    told = one(question, asked, text)
    assert "zork" not in told.lower()
    assert not [part for part in ("0171", "5002538e40abc", "remote") if part in told]
    assert stays in told
    assert question == "agents" or told.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (
            "/boot/grub/grub.cfg",
            "menuentry 'Debian GNU/Linux, with Linux 6.1.0-9-amd64 (recovery mode)' {\n linux "
            "/vmlinuz-6.1 root=/dev/sda2 ro single\n}",
        ),
        (
            "/boot/grub/grub.cfg",
            'set default="Advanced options for Ubuntu>Ubuntu, with Linux 5.15.0-91-generic"',
        ),
        (
            "/boot/loader/entries/a.conf",
            "title Red Hat Enterprise Linux (5.14.0-1.el9.x86_64) 9.3 (Plow)\noptions "
            "root=/dev/sda2 ro quiet $tuned_params",
        ),
        ("/boot/grub2/grubenv", "# GRUB Environment Block\nsaved_entry=0\n####"),
    ],
)
def test_what_distributions_write_stays(asked: str, text: str) -> None:
    assert one("boot_entries", asked, text) == text


def test_what_the_catalogue_knows_clouds_by_stays() -> None:
    rows = [
        row.partition("=")
        for one in (*HYPERVISORS, *PLATFORMS)
        for text in one.dmi
        for row in text.split("; ")
    ]
    known = [
        value.replace("*", "")
        for field, _, value in rows
        if field in _FREE_FIELDS and value.strip("*")
    ]
    assert len(known) > 8
    assert [value for value in known if not _PLAIN_FIELD.fullmatch(value)] == []


def test_services_of_agents_stay() -> None:
    assert {service for services in AGENT_SERVICES.values() for service in services} <= _SERVICES


@pytest.mark.tail(every=50)
@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_preflight_answers_the_same(
    folder: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = Bundle(folder.name, reader(folder)).gather(questions(deep=True))
    told: List[Any] = []
    for name, recorded in (("plain", raw), ("redacted", redact(raw, b"known"))):
        write(recorded, str(tmp_path / f"{name}.tar.gz"))
        code = main(["preflight", str(tmp_path / f"{name}.tar.gz"), "-f", "json", "--all"])
        answers = json.loads(capsys.readouterr().out)
        told.append((code, verdicts(answers)))
    assert told[0] == told[1]


def verdicts(found: Any) -> Any:
    """Keep of a report what is no text: verdicts, kinds of reasons, targets."""
    if isinstance(found, dict):
        return {
            name: verdicts(value)
            for name, value in found.items()
            if name in KEPT or isinstance(value, (dict, list))
        }
    return [verdicts(value) for value in found] if isinstance(found, list) else found


KEPT = (
    "verdict",
    "answer",
    "outcome",
    "id",
    "target",
    "state",
    "kind",
    "interface",
    "driver",
    "module",
    "boots",
    "network",
)
