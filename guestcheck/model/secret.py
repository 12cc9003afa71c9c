"""Raw: what of a text nobody may see: passwords and keys, and where they stand.

One table for all sources: `sources/_picking.py` makes patterns of Python of it, `collectors/sh.py` a program for `sed`. So the patterns hold no
more than both know: no lookahead, no lazy repetition, at most seven groups before a value. They are matched a line at a time, whatever the case.
"""

from typing import NamedTuple, Tuple


class Value(NamedTuple):
    """One sign of a value: what it is (in brackets, or escaped), and what must follow it."""

    sign: str
    follows: str = ""


class Secret(NamedTuple):
    """A value that is starred out: what stands before it, its signs, what stands after it (255 signs on at most), and what its line must hold.

    With `rest` that is the rest of the line, of which blanks stay. `marks` are texts in small letters of which each line with such a value has one,
    and `needs` is another that it has.
    """

    before: str
    value: Tuple[Value, ...]
    marks: Tuple[str, ...]
    after: str = ""
    where: str = ""
    rest: bool = False
    needs: str = ""


# A word ends at a blank, and at a quote unless it goes on behind it; a backslash at a line's end means that the line goes on.
_WORD = (Value(r"[^\s\"'\\]"), Value(r"[\"']", r"\w"), Value(r"\\", r"[^\s\"']"))
_QUOTED = (Value(r"[^\"\\]"), Value(r"\\", r"[^\"]"))
_SINGLE = (Value(r"[^']"),)
_NOT_BLANK = (Value(r"[^\s]"),)

_PART = (Value(r"[^\s\"',&;\\]"),)

_NAMES = (
    r"password|passwd|passphrase|passcode|secret|psk|rootpw|userpw|adminpw|(access|account|activation|api|auth|encryption|license|preshared|private|secret|shared|wep|wireless|wlan)[_-]?key"
    r"|wireless[_-]wep|wireless[_-]wpa"
)
# As in rd.iscsi.password_in=, netcfg's user-password-crypted=, KEY_PSK1= and WIRELESS_KEY_0=.
_TAIL = r"([_-]?in|[_-]?again|[_-]?crypted|[_-]?hash|[_-]?hashed|[_-]?plain|[_-]?clear)?([_-]?[0-9])?"
_NAME = rf"({_NAMES}|pass|[_.-]pw|[_.-]pwd){_TAIL}"
_LONG_NAME = rf"({_NAMES}){_TAIL}"
_PARAMETER = r"(token|pin-value|[?&](key|code|auth|sig|signature|x-amz-[a-z-]+))="
_ARGUMENT = r"(^|[ \t\"'])-[\w-]*"
_PARAMETER_MARKS = ("token=", "pin-value=", "key=", "code=", "auth=", "sig=", "signature=", "x-amz-")
_MARKS = ("pass", "secret", "psk", "pw", "key", "wireless")
# How a line of a text within a text may begin: that of an initramfs in a recording, and what is quoted in a mail.
_START = r"^[|> \t]*"
_CREDENTIAL = r"systemd\.set_credential(_binary)?=[^:=\s\"']+:"

_BEGINS = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY"

SECRETS: Tuple[Secret, ...] = (
    # Command lines of kernels (dracut.cmdline(7), debconf's preseeding, linuxrc), options of modules and mounts, environments, shell's files.
    Secret(rf"{_NAME}=\\?\"", _QUOTED, _MARKS, needs="="),
    Secret(rf"{_NAME}='", _SINGLE, _MARKS, needs="="),
    # Linux, lib/cmdline.c: the whole of a parameter may stand in quotes.
    Secret(rf"(^|[ \t])\"[\w.-]*{_NAME}=", _QUOTED, _MARKS, needs="="),
    Secret(rf"{_NAME}=", _WORD, _MARKS, needs="="),
    # YAML and JSON; ini files
    Secret(rf"{_LONG_NAME}[\"']?[ \t]*:[ \t]*", _NOT_BLANK, _MARKS, rest=True, needs=":"),
    Secret(rf"{_NAME}[ \t]+=[ \t]*", _NOT_BLANK, _MARKS, rest=True, needs="="),
    # Arguments of programs, in lists of processes and modprobe's `install`
    Secret(rf"{_ARGUMENT}({_NAMES}|token)[ \t]+\"", _QUOTED, (*_MARKS, "token"), needs="-"),
    Secret(rf"{_ARGUMENT}({_NAMES}|token)[ \t]+", _WORD, (*_MARKS, "token"), needs="-"),
    # What sshpass, curl and headers of HTTP are given
    Secret(r"sshpass[ \t]+-p[ \t]*", _WORD, ("sshpass",)),
    Secret(r"(^|[ \t])(-u|--user|--proxy-user)[ ]+[^\s:]+:", _WORD, ("-u ", "-user ")),
    Secret(r"authorization[ \t]*:[ \t]*", _NOT_BLANK, ("authorization",), rest=True),
    # GRUB's own, of both versions; syslinux's; interfaces(5) with wpa_supplicant's
    Secret(
        rf"{_START}(password(_pbkdf2)?|menu[ \t]+(master[ \t]+)?passwd"
        r"|(wpa|wireless)-(psk|password|passphrase|key[0-9]?|private-key-passwd|wep-key[0-9]))[ \t]+",
        _NOT_BLANK,
        ("pass", "wpa-", "wireless-"),
        rest=True,
    ),
    # Of URLs, PKCS #11's among them (RFC 7512)
    Secret(rf"{_PARAMETER}[\"']", _PART, _PARAMETER_MARKS),
    Secret(_PARAMETER, _PART, _PARAMETER_MARKS),
    Secret(r"://[^/@:\s\"']*:", (Value(r"[^@\s\"']"),), ("://",), after="@"),
    Secret(r"://", (Value(r"[^/@\s\"']"),), ("://",), after="@"),
    # dracut's netroot=iscsi:USER:PASSWORD@HOST
    Secret(r"iscsi:", (Value(r"[^@\s\"']"),), ("iscsi:",), after="@"),
    # systemd-creds: kernel-command-line(7)
    Secret(rf"(^|[ \t])\"{_CREDENTIAL}", _QUOTED, ("set_credential",)),
    Secret(rf"{_CREDENTIAL}\\?\"", _QUOTED, ("set_credential",)),
    Secret(_CREDENTIAL, _WORD, ("set_credential",)),
    # What crypt(3) and grub-mkpasswd-pbkdf2 make of passwords
    Secret(
        r"\$(1|2[abxy]|5|6|7|y|gy|sha1)\$[^$\s\"':,]+\$",
        (Value(r"[^\s\"':,\\]"),),
        ("$1$", "$2", "$5$", "$6$", "$7$", "y$", "$sha1$"),
    ),
    Secret(r"grub\.pbkdf2\.", _WORD, ("pbkdf2",)),
    # A private key that stands in one line, as in JSON; the lines behind its first are starred besides: see KEY_BEGINS
    Secret(rf"{_BEGINS}[A-Z ]*-----[ \t]*", _NOT_BLANK, ("private key",), rest=True),
    # A table of dm-crypt (dm-mod.create=), with the volume's key in it
    Secret(
        r"(^|[ ,\"'])crypt[ ]+[^\s]+[ ]+",
        (Value(r"[0-9a-fA-F]"),),
        ("crypt ",),
        where=r"[Cc][Rr][Yy][Pp][Tt][ ]+[^\s]+[ ]+[0-9a-fA-F]{32}",
    ),
    # crypttab(5): what a keyscript is told may be the passphrase itself, unless it is a path
    Secret(
        rf"{_START}[^#|>\s][^\s]*[ \t]+[^\s]+[ \t]+",
        _NOT_BLANK,
        ("keyscript=",),
        where=rf"{_START}[^#|>\s][^\s]*[ \t]+[^\s]+[ \t]+[^/\s][^\s]*[ \t]+[^\s]*keyscript=",
    ),
    Secret(r"(^|[|,])key=", (Value(r"[^\s,]"),), ("key=",), where=r"keyscript="),
)

# A private key over several lines (RFC 7468, RFC 1421 with headers, OpenSSH's and PGP's): all lines behind the first are starred, up to one
# that ends it, or has a sign that no key has: then its end was cut off. Quoting, and the "|" of a text within a text, stay.
KEY_BEGINS = _BEGINS
KEY_ENDS = r"-----END|[^A-Za-z0-9+/=|>:,[:space:]-]"
KEY_STAYS = r"[|>[:space:]]"

# A kernel's options are no secrets, whatever they are called, but the command line that is built in may hold some.
OPTIONS = ("CONFIG_", "# CONFIG_")
COMMAND_LINE = "CONFIG_CMDLINE"
