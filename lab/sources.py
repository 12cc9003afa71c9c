"""Whether evidence that travels says what the guest said: each way of taking it out of a guest,
judged here, against the live report.

In each guest guestcheck reports, records, and prints its shell collector; the collector runs, and
so does sos. What they wrote comes out over the serial line and is judged by the checkout; so is the
guest's disk, as a folder of files (`--root`). A verdict that differs from the live one is wrong;
one that is missing or unknown is what the source cannot tell.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from lab import artifact, cache, disk, image
from lab.boot import Outcome, boot
from lab.guest import Guest
from lab.image import Image
from lab.job import CALL

# The plugins of sos whose output tells of disks, cards, kernels and how they boot; all of them take
# ten minutes under emulation.
PLUGINS = (
    "block,boot,devices,filesys,grub2,hardware,host,kernel,lvm2,md,networking,pci,processor,scsi,"
    "systemd,udev"
)
JOB = f"""
part live {CALL} -f json
part collect {CALL} collect -o /run/recording.tar.gz
part recording cat /run/recording.tar.gz
{CALL} collector sh >/run/collect.sh
part shell sh /run/collect.sh /run/shell.tar.gz
part shell-recording cat /run/shell.tar.gz
part redact {CALL} collect /run/recording.tar.gz --redact -o /run/redacted.tar.gz
part redacted cat /run/redacted.tar.gz
mkdir -p /run/sos
if command -v sos >/dev/null; then
    part sos sos report --batch --quiet --tmp-dir /run/sos --only-plugins {PLUGINS}
    part sosreport sh -c 'cat /run/sos/sosreport-*.tar.?z'
fi
"""
# In these the collector also runs under the shell of rescue systems; in all it would take a quarter
# of an hour.
BUSYBOX = ("lvm", "mixed-pc", "virtio")
BUSYBOX_JOB = """
part busybox busybox sh /run/collect.sh /run/busybox.tar.gz
part busybox-recording cat /run/busybox.tar.gz
"""
# What comes out of a guest, by the part of the job that holds it and the name of the file it goes
# to.
TAKEN = {
    "recording": "recording.tar.gz",
    "shell-recording": "shell.tar.gz",
    "busybox-recording": "busybox.tar.gz",
    "redacted": "redacted.tar.gz",
    "sosreport": "sosreport.tar",
}
ROOT = "--root"
Json = dict[str, Any]
# What is compared of each device.
FIELDS = ("kind", "interface", "driver", "roles", "virtio.generation")


class Said(NamedTuple):
    """What one source said of one guest, against the live report: fields alike, not told, and told
    otherwise.
    """

    guest: str
    release: str
    source: str
    same: Counter[str]
    untold: Counter[str]
    wrong: tuple[str, ...]


def main(guests: list[Guest], releases: list[str], jobs: int, page: Path | None) -> int:
    """Compare every source of every guest; print the table, and write it into `page`. Returns 1
    where any source is wrong.
    """
    digest = artifact.digest()
    zipapp = artifact.make(cache.folder("artifacts") / f"{digest}.pyz")
    images = {release: image.get(release, say=_say) for release in releases}
    pairs = [
        (guest, images[release])
        for release in releases
        for guest in guests
        if release in guest.releases
    ]
    with ThreadPoolExecutor(jobs) as pool:
        done = [
            said
            for found in pool.map(lambda pair: _measure(pair[0], pair[1], zipapp, digest), pairs)
            for said in found
        ]
    for said in done:
        for wrong in said.wrong:
            print(f"WRONG {said.guest} {said.release} {said.source}: {wrong}")
    text = _table(done)
    print(text)
    if page:
        before, mark, _ = page.read_text().partition("<!-- below: written by the lab -->\n")
        page.write_text(f"{before}{mark}\n{text}")
    return 1 if any(said.wrong for said in done) else 0


def _measure(guest: Guest, source: Image, zipapp: Path, digest: str) -> list[Said]:
    folder = cache.folder("sources", f"{guest.name}-{source.release}-{digest}")
    parts = folder / "live.json"
    if not parts.exists():
        limited = guest.limit + 900
        outcome = boot(
            _with_limit(guest, limited),
            source,
            JOB + BUSYBOX_JOB * (guest.name in BUSYBOX),
            zipapp,
            folder,
        )
        _keep(outcome, folder)
        _say(
            f"{guest.name} {source.release}: {outcome.seconds:.0f} s {outcome.ended or 'finished'}"
        )
    if not parts.exists():
        return [
            Said(
                guest.name,
                source.release,
                "live",
                Counter(),
                Counter(),
                ("the guest gave no report",),
            )
        ]
    live = json.loads(parts.read_text())
    taken = [name for name in TAKEN.values() if (folder / name).exists()]
    found = [
        _compare(guest.name, source.release, name, live, _judged([str(folder / name)]))
        for name in taken
    ]
    found.append(
        _compare(guest.name, source.release, ROOT, live, _judged(["--root", str(_root(source))]))
    )
    return found


def _with_limit(guest: Guest, limit: int) -> Guest:
    from dataclasses import replace

    return replace(guest, limit=limit)


def _keep(outcome: Outcome, folder: Path) -> None:
    for name, file in TAKEN.items():
        if name in outcome.parts and outcome.parts[name].output:
            (folder / file).write_bytes(outcome.parts[name].output)
    for name, part in outcome.parts.items():
        if name not in TAKEN and name != "live":
            (folder / name).write_bytes(part.output)
    if "live" in outcome.parts:
        (folder / "live.json").write_bytes(outcome.parts["live"].output)


def _root(source: Image) -> Path:
    """The files of a release's disk that a report reads, laid out as a folder."""
    folder = source.path / "root"
    if not (folder / "made").exists():
        at = f"{source.disk}?offset={disk.START * disk.SECTOR}"
        for top in (
            "etc",
            "boot",
            "lib/modules",
            "usr/lib/modules",
            "usr/lib/os-release",
            "usr/sbin/update-initramfs",
        ):
            target = folder / top
            target.parent.mkdir(parents=True, exist_ok=True)
            # Neither fails where there is no such thing, and neither goes through a link: one of
            # the two module folders is real.
            subprocess.run(
                ["debugfs", "-R", f"rdump /{top} {target.parent}", at],
                check=True,
                capture_output=True,
            )
            if not target.exists():
                subprocess.run(
                    ["debugfs", "-R", f"dump /{top} {target}", at], check=True, capture_output=True
                )
        (folder / "made").write_text("")
    return folder


def _judged(words: list[str]) -> Json:
    """The report that the checkout makes of a source; empty where it makes none."""
    done = subprocess.run(
        [sys.executable, "-m", "guestcheck", *words, "-f", "json"],
        capture_output=True,
        text=True,
        cwd=artifact.PACKAGE.parent,
    )
    try:
        told: Json = json.loads(done.stdout)
    except ValueError:
        return {"error": done.stderr.strip()}
    return told


def _compare(guest: str, release: str, source: str, live: Json, told: Json) -> Said:
    same: Counter[str] = Counter()
    untold: Counter[str] = Counter()
    wrong: list[str] = []
    if "error" in told:
        return Said(guest, release, source, same, untold, (f"no report: {told['error']}",))
    if source == "recording.tar.gz":
        left = {key: value for key, value in live.items() if key not in ("source", "time")}
        right = {key: value for key, value in told.items() if key not in ("source", "time")}
        wrong += [
            f"{key} is not what the live report says" for key in left if left[key] != right.get(key)
        ]
    for what, field in (("hypervisor", "hypervisor"), ("platform", "platform_id")):
        _count(what, live["guest"].get(field), told["guest"].get(field), "", same, untold, wrong)
    for what in ("disks", "nics"):
        for device in live[what] or ():
            other = _same_device(device, told[what] or [])
            for field in FIELDS:
                _count(
                    what[:-1],
                    _field(device, field),
                    _field(other, field),
                    f"{device['name']} {field} ",
                    same,
                    untold,
                    wrong,
                )
        strays = [
            one["name"] or one["address"]
            for one in told[what] or ()
            if not _same_device(one, live[what] or [])
        ]
        wrong += [f"{name}: no such {what[:-1]} is in the live report" for name in strays]
    for kernel in live["kernels"] or ():
        others = [one for one in told["kernels"] or () if one["release"] == kernel["release"]]
        states = {
            driver["symbol"]: driver["state"] for driver in (others[0]["drivers"] if others else ())
        }
        for driver in kernel["drivers"]:
            state = states.get(driver["symbol"])
            _count(
                "kernel",
                driver["state"],
                None if state == "unknown" else state,
                f"{kernel['release']} {driver['symbol']} ",
                same,
                untold,
                wrong,
            )
    return Said(guest, release, source, same, untold, tuple(wrong))


def _same_device(device: Json, among: list[Json]) -> Json:
    for mark in ("name", "address"):
        found = [one for one in among if device.get(mark) and one.get(mark) == device[mark]]
        if found:
            return found[0]
    return {}


def _field(device: Json, path: str) -> Any:
    found: Any = device
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return None if found in ("unknown", "", []) else found


def _count(
    what: str,
    live: Any,
    told: Any,
    where: str,
    same: Counter[str],
    untold: Counter[str],
    wrong: list[str],
) -> None:
    if live is None or live == "unknown":
        return
    if told is None:
        untold[what] += 1
    elif told == live:
        same[what] += 1
    else:
        wrong.append(f"{where}{what if not where else ''}: {told}, live {live}".strip())


def _table(done: list[Said]) -> str:
    """How much of the live report each source gave, summed over all guests."""
    kinds = ("hypervisor", "platform", "disk", "nic", "kernel")
    lines = [
        f"| source | guests | {' | '.join(kinds)} | told otherwise |",
        "| --- | ---: |" + " ---: |" * (len(kinds) + 1),
    ]
    for source in dict.fromkeys(said.source for said in done):
        rows = [said for said in done if said.source == source]
        cells = []
        for kind in kinds:
            same, untold = (
                sum(said.same[kind] for said in rows),
                sum(said.untold[kind] for said in rows),
            )
            cells.append(f"{same} of {same + untold}")
        lines.append(
            f"| {source} | {len(rows)} | {' | '.join(cells)} "
            f"| {sum(len(said.wrong) for said in rows)} |"
        )
    return "\n".join(lines) + "\n"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
