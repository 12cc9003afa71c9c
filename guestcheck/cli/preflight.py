"""`guestcheck preflight`: would this guest boot, and have its network, if its disk or card were
moved.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, List, Tuple

from guestcheck.cli._named import Named, add_detail, guests_named, names, with_gaps
from guestcheck.cli._policy import add_policy, chosen_policy
from guestcheck.cli._rendered import rendered
from guestcheck.cli._source import add_source
from guestcheck.errors import (
    EXIT_FINDINGS,
    EXIT_NO_EVIDENCE,
    EXIT_OK,
    GuestcheckError,
    UsageError,
    nearest,
)
from guestcheck.model.check import FAIL, UNKNOWN, WARN
from guestcheck.model.family import WINDOWS
from guestcheck.model.report import Preflight, as_report
from guestcheck.model.target import Target, chosen

if TYPE_CHECKING:
    from guestcheck.cli.check import Formats
    from guestcheck.model.several import Entry
    from guestcheck.model.source import Source

SUMMARY = "say whether this guest would boot on another disk or card"


def configure(parser: ArgumentParser) -> None:
    """Add the options of the preflight."""
    add_source(parser)
    add_detail(parser)
    asked = parser.add_argument_group("targets")
    asked.add_argument(
        "--target",
        action="append",
        metavar="NAME,...",
        default=[],
        help="an interface (virtio-scsi) or platform (kvm); may be given again (default for "
        "Windows: virtio's)",
    )
    asked.add_argument("--all", action="store_true", help="every interface there is, as a table")
    asked.add_argument(
        "--disk",
        action="append",
        metavar="NAME",
        default=[],
        help="a disk that is moved (default: the one with the root file system)",
    )
    asked.add_argument(
        "--nic",
        action="append",
        metavar="NAME",
        default=[],
        help="a card that is changed (default: each)",
    )
    add_policy(parser)
    asked.add_argument(
        "--fail-on",
        choices=("warn", "fail", "never"),
        default=None,
        help="exit with 1 from this on: warn is a boot with a warning (default: fail, or the "
        "policy's)",
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "-f",
        "--format",
        action="append",
        metavar="FORMAT[:FILE]",
        help="terminal, text, json, html, junit, ... (guestcheck list formats); may be given again "
        "(default: terminal on a terminal, else text)",
    )
    output.add_argument(
        "--fix-script",
        metavar="FILE",
        default="",
        help="also write a shell script with the repairs, to be read and run by you",
    )
    output.add_argument(
        "--width", type=int, metavar="N", help="columns to fill (default: the terminal's, else 80)"
    )
    output.add_argument(
        "-v", "--verbose", action="store_true", help="show the notes that go with each repair"
    )


def execute(options: Namespace) -> int:
    """Examine the source, print a verdict for each target and kernel, and return the exit code."""
    from guestcheck.cli.check import (
        chosen_formats,
        default_format,
        failed,
        own_code,
        put,
        sink_for,
        write_file,
    )
    from guestcheck.run import fix_script

    formats = chosen_formats(options.format or [default_format()])
    try:
        named = guests_named(options)
        if named.all is not None:
            return _each(options, formats, named)
        report = _examine(options, named.one())
        report = report._replace(gaps=(*report.gaps, *named.gaps))
        script = fix_script(report) if options.fix_script else ""
    except GuestcheckError as error:
        return failed(error, formats)
    if options.fix_script:
        write_file(options.fix_script, script)
        sys.stderr.write(_wrote(options.fix_script))
    shown = as_report(report)._replace(fail_on=options.fail_on or "fail", as_table=options.all)
    for format_, path in formats:
        sink = sink_for(path, options)
        put(rendered(lambda one: format_.render(one, sink), shown), path, format_)  # noqa: B023
    return own_code(shown, formats, with_gaps(exit_code(report, shown.fail_on), named.gaps))


def _wrote(path: str) -> str:
    shown = path if path.isprintable() else ascii(path)
    return (
        f"guestcheck: wrote the fix script {shown} and changed nothing. Read it, run it as root in "
        "the guest (sh FILE), then run guestcheck preflight again\n"
    )


def _each(options: Namespace, formats: Formats, named: Named) -> int:
    """Judge each of several guests."""
    from guestcheck.cli._several import judge_all
    from guestcheck.model.several import Entry

    if options.fix_script:
        raise UsageError(
            "--fix-script is for one guest, and here are several; add --detail with one "
            f"of: {names(options)}"
        )

    def judge(source: Source, name: str, number: int) -> Entry:
        try:
            report = _examine(options, source)
        except NotHereError as error:  # of this guest alone
            return Entry(number, name, error.exit_code, error=str(error))
        told = as_report(report)._replace(fail_on=options.fail_on or "fail")
        return Entry(number, name, exit_code(report, told.fail_on), told, report)

    return judge_all(options, formats, named, judge, "preflight")


class NotHereError(UsageError):
    """A guest has no such disk or card."""


_NO_TARGET = "preflight needs a target: --target virtio-scsi, --target kvm, or --all"


def _examine(options: Namespace, source: Source) -> Preflight:
    from guestcheck.run import preflight

    policy = chosen_policy(options)
    targets = asked(options.target, options.all) if options.target or options.all else ()
    if not targets and not (policy and policy.targets) and source.family != WINDOWS:
        source.close()  # an image was opened to know its family
        raise UsageError(_NO_TARGET)
    report = preflight(source, targets, tuple(options.disk), tuple(options.nic), policy)
    for name, there in (("disk", report.inventory.disks), ("nic", report.inventory.nics)):
        unknown = [
            word
            for word in getattr(options, name)
            if there and all(one.name != word for one in there)
        ]
        if unknown:
            raise NotHereError(
                f"there is no {'disk' if name == 'disk' else 'network card'} '{unknown[0]}' "
                f"here; there are: {', '.join(one.name for one in there or ())}"
            )
    return report


def asked(words: List[str], everything: bool) -> Tuple[Target, ...]:
    """Return the targets that `words` name, each once; all of them where `everything` is asked."""
    from guestcheck.catalogue.rows import BUNDLES, TARGETS

    if everything:
        return TARGETS
    known = [*(target.id for target in TARGETS), *(bundle.id for bundle in BUNDLES)]
    names = [name for word in words for name in word.replace(",", " ").split()]
    if not names:
        raise UsageError(_NO_TARGET)
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no target '{name}'; there are {', '.join(known)}{nearest(name, known)}"
            )
    return chosen(names, TARGETS, BUNDLES)


def exit_code(report: Preflight, fail_on: str) -> int:
    """Return 0 where every target is good for what boots by default, 1 where one is not, else 3;
    with a policy what that says.
    """
    from guestcheck.cli.check import VERDICTS

    if report.judgement:
        return VERDICTS[report.judgement.outcome]
    outcomes = {result.outcome for result in report.results}
    if (FAIL in outcomes and fail_on != "never") or (WARN in outcomes and fail_on == "warn"):
        return EXIT_FINDINGS
    return EXIT_NO_EVIDENCE if UNKNOWN in outcomes and fail_on != "never" else EXIT_OK
