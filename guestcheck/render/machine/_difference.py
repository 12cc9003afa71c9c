"""What two reports differ in, as JSON for programs: `guestcheck diff -f json`.

JSON, version 1: an object with "schema" (guestcheck.diff/1), "tool", "before" and "after"
({"source", "time"}: what was named, and if it is a report when that was made, else null),
"different", and lists of what is different, empty where nothing is:

- "guest": changes {"field", "before", "after"}; the fields are the report's (hypervisor,
  platform_id, kernel …), null is not told
- "devices": {"device": disk, nic or controller, "state": gone, came or changed, "matched_by":
  serial, uuid, contents, mac, address, name or
  size, null unless changed, "before" and "after": {"name", "interface", "kind"} or null, "changes"}
- "kernels": {"release", "state", "changes"}; a driver's fields are "CONFIG_X.state",
  "CONFIG_X.file" and "CONFIG_X.initramfs"
- "findings": {"id", "state", "subject", "summary", "before", "after"}, the latter two outcomes
- "gaps": {"state", "question", "asked", "reason"}

"unchanged" holds how many "disks", "nics", "controllers" and "kernels" are the same. Names stay;
new fields may come. The JSON Schema ships as `guestcheck/render/diff.schema.json`.
"""

from __future__ import annotations

from json import dumps
from typing import Dict, List, Optional, Sequence

from guestcheck.model.comparison import Change, Comparison, Known, Value

SCHEMA = "guestcheck.diff/1"


def as_json(comparison: Comparison) -> str:
    """Return the comparison as one JSON object and a line break."""
    told: Dict[str, object] = {
        "schema": SCHEMA,
        "tool": {"name": "guestcheck", "version": comparison.version},
        "before": {"source": comparison.before.source, "time": comparison.before.time or None},
        "after": {"source": comparison.after.source, "time": comparison.after.time or None},
        "different": comparison.differs,
        "guest": _changes(comparison.guest),
        "devices": [
            {
                "device": one.device,
                "state": one.state,
                "matched_by": one.by or None,
                "before": _known(one.before),
                "after": _known(one.after),
                "changes": _changes(one.changes),
            }
            for one in comparison.devices
        ],
        "kernels": [
            {"release": one.release, "state": one.state, "changes": _changes(one.changes)}
            for one in comparison.kernels
        ],
        "findings": [
            {
                "id": one.id,
                "state": one.state,
                "subject": one.subject,
                "summary": one.summary,
                "before": one.before,
                "after": one.after,
            }
            for one in comparison.findings
        ],
        "gaps": [
            {"state": one.state, "question": one.question, "asked": one.asked, "reason": one.reason}
            for one in comparison.gaps
        ],
        "unchanged": dict(comparison.same),
    }
    return (dumps(told, indent=1) + "\n").replace("\x7f", "\\u007f")


def _changes(changes: Sequence[Change]) -> List[Dict[str, object]]:
    return [
        {"field": change.field, "before": _listed(change.before), "after": _listed(change.after)}
        for change in changes
    ]


def _listed(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value


def _known(device: Optional[Known]) -> Optional[Dict[str, object]]:
    return (
        {"name": device.name or None, "interface": device.interface, "kind": device.kind}
        if device
        else None
    )
