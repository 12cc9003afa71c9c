"""The families of guests. What differs between them is in folders of these names, in each stage."""

from typing import Dict, Literal, NamedTuple, Tuple

Family = Literal["linux", "windows"]
LINUX: Family = "linux"
WINDOWS: Family = "windows"
FAMILIES: Tuple[Family, ...] = (LINUX, WINDOWS)
# What people call a guest of each.
NAMES: Dict[Family, str] = {LINUX: "Linux", WINDOWS: "Windows"}


class Wording(NamedTuple):
    """The words of a family. Evidence names `devices` and their drivers (`pasted` where all is from
    pasted texts), `pci` devices, the `way` from a device up to its bus, the buses of Hyper-V and
    Xen, the `processor`, and where `agents` were looked for.

    `starts` and `default` are what is said of what starts there ("{}" is its release), `system` is
    the heading of a column of these, and `release` what a release of it is called. `agent_names`
    are agents that are called otherwise than in the catalogue. A family that `has_kernels` has
    several to choose from.
    """

    devices: str
    pasted: str
    pci: str
    way: str
    vmbus: str
    xen_bus: str
    processor: str
    agents: str
    agent_names: Dict[str, str]
    starts: str
    default: str
    system: str
    release: str
    has_kernels: bool
