"""The families of guests. What differs between them is in folders of these names, in each stage."""

from typing import Dict, Literal, Tuple

Family = Literal["linux", "windows"]
LINUX: Family = "linux"
WINDOWS: Family = "windows"
FAMILIES: Tuple[Family, ...] = (LINUX, WINDOWS)
# What people call a guest of each.
NAMES: Dict[Family, str] = {LINUX: "Linux", WINDOWS: "Windows"}
