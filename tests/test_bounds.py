"""However much text a source holds: parsers get so much of it, what is cut says so, and no verdict
rests on what may be missing in it.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from time import process_time
from typing import Callable, Dict, List, Tuple

import pytest

from guestcheck import evidence
from guestcheck.checks import all_checks, judge
from guestcheck.classify import classify
from guestcheck.errors import NoEvidenceError
from guestcheck.evidence import questions, read
from guestcheck.facts import build
from guestcheck.model import bounds
from guestcheck.model.bounds import bounded
from guestcheck.model.check import PASS
from guestcheck.model.source import (
    CUT,
    LONGEST_ANSWER,
    LONGEST_LISTING,
    MOST_LINES,
    OK,
    Answer,
    Evidence,
    Raw,
)
from guestcheck.privacy.lines import Looks, mask, masked
from guestcheck.run import examine
from guestcheck.sources import _collected, open_source
from guestcheck.stores.folder import Folder
from guestcheck.stores.opening import open_store
from guestcheck.stores.store import find_top
from guestcheck.unpack.stream import EnoughError, Stream
from guestcheck.unpack.tar import Tar
from tests.readiness import making
from tests.sources.bounds import lower
from tests.test_guests import GUESTS, reader

QUESTIONS = {question.name: question for question in questions(deep=True)}
FUNCTION = (
    "0000:{:02x}:{:02x}.{} Ethernet controller [0200]: Red Hat, Inc. Virtio network device "
    "[1af4:1000]\n"
)


def recorded(name: str) -> Raw:
    from guestcheck.sources.bundle import Bundle

    folder = next(folder for folder in GUESTS if folder.name == name)
    return Bundle(folder.name, reader(folder)).gather(tuple(QUESTIONS.values()))


def evidence_of(question: str, *answers: Answer) -> Evidence:
    return read(Raw("test", {question: answers}), (QUESTIONS[question],))


class TestOneAnswer:
    def test_what_is_not_long_stays_as_it_is(self) -> None:
        raw = Raw("test", {"pci": (Answer("lspci", OK, "a\n" * 1000), Answer("lspci", "absent"))})
        assert bounded(raw) == raw

    @pytest.mark.parametrize(
        ("question", "most"), [("dmi", LONGEST_ANSWER), ("pci", LONGEST_LISTING)]
    )
    def test_a_long_one_is_cut_and_says_at_what_size(self, question: str, most: int) -> None:
        (answer,) = bounded(Raw("test", {question: (Answer("x", OK, "x" * (most + 1)),)})).answers[
            question
        ]
        assert (answer.status, len(answer.text), answer.detail) == (CUT, most, f"{most >> 20} MiB")

    @pytest.mark.parametrize(
        ("question", "most"), [("dmi", MOST_LINES), ("pci", bounds._LINES_OF_LISTINGS)]
    )
    def test_one_of_many_lines_is_cut_at_a_line(self, question: str, most: int) -> None:
        (answer,) = bounded(
            Raw("test", {question: (Answer("x", OK, "\n" * (most + 5) + "x"),)})
        ).answers[question]
        assert (answer.status, answer.text, answer.detail) == (CUT, "\n" * most, f"{most} lines")

    def test_the_gap_names_the_answer(self) -> None:
        found = evidence_of(
            "pci", Answer("lspci -nn", OK, FUNCTION.format(0, 3, 0) + "x" * LONGEST_LISTING)
        )
        assert [(gap.asked, gap.reason) for gap in found.gaps] == [
            ("lspci -nn", "too long; only the beginning was read (96 MiB)")
        ]
        assert [(one.asked, one.deep) for one in found.cut] == [("lspci -nn", False)]


class TestAllAnswers:
    def test_the_answers_to_one_question_share_its_budget_and_the_longest_pays(self) -> None:
        size = LONGEST_ANSWER // 2
        given = bounded(
            Raw(
                "test",
                {
                    "dmi": tuple(
                        Answer(f"{n}", OK, "x" * long)
                        for n, long in enumerate((size * 3, 100, size))
                    )
                },
            )
        ).answers["dmi"]
        assert [(one.status, len(one.text)) for one in given] == [
            (CUT, LONGEST_ANSWER - size - 100),
            (OK, 100),
            (OK, size),
        ]

    def test_what_one_question_gets_is_not_taken_from_others(self) -> None:
        flood = Answer("lscpu", OK, "y\n" * LONGEST_ANSWER)
        raw = Raw(
            "test",
            {
                **{f"question{n}": (flood,) for n in range(20)},
                "block": (Answer("lsblk", OK, "x" * 5000),),
            },
        )
        assert bounded(raw).answers["block"] == raw.answers["block"]

    def test_together_they_have_no_more_than_a_source_may_give_and_the_longest_keeps_its_beginning(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bounds, "MOST_TEXT", 100)
        monkeypatch.setattr(bounds, "BEGINNING", 10)
        given = bounded(
            Raw(
                "test",
                {
                    name: (Answer(name, OK, "x" * size),)
                    for name, size in (("pci", 40), ("block", 80), ("udev", 50))
                },
            )
        ).answers
        assert [(given[name][0].status, len(given[name][0].text)) for name in given] == [
            (OK, 40),
            (CUT, 10),
            (OK, 50),
        ]
        assert "all answers together have more than" in given["block"][0].detail

    def test_images_are_bounded_by_their_own_reader(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bounds, "MOST_TEXT", 100)
        raw = Raw(
            "test",
            {
                "pci": (Answer("lspci", OK, "x" * 100),),
                "initramfs": tuple(Answer(f"/boot/i{n}", OK, "x" * 60) for n in range(5)),
            },
        )
        assert bounded(raw) == raw

    def test_many_that_are_cut_are_some_gaps_and_a_number(self) -> None:
        found = evidence_of(
            "modprobe_conf",
            *(
                Answer(f"/etc/modprobe.d/{n}.conf", CUT, "blacklist a\n", "65536 bytes")
                for n in range(300)
            ),
        )
        assert len(found.gaps) == 21
        assert "280 more answers" in found.gaps[-1].reason

    def test_records_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(evidence, "_MOST_RECORDS", 20)
        found = evidence_of(
            "pci", Answer("lspci", OK, "".join(FUNCTION.format(0, n, 0) for n in range(30)))
        )
        records = found.get(QUESTIONS["pci"])
        assert isinstance(records, tuple)
        assert len(records) == 20
        assert "more than 20 were told of" in found.gaps[0].reason
        assert found.cut


class TestVerdicts:
    """What would be said for a lack in an answer is left open where that was cut; what stands in it
    counts.
    """

    def results(self, raw: Raw) -> List[str]:
        inventory = classify(build(read(raw, tuple(QUESTIONS.values()))))
        return [result.outcome for result in judge(inventory, all_checks())]

    @pytest.mark.parametrize(
        "question", ["pci", "block", "udev", "modules_builtin", "boot_entries", "modules_loaded"]
    )
    def test_no_check_passes(self, question: str) -> None:
        raw = recorded("lab-mixed-pc-bookworm")
        assert PASS in self.results(raw)
        answers = tuple(
            answer._replace(status=CUT, detail="8 MiB") for answer in raw.answers[question]
        )
        cut = self.results(raw._replace(answers={**raw.answers, question: answers}))
        assert PASS not in cut
        assert [outcome for outcome in cut if outcome in ("warn", "fail")]

    @pytest.mark.parametrize(
        "question",
        ["fstab", "modprobe_conf", "lvm_conf", "network_config", "boot_entries", "block"],
    )
    def test_nothing_boots_for_sure(self, question: str) -> None:
        whole = making.on("virtio-blk", making.machine())
        assert whole.verdict == "boots"
        cut = making.on(
            "virtio-blk", making.machine(more=[(question, Answer("x", CUT, "a b\n", "8 MiB"))])
        )
        assert cut.verdict != "boots"

    def test_a_driver_that_a_cut_list_does_not_name_may_be_built_in(self) -> None:
        text = "kernel/drivers/block/virtio_blk.ko\n"
        for status, expected in ((OK, {"6.1": frozenset({"virtio_blk"})}), (CUT, {})):
            assert (
                evidence_of(
                    "modules_builtin", Answer("/lib/modules/6.1/modules.builtin", status, text)
                ).get(QUESTIONS["modules_builtin"])
                == expected
            )
        assert (
            evidence_of("modules_loaded", Answer("/proc/modules", CUT, "a 1 0 - Live 0x0\n")).get(
                QUESTIONS["modules_loaded"]
            )
            is None
        )
        assert not evidence_of(
            "module_files", Answer("/lib/modules/6.1/modules.dep", CUT, "kernel/a.ko:\n")
        ).get(QUESTIONS["module_files"])

    def test_a_lack_in_a_cut_tree_is_none(self) -> None:
        text = "/sys/class/block/sda -> /sys/devices/x/sda\n"
        assert [
            evidence_of("sysfs", Answer("/sys/class/block/*", status, text))
            .get(QUESTIONS["sysfs"])
            .whole
            for status in (OK, CUT)
        ] == [True, False]  # type: ignore[union-attr]


def letters(number: int) -> str:
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(97 + rest) + name
    return name


SIZE = 1 << 20
WORST: Tuple[Tuple[str, str, str, Callable[[], str]], ...] = (
    ("pci", "lspci", "quotes never closed", lambda: '00:03.0 "' + '\\"' * (SIZE // 2)),
    (
        "pci",
        "lspci",
        "ids",
        lambda: "00:03.0 Ethernet controller [0200]: " + "[1af4:1000]" * (SIZE // 11),
    ),
    ("block", "lsblk", "a long name", lambda: 'NAME="sda" ' + "A" * SIZE),
    (
        "block",
        "lsblk",
        "disks",
        lambda: (
            "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\n"
            + "".join(f"sd{letters(n)} 8:{n} 0 20G 0 disk\n" for n in range(SIZE // 30))
        ),
    ),
    (
        "block",
        "lsblk",
        "deep JSON",
        lambda: '{"blockdevices":[' + '{"name":"sda","children":[' * (SIZE // 26),
    ),
    (
        "block",
        "lsblk",
        "JSON of nothing",
        lambda: '{"blockdevices":[{}' + ",{}" * (SIZE // 3) + "]}",
    ),
    ("boot_entries", "/boot/grub/grub.cfg", "submenus", lambda: "submenu a {\n" * (SIZE // 12)),
    (
        "boot_entries",
        "/boot/grub/grub.cfg",
        "entries",
        lambda: "menuentry 'A' {\n linux /v\n}\n" * (SIZE // 28),
    ),
    (
        "modprobe_conf",
        "/etc/modprobe.d/a.conf",
        "a line that goes on",
        lambda: "a \\\n" * (SIZE // 4),
    ),
    (
        "mdadm_conf",
        "/etc/mdadm.conf",
        "a line that goes on",
        lambda: "ARRAY /dev/md0\n" + " a\n" * (SIZE // 3),
    ),
    ("mdadm_conf", "/etc/mdadm.conf", "arrays", lambda: "ARRAY /dev/md0\n" * (SIZE // 15)),
    ("lvm_conf", "/etc/lvm/lvm.conf", "lists never closed", lambda: "filter = [\n" * (SIZE // 11)),
    (
        "network_config",
        "/etc/network/interfaces",
        "cards",
        lambda: "".join(f"auto e{n}\niface e{n} inet dhcp\n" for n in range(SIZE // 30)),
    ),
    (
        "network_config",
        "/etc/netplan/a.yaml",
        "cards",
        lambda: (
            "network:\n  ethernets:\n"
            + "".join(f"    e{n}:\n      dhcp4: true\n" for n in range(SIZE // 30))
        ),
    ),
    (
        "udev",
        "udevadm info --export-db",
        "devices",
        lambda: "".join(f"P: /devices/a/b{n}\nE: SUBSYSTEM=block\n\n" for n in range(SIZE // 40)),
    ),
    (
        "sysfs",
        "udevadm info -a /dev/sda",
        "devices",
        lambda: "".join(
            f"looking at device '/devices/a{n}':\nSUBSYSTEM==\"block\"\n" for n in range(SIZE // 50)
        ),
    ),
    (
        "ip_links",
        "ip -d address",
        "addresses",
        lambda: "1: eth0: <UP> mtu 1\n" + "    inet 10.0.0.1/24\n" * (SIZE // 21),
    ),
    (
        "scsi",
        "lsscsi",
        "disks",
        lambda: "".join(
            f"[{n}:0:0:0]    disk    QEMU     QEMU HARDDISK    2.5+  /dev/sd{letters(n)}\n"
            for n in range(SIZE // 60)
        ),
    ),
    (
        "dmi",
        "dmidecode",
        "handles",
        lambda: (
            "Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tFamily: x\n" * (SIZE // 70)
        ),
    ),
    (
        "modules_dep",
        "/lib/modules/6.1/modules.dep",
        "files",
        lambda: "".join(f"kernel/a{n}.ko: kernel/b.ko\n" for n in range(SIZE // 28)),
    ),
    ("fstab", "/etc/fstab", "lines", lambda: "/dev/sda1 /mnt ext4 defaults 0 2\n" * (SIZE // 33)),
)


@pytest.mark.tail(every=10)
@pytest.mark.parametrize(
    ("question", "asked", "text"),
    [(q, a, t) for q, a, _, t in WORST],
    ids=[f"{q}: {what}" for q, _, what, _ in WORST],
)
def test_a_parser_takes_no_more_than_its_length(
    question: str, asked: str, text: Callable[[], str]
) -> None:
    given = text()
    started = process_time()
    evidence_of(question, Answer(asked, OK, given))
    assert (
        process_time() - started < 8
    )  # less than one second; what grows with the square takes minutes


@pytest.mark.tail(every=5)
@pytest.mark.parametrize(
    "text",
    ["\n" * (1 << 20), "x" * (1 << 20), " " * (1 << 20)],
    ids=["empty lines", "one line", "blanks"],
)
@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_any_question_may_be_answered_with_mebibytes_of_nothing(question: str, text: str) -> None:
    started = process_time()
    evidence_of(question, Answer(QUESTIONS[question].name, OK, text))
    assert process_time() - started < 8


def archive(path: Path, files: Dict[str, bytes]) -> str:
    with tarfile.open(path, "w") as out:
        for name, data in files.items():
            member = tarfile.TarInfo(f"sosreport-x/{name}")
            member.size = len(data)
            out.addfile(member, io.BytesIO(data))
    return str(path)


class TestSources:
    def test_a_large_output_of_an_archive_is_cut_and_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_collected, "LONGEST_LISTING", 1000)
        text = "".join(FUNCTION.format(0, n, 0) for n in range(30))
        report = examine(
            open_source(
                [archive(tmp_path / "x.tar", {"sos_commands/pci/lspci_-nnvv": text.encode()})]
            )
        )
        assert [gap.reason for gap in report.gaps if gap.asked == "lspci -nnvv"] == [
            "too long; only the beginning was read (1000 bytes)"
        ]
        assert report.inventory.guest.pci
        assert PASS not in {result.outcome for result in report.results}

    def test_texts_of_an_archive_are_kept_up_to_a_bound_of_their_own(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "MOST_TEXT", 2000)
        files = {f"etc/network/{n}": b"x" * 1000 for n in range(5)}
        path = archive(tmp_path / "x.tar", {"boot/initrd.img-6": b"x" * 5000, **files})
        store = open_store([path], ("boot/**", "etc/**"))
        assert [
            len(store.inside(f"sosreport-x/{folder}")) for folder in ("boot", "etc/network")
        ] == [1, 3]  # of the third only the name
        assert "its texts that are of use here have more than" in store.troubles[0].reason

    def test_one_text_may_not_be_read_a_thousand_times(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "MOST_READ", 2500)
        (tmp_path / "a").write_bytes(b"x" * 1000)
        store = Folder(str(tmp_path))
        assert [len(store.read("a")[0]) for _ in range(4)] == [1000, 1000, 500, 0]
        assert [store.read("a")[1]] == [True]
        assert "all its texts together" in store.troubles[0].reason

    def test_folders_are_counted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        lower(monkeypatch, "MOST_LISTED", 5)
        for number in range(20):
            (tmp_path / f"{number:02}").mkdir()
            (tmp_path / f"{number:02}" / "x").touch()
        store = Folder(str(tmp_path))
        assert len(store.glob("*/*")) == 4
        assert "only 5 of its folders" in store.troubles[0].reason

    def test_what_holds_an_archive_is_looked_for_in_some_folders(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "_MOST_TOPS", 3)
        for number in range(9):
            (tmp_path / f"{number}").mkdir()
        (tmp_path / "2" / "mark").touch()
        (tmp_path / "8" / "other").touch()
        store = Folder(str(tmp_path))
        assert (find_top(store, "mark"), find_top(store, "other")) == ("2/", None)

    def test_folders_of_an_archive_are_counted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lower(monkeypatch, "MOST_FOLDERS", 5)
        path = archive(tmp_path / "x.tar", {f"{n}/a": b"x" for n in range(9)})
        store = open_store([path], ("**",))
        assert len(store.inside("sosreport-x")) == 4
        assert "it has more than 5 folders" in store.troubles[0].reason

    def test_records_of_headers_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from guestcheck.unpack import tar

        monkeypatch.setattr(tar, "_MOST_RECORDS", 50)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as made:
            for number in range(10):
                member = tarfile.TarInfo(f"{number}")
                member.pax_headers = {f"comment{key}": "x" for key in range(10)}
                made.addfile(member)
        members = iter(Tar(Stream(io.BytesIO(out.getvalue()), 1 << 20, 60)))
        assert [next(members).name for _ in range(5)] == ["0", "1", "2", "3", "4"]
        with pytest.raises(EnoughError, match="more than 50 records"):
            next(members)


class TestSecrets:
    def test_lines_beyond_what_is_looked_at_are_starred_whole(self) -> None:
        told = mask(
            b"1 password=geheim ro\n2 password=geheim ro\n3 password=geheim ro\n", Looks(150)
        )
        assert told == b"1 password=***** ro\n" + (b"* *************** **\n" * 2)

    def test_a_line_that_was_looked_at_is_not_looked_at_again(self) -> None:
        told = mask(b"a password=geheim ro\n" * 3, Looks(150))
        assert told == b"a password=***** ro\n" * 3

    def test_a_text_whose_lines_were_starred_whole_is_cut(self) -> None:
        text = "".join(f"{number} password=geheim ro\n" for number in range(3))
        assert masked(Answer("x", OK, text), Looks(1000)).status == OK
        answer = masked(Answer("x", OK, text), Looks(150))
        assert (answer.status, "replaced by stars" in answer.detail) == (CUT, True)

    def test_a_long_line_is_looked_at_in_part(self) -> None:
        told = mask(b"password=x " + b"y" * 500, Looks(300))
        assert told.startswith(b"password=***** yyyy")
        assert told.endswith(b"*" * 100)
        assert len(told) == 515  # each secret is five stars, whatever its length


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz"])
@pytest.mark.parametrize("length", [5, 300, 600, 1000])
def test_an_archive_that_was_cut_before_its_mark_says_so(
    tmp_path: Path, name: str, length: int
) -> None:
    import bz2
    import gzip
    import lzma
    import random

    noise = random.Random(1)
    path = archive(
        tmp_path / "whole.tar",
        {
            **{f"etc/x{n}": bytes(noise.randrange(256) for _ in range(900)) for n in range(5)},
            "sos_commands/pci/lspci": b"x",
        },
    )
    data = Path(path).read_bytes()
    packed = {
        "tar": data,
        "gz": gzip.compress(data),
        "bz2": bz2.compress(data),
        "xz": lzma.compress(data),
    }[name.rpartition(".")[2]]
    (tmp_path / name).write_bytes(packed[:length])
    with pytest.raises(NoEvidenceError, match="damaged or cut short"):
        open_source([str(tmp_path / name)])


DATABASE = "\n\n".join(
    f"P: /devices/virtio{n}/block/vd{n}\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\nE: DEVNAME=/dev/vd{n}"
    for n in range(9)
)
LSHW_TREE = "".join(
    f"  *-network:{n}\n       logical name: eth{n}\n       bus info: pci@0000:00:{n:02x}.0\n"
    for n in range(9)
)
ROWS = json.dumps(
    {"blockdevices": [{"name": f"vd{n}", "type": "disk", "maj:min": f"254:{n}"} for n in range(9)]}
)


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        ("guestcheck.evidence.linux.udev_as_sysfs._MOST_DEVICES", DATABASE),
        ("guestcheck.evidence.linux.lshw._MOST", LSHW_TREE),
        (
            "guestcheck.evidence.linux.block._MOST_ROWS",
            f"{ROWS}\n\n$ lsblk\nNAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\nvda  254:0    0  "
            "20G  0 disk\n",
        ),
    ],
    ids=["udev", "lshw", "one lsblk of two"],
)
def test_a_parser_that_reads_no_further_says_so_in_the_headline(
    bound: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text(text)
    assert "as far as was read" not in headline(tmp_path / "a.txt")
    monkeypatch.setattr(bound, 4)
    said = headline(tmp_path / "a.txt")
    assert ("as far as was read" in said, "more than 4" in said) == (True, True)


def headline(path: Path) -> str:
    from guestcheck.render.sentences import sentence

    return sentence(examine(open_source([str(path)])))
