"""Raw: what of a text nobody may see: passwords and keys, by the name before them or by their own
form.

One table for all sources: `privacy/lines.py` makes patterns of Python of it, `collectors/sh.py` a
program for `sed`. The patterns hold no more than both know: no lookahead, no lazy repetition. They
are matched one line at a time, in either case. Five stars replace a value: their number does not
show its length, and `sed` needs one step for it.
"""

from typing import NamedTuple, Tuple

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


def _repeated(sign: str) -> Tuple[str, str]:
    return sign, f"{sign}*"


# A word ends at a blank, and at a quote unless it goes on after it; a backslash at a line's end
# means that the line goes on.
_WORD = _repeated(r"([^\s\"'\\]|[\"'][\w*]|\\[^\s\"'])")
_QUOTED = _repeated(r"([^\"\\]|\\[^\"])")
_SINGLE = _repeated(r"[^']")
_UNQUOTED = _repeated(r"[^\s\"']")
_NO_BLANK = _repeated(r"[^\s]")
_REST = (r"[^\s]", r"(.*[^\s])?")
_PART = _repeated(r"[^\s\"',&;\\]")
_ITEM = (r"[^\s\"',{}|>&:=]", r"[^\s\"',}]*")  # of YAML's or JSON's flow style
_OPTION = (r"[^\s\"'=:-]", r"[^\s\"']*")

# How names end whose value is secret, whatever it is.
_SURE = (
    r"(password|passwd|passphrase|passcode|passwort|kennwort|contrasena|secret|psk|rootpw|userpw|"
    r"adminpw|bindpw|sshpw|wireless[_-]wep|wireless[_-]wpa)s?"
)
# How names end that may also have a path, a device or a switch as their value. No letter may
# precede those that common words end in.
_LIKELY = (
    r"(^|[^a-z])(pin|puk|t?otp|mfa|cak|pat)|pass|pw|pwd|tokens?|keys?|creds?|credentials?|"
    r"auth|bearer|jwt|cookie|session|session[_-]?id|regcode|[_-]code"
    r"|registration|enroll?ment|signature|secret[_-]?id|community"
)
# As in rd.iscsi.password_in=, netcfg's user-password-crypted=, KEY_PSK1= and WIRELESS_KEY_0=.
_TAIL = r"[_-]?(in|again|crypted|hash|hashed|plain|clear|raw|base64|b64|hex|value|data)?[_-]?[0-9]*"
# sed can refer to nine groups: each of these has four at most.
_SURE_NAME = _SURE + _TAIL
_LIKELY_NAME = f"({_LIKELY}){_TAIL}"
_ANY_NAME = f"({_LIKELY}|{_SURE[1:].replace(')s?', '')}){_TAIL}"
# What is no secret after a likely name: a path, a device by its name, a variable, a switch, and
# what a narrower pattern has starred.
_PLACE = (
    r"(/|[^\s\"':=,]*:\*\*\*\*\*|\*\*\*\*\*[,;&]|[a-z]*(uuid|label)="
    r"|(rootfs|file|dev|efivar|keyring):|\$|(yes|no|true|false|on|off|none|auto|0|1)([\s,;\"']|$))"
)
# Words that end as such names do: a mark within hides their ends until all else is starred.
INNOCENT = (
    r"(^|[^a-z])((encom|com|by|sur|tres|over|under)p|(mon|tur|don|hoc|hot)k)(ass|eys?)([^a-z]|$)"
)
INNOCENT_MARKS = (
    "compass",
    "bypass",
    "surpass",
    "trespass",
    "overpass",
    "underpass",
    "monkey",
    "turkey",
    "donkey",
    "hockey",
    "hotkey",
)
# "pat" alone would be in each path and pattern: with what may follow it in a name, as in _TAIL.
_PAT_MARKS = tuple(
    f"pat{end}"
    for end in (
        *("=", ":", " ", "\t", '"', "'", "_", "-", *"0123456789", "in", "again", "crypted", "hash"),
        *("plain", "clear", "raw", "base64", "b64", "hex", "value", "data"),
    )
)
_MARKS = ("pass", "secret", "psk", "pw", "wireless", "kennwort", "contrasena")
_LIKELY_MARKS = (
    *(
        "pass",
        "pw",
        "token",
        "key",
        "cred",
        "auth",
        "bearer",
        "jwt",
        "cookie",
        "session",
        "regcode",
        "-code",
        "_code",
        "registration",
        "enrol",
    ),
    *(
        "signature",
        "secret",
        "community",
        "pin",
        "puk",
        "otp",
        "mfa",
        "cak",
        *_PAT_MARKS,
    ),
)
_ALL_MARKS = tuple(dict.fromkeys((*_LIKELY_MARKS, *_MARKS)))
_ARGUMENT = r"(^|[ \t\"'=])-[\w.-]*"
_KEY_NAME = f"({_LIKELY}|private|shared){_TAIL}"
_KEY = rf"(^|[^/a-z0-9_.-])[a-z0-9_.-]*{_KEY_NAME}[\"']?[ \t]*:"
_KEY_MARKS = (*_LIKELY_MARKS, "private", "shared")
# How a line of a text within a text may begin: that of an initramfs in a recording, and what is
# quoted in a mail.
_START = r"^[|> \t]*"
_CREDENTIAL = r"(systemd\.set_credential(_binary)?=[^:=\s\"']+:|io\.systemd\.credential(\.binary)?:[^:=\s\"']+=)"
_CREDENTIAL_MARKS = ("set_credential", "systemd.credential")
_BEGINS = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY"
_USER = r"[^/@:\s\"']*:"
# How tokens of well-known services begin: what else is in them is random.
_TOKENS = (
    *(
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "gldt-",
        "glrt-",
        "glptt-",
        "glsoat-",
        "glcbt-",
        "glagent-",
        "glft-",
    ),
    *(
        "xoxa-",
        "xoxb-",
        "xoxc-",
        "xoxd-",
        "xoxe-",
        "xoxe.xox",
        "xoxo-",
        "xoxp-",
        "xoxr-",
        "xoxs-",
        "xapp-",
        "sk-",
        "sk_live_",
        "sk_test_",
    ),
    *(
        "rk_live_",
        "rk_test_",
        "whsec_",
        "tskey-",
        "hvs.",
        "hvb.",
        "hvr.",
        "dop_v1_",
        "doo_v1_",
        "dor_v1_",
        "npm_",
        "pypi-",
        "shpat_",
        "shpss_",
    ),
    *(
        "sg.",
        "aiza",
        "ya29.",
        "dckr_pat_",
        "dckr_oat_",
        "hf_",
        "age-secret-key-",
        "sbp_",
        "lin_api_",
        "rubygems_",
        "pulumi-",
        "nvapi-",
        "eyj",
    ),
    # NVMe: of DH-HMAC-CHAP and of TLS
    *("dhhc-1:", "nvmetlskey-1:"),
)
# Marks that each of these has, and hardly another line.
_TOKEN_MARKS = (
    *(
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "_pat_",
        "glpat-",
        "gldt-",
        "glrt-",
        "glptt-",
        "glsoat-",
        "glcbt-",
        "glagent-",
        "glft-",
        "xox",
        "xapp-",
    ),
    *(
        "sk-",
        "_live_",
        "_test_",
        "whsec_",
        "tskey-",
        "hvs.",
        "hvb.",
        "hvr.",
        "_v1_",
        "npm_",
        "pypi-",
        "shpat_",
        "shpss_",
        "sg.",
        "aiza",
        "ya29.",
    ),
    *(
        "_oat_",
        "hf_",
        "age-secret-",
        "sbp_",
        "lin_api_",
        "rubygems_",
        "pulumi-",
        "nvapi-",
        "eyj",
        "dhhc-1:",
        "nvmetlskey-1:",
    ),
)

# What must match, in small letters, where one of these marks stands: thousands of lines have them
# in common words ("hotplug", "fq_codel", "persistent-disk-0"). Only names, or beginnings of tokens,
# have these marks, and each pattern takes all that those do.
_NAME_ENDS = _TAIL + r"[=:\s\"']"
NEAR = {
    "otp": rf"(?:(?<![a-z])|(?<=\At)|(?<=[^a-z]t))otp{_NAME_ENDS}",
    "_code": rf"_code{_NAME_ENDS}",
    "-code": rf"-code{_NAME_ENDS}",
    "sk-": r"(?<![a-z0-9])sk-[a-z0-9_.=+/:-]{16}",
}


def _named(name: str, marks: Tuple[str, ...], unless: str = "") -> Tuple[Secret, ...]:
    """Return the ways to write NAME=VALUE: command lines of kernels, options of modules and mounts,
    environments, shell's files, URLs.
    """
    return (
        Secret(rf"{name}=\\?\"", _QUOTED, marks, unless=unless, needs="="),
        Secret(rf"{name}='", _SINGLE, marks, unless=unless, needs="="),
        # Linux, lib/cmdline.c: quotes may enclose the whole parameter.
        Secret(rf"(^|[ \t])\"[\w.-]*{name}=", _QUOTED, marks, unless=unless, needs="="),
        Secret(rf"{name}=", _WORD, marks, unless=unless, needs="="),
    )


def _argument(flag: str, *programs: str) -> Secret:
    """Return what some programs take as a password after a short option."""
    return Secret(
        rf"[ \t]{flag}[ \t]*[\"']?", _OPTION, programs, where=f"({'|'.join(programs)})", needs="-"
    )


SECRETS: Tuple[Secret, ...] = (
    # Parts of URLs, PKCS #11's among them (RFC 7512): they end sooner than a word does.
    Secret(
        r"(token|pin-value|[?&](key|code|auth|sig|signature|x-amz-[a-z-]+))=[\"']?",
        _PART,
        ("token=", "pin-value=", "key=", "code=", "auth=", "sig=", "signature=", "x-amz-"),
        unless=_PLACE,
    ),
    # systemd-creds: kernel-command-line(7), systemd.system-credentials(7)
    Secret(rf"(^|[ \t])\"{_CREDENTIAL}", _QUOTED, _CREDENTIAL_MARKS),
    Secret(rf"{_CREDENTIAL}\\?\"", _QUOTED, _CREDENTIAL_MARKS),
    Secret(_CREDENTIAL, _WORD, _CREDENTIAL_MARKS),
    # A part of cryptsetup's options in an initramfs
    Secret(r"(^|[|,])key=", _repeated(r"[^\s,]"), ("key=",), where=r"keyscript="),
    # A part of overlayroot's value, in its files and on the command line: what names the disk stays
    Secret(r"[:,]pass=", _repeated(r"[^,\"]"), ("pass=",), where=r'overlayroot="'),
    Secret(r"[:,]pass=", _repeated(r"[^,']"), ("pass=",), where=r"overlayroot='"),
    Secret(r"[:,]pass=", _repeated(r"[^,\s\"']"), ("pass=",), where=r"overlayroot="),
    # NAME=VALUE
    *_named(_SURE_NAME, _MARKS),
    *_named(_LIKELY_NAME, _LIKELY_MARKS, _PLACE),
    # YAML and JSON; ini files; headers of HTTP
    Secret(rf"{_SURE_NAME}[\"']?[ \t]*:[ \t]*", _REST, _MARKS, needs=":"),
    Secret(rf"{_SURE_NAME}[ \t]+=[ \t]*", _REST, _MARKS, needs="="),
    Secret(rf"{_LIKELY_NAME}[ \t]+=[ \t]*[\"']?", _REST, _LIKELY_MARKS, unless=_PLACE, needs="="),
    Secret(
        r"(authorization|cookie|x-[a-z-]*(token|key|secret|auth)|private-token|chpasswd)"
        r"[\"']?[ \t]*:[ \t]*",
        _REST,
        ("token", "key", "secret", "auth", "cookie", "chpasswd"),
        needs=":",
    ),
    Secret(rf"{_KEY}[ \t]*[\"']", _repeated(r"[^\"']"), _KEY_MARKS, unless=_PLACE, needs=":"),
    # A registry's values, as .reg files and `reg query` show them
    Secret(rf"{_SURE_NAME}[\"'][ \t]*=[ \t]*", _REST, _MARKS, needs="="),
    Secret(rf"{_SURE_NAME}[ \t]+reg_[a-z_]+[ \t]+", _REST, _MARKS, needs="reg_"),
    # XML
    Secret(
        r"<[a-z0-9:_-]*(passw(or)?d|passphrase|secret|psk|productkey|sharedkey|keymaterial)>[ "
        r"\t]*(<value>)?[ \t]*",
        _repeated(r"[^<]"),
        ("pass", "secret", "psk", "key"),
        needs="<",
    ),
    # Files in which a blank is between name and value: BIND, DRBD, LDAP, Kickstart, debconf, netrc,
    # routers, Redis, keepalived, iscsitarget
    Secret(
        r"((^|[ \t])[a-z-]+/[^\s]*[ \t]+password|wireless_w(ep|pa)[ \t]+string)[ \t]+",
        _REST,
        ("pass", "wireless_w"),
    ),
    Secret(rf"{_SURE_NAME}[ \t]+([0-9][ \t]+)?\"", _QUOTED, _MARKS),
    Secret(rf"{_SURE_NAME}[ \t]+([0-9][ \t]+)?'", _SINGLE, _MARKS),
    Secret(
        r"(^|[^a-z])(login|user|username|account|neighbor)[ \t]+[^\s]+[ \t]+(privilege[ "
        r"\t]+[0-9]+[ \t]+)?(password|passwd|secret)[ \t]+([0-9][ \t]+)?",
        _UNQUOTED,
        ("pass", "secret"),
    ),
    Secret(
        r"(^|[^a-z])(rootpw|bindpw|rootbinddn_pw|requirepass|masterauth|auth_pass|"
        r"authentication-key|[a-z]+[_-](passw(or)?d|passphrase))[ \t]+"
        r"(--[a-z]+[ \t]+)*",
        _OPTION,
        ("pw", "pass", "masterauth", "authentication-key"),
    ),
    Secret(r"(incoming|outgoing)user[ \t]+[^\s]+[ \t]+", _UNQUOTED, ("inguser",)),
    Secret(r"authtok[ \t]*=[ \t]*", _REST, ("authtok",)),
    Secret(r":[ \t]*(psk|xauth|eap)[ \t]+[\"']?", _UNQUOTED, ("psk", "xauth", "eap "), needs=":"),
    # snmpd.conf(5)
    Secret(
        rf"{_START}(r[ow]community6?|trapcommunity|snmp(-server)?[ \t]+community)[ \t]+[\"']?",
        _UNQUOTED,
        ("community",),
    ),
    Secret(
        rf"{_START}com2sec6?[ \t]+(-cn[ \t]+[^\s]+[ \t]+)?[^\s]+[ \t]+[^\s]+[ \t]+",
        _UNQUOTED,
        ("com2sec",),
    ),
    Secret(
        rf"{_START}(trap2?|inform)sink6?[ \t]+[^\s]+[ \t]+",
        _UNQUOTED,
        ("trapsink", "trap2sink", "informsink"),
    ),
    Secret(rf"{_START}createuser[ \t]+", _REST, ("createuser",)),
    # QEMU's objects; keys of MACsec and IPsec, as ip(8) takes them
    Secret(
        r"secret,([a-z0-9_-]+=[^\s,]*,)*data=", _repeated(r"[^\s,]"), ("secret,",), needs="data="
    ),
    Secret(r"[ \t]key[ \t]+[0-9a-f]+[ \t]+", (r"[0-9a-f]{32}", r"[0-9a-f]*"), (" key ",)),
    Secret(
        r"[ \t](enc|auth|auth-trunc|aead)[ \t]+[^\s]+[ \t]+0x",
        _repeated(r"[0-9a-f]"),
        ("enc ", "auth ", "auth-trunc ", "aead "),
        needs="0x",
    ),
    # mount.cifs(8): USER%PASSWORD
    Secret(
        r"(^|[ \t,])user(name)?=[^%\s,]*%", _repeated(r"[^\s,]"), ("user=", "username="), needs="%"
    ),
    Secret(rf"{_KEY}[ \t]+", _ITEM, _KEY_MARKS, unless=_PLACE, needs=":"),
    # Arguments of programs, in lists of processes, units and modprobe's `install`
    Secret(rf"{_ARGUMENT}{_ANY_NAME}[ \t]+\"", _QUOTED, _ALL_MARKS, unless=_PLACE, needs="-"),
    Secret(rf"{_ARGUMENT}{_ANY_NAME}[ \t]+'", _SINGLE, _ALL_MARKS, unless=_PLACE, needs="-"),
    Secret(rf"{_ARGUMENT}{_ANY_NAME}[ \t]+", _OPTION, _ALL_MARKS, unless=_PLACE, needs="-"),
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
    Secret(r"[ \t](-r|--regcode)[ \t]*", _OPTION, ("suseconnect",), where="SUSEConnect", needs="-"),
    Secret(r"(^|[^a-z])(ua|pro|ubuntu-advantage)[ \t]+attach[ \t]+", _OPTION, (" attach",)),
    # Windows' programs
    Secret(r"[ \t]/pass(word)?:", _UNQUOTED, ("/pass",), needs=":"),
    Secret(r"/ipk[ \t]+", _UNQUOTED, ("/ipk",)),
    Secret(
        r"[ \t](-u|--user|--proxy-user)[ \t=]*[\"']?[^\s:\"'=-][^\s:\"']*:",
        _UNQUOTED,
        (" -u", "-user"),
        needs=":",
    ),
    Secret(
        r"[ \t](-u|--user)[ \t=]*[\"']?[^\s%\"'=-][^\s%\"']*%",
        _UNQUOTED,
        (" -u", "-user"),
        needs="%",
    ),
    Secret(r"(^|[ \t\"'=])pass:", _OPTION, ("pass:",)),
    Secret(
        r"(\.(psk|password|passwd|pin|secret|private-key|wep-key[0-9]|leap-password)|(private|"
        r"preshared)-key|wpa_passphrase[ \t]+[^\s]+)[ \t]+[\"']?",
        _OPTION,
        ("psk ", "pass", "pin ", "secret ", "key"),
    ),
    Secret(r"[ \t]key[ \t]+", _OPTION, ("iwconfig",), where="iwconfig"),
    Secret(r"<<<[ \t]*[\"']?", _UNQUOTED, ("<<<",)),
    Secret(
        r"(echo|printf)[ \t]+(-[a-z]+[ \t]+|[\"']%s[^\"']*[\"'][ \t]+)?[\"']?",
        _repeated(r"[^|\"']"),
        ("echo", "printf"),
        after=r"[\"']?[ \t]*\|",
        where=r"\|[ \t]*[^|]*(sudo|su|cryptsetup|passwd|openssl|gpg|login|kinit|zfs|zpool|bcachefs|"
        r"clevis|creds|mount|ssh|luks)",
    ),
    # GRUB's own, of both versions; syslinux's; interfaces(5) with wpa_supplicant's
    Secret(
        rf"({_START}|;[ \t]*)(password(_pbkdf2)?|menu[ \t]+(master[ \t]+)?passwd"
        r"|(wpa|wireless)-(psk|pass(word|wd|phrase)|key[0-9]?|private-key-passwd|wep-key[0-9])"
        r")[ \t]+",
        _REST,
        ("pass", "wpa-", "wireless-"),
    ),
    # URLs and shares with a user's password; sshfs#USER:PASSWORD@HOST; GRUB's
    # (http,USER:PASSWORD@HOST); dracut's iscsi:USER:PASSWORD@HOST
    Secret(rf"//{_USER}", _repeated(r"[^@\s\"']"), ("@",), after="@", needs="//"),
    Secret(r"://", _repeated(r"[^/@\s\"']"), ("@",), after="@", needs="://"),
    Secret(rf"fs#{_USER}", _repeated(r"[^@\s\"']"), ("@",), after="@", needs="fs#"),
    Secret(r"\([a-z0-9]+,[^:@()\s]*:", _repeated(r"[^@()\s]"), ("@",), after="@", needs="("),
    Secret(r"iscsi:", _repeated(r"[^@\s\"']"), ("@",), after="@", needs="iscsi:"),
    Secret(
        r"(proxy|auth|user|login|repo|mirror|host|server|source|registry|database|db|dsn|conn)"
        r"([_-]?(uri|url|string))?=[\"']?[\w.%+-]+:",
        _repeated(r"[^/@\s\"']"),
        ("@",),
        after="@",
        needs="=",
    ),
    Secret(
        rf"({_START}|(ftp|scp|rsync|curl|wget|sshfs)[ \t]+)[\w.%+-]+:",
        _repeated(r"[^/@:\s\"']"),
        ("@",),
        after=r"@[\w.-]",
        needs=":",
    ),
    # What crypt(3), LDAP servers and grub-mkpasswd-pbkdf2 make of passwords
    Secret(
        r"\$(1|2[abxy]|5|6|7|y|gy|sha1|apr1)\$[^$\s\"':]+\$",
        _repeated(r"[^\s\"':,\\]"),
        ("$1$", "$2", "$5$", "$6$", "$7$", "y$", "$sha1$", "$apr1$"),
    ),
    Secret(r"\$(argon2[a-z]*|scrypt)\$", _UNQUOTED, ("$argon2", "$scrypt$")),
    Secret(
        r"\{(s?sha|s?md5|crypt|pbkdf2)[0-9a-z_-]*\}",
        _UNQUOTED,
        ("{sha", "{ssha", "{md5", "{smd5", "{crypt", "{pbkdf2"),
    ),
    Secret(r"grub\.pbkdf2\.", _WORD, ("pbkdf2",)),
    Secret(
        rf"(^|[^a-z0-9])({'|'.join(_TOKENS)})",
        (r"[A-Za-z0-9_.=+/:-]{16}", r"[A-Za-z0-9_.=+/:-]*"),
        _TOKEN_MARKS,
    ),
    Secret(
        r"(hooks\.slack\.com/[a-z]+|discord(app)?\.com/api/webhooks|api\.telegram\.org/bot|"
        r"webhook\.office\.com)/?",
        _UNQUOTED,
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
    Secret(rf"{_BEGINS}[A-Z ]*-----[ \t]*", _REST, ("private key",)),
    # A table of dm-crypt (dm-mod.create=), with the volume's key in it
    Secret(r"(^|[ ,\"'])crypt[ ]+[^\s]+[ ]+", (r"[0-9a-fA-F]{32}", r"[0-9a-fA-F]*"), ("crypt ",)),
    # crypttab(5): what a keyscript gets may be the passphrase itself, unless it is a path
    Secret(
        rf"{_START}[^#|>\s][^\s]*[ \t]+[^\s]+[ \t]+",
        _NO_BLANK,
        ("keyscript=",),
        where=rf"{_START}[^#|>\s][^\s]*[ \t]+[^\s]+[ \t]+[^/\s][^\s]*[ \t]+[^\s]*keyscript=",
    ),
)

# A private key over several lines (RFC 7468, RFC 1421 with headers, OpenSSH's and PGP's): all lines
# behind the first are starred, up to one that ends it, or has a sign that no key has: then its end
# was cut off. Quoting, and the "|" of a text within a text, stay.
KEY_BEGINS = _BEGINS + r"[A-Z ]*-----[[:space:]]*$"  # with more behind it is a line of its own
KEY_ENDS = r"-----END|[^A-Za-z0-9+/=|>:,[:space:]-]"
KEY_STAYS = r"[|>[:space:]]"

# A kernel's options are no secrets, whatever they are called, but the command line that is built in
# may hold some.
OPTIONS = ("CONFIG_", "# CONFIG_")
COMMAND_LINE = "CONFIG_CMDLINE"
