"""Texts that lie loose: together they are one guest."""

from __future__ import annotations

from typing import (
    Callable,
    List,
    Sequence,
    Tuple,
)

from guestcheck.model.source import Gap, Source
from guestcheck.sources import pasted
from guestcheck.sources._guest_nodes import (
    Found,
    Guests,
    Node,
    Texts,
    unknown_files,
)
from guestcheck.stores.store import Store


def without_nothing(
    nodes: Sequence[Node], store_of: Callable[[Texts], Store]
) -> Tuple[List[Node], List[Texts]]:
    """Part off the loose texts beside an only guest in which nothing is recognised: then it is one
    guest, and no list.
    """
    texts = [node for node in nodes if isinstance(node, Texts)]
    if len(nodes) - len(texts) != 1:
        return [*nodes], []
    nothing = [node for node in texts if _is_nothing(store_of(node))]
    return [node for node in nodes if node not in nothing], nothing


def _is_nothing(store: Store) -> bool:
    try:
        return pasted.recognise(store) is None
    except Exception:  # what it is, who opens it says
        return False


def guest_of_texts(node: Texts, name: str, place: str, store: Store, words: str = "") -> Guests:
    """Yield the texts of a folder as one guest, if anything is recognised in them."""
    try:
        source = pasted.recognise(store)
    except Exception as error:
        yield unopened(name, place, error)
        return
    if source is None:
        yield unknown_files(place, node.files)
        return
    said = Gap("source", place, f"its {len(node.files)} loose texts are one guest", "")
    source.troubles.append(said)
    yield Found(name, words or place, lambda: source)


def unopened(name: str, place: str, error: Exception) -> Found:
    """Return what could not be opened, as a guest that says so when it is opened."""

    def opened() -> Source:
        raise error

    return Found(name, place, opened)
