"""Message → words: the one place where whole sentences are made.

Each file of `en/` holds `MESSAGES`: by id a whole sentence, with `{name}` for a parameter. A list
of names is joined by commas; `{names:and}` joins it by "and". `{count:disk|disks}` chooses by a
number. A language is one more folder with the same ids; a translator needs no Python.
"""

from __future__ import annotations

from functools import cache
from typing import Dict

import guestcheck.messages.en as english
from guestcheck.discovery import modules
from guestcheck.model.message import Message, Parameter, Text


def words(text: Text) -> str:
    """Return the sentence that `text` stands for; what is text already stays as it is.

    Raise KeyError for an id without words, or a parameter that they need and that is not given.
    """
    if isinstance(text, str):
        return text
    parameters = {name: _Value(value) for name, value in text.parameters}
    return messages()[text.id].format_map(parameters)


@cache
def messages() -> Dict[str, str]:
    """Return all sentences by id."""
    return {code: text for module in modules(english) for code, text in module.MESSAGES.items()}


class _Value:
    """A parameter as `str.format` asks for it."""

    def __init__(self, value: Parameter) -> None:
        self._value = value

    def __format__(self, spec: str) -> str:
        value = self._value
        if isinstance(value, Message):
            return words(value)
        if isinstance(value, (str, int)):
            pass
        elif spec:
            return f" {spec} ".join(value)
        else:
            return ", ".join(value)
        if isinstance(value, int) and "|" in spec:
            one, many = spec.split("|")
            return one if value == 1 else many
        return str(value)
