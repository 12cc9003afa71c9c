"""An archive of insights-client, old and new: what it filtered proves nothing by being absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from guestcheck.model.source import ABSENT, Command, File
from guestcheck.run import examine
from guestcheck.sources import open_source
from guestcheck.sources.insights import recognise
from guestcheck.stores.folder import Folder
from tests.sources.laid_out import Files, Recorded, insights, write
from tests.test_guests import GUESTS

MIXED = next(folder for folder in GUESTS if folder.name == "lab-mixed-pc-bookworm")


def old(files: Files) -> Files:
    """Lay out as older versions do: without data/."""
    return {
        path[5:] if path.startswith("data/") else path: text
        for path, text in files.items()
        if path != "insights_archive.txt"
    }


@pytest.mark.parametrize("older", [False, True], ids=["new", "old"])
def test_both_layouts_say_the_same(older: bool, tmp_path: Path) -> None:
    files = insights(Recorded(MIXED))
    report = examine(
        open_source(
            [str(write(old(files) if older else files, tmp_path / "insights-host-20260101"))]
        )
    )
    nics = {
        nic.name: (nic.verdict.interface, nic.verdict.kind) for nic in report.inventory.nics or ()
    }
    assert nics["ens7"] == ("e1000", "emulated")
    assert nics["ens11"] == ("virtio-net", "paravirtual")


def test_a_filtered_configuration_proves_nothing_by_what_is_missing(tmp_path: Path) -> None:
    guest = Recorded(MIXED)
    files = insights(guest)
    report = examine(open_source([str(write(files, tmp_path))]))
    (running,) = (kernel for kernel in report.inventory.kernels or () if kernel.running)
    states = {driver.symbol: driver.state for driver in running.drivers}
    assert states["CONFIG_VIRTIO_BLK"] == "module"
    assert "absent" not in states.values()
    assert [gap.asked for gap in report.gaps if "filtered" in gap.reason] == [
        f"/boot/config-{running.release}"
    ]


def test_many_lines_do_not_make_a_filtered_configuration_whole(tmp_path: Path) -> None:
    files = insights(Recorded(MIXED))
    path = next(path for path in files if "/config-" in path)
    files[path] = "".join(f"CONFIG_OPTION_{number}=y\n" for number in range(1000))
    report = examine(open_source([str(write(files, tmp_path))]))
    (running,) = (kernel for kernel in report.inventory.kernels or () if kernel.running)
    assert {driver.state for driver in running.drivers} <= {
        "unknown",
        "built-in",
    }  # what is bound to a device is there


def test_virt_what_names_the_hypervisor(tmp_path: Path) -> None:
    report = examine(open_source([str(write(insights(Recorded(MIXED)), tmp_path))]))
    assert report.inventory.hypervisor in ("kvm", "qemu")


def test_what_it_does_not_run_is_named(tmp_path: Path) -> None:
    source = recognise(Folder(str(write(insights(Recorded(MIXED)), tmp_path))))
    assert source is not None
    (answer,) = source.command(Command(("udevadm", "info", "--export-db")))
    assert (answer.status, answer.detail) == (
        ABSENT,
        "not in this archive of insights-client: insights-client does not run it",
    )
    assert source.file(File("/etc/crypttab"))[0].status == ABSENT


def test_a_folder_without_outputs_is_none(tmp_path: Path) -> None:
    assert (
        recognise(
            Folder(str(write({"data/etc/fstab": "", "insights_commands": "a file\n"}, tmp_path)))
        )
        is None
    )
