"""What is nobody's business leaves no guest: of files that hold secrets only named lines are taken,
live and from an archive alike.
"""

from __future__ import annotations

from pathlib import Path
from time import process_time
from typing import Dict, List, Tuple

import pytest

from guestcheck.evidence import questions
from guestcheck.model.source import Answer, File
from guestcheck.privacy.lines import mask, pick
from guestcheck.sources._offline import Offline
from guestcheck.sources.live import Live
from guestcheck.stores.opening import open_store

SECRET = "Zxc0ffee-S3CRET"

# Files as guests have them, each with something in it that must not be recorded, and a line that
# must.
FILES: Dict[str, Tuple[str, str]] = {
    "etc/NetworkManager/system-connections/home.nmconnection": (
        f"[connection]\nid=home\ntype=wifi\ninterface-name=wlan0\n[wifi-security]\nkey-mgmt=wpa-psk\npsk={SECRET}\nwep-key0={SECRET}\n"
        f"[802-1x]\npassword={SECRET}\nprivate-key-password={SECRET}\nidentity={SECRET}\n[vpn-secrets]\nx={SECRET}\n[wireguard]\nprivate-key={SECRET}\n"
        f"[wireguard-peer.{SECRET}=]\npreshared-key={SECRET}\n[gsm]\npin={SECRET}\n",
        "interface-name=wlan0",
    ),
    "etc/network/interfaces": (
        f"auto wlan0\niface wlan0 inet dhcp\n wpa-ssid x\n wpa-psk {SECRET}\n "
        f"wireless-key {SECRET}\n up cmd {SECRET}\n",
        "iface wlan0 inet dhcp",
    ),
    "etc/netplan/50.yaml": (
        "network:\n  ethernets:\n    lan:\n      dhcp4: true\n      auth:\n        "
        f"password: {SECRET}\n  wifis:\n    w:\n      access-points:\n"
        f'        "net":\n          password: "{SECRET}"\n          auth: {{key-management: '
        f"psk, password: {SECRET}}}\n      x: {{password: {SECRET}}}\n",
        "    lan:",
    ),
    "etc/sysconfig/network-scripts/ifcfg-wlan0": (
        f"DEVICE=wlan0\nKEY1={SECRET}\nWPA_PSK={SECRET}\nIEEE_8021X_PASSWORD={SECRET}\n",
        "DEVICE=wlan0",
    ),
    "etc/sysconfig/network/ifcfg-wlan0": (
        f"STARTMODE=auto\nWIRELESS_WPA_PSK={SECRET}\nWIRELESS_KEY_0='{SECRET}'\n",
        "STARTMODE=auto",
    ),
    "etc/systemd/network/a.network": (
        f"[Match]\nName=wl0\n[Network]\nDHCP=yes\n[WireGuardPeer]\nPresharedKey={SECRET}\n",
        "Name=wl0",
    ),
    "etc/fstab": (
        f"//s/x /m cifs username=u,password={SECRET} 0 0\n/dev/sda1 / ext4 x 0 1\n",
        "/dev/sda1 / ext4 x 0 1",
    ),
    "etc/cloud/cloud.cfg": (
        f"password: {SECRET}\nmounts:\n - [vdb, /x]\nchpasswd:\n  list: "
        f"root:{SECRET}\nusers:\n - passwd: {SECRET}\n",
        " - [vdb, /x]",
    ),
    "etc/default/grub": (
        f"GRUB_CMDLINE_LINUX=quiet\nGRUB_SUPERUSER={SECRET}\n",
        "GRUB_CMDLINE_LINUX=quiet",
    ),
    "etc/mdadm.conf": (f"MAILADDR {SECRET}\nDEVICE partitions\n", "DEVICE partitions"),
    "var/cache/debconf/config.dat": (
        f"Name: a/password\nValue: {SECRET}\n\nName: grub-pc/install_devices\nTemplate: "
        f"t\nValue: /dev/sda\nOwners: grub-pc\n\nName: z\nValue: {SECRET}\n",
        "Value: /dev/sda",
    ),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("guest")
    for name, (text, _) in FILES.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return top


def answers(source: object) -> List[Answer]:
    asked = [
        question
        for question in questions(deep=True)
        if question.deep and question.name not in ("initramfs",)
    ]
    return [answer for found in source.gather(asked).answers.values() for answer in found]  # type: ignore[attr-defined]


@pytest.fixture(params=["live", "offline"])
def told(request: pytest.FixtureRequest, root: Path) -> List[Answer]:
    return answers(
        Live(root=str(root))
        if request.param == "live"
        else Offline(open_store([str(root)], ["**"]))
    )


def test_no_secret_is_taken(told: List[Answer]) -> None:
    assert [answer.asked for answer in told if SECRET in answer.text] == []


@pytest.mark.parametrize("name", FILES)
def test_what_is_asked_is_taken_with_its_line(told: List[Answer], name: str) -> None:
    text, wanted = FILES[name]
    (answer,) = [answer for answer in told if answer.asked == f"/{name}"]
    assert answer.text.split("\n")[text.split("\n").index(wanted)] == wanted


def test_a_section_ends_where_it_is_said_to_and_another_may_begin_there() -> None:
    data = b"a: 1\nmounts:\n - x\n# c\nfs_setup:\n - y\nb: 2\n - z\n"
    word = File("f", within=(r"(mounts|fs_setup):", r"[^\s#-]"))
    assert pick(data, word) == b"\nmounts:\n - x\n# c\nfs_setup:\n - y\n\n\n"


def test_lines_that_are_kept_can_still_be_left_out() -> None:
    assert (
        pick(b"name=a\nname=secret\nother=1\n", File("f", keep="name=", without=".*secret"))
        == b"name=a\n\n\n"
    )


def test_entries_parted_by_nul_are_taken_by_their_beginning() -> None:
    assert pick(b"a=1\0container=lxc\0b=2", File("f", only="container=")) == b"container=lxc"


@pytest.mark.parametrize("word", ["password=", "Password=", "rd.PASSWD1=", "iscsi_password_in="])
def test_a_password_is_starred_out_whatever_the_case_of_its_name(word: str) -> None:
    text = f"menu Passage\nno secret here\n{word}{SECRET} quiet\r\nlast"
    assert mask(text.encode()) == text.replace(SECRET, "*****").encode()


@pytest.mark.parametrize("word", ["password_pbkdf2 root ", "  Password --md5 "])
def test_of_a_boot_menus_password_line_nothing_of_the_password_is_left(word: str) -> None:
    text = f"menu Passage\nno secret here\n{word}{SECRET} quiet\r\nlast"
    masked = mask(text.encode())
    assert masked.count(b"\n") == text.count("\n")
    assert SECRET.encode() not in masked
    assert masked.startswith(f"menu Passage\nno secret here\n{word.split('d')[0]}".encode())
    assert masked.endswith((b"\r\nlast", b"*\nlast"))


def test_a_long_list_in_which_a_word_like_it_stands_is_not_searched_for_each_sign() -> None:
    """modules.dep of a distribution has such names; to look at all of it closely took as long as to
    unpack the whole image.
    """
    text = (
        b"kernel/drivers/virt/coco/efi_secret/efi_secret.ko: kernel/drivers/a/passthrough.ko\n"
        * 20_000
    )
    started = process_time()
    assert mask(text) == text
    assert process_time() - started < 0.2
