"""Builds of virtio-win's drivers by their versions: which of them a Windows takes, and which are
known to be bad.

The fourth part of a driver's version is the build times 100: 100.95.104.26200 is 0.1.262; the third
is 104. Signatures: the drivers of the CDs were looked at with osslsigncode;
kvm-guest-drivers-windows #1112, #1453, #1466, #1614; virtio-win-pkg-scripts #57, #61.
"""

from __future__ import annotations

import re
from typing import Optional, Tuple

from guestcheck.model.windows import Windows

LAST_SIGNED = 215  # 0.1.215 is the last whose drivers for 8, 8.1, 2012 and 2012 R2 are cross-signed
# for 10 and newer 0.1.204 is the first that is known to be signed by Microsoft, as Secure Boot
# wants it (#557)
ATTESTED = 204
CORRUPTING = range(285, 293)  # the drivers of disks use request ids twice
_VERSION = re.compile(r"(?:6[0-3]|100)\.[0-9]{1,5}\.104\.([0-9]{1,5})00", re.ASCII)


def build_of(version: str) -> Optional[int]:
    """Return the build of a driver's version; None for numbers of other makers.

    >>> build_of("63.90.104.21500"), build_of("1.2.3.4")
    (215, None)
    """
    matched = _VERSION.fullmatch(version)
    return int(matched[1]) if matched else None


def is_sha1(known: Optional[int], version: str) -> bool:
    """Tell whether a driver is one for 7 and 2008 R2 that is known to have a SHA-1 signature:
    `known` is the build that has.

    >>> is_sha1(172, "61.77.104.17200"), is_sha1(172, "62.77.104.17200"), is_sha1(160, "61.77.104.17200")
    (True, False, False)
    """
    build = build_of(version)
    return build is not None and version.startswith("61.") and known == build


def versions_of(service: str, windows: Windows) -> Tuple[str, ...]:
    """Return the versions that a driver may have, as its devices or the packages that bind it say;
    none where one of them does not say it.
    """
    name = service.lower()
    running = [version for runs, version in windows.running if runs == name]
    if running:
        return tuple(dict.fromkeys(running))
    infs = {
        binding.package.lower()
        for binding in windows.bindings or ()
        if binding.service.lower() == name
    }
    found = [
        one.version
        for one in windows.packages
        if one.inf.lower() in infs or one.name.lower().startswith(f"{name}.inf_")
    ]
    return tuple(dict.fromkeys(found)) if all(number.strip("0.") for number in found) else ()
