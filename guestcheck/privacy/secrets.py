"""Raw: what of a text nobody may see: passwords and keys, by the name before them or by their own
form.

One table for all sources: `privacy/lines.py` makes patterns of Python of it, `collectors/sh.py` a
program for `sed`. The patterns hold no more than both know: no lookahead, no lazy repetition. They
are matched one line at a time, in either case. Five stars replace a value: their number does not
show its length, and `sed` needs one step for it.
"""

from typing import NamedTuple, Tuple

from guestcheck.privacy.secret_words import (
    ALL_MARKS,
    ANY_NAME,
    ARGUMENT,
    CREDENTIAL,
    CREDENTIAL_MARKS,
    ITEM,
    KEY,
    KEY_HEAD,
    KEY_MARKS,
    LIKELY_MARKS,
    LIKELY_NAME,
    LINE_START,
    MARKS,
    NO_BLANK,
    OPTION,
    PART,
    PLACE,
    QUOTED,
    REST_OF_LINE,
    SINGLE,
    SURE_NAME,
    TOKEN_MARKS,
    TOKENS,
    UNQUOTED,
    USER,
    WORD,
    repeated,
)

STARS = "*****"


class Secret(NamedTuple):
    """A value that is replaced by stars: what is before it, its first character and the rest, what
    follows it, and what its line must hold.

    A value that begins with `unless` stays. What has something `after` it has 255 characters at
    most. `marks` are texts in small letters of which each line with such a value has one, and
    `needs` is another that it has.
    """

    before: str
    value: Tuple[str, str]
    marks: Tuple[str, ...]
    after: str = ""
    where: str = ""
    unless: str = ""
    needs: str = ""


def _named(name: str, marks: Tuple[str, ...], unless: str = "") -> Tuple[Secret, ...]:
    """Return the ways to write NAME=VALUE: command lines of kernels, options of modules and mounts,
    environments, shell's files, URLs.
    """
    return (
        Secret(rf"{name}=\\?\"", QUOTED, marks, unless=unless, needs="="),
        Secret(rf"{name}='", SINGLE, marks, unless=unless, needs="="),
        # Linux, lib/cmdline.c: quotes may enclose the whole parameter.
        Secret(rf"(^|[ \t])\"[\w.-]*{name}=", QUOTED, marks, unless=unless, needs="="),
        Secret(rf"{name}=", WORD, marks, unless=unless, needs="="),
    )


def _argument(flag: str, *programs: str) -> Secret:
    """Return what some programs take as a password after a short option."""
    return Secret(
        rf"[ \t]{flag}[ \t]*[\"']?", OPTION, programs, where=f"({'|'.join(programs)})", needs="-"
    )


SECRETS: Tuple[Secret, ...] = (
    # Parts of URLs, PKCS #11's among them (RFC 7512): they end sooner than a word does.
    Secret(
        r"(token|pin-value|[?&](key|code|auth|sig|signature|x-amz-[a-z-]+))=[\"']?",
        PART,
        ("token=", "pin-value=", "key=", "code=", "auth=", "sig=", "signature=", "x-amz-"),
        unless=PLACE,
    ),
    # systemd-creds: kernel-command-line(7), systemd.system-credentials(7)
    Secret(rf"(^|[ \t])\"{CREDENTIAL}", QUOTED, CREDENTIAL_MARKS),
    Secret(rf"{CREDENTIAL}\\?\"", QUOTED, CREDENTIAL_MARKS),
    Secret(CREDENTIAL, WORD, CREDENTIAL_MARKS),
    # A part of cryptsetup's options in an initramfs
    Secret(r"(^|[|,])key=", repeated(r"[^\s,]"), ("key=",), where=r"keyscript="),
    # A part of overlayroot's value, in its files and on the command line: what names the disk stays
    Secret(r"[:,]pass=", repeated(r"[^,\"]"), ("pass=",), where=r'overlayroot="'),
    Secret(r"[:,]pass=", repeated(r"[^,']"), ("pass=",), where=r"overlayroot='"),
    Secret(r"[:,]pass=", repeated(r"[^,\s\"']"), ("pass=",), where=r"overlayroot="),
    # NAME=VALUE
    *_named(SURE_NAME, MARKS),
    *_named(LIKELY_NAME, LIKELY_MARKS, PLACE),
    # YAML and JSON; ini files; headers of HTTP
    Secret(rf"{SURE_NAME}[\"']?[ \t]*:[ \t]*", REST_OF_LINE, MARKS, needs=":"),
    Secret(rf"{SURE_NAME}[ \t]+=[ \t]*", REST_OF_LINE, MARKS, needs="="),
    Secret(
        rf"{LIKELY_NAME}[ \t]+=[ \t]*[\"']?", REST_OF_LINE, LIKELY_MARKS, unless=PLACE, needs="="
    ),
    Secret(
        r"(authorization|cookie|x-[a-z-]*(token|key|secret|auth)|private-token|chpasswd)"
        r"[\"']?[ \t]*:[ \t]*",
        REST_OF_LINE,
        ("token", "key", "secret", "auth", "cookie", "chpasswd"),
        needs=":",
    ),
    Secret(rf"{KEY}[ \t]*[\"']", repeated(r"[^\"']"), KEY_MARKS, unless=PLACE, needs=":"),
    # A registry's values, as .reg files and `reg query` show them
    Secret(rf"{SURE_NAME}[\"'][ \t]*=[ \t]*", REST_OF_LINE, MARKS, needs="="),
    Secret(rf"{SURE_NAME}[ \t]+reg_[a-z_]+[ \t]+", REST_OF_LINE, MARKS, needs="reg_"),
    # XML
    Secret(
        r"<[a-z0-9:_-]*(passw(or)?d|passphrase|secret|psk|productkey|sharedkey|keymaterial)>[ "
        r"\t]*(<value>)?[ \t]*",
        repeated(r"[^<]"),
        ("pass", "secret", "psk", "key"),
        needs="<",
    ),
    # Files in which a blank is between name and value: BIND, DRBD, LDAP, Kickstart, debconf, netrc,
    # routers, Redis, keepalived, iscsitarget
    Secret(
        r"((^|[ \t])[a-z-]+/[^\s]*[ \t]+password|wireless_w(ep|pa)[ \t]+string)[ \t]+",
        REST_OF_LINE,
        ("pass", "wireless_w"),
    ),
    Secret(rf"{SURE_NAME}[ \t]+([0-9][ \t]+)?\"", QUOTED, MARKS),
    Secret(rf"{SURE_NAME}[ \t]+([0-9][ \t]+)?'", SINGLE, MARKS),
    Secret(
        r"(^|[^a-z])(login|user|username|account|neighbor)[ \t]+[^\s]+[ \t]+(privilege[ "
        r"\t]+[0-9]+[ \t]+)?(password|passwd|secret)[ \t]+([0-9][ \t]+)?",
        UNQUOTED,
        ("pass", "secret"),
    ),
    Secret(
        r"(^|[^a-z])(rootpw|bindpw|rootbinddn_pw|requirepass|masterauth|auth_pass|"
        r"authentication-key|[a-z]+[_-](passw(or)?d|passphrase))[ \t]+"
        r"(--[a-z]+[ \t]+)*",
        OPTION,
        ("pw", "pass", "masterauth", "authentication-key"),
    ),
    Secret(r"(incoming|outgoing)user[ \t]+[^\s]+[ \t]+", UNQUOTED, ("inguser",)),
    Secret(r"authtok[ \t]*=[ \t]*", REST_OF_LINE, ("authtok",)),
    Secret(r":[ \t]*(psk|xauth|eap)[ \t]+[\"']?", UNQUOTED, ("psk", "xauth", "eap "), needs=":"),
    # snmpd.conf(5)
    Secret(
        rf"{LINE_START}(r[ow]community6?|trapcommunity|snmp(-server)?[ \t]+community)[ \t]+[\"']?",
        UNQUOTED,
        ("community",),
    ),
    Secret(
        rf"{LINE_START}com2sec6?[ \t]+(-cn[ \t]+[^\s]+[ \t]+)?[^\s]+[ \t]+[^\s]+[ \t]+",
        UNQUOTED,
        ("com2sec",),
    ),
    Secret(
        rf"{LINE_START}(trap2?|inform)sink6?[ \t]+[^\s]+[ \t]+",
        UNQUOTED,
        ("trapsink", "trap2sink", "informsink"),
    ),
    Secret(rf"{LINE_START}createuser[ \t]+", REST_OF_LINE, ("createuser",)),
    # QEMU's objects; keys of MACsec and IPsec, as ip(8) takes them
    Secret(
        r"secret,([a-z0-9_-]+=[^\s,]*,)*data=", repeated(r"[^\s,]"), ("secret,",), needs="data="
    ),
    Secret(r"[ \t]key[ \t]+[0-9a-f]+[ \t]+", (r"[0-9a-f]{32}", r"[0-9a-f]*"), (" key ",)),
    Secret(
        r"[ \t](enc|auth|auth-trunc|aead)[ \t]+[^\s]+[ \t]+0x",
        repeated(r"[0-9a-f]"),
        ("enc ", "auth ", "auth-trunc ", "aead "),
        needs="0x",
    ),
    # mount.cifs(8): USER%PASSWORD
    Secret(
        r"(^|[ \t,])user(name)?=[^%\s,]*%", repeated(r"[^\s,]"), ("user=", "username="), needs="%"
    ),
    Secret(rf"{KEY}[ \t]+", ITEM, KEY_MARKS, unless=PLACE, needs=":"),
    # Arguments of programs, in lists of processes, units and modprobe's `install`
    Secret(rf"{ARGUMENT}{ANY_NAME}[ \t]+\"", QUOTED, ALL_MARKS, unless=PLACE, needs="-"),
    Secret(rf"{ARGUMENT}{ANY_NAME}[ \t]+'", SINGLE, ALL_MARKS, unless=PLACE, needs="-"),
    Secret(rf"{ARGUMENT}{ANY_NAME}[ \t]+", OPTION, ALL_MARKS, unless=PLACE, needs="-"),
    _argument(
        "-p",
        "useradd",
        "usermod",
        "psexec",
        "fence_",
        "sshpass",
        "cryptomount",
        "mysql",
        "mariadb",
        "docker",
        "podman",
        "skopeo",
        "buildah",
        "helm",
        "mongo",
        "ipmi",
        "sqlcmd",
        "mosquitto",
    ),
    _argument("-w", "ldap"),
    _argument("-a", "redis"),
    _argument("-[cax]", "snmp"),
    _argument("-k", "openssl"),
    Secret(r"[ \t](-r|--regcode)[ \t]*", OPTION, ("suseconnect",), where="SUSEConnect", needs="-"),
    Secret(r"(^|[^a-z])(ua|pro|ubuntu-advantage)[ \t]+attach[ \t]+", OPTION, (" attach",)),
    # Windows' programs
    Secret(r"[ \t]/pass(word)?:", UNQUOTED, ("/pass",), needs=":"),
    Secret(r"/ipk[ \t]+", UNQUOTED, ("/ipk",)),
    Secret(
        r"[ \t](-u|--user|--proxy-user)[ \t=]*[\"']?[^\s:\"'=-][^\s:\"']*:",
        UNQUOTED,
        (" -u", "-user"),
        needs=":",
    ),
    Secret(
        r"[ \t](-u|--user)[ \t=]*[\"']?[^\s%\"'=-][^\s%\"']*%",
        UNQUOTED,
        (" -u", "-user"),
        needs="%",
    ),
    Secret(r"(^|[ \t\"'=])pass:", OPTION, ("pass:",)),
    Secret(
        r"(\.(psk|password|passwd|pin|secret|private-key|wep-key[0-9]|leap-password)|(private|"
        r"preshared)-key|wpa_passphrase[ \t]+[^\s]+)[ \t]+[\"']?",
        OPTION,
        ("psk ", "pass", "pin ", "secret ", "key"),
    ),
    Secret(r"[ \t]key[ \t]+", OPTION, ("iwconfig",), where="iwconfig"),
    Secret(r"<<<[ \t]*[\"']?", UNQUOTED, ("<<<",)),
    Secret(
        r"(echo|printf)[ \t]+(-[a-z]+[ \t]+|[\"']%s[^\"']*[\"'][ \t]+)?[\"']?",
        repeated(r"[^|\"']"),
        ("echo", "printf"),
        after=r"[\"']?[ \t]*\|",
        where=r"\|[ \t]*[^|]*(sudo|su|cryptsetup|passwd|openssl|gpg|login|kinit|zfs|zpool|bcachefs|"
        r"clevis|creds|mount|ssh|luks)",
    ),
    # GRUB's own, of both versions; syslinux's; interfaces(5) with wpa_supplicant's
    Secret(
        rf"({LINE_START}|;[ \t]*)(password(_pbkdf2)?|menu[ \t]+(master[ \t]+)?passwd"
        r"|(wpa|wireless)-(psk|pass(word|wd|phrase)|key[0-9]?|private-key-passwd|wep-key[0-9])"
        r")[ \t]+",
        REST_OF_LINE,
        ("pass", "wpa-", "wireless-"),
    ),
    # URLs and shares with a user's password; sshfs#USER:PASSWORD@HOST; GRUB's
    # (http,USER:PASSWORD@HOST); dracut's iscsi:USER:PASSWORD@HOST
    Secret(rf"//{USER}", repeated(r"[^@\s\"']"), ("@",), after="@", needs="//"),
    Secret(r"://", repeated(r"[^/@\s\"']"), ("@",), after="@", needs="://"),
    Secret(rf"fs#{USER}", repeated(r"[^@\s\"']"), ("@",), after="@", needs="fs#"),
    Secret(r"\([a-z0-9]+,[^:@()\s]*:", repeated(r"[^@()\s]"), ("@",), after="@", needs="("),
    Secret(r"iscsi:", repeated(r"[^@\s\"']"), ("@",), after="@", needs="iscsi:"),
    Secret(
        r"(proxy|auth|user|login|repo|mirror|host|server|source|registry|database|db|dsn|conn)"
        r"([_-]?(uri|url|string))?=[\"']?[\w.%+-]+:",
        repeated(r"[^/@\s\"']"),
        ("@",),
        after="@",
        needs="=",
    ),
    Secret(
        rf"({LINE_START}|(ftp|scp|rsync|curl|wget|sshfs)[ \t]+)[\w.%+-]+:",
        repeated(r"[^/@:\s\"']"),
        ("@",),
        after=r"@[\w.-]",
        needs=":",
    ),
    # What crypt(3), LDAP servers and grub-mkpasswd-pbkdf2 make of passwords
    Secret(
        r"\$(1|2[abxy]|5|6|7|y|gy|sha1|apr1)\$[^$\s\"':]+\$",
        repeated(r"[^\s\"':,\\]"),
        ("$1$", "$2", "$5$", "$6$", "$7$", "y$", "$sha1$", "$apr1$"),
    ),
    Secret(r"\$(argon2[a-z]*|scrypt)\$", UNQUOTED, ("$argon2", "$scrypt$")),
    Secret(
        r"\{(s?sha|s?md5|crypt|pbkdf2)[0-9a-z_-]*\}",
        UNQUOTED,
        ("{sha", "{ssha", "{md5", "{smd5", "{crypt", "{pbkdf2"),
    ),
    Secret(r"grub\.pbkdf2\.", WORD, ("pbkdf2",)),
    Secret(
        rf"(^|[^a-z0-9])({'|'.join(TOKENS)})",
        (r"[A-Za-z0-9_.=+/:-]{16}", r"[A-Za-z0-9_.=+/:-]*"),
        TOKEN_MARKS,
    ),
    Secret(
        r"(hooks\.slack\.com/[a-z]+|discord(app)?\.com/api/webhooks|api\.telegram\.org/bot|"
        r"webhook\.office\.com)/?",
        UNQUOTED,
        ("hooks.slack.com", "discord", "api.telegram.org", "webhook.office.com"),
    ),
    # An SSH key, with the comment that names its owner
    Secret(
        r"(ssh-(rsa|dss|ed25519|ed448)|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9-]+@openssh\.com)[ \t]+",
        (r"AAAA", r"[^\s\"']*([ \t]+[^\s\"'=]+@[^\s\"']+)?"),
        ("aaaa",),
    ),
    # A private key in one line, as in JSON; the lines behind its first are starred too: see
    # KEY_BEGINS
    Secret(rf"{KEY_HEAD}[A-Z ]*-----[ \t]*", REST_OF_LINE, ("private key",)),
    # A table of dm-crypt (dm-mod.create=), with the volume's key in it
    Secret(r"(^|[ ,\"'])crypt[ ]+[^\s]+[ ]+", (r"[0-9a-fA-F]{32}", r"[0-9a-fA-F]*"), ("crypt ",)),
    # crypttab(5): what a keyscript gets may be the passphrase itself, unless it is a path
    Secret(
        rf"{LINE_START}[^#|>\s][^\s]*[ \t]+[^\s]+[ \t]+",
        NO_BLANK,
        ("keyscript=",),
        where=rf"{LINE_START}[^#|>\s][^\s]*[ \t]+[^\s]+[ \t]+[^/\s][^\s]*[ \t]+[^\s]*keyscript=",
    ),
)
# A private key over several lines (RFC 7468, RFC 1421 with headers, OpenSSH's and PGP's): all lines
# behind the first are starred, up to one that ends it, or has a sign that no key has: then its end
# was cut off. Quoting, and the "|" of a text within a text, stay.
KEY_BEGINS = KEY_HEAD + r"[A-Z ]*-----[[:space:]]*$"  # with more behind it is a line of its own
KEY_ENDS = r"-----END|[^A-Za-z0-9+/=|>:,[:space:]-]"
KEY_STAYS = r"[|>[:space:]]"
# A kernel's options are no secrets, whatever they are called, but the command line that is built in
# may hold some.
OPTIONS = ("CONFIG_", "# CONFIG_")
COMMAND_LINE = "CONFIG_CMDLINE"
