"""The repairs themselves with the real programs: what is printed for a driver that the initramfs
lacks, and the fix script, run in a root of Debian.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Iterator, List, NamedTuple, Tuple

from guestcheck.advice.linux import initramfs
from tests.advice.repaired import Repaired
from tests.advice.test_repairs import WORLDS
from tests.readiness.making import BY_ID, RELEASE, recorded
from tools.initramfs.cases import BASE
from tools.initramfs.compare import Comparison

# What the scripts add, and one that no image has here by itself: some tools put in what this
# machine's disk needs.
MODULES = ("virtio_pci", "virtio_blk")
_RARE = "mptspi"
# A tool, the world of the tests that has it, and whether there is a fix script for its image.
TOOLS = (("initramfs-tools", "initramfs-tools"), ("dracut", "dracut"), ("tiny-initramfs", ""))


class Repair(NamedTuple):
    """What is run, and by which name."""

    tool: str
    name: str
    text: str
    modules: Tuple[str, ...]


def repairs(comparison: Comparison) -> Iterator[Repair]:
    """Yield what is printed, and the scripts, for the kernel of the root."""
    release = comparison.root.kernel
    for tool, world in TOOLS:
        image = initramfs.Image(tool, release, comparison.image(tool))
        with TemporaryDirectory(prefix="guestcheck-") as folder:
            name = world or "initramfs-tools"
            guest = Repaired(recorded(**WORLDS[name]), [BY_ID["virtio-blk"]], Path(folder))
        steps = initramfs.steps(image, (*MODULES, _RARE), guest.inventory)
        lines = [line for step in steps for line in step.code if not line.startswith("ls")]
        yield Repair(
            tool, "the printed lines", "\n".join(["set -e", *lines, ""]), (*MODULES, _RARE)
        )
        if world:
            yield Repair(tool, "the fix script", guest.script.replace(RELEASE, release), MODULES)


def faults(comparison: Comparison, repair: Repair) -> Tuple[str, List[str]]:
    """Run a repair where the drivers are missing; what it did, and what is wrong."""
    with comparison.written(BASE[repair.tool]), comparison.kept():
        comparison.make_before(repair.tool, {})
        missing = set(repair.modules) - comparison.modules(repair.tool)
        code, printed = comparison.root.run("sh", "-s", text=repair.text)
        left = set(repair.modules) - comparison.modules(repair.tool)
    found = [] if missing else ["the image of before has the drivers"]
    found += [f"the new image has no {name}" for name in sorted(left)]
    if code:
        found.append(f"exit code {code}: {printed.strip()[-400:]}")
    return f"{len(missing)} drivers missing before, {len(left)} after", found
