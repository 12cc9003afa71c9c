"""Guest + Target → Readiness: would this guest boot, and have its network, if its disk or card were
another.
"""

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from guestcheck.model.action import (
    Action,
    RebuildInitramfs,
    makes_initramfs,
    rebuilds,
    without_rebuild,
)
from guestcheck.model.device import Need as Need
from guestcheck.model.family import LINUX, Family
from guestcheck.model.hint import Hint
from guestcheck.model.lookup import kept
from guestcheck.model.message import Text

BOOTS = "boots"
DOES_NOT_BOOT = "does-not-boot"
NETWORK_UP = "network-up"
NETWORK_LOST = "network-lost"
UNKNOWN = "unknown"

VERDICTS = {"disk": (BOOTS, DOES_NOT_BOOT, UNKNOWN), "nic": (NETWORK_UP, NETWORK_LOST, UNKNOWN)}

# What a reason does to the verdict.
STOPS = "stops"  # this alone is enough for it not to boot, or for the network to be lost
OPEN = "open"  # this could stop it, and it is not known whether it does
WARNS = "warns"  # this does not stop it, but somebody should know

WEIGHTS = (STOPS, OPEN, WARNS)


class Target(NamedTuple):
    """What a disk or card would be moved to. `id` is the interface's; `names` how the kernel calls
    such disks ("sd", "vd").

    `virtio` targets need the transport of the machine besides. `links` are the beginnings of the
    names under /dev/disk/by-id that such a disk can have. `platform` is the cloud it is asked for
    ("aws"), where that decides more than the interface does; see `Bundle.cloud`.
    """

    id: str
    kind: str
    needs: Tuple[Need, ...]
    names: str = ""
    virtio: bool = False
    links: Tuple[str, ...] = ()
    platform: str = ""


class Bundle(NamedTuple):
    """A platform and the interfaces that its guests usually get.

    A `cloud` builds a new machine: it moves every disk, and gives the NICs MAC addresses of its
    own.
    """

    id: str
    name: str
    targets: Tuple[str, ...] = ()
    cloud: bool = False


def chosen(
    names: Sequence[str], targets: Sequence[Target], bundles: Sequence[Bundle]
) -> Tuple[Target, ...]:
    """Return the targets that `names` of interfaces and platforms stand for, each once."""
    by_id = {target.id: target for target in targets}
    platforms = {bundle.id: bundle for bundle in bundles}
    found: List[Target] = []
    for name in names:
        bundle = platforms.get(name)
        if bundle is None:
            found.append(by_id[name])
        else:
            platform = bundle.id if bundle.cloud else ""
            found += [by_id[one]._replace(platform=platform) for one in bundle.targets]
    return tuple(dict.fromkeys(found))


class Reason(NamedTuple):
    """Why a verdict is as it is: a stable id, a sentence, its evidence, and what it does to the
    verdict.

    `settle` says what would settle it, where it leaves the verdict open; `actions` name what takes
    it away. `messages.words` makes text of the sentences.
    """

    id: str
    says: Text
    evidence: Tuple[Hint, ...] = ()
    weight: str = STOPS
    settle: Text = ""
    actions: Tuple[Action, ...] = ()


class Readiness(NamedTuple):
    """What would become of one kernel of the guest on one target. `default` is None where it is not
    known which kernel boots.

    `evidence` says, where nothing stops it, where the drivers were found. `again` is to be done
    besides wherever its initramfs is made anew, for that is made on the old bus. `image` is the
    path of that initramfs, as the guest calls it, and `maker` what made it (else what is installed,
    "unknown" where it cannot be told).
    """

    target: str
    kind: str
    device: str
    kernel: str
    default: Optional[bool]
    verdict: str
    reasons: Tuple[Reason, ...]
    not_examined: Tuple[str, ...]
    evidence: Tuple[Hint, ...] = ()
    again: Tuple[Action, ...] = ()
    image: str = ""
    maker: str = ""
    family: Family = LINUX


def deciding(found: Tuple[Readiness, ...], device: str) -> Optional[Readiness]:
    """Return the verdict on `device` that counts: that on the kernel that boots by default, else on
    the one that comes first.
    """
    return _deciding(found).get(device)


@kept
def _deciding(found: Tuple[Readiness, ...]) -> Dict[str, Readiness]:
    """Return by device the verdict that counts."""
    first = {one.device: one for one in reversed(found)}
    return {**first, **{one.device: one for one in reversed(found) if one.default}}


def counting(found: Tuple[Readiness, ...]) -> Dict[Tuple[str, str], Tuple[Readiness, ...]]:
    """Return by target and device the verdicts that count: those on the default kernel; where none
    is known to be it, those on all.
    """
    groups: Dict[Tuple[str, str], List[Readiness]] = {}
    for one in found:
        groups.setdefault((one.target, one.device), []).append(one)
    return {
        key: tuple(one for one in group if one.default) or tuple(group)
        for key, group in groups.items()
    }


def actions_of(verdict: Readiness) -> Tuple[Action, ...]:
    """Return what removes the reasons of a verdict, and what a new initramfs then has to keep."""
    actions = tuple(action for reason in verdict.reasons for action in _actions(reason))
    if not any(map(rebuilds, actions)):
        return actions
    if verdict.again or any(map(makes_initramfs, actions)):
        return (*verdict.again, *actions)
    # What has the initramfs take over files that were changed, where nothing else does.
    return (*actions, RebuildInitramfs(verdict.kernel, verdict.maker, verdict.image))


def _actions(reason: Reason) -> Tuple[Action, ...]:
    """Return what removes a reason; an initramfs that serves is not rebuilt for a warning."""
    if reason.weight != WARNS:
        return reason.actions
    return tuple(map(without_rebuild, reason.actions))
