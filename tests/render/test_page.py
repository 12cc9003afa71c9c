"""A page is laid out once: what is on it, in which order; and each painter shows all of it."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Tuple

import pytest

from guestcheck.model.advice import Step
from guestcheck.model.check import FAIL
from guestcheck.model.comparison import CHANGED, Change, Comparison, KernelChange, Side
from guestcheck.model.device import EMULATED, Disk, Virtio
from guestcheck.model.hint import Hint
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report, Sink, as_report
from guestcheck.model.source import Gap
from guestcheck.model.target import Readiness, Reason
from guestcheck.render.page import parts
from guestcheck.render.page.difference import difference_page
from guestcheck.render.page.gaps import gap_lines
from guestcheck.render.page.parts import (
    BRIEF,
    CODE,
    EVIDENCE,
    REASON,
    TITLE,
    VERDICT,
    WIDE,
    Account,
    Block,
    Cell,
    Column,
    Grid,
    Lines,
    Matrix,
    Page,
    Pairs,
    Paragraph,
    Row,
    Said,
    Section,
    Table,
    evidence_said,
    fitted,
    lettered,
    stacked,
    steps_said,
)
from guestcheck.render.page.report import page_of
from tests.makers import a_disk, a_kernel, a_report, an_inventory
from tests.render.conftest import REPORTS
from tests.render.test_preflight import flight

PAINTERS = ("terminal", "text", "html", "markdown")


def painted(name: str, page: Page, width: int = 160) -> str:
    if name == "terminal":
        pytest.importorskip("rich")
    from importlib import import_module

    text: str = import_module(f"guestcheck.render.people.{name}").paint(page, Sink(width))
    return text


def titles(report: Report) -> List[str]:
    return [section.title for section in page_of(report, False).sections]


class TestReport:
    def test_its_sections_have_an_order(self) -> None:
        assert titles(REPORTS["full"]) == [
            "Guest",
            "Disks",
            "Network cards",
            "Storage controllers, disks unknown",
            "Not judged",
            "Kernels",
            "Findings",
            "Gaps",
        ]

    def test_what_is_not_there_has_no_section(self) -> None:
        expected = ["Guest", "Disks", "Network cards", "Kernels", "Findings"]
        assert titles(REPORTS["nothing there"]) == expected

    def test_of_preflight_it_has_verdicts_in_place_of_kernels(self) -> None:
        shown = titles(as_report(flight()))
        assert "Readiness" in shown
        assert "Kernels" not in shown

    def test_a_policy_has_its_grounds_and_the_result(self) -> None:
        judgement = Judgement("p.toml", "Title", FAIL, "it says so", "fail")
        page = page_of(REPORTS["plain"]._replace(judgement=judgement), False)
        assert page.result == "VERDICT: FAIL, by p.toml: it says so"
        assert [section.title for section in page.grounds] == ["Policy"]

    @pytest.mark.parametrize(("kind", "tone"), [(EMULATED, EMULATED), ("paravirtual", "")])
    def test_its_tone_is_that_of_the_devices(self, kind: str, tone: str) -> None:
        report = a_report(an_inventory(disks=(a_disk("sda", "ide", kind),)))
        assert page_of(report, False).tone == tone

    @pytest.mark.parametrize("verbose", [False, True])
    def test_why_a_driver_is_there_is_said_on_request_alone(self, verbose: bool) -> None:
        kernel = a_kernel("6.1", VIRTIO_BLK="built-in", VIRTIO_NET="absent")
        page = page_of(a_report(an_inventory(kernels=(kernel,))), verbose)
        (grid,) = (
            block for one in page.sections for block in one.blocks if isinstance(block, Grid)
        )
        said = {label: bool(cells[0].alone) for label, cells in grid.rows if cells[0].text}
        assert said["CONFIG_VIRTIO_BLK"] == verbose
        assert said["CONFIG_VIRTIO_NET"]


BLOCKS: Dict[str, Tuple[Block, Tuple[str, ...]]] = {
    "Table": (
        Table((Column("Thing"), Column("Colour")), (Row((Cell("ball"), Cell("red"))),)),
        ("ball", "red"),
    ),
    "Grid": (Grid("Wheel", ("left", "right"), (("front", (Cell("new"), Cell("old"))),)), ("new",)),
    "Pairs": (Pairs((("label", "says"),)), ("label", "says")),
    "Lines": (Lines(("first", "second")), ("first", "second")),
    "Paragraph": (Paragraph("prose of it"), ("prose of it",)),
    "Matrix": (Matrix(("kernel 1",), (("virtio-blk", (Cell("boots"),)),)), ("kernel 1", "boots")),
    "Account": (
        Account(
            VERDICT,
            "unknown",
            (
                Said(TITLE, "sda on virtio-blk: UNKNOWN"),
                Said(REASON, "not read", "OPEN"),
                *evidence_said((Hint("source", "proof"),), EVIDENCE),
                *steps_said((Step("somewhere", "do this", ("run that",), "mind it"),)),
            ),
        ),
        ("UNKNOWN", "OPEN", "not read", "source: proof", "do this", "run that", "mind it"),
    ),
}


def test_every_block_has_an_example() -> None:
    assert set(BLOCKS) == {one.__name__ for one in Block.__args__}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PAINTERS)
@pytest.mark.parametrize("block", BLOCKS)
def test_a_section_that_is_added_is_seen_in_every_format(name: str, block: str) -> None:
    added, words = BLOCKS[block]
    page = page_of(REPORTS["plain"], False)
    text = painted(name, page._replace(sections=(*page.sections, Section("Fresh part", (added,)))))
    assert "fresh part" in text.lower()
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("name", PAINTERS)
def test_a_column_that_is_added_is_seen_in_every_format(name: str) -> None:
    page = page_of(REPORTS["plain"], False)
    disks = page.sections[1].blocks[0]
    assert isinstance(disks, Table)
    more = disks._replace(
        columns=(*disks.columns, Column("Vendor")),
        rows=tuple(row._replace(cells=(*row.cells, Cell("ACME"))) for row in disks.rows),
    )
    sections = (page.sections[0], Section("Disks", (more,)), *page.sections[2:])
    text = painted(name, page._replace(sections=sections))
    assert "vendor" in text.lower()
    assert "ACME" in text


ROLES = [name for name, value in vars(parts).items() if name.isupper() and value == name.lower()]
KINDS = ("FINDING", "VERDICT", "REASONS", "CHANGE", "ROW")


@pytest.mark.parametrize("name", PAINTERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", sorted({*ROLES} - {*KINDS, "ALWAYS", "WIDE", "BRIEF"}))
def test_every_line_is_seen_in_every_account(name: str, kind: str, role: str) -> None:
    lines = (Said(TITLE, "title"), Said(getattr(parts, role), "the words"), Said(parts.STEP, "do"))
    account = Account(getattr(parts, kind), "", lines)
    shown = painted(name, Page("x", (Section("Part", (account,)),)))
    # That it is done in the guest is not said of each step of preflight.
    silent = (role, kind) == ("PLACE", "VERDICT") and name in ("text", "terminal")
    assert ("the words" in shown) != silent


@pytest.mark.parametrize("name", PAINTERS)
def test_a_command_is_never_broken(name: str) -> None:
    command = "first " + "word " * 40 + "last"
    for kind in KINDS:
        account = Account(getattr(parts, kind), "", (Said(CODE, f"{command}\n  and indented"),))
        page = Page("x", (Section("Part", (account,)),))
        lines = [line.strip() for line in painted(name, page, 40).split("\n")]
        assert [line for line in lines if command in line]
        assert re.search(r"\n? *  and indented", painted(name, page, 40))


@pytest.mark.parametrize("name", PAINTERS)
def test_detail_is_left_out_of_a_summary_alone(name: str) -> None:
    page = Page("x", (Section("Fine print", (Paragraph("y"),), detail=True),))
    assert ("fine print" in painted(name, page).lower()) == (name != "markdown")


@pytest.mark.parametrize("name", PAINTERS)
def test_the_result_and_its_grounds_are_in_every_format(name: str) -> None:
    grounds = (Section("Policy", (Pairs((("Policy", "p.toml"),)),)),)
    text = painted(name, Page("head", (), "VERDICT: FAIL", FAIL, grounds))
    assert "VERDICT: FAIL" in text
    assert "p.toml" in text


class TestFitted:
    TABLE = Table(
        (Column("A"), Column("Empty"), Column("Where", WIDE), Column("Short", BRIEF)),
        (Row((Cell("a"), Cell(""), Cell("here", alone="here"), Cell("s")), ("aside",), ("more",)),),
    )

    @pytest.mark.parametrize(
        ("how", "heads", "more"),
        [
            ({}, ["A"], ("here, aside", "more")),
            ({"wide": True}, ["A", "Where"], ("aside", "more")),
            ({"brief": True}, ["A", "Short"], ()),
        ],
    )
    def test_columns_and_lines(
        self, how: Dict[str, Any], heads: List[str], more: Tuple[str, ...]
    ) -> None:
        shown = fitted(self.TABLE, **how)
        assert [column.heading for column in shown.columns] == heads
        assert shown.rows[0].cells[0].text == "a"
        assert shown.rows[0].more == more

    def test_no_words_make_no_line(self) -> None:
        assert fitted(Table((Column("A"),), (Row((Cell("a"),)),))).rows[0].more == ()


class TestStacked:
    TABLE = Table(
        (Column("Guest"), Column("Disks"), Column("Finding", folds=True)),
        (Row((Cell("a" * 20), Cell("2", alone="disks: 2"), Cell("it is odd"))),),
    )

    @pytest.mark.parametrize(("width", "accounts"), [(53, 0), (52, 1)])
    def test_sentences_keep_some_room(self, width: int, accounts: int) -> None:
        assert len(stacked(self.TABLE, width)) == accounts

    def test_a_row_is_its_name_and_what_is_said_of_it(self) -> None:
        (account,) = stacked(self.TABLE, 40)
        assert [line.text for line in account.lines] == ["a" * 20, "disks: 2; it is odd"]

    @pytest.mark.parametrize("column", [Column("X"), Column("X", folds=True, compact=True)])
    def test_a_table_without_sentences_stays_one(self, column: Column) -> None:
        assert stacked(Table((column,), (Row((Cell("x" * 99),)),)), 40) == ()


class TestMatrix:
    @pytest.mark.parametrize("width", [40, 80, 160])
    @pytest.mark.parametrize("kernels", [1, 2, 5, 30])
    @pytest.mark.parametrize("name", ["text", "terminal"])
    def test_nothing_of_it_is_cut(self, name: str, kernels: int, width: int) -> None:
        heads = tuple(f"6.1.0-{number}-cloud-amd64" for number in range(kernels))
        cells = tuple(Cell(f"boots [{number}]", "boots") for number in range(kernels))
        page = Page("x", (Section("Disk", (Matrix(heads, (("xen-blkfront (ens2)", cells),)),)),))
        shown = painted(name, page, width)
        words = [*heads, *(cell.text for cell in cells), "xen-blkfront (ens2)"]
        assert [word for word in words if word not in shown] == []
        assert max(map(len, shown.split("\n"))) <= width

    def test_letters_go_on_behind_z(self) -> None:
        legend, short = lettered(Matrix(("k",) * 80, ()))
        assert (short.heads[25], short.heads[26], short.heads[79]) == ("Z", "AA", "CB")
        assert legend.texts[26] == "AA: k"


@pytest.mark.parametrize("width", [40, 80, 160])
def test_a_long_word_of_a_table_is_folded_and_not_cut(width: int) -> None:
    disk = a_disk("n" * 90, "virtio-scsi", driver="r" * 90)
    page = page_of(a_report(an_inventory(disks=(disk,)), found=()), False)
    disks = page._replace(headline="", sections=(page.sections[1],))
    shown = painted("terminal", disks, width)
    # The name stands before what is beneath the row, too.
    assert shown.count("n") >= 90
    assert shown.count("r") >= 90
    assert max(map(len, shown.split("\n"))) <= width


class TestTheSameOfSeveralDevices:
    """What was said of one device is not said again of another; that goes by what it is, not by
    how it reads.
    """

    VIRTIO = Virtio("modern", True, ("FLUSH", "MQ"), (9, 12), "pci")

    def lines(self, *disks: Disk, readiness: Tuple[Readiness, ...] = ()) -> List[Tuple[str, ...]]:
        report = a_report(an_inventory(disks=disks), found=())._replace(readiness=readiness)
        table = page_of(report, False).sections[1].blocks[0]
        assert isinstance(table, Table)
        return [row.more for row in table.rows]

    def test_the_same_features_are_named_once(self) -> None:
        other = self.VIRTIO._replace(features=("FLUSH",))
        found = self.lines(
            a_disk("vda", virtio=self.VIRTIO),
            a_disk("vdb", virtio=self.VIRTIO),
            a_disk("vdc", virtio=other),
        )
        first, same, third = (lines[0] for lines in found)
        assert first == "virtio modern over pci: FLUSH MQ"
        assert same == "virtio as vda"
        assert third == "virtio modern over pci: FLUSH"

    def test_a_text_of_the_guest_that_reads_like_it_is_another_thing(self) -> None:
        text = "virtio modern over pci: FLUSH MQ"
        found = self.lines(a_disk("vda", stack=(text,)), a_disk("vdb", virtio=self.VIRTIO))
        assert found == [(text,), (text,)]

    def verdict(self, device: str, *reasons: Reason) -> Readiness:
        verdict = "does-not-boot" if reasons else "boots"
        return Readiness("virtio-blk", "disk", device, "6.1", True, verdict, reasons, ())

    @pytest.mark.parametrize(
        ("reasons", "second"),
        [
            ((), "ready to move to virtio-blk: yes"),
            ((Reason("driver-missing", "it lacks virtio_blk"),), "ready to move: as sda"),
        ],
    )
    def test_why_one_is_not_ready_is_said_once(
        self, reasons: Tuple[Reason, ...], second: str
    ) -> None:
        disks = (a_disk("sda", "ide", EMULATED), a_disk("sdb", "ide", EMULATED))
        verdicts = (self.verdict("sda", *reasons), self.verdict("sdb", *reasons))
        assert self.lines(*disks, readiness=verdicts)[1][-1] == second

    def test_another_reason_is_said(self) -> None:
        disks = (a_disk("sda", "ide", EMULATED), a_disk("sdb", "ide", EMULATED))
        verdicts = (
            self.verdict("sda", Reason("a", "one")),
            self.verdict("sdb", Reason("a", "two")),
        )
        found = self.lines(*disks, readiness=verdicts)
        assert found[1][-1] == "ready to move to virtio-blk: no, because two"


def test_gaps_of_one_reason_are_told_together_whatever_the_reason_is() -> None:
    gaps = tuple(Gap("x", f"file {n}", reason, f"thing {n}") for n, reason in enumerate("3333"))
    gaps += (Gap("x", "other", "", "thing"), Gap("x", "more", "gone", ""))
    assert gap_lines(gaps) == [
        ("3", "thing 0; thing 1; thing 2; thing 3"),
        ("other", "; leaves open: thing"),
        ("more", "gone"),
    ]


@pytest.mark.parametrize(("drivers", "lines"), [(3, 4), (4, 2), (40, 2)])
def test_drivers_of_which_the_same_changed_are_one_line(drivers: int, lines: int) -> None:
    symbols = [f"CONFIG_{number}" for number in range(drivers)]
    changes = [Change(f"{symbol}.initramfs", True, False) for symbol in symbols]
    changes.append(Change("CONFIG_OTHER.state", "module", "off"))
    kernels = (KernelChange("6.1", CHANGED, tuple(changes)),)
    side = Side("a", "")
    page = difference_page(Comparison("0", side, side, (), (), kernels, (), (), {}))
    (account,) = page.sections[-1].blocks
    assert isinstance(account, Account)
    fields = [line for line in account.lines if line.role == parts.FIELD]
    assert len(fields) == lines
    said = " ".join(f"{line.label} {line.text}" for line in fields)
    assert [symbol for symbol in symbols if symbol not in said] == []
