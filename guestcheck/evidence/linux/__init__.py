"""What is asked of a Linux guest. A file a family of questions."""

from typing import Tuple

# What is asked first; a file that is not named here is asked after it.
FIRST: Tuple[str, ...] = ()
