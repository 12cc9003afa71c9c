"""Which tests are to notice a change in a folder: its own, and those of whole guests."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Tuple

_WHOLE = (
    "tests/test_guests.py",
    "tests/test_truth.py",
    "tests/test_run.py",
    "tests/test_windows*.py",
)
_PASTED = ("tests/sources/test_pasted*.py",)
_ARCHIVES = (*_PASTED, "tests/sources/test_sosreport*.py", "tests/sources/test_supportconfig.py")
_PREFLIGHT = ("tests/cli/test_preflight*.py", "tests/render/test_preflight.py")
_REPAIRS = ("tests/advice/test_*repairs.py", "tests/advice/test_plans.py")

# What tests a folder of guestcheck besides tests/FOLDER and the whole guests.
_FURTHER: Dict[str, Tuple[str, ...]] = {
    "advice": ("tests/test_remedies.py", *_PREFLIGHT),
    "catalogue": ("tests/classify",),
    "checks": ("tests/advice/test_plans.py", "tests/catalogue"),
    "classify": ("tests/catalogue", *_PASTED),
    "evidence": ("tests/facts", *_ARCHIVES),
    "facts": ("tests/evidence", "tests/classify", *_ARCHIVES),
    "model": ("tests",),
    "privacy": ("tests/sources", "tests/collectors/test_sh.py"),
    "readiness": (*_PREFLIGHT, *_REPAIRS),
    "stores": ("tests/sources",),
    "unpack": ("tests/sources",),
}


def own_tests(path: Path) -> List[str]:
    """Return the files and folders of tests for a file or folder below `guestcheck/`."""
    folder = path.parts[1] if len(path.parts) > 1 and not path.parts[1].endswith(".py") else ""
    if not folder:
        return ["tests"]
    patterns = (f"tests/{folder}", *_FURTHER.get(folder, ()), *_WHOLE)
    return sorted({str(found) for pattern in patterns for found in Path().glob(pattern)})
