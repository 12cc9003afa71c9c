"""Run by the Python that has OpenStack's clients: commands as JSON on standard input, and what the
parsers say against each on standard output.

Nothing is sent: each command's own parser is loaded and given the words. Of several versions of a
command, those of the newest APIs count.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import shlex
import sys
from typing import Any, Dict, List
from unittest import mock

_SERVICES = (
    "openstack.compute.v2",
    "openstack.image.v2",
    "openstack.volume.v3",
    "openstack.network.v2",
)


def _known() -> Dict[str, Any]:
    """Return the client's commands ("server image create") with what loads each."""
    points: Any = importlib.metadata.entry_points()
    return {
        point.name.replace("_", " "): point
        for group in _SERVICES
        for point in points.select(group=group)
    }


def _complaint(words: List[str], known: Dict[str, Any]) -> str:
    names = (" ".join(words[1:end]) for end in range(len(words), 1, -1))
    name = next((name for name in names if name in known), None)
    if name is None:
        return "there is no such command"
    parser = known[name].load()(mock.MagicMock(), mock.MagicMock()).get_parser(f"openstack {name}")
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            parser.parse_args(words[1 + len(name.split()) :])
        except SystemExit:
            return said.getvalue().strip().splitlines()[-1]
    return ""


def main() -> None:
    """Answer for each command: "" or the complaint."""
    known = _known()
    json.dump(
        {command: _complaint(shlex.split(command), known) for command in json.load(sys.stdin)},
        sys.stdout,
    )


main()
