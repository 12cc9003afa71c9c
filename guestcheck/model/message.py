"""A sentence as data: an id and what goes into it. `messages` has the words."""

from typing import NamedTuple, Tuple, Union

# A message can hold others ("X, after the next rebuild"), and lists of names.
Parameter = Union[str, int, Tuple[str, ...], "Message"]


class Message(NamedTuple):
    """One whole sentence: its id in `guestcheck/messages/`, and its parameters by name.

    Parameters are data (names, paths, numbers, lists of names, other messages), and never a word
    that has a grammar.
    """

    id: str
    parameters: Tuple[Tuple[str, Parameter], ...] = ()


# A field that holds a sentence, where some still come as text (from a program, or a source).
Text = Union[str, Message]


def message(code: str, /, **parameters: Parameter) -> Message:
    """Return the message with the id `code` and its parameters.

    >>> message("no-initramfs.not-built-in", module="virtio_blk").parameters
    (('module', 'virtio_blk'),)
    """
    return Message(code, tuple(parameters.items()))
