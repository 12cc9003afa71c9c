"""Deep questions: what only preflight needs, and what a plain report of a running guest neither
asks nor imports.

A file here is as one of the folder above, and its questions are marked `deep`.
"""

from typing import Tuple

# What is asked first; a file that is not named here is asked after it.
FIRST: Tuple[str, ...] = ()
