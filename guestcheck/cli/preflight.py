"""`guestcheck preflight`: would this guest boot, and have its network, if its disk or card were moved."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import Dict, List, Tuple

from guestcheck.cli._source import add_source, open_named
from guestcheck.errors import EXIT_FINDINGS, EXIT_NO_EVIDENCE, EXIT_OK, UsageError
from guestcheck.model.target import BOOTS, NETWORK_UP, UNKNOWN, Readiness, Target

SUMMARY = "say whether this guest would boot on another disk or card"


def configure(parser: ArgumentParser) -> None:
    """Add the options of the preflight."""
    add_source(parser)
    asked = parser.add_argument_group("targets")
    asked.add_argument("--target", action="append", metavar="NAME,...", default=[], help="an interface (virtio-scsi) or platform (kvm); may be given again")
    asked.add_argument("--all", action="store_true", help="every interface there is, as a table")
    asked.add_argument("--disk", action="append", metavar="NAME", default=[], help="a disk that is moved (default: the one with the root file system)")
    asked.add_argument("--nic", action="append", metavar="NAME", default=[], help="a card that is changed (default: each)")
    output = parser.add_argument_group("output")
    output.add_argument("-f", "--format", choices=("text", "json"), default="text", help="text or json (default: text)")
    output.add_argument("--fix-script", metavar="FILE", default="", help="also write a shell script with the repairs, to be read and run by you")
    output.add_argument("--width", type=int, metavar="N", help="columns to fill (default: the terminal's, else 80)")
    output.add_argument("-v", "--verbose", action="store_true", help="show the notes that go with each repair")


def execute(options: Namespace) -> int:
    """Examine the source, print a verdict for each target and kernel, and return the exit code."""
    targets = asked(options.target, options.all)
    from guestcheck.cli.check import sink_for, write_file
    from guestcheck.render._preflight import as_json, as_text
    from guestcheck.run import fix_script, preflight

    report = preflight(open_named(options.source, options.root), targets, tuple(options.disk), tuple(options.nic))
    for name, there in (("disk", report.inventory.disks), ("nic", report.inventory.nics)):
        unknown = [word for word in getattr(options, name) if there and all(one.name != word for one in there)]
        if unknown:
            raise UsageError(
                f"there is no {'disk' if name == 'disk' else 'network card'} '{unknown[0]}' here; there are: {', '.join(one.name for one in there or ())}"
            )
    if options.fix_script and report.inventory.guest.windows is not None:
        raise UsageError("--fix-script writes a shell script for a Linux guest; what Windows needs stands in the report")
    if options.fix_script:
        write_file(options.fix_script, fix_script(report))
    text = as_json(report) if options.format == "json" else as_text(report, sink_for("", options), options.all)
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    return exit_code(report.readiness)


def asked(words: List[str], everything: bool) -> Tuple[Target, ...]:
    """Return the targets that `words` name, each once; all of them where `everything` is asked."""
    from guestcheck.catalogue.targets import BUNDLES, TARGETS

    if everything:
        return TARGETS
    by_id: Dict[str, Target] = {target.id: target for target in TARGETS}
    bundles = {bundle.id: bundle.targets for bundle in BUNDLES}
    names = [name for word in words for name in word.replace(",", " ").split()]
    if not names:
        raise UsageError("preflight needs a target: --target virtio-scsi, --target kvm, or --all")
    for name in names:
        if name not in by_id and name not in bundles:
            raise UsageError(f"there is no target '{name}'; there are {', '.join([*by_id, *bundles])}")
    found = [one for name in names for one in bundles.get(name, (name,))]
    return tuple(by_id[name] for name in dict.fromkeys(found))


def exit_code(readiness: Tuple[Readiness, ...]) -> int:
    """Return 0 where every target is good for what boots by default, 1 where one is not, else 3."""
    codes = {_code(verdicts) for verdicts in _by_device(readiness).values()}
    return EXIT_FINDINGS if EXIT_FINDINGS in codes else EXIT_NO_EVIDENCE if EXIT_NO_EVIDENCE in codes else EXIT_OK


def _by_device(readiness: Tuple[Readiness, ...]) -> Dict[Tuple[str, str], List[str]]:
    """Gather the verdicts of the default kernel by target and device; where none is known to be it, those of all."""
    found: Dict[Tuple[str, str], List[str]] = {}
    for one in readiness:
        alike = [other for other in readiness if (other.target, other.device) == (one.target, one.device)]
        if one.default or not any(other.default for other in alike):
            found.setdefault((one.target, one.device), []).append(one.verdict)
    return found


def _code(verdicts: List[str]) -> int:
    if all(verdict in (BOOTS, NETWORK_UP) for verdict in verdicts):
        return EXIT_OK
    if UNKNOWN in verdicts or len(set(verdicts)) > 1:
        return EXIT_NO_EVIDENCE
    return EXIT_FINDINGS
