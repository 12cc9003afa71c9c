"""Whether Windows accepts the signature of a driver of virtio-win."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from guestcheck.catalogue.rows import SHA1_BUILDS, VIRTIO_WIN_DISKS
from guestcheck.model.action import Action
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
        yield from _of_sha2(name, windows, actions)
    elif windows.build >= WINDOWS_10 and windows.secure_boot:
        yield from _not_attested(name, windows, actions)


def _of_sha2(name: str, windows: Windows, actions: Tuple[Action, ...]) -> Iterator[Reason]:
    """Yield that Windows 7 or 2008 R2 may take no signature of SHA-2."""
    versions = versions_of(name, windows)
    if windows.listed_updates.intersection(_SHA2) or (
        versions and all(is_sha1(SHA1_BUILDS.get(name.lower()), version) for version in versions)
    ):
        return
    if windows.updates is None:
        says, settle = message("signature-unknown"), message("find-out.kb4474419")
        yield Reason("signature-unknown", says, (), OPEN, settle, actions)
    elif not windows.updates.intersection(_SHA2):
        says = message("signature-sha2", name=name)
        hint = Hint(
            "Component Based Servicing\\Packages",
            f"has neither of {', '.join(_SHA2)} as installed (CurrentState 112)",
        )
        settle = message("find-out.sha1-or-kb", name=name)
        yield Reason("signature-sha2", says, (hint,), OPEN, settle, actions)


def _not_attested(name: str, windows: Windows, actions: Tuple[Action, ...]) -> Iterator[Reason]:
    """Yield that Windows 10 and newer may refuse an old driver with Secure Boot."""
    old = [
        version
        for version in versions_of(name, windows)
        if (build_of(version) or ATTESTED) < ATTESTED
    ]
    if old and name.lower() in VIRTIO_WIN_DISKS:
        says = message("signature-attestation", name=name, old=old[0], attested=ATTESTED)
        hint = Hint("Control\\SecureBoot\\State", "UEFISecureBootEnabled = 1")
        settle = message("find-out.who-signed", name=name)
        yield Reason("signature-attestation", says, (hint,), OPEN, settle, actions)


def only_test_signed(
    name: str, target: Target, windows: Windows, what: str = "disk"
) -> Iterator[Reason]:
    """Yield why Windows 8, 8.1, Server 2012 and 2012 R2 refuse a driver of virtio-win, with Secure
    Boot or without, unless test signatures count.
    """
    service = name.lower()
    if service not in SHA1_BUILDS or (windows.architecture == "x86" and not windows.secure_boot):
        return
    if "TESTSIGNING" in (windows.start_options or ()) and not windows.secure_boot:
        return
    versions = versions_of(service, windows)
    # What is made for Windows 10 alone is signed in a way that these do not take.
    numbers = [
        build_of(version) if version.startswith(("62.", "63.")) else None
        for version in versions
        if not is_sha1(SHA1_BUILDS.get(service.lower()), version)
    ]
    if versions and all(number is not None and number <= LAST_SIGNED for number in numbers):
        return
    actions = ready_actions(target, name, "signature", what)
    late = [version for version in versions if (build_of(version) or 0) > LAST_SIGNED]
    if late:
        yield _test_signed(name, late, len(late) < len(versions), windows, actions)
        return
    says = message("signature-test.unknown", name=name, last=LAST_SIGNED)
    read = f"Version is {', '.join(versions) or 'not known'}"
    hint = Hint("DriverDatabase\\DriverPackages", read)
    settle = message("find-out.version-and-signer", name=name)
    yield Reason("signature-test", says, (hint,), OPEN, settle, actions)


def _test_signed(
    name: str, late: List[str], others: bool, windows: Windows, actions: Tuple[Action, ...]
) -> Reason:
    """Return that Windows refuses a driver whose versions `late` are only test-signed; `others`
    where it also has versions that are not.
    """
    says = message("signature-test", name=name, late=late[0], last=LAST_SIGNED)
    options = " ".join(windows.start_options) if windows.start_options else "nothing"
    hints = (
        Hint(f"driver version of {name}", late[0]),
        Hint("Control", f"SystemStartOptions = {options}"),
    )
    if windows.start_options is None:
        settle = message("find-out.testsigning")
        return Reason("signature-test", says, hints[:1], OPEN, settle, actions)
    certified = any(
        package.version in late and package.score in _CERTIFIED for package in windows.packages
    )
    if (
        certified
        or others
        or "TESTSIGNING" in windows.start_options
        or windows.architecture not in ("amd64", "arm64")
    ):
        settle = message("find-out.who-signed", name=name)
        return Reason("signature-test", says, hints, OPEN, settle, actions)
    return Reason("signature-test", says, hints, STOPS, actions=actions)


# SignerScore of what Microsoft signed (setupapi: SIGNERSCORE_LOGO_PREMIUM to SIGNERSCORE_WHQL);
# image builders write it too, whoever signed.
_CERTIFIED = range(0x0D000001, 0x0D000006)
