"""`guestcheck policy`: writes a policy to begin with, says what is wrong in one, and prints the
JSON Schema for editors.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from time import gmtime, strftime
from typing import List

from guestcheck.errors import EXIT_FINDINGS, EXIT_OK, EXIT_USAGE, UsageError
from guestcheck.model.policy import Policy

SUMMARY = "write, check or describe a policy file (for --policy)"


def configure(parser: ArgumentParser) -> None:
    """Add the words of the sub-command."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument(
        "what", choices=("init", "check", "schema"), metavar="WHAT", help="init, check or schema"
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help="the policy to check")
    output = parser.add_argument_group("output")
    output.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="",
        help="where init and schema write to (default: standard output)",
    )
    parser.epilog = (
        "init    write a policy with comments, to begin with\n"
        "check   say what is wrong in FILE: 0 nothing, 1 an exception in it has expired,\n"
        "        2 it cannot be used\n"
        "schema  write the JSON Schema with which editors complete and check policies"
    )


def execute(options: Namespace) -> int:
    """Do one of the three."""
    if options.what == "check":
        if not options.file or options.output:
            raise UsageError("guestcheck policy check FILE, and no -o")
        return _check(options.file)
    if options.file:
        raise UsageError(
            f"guestcheck policy {options.what} takes no file; -o {options.file} writes to it"
        )
    if options.what == "init":
        from guestcheck.policy.template import TEMPLATE

        if options.output and os.path.lexists(options.output):
            raise UsageError(f"{options.output} is there already, and is left as it is")
        return _put(TEMPLATE, options.output)
    from guestcheck.cli._policy import names
    from guestcheck.policy.schema import schema

    return _put(schema(names()), options.output)


def _put(text: str, path: str) -> int:
    if path:
        from guestcheck.cli.check import write_file

        write_file(path, text)
    else:
        sys.stdout.write(text)
    return EXIT_OK


def _check(path: str) -> int:
    from guestcheck.cli._policy import read_policy
    from guestcheck.policy.file import PolicyError, worded

    try:
        policy = read_policy(path)
    except PolicyError as error:
        for problem in error.problems:
            sys.stderr.write(f"guestcheck: {worded(error.file, problem)}\n")
        return EXIT_USAGE
    today = strftime("%Y-%m-%d", gmtime())
    expired = [one for one in policy.ignores if one.until < today]
    for one in expired:
        sys.stdout.write(
            f"{path}, line {one.line}, ignore: {one.check} was to be ignored "
            f"until {one.until}, which has passed\n"
        )
    says = f"{path}: {', '.join(_counts(policy)) or 'asks for nothing beyond the checks'}\n"
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(says.encode(encoding, "replace").decode(encoding))
    return EXIT_FINDINGS if expired else EXIT_OK


def _counts(policy: Policy) -> List[str]:
    counts = (
        (len(policy.must_pass), "check that must pass", "checks that must pass"),
        (len(policy.severity), "severity", "severities"),
        (len(policy.wanted), "role", "roles"),
        (len(policy.targets), "target", "targets"),
        (len(policy.ignores), "ignored", "ignored"),
    )
    return [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
