"""Two reports → Comparison: what is different between a guest and itself later, or between two
guests.
"""

from typing import Dict, NamedTuple, Optional, Tuple, Union

GONE = "gone"  # only before
CAME = "came"  # only after
CHANGED = "changed"

Value = Union[str, int, bool, Tuple[str, ...], None]


class Change(NamedTuple):
    """A field that has another value; the fields are those of the JSON report. None: not told."""

    field: str
    before: Value
    after: Value


class Side(NamedTuple):
    """Where a report came from, and when it was made."""

    source: str
    time: str


class Known(NamedTuple):
    """A device in one of the reports: its name, or its address where it has none, and its verdict."""

    name: str
    interface: Optional[str]
    kind: Optional[str]


class DeviceChange(NamedTuple):
    """A device that is gone, came or changed. `device` is disk, nic or controller.

    `by` says how a changed one was known again: serial, uuid, contents, mac, address, name or size.
    """

    device: str
    state: str
    before: Optional[Known]
    after: Optional[Known]
    by: str = ""
    changes: Tuple[Change, ...] = ()


class KernelChange(NamedTuple):
    """An installed kernel that is gone, came or changed; fields are running, default, and of
    drivers "CONFIG_X.state" and the like.
    """

    release: str
    state: str
    changes: Tuple[Change, ...] = ()


class FindingChange(NamedTuple):
    """A finding that is gone, came, or has another outcome; `before` and `after` are its outcomes,
    None where there is none.
    """

    id: str
    state: str
    subject: str
    summary: str
    before: Optional[str]
    after: Optional[str]


class GapChange(NamedTuple):
    """Something that could not be read in one of the reports."""

    state: str
    question: str
    asked: str
    reason: str


class Comparison(NamedTuple):
    """All that is different, and by kind of device and for kernels how many are the same."""

    version: str
    before: Side
    after: Side
    guest: Tuple[Change, ...]
    devices: Tuple[DeviceChange, ...]
    kernels: Tuple[KernelChange, ...]
    findings: Tuple[FindingChange, ...]
    gaps: Tuple[GapChange, ...]
    same: Dict[str, int]

    @property
    def differs(self) -> bool:
        """Tell whether anything is different."""
        return bool(self.guest or self.devices or self.kernels or self.findings or self.gaps)
