"""Whether a kernel has a driver: built in, a module, switched off, absent and why, or not known;
each is another answer.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

import pytest

from guestcheck.catalogue.kernel import SYMBOLS
from guestcheck.classify.kernels import driver_state, kernel_drivers
from guestcheck.model.device import DriverState
from guestcheck.model.guest import BlockDevice, Guest, Kernel, Link
from guestcheck.model.source import CUT, OK, Answer
from tests.makers import inventory, uname

PARENTS = {row.symbol: row.parents for row in SYMBOLS}
SCSI = next(row for row in SYMBOLS if row.symbol == "CONFIG_SCSI_VIRTIO")
ALL_ON = {
    "CONFIG_SCSI": "y",
    "CONFIG_SCSI_LOWLEVEL": "y",
    "CONFIG_BLOCK": "y",
    "CONFIG_VIRTIO_MENU": "y",
    "CONFIG_VIRTIO": "m",
}
PATH = "/boot/config-6.1"


def kernel(config: Optional[Dict[str, str]] = None, complete: bool = True, **fields: Any) -> Kernel:
    return Kernel("6.1", True, True, config, PATH if config is not None else "", complete, **fields)


FILE = {"virtio_scsi": "/lib/modules/6.1/kernel/drivers/scsi/virtio_scsi.ko"}
OTHER = {"virtio_net": "/lib/modules/6.1/kernel/drivers/net/virtio_net.ko"}

# By case: the kernel, the state, whether its file is there and it is loaded, and what the words
# say.
CASES: Dict[str, Any] = {
    "y": (
        kernel({"CONFIG_SCSI_VIRTIO": "y"}),
        ("built-in", None, None),
        f"CONFIG_SCSI_VIRTIO=y in {PATH}",
    ),
    "m, nothing else known": (
        kernel({"CONFIG_SCSI_VIRTIO": "m"}),
        ("module", None, None),
        f"CONFIG_SCSI_VIRTIO=m in {PATH}",
    ),
    "m, with its file, loaded": (
        kernel({"CONFIG_SCSI_VIRTIO": "m"}, files=FILE, loaded=frozenset({"virtio_scsi"})),
        ("module", True, True),
        f"CONFIG_SCSI_VIRTIO=m in {PATH}",
    ),
    "m, its file missing": (
        kernel({"CONFIG_SCSI_VIRTIO": "m"}, files=OTHER, loaded=frozenset()),
        ("module", False, False),
        "=m in",
    ),
    "is not set": (
        kernel({"CONFIG_SCSI_VIRTIO": "n"}),
        ("off", None, None),
        f"# CONFIG_SCSI_VIRTIO is not set in {PATH}",
    ),
    "no line, its parent off": (
        kernel({**ALL_ON, "CONFIG_SCSI": "n"}),
        ("absent", None, None),
        "because CONFIG_SCSI is not set",
    ),
    "no line, a grandparent off": (
        kernel(
            {
                "CONFIG_SCSI": "y",
                "CONFIG_SCSI_LOWLEVEL": "y",
                "CONFIG_BLOCK": "y",
                "CONFIG_VIRTIO_MENU": "n",
            }
        ),
        ("absent", None, None),
        "because CONFIG_VIRTIO_MENU is not set",
    ),
    "no line, all parents on": (
        kernel(ALL_ON),
        ("absent", None, None),
        "this kernel does not know the option (it came with Linux 3.4)",
    ),
    "no line in an excerpt": (
        kernel({"CONFIG_VIRTIO_BLK": "m"}, complete=False),
        ("unknown", None, None),
        f"has no line in {PATH}, which is not the whole",
    ),
    "no line in an excerpt, but a file": (
        kernel({"CONFIG_VIRTIO_BLK": "m"}, complete=False, files=FILE),
        ("module", True, None),
        "is there",
    ),
    "no configuration, in modules.builtin": (
        kernel(builtin=frozenset({"virtio_scsi"})),
        ("built-in", None, None),
        "modules.builtin",
    ),
    "no configuration, a module file": (
        kernel(files=FILE),
        ("module", True, None),
        "virtio_scsi.ko is there",
    ),
    "no configuration, in neither": (
        kernel(builtin=frozenset({"ext4"}), files=OTHER),
        ("absent", None, None),
        "neither in modules.builtin nor",
    ),
    "no configuration, not built in, files unread": (
        kernel(builtin=frozenset({"ext4"})),
        ("unknown", None, None),
        "no configuration",
    ),
    "no configuration, no module file at all": (
        kernel(builtin=frozenset({"ext4"}), files={}),
        ("unknown", None, None),
        "no configuration",
    ),
    "nothing": (kernel(), ("unknown", None, None), "no configuration of this kernel could be read"),
}


@pytest.mark.parametrize(("seen", "expected", "says"), CASES.values(), ids=CASES)
def test_each_answer_is_told_from_the_others(seen: Kernel, expected: Any, says: str) -> None:
    state = driver_state(SCSI, seen, PARENTS)
    assert (state.symbol, state.module) == ("CONFIG_SCSI_VIRTIO", "virtio_scsi")
    assert (state.state, state.file, state.loaded) == expected
    assert says in state.says
    assert state.initramfs is None


def state_of(symbol: str, seen: Kernel, **guest: Any) -> Optional[DriverState]:
    drivers = kernel_drivers(Guest("test", kernels=(seen,), **guest))
    assert drivers is not None
    return next((one for one in drivers[0].drivers if one.symbol == symbol), None)


@pytest.mark.parametrize("config", [None, {}, {"CONFIG_VIRTIO_BLK": "n"}])
def test_a_driver_that_is_bound_is_there_whatever_else_is_said(
    config: Optional[Dict[str, str]],
) -> None:
    bound = (BlockDevice("vda", "disk", chain=(Link("virtio0", "virtio_blk", "virtio"),)),)
    state = state_of("CONFIG_VIRTIO_BLK", kernel(config), block=bound)
    assert state is not None
    assert (state.state, state.says) == ("built-in", "bound to a device of the running kernel")


def test_a_bound_driver_says_nothing_of_another_kernel() -> None:
    bound = (BlockDevice("vda", "disk", chain=(Link("virtio0", "virtio_blk", "virtio"),)),)
    state = state_of("CONFIG_VIRTIO_BLK", kernel()._replace(running=False), block=bound)
    assert state is not None
    assert state.state == "unknown"


@pytest.mark.parametrize(
    ("architecture", "there"), [("x86_64", True), ("s390x", False), ("", True)]
)
def test_options_of_other_architectures_are_left_out(architecture: str, there: bool) -> None:
    assert (
        state_of("CONFIG_VMWARE_PVSCSI", kernel({}), architecture=architecture) is not None
    ) == there


def test_an_option_that_newer_kernels_lack_is_left_out_there() -> None:
    assert state_of("CONFIG_VIRTIO_RING", kernel(ALL_ON)) is None
    assert state_of("CONFIG_VIRTIO_RING", kernel({"CONFIG_VIRTIO_RING": "y"})) is not None


def test_no_kernel_known_is_not_no_kernel() -> None:
    assert kernel_drivers(Guest("test")) is None
    assert kernel_drivers(Guest("test", kernels=())) == ()


def test_parents_that_name_each_other_end() -> None:
    ring = {"CONFIG_A": ("CONFIG_B",), "CONFIG_B": ("CONFIG_A",)}
    row = SCSI._replace(symbol="CONFIG_A", parents=("CONFIG_B",))
    assert driver_state(row, kernel({"CONFIG_X": "y"}), ring).state == "absent"


class TestWhole:
    CONFIG = (
        "".join(f"CONFIG_FILLER_{n}=y\n" for n in range(400))
        + "CONFIG_VIRTIO_BLK=m\n# CONFIG_SCSI is not set\nCONFIG_MODULES=y\n"
    )

    def states(self, **told: Any) -> Dict[str, Dict[str, str]]:
        found = inventory(system=uname(), **told)
        return {
            one.release: {state.symbol: state.state for state in one.drivers}
            for one in found.kernels or ()
        }

    def test_the_running_kernel_s_configuration_is_in_proc(self) -> None:
        found = self.states(kernel_config=(Answer("/proc/config.gz", OK, self.CONFIG),))["6.1.0"]
        assert (found["CONFIG_VIRTIO_BLK"], found["CONFIG_SCSI_VIRTIO"]) == ("module", "absent")

    def test_each_kernel_has_its_own(self) -> None:
        older = self.CONFIG.replace("VIRTIO_BLK=m", "VIRTIO_BLK=y")
        found = self.states(
            kernel_config=(
                Answer("/boot/config-6.1.0", OK, self.CONFIG),
                Answer("/boot/config-5.10.0", OK, older),
            )
        )
        assert {release: states["CONFIG_VIRTIO_BLK"] for release, states in found.items()} == {
            "6.1.0": "module",
            "5.10.0": "built-in",
        }

    def test_an_excerpt_proves_no_absence(self) -> None:
        found = self.states(
            kernel_config=(Answer("/boot/config-6.1.0", OK, "CONFIG_VIRTIO_BLK=m\n"),)
        )["6.1.0"]
        assert (found["CONFIG_VIRTIO_BLK"], found["CONFIG_SCSI_VIRTIO"]) == ("module", "unknown")

    def test_a_configuration_that_was_cut_proves_no_absence(self) -> None:
        found = self.states(kernel_config=(Answer("/boot/config-6.1.0", CUT, self.CONFIG),))[
            "6.1.0"
        ]
        assert found["CONFIG_SCSI_VIRTIO"] == "unknown"

    def test_a_kernel_without_modules_needs_no_files(self) -> None:
        plain = self.CONFIG.replace("CONFIG_MODULES=y", "# CONFIG_MODULES is not set").replace(
            "BLK=m", "BLK=y"
        )
        (one,) = (
            inventory(system=uname(), kernel_config=(Answer("/proc/config.gz", OK, plain),)).kernels
            or ()
        )
        state = next(state for state in one.drivers if state.symbol == "CONFIG_VIRTIO_BLK")
        assert (state.state, state.file) == ("built-in", None)


class TestInitramfs:
    HELD = frozenset({"virtio_scsi", "virtio_blk"})

    @pytest.mark.parametrize(
        ("modules", "complete", "said"),
        [
            (None, True, None),
            (HELD, True, True),
            (HELD, False, True),
            (frozenset(), True, False),
            (frozenset(), False, None),
        ],
    )
    def test_a_module_is_in_it_or_not_or_that_is_not_known(
        self, modules: "Optional[frozenset[str]]", complete: bool, said: Optional[bool]
    ) -> None:
        for config, files in (({"CONFIG_SCSI_VIRTIO": "m"}, None), (None, FILE)):
            state = driver_state(
                SCSI,
                kernel(config, files=files, initramfs_modules=modules, initramfs_complete=complete),
                PARENTS,
            )
            assert (state.state, state.initramfs) == ("module", said)

    @pytest.mark.parametrize("value", ["y", "n"])
    def test_what_is_built_in_or_switched_off_is_not_looked_for(self, value: str) -> None:
        assert (
            driver_state(
                SCSI, kernel({"CONFIG_SCSI_VIRTIO": value}, initramfs_modules=frozenset()), PARENTS
            ).initramfs
            is None
        )


def test_a_file_that_two_options_build_does_not_tell_which() -> None:
    files = {
        "hv_vmbus": "/lib/modules/6.1/hv_vmbus.ko",
        "hv_storvsc": "/lib/modules/6.1/hv_storvsc.ko",
    }
    (found,) = (
        kernel_drivers(
            Guest("test", architecture="x86_64", kernels=(Kernel("6.1", None, None, files=files),))
        )
        or ()
    )
    states = {state.symbol: state.state for state in found.drivers}
    assert (
        states["CONFIG_HYPERV"],
        states["CONFIG_HYPERV_VMBUS"],
        states["CONFIG_HYPERV_STORAGE"],
    ) == ("unknown", "unknown", "module")
