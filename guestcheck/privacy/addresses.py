"""Values that are known by their form: UUIDs and MAC and IP addresses, wherever they stand, each
replaced by one of the same form.

What only looks so stays: PCI and SCSI addresses, version numbers with four parts, masks, and what
means the same everywhere (loopback, broadcast, the classes of VMBus devices, the types of
partitions).
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Dict, List, Match, Set, Tuple

from guestcheck.model.digits import is_digits
from guestcheck.model.source import Answer
from guestcheck.privacy.tokens import Tokens

# A pattern that begins with one character or a small set is looked for ten times faster than one
# that looks back first: what stands before a match is judged afterwards, and each text is first
# asked for what is in the middle of such values. A dash that systemd or udev have escaped stands as
# \x2d in the names of units and links.
_HEX = "[0-9a-fA-F]"
_DASH = r"(?:-|\\{1,4}x2d)"
_IN_UUID = re.compile(rf"-[0-9A-Za-z]{{4}}-[0-9A-Za-z]{{4}}-[0-9A-Za-z]{{4}}-|x2d{_HEX}{{4}}\\")
_UUID = re.compile(
    rf"{_HEX}{_HEX}{{7}}({_DASH}){_HEX}{{4}}{_DASH}{_HEX}{{4}}{_DASH}{_HEX}{{4}}{_DASH}{_HEX}{{12}}(?![0-9A-Za-z])"
)
_LVM = re.compile(r"[0-9A-Za-z][0-9A-Za-z]{5}(?:-[0-9A-Za-z]{4}){5}-[0-9A-Za-z]{6}(?![0-9A-Za-z-])")
_IN_MD_UUID = re.compile(rf":{_HEX}{{8}}:{_HEX}{{8}}:")
_MD_UUID = re.compile(rf"{_HEX}{_HEX}{{7}}(?::{_HEX}{{8}}){{3}}(?![0-9A-Za-z:])")
# Six bytes, or eight (EUI-64, Fibre Channel), or twenty (InfiniBand); with dashes perhaps the type
# of the hardware in front, as in BOOTIF=.
_IN_MAC = re.compile(
    rf":{_HEX}{{2}}:{_HEX}{{2}}:{_HEX}{{2}}:|-{_HEX}{{2}}-{_HEX}{{2}}-{_HEX}{{2}}-"
)
_MAC = re.compile(rf"{_HEX}{_HEX}([:-]){_HEX}{{2}}(?:\1{_HEX}{{2}}){{4,18}}(?![0-9A-Za-z]|:{_HEX})")
# dracut.cmdline(7): what stands before an address may look like a part of it, as in
# ifname=bad0:52:54:...
_BOOT_MAC = re.compile(
    rf"(\b(?:ifname=[^\s:]{{1,64}}:|ip=[^\s\"']{{1,300}}?:))({_HEX}{{2}}(?::{_HEX}{{2}})"
    rf"{{5}}(?:(?::{_HEX}{{2}}){{14}})?)(?![0-9A-Za-z]|:{_HEX})"
)
# systemd.link(5): an address may be written without colons, or with dots.
_BARE_MACS = re.compile(r"^\|?[ \t]*(?:Permanent)?MACAddress[ \t]*=(.*)$", re.MULTILINE)
_BARE_MAC = re.compile(
    rf"(?<![0-9A-Za-z:.-])(?:{_HEX}{{12}}|{_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}})(?![0-9A-Za-z:.-])"
)
_IN_IPV6 = re.compile(rf"::|:(?:{_HEX}{{1,4}}:){{6}}")
_IPV6 = re.compile(
    rf"[0-9a-fA-F:]{_HEX}{{0,3}}:[0-9a-fA-F:]{{0,39}}(?:\d{{1,3}}(?:\.\d{{1,3}}){{3}})"
    r"?(?![0-9A-Za-z:])"
)
_IN_IPV4 = re.compile(r"\.\d{1,3}\.\d{1,3}\.\d")
_IPV4 = re.compile(r"\d\d{0,2}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w]|\.\d|-\d)")
_QUAD = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_SAME_EVERYWHERE = re.compile(r"0\.|127\.|255\.|169\.254\.169\.254$|22[4-9]\.|23\d\.")

# Linux, include/linux/hyperv.h: what a VMBus device is. UEFI 2.10, 5.3.3, and the Discoverable
# Partitions Specification: what a partition holds.
_CONSTANTS = """
    ba6163d9-04a1-4d29-b605-72e2ffb1dc7f f8615163-df3e-46c5-913f-f2d2f965ed0e 32412632-86cb-44a2-9b5c-50d1417354f5 2f9bcc4a-0069-4af3-b76b-6fd0be528cda
    0e0b6031-5213-4934-818b-38d90ced39db 57164f39-9115-4e78-ab55-382f3bd5422d 9527e630-d0ae-497b-adce-e80ab0175caf a9a0f4e7-5a45-4d96-b827-8a841e8c03e6
    35fa2e29-ea23-4236-96ae-3a6ebacba440 cfa8b69e-5b4a-4cc0-b98b-8ba1a1f3f95a f912ad6d-2b17-48ea-bd65-f927a61c7684 da0a7802-e377-4aac-8e77-0558eb1073f8
    525074dc-8985-46e2-8057-a307dc18a502 34d14be3-dee4-41c8-9ae7-6b174977c192 44c4f61d-4444-4400-9d52-802e27ede19f 8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501
    6fe03d50-fdf2-4b2b-b7e4-76df0ed8bd5a 276aacf4-ac15-426c-98dd-7521ad3f01fe f8e65716-3cb3-4a06-9a60-1889c5cccab5 3375baf4-9e15-4b30-b765-67acb10d607b
    c12a7328-f81f-11d2-ba4b-00a0c93ec93b 0fc63daf-8483-4772-8e79-3d69d8477de4 4f68bce3-e8cd-4db1-96e7-fbcaf984b709 b921b045-1df0-41c3-af44-4c6f280d3fae
    44479540-f297-41b2-9af7-d131d5f0458a 69dad710-2ce4-4e3c-b16c-21a1d49abed3 0657fd6d-a4ab-43c4-84e5-0933c84b4f4f 21686148-6449-6e6f-744e-656564454649
    e6d6d379-f507-44c2-a23c-238f2a3df928 a19d880f-05fc-4d3b-a006-743f0f84911e bc13c2ff-59e6-4262-a352-b275fd6f7172 933ac7e1-2eb4-4f13-b844-0e14e2aef915
    ebd0a0a2-b9e5-4433-87c0-68b6b72699c7 e3c9e316-0b5c-4db8-817d-f92df00215ae de94bba4-06d1-4d40-a16a-bfd50179d6ac 9e1a2d38-c612-4316-aa26-8b49521e5a8b
    4a67b082-0a4c-41cf-b6c7-440b29bb8c4f 8be4df61-93ca-11d2-aa0d-00e098032b8c ca7d7ccb-63ed-4c53-861c-1742536059cc 024dee41-33e7-11d3-9d69-0008c781f39f
"""
_CLASS = re.compile(
    r"(?:class_id = |[Cc]lass_ID = |ID_PART_ENTRY_TYPE=|PARTTYPE=\"?|\"parttype\": "
    r"?\")\{?([0-9a-fA-F-]{36})"
)


class Addresses:
    """The addresses and UUIDs of a guest's texts; those that name a class or a version stay."""

    def __init__(self, answers: Dict[str, Tuple[Answer, ...]], tokens: Tokens) -> None:
        self._tokens = tokens
        self._constants: Set[str] = set(_CONSTANTS.split())
        self._versions: Set[str] = set()
        self.macs: Set[str] = set()
        for question, given in answers.items():
            for answer in given:
                self._constants |= {
                    match.group(1).lower() for match in _CLASS.finditer(answer.text)
                }
                if (
                    question == "dmi"
                    or (question == "system" and not answer.asked.endswith("hostname"))
                    or answer.asked.startswith("uname")
                ):
                    self._versions |= set(_QUAD.findall(answer.text))
                self.macs |= {re.sub("[:-]", "", mac).lower() for mac in _macs(answer.text)}

    def replace(self, text: str) -> str:
        """Return `text` with a token for each."""
        if _IN_UUID.search(text):
            text = _LVM.sub(self._lvm, _UUID.sub(self._uuid, text))
        if _IN_MD_UUID.search(text):
            text = _MD_UUID.sub(self._md_uuid, text)
        if _IN_MAC.search(text):
            text = _BOOT_MAC.sub(lambda match: match[1] + self._colons(match[2]), text)
            text = _MAC.sub(self._mac, text)
        if "MACAddress" in text:
            text = _BARE_MACS.sub(
                lambda match: (
                    match[0][: match.start(1) - match.start()]
                    + _BARE_MAC.sub(self._bare_mac, match[1])
                ),
                text,
            )
        if _IN_IPV6.search(text):
            text = _IPV6.sub(self._ipv6, text)
        if _IN_IPV4.search(text):
            text = _IPV4.sub(self._ipv4, text)
        return text

    def is_one(self, value: str) -> bool:
        """Tell whether `value` is one address or UUID, and nothing besides."""
        return any(
            pattern.fullmatch(value) for pattern in (_UUID, _LVM, _MD_UUID, _MAC, _IPV6, _IPV4)
        )

    def digits(self, value: str) -> str:
        """Return a token for a long hexadecimal number; a UUID has the same with and without its
        dashes.
        """
        # Nothing but zeros, or the bits of some field; or where something is in memory.
        if len(set(value.lower())) <= 2 or value.lower().startswith(
            ("0000000", "ffff8", "ffffffff", "dead0000")
        ):
            return value
        if value.lower() in self.macs:
            return self.mac(value)
        if value[:3].lower() == "ec2":  # by which Xen guests of Amazon's are known
            return value[:3] + self._tokens.like(value)[3:]
        if len(value) in (17, 33) and is_digits(
            value[0]
        ):  # an identifier after its type, as scsi_id writes them
            return value[0] + self.digits(value[1:])
        return self._tokens.like(value)

    def mac(self, value: str) -> str:
        """Return a token for an address without its separators."""
        token = self._tokens.mac(value)
        return token.upper() if value.upper() == value and value.lower() != value else token

    def _uuid(self, match: Match[str]) -> str:
        digits = re.sub(_DASH, "", match.group())
        value = _dashed(digits, "-").lower()
        if (
            _inside(match, escaped="x2d")
            or value in self._constants
            or value.startswith("00000000-0000-")
        ):
            return match.group()
        return _dashed(self.digits(digits), match.group(1))

    def _md_uuid(self, match: Match[str]) -> str:
        if _inside(match, ":"):
            return match.group()
        token = self.digits(match.group().replace(":", ""))
        return ":".join(token[at : at + 8] for at in range(0, 32, 8))

    def _lvm(self, match: Match[str]) -> str:
        value = match.group()
        # Words of six and four letters may stand like this; an identifier of LVM has digits and
        # letters of both cases.
        if (
            _inside(match, "-", escaped="uuid-")
            or value.lower() == value
            or not any(map(is_digits, value))
        ):
            return value
        token = self._tokens.like(value.replace("-", ""))
        cuts = (0, 6, 10, 14, 18, 22, 26, 32)
        return "-".join(token[start:end] for start, end in zip(cuts, cuts[1:]))

    def _mac(self, match: Match[str]) -> str:
        value, mark = match.group(), match.group(1)
        pairs = value.split(mark)
        kept = pairs[:1] if mark == "-" and len(pairs) == 7 else []
        pairs = pairs[len(kept) :]
        digits = "".join(pairs)
        if _inside(match, ":") or len(pairs) not in (6, 8, 20) or len(set(digits.lower())) == 1:
            return value
        token = self.mac(digits)
        return mark.join([*kept, *(token[at : at + 2] for at in range(0, len(token), 2))])

    def _colons(self, value: str) -> str:
        token = self.mac(value.replace(":", ""))
        return ":".join(token[at : at + 2] for at in range(0, len(token), 2))

    def _bare_mac(self, match: Match[str]) -> str:
        token = self.mac(match[0].replace(".", ""))
        return (
            f"{token[:4]}.{token[4:8]}.{token[8:]}"
            if "." in match[0]
            else match[0]
            if match[0].lower() in self.macs
            else token
        )

    def _ipv6(self, match: Match[str]) -> str:
        try:
            address = IPv6Address(match.group())
        except ValueError:
            return match.group()
        if (
            _inside(match, ":.")
            or address.is_loopback
            or address.is_unspecified
            or address.is_multicast
            or int(address) < 1 << 16
        ):
            return match.group()
        start = "fe80::" if address.is_link_local else "2001:db8::"
        last = address.packed[8:]
        if last[3:5] != b"\xff\xfe":
            return start + self._tokens.ipv6(str(address)).rpartition("::")[2]
        # RFC 4291, appendix A: made of a MAC address by turning the second-lowest bit of its first
        # byte
        token = bytes.fromhex(self._tokens.mac(bytes((last[0] ^ 2, *last[1:3], *last[5:])).hex()))
        return str(
            IPv6Address(
                IPv6Address(start).packed[:8]
                + bytes((token[0] ^ 2, *token[1:3], 0xFF, 0xFE, *token[3:]))
            )
        )

    def _ipv4(self, match: Match[str]) -> str:
        value = match.group()
        parts = value.split(".")
        if (
            _inside(match, ".-_", escaped="ip-")
            or value in self._versions
            or _SAME_EVERYWHERE.match(value)
            or any(int(part) > 255 or part != str(int(part)) for part in parts)
        ):
            return value
        before = match.string[max(0, match.start() - 16) : match.start()].rpartition("\n")[2]
        return value if "ersion" in before or "inux" in before else self._tokens.ipv4(value)


def _inside(match: Match[str], marks: str = "", escaped: str = "") -> bool:
    """Tell whether a match is but the end of something longer: a letter, digit or one of `marks`
    stands before it, and not `escaped`.
    """
    start = match.start()
    before = match.string[start - 1 : start]
    return (
        bool(before)
        and (before in marks or before.isalnum())
        and not (escaped and match.string.endswith(escaped, 0, start))
    )


def _dashed(digits: str, dash: str) -> str:
    return dash.join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _macs(text: str) -> List[str]:
    if not _IN_MAC.search(text):
        return []
    found = [match[2] for match in _BOOT_MAC.finditer(text)] + [
        match.group() for match in _MAC.finditer(text)
    ]
    return [mac for mac in found if len(mac) == 17]
