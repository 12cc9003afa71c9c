"""Reports that several tests look at are made once."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any, Callable, TypeVar, cast

Made = TypeVar("Made", bound=Callable[..., Any])


def remembered(make: Made) -> Made:
    """Return `make` with a memory: what it returned for some arguments is returned for them again.

    `tools.mutate` asks which functions each test calls, so there it is made for each of them.
    """
    return make if os.environ.get("GUESTCHECK_MUTATE") else cast("Made", lru_cache(None)(make))
