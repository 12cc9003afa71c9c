"""Two reports compared: the same device is one that changed, whatever it is called and wherever it
hangs now.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.compare import compare, read_report
from guestcheck.compare._report import compared
from guestcheck.errors import NoEvidenceError
from guestcheck.model.comparison import CAME, CHANGED, GONE, Comparison
from guestcheck.model.report import Sink
from guestcheck.render.machine._difference import as_json as json_of
from guestcheck.render.people.text import compared as render_text
from tests.examples import examples
from tests.test_guests import FIXTURES, as_json

Json = Dict[str, Any]


def disk(name: str, **fields: Any) -> Json:
    made = {
        "interface": "ide",
        "kind": "emulated",
        "driver": "ata_piix",
        "address": None,
        "controller": None,
        "size_bytes": 1 << 30,
        "model": None,
        "serial": None,
        "transport": None,
        "roles": [],
        "stack": [],
        "queues": 1,
        "discard": True,
        "virtio": None,
    }
    return {"name": name, **made, **fields}


def nic(name: str, **fields: Any) -> Json:
    return {
        "name": name,
        "interface": "e1000",
        "kind": "emulated",
        "mac": None,
        "address": None,
        "queues": 1,
        "carries": [],
        "addresses": [],
        **fields,
    }


def report(disks: Any = (), nics: Any = (), **fields: Any) -> Json:
    lists = {
        "disks": list(disks),
        "nics": list(nics),
        "controllers": [],
        "kernels": [],
        "results": [],
        "gaps": [],
    }
    return {
        "schema": "guestcheck.report/1",
        "source": "x",
        "time": "2026-01-01T00:00:00Z",
        "guest": {},
        **lists,
        **fields,
    }


def matched(
    before: List[Json], after: List[Json], known_before: Any = None, known_after: Any = None
) -> List[Tuple[str, str, str]]:
    """Return for each disk that changed, is gone or came its name before and after, and by what it
    was known again.
    """
    told = compare("1", report(before), report(after), known_before or {}, known_after or {})
    return [
        (one.before.name if one.before else "", one.after.name if one.after else "", one.by)
        for one in told.devices
    ]


class TestDisks:
    def test_the_same_serial_number_is_the_same_disk(self) -> None:
        before = [disk("sda", serial="A1"), disk("sdb", serial="B2")]
        after = [disk("vda", serial="B2"), disk("vdb", serial="A1")]
        assert matched(before, after) == [("sda", "vdb", "serial"), ("sdb", "vda", "serial")]

    def test_virtio_blk_has_room_for_twenty_characters_of_it(self) -> None:
        assert matched(
            [disk("sda", serial="0123456789abcdefghij-KLM")],
            [disk("vda", serial="0123456789abcdefghij")],
        ) == [("sda", "vda", "serial")]

    @pytest.mark.parametrize(
        "serial", ["QM00001", "drive-scsi0", "drive-ide0-0-0", "VMware NVME_0000", "00000"]
    )
    def test_a_number_that_names_the_place_names_no_disk(self, serial: str) -> None:
        before = [disk("sda", serial=serial, roles=["root"]), disk("sdb", size_bytes=7)]
        after = [disk("sda", size_bytes=7, serial=serial), disk("sdb", roles=["root"])]
        assert matched(before, after) == [("sda", "sdb", "contents"), ("sdb", "sda", "size")]

    def test_without_one_the_file_systems_tell(self) -> None:
        before, after = [disk("sda"), disk("sdb")], [disk("vda"), disk("vdb")]
        known = (
            {"sda": frozenset({"u1", "u2"}), "sdb": frozenset({"u3"})},
            {"vda": frozenset({"u3"}), "vdb": frozenset({"u2", "u1"})},
        )
        assert matched(before, after, *known) == [("sda", "vdb", "uuid"), ("sdb", "vda", "uuid")]

    def test_a_uuid_that_several_disks_have_tells_nothing(self) -> None:
        known = (
            {"sda": frozenset({"array"}), "sdb": frozenset({"array"})},
            {"sda": frozenset({"array"}), "sdb": frozenset({"array"})},
        )
        assert matched(
            [disk("sda"), disk("sdb")], [disk("sda", queues=2), disk("sdb", queues=4)], *known
        ) == [("sda", "sda", "name"), ("sdb", "sdb", "name")]

    def test_else_what_is_on_them(self) -> None:
        before = [
            disk("nvme0n1", stack=["nvme0n1p1 ext4 /srv"]),
            disk("nvme1n1", stack=["nvme1n1p1 ext4 /"], roles=["root"]),
        ]
        after = [
            disk("vda", stack=["vda1 ext4 /"], roles=["root"]),
            disk("vdb", stack=["vdb1 ext4 /srv"]),
        ]
        assert matched(before, after) == [
            ("nvme0n1", "vdb", "contents"),
            ("nvme1n1", "vda", "contents"),
        ]

    def test_new_names_of_partitions_are_no_change_of_what_is_on_the_disk(self) -> None:
        told = compare(
            "1",
            report([disk("sda", stack=["sda1 ext4 /"])]),
            report([disk("vda", stack=["vda1 ext4 /"])]),
        )
        assert [change.field for change in told.devices[0].changes] == ["name"]

    def test_else_their_names_and_that_the_numbers_differ_is_told(self) -> None:
        told = compare(
            "1", report([disk("sda", serial="A")]), report([disk("sda", serial="B", size_bytes=5)])
        )
        assert (told.devices[0].by, [change.field for change in told.devices[0].changes]) == (
            "name",
            ["size_bytes", "serial"],
        )

    def test_disks_with_nothing_in_common_are_gone_and_new(self) -> None:
        assert matched([disk("sda", size_bytes=1)], [disk("vda", size_bytes=2)]) == [
            ("sda", "", ""),
            ("", "vda", ""),
        ]

    def test_disks_that_one_side_could_not_read_are_not_gone(self) -> None:
        told = compare("1", report([disk("sda")]), {**report(), "disks": None})
        assert (told.devices, [tuple(change) for change in told.guest]) == (
            (),
            [("disks", 1, None)],
        )

    def test_a_thousand_disks_are_matched_at_once(self) -> None:
        before = [disk(f"sd{n}", serial=f"S{n}") for n in range(1000)]
        after = [disk(f"vd{n}", serial=f"S{999 - n}") for n in range(1000)]
        assert all(by == "serial" for _, _, by in matched(before, after))


class TestCards:
    def pairs(self, before: List[Json], after: List[Json]) -> List[Tuple[str, str, str]]:
        told = compare("1", report(nics=before), report(nics=after))
        return [
            (one.before.name if one.before else "", one.after.name if one.after else "", one.by)
            for one in told.devices
        ]

    def test_the_same_mac_address_is_the_same_card(self) -> None:
        before = [nic("ens2", mac="52:54:00:00:00:01", address="0000:00:02.0")]
        after = [
            nic("ens7", mac="52:54:00:00:00:02", address="0000:00:02.0"),
            nic("ens3", mac="52:54:00:00:00:01", interface="virtio-net"),
        ]
        assert self.pairs(before, after) == [("ens2", "ens3", "mac"), ("", "ens7", "")]

    def test_members_of_a_bond_are_told_apart(self) -> None:
        before = [nic("a", mac="x", address="1"), nic("b", mac="x", address="2")]
        after = [nic("a", mac="x", address="1", queues=2), nic("c", mac="x", address="2")]
        assert self.pairs(before, after) == [("a", "a", "mac"), ("b", "c", "address")]

    def test_a_card_without_a_name_is_known_by_its_address(self) -> None:
        assert self.pairs(
            [{**nic(""), "name": None, "address": "0000:00:02.0"}],
            [nic("eth0", address="0000:00:02.0")],
        ) == [("0000:00:02.0", "eth0", "address")]


class TestTheRest:
    def test_findings_follow_the_device_to_its_new_name(self) -> None:
        def found(name: str, subject: str, outcome: str = "warn") -> Json:
            return {
                "id": name,
                "outcome": outcome,
                "subject": subject,
                "summary": f"{subject}: {name}",
            }

        before = report(
            [disk("sda", serial="A")],
            results=[
                found("disk-emulated", "sda"),
                found("disk-discard-off", "sda", "note"),
                found("x-y", "guest"),
            ],
        )
        after = report(
            [disk("vda", serial="A")],
            results=[
                found("disk-emulated", "vda", "pass"),
                found("disk-discard-off", "vda", "note"),
                found("x-y", "guest", "fail"),
            ],
        )
        told = compare("1", before, after)
        assert [
            (one.id, one.state, one.subject, one.before, one.after) for one in told.findings
        ] == [
            ("disk-emulated", GONE, "sda", "warn", None),
            ("x-y", CHANGED, "guest", "warn", "fail"),
        ]

    def test_kernels_and_their_drivers(self) -> None:
        def kernel(release: str, state: str, **fields: Any) -> Json:
            driver = {
                "symbol": "CONFIG_VIRTIO_BLK",
                "module": "virtio_blk",
                "state": state,
                "file": True,
                "initramfs": None,
                "says": state,
            }
            return {
                "release": release,
                "running": True,
                "default": True,
                "drivers": [driver],
                **fields,
            }

        told = compare(
            "1",
            report(kernels=[kernel("5", "module"), kernel("6", "module")]),
            report(kernels=[kernel("6", "built-in"), kernel("7", "off")]),
        )
        assert [(one.release, one.state) for one in told.kernels] == [
            ("5", GONE),
            ("7", CAME),
            ("6", CHANGED),
        ]
        assert [tuple(change) for change in told.kernels[2].changes] == [
            ("CONFIG_VIRTIO_BLK.state", "module", "built-in")
        ]

    def test_gaps(self) -> None:
        gaps = [
            {"question": "pci", "asked": "lspci", "reason": reason, "leaves_open": ""}
            for reason in ("not there", "no permission")
        ]
        told = compare("1", report(gaps=gaps[:1]), report(gaps=gaps[1:]))
        assert [(one.state, one.reason) for one in told.gaps] == [
            (GONE, "not there"),
            (CAME, "no permission"),
        ]

    def test_the_guest(self) -> None:
        before = report(
            guest={
                "hypervisor": "qemu",
                "os": {"name": "A"},
                "vcpus": 2,
                "memory_bytes": 1_000_000_000,
            }
        )
        after = report(
            guest={
                "hypervisor": "kvm",
                "os": {"name": "A"},
                "vcpus": 4,
                "memory_bytes": 1_001_000_000,
            }
        )
        told = compare("1", before, after)
        assert [tuple(change) for change in told.guest] == [
            ("hypervisor", "qemu", "kvm"),
            ("vcpus", 2, 4),
        ]

    def test_when_and_how_it_was_seen_is_no_difference(self) -> None:
        before = as_json(FIXTURES / "guests" / "lab-mixed-pc-bookworm")
        after = deepcopy(before)
        after["time"], after["source"], after["tool"]["version"] = (
            "2030-01-01T00:00:00Z",
            "elsewhere",
            "99",
        )
        for one in (*after["disks"], *after["nics"]):
            one["evidence"] = []
        told = compare("1", before, after)
        assert not told.differs
        assert (told.same["disks"], told.same["nics"]) == (
            len(before["disks"]),
            len(before["nics"]),
        )


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*disk("x"), "id", "release", "drivers", "symbol", "mac"]),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=12,
)
ENTRIES = st.one_of(
    st.none(),
    st.lists(
        st.dictionaries(
            st.sampled_from(
                [*disk("x"), "id", "subject", "outcome", "release", "drivers", "mac", "reason"]
            ),
            ANYTHING,
            max_size=8,
        ),
        max_size=4,
    ),
)
REPORTS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("disks", "nics", "controllers", "kernels", "results", "gaps"), ENTRIES),
        "guest": st.dictionaries(
            st.sampled_from(["hypervisor", "os", "vcpus", "memory_bytes"]), ANYTHING
        ),
        "source": ANYTHING,
        "time": ANYTHING,
    }
)


class TestAnyReport:
    @settings(max_examples=examples(40))
    @given(REPORTS, REPORTS)
    def test_comparing_never_fails_and_what_is_printed_is_plain(
        self, before: Json, after: Json
    ) -> None:
        told = compare("1", before, after)
        shown = render_text(told, Sink(80))
        assert not [
            character for character in shown if not character.isprintable() and character != "\n"
        ]
        shown.encode()
        json.loads(json_of(told))

    @settings(max_examples=examples(40))
    @given(REPORTS)
    def test_a_report_is_no_different_from_itself(self, one: Json) -> None:
        kernels = [kernel.get("release") for kernel in one["kernels"] or ()]
        told: Comparison = compare("1", one, deepcopy(one))
        assert (told.guest, told.findings, told.gaps) == ((), (), ())
        assert not told.kernels or len(kernels) != len(set(map(str, kernels)))

    @given(st.binary(max_size=200))
    def test_reading_any_bytes_is_a_report_or_a_clear_error(self, data: bytes) -> None:
        with pytest.raises(NoEvidenceError, match="x: not a report"):
            read_report(data, "x")


def test_what_is_not_compared_is_let_go_of() -> None:
    told = compared(
        b'{"disks": [{"name": "sda", "evidence": [1]}], "results": [{"id": "a", "remedy": [{}]}],'
        b' "gaps": [{"reason": "cut"}]}'
    )
    assert told == {
        "disks": [{"name": "sda"}],
        "results": [{"id": "a"}],
        "gaps": [{"reason": "cut"}],
    }
