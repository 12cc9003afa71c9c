"""What a report asks beside the plain questions, and of which kernel it then speaks."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence

import pytest

from guestcheck.model.source import Ask, Initramfs, Question, Raw, Source
from guestcheck.readiness.linux.boots import default_images
from guestcheck.run import examine, preflight
from guestcheck.sources.bundle import Bundle
from tests.test_guests import GUESTS, reader

FULL, OTHER = "/boot/initrd.img-6.1.0-56-amd64", "/boot/initrd.img-6.1.0-56-cloud-amd64"


class Watched(Source):
    """A recording that keeps what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.bundle = Bundle(folder.name, reader(folder))
        self.name = self.bundle.name
        self.asked: List[Ask] = []

    @property
    def running(self) -> bool:
        return self.bundle.running

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        self.asked += [ask for question in questions for ask in question.asks]
        return self.bundle.gather(questions)


def guest(name: str) -> Path:
    return next(folder for folder in GUESTS if folder.name == name)


def images(source: Watched) -> List[Initramfs]:
    return [ask for ask in source.asked if isinstance(ask, Initramfs) and ask.contents]


def test_of_a_guest_with_an_emulated_disk_the_default_kernels_initramfs_alone_is_read() -> None:
    source = Watched(guest("lab-ide-e1000-bookworm"))
    report = examine(source)
    assert [ask.named for ask in images(source)] == [default_images(report.inventory.guest)]
    (word,) = images(source)
    assert word.chosen([OTHER, FULL]) == [FULL]
    assert [image.path for image in report.inventory.guest.setup.images or ()] == [FULL]
    assert {(one.device, one.kernel, one.verdict) for one in report.readiness} == {
        ("sda", "6.1.0-56-amd64", "boots"),
        ("ens2", "6.1.0-56-amd64", "network-up"),
    }


def test_preflight_reads_and_answers_for_every_kernel() -> None:
    from guestcheck.catalogue.rows import TARGETS

    source = Watched(guest("lab-ide-e1000-bookworm"))
    report = preflight(source, TARGETS)
    assert [ask.named for ask in images(source)] == [()]
    assert {image.path for image in report.inventory.guest.setup.images or ()} == {FULL, OTHER}
    assert {one.kernel for one in report.readiness} == {"6.1.0-56-amd64", "6.1.0-56-cloud-amd64"}


def test_a_guest_without_emulated_devices_is_asked_nothing_that_takes_seconds() -> None:
    source = Watched(guest("lab-virtio-modern-bookworm"))
    assert not examine(source).readiness
    assert not images(source)


@pytest.mark.parametrize(
    ("named", "found", "chosen"),
    [
        ((), [FULL, OTHER], [FULL, OTHER]),
        (("/initrd.img-6.1.0-56-amd64",), [FULL, OTHER, FULL], [FULL]),
        (("($root)/boot/initrd.img-6.1.0-56-amd64",), [OTHER, FULL], [FULL]),
        (
            ("/nowhere/initrd",),
            [FULL, OTHER],
            [FULL, OTHER],
        ),  # what is named is not among them: any may be it
        ((FULL,), [FULL + ".old"], []),
    ],
)
def test_which_images_are_asked_for(
    named: "tuple[str, ...]", found: List[str], chosen: List[str]
) -> None:
    assert Initramfs("/boot/*", besides=(".old",), named=named).chosen(found) == chosen
