"""How modules are loaded: what modprobe is told, and what each module of each kernel depends on.

See modprobe.d(5) and modules.dep(5). An initramfs has files of both kinds too, which are read by
the same functions.
"""

from typing import Dict, List, Sequence, Tuple

from guestcheck.evidence.linux.config.storage_config import lines_of
from guestcheck.model.guest_config import Rule
from guestcheck.model.source import OK, Answer, File, FirstOf, Question

_SMALL = 65536


def parse_rules(answers: Sequence[Answer]) -> Tuple[Rule, ...]:
    """Read files of modprobe.d.

    >>> parse_rules([Answer("/etc/modprobe.d/a.conf", OK, "blacklist virtio-blk")])[0][1:3]
    ('blacklist', 'virtio_blk')
    """
    found = []
    for line in lines_of(answers):
        words = line.text.split(" ", 2)
        if len(words) > 1:
            found.append(
                Rule(line, words[0], words[1].replace("-", "_"), words[2] if len(words) > 2 else "")
            )
    return tuple(found)


MODPROBE = Question[Tuple[Rule, ...]](
    "modprobe_conf",
    "which modules modprobe is told not to load",
    (
        File("/etc/modprobe.d/*.conf", limit=_SMALL),
        File("/etc/modprobe.conf", limit=_SMALL),
        File("/usr/local/lib/modprobe.d/*.conf", limit=_SMALL),
        FirstOf(
            (
                File("/usr/lib/modprobe.d/*.conf", limit=_SMALL),
                File("/lib/modprobe.d/*.conf", limit=_SMALL),
            )
        ),
    ),
    parse_rules,
    "whether a driver is kept from loading once the root file system is there",
    quiet=True,
    deep=True,
)


def parse_dependencies(text: str) -> Dict[str, Tuple[str, ...]]:
    """Read modules.dep: of each module all that it depends on.

    >>> parse_dependencies("kernel/a/virtio-blk.ko.xz: kernel/b/virtio.ko.xz\\n")
    {'virtio_blk': ('virtio',)}
    """
    found = {}
    name = _Names().__getitem__
    for line in text.split("\n"):
        path, mark, rest = line.partition(":")
        if mark:
            found[name(path)] = tuple(map(name, rest.split()))
    return found


class _Names(Dict[str, str]):
    """The names of modules by their paths: some stand in a thousand lines."""

    def __missing__(self, path: str) -> str:
        name = self[path] = path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")
        return name


def _parse_dependencies(answers: List[Answer]) -> Dict[str, Dict[str, Tuple[str, ...]]]:
    found = {}
    for answer in answers:
        if answer.status == OK and "/modules/" in answer.asked:
            found[answer.asked.split("/modules/", 1)[1].split("/", 1)[0]] = parse_dependencies(
                answer.text
            )
    if not found:
        raise ValueError("no list of dependencies in it")
    return found


DEPENDENCIES = Question[Dict[str, Dict[str, Tuple[str, ...]]]](
    "modules_dep",
    "what each module of each kernel depends on",
    (FirstOf((File("/lib/modules/*/modules.dep"), File("/usr/lib/modules/*/modules.dep"))),),
    _parse_dependencies,
    "whether a driver in the initramfs has everything that it depends on",
    quiet=True,
    deep=True,
)
