"""Passwords and keys are starred out before anything else sees them, and nothing besides is."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tarfile
from pathlib import Path
from time import process_time
from typing import Dict, List, Tuple

import pytest

from guestcheck.cli import main
from guestcheck.collectors import sh
from guestcheck.errors import EXIT_OK
from guestcheck.evidence import questions
from guestcheck.model.source import Answer, File, Question, Raw
from guestcheck.privacy.lines import (
    _CHUNK,
    Looks,
    _all_marks,
    _found,
    _patterns,
    hide,
    mask,
    mask_text,
)
from guestcheck.privacy.secret_words import NEAR
from guestcheck.privacy.secrets import SECRETS
from guestcheck.sources import open_source
from guestcheck.sources.live import Live
from tests.examples import examples

S = "Zxc0ffee-S3CRET"
T = "t0pf-S3CRET"

# A line as guests have it, and what must be left of it beside the stars.
LINES: Tuple[Tuple[str, str], ...] = (
    (
        f"root=/dev/vda1 rd.iscsi.username=u rd.iscsi.password={S} rd.iscsi.in.password={T},x ro",
        "root=/dev/vda1 rd.iscsi.username=u rd.iscsi.password=",
    ),
    (f'root=UUID=1 rd.iscsi.password="{S} two" ro', " ro"),
    (f'linux /vmlinuz "rd.iscsi.password=two {S}" root=/dev/vda1', '" root=/dev/vda1'),
    (f'GRUB_CMDLINE_LINUX="rd.iscsi.password={S} quiet"', ' quiet"'),
    (f'GRUB_CMDLINE_LINUX="a password=\\"b {S}\\" root=/dev/vda1"', '" root=/dev/vda1"'),
    (f"GRUB_CMDLINE_LINUX='vncpassword={S} quiet'", " quiet'"),
    (
        f"root=iscsi:bob:{S}:eve:{T}@10.0.0.1::3260::iqn.2020-01.com.example:t ro",
        "@10.0.0.1::3260::iqn.2020-01.com.example:t ro",
    ),
    (
        f"inst.repo=ftp://bob:{S}@mirror/x systemd.proxy=http://:{T}@proxy:80/ ro",
        "@mirror/x systemd.proxy=http://",
    ),
    (f"proxy=http://bob:a/{S}@proxy:8080 ro", "@proxy:8080 ro"),
    (f"inst.ks=https://{S}@host/ks.cfg ro", "@host/ks.cfg ro"),
    (f"ignition.config.url=https://h/x?sig={S}&code={T}&v=1 ro", "&v=1 ro"),
    (
        f"systemd.set_credential=passwd.plaintext-password.root:{S} ro",
        "systemd.set_credential=passwd.plaintext-password.root:",
    ),
    (f'"systemd.set_credential=a:two {S}" ro', '" ro'),
    (f"systemd.set_credential_binary=wg.key:{S}== ro", " ro"),
    (
        f"passwd/root-password={S} passwd/user-password-again={S} "
        f"passwd/root-password-crypted=$6$ab$cd netcfg/wireless_wpa={S} ro",
        " ro",
    ),
    (f"cifsuser=bob cifspass={S} WlanKey={T} wpapsk={S} K3S_TOKEN={T} ro", " ro"),
    (
        'dm-mod.create="r,,,rw,0 9 crypt aes-xts-plain64 ' + "0f" * 32 + ' 0 8:1 0" root=/dev/dm-0',
        ' 0 8:1 0" root=/dev/dm-0',
    ),
    (f"options iscsi chap_password={S} debug=1", " debug=1"),
    (f"install net /sbin/up --password {S} --token '{T}' -v", " -v"),
    (f"options iscsi secret={S} \\", " \\"),
    ("password_pbkdf2 root grub.pbkdf2.sha512.10000.AAFF." + S, "password_pbkdf2 "),
    (f"password {S}", "password "),
    (f"password --md5 $1$abc${S}", "password "),
    (f"  password root {S}", "  password "),
    (f"set pw=grub.pbkdf2.sha512.1.{S}", "set pw="),
    (f"MENU MASTER PASSWD {S}", "MENU MASTER PASSWD "),
    (f"GRUB2_PASSWORD={S}", "GRUB2_PASSWORD="),
    (f"//s/x /m cifs username=u,password={S} 0 0", " 0 0"),
    (f"//s/x /m cifs username=u,passwd={S} 0 0", " 0 0"),
    (f"nas:/ /m ceph name=admin,secret={S}== 0 0", " 0 0"),
    (f"root UUID=1 {S} luks,keyscript=/bin/echo,nofail", " luks,keyscript=/bin/echo,nofail"),
    (f"target=root,source=/dev/vda2,key={S},keyscript=/x,lvm=vg", ",keyscript=/x,lvm=vg"),
    (f"d UUID=1 none pkcs11-uri=pkcs11:id=1;pin-value={S},nofail", ",nofail"),
    (f" wpa-psk {S}", " wpa-psk "),
    (f" wireless-key {S}", " wireless-key "),
    (f'      password: "{S}"', "      password: "),
    (f'{{"secret" : "{S}"}}', '{"secret" : '),
    (f"node.session.auth.password = {S}", "node.session.auth.password = "),
    (f"KEY_PSK1='{S} x'", "'"),
    (f"WIRELESS_KEY_0={S}", "WIRELESS_KEY_0="),
    (f"PrivateKey={S}=", "PrivateKey="),
    (f'CONFIG_CMDLINE="rd.iscsi.password={S} ro"', ' ro"'),
    (f"[    0.000000] Command line: root=/dev/vda1 rd.iscsi.password={S} ro", " ro"),
    (f"root  7  0.0 /usr/bin/vpnd --user u --password {S}", "--user u --password "),
    (f"root  8  0.0 sshpass -p {S} ssh host", " ssh host"),
    (f"root  9  0.0 curl -u bob:{S} https://host/x", " -u bob:"),
    (f'curl -H "Authorization: Bearer {S}" x', 'curl -H "Authorization: '),
    (f"AccountKey={S} aws_secret_access_key={T} ro", " ro"),
    (f"|options iscsi chap_password={S}", "|options iscsi chap_password="),
    (f"|password {S}", "|password "),
    (f"root:$6$rounds=5000$salt${S}:19000:0:", ":19000:0:"),
)

# Lines with such words and nothing to hide: what decides verdicts is among them.
PLAIN = (
    "CONFIG_EFI_SECRET=m\n# CONFIG_KEYS is not "
    "set\nCONFIG_SECRETMEM=y\nCONFIG_IOMMU_DEFAULT_PASSTHROUGH=y",
    "root=/dev/sda1 rd.luks.key=/key:LABEL=usb rd.iscsi.password= rd.luks.uuid=luks-1 "
    "iommu.passthrough=1 ro",
    'GRUB_CMDLINE_LINUX="cryptkey=/dev/sdb1:ext4:/key root=/dev/sda1"',
    "root UUID=1 none luks,discard,password-echo=no,nofail,x-systemd.device-timeout=9",
    "root UUID=1 /dev/disk/by-label/usb:/k luks,keyscript=passdev,tries=3",
    "crypt dm dmraid lvm mdraid",
    "dracut modules: crypt dm dmraid",
    "kernel/security/keys/encrypted-keys/encrypted-keys.ko: "
    "kernel/security/keys/trusted-keys/trusted.ko",
    'HOME_URL="https://www.debian.org/"\nBUG_REPORT_URL="mailto:x@y"',
    "Linux version 6.1.0 (debian-kernel@lists.debian.org) (gcc-12)",
    "systemd-ask-password-console.path loaded active waiting Dispatch Password Requests to "
    "Console Directory Watch",
    "100755 12 usr/bin/systemd-tty-ask-password-agent\n|blacklist pata_acpi",
    "search --no-floppy --fs-uuid --set=root 1\n  if keystatus --shift; then",
    "root=nfs:10.0.0.1:/x,vers=4 netroot=iscsi:10.0.0.1::3260::iqn.2020-01.com.example:t",
    "root UUID=1 none luks,tpm2-pin=yes,fido2-with-client-pin=no,key-slot=1",
    "cryptkey=rootfs:/etc/k cryptkey=UUID=1:ext4:/k rd.luks.key=/k:UUID=1 keyfile=/k "
    "lsm=lockdown,yama",
    "1 2 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw",
    "/dev/sda1 /m ext4 x-systemd.mount-timeout=10s,comment=x 0 2\n10.0.0.1:/e /m nfs4 "
    "sec=krb5,vers=4.2 0 0",
    "E: ID_PATH=pci-0000:00:05.0-scsi-0:0:0:1\nE: "
    "DEVLINKS=/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_x",
    "ExecStart=/usr/bin/x -u user -p 80:80 --key /etc/x.pem\nWhat=/dev/disk/by-label/x\nset "
    'default="${saved_entry}"',
    "key-mgmt=wpa-psk\npsk-flags=0\nauth-alg=open\nDEFAULTKEY=1",
    "options kvm_intel nested=1\nalias pci:v00001AF4d sv_key\noptions iwlwifi 11n_disable=1",
    "menuentry 'Echo | sudo' {\n echo 'Loading Linux 6.1 ...'\n insmod part_gpt",
    "  ether 52:54:00:12:34:56 txqueuelen 1000\nsupports-priv-flags: yes\nfirmware-version: "
    "\nbus-info: 0000:00:03.0",
)

# Words that end as such names do, and a password beside them.
INNOCENT = (
    *(
        "compass=x",
        "compass: north",
        "options m compass=a bypass=b",
        "Speculative Store Bypass: Mitigation; disabled via prctl",
        "spec_store_bypass=x",
    ),
    *("thinkpad_acpi.hotkey=0xffff", "turkey: x", "underpass = x", '"compass" : "x"', "surpass x"),
)
PLAIN += INNOCENT

ALL = "\n".join(line for line, _ in LINES) + "\n" + "\n".join(PLAIN) + "\n"


@pytest.mark.parametrize(("line", "left"), LINES)
def test_a_secret_is_starred_out_and_the_rest_stays(line: str, left: str) -> None:
    told = mask_text(line)
    assert not [part for part in (S, T, "S3CRET", "AAFF", "0f0f") if part in told]
    assert left in told
    assert "*****" in told
    assert "******" not in told.replace(
        "***** ", ""
    )  # how many stars there are does not show how long it is
    assert mask_text(told) == told


NAMES = (
    *("pw", "pwd", "sshpw", "inst.sshpw", "mgmtpw", "rootpass", "upass", "pin", "luks.pin"),
    *("otp", "totp", "mfa", "puk", "cred", "creds", "credentials", "auth", "api_auth"),
    *(
        "my_pat",
        "bootstrap_pat",
        "GITHUB_PAT",
        "registration",
        "bearer",
        "jwt",
        "cookie",
        "cryptkey",
        "AZURE_STORAGE_KEY",
    ),
    *(
        "serialkey",
        "x.key",
        "authkey",
        "vault_token",
        "AccountKey",
        "SharedAccessKey",
        "mka-cak",
        "bindpw",
        "passwort",
    ),
    *("kennwort", "secret_id", "snmp_community", "recovery_code", "regcode", "passkey"),
)
BEGINNINGS = (
    *("ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xapp-1-", "sk-ant-", "sk_live_"),
    *("tskey-auth-", "hvs.", "dop_v1_", "npm_", "pypi-", "SG.", "AIza", "ya29.", "hf_"),
    *("dckr_pat_",),
)
# More spellings, by kind; what of a word must be left stands around S.
SPELT: Tuple[str, ...] = (
    # command lines, environments: what the name ends in
    *(f"root=/dev/vda1 {name}={S} ro" for name in NAMES),
    f"hook=https://h.test/x?jwt={S} ro",
    f"up=https://h.test/x?a=1&SharedAccessSignature={S} ro",
    f'conn="Server=h;Uid=u;Pwd={S};" ro',
    f'options cfg80211 key="{S} x" power_save=1',
    f"io.systemd.credential:x={S} ro",
    # tokens by their form, whatever stands before them
    *(f"build={begins}{S.replace('-', 'x')}0123456789abcdef ro" for begins in BEGINNINGS),
    f"x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{S.replace('-', '_')} ro",
    f"x https://hooks.slack.com/services/T0/B0/{S} y",
    f'sshkey="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{S} {S}@laptop" ro',
    f"ecdsa-sha2-nistp256 AAAAE2VjZHNh{S}= ",
    f"$argon2id$v=19$m=65536,t=3,p=4${S} x",
    f"userPassword {{SSHA}}{S} x",
    # YAML, JSON, ini files, headers
    f"        - keys: {{public: x, shared: {S}}}",
    f"      keys: {{private: {S}, public: x}}",
    f"      key: {S}",
    f'"token_key": "{S}", "x": 1',
    f"consumer_key: {S}",
    f"vault_token: {S}",
    f"pin={S}",
    f"api-token = {S}",
    f"X-Auth-Token: {S}",
    f"PRIVATE-TOKEN: {S}",
    f'chpasswd: {{list: "root:{S}"}}',
    # arguments
    f"/usr/bin/x --device /dev/sdb1 --bearer {S} --api-token {T}",
    f"x --pass {S} -v",
    f"x --auth-key '{S}' -v",
    f"mysql -uroot -p{S} db",
    f"mysqldump --user root -p {S} db",
    f"sshpass -p{S} ssh h",
    f"docker login -u u -p {S} r.test",
    f" cryptomount -p {S} -u 0a1b",
    f"cryptomount (hd0,gpt2) -p '{S}'",
    f"curl -uu:{S} http://h/x",
    f"curl --user=u:{S} http://h/x",
    f"smbclient -U 'u%{S}' //h/x",
    f"ldapsearch -x -w {S} -b dc=x",
    f"redis-cli -a {S} info",
    f"openssl enc -k {S} -in x",
    f"openssl x -passin pass:{S} -in x",
    f"nmcli connection modify x wifi-sec.psk {S}",
    f" up wg set wg0 private-key {S}",
    f"wpa_passphrase net {S}",
    f"iwconfig wlan0 key s:{S}",
    f"echo {S} | cryptsetup open /dev/sda2 x",
    f"echo -n '{S}' | sudo -S true",
    f"printf {S} | /sbin/cryptsetup luksOpen /dev/sda2 x",
    f"cryptsetup open /dev/sda2 x <<< {S}",
    # users with passwords in the names of servers
    f"//u:{S}@srv/share /m cifs ro 0 0",
    f"sshfs#u:{S}@h:/data /d fuse ro 0 0",
    f"curlftpfs#u:{S}@h /d fuse ro 0 0",
    f"u:{S}@h:/data /d fuse.sshfs ro 0 0",
    f"What=//u:{S}@srv/x",
    f"linux (http,u:{S}@h)/vmlinuz ro",
    f"proxy=u:{S}@h:8080 ro",
    f"db=postgres://u:{S}@h.test/d ro",
    f"//srv/share /m cifs user=u%{S} 0 0",
    # files with a blank between name and value
    *(
        f'{line} "{S} x";'
        for line in (
            "shared-secret",
            "  cram-hmac-alg sha1; shared-secret",
            'key "k" {{ algorithm x; secret',
            "  bindpasswd",
        )
    ),
    *(
        f"{line} {S}"
        for line in (
            "bindpw",
            "rootpw --iscrypted",
            "rootpw",
            "requirepass",
            "masterauth",
            "  auth_pass",
            "ldap_password",
            "authtok =",
        )
    ),
    *(f"machine h login u {line} {S}" for line in ("password", "account a password")),
    *(f"username u {line} {S}" for line in ("secret", "privilege 15 secret 5", "password 7")),
    *(
        f"d-i passwd/{line} {S}"
        for line in ("root-password password", "user-password-crypted password")
    ),
    *(
        f"{line} {S} x"
        for line in (
            "rocommunity",
            "rwcommunity6",
            "com2sec local default",
            "trap2sink h",
            "snmp-server community",
        )
    ),
    f"createUser u SHA {S} AES {T}",
    f"incominguser u {S}",
    f'10.0.0.1 10.0.0.2 : PSK "{S}"',
    f"u : EAP '{S}'",
    # a registry, XML
    f'"DefaultPassword"="{S}"',
    f"    DefaultPassword    REG_SZ    {S} x",
    f"<password>{S}</password>",
    f"<wsx:SharedSecret>{S}</wsx:SharedSecret>",
    f"<AdministratorPassword><Value>{S}</Value>",
    f"<ProductKey>{S}</ProductKey>",
    # programs
    f"qemu -object secret,id=s,format=base64,data={S} -v",
    f"ip macsec add m0 tx sa 0 pn 1 on key 01 {'0a' * 16}{'0b' * 16}",
    f"ip xfrm state add src a dst b enc aes 0x{'0a' * 16}",
    f"fence_ipmilan -a h -l u -p {S} -v",
    f"useradd -p '{S}' u",
    f"SUSEConnect -r {S} -v",
    f"pro attach {S}",
    f"printf '%s' {S} | cryptsetup open /dev/sda2 x -",
    f"cmdkey /add:h /user:u /pass:{S}",
    f"slmgr /ipk {S}",
    # NVMe
    f"dhchap=DHHC-1:00:{S}0123456789abcdef: ro",
)


@pytest.mark.parametrize("line", SPELT)
def test_no_spelling_of_a_secret_is_left(line: str) -> None:
    told = mask_text(line)
    assert not [
        part for part in (S, T, S.replace("-", "x"), S.replace("-", "_"), "0a" * 16) if part in told
    ]
    assert "*****" in told
    assert mask_text(told) == told
    assert [
        word
        for word in ("root=/dev/vda1", "/dev/sda2", "-v", "@srv", "@h", "-in", "0 0")
        if word in line and word not in told
    ] == []


@pytest.mark.parametrize(
    "name",
    [
        "compass_password",
        "compass.pass",
        "adminpass",
        "mypass",
        "dbpass",
        "keypass",
        "commpass",
        "passkey",
        "compasswd",
        "bypass_key",
    ],
)
def test_a_name_that_begins_as_a_word_or_ends_like_one_is_a_secret_s(name: str) -> None:
    assert mask_text(f"compass=a {name}={S} bypass=b") == f"compass=a {name}=***** bypass=b"
    assert mask_text(f"{name}: {S}") == f"{name}: *****"


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_text(text) == text


def slowly(text: str) -> str:
    """Return the text as the patterns alone make it, without any look at marks before."""
    lines = text.encode().split(b"\n")
    for number in range(len(SECRETS)):
        pattern, where = _patterns(number)
        lines = [
            pattern.sub(rb"\g<1>*****", line) if where is None or where.search(line) else line
            for line in lines
        ]
    return b"\n".join(lines).decode()


_BEFORE = (
    "",
    "t",
    "x",
    "-",
    "_",
    "--",
    " ",
    "xt",
    "act-",
    ".",
    ":",
    "a:",
    "a:\r",
    "\r",
    "fs#u:",
    "//u:",
    "a b",
)
_AFTER = (
    "=",
    ":",
    " ",
    '"',
    "s=",
    "_in=",
    "l",
    "-value=",
    "@h",
    " = ",
    '": "',
    "0123456789abcdef",
    "@h:x@i",
    "",
)


@pytest.mark.parametrize("mark", [*NEAR, "pin", "mfa", "@"])
def test_the_look_at_what_is_near_a_mark_loses_none(mark: str) -> None:
    lines = [
        f"{start}{before}{mark}{after}Zxc0ffee"
        for start in ("", "a ", "-")
        for before in _BEFORE
        for after in _AFTER
    ]
    assert mask_text("\n".join(lines)) == slowly("\n".join(lines))


def test_a_mark_with_something_near_it_is_a_part_of_no_other() -> None:
    marks = {mark for secret in SECRETS for mark in secret.marks}
    assert set(NEAR) <= marks
    assert [
        (near, mark) for near in (*NEAR, "@") for mark in marks if near in mark and near != mark
    ] == []


@pytest.mark.parametrize(
    "line",
    [
        '"name": "vda", "mountpoint": null, "hotplug": false, "label": null',
        "7: eth0.5@eth0: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc fq_codel state UP mode "
        "DEFAULT group default",
        "S: disk/by-id/google-persistent-disk-0123456789abcdef",
    ],
)
def test_what_each_of_thousands_of_devices_has_is_not_looked_at(line: str) -> None:
    looks = Looks(1000)
    text = "".join(f"{number} {line}\n" for number in range(100))
    assert mask_text(text, looks) == text
    assert (looks.left, looks.starred) == (1000, 0)


MARKS = [mark for mark, _ in _all_marks()]


@pytest.mark.tail(every=4)
@pytest.mark.parametrize("place", [0, _CHUNK - 3, _CHUNK - 1, _CHUNK, 2 * _CHUNK - 2, 2 * _CHUNK])
def test_a_mark_is_found_wherever_it_is(place: int) -> None:
    for mark in MARKS:
        assert mark in _found(b"\n" * place + mark + b"\n" * (3 * _CHUNK - place))


def test_marks_that_differ_in_a_digit_are_told_apart() -> None:
    assert [mark for mark in _found(b"a path of pat7\n" * 9) if mark.startswith(b"pat")] == [
        b"pat7"
    ]


@pytest.mark.parametrize("seed", range(20))
def test_the_marks_of_a_text_are_those_that_it_has(seed: int) -> None:
    dice = random.Random(seed)
    pieces = [*MARKS, *(mark[:-1] for mark in MARKS), b"7", b",", b":", b"\n", b"path", b"sdaaa"]
    text = b"".join(dice.choice(pieces) for _ in range(dice.choice((5, 50))))
    assert _found(text) == [mark for mark in MARKS if mark in text]


KEY = """a line 00:03.0
-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED

TUlJRW9ubHk+/=
> TUlJRW9ubHk=
-----END RSA PRIVATE KEY-----
x = 1
|-----BEGIN OPENSSH PRIVATE KEY-----
|TUlJRW9ubHk
00:04.0 what comes behind a key whose end is missing
{"k": "-----BEGIN PRIVATE KEY-----\\nTUlJRW9ubHk\\n-----END PRIVATE KEY-----"}
-----BEGIN CERTIFICATE-----
Q2VydGlmaWNhdGU=
-----END CERTIFICATE-----
"""


class TestKeys:
    def test_a_private_key_is_starred_over_all_its_lines_and_nothing_besides(self) -> None:
        told = mask_text(KEY)
        assert "TUlJ" not in told
        assert told.count("\n") == KEY.count("\n")
        kept = (
            "a line 00:03.0",
            "-----BEGIN RSA PRIVATE KEY-----",
            "-----END RSA PRIVATE KEY-----",
            "x = 1",
            "00:04.0 what comes behind a key whose end is missing",
        )
        assert set(told.split("\n")).issuperset(
            (*kept, "> ************", "|***********", "Q2VydGlmaWNhdGU=")
        )

    @pytest.mark.parametrize("command", ["sed", "busybox sed"])
    def test_the_collector_does_the_same(self, command: str) -> None:
        words = command.split()
        if shutil.which(words[0]) is None:
            pytest.skip(f"{words[0]} is not installed")
        done = subprocess.run(
            [*words, "-r", sh.stars()],
            input=KEY.encode(),
            stdout=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"},
            check=True,
        )
        assert done.stdout == mask(KEY.encode())

    @pytest.mark.parametrize(
        "text",
        [
            "-----BEGIN PRIVATE KEY-----\n",
            "-----BEGIN PRIVATE KEY-----\n_\n",
            "-----BEGIN PRIVATE KEY",
            "-----BEGIN A ",
        ],
    )
    def test_many_cost_no_more_than_their_length(self, text: str) -> None:
        started = process_time()
        mask((text * (500_000 // len(text)) + "PRIVATE KEY").encode())
        assert process_time() - started < 20


@pytest.mark.tail(every=20)
@pytest.mark.parametrize(
    "hostile",
    [
        "://",
        "iscsi:",
        "password ",
        "pass=",
        "://a:",
        "systemd.set_credential=",
        "key=",
        "$6$a",
        ' "',
        "-",
        "a pass",
        "crypt a ",
        "[{key",
        "\\",
        "secret,",
        "secret,a=b,",
        "passwd/",
        "authtok",
        "a/x ",
        "<password>",
        "login a ",
    ],
)
def test_it_costs_no_more_than_its_length(hostile: str) -> None:
    started = process_time()
    mask((hostile * (500_000 // len(hostile)) + " pass=x keyscript= @ iscsi: crypt ").encode())
    assert (
        process_time() - started < 20
    )  # a second or two; what grows with the square takes minutes


class TestSed:
    """The collector's program for sed does the same, byte by byte."""

    SEDS = ("sed", "busybox sed")
    # Pieces of which lines are made that come close to secrets.
    PIECES = (
        *[
            "password",
            "passwd",
            "pass",
            "secret",
            "psk",
            "KEY_",
            "_0",
            "token",
            "=",
            "=",
            "=",
            ":",
            ":",
            "://",
            "@",
            "@",
            "/",
            "a",
            "bc",
            "x1",
            ",",
            "iscsi:",
            "*",
            "**",
            "-",
            "--",
            ".",
            "n:",
            "$6$",
            "$",
            "salt",
            "keyscript=",
            "key=",
            "wpa-psk",
            "_in",
            "&",
            "?",
            "code=",
        ],
        *(
            '"',
            "'",
            "\\",
            " ",
            " ",
            "  ",
            "\t",
            "\r",
            "| ",
            "> ",
            "crypt ",
            "aes ",
            "menu ",
            "0123456789abcdef" * 2,
            "systemd.set_credential=",
            "\udcff",
        ),
        *[
            "pin",
            "auth",
            "pat",
            "yes",
            "UUID=",
            "shared",
            "-p ",
            "mysql",
            "echo ",
            "|",
            "sudo",
            "eyJ",
            "tskey-",
            "fs#",
            "compass",
            "by",
            "com",
            "hotkey",
            "secret ",
            "<password>",
            "login u ",
            "REG_SZ ",
            "proxy=",
            "$x",
            "u%",
            "<<<",
            "(http,",
        ],
        *[
            "CONFIG_X",
            "CONFIG_CMDLINE",
            "=y",
            "grub.pbkdf2.",
            "api_key",
            "pin-value=",
            ";",
            "A",
            "(",
            "{",
        ],
    )

    def told(self, command: str, data: bytes) -> bytes:
        words = command.split()
        if shutil.which(words[0]) is None:
            pytest.skip(f"{words[0]} is not installed")
        return subprocess.run(
            [*words, "-r", sh.stars()],
            input=data,
            stdout=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"},
            check=True,
        ).stdout

    @pytest.mark.parametrize("command", SEDS)
    def test_of_real_lines(self, command: str) -> None:
        for data in (
            ALL.encode(),
            ALL.rstrip("\n").encode(),
            b"",
            b"\n",
            b"x\0y\0password=a\n\0",
            b"password=\xff\xfe\x80z\n",
            b"FACP\x01 key=/x \x02pw=c\x01\n",
        ):
            assert self.told(command, data) == mask(data)

    @pytest.mark.parametrize("command", SEDS)
    def test_of_any_lines(self, command: str) -> None:
        chosen = random.Random(7)
        lines = [
            "".join(chosen.choice(self.PIECES) for _ in range(chosen.randint(2, 14)))
            for _ in range(100 * examples(100))
        ]
        data = "\n".join(lines).encode("utf-8", "surrogateescape")
        told, expected = self.told(command, data).split(b"\n"), mask(data).split(b"\n")
        assert [pair for pair in zip(lines, told, expected) if pair[1] != pair[2]] == []
        assert (
            sum(
                map(
                    lambda line, hidden: line.encode("utf-8", "surrogateescape") != hidden,
                    lines,
                    expected,
                )
            )
            > len(lines) / 10
        )


# Where they stand in a guest, for all sources that read files.
FILES: Dict[str, str] = {
    "boot/grub/grub.cfg": (
        f"set superusers=root\npassword_pbkdf2 root grub.pbkdf2.sha512.1.{S}\nmenuentry 'x' "
        f"{{\n linux /vmlinuz-6.1 rd.iscsi.password={S} ro\n}}\n"
    ),
    "boot/grub/menu.lst": f"password {S}\ntitle x\nkernel /vmlinuz-6.1 root=/dev/sda1\n",
    "boot/grub2/grubenv": f"# GRUB Environment Block\nkernelopts=root=/dev/sda1 rd.iscsi.password={S}\n####\n",
    "boot/loader/entries/a.conf": "title a\nlinux /vmlinuz-6.1\noptions root=/dev/sda1 "
    f"netroot=iscsi:u:{S}@10.0.0.1::::iqn.x\n",
    "boot/extlinux/extlinux.conf": f"MENU MASTER PASSWD {S}\nLABEL l\nLINUX /vmlinuz-6.1\nAPPEND root=/dev/sda1 "
    f"vncpassword={S}\n",
    "etc/default/grub": f'GRUB_CMDLINE_LINUX="rd.iscsi.password={S} quiet"\n',
    "etc/modprobe.d/i.conf": f"options iscsi chap_password={S}\n",
    "etc/crypttab": f"root UUID=1 {S} luks,keyscript=/bin/echo\n",
    "etc/fstab": f"//s/x /m cifs username=u,password={S} 0 0\n//s/y /n davfs http://u:{S}@s/y 0 0\n",
    "etc/netplan/1.yaml": (
        f"network:\n  tunnels:\n    wg0: {{mode: wireguard, key: {S}=}}\n  ethernets:\n    "
        "lan:\n      auth:\n        password:\n          s3cret\n"
    ),
    "etc/cloud/cloud.cfg": f'mounts:\n - [ "http://u:{S}@h/x", /m ]\nssh_authorized_keys:\n - {S}\n',
    "etc/lvm/lvm.conf": f'# http://u:{S}@h/\ndevices {{\n  dir = "http://u:{S}@h/"\n}}\n',
    "var/cache/debconf/config.dat": f"Name: a/password\nValue: {S}\n\n",
}


@pytest.fixture
def guest(tmp_path: Path) -> Path:
    """Lay out a guest's files."""
    for name, text in FILES.items():
        path = tmp_path / "guest" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "guest/etc/os-release").write_text("ID=debian\n")
    (tmp_path / "guest/boot/vmlinuz-6.1").write_text("")
    (tmp_path / "guest/lib/modules/6.1").mkdir(parents=True)
    return tmp_path / "guest"


def found(answers: List[Answer]) -> List[str]:
    return [answer.asked for answer in answers if S in answer.text or "s3cret" in answer.text]


def test_no_file_s_secret_is_in_an_answer_of_the_live_source(guest: Path) -> None:
    answers = [
        answer
        for given in Live(root=str(guest)).gather(questions(deep=True)).answers.values()
        for answer in given
    ]
    assert {f"/{name}" for name in FILES} <= {answer.asked for answer in answers}
    assert found(answers) == []


def test_no_secret_is_in_a_recording_of_a_root_file_system(guest: Path, tmp_path: Path) -> None:
    assert main(["collect", "--root", str(guest), "-o", str(tmp_path / "x.tar.gz")]) == EXIT_OK
    with tarfile.open(tmp_path / "x.tar.gz") as archive:
        told = [archive.extractfile(member).read() for member in archive.getmembers()]  # type: ignore[union-attr]
    assert len(told) > len(FILES)
    assert [text for text in told if S.encode() in text or b"s3cret" in text] == []


def test_what_a_program_printed_and_an_older_recording_has_is_hidden_too() -> None:
    raw = Raw(
        "x",
        {
            "cmdline": (
                Answer(
                    "ps aux", "failed", f"vpnd --password {S}\n", f"exit code 1: bad password={S}"
                ),
            )
        },
    )
    (answer,) = hide(raw).answers["cmdline"]
    assert S not in answer.text + answer.detail


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        (
            "dmesg.txt",
            "[    0.000000] Linux version 6.1.0 (a@b)\n[    0.000000] Command line: "
            f"root=/dev/vda1 rd.iscsi.password={S} ro\n",
            "",
        ),
        (
            "fstab.txt",
            "$ cat /etc/fstab\n/dev/sda1 / ext4 defaults 0 1\n//s/x /m cifs "
            f"username=u,password={S} 0 0\n",
            "",
        ),
        (
            "interfaces.txt",
            f"$ cat /etc/network/interfaces\nauto eth0\niface eth0 inet dhcp\n wpa-psk {S}\n",
            "",
        ),
        (
            "cmdline.txt",
            f"$ cat /proc/cmdline\nBOOT_IMAGE=/vmlinuz root=/dev/vda1 rd.iscsi.password={S}\n",
            "",
        ),
    ],
)
def test_pasted_texts_are_read_without(tmp_path: Path, name: str, text: str, word: str) -> None:
    (tmp_path / name).write_text(text)
    answers = [
        answer
        for given in open_source([str(tmp_path / name)])
        .gather(questions(deep=True))
        .answers.values()
        for answer in given
    ]
    assert [answer.asked for answer in answers if answer.text]
    assert found(answers) == []


def test_commands_in_a_sosreport_are_read_without(tmp_path: Path) -> None:
    top = tmp_path / "sosreport-x"
    for name, text in {
        "sos_commands/kernel/dmesg": f"[0] Command line: rd.iscsi.password={S} ro\n",
        "sos_commands/process/ps_aux": f"vpnd --password {S}\n",
    }.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    (top / "version.txt").write_text("sosreport: 4.5\n")
    answers = [
        answer
        for given in open_source([str(top)]).gather(questions(deep=True)).answers.values()
        for answer in given
    ]
    assert [answer.asked for answer in answers if "****" in answer.text]
    assert found(answers) == []


def test_of_a_file_that_holds_all_of_them_none_is_left(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(ALL)
    (answer,) = (
        Live(str(tmp_path))
        .gather([Question("q", "", [File("/f")], lambda given: given, "")])
        .answers["q"]
    )
    assert "S3CRET" not in answer.text
    assert answer.text.count("\n") == ALL.count("\n")
    for text in PLAIN:
        assert text in answer.text


def test_objects_of_json_on_one_line_are_looked_at_one_by_one() -> None:
    told = ",".join(
        f'{{"name": "x{number}", "password": "{S}", "hotplug": "{number}"}}'
        for number in range(2000)
    )
    looks = Looks(1 << 20)
    starred = mask_text(f"a\n[{told}]\nb", looks)
    assert (S in starred, starred.count('"x'), looks.starred) == (False, 2000, 0)
    assert starred.startswith('a\n[{"name": "x0", "password": *****')
    assert starred.endswith("\nb")
    few = Looks(150 * 1000)
    assert S not in mask_text(f"a\n[{told}]\nb", few)
    assert few.starred > 0


@pytest.mark.parametrize(
    "end",
    [
        *("", "_in", "2", "-hash", "_2", "hex", "in", "again", "crypted", "hashed", "plain"),
        *("clear", "raw", "base64", "b64", "value", "data3"),
    ],
)
@pytest.mark.parametrize("start", ["", "site."])
def test_an_access_token_is_starred_under_each_ending_of_its_name(start: str, end: str) -> None:
    told = mask_text(f"quiet {start}pat{end}={S} ro")
    assert told == f"quiet {start}pat{end}=***** ro"


@pytest.mark.parametrize("word", ["path=/usr/x", "pattern=abc", "compat2x=abc", "patch=abc"])
def test_a_word_that_only_begins_or_ends_so_stays(word: str) -> None:
    assert mask_text(f"quiet {word} ro") == f"quiet {word} ro"
