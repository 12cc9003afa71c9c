"""Runs the guests, two at a time, and tells whether guestcheck was right about each."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from lab import artifact, boot, cache, image, table
from lab.errors import need
from lab.guest import Guest
from lab.guests import GUESTS, named
from lab.measure import Measured, measure


class Plan(NamedTuple):
    """What to run: guests by release, and how."""

    pairs: list[tuple[Guest, str]]
    jobs: int
    again: bool


def plan(quick: bool, only: Sequence[str], releases: Sequence[str], jobs: int, again: bool) -> Plan:
    """The guests that the command line asks for; the slow ones first, so that no core idles at the
    end.
    """
    guests = [named(name) for name in only] or [
        guest for guest in GUESTS if guest.quick or not quick
    ]
    wanted = releases or (("bookworm",) if quick else ("bookworm", "trixie", "bullseye"))
    pairs = [
        (guest, release) for release in wanted for guest in guests if release in guest.releases
    ]
    pairs.sort(key=lambda pair: -pair[0].limit)
    return Plan(pairs, jobs, again)


def main(todo: Plan, out: Path, page: Path | None) -> int:
    """Run `todo`; the table goes to stdout, as Markdown and JSON to the folder `out`, and into
    `page` where one is given.
    """
    begun = time.monotonic()
    done = measure_all(todo)
    rows = [row for measured in done for row in measured.rows]
    print(table.text(rows))
    out.mkdir(parents=True, exist_ok=True)
    (out / "lab.md").write_text(table.markdown(rows, done))
    (out / "lab.json").write_text(table.json(rows, done))
    if page:
        page.write_text(table.into(page.read_text(), rows, done))
    wrong = sum(row.right is False for row in rows)
    _say(
        f"{len(done)} guests, {len(rows)} verdicts, {wrong} "
        f"wrong, {time.monotonic() - begun:.0f} s; tables in {out}"
    )
    return 1 if wrong else 0


def measure_all(todo: Plan) -> list[Measured]:
    """Measure every guest of `todo`, telling of each as it ends."""
    need("qemu-system-x86_64", "qemu-img")
    images = {
        release: image.get(release, say=_say) for release in dict.fromkeys(r for _, r in todo.pairs)
    }
    digest = artifact.digest()
    zipapp = artifact.make(cache.folder("artifacts") / f"{digest}.pyz")
    done: list[Measured] = []
    with ThreadPoolExecutor(todo.jobs) as pool:
        futures = {
            pool.submit(measure, guest, images[release], zipapp, digest, todo.again): (
                guest,
                release,
            )
            for guest, release in todo.pairs
        }
        try:
            for future in as_completed(futures):
                guest, release = futures[future]
                done.append(future.result())
                _tell(len(done), len(futures), guest, release, done[-1])
        except BaseException:
            boot.STOP.set()
            pool.shutdown(cancel_futures=True)
            raise
    return sorted(done, key=lambda measured: measured.rows[0][:2] if measured.rows else ("", ""))


def _tell(number: int, total: int, guest: Guest, release: str, measured: Measured) -> None:
    wrong = [row for row in measured.rows if row.right is False]
    asked = any(row.right is not None for row in measured.rows)
    word = f"{len(wrong)} WRONG" if wrong else "right" if asked else "not here"
    kept = " (kept)" if measured.cached else f" {measured.seconds:4.0f} s"
    _say(f"[{number:3}/{total}] {guest.name:26} {release:9}{kept} {word}")


_LOCK = threading.Lock()


def _say(text: str) -> None:
    with _LOCK:
        print(text, file=sys.stderr, flush=True)
