"""The policy file: what may stand in it, and what is said of what may not, with line and key.

Everything that is wrong is told at once: a person who mends a file wants to mend it once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Dict, List, NamedTuple, Optional, Tuple

from guestcheck.errors import UsageError, nearest
from guestcheck.model.check import FAIL, LEVELS, NOTE, WARN
from guestcheck.model.device import EMULATED, PARAVIRTUAL, PASSTHROUGH, PHYSICAL
from guestcheck.model.policy import Ignore, Names, Policy, Wanted
from guestcheck.policy._toml import Path, TomlError, parse

VERSION = 1
DISK_ROLES = ("root-disk", "boot-disk", "efi-disk", "swap-disk", "data-disk", "every-disk")
ROLES = (*DISK_ROLES, "every-nic")
KINDS = (PARAVIRTUAL, PASSTHROUGH, EMULATED, PHYSICAL)
SEVERITIES = (FAIL, WARN, NOTE)
KERNELS = ("default", "every")
# What a policy itself finds.
KIND, NOT_RUN, EXPIRED, UNUSED = (
    "policy-kind",
    "policy-not-run",
    "policy-ignore-expired",
    "policy-ignore-unused",
)

_TOP = (
    "version",
    "title",
    "fail-on",
    "strict",
    "checks",
    "severity",
    "kinds",
    "readiness",
    "ignore",
)
_IGNORE = ("check", "subject", "reason", "until")
# No reason, title or list is longer; a report quotes them.
_LONGEST = 400
_LONGEST_KEY = 80


class Problem(NamedTuple):
    """Something wrong in a file; `key` is "" for what is no TOML."""

    line: int
    key: str
    says: str


class PolicyError(UsageError):
    """The policy cannot be used; the message names the first thing that is wrong, `problems` all."""

    def __init__(self, file: str, problems: List[Problem]) -> None:
        self.problems = problems
        self.file = file
        more = (
            f" (and {len(problems) - 1} more: guestcheck policy check {file})"
            if len(problems) > 1
            else ""
        )
        super().__init__(worded(file, problems[0]) + more)


def worded(file: str, problem: Problem) -> str:
    """Return a problem as a line: "image.toml, line 7, severity.nic-x: there is no such check"."""
    return f"{file}, line {problem.line}{', ' if problem.key else ''}{problem.key}: {problem.says}"


def load(text: str, file: str, names: Names) -> Policy:
    """Read the policy in `text`; raise PolicyError, which calls it `file`, where something in it is
    wrong.
    """
    try:
        document = parse(text)
    except TomlError as error:
        raise PolicyError(file, [Problem(error.line, "", _shown(str(error)))]) from error
    form = _Form(document.values, document.lines)
    policy = _policy(form, file, names)
    if form.problems:
        raise PolicyError(file, sorted(form.problems))
    return policy


def _policy(form: "_Form", file: str, names: Names) -> Policy:
    form.known((), _TOP)
    version = form.values.get("version")
    if version is None:
        form.wrong((), f"'version = {VERSION}' is missing: it says which form of policy this is")
    elif version is True or version != VERSION:
        form.wrong(("version",), f"this guestcheck reads policies of version {VERSION}")
    must_pass = _must_pass(form, names)
    severity = _severity(form, names)
    for check in must_pass:
        if check in severity:
            form.wrong(
                ("severity", check),
                f"checks.must-pass has it too{form.where(must_pass[check])}, which makes it "
                "fail: take one of them away",
            )
    targets, target_names = _targets(form, names)
    return Policy(
        file=file,
        title=form.words(("title",)),
        must_pass=must_pass,
        severity={
            id_: told
            for name, told in sorted(severity.items(), key=lambda pair: "-" in pair[0])
            for id_ in _meant(name, names)
        },
        wanted=_wanted(form, names),
        targets=targets,
        target_names=target_names,
        every_kernel=form.one_of(("readiness", "kernels"), KERNELS) == "every",
        ignores=_ignores(form, names),
        fail_on=form.one_of(("fail-on",), tuple(LEVELS)) or None,
        strict=form.flag(("strict",)),
    )


def _meant(name: str, names: Names) -> Tuple[str, ...]:
    """Return the ids that an id or a family's name stands for."""
    every = (*names.checks, *names.readiness, KIND, EXPIRED, UNUSED)
    return (
        (name,) if name in every else tuple(id_ for id_ in every if id_.partition("-")[0] == name)
    )


def _must_pass(form: "_Form", names: Names) -> Dict[str, int]:
    form.known(("checks",), ("must-pass",))
    found: Dict[str, int] = {}
    for path, name in form.list_of(("checks", "must-pass")):
        if name not in (*names.checks, *names.families):
            says = (
                "say what the guest has to be ready for under [readiness]"
                if name.startswith("readiness")
                else "there is no such check"
            )
            form.wrong(path, f"{name}: {says}{nearest(name, names.checks)}")
        for check in _meant(name, names):
            found[check] = form.line(path)
    return found


def _severity(form: "_Form", names: Names) -> Dict[str, Tuple[str, int]]:
    found = {}
    may = (*names.checks, *names.families, *names.readiness, "readiness", KIND, EXPIRED, UNUSED)
    for name in form.table(("severity",)):
        path = ("severity", name)
        if name not in may:
            form.wrong(path, f"there is no such check{nearest(name, may)}")
        outcome = form.one_of(
            path, SEVERITIES, "to leave a result out, use [[ignore]] with a reason and a date"
        )
        if outcome:
            found[name] = (outcome, form.line(path))
    return found


def _wanted(form: "_Form", names: Names) -> Tuple[Wanted, ...]:
    form.known(("kinds",), ROLES)
    found = []
    for role in form.table(("kinds",)):
        if role not in ROLES:
            continue
        interfaces = names.nics if role == "every-nic" else names.disks
        told = form.list_of(("kinds", role), or_one=True)
        for path, name in told:
            if name not in KINDS and name not in interfaces:
                form.wrong(
                    path,
                    f"{name}: no kind ({', '.join(KINDS)}) and no interface of such a "
                    f"device{nearest(name, (*KINDS, *sorted(interfaces)))}",
                )
        if told:
            found.append(
                Wanted(
                    role, tuple(dict.fromkeys(name for _, name in told)), form.line(("kinds", role))
                )
            )
    return tuple(found)


def _targets(form: "_Form", names: Names) -> Tuple[Dict[str, int], Tuple[str, ...]]:
    form.known(("readiness",), ("targets", "kernels"))
    found: Dict[str, int] = {}
    named = form.list_of(("readiness", "targets"))
    for path, name in named:
        if name not in names.targets:
            form.wrong(
                path,
                f"{name}: there is no such target{nearest(name, names.targets)}; guestcheck "
                "list targets names all",
            )
        for target in names.targets.get(name, ()):
            found.setdefault(target, form.line(path))
    if form.table(("readiness",)) and not found and not form.problems:
        form.wrong(("readiness",), "no targets are named")
    return found, tuple(name for _, name in named if name in names.targets)


def _ignores(form: "_Form", names: Names) -> Tuple[Ignore, ...]:
    may = (*names.checks, *names.readiness, KIND)
    found = []
    for place in form.tables(("ignore",)):
        path = ("ignore", place)
        form.known(path, _IGNORE)
        missing = [key for key in ("check", "reason", "until") if key not in form.table(path)]
        for key in missing:
            form.wrong(
                path,
                f"{key} is missing: every [[ignore]] has a check, a reason and the day until "
                "which it holds",
            )
        check, reason = form.words((*path, "check")), form.words((*path, "reason"))
        if check and check not in may:
            form.wrong((*path, "check"), f"{check}: there is no such check{nearest(check, may)}")
        if "reason" not in missing and not reason.strip():
            form.wrong((*path, "reason"), "the reason is empty")
        found.append(
            Ignore(
                check,
                form.words((*path, "subject")) or "*",
                reason,
                form.day((*path, "until")),
                form.line(path),
            )
        )
    return tuple(found)


def _shown(text: str) -> str:
    """Return text of the file as a terminal may show it: on one line, and not too long."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST])


class _Form:
    """Values by their path, of the type that is expected; what has another is written down as a
    problem and taken for missing.
    """

    def __init__(self, values: Dict[str, object], lines: Dict[Path, int]) -> None:
        self.values = values
        self.lines = lines
        self.problems: List[Problem] = []

    def line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, line: int) -> str:
        return f", in line {line}"

    def wrong(self, path: Path, says: str) -> None:
        key = ".".join(str(part) for part in path if isinstance(part, str))
        problem = Problem(self.line(path), _shown(key)[:_LONGEST_KEY], _shown(says))
        if problem not in self.problems:
            self.problems.append(problem)

    def get(self, path: Path) -> object:
        held: object = self.values
        for part in path:
            if isinstance(held, dict):
                held = held.get(part)
            elif isinstance(held, list) and isinstance(part, int):
                held = held[part]
            else:
                return None
        return held

    def known(self, path: Path, keys: Tuple[str, ...]) -> None:
        for key in self.table(path):
            if key not in keys:
                self.wrong((*path, key), f"there is no such key here{nearest(key, keys)}")

    def table(self, path: Path) -> Dict[str, object]:
        held = self.get(path)
        if held is None or isinstance(held, dict):
            return held or {}
        self.wrong(path, f"a table is expected: [{'.'.join(str(part) for part in path)}]")
        return {}

    def tables(self, path: Path) -> List[int]:
        held = self.get(path)
        if held is None:
            return []
        if not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
            self.wrong(path, f"a list of tables is expected: [[{path[-1]}]]")
            return []
        return [*range(len(held))]

    def words(self, path: Path) -> str:
        held = self.get(path)
        if held is None:
            return ""
        if not isinstance(held, str):
            self.wrong(path, "a text in quotes is expected")
            return ""
        if len(held) > _LONGEST:
            self.wrong(path, f"this is longer than {_LONGEST} characters")
        return held

    def flag(self, path: Path) -> Optional[bool]:
        held = self.get(path)
        if held is None or isinstance(held, bool):
            return held
        self.wrong(path, "true or false is expected")
        return None

    def one_of(self, path: Path, choices: Tuple[str, ...], else_: str = "") -> str:
        held = self.get(path)
        if held is None or (isinstance(held, str) and held in choices):
            return str(held or "")
        said = ", ".join(f'"{choice}"' for choice in choices)
        self.wrong(path, f"one of {said} is expected{'; ' if else_ else ''}{else_}")
        return ""

    def list_of(self, path: Path, or_one: bool = False) -> List[Tuple[Path, str]]:
        held = self.get(path)
        if held is None:
            return []
        if or_one and isinstance(held, str):
            return [(path, held)]
        if not isinstance(held, list):
            self.wrong(path, 'a list of texts is expected: ["...", "..."]')
            return []
        if not held:
            self.wrong(path, "the list is empty: leave the key out to ask for nothing")
        for place, one in enumerate(held):
            if not isinstance(one, str):
                self.wrong((*path, place), "a text in quotes is expected")
        return [((*path, place), one) for place, one in enumerate(held) if isinstance(one, str)]

    def day(self, path: Path) -> str:
        held = self.get(path)
        if isinstance(held, str):
            try:
                held = (
                    date(*(int(part) for part in held.split("-")))
                    if len(held) == len("2026-12-31")
                    else None
                )
            except (ValueError, TypeError):
                held = None
        if isinstance(held, date) and not isinstance(held, datetime):
            return held.isoformat()
        if self.get(path) is not None:
            self.wrong(path, "a day is expected: 2026-12-31")
        return ""
