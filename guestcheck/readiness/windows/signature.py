"""Whether Windows accepts the signature of a driver of virtio-win."""

from __future__ import annotations

from typing import Iterator

from guestcheck.model.hint import Hint
from guestcheck.model.message import message
from guestcheck.model.target import OPEN, STOPS, Reason, Target
from guestcheck.model.virtio_win import (
    ATTESTED,
    LAST_SIGNED,
    build_of,
    is_sha1,
    versions_of,
)
from guestcheck.model.windows import (
    WINDOWS_8,
    WINDOWS_10,
    ControlSet,
    Windows,
)
from guestcheck.readiness.windows.shared import ready_actions

# Updates after which Windows 7 and 2008 R2 take signatures of SHA-2.
_SHA2 = ("KB4474419", "KB3033929")


def signature_reasons(
    name: str, target: Target, windows: Windows, one: ControlSet
) -> Iterator[Reason]:
    """Yield why Windows may refuse another maker's driver."""
    if windows.build is not None and WINDOWS_8 <= windows.build < WINDOWS_10:
        yield from only_test_signed(name, target, windows)
        return
    # One that runs a device, or ran one, was not refused.
    if (
        name.lower() in {service.lower() for service in (one.instances or {}).values()}
        or windows.build is None
    ):
        return
    actions = ready_actions(target, name, "signature")
    if windows.build < WINDOWS_8 and windows.architecture != "x86":
        versions = versions_of(name, windows)
        if windows.listed_updates.intersection(_SHA2) or (
            versions and all(is_sha1(name, version) for version in versions)
        ):
            return
        if windows.updates is None:
            yield Reason(
                "signature-unknown",
                message("signature-unknown"),
                (),
                OPEN,
                message("find-out.kb4474419"),
                actions,
            )
        elif not windows.updates.intersection(_SHA2):
            says = message("signature-sha2", name=name)
            hint = Hint(
                "Component Based Servicing\\Packages",
                f"has neither of {', '.join(_SHA2)} as installed (CurrentState 112)",
            )
            yield Reason(
                "signature-sha2",
                says,
                (hint,),
                OPEN,
                message("find-out.sha1-or-kb", name=name),
                actions,
            )
    elif windows.build >= WINDOWS_10 and windows.secure_boot:
        old = [
            version
            for version in versions_of(name, windows)
            if (build_of(version) or ATTESTED) < ATTESTED
        ]
        if old and name.lower() in ("viostor", "vioscsi"):
            says = message("signature-attestation", name=name, old=old[0], attested=ATTESTED)
            hint = Hint("Control\\SecureBoot\\State", "UEFISecureBootEnabled = 1")
            yield Reason(
                "signature-attestation",
                says,
                (hint,),
                OPEN,
                message("find-out.who-signed", name=name),
                actions,
            )


def only_test_signed(
    name: str, target: Target, windows: Windows, what: str = "disk"
) -> Iterator[Reason]:
    """Yield why Windows 8, 8.1, Server 2012 and 2012 R2 refuse a driver of virtio-win, with Secure
    Boot or without, unless test signatures count.
    """
    service = name.lower()
    if service not in ("viostor", "vioscsi", "netkvm") or (
        windows.architecture == "x86" and not windows.secure_boot
    ):
        return
    if "TESTSIGNING" in (windows.start_options or ()) and not windows.secure_boot:
        return
    versions = versions_of(service, windows)
    # What is made for Windows 10 alone is signed in a way that these do not take.
    numbers = [
        build_of(version) if version.startswith(("62.", "63.")) else None
        for version in versions
        if not is_sha1(service, version)
    ]
    if versions and all(number is not None and number <= LAST_SIGNED for number in numbers):
        return
    actions = ready_actions(target, name, "signature", what)
    late = [version for version in versions if (build_of(version) or 0) > LAST_SIGNED]
    if not late:
        says = message("signature-test.unknown", name=name, last=LAST_SIGNED)
        hint = Hint(
            "DriverDatabase\\DriverPackages", f"Version is {', '.join(versions) or 'not known'}"
        )
        yield Reason(
            "signature-test",
            says,
            (hint,),
            OPEN,
            message("find-out.version-and-signer", name=name),
            actions,
        )
        return
    says = message("signature-test", name=name, late=late[0], last=LAST_SIGNED)
    options = " ".join(windows.start_options) if windows.start_options else "nothing"
    hints = (
        Hint(f"driver version of {name}", late[0]),
        Hint("Control", f"SystemStartOptions = {options}"),
    )
    certified = any(
        package.version in late and package.score in _CERTIFIED for package in windows.packages
    )
    if windows.start_options is None:
        yield Reason(
            "signature-test",
            says,
            hints[:1],
            OPEN,
            message("find-out.testsigning"),
            actions,
        )
    elif (
        certified
        or "TESTSIGNING" in windows.start_options
        or len(late) < len(versions)
        or windows.architecture not in ("amd64", "arm64")
    ):
        yield Reason(
            "signature-test", says, hints, OPEN, message("find-out.who-signed", name=name), actions
        )
    else:
        yield Reason("signature-test", says, hints, STOPS, actions=actions)


# SignerScore of what Microsoft signed (setupapi: SIGNERSCORE_LOGO_PREMIUM to SIGNERSCORE_WHQL);
# image builders write it too, whoever signed.
_CERTIFIED = range(0x0D000001, 0x0D000006)
