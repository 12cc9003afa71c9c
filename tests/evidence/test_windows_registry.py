"""The registry's text: what `reg export` writes and what sources here write becomes the same keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.evidence import questions
from guestcheck.evidence.windows.registry import REGISTRY, SELECT, SERVICES
from guestcheck.evidence.windows.registry_text import HEADER, Keys, parse_export
from guestcheck.model.family import WINDOWS
from guestcheck.model.source import DENIED, OK, Answer

SERVICE = "HKLM\\SYSTEM\\ControlSet001\\Services\\viostor"


def keys(*lines: str) -> Keys:
    text = "\n".join(
        [HEADER, "", "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\viostor]", *lines, ""]
    )
    return REGISTRY.parse([Answer(SERVICES.key, OK, text)])


class TestValues:
    def test_numbers(self) -> None:
        key = keys(
            '"Start"=dword:00000000',
            '"Type"=dword:0000002a',
            '"Big"=hex(b):01,00,00,00,00,00,00,80',
        ).get(SERVICE)
        assert (
            key.number("start"),
            key.number("TYPE"),
            key.number("big"),
            key.number("other"),
        ) == (
            0,
            42,
            None,
            None,
        )  # a number of 64 bits is none where Windows wants 32

    @pytest.mark.parametrize(
        "written",
        [
            'expand:"system32\\\\drivers\\\\viostor.sys"',
            '"system32\\\\drivers\\\\viostor.sys"',
            "hex(2):"
            + ",".join(
                f"{byte:02x}" for byte in "system32\\drivers\\viostor.sys\0".encode("utf-16-le")
            ),
        ],
    )
    def test_a_text_in_each_form(self, written: str) -> None:
        assert (
            keys(f'"ImagePath"={written}').get(SERVICE).text("imagepath")
            == "system32\\drivers\\viostor.sys"
        )

    def test_an_export_breaks_long_lines(self) -> None:
        first, second = "73,00,79,00,73,00,74,00", "65,00,6d,00,00,00"
        assert (
            keys(f'"ImagePath"=hex(2):{first},\\', f"  {second}").get(SERVICE).text("ImagePath")
            == "system"
        )

    @pytest.mark.parametrize(
        "written",
        [
            'multi:"10.0.0.1","10.0.0.2"',
            "hex(7):" + ("10.0.0.1\0" + "10.0.0.2\0\0").encode("utf-16-le").hex(","),
        ],
    )
    def test_several_texts(self, written: str) -> None:
        assert keys(f'"IPAddress"={written}').get(SERVICE).texts("IPAddress") == (
            "10.0.0.1",
            "10.0.0.2",
        )

    def test_none_of_several_texts(self) -> None:
        assert keys('"IPAddress"=multi:').get(SERVICE).values["ipaddress"].data == ()

    def test_the_default_value_and_what_is_quoted(self) -> None:
        key = keys('@="viostor.inf"', '"a\\"b\\\\c"="d\\"e"').get(SERVICE)
        assert key.text("") == "viostor.inf"
        assert key.text('a"b\\c') == 'd"e'

    def test_bytes(self) -> None:
        assert (
            keys('"oem3.inf"=hex:01,ff,00,00').get(SERVICE).values["oem3.inf"].data
            == b"\x01\xff\0\0"
        )

    @pytest.mark.parametrize(
        "line",
        [
            '"Start"=dword:zz',
            '"Start"=hex:123',
            '"Start',
            '"Start"="0',
            "Start=0",
            '"Start"',
            "=",
            '"Start"=hex(fffffffff):00',
        ],
    )
    def test_what_cannot_be_read_is_passed_over(self, line: str) -> None:
        key = keys(line, '"Type"=dword:00000001').get(SERVICE)
        assert key.number("Start") is None
        assert key.number("Type") == 1


class TestKeys:
    TEXT = (
        f"\ufeff{HEADER}\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\viostor]\r\n\r\n; "
        "said by nobody\r\n"
        '[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\VioSCSI]\r\n"Start"=dword:00000003\r\n'
    )

    def test_lines_of_windows(self) -> None:
        found = REGISTRY.parse([Answer(SERVICES.key, OK, self.TEXT)])
        assert found.names("HKLM\\system\\controlset001\\SERVICES") == ("viostor", "VioSCSI")
        assert [
            key.number("Start") for key in found.below("HKLM\\SYSTEM\\ControlSet001\\Services")
        ] == [None, 3]
        assert found.names("HKLM\\SYSTEM") == ("ControlSet001",)

    def test_what_was_read_and_is_not_there(self) -> None:
        found = REGISTRY.parse(
            [Answer(SERVICES.key, OK, self.TEXT), Answer(SELECT.key, DENIED, "")]
        )
        assert found.knows(SERVICES)
        assert not found.knows(SELECT)
        assert found.has("HKLM\\SYSTEM\\ControlSet001\\Services\\vioscsi")
        assert not found.has("HKLM\\SYSTEM\\ControlSet001\\Services\\netkvm")
        assert found.get("HKLM\\SYSTEM\\Select").values == {}

    def test_two_answers_of_one_key_are_one(self) -> None:
        again = Answer(
            "x",
            OK,
            f'{HEADER}\n[HKLM\\SYSTEM\\ControlSet001\\Services\\vioscsi]\n"Type"=dword:00000001\n',
        )
        key = REGISTRY.parse([Answer(SERVICES.key, OK, self.TEXT), again]).get(
            "HKLM\\SYSTEM\\ControlSet001\\Services\\vioscsi"
        )
        assert (key.number("Start"), key.number("Type")) == (3, 1)

    def test_no_export(self) -> None:
        with pytest.raises(ValueError, match="no export"):
            REGISTRY.parse(
                [
                    Answer(
                        SERVICES.key,
                        OK,
                        "ERROR: The system was unable to find the specified registry key",
                    )
                ]
            )
        assert not REGISTRY.parse([Answer(SERVICES.key, DENIED, "access denied")]).has("HKLM")

    @given(st.text(alphabet='[]\\"=@dwordhexmulti:(),;0f\n\r\0\ufffe', max_size=80))
    def test_any_text(self, text: str) -> None:
        assert (
            parse_export(f"{HEADER}\n[HKEY_LOCAL_MACHINE\\SYSTEM]\n{text}")[0].path
            == "HKLM\\SYSTEM"
        )


class TestQuestions:
    def test_no_other_guest_is_asked(self) -> None:
        mine = {question.name for question in questions(WINDOWS, deep=True)}
        assert mine >= {"windows_registry", "windows_policies", "windows_state", "windows_files"}
        assert all(name.startswith("windows_") for name in mine)
        assert not mine & {question.name for question in questions(deep=True)}

    def test_a_lack_is_told(self) -> None:
        assert not REGISTRY.quiet
        assert REGISTRY.without
