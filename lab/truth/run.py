"""Runs the truth table: predicts, boots, compares, and writes the table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from lab import boot, image
from lab.errors import LabError, need
from lab.truth import record, table
from lab.truth.cell import Row, is_kept, measure, predict
from lab.truth.prepare import prepare
from lab.truth.variant import Cell, cells
from lab.truth.variants import VARIANTS


def main(
    only: Sequence[str],
    targets: Sequence[str],
    releases: Sequence[str],
    jobs: int,
    again: bool,
    kept: bool,
    out: Path,
    page: Path | None,
    quick: bool = False,
    recorded: bool = False,
) -> int:
    """Boot every cell that is asked for, or take what is kept; 1 when preflight was wrong of one."""
    need("qemu-system-x86_64", "qemu-img", "debugfs")
    if recorded and (only or targets or releases or quick):
        raise LabError("--record writes the folders of all variants, and goes with no choice of them")
    chosen = [
        cell for cell in cells(VARIANTS)
        if (not only or cell.variant.name in only) and (not targets or cell.target in targets) and (not releases or cell.variant.release in releases)
    ]  # fmt: skip
    if quick:
        chosen = [cell for cell in chosen if cell.variant.quick]
    if kept:
        chosen = [cell for cell in chosen if is_kept(cell, image.get(cell.variant.release, say=_say))]
    if not chosen:
        raise LabError("no cell of the truth table is that")
    rows = _measured(chosen, jobs, again)
    print(table.text(rows))
    out.mkdir(parents=True, exist_ok=True)
    (out / "truth.json").write_text(table.json(rows))
    (out / "truth.md").write_text(table.markdown(rows))
    if recorded:
        record.main(list(zip(chosen, rows)), {release: image.get(release, say=_say) for release in {cell.variant.release for cell in chosen}})
    if page:
        page.write_text(table.into(page.read_text(), rows))
    return 1 if any(row.right is False for row in rows) else 0


def _measured(chosen: list[Cell], jobs: int, again: bool) -> list[Row]:
    images = {release: image.get(release, say=_say) for release in dict.fromkeys(cell.variant.release for cell in chosen)}
    rows: dict[Cell, Row] = {}
    with ThreadPoolExecutor(jobs) as pool:
        # Every prediction is made before the first boot of its variant.
        for variant in dict.fromkeys(cell.variant for cell in chosen):
            prepare(variant, images[variant.release])
            predict(variant, images[variant.release])
            _say(f"{variant.name} {variant.release}: predicted")
            futures = {pool.submit(measure, cell, images[variant.release], again): cell for cell in chosen if cell.variant == variant}
            try:
                for future in as_completed(futures):
                    row = rows[futures[future]] = future.result()
                    _say(f"[{len(rows):3}/{len(chosen)}] {table.line(row)}")
            except BaseException:
                boot.STOP.set()
                pool.shutdown(cancel_futures=True)
                raise
    return [rows[cell] for cell in chosen]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
