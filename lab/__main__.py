"""The lab's command line: `python3 -m lab image|try|run|record|bench|sources|truth|list`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.mirror import RELEASES

if TYPE_CHECKING:
    from lab.run import Plan


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks; returns the exit code."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(options.do(options))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("lab: interrupted; the same command goes on from here", file=sys.stderr)
        return 130


def _image(options: argparse.Namespace) -> int:
    from lab import image

    return image.main(options.release or list(RELEASES), options.rebuild)


def _try(options: argparse.Namespace) -> int:
    from lab import trial

    return trial.main(options.guest, options.release, options.script, options.zipapp)


def _run(options: argparse.Namespace) -> int:
    from lab import run

    return run.main(_plan(options), options.out, options.page)


def _record(options: argparse.Namespace) -> int:
    from lab import record

    options.only = options.only or record.chosen()
    options.release = options.release or list(RELEASES[:1])
    return record.main(_plan(options), options.into or record.FIXTURES)


def _bench(options: argparse.Namespace) -> int:
    from lab import bench

    return bench.main(options.guest, options.release, options.runs)


def _sources(options: argparse.Namespace) -> int:
    from lab import record, sources
    from lab.guests import named

    return sources.main(
        [named(name) for name in options.guest or record.chosen()],
        options.release or list(RELEASES[:1]),
        options.jobs,
        options.page,
    )


def _truth(options: argparse.Namespace) -> int:
    from lab.truth import run

    plan = run.Plan(
        options.kind,
        options.only,
        options.target,
        options.release,
        options.jobs,
        options.again,
        options.kept,
        options.quick,
    )
    return run.main(plan, options.out, options.page, options.record)


def _plan(options: argparse.Namespace) -> Plan:
    from lab import run

    return run.plan(options.quick, options.only, options.release, options.jobs, options.again)


def _list(_: argparse.Namespace) -> int:
    from lab.guests import GUESTS

    for guest in GUESTS:
        labels = dict.fromkeys(truth.label for truth in guest.truths())
        print(f"{guest.name:28} {'quick' if guest.quick else '     '} {', '.join(labels)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m lab", description="real guests under QEMU, as ground truth"
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    verb = verbs.add_parser("image", help="build the disk images, or say where they are")
    verb.add_argument("release", nargs="*", choices=[*RELEASES, []], help="default: all")
    verb.add_argument("--rebuild", action="store_true", help="build even when the cache has it")
    verb.set_defaults(do=_image)

    verb = verbs.add_parser("try", help="boot one guest, run a script in it, print what it says")
    verb.add_argument("guest")
    verb.add_argument("--release", default="bookworm", choices=RELEASES)
    verb.add_argument(
        "--script", type=Path, help="shell script (default: what the guest's own tools say)"
    )
    verb.add_argument(
        "--zipapp", type=Path, help="becomes /run/guestcheck.pyz (default: made from the checkout)"
    )
    verb.set_defaults(do=_try)

    verb = verbs.add_parser(
        "run", help="boot guests, run guestcheck in them, compare; 1 when a verdict is wrong"
    )
    _add_choice(verb)
    verb.add_argument(
        "--out",
        type=Path,
        default=Path("build/lab"),
        help="folder for the tables (default: build/lab)",
    )
    verb.add_argument("--page", type=Path, help="also replace the table in this page (docs/lab.md)")
    verb.set_defaults(do=_run)

    verb = verbs.add_parser(
        "record", help="refresh the recorded guests of the test suite from such a run"
    )
    _add_choice(verb)
    verb.add_argument("--into", type=Path, help="folder (default: tests/fixtures/guests)")
    verb.set_defaults(do=_record)

    verb = verbs.add_parser("bench", help="time guestcheck against other tools inside guests")
    verb.add_argument("guest", nargs="*")
    verb.add_argument("--release", default="bookworm", choices=RELEASES)
    verb.add_argument("--runs", type=int, default=15, help="runs of each program (default: 15)")
    verb.set_defaults(do=_bench)

    verb = verbs.add_parser(
        "sources",
        help="compare what archives, collectors and images say with the live report; 1 when one "
        "says otherwise",
    )
    verb.add_argument(
        "guest", nargs="*", help="default: those that are recorded for the test suite"
    )
    verb.add_argument(
        "--release",
        action="append",
        default=[],
        choices=RELEASES,
        help="may be given again (default: bookworm)",
    )
    verb.add_argument("--jobs", type=int, default=2, help="guests at a time (default: 2)")
    verb.add_argument(
        "--page", type=Path, help="also write the table at the end of this page (docs/sources.md)"
    )
    verb.set_defaults(do=_sources)

    verb = verbs.add_parser(
        "truth",
        help="boot variants of guests on other buses, against what preflight said before; 1 when "
        "it was wrong",
    )
    verb.add_argument(
        "--kind",
        action="append",
        default=[],
        choices=("disk", "nic", "repair"),
        help="cells of this kind; may be given again (default: all)",
    )
    verb.add_argument("--quick", action="store_true", help="a chosen dozen, on one release")
    verb.add_argument(
        "--record",
        action="store_true",
        help="also refresh the variants that the test suite replays (tests/fixtures/truth)",
    )
    verb.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="VARIANT",
        help="this variant; may be given again",
    )
    verb.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="BUS",
        help="this bus, or card; may be given again",
    )
    verb.add_argument(
        "--release", action="append", default=[], choices=RELEASES, help="may be given again"
    )
    verb.add_argument("--jobs", type=int, default=2, help="guests at a time (default: 2)")
    verb.add_argument("--again", action="store_true", help="also boot what an earlier run has kept")
    verb.add_argument(
        "--kept", action="store_true", help="boot nothing: a table of what earlier runs have kept"
    )
    verb.add_argument(
        "--out",
        type=Path,
        default=Path("build/lab"),
        help="folder for the tables (default: build/lab)",
    )
    verb.add_argument("--page", type=Path, help="also replace the table in this page (docs/lab.md)")
    verb.set_defaults(do=_truth)

    verb = verbs.add_parser("list", help="the guests and what they are made of")
    verb.set_defaults(do=_list)
    return parser


def _add_choice(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--quick", action="store_true", help="a chosen dozen, on one release")
    verb.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this guest; may be given again"
    )
    verb.add_argument(
        "--release", action="append", default=[], choices=RELEASES, help="may be given again"
    )
    verb.add_argument("--jobs", type=int, default=2, help="guests at a time (default: 2)")
    verb.add_argument("--again", action="store_true", help="also what an earlier run has kept")


if __name__ == "__main__":
    sys.exit(main())
