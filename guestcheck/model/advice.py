"""Results → Report: what to do, as steps for one place where it is done."""

from typing import Callable, Dict, Iterable, Iterator, NamedTuple, Tuple

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
Wording = Callable[[Dict[str, str], Inventory], Steps]


class Advice(NamedTuple):
    """How one place words the remedies it has: by the action's name, a generator of steps.

    A wording gets the action's `about` (see `model/check.py`) and the inventory, of which it may
    quote names and numbers.
    """

    id: str
    name: str
    words: Dict[str, Wording]
