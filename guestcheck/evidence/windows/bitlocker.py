"""Which volumes BitLocker protects."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

from guestcheck.evidence.windows._cim import instances_of, number, saying_where_cut, text
from guestcheck.model.source import Answer, Cim, Question


class Protection(NamedTuple):
    """A volume that BitLocker knows: whether it protects it (0 off, 1 on, 2 unknown) and how much
    of it is encrypted (0: nothing).
    """

    drive: str
    protection: Optional[int]
    conversion: Optional[int]


def _parse_protection(answers: List[Answer]) -> Tuple[Protection, ...]:
    return tuple(
        Protection(
            text(one, "DriveLetter").upper(),
            number(one, "ProtectionStatus"),
            number(one, "ConversionStatus"),
        )
        for one in instances_of(answers, "Win32_EncryptableVolume")
    )


WINDOWS_PROTECTION = Question[Tuple[Protection, ...]](
    "windows_protection",
    "Windows: which volumes BitLocker protects (an administrator may ask)",
    (
        Cim(
            "Win32_EncryptableVolume",
            ("DriveLetter", "ProtectionStatus", "ConversionStatus"),
            namespace="root/cimv2/Security/MicrosoftVolumeEncryption",
        ),
    ),
    saying_where_cut(_parse_protection),
    "whether BitLocker protects the system drive",
    quiet=True,
    deep=True,
)
