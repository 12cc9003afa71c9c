"""Digits in text that anyone may have written: those of ASCII alone, and no more of them than a
number here has.

`str.isdigit` also holds for "²" and "①", which int() refuses, and for the digits of every script,
which no program that is read here prints. Of numbers with more than 4,300 digits int() refuses all
(Python 3.11 and newer).
"""

from typing import Optional

LONGEST_NUMBER = 18  # digits: what fits into 64 bits


def is_digits(text: str) -> bool:
    """Tell whether `text` is made of the digits 0 to 9, and of at least one of them.

    >>> is_digits("07"), is_digits(""), is_digits("²"), is_digits("٣")
    (True, False, False, False)
    """
    return text.isascii() and text.isdigit()


def number_of(text: str, longest: int = LONGEST_NUMBER) -> Optional[int]:
    """Return the number that `text` is; None where it is none, or has more than `longest` digits.

    >>> number_of("42"), number_of("²"), number_of("9" * 5000), number_of("-1")
    (42, None, None, None)
    """
    return int(text) if len(text) <= longest and is_digits(text) else None
