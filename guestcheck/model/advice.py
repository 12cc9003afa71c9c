"""Results → Report: what to do, as steps for one place where it is done."""

from typing import Any, Callable, Iterable, Iterator, NamedTuple, Tuple

from guestcheck.model.device import Inventory


class Step(NamedTuple):
    """One thing to do. `where` names the place ("in the guest", "libvirt", "OpenStack"), `text`
    says what in a sentence,

    `code` holds the lines to type or paste, and `note` what to know before. The steps of one place
    are a plan: every view shows all of them with their notes, or none. `windows` marks what is for
    Windows guests alone. Of several remedies that one after the other are for one thing, steps of
    lower `order` are done first.
    """

    where: str
    text: str
    code: Tuple[str, ...] = ()
    note: str = ""
    windows: bool = False
    order: int = 0


def for_guest(steps: Iterable[Step]) -> Tuple[Step, ...]:
    """Return the steps for the guest itself, without those that are for Windows guests where it is
    none.
    """
    return tuple(step for step in steps if not step.windows)


Steps = Iterator[Step]
# How a place words an action of one type (see `model/action.py`): it may quote names and numbers of
# the action and of the inventory.
Wording = Callable[[Any, Inventory], Steps]
