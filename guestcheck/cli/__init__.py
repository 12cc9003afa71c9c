"""Words in, exit code out: a file a sub-command, and the one place where an error becomes a line on
standard error.

To add a sub-command: a file here with `SUMMARY`, `configure(parser)` and `execute(options)`, which
returns the exit code; its name is the sub-command's. A bare `guestcheck` means `check`.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from errno import ENOSPC
from importlib import import_module
from typing import List, NoReturn, Optional

from guestcheck import __version__
from guestcheck.errors import EXIT_INTERNAL, EXIT_USAGE, GuestcheckError

_DEFAULT = "check"
_INTERRUPTED = 130  # what a shell shows for a program that ^C ended


def entry() -> NoReturn:
    """Run guestcheck as a program of its own.

    All is written and every program that was started has ended; what the interpreter would still
    tidy up takes a sixth of the whole run, and nobody is there to use it.
    """
    import gc
    import signal

    # Hardly anything here makes rings of objects, and to look for some among those of thousands of
    # devices takes a quarter of the run.
    gc.set_threshold(200_000, 50, 100)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), _stop)
    code = main()  # which has flushed its output
    sys.stderr.flush()
    os._exit(code)


class _StoppedError(KeyboardInterrupt):
    """A signal asked us to end; what was started is ended first. Its argument is the signal's
    number.
    """


def _stop(number: int, _: object) -> None:
    from signal import SIG_IGN, signal

    signal(number, SIG_IGN)  # to be asked twice would interrupt the tidying up
    raise _StoppedError(number)


def main(arguments: Optional[List[str]] = None) -> int:
    """Run guestcheck with `arguments` (sys.argv's by default) and return its exit code."""
    words = [
        *(sys.argv[1:] if arguments is None else arguments)
    ]  # `list` is our sub-command once it is imported
    # A stream that was closed before we started is None; what goes there goes nowhere.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    try:
        try:
            return _run(words)
        finally:
            sys.stdout.flush()  # at exit it would be too late to handle what goes wrong
    except GuestcheckError as error:
        sys.stderr.write(f"guestcheck: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has stopped; nothing is left to say.
        _give_up_output()
        return 0
    except _StoppedError as stopped:
        return 128 + int(stopped.args[0])
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        if (
            isinstance(error, OSError) and error.errno == ENOSPC
        ):  # of files the commands tell themselves
            _give_up_output()
            sys.stderr.write(f"guestcheck: cannot write to standard output: {error.strerror}\n")
            return EXIT_USAGE
        # A bug: one line for the user, all of it on request
        if os.environ.get("GUESTCHECK_DEBUG"):
            raise
        sys.stderr.write(f"guestcheck: a bug: {type(error).__name__}: {error}\n")
        sys.stderr.write("Please report it, with what GUESTCHECK_DEBUG=1 guestcheck ... prints.\n")
        return EXIT_INTERNAL


def _run(words: List[str]) -> int:
    if words[:1] == ["--version"]:
        sys.stdout.write(f"guestcheck {__version__}\n")
        return 0
    name = _name_of(words)
    command = import_module(f"guestcheck.cli.{name}")
    parser = _parser(
        name, command.SUMMARY, command, helps=any(word in ("-h", "--help") for word in words)
    )
    return int(command.execute(parser.parse_args(words)))


def _give_up_output() -> None:
    """Let what is still in the buffer go nowhere, that Python does not try again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _name_of(words: List[str]) -> str:
    if words and not words[0].startswith("-"):
        import guestcheck.cli as package
        from guestcheck.discovery import names

        # The name is taken out, so that what is left are the sub-command's own words.
        if words[0] in names(package):
            return words.pop(0)
    return _DEFAULT


def parser_of(name: str) -> ArgumentParser:
    """Return the parser of sub-command `name`: what man pages and completions are made from."""
    command = import_module(f"guestcheck.cli.{name}")
    return _parser(name, command.SUMMARY, command, helps=False)


def _parser(name: str, summary: str, command: object, helps: bool) -> ArgumentParser:
    bare = name == _DEFAULT
    parser = ArgumentParser(
        prog="guestcheck" if bare else f"guestcheck {name}",
        description=summary,
        formatter_class=RawDescriptionHelpFormatter,
        epilog=_Epilog() if bare and helps else None,
        add_help=False,
    )
    general = parser.add_argument_group("general")
    general.add_argument("-h", "--help", action="help", help="show this help")
    if bare:
        general.add_argument("--version", action="version", version=f"guestcheck {__version__}")
    command.configure(parser)  # type: ignore[attr-defined]
    return parser


class _Epilog(str):
    """The list of sub-commands, made only when help is shown: it imports them all."""

    def __mod__(self, _: object) -> str:
        return str(self)

    def __new__(cls) -> "_Epilog":
        return str.__new__(
            cls, "sub-commands (guestcheck NAME --help tells more):\n" + "".join(_lines())
        )


def _lines() -> List[str]:
    import guestcheck.cli as package
    from guestcheck.discovery import modules

    return [
        f"  {module.__name__.rpartition('.')[2]:<9} {getattr(module, 'SUMMARY', '')}\n"
        for module in modules(package)
        if hasattr(module, "SUMMARY")
    ]
