"""Runs the truth table: predicts, boots, compares, and writes the table."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple, Union

from lab import boot, image
from lab.errors import LabError, need
from lab.image import Image
from lab.truth import cell, nic, nic_variant, record, repair, table
from lab.truth.cell import Row
from lab.truth.nic_variant import NicCell
from lab.truth.nic_variants import NIC_VARIANTS
from lab.truth.prepare import prepare
from lab.truth.repair_variant import RepairCell
from lab.truth.repair_variants import REPAIRS
from lab.truth.variant import Cell, cells
from lab.truth.variants import VARIANTS

AnyCell = Union[Cell, NicCell, RepairCell]


class Plan(NamedTuple):
    """What to run: cells of these kinds, variants, targets and releases (none named: all of them),
    and how.
    """

    kinds: Sequence[str]
    only: Sequence[str]
    targets: Sequence[str]
    releases: Sequence[str]
    jobs: int
    again: bool
    kept: bool
    quick: bool = False


def main(plan: Plan, out: Path, page: Path | None, recorded: bool = False) -> int:
    """Boot every cell that is asked for, or take what is kept; 1 when preflight was wrong of one."""
    need("qemu-system-x86_64", "qemu-img", "debugfs")
    if recorded and (plan.only or plan.targets or plan.releases or plan.quick):
        raise LabError(
            "--record writes the folders of all variants, and goes with no choice of them"
        )
    found = list(chosen(plan))
    if plan.kept:
        found = [one for one in found if _is_kept(one, image.get(one.variant.release, say=_say))]
    if not found:
        raise LabError("no cell of the truth table is that")
    rows = _measured(found, plan.jobs, plan.again)
    print(table.text(rows))
    out.mkdir(parents=True, exist_ok=True)
    (out / "truth.json").write_text(table.json(rows))
    (out / "truth.md").write_text(table.markdown(rows))
    if recorded:
        record.main(
            list(zip(found, rows)),
            {
                release: image.get(release, say=_say)
                for release in {one.variant.release for one in found}
            },
        )
    if page:
        page.write_text(table.into(page.read_text(), rows))
    return 1 if any(row.right is False for row in rows) else 0


def chosen(plan: Plan) -> Iterator[AnyCell]:
    """The cells that `plan` asks for; a cell of the network is on the card that it is moved to. The
    chosen dozen is of disks.
    """
    every: list[tuple[str, AnyCell, str]] = [("disk", one, one.target) for one in cells(VARIANTS)]
    every += [("nic", one, one.target.model) for one in nic_variant.cells(NIC_VARIANTS)]
    every += [("repair", RepairCell(one), one.target) for one in REPAIRS]
    for kind, one, target in every:
        wanted = (
            (kind, plan.kinds),
            (one.variant.name, plan.only),
            (target, plan.targets),
            (one.variant.release, plan.releases),
        )
        if plan.quick and not (isinstance(one, Cell) and one.variant.quick):
            continue
        if all(not named or word in named for word, named in wanted):
            yield one


def _is_kept(one: AnyCell, disk: Image) -> bool:
    if isinstance(one, RepairCell):
        return repair.is_kept(one.variant, disk)
    return nic.is_kept(one, disk) if isinstance(one, NicCell) else cell.is_kept(one, disk)


def _measured(found: list[AnyCell], jobs: int, again: bool) -> list[Row]:
    images = {
        release: image.get(release, say=_say)
        for release in dict.fromkeys(one.variant.release for one in found)
    }
    rows: dict[AnyCell, Row] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for some in _in_turn(found, images):
                futures = {
                    pool.submit(_row, one, images[one.variant.release], again): one for one in some
                }
                for future in as_completed(futures):
                    one, row = futures[future], future.result()
                    rows[one] = row
                    _say(f"[{len(rows):3}/{len(found)}] {table.line(row)}")
                    if isinstance(one, NicCell) and all(
                        other in rows for other in some if other.variant == one.variant
                    ):
                        nic.finish(one.variant, images[one.variant.release])
        except BaseException:
            boot.STOP.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [rows[one] for one in found]


def _in_turn(found: list[AnyCell], images: dict[str, Image]) -> Iterator[list[AnyCell]]:
    """Yield the cells that may be booted side by side: those of one variant of disks, whose
    verdicts are made first; then all others, which make theirs.
    """
    for variant in dict.fromkeys(one.variant for one in found if isinstance(one, Cell)):
        prepare(variant, images[variant.release])
        cell.predict(variant, images[variant.release])
        _say(f"{variant.name} {variant.release}: predicted")
        yield [one for one in found if one.variant == variant]
    yield [one for one in found if not isinstance(one, Cell)]


def _row(one: AnyCell, disk: Image, again: bool) -> Row:
    if isinstance(one, RepairCell):
        return repair.measure(one.variant, disk, again)
    return (
        nic.measure(one, disk, again)
        if isinstance(one, NicCell)
        else cell.measure(one, disk, again)
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
