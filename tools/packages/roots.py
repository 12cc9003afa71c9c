"""Install the deb and the rpm in clean roots, run what they bring, and take them out again: `make
dist-try`, as root.

A root is a minimal Debian, made for this and removed after it. The rpm goes into one too, with
--nodeps, since rpm's database there knows of nothing else: its files, scriptlets and Python code
are tried, and its dependencies are not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List

from tools.packages.build import MissingError

# Each line is what somebody would do; the first that goes wrong ends it.
_USED = """
cd /
guestcheck --version
test "$(guestcheck list checks | wc -l)" -gt 10
code=0
env -i PATH="$PATH" guestcheck -f text -f json:/tmp/report.json >/tmp/report.txt || code=$?
test "$code" -le 1 || test "$code" = 3
python3 -c 'import json; report = json.load(open("/tmp/report.json")); print("reported:", report["schema"], len(report["kernels"]), "kernels")'
guestcheck -f terminal --width 100 >/tmp/terminal.txt || test $? -le 3
guestcheck explain disk-emulated >/dev/null
guestcheck collector sh | sh -n
guestcheck collect -o /tmp/guest.tar.gz && guestcheck /tmp/guest.tar.gz >/dev/null || test $? -le 3
mkdir -p /tmp/elsewhere/guestcheck && echo 'raise SystemExit("somebody else was imported")' >/tmp/elsewhere/guestcheck/__init__.py
(cd /tmp/elsewhere && PYTHONPATH=/tmp/elsewhere guestcheck --version)
bash -n /usr/share/bash-completion/completions/guestcheck
systemd-analyze verify /usr/lib/systemd/system/guestcheck.service /usr/lib/systemd/system/guestcheck.timer 2>&1 | tee /tmp/verified
test -z "$(grep guestcheck /tmp/verified)"  # an old systemd complains of the root itself
man -l /usr/share/man/man1/guestcheck.1* | head -4
"""

_DEB = """
apt-get -q install -y --no-install-recommends /tmp/package.deb
{used}
python3 -c 'import psutil, pyudev, rich'
dpkg -V guestcheck
ls /usr/share/guestcheck/guestcheck/__pycache__/run.*.pyc
ln -s /usr/lib/systemd/system/guestcheck.timer /etc/systemd/system/timers.target.wants/ 2>/dev/null || true
mkdir -p /var/lib/guestcheck
apt-get -q purge -y guestcheck
"""

_RPM = """
rpm --initdb
rpm -i --nodeps /tmp/package.rpm
{used}
rpm -V --nodeps guestcheck
ls /usr/share/guestcheck/guestcheck/__pycache__/run.*.pyc
rpm -e guestcheck
"""

_GONE = """
for place in /usr/bin/guestcheck /usr/share/guestcheck /usr/lib/systemd/system/guestcheck.timer /usr/share/man/man1/guestcheck.1*; do
    test ! -e "$place" || { echo "left behind: $place"; exit 1; }
done
test -z "$(find /etc /var/lib /usr -name '*guestcheck*' ! -path '/var/lib/dpkg/*' ! -path '*/doc/*' | tee /dev/stderr)"
echo ALL-OF-IT-WENT-WELL
"""

# What the trial needs, and the package itself must not
_TOOLS = ["systemd", "man-db", "bash"]


def main(out: Path, releases: List[str]) -> int:
    """Try the packages in `out` on these releases of Debian; 1 where one of them fails."""
    for tool in ("mmdebstrap", "chroot"):
        if not shutil.which(tool):
            raise MissingError(f"{tool} not found")
    if os.geteuid():
        raise MissingError("a root can only be made by root")
    trials = [(release, "deb", _DEB, _TOOLS) for release in releases] + [
        (releases[0], "rpm", _RPM, [*_TOOLS, "rpm", "python3"])
    ]
    return max(
        _try(release, kind, script.format(used=_USED) + _GONE, tools, out)
        for release, kind, script, tools in trials
    )


def _try(release: str, kind: str, script: str, tools: List[str], out: Path) -> int:
    from lab.mirror import sources  # which mirror this machine uses is known there

    package = next(iter(sorted(out.glob(f"*.{kind}"))), None)
    if package is None:
        raise MissingError(f"no {kind} in {out}")
    with tempfile.TemporaryDirectory(prefix="guestcheck-root-") as folder:
        (Path(folder) / "try.sh").write_text(
            "set -eux\nexport DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8\n" + script
        )
        command = [
            "mmdebstrap",
            "--quiet",
            "--variant=apt",
            f"--include={','.join(tools)}",
            "--format=null",
        ]
        command += [
            f"--customize-hook=copy-in {folder}/try.sh /",
            f"--customize-hook=upload {package} /tmp/package.{kind}",
        ]
        command += [
            "--customize-hook=chroot $1 sh /try.sh",
            release,
            "/dev/null",
            *sources(release),
        ]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    good = done.returncode == 0 and "\nALL-OF-IT-WENT-WELL\n" in done.stdout
    (out.parent / "build").mkdir(exist_ok=True)
    (out.parent / "build" / f"{release}-{kind}.log").write_text(done.stdout)
    sys.stdout.write(
        f"{'installed, ran and removed' if good else 'FAILED'}: {package.name} on "
        f"Debian {release}\n"
        if good
        else f"{done.stdout[-4000:]}\nFAILED: {package.name} on {release}\n"
    )
    return 0 if good else 1
