"""What the table of secrets is made of: names that secrets have, forms of values, and the marks by
which a line is looked at.
"""

from typing import Tuple


def repeated(sign: str) -> Tuple[str, str]:
    """Return the pattern of one character, and that of any number of them."""
    return sign, f"{sign}*"


# A word ends at a blank, and at a quote unless it goes on after it; a backslash at a line's end
# means that the line goes on.
WORD = repeated(r"([^\s\"'\\]|[\"'][\w*]|\\[^\s\"'])")
QUOTED = repeated(r"([^\"\\]|\\[^\"])")
SINGLE = repeated(r"[^']")
UNQUOTED = repeated(r"[^\s\"']")
NO_BLANK = repeated(r"[^\s]")
REST_OF_LINE = (r"[^\s]", r"(.*[^\s])?")
PART = repeated(r"[^\s\"',&;\\]")
ITEM = (r"[^\s\"',{}|>&:=]", r"[^\s\"',}]*")  # of YAML's or JSON's flow style
OPTION = (r"[^\s\"'=:-]", r"[^\s\"']*")
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
SURE_NAME = _SURE + _TAIL
LIKELY_NAME = f"({_LIKELY}){_TAIL}"
ANY_NAME = f"({_LIKELY}|{_SURE[1:].replace(')s?', '')}){_TAIL}"
# What is no secret after a likely name: a path, a device by its name, a variable, a switch, and
# what a narrower pattern has starred.
PLACE = (
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
MARKS = ("pass", "secret", "psk", "pw", "wireless", "kennwort", "contrasena")
LIKELY_MARKS = (
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
ALL_MARKS = tuple(dict.fromkeys((*LIKELY_MARKS, *MARKS)))
ARGUMENT = r"(^|[ \t\"'=])-[\w.-]*"
_KEY_NAME = f"({_LIKELY}|private|shared){_TAIL}"
KEY = rf"(^|[^/a-z0-9_.-])[a-z0-9_.-]*{_KEY_NAME}[\"']?[ \t]*:"
KEY_MARKS = (*LIKELY_MARKS, "private", "shared")
# How a line of a text within a text may begin: that of an initramfs in a recording, and what is
# quoted in a mail.
LINE_START = r"^[|> \t]*"
CREDENTIAL = (
    r"(systemd\.set_credential(_binary)?=[^:=\s\"']+:"
    r"|io\.systemd\.credential(\.binary)?:[^:=\s\"']+=)"
)
CREDENTIAL_MARKS = ("set_credential", "systemd.credential")
KEY_HEAD = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY"
USER = r"[^/@:\s\"']*:"
# How tokens of well-known services begin: what else is in them is random.
TOKENS = (
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
TOKEN_MARKS = (
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
