"""guestcheck.pyz: the whole program as one file that any Python 3.9 or newer runs.

Of others it holds tomli alone, which reads policies where Python is older than 3.11. psutil, pyudev
and rich are used where the Python that runs it has them: without psutil /proc tells what is asked,
without pyudev udevadm asks the same database of udev, and without rich the report comes as `-f
text`. So the file holds no native code, and stays small enough to be handed through a guest agent
or a serial line.
"""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Iterator, Tuple

from tools.packages.stage import VENDOR

# Any Python can read these lines, and an old one says what it lacks.
_MAIN = b"""\
import sys

if sys.version_info < (3, 9):
    sys.stderr.write("guestcheck: this is Python %d.%d, and 3.9 or newer is needed.\\n" % sys.version_info[:2])
    sys.stderr.write("A script that needs no Python records this guest: guestcheck collector sh, on another machine, prints it.\\n")
    sys.exit(3)

from guestcheck.cli import entry

entry()
"""

# Python reads a zip archive behind any beginning. -I: neither PYTHONPATH nor the user's own
# packages put code into what root may run; `#!/usr/bin/env -S python3 -I` is not known to every
# env.
_SHEBANG = b'#!/bin/sh\nexec python3 -I "$0" "$@"\n'


def make(source: Path, target: Path, epoch: int) -> Path:
    """Write the program that lies in the folder `source` to `target`; what `epoch` (seconds since
    1970) says is the time of all in it.
    """
    packed = io.BytesIO()
    moment = time.gmtime(max(epoch, _OLDEST))[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in (
            *_files(source),
            ("LICENSE", (source / "LICENSE").read_bytes()),
            ("__main__.py", _MAIN),
        ):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it was made
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    target.write_bytes(_SHEBANG + packed.getvalue())
    target.chmod(0o755)
    return target


_OLDEST = 315532800  # 1980, before which a zip archive knows no times


def _files(source: Path) -> Iterator[Tuple[str, bytes]]:
    for top, folder in ((source, source / "guestcheck"), (source / VENDOR, source / VENDOR)):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(top).as_posix(), path.read_bytes()
