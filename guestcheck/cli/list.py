"""`guestcheck list`: the checks, devices, questions, formats and sources that there are, and where
a disk or card can be moved to.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import Callable, Dict, Iterator, Tuple

from guestcheck.errors import EXIT_OK
from guestcheck.model.source import (
    Ask,
    Call,
    Cim,
    Command,
    File,
    FirstOf,
    Initramfs,
    Listing,
    Registry,
)

SUMMARY = "list checks, devices, evidence, kernel options, targets and more"


def configure(parser: ArgumentParser) -> None:
    """Add the words of the sub-command."""
    parser.add_argument("what", choices=tuple(_LISTS), metavar="WHAT", help=", ".join(_LISTS))


def execute(options: Namespace) -> int:
    """Print the list, a line an entry."""
    rows = list(_LISTS[options.what]())
    wide = max((len(name) for name, _ in rows), default=0)
    text = "".join(f"{name:<{wide}}  {says}".rstrip() + "\n" for name, says in rows)
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    return EXIT_OK


Rows = Iterator[Tuple[str, str]]


def _checks() -> Rows:
    from guestcheck.checks import all_checks
    from guestcheck.cli._policy import names
    from guestcheck.policy.pages import other_pages

    for check in all_checks():
        yield check.id, check.title
    for id_, page in other_pages(names()).items():
        yield id_, page.partition("\n")[0]


def _devices() -> Rows:
    from guestcheck.catalogue.network import DEVICES as NETWORK
    from guestcheck.catalogue.storage import DEVICES as STORAGE

    for row in (*STORAGE, *NETWORK):
        ids = [
            *row.pci,
            *row.vmbus,
            *(f"xen {x}" for x in row.xen),
            *(f"usb {u}" for u in row.usb),
            *row.vio,
            *(f"ccw {c}" for c in row.ccw),
        ]
        if row.virtio:
            ids.insert(0, f"virtio type {row.virtio}")
        but = "".join(f", under {where} {kind}" for where, kind in row.kind_by.items())
        yield (
            row.interface,
            f"{row.name}: {row.kind}{but} "
            f"[{' '.join(ids) or 'by driver: ' + ' '.join(row.drivers)}]",
        )


def _evidence() -> Rows:
    from guestcheck.evidence import questions
    from guestcheck.model.family import FAMILIES

    for question in (one for family in FAMILIES for one in questions(family, deep=True)):
        yield (
            question.name,
            question.summary
            + (" (not asked of a running guest by the plain report)" if question.deep else ""),
        )
        for ask in question.asks:
            yield "", f"  {_asked(ask)}"


def _asked(ask: Ask) -> str:
    if isinstance(ask, FirstOf):
        return ", else ".join(_asked(word) for word in ask.words)
    if isinstance(ask, File):
        return f"file {ask.path}"
    if isinstance(ask, Command):
        return f"run {' '.join(ask.argv)}" + (f" for each {ask.each}" if ask.each else "")
    if isinstance(ask, Call):
        return f"call {ask.name}"
    if isinstance(ask, Cim):
        return f"ask Windows for {ask.name}" + (f" where {ask.where}" if ask.where else "")
    if isinstance(ask, (Listing, Initramfs)):
        shown = ask.pattern.split()
        verb = "list" if isinstance(ask, Listing) else "look into" if ask.contents else "look at"
        return f"{verb} {' '.join(shown[:3])}" + (
            f" and {len(shown) - 3} more" if len(shown) > 3 else ""
        )
    if isinstance(ask, Registry):
        return f"read the registry: {ask.key}" + (
            f" ({' '.join(name or 'the default value' for name in ask.values)})"
            if ask.values
            else ""
        )
    return f"read {ask.pattern}: {' '.join(ask.names)}"


def _formats() -> Rows:
    from guestcheck.render.formats import folders

    yield from _first_lines(folders())


def _sources() -> Rows:
    import guestcheck.sources as package
    from guestcheck.discovery import names

    yield from _first_lines({name: f"{package.__name__}.{name}" for name in names(package)})


def _first_lines(modules: Dict[str, str]) -> Rows:
    """Yield by name the first line of each module's docstring."""
    from ast import get_docstring, parse
    from importlib.util import find_spec

    # Read, not imported: the list must also work where a format's library is missing.
    for name, module in modules.items():
        spec = find_spec(module)
        get_source = getattr(spec.loader if spec else None, "get_source", None)
        source = get_source(module) if get_source else None
        page = (get_docstring(parse(source)) if source else None) or ""
        yield name, page.split("\n", 1)[0]


def _kernels() -> Rows:
    from guestcheck.catalogue.kernel import SYMBOLS

    for row in SYMBOLS:
        words = [", ".join(row.modules), f"since Linux {row.since}" if row.since else ""]
        yield row.symbol, ", ".join(word for word in words if word)


def _targets() -> Rows:
    from guestcheck.catalogue.rows import BUNDLES, TARGETS

    for target in TARGETS:
        modules = " ".join(module for need in target.needs for module in need.modules)
        yield (
            target.id,
            f"{'a disk' if target.kind == 'disk' else 'a network card'}: {modules}{' and the transport of virtio' if target.virtio else ''}",
        )
    for bundle in BUNDLES:
        yield bundle.id, f"{bundle.name}: {' '.join(bundle.targets)}"


_LISTS: Dict[str, Callable[[], Rows]] = {
    "checks": _checks,
    "devices": _devices,
    "evidence": _evidence,
    "formats": _formats,
    "sources": _sources,
    "kernels": _kernels,
    "targets": _targets,
}
