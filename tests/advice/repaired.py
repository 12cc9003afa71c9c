"""A recorded guest, its texts laid out as a root, repaired there by the fix script, and recorded
again.

Only what a script can change is laid out: files below /etc, /boot and the modprobe.d of /usr/lib,
and the lists of modules that the stand-ins read. What the running kernel and the devices say stays
as it was recorded.
"""

from __future__ import annotations

import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence, Set, Tuple

from guestcheck.advice.script.fix_script import script
from guestcheck.classify import classify
from guestcheck.evidence import questions, read
from guestcheck.facts import build
from guestcheck.model.device import Inventory
from guestcheck.model.report import Preflight
from guestcheck.model.source import ABSENT, OK, Answer, Raw
from guestcheck.model.target import STOPS, Readiness, Target
from guestcheck.readiness import assess
from tests.advice import stand_ins
from tests.advice.laid import Laid

LAID = ("/etc/", "/boot/", "/lib/modprobe.d/", "/usr/lib/modprobe.d/", "/run/systemd/network/")
# Files that a repair may make, by the question that reads them.
MADE = {
    "network_config": ("etc/systemd/network/*", "etc/udev/rules.d/*.rules", "etc/netplan/*.yaml"),
    "initramfs": ("boot/initr*", "boot/booster-*"),
}
REASON = Tuple[str, str, str]  # target, kernel, id


class Run(NamedTuple):
    """How the script ended, what it printed, and every file below the folder after it, but the
    images.
    """

    code: int
    printed: str
    files: Dict[str, bytes]


def inventory_of(raw: Raw) -> Inventory:
    return classify(build(read(raw, questions(deep=True))))


def stopping(found: Sequence[Readiness], weights: Sequence[str] = (STOPS,)) -> Set[REASON]:
    return {
        (one.target, one.kernel, reason.id)
        for one in found
        for reason in one.reasons
        if reason.weight in weights
    }


class Repaired:
    """A guest that is repaired for some targets."""

    def __init__(self, raw: Raw, targets: Sequence[Target], top: Path) -> None:
        self.raw, self.targets = raw, tuple(targets)
        self.inventory = inventory_of(raw)
        self.before = assess(self.inventory, self.targets)
        self.script = script(Preflight("0", "", self.inventory, self.before, {}, ()))
        self.laid = Laid(top, {})
        self.images = {
            answer.asked
            for answer in raw.answers.get("initramfs", ())
            if answer.text.startswith("image ")
        }
        for given in raw.answers.values():
            for answer in given:
                lists = answer.asked.startswith("/lib/modules/") and answer.asked.endswith(
                    ("modules.dep", "modules.builtin")
                )
                if (
                    answer.status == OK
                    and answer.text
                    and (
                        lists
                        or (
                            answer.asked.startswith(LAID)
                            and " " not in answer.asked
                            and "*" not in answer.asked
                        )
                    )
                ):
                    self.laid.write(answer.asked, answer.text)
        if (
            "mkinitfs" in self.script
        ):  # the one whose configuration is made of files that are looked for
            for path in self.laid.top.glob("lib/modules/*/modules.dep"):
                for line in path.read_text().split("\n"):
                    if line:
                        self.laid.write(
                            str(path.parent.relative_to(self.laid.top) / line.partition(":")[0]), ""
                        )
        for tool in stand_ins.TOOLS:
            self.laid.stub(
                tool,
                f'exec {sys.executable} -I -S {stand_ins.__file__} {self.laid.top} {tool} "$@"',
            )
        # What regenerates all of booster's images has no words of its own.
        self.text = self.script.replace("/usr/lib/booster/regenerate_images", "booster")

    @property
    def alike(self) -> str:
        """What is the same of guests for which the same repair does the same: reasons, script, and
        files but the images, whatever the kernel's release.
        """
        top = self.laid.top
        small = sorted(
            path
            for path in top.glob("[eb]*/**/*")
            if path.is_file() and f"/{path.relative_to(top)}" not in self.images
        )
        texts = [
            f"{path.relative_to(top)} {path.read_bytes()!r}"
            for path in small
            if not path.name.startswith("config-")
        ]
        said = "\n".join(
            [*(str(reason) for reason in sorted(stopping(self.before))), self.script, *texts]
        )
        for release in sorted({one.kernel for one in self.before}, reverse=True):
            said = said.replace(release, "RELEASE")
        return said

    def run(self) -> Run:
        done = self.laid.run(self.text)
        top = self.laid.top
        files = {
            str(path.relative_to(top)): path.read_bytes()
            for path in top.rglob("*")
            if path.is_file()
            and f"/{path.relative_to(top)}" not in self.images
            and "/work." not in str(path)
            and not str(path.relative_to(top)).startswith("lib/")
        }
        return Run(done.returncode, (done.stdout + done.stderr).replace(str(top), ""), files)

    def recorded(self) -> Raw:
        """Record what was laid out again."""
        found: Dict[str, Tuple[Answer, ...]] = {}
        for question, given in self.raw.answers.items():
            answers = [self._now(answer) for answer in given]
            asked = {answer.asked for answer in answers}
            answers += [
                Answer(path, OK, self.laid.read(path))
                for path in self._made(question)
                if path not in asked
            ]
            found[question] = tuple(answers)
        return self.raw._replace(answers=found)

    def _now(self, answer: Answer) -> Answer:
        if not answer.asked.startswith(LAID) or " " in answer.asked or "*" in answer.asked:
            return answer
        if not (self.laid.top / answer.asked.lstrip("/")).is_file():
            return (
                answer._replace(status=ABSENT, text="")
                if answer.status == OK and answer.text
                else answer
            )
        return answer._replace(status=OK, text=self.laid.read(answer.asked))

    def _made(self, question: str) -> List[str]:
        top = self.laid.top
        return sorted(
            f"/{path.relative_to(top)}"
            for pattern in MADE.get(question, ())
            for path in top.glob(pattern)
            if fnmatch(str(path.relative_to(top)), pattern)
        )

    def after(self) -> Tuple[Readiness, ...]:
        return assess(inventory_of(self.recorded()), self.targets)
