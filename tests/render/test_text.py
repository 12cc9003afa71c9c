"""Findings and kernels in the formats for people: as many steps as help here, and every kernel or a
word of those left out.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from guestcheck.model.device import EMULATED, KernelDrivers, Virtio
from guestcheck.model.report import Report, Sink
from tests.makers import a_disk, a_kernel, a_nic, a_report, an_inventory
from tests.render.conftest import commands
from tests.test_guests import GUESTS, examined

Render = Callable[[Report, Sink], str]
WIDE = 400  # so that no sentence is broken


@pytest.fixture(params=["text", "terminal"])
def render(request: pytest.FixtureRequest) -> Render:
    if request.param == "terminal":
        pytest.importorskip("rich")
    return import_module(f"guestcheck.render.people.{request.param}").render  # type: ignore[no-any-return]


def emulated(**fields: Any) -> Report:
    disks = (a_disk("sda", "ide", EMULATED), a_disk("sdb", "ide", EMULATED))
    return a_report(
        an_inventory(
            **{
                "disks": disks,
                "nics": (a_nic(interface="e1000", kind=EMULATED),),
                "kernels": (a_kernel(VIRTIO_BLK="off"),),
                **fields,
            }
        )
    )


KNOWN = {"platform": "proxmox", "platform_name": "Proxmox VE", "advice": ("proxmox",)}


class TestSteps:
    def first(self, report: Report, check: str) -> Any:
        return next(
            steps for number, steps in report.remedies.items() if report.results[number].id == check
        )

    @pytest.mark.parametrize("check", ["disk-emulated", "nic-emulated"])
    def test_of_a_known_platform_all_are_shown(self, render: Render, check: str) -> None:
        report = emulated(**KNOWN)
        shown = render(report, Sink(WIDE))
        steps = [step for step in self.first(report, check) if not step.windows]
        assert {step.where for step in steps} == {"in the guest", "Proxmox VE"}
        assert [
            step.text for step in steps if step.text not in shown or step.note not in shown
        ] == []
        assert "the platform is not known" not in shown

    @pytest.mark.parametrize("check", ["disk-emulated", "nic-emulated"])
    def test_of_an_unknown_platform_each_plan_is_whole_and_it_says_so(
        self, render: Render, check: str
    ) -> None:
        report = emulated()
        shown = render(report, Sink(WIDE))
        steps = [step for step in self.first(report, check) if not step.windows]
        assert len({step.where for step in steps}) > 2
        assert [
            step
            for step in steps
            if any(part not in shown for part in (step.text, step.note, *step.code))
        ] == []
        assert "the platform is not known: take the steps of yours alone" in shown

    @pytest.mark.parametrize("fields", [{}, KNOWN], ids=["unknown", "known"])
    def test_verbose_shows_all_for_windows_too(
        self, render: Render, fields: Dict[str, object]
    ) -> None:
        report = emulated(**fields)
        brief, shown = (render(report, Sink(WIDE, verbose=verbose)) for verbose in (False, True))
        steps = self.first(report, "disk-emulated")
        windows = [step for step in steps if step.windows]
        assert windows
        own = {step.text for step in windows} - {step.text for step in steps if not step.windows}
        assert own
        assert [text for text in own if text in brief] == []
        assert [
            step.text for step in steps if step.text not in shown or step.note not in shown
        ] == []

    def test_every_line_of_code_is_whole_in_the_text(self) -> None:
        report = emulated(**KNOWN)
        lines = import_module("guestcheck.render.people.text").render(report, Sink(40)).split("\n")
        code = [
            line
            for step in self.first(report, "disk-emulated")
            if not step.windows
            for line in step.code
        ]
        assert code
        assert [line for line in code if f"{'':14}{line}" not in lines] == []

    def test_disks_of_one_check_have_one_remedy(self, render: Render) -> None:
        shown = render(emulated(**KNOWN), Sink(WIDE))
        assert shown.count("sda is emulated") == shown.count("sdb is emulated") == 1
        assert shown.count("explain disk-emulated") == 1
        assert shown.count(self.first(emulated(**KNOWN), "disk-emulated")[0].text) == 1

    def test_other_checks_have_their_own(self, render: Render) -> None:
        shown = render(emulated(**KNOWN), Sink(WIDE))
        assert shown.count("explain nic-emulated") == 1
        # Two outcomes of one check are two groups: one driver is known to be missing, of another
        # nothing is known.
        assert shown.count("explain kernel-driver-missing") == 2

    def test_the_worst_comes_first(self, render: Render) -> None:
        shown = render(emulated(), Sink(WIDE, verbose=True))
        places = [
            shown.index(f"  {word} ")
            for word in ("WARN", "NOTE", "PASS", "SKIP")
            if f"  {word} " in shown
        ]
        assert len(places) > 2
        assert places == sorted(places)


def kernels(count: int) -> List[KernelDrivers]:
    return [
        a_kernel(
            f"6.{number}.0",
            running=not number,
            default=not number,
            VIRTIO_BLK="module",
            SCSI_VIRTIO="off",
        )
        for number in range(count)
    ]


class TestKernels:
    def releases(self, shown: str) -> List[str]:
        # Those of the section: the findings name kernels too.
        section = re.split(r"(?i)\nkernels\n", shown)[1]
        return re.findall(r"\b6\.\d\.0\b", re.split(r"(?i)\nfindings\n", section)[0])

    @pytest.mark.parametrize("count", [1, 2, 5])
    @pytest.mark.parametrize("width", [40, 80, 160])
    def test_the_text_has_all(self, count: int, width: int) -> None:
        shown = import_module("guestcheck.render.people.text").render(
            a_report(an_inventory(kernels=tuple(kernels(count)))), Sink(width)
        )
        assert self.releases(shown) == [f"6.{number}.0" for number in range(count)]

    @pytest.mark.parametrize(
        ("count", "width", "beside"),
        [(1, 80, 1), (2, 80, 2), (5, 80, 2), (3, 160, 3), (5, 160, 4), (2, 40, 2)],
    )
    def test_the_terminal_has_those_that_fit_and_counts_the_others(
        self, count: int, width: int, beside: int
    ) -> None:
        pytest.importorskip("rich")
        shown = import_module("guestcheck.render.people.terminal").render(
            a_report(an_inventory(kernels=tuple(kernels(count)))), Sink(width)
        )
        assert self.releases(shown) == [f"6.{number}.0" for number in range(beside)]
        assert (f"and {count - beside} more kernel" in shown) == (count > beside)

    @pytest.mark.parametrize("count", [1, 2, 5])
    def test_verbose_has_all(self, render: Render, count: int) -> None:
        shown = render(
            a_report(an_inventory(kernels=tuple(kernels(count)))), Sink(80, verbose=True)
        )
        assert self.releases(shown) == [f"6.{number}.0" for number in range(count)]

    def test_marks_tell_which_one_runs_and_which_one_boots(self, render: Render) -> None:
        ones = (
            a_kernel("6.1.0", running=True, default=False, VIRTIO_BLK="off"),
            a_kernel("6.2.0", running=False, default=True, VIRTIO_BLK="off"),
        )
        shown = render(a_report(an_inventory(kernels=ones)), Sink(160))
        assert "6.1.0 (running)" in shown
        assert "6.2.0 (default)" in shown

    STATES = {
        "built-in": {"state": "built-in"},
        "module": {"state": "module"},
        "module, loaded": {"state": "module", "loaded": True},
        "module, FILE MISSING": {"state": "module", "file": False},
        "module, loaded, in the initramfs": {"state": "module", "loaded": True, "initramfs": True},
        "module, not in the initramfs": {"state": "module", "initramfs": False},
        "off": {"state": "off"},
        "absent": {"state": "absent"},
        "unknown": {"state": "unknown"},
    }

    @pytest.mark.parametrize("word", STATES)
    def test_a_driver_s_state_is_said_in_words(self, render: Render, word: str) -> None:
        kernel = a_kernel(VIRTIO_BLK="off")
        kernel = kernel._replace(
            drivers=(kernel.drivers[0]._replace(**{"says": "as was read", **self.STATES[word]}),)
        )
        shown = " ".join(
            render(a_report(an_inventory(kernels=(kernel,)), found=()), Sink(160)).split()
        )
        assert re.search(rf"CONFIG_VIRTIO_BLK {re.escape(word)}(?![,;])", shown)
        assert ("as was read" in shown) == (word in ("off", "absent", "unknown"))


class TestColumns:
    def test_one_in_which_nothing_is_known_is_left_out(self, render: Render) -> None:
        shown = render(a_report(an_inventory(disks=(a_disk(), a_disk("vdb")))), Sink(160)).upper()
        full = render(
            a_report(
                an_inventory(
                    disks=(a_disk(), a_disk("vdb", queues=4, discard=True, roles=("root",)))
                )
            ),
            Sink(160),
        ).upper()
        for heading in ("QUEUES", "TRIM", "ROLES"):
            assert heading not in shown
            assert heading in full

    @pytest.mark.parametrize(
        ("queues", "cpus", "said"), [(1, 2, "1/2"), (4, 4, "4/4"), (4, None, "4")]
    )
    def test_queues_stand_against_processors(
        self, render: Render, queues: int, cpus: object, said: str
    ) -> None:
        assert re.search(
            rf" {said}\b",
            render(a_report(an_inventory(disks=(a_disk(queues=queues),), cpus=cpus)), Sink(160)),
        )


def test_what_is_as_with_another_device_names_that_one_in_plain_words(render: Render) -> None:
    virtio = Virtio("modern", True, ("VERSION_1",), (32,), "pci")
    shown = render(
        a_report(
            an_inventory(
                nics=(a_nic("", address="\x1b[31mred", virtio=virtio), a_nic("eth1", virtio=virtio))
            )
        ),
        Sink(80),
    )
    assert "virtio as \\x1b[31mred" in shown
    assert "\x1b" not in shown


@cache
def report_of(folder: Path) -> Report:
    told: Report = examined(folder)
    return told


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
class TestRecordedGuests:
    @pytest.mark.tail(every=4)
    def test_the_words_of_every_device_are_whole(self, folder: Path, width: int) -> None:
        inventory = report_of(folder).inventory
        disks = [(d.name, d.verdict, d.driver, d.roles) for d in inventory.disks or ()]
        cards = [(n.name or n.address, n.verdict, n.driver, ()) for n in inventory.nics or ()]
        for name in ("text", "terminal"):
            shown = import_module(f"guestcheck.render.people.{name}").render(
                report_of(folder), Sink(width)
            )
            for title, devices in (("disks", disks), ("network cards", cards)):
                words = {
                    word
                    for device, verdict, driver, roles in devices
                    for word in (device, verdict.kind, verdict.interface, driver, *roles)
                    if word
                }
                table = re.split(rf"(?i)\n{title}\n", shown)[1].split("\n\n")[0]
                assert (
                    sorted(
                        word
                        for word in words
                        if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", table)
                    )
                    == []
                ), name

    @pytest.mark.tail(every=4)
    def test_every_line_fits(self, folder: Path, width: int) -> None:
        for name in ("text", "terminal"):
            lines = (
                import_module(f"guestcheck.render.people.{name}")
                .render(report_of(folder), Sink(width))
                .split("\n")
            )
            # Code may be longer: it is there to be copied.
            code = commands(report_of(folder))
            long = [line for line in lines if len(line) > width and line.strip() not in code]
            assert long == [], name
