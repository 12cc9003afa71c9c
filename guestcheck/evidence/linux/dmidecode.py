"""The machine's maker and model as dmidecode prints them, from any of its types, also where lines
or their indentation were lost.

Fields have the names of /sys/class/dmi/id. See dmidecode(8); the sections are those of the SMBIOS
specification, types 0 to 3.
"""

from __future__ import annotations

from typing import Dict

# By section: what dmidecode calls a field, and its name in /sys.
_SECTIONS: Dict[str, Dict[str, str]] = {
    "BIOS Information": {
        "Vendor": "bios_vendor",
        "Version": "bios_version",
        "Release Date": "bios_date",
    },
    "System Information": {
        "Manufacturer": "sys_vendor",
        "Vendor": "sys_vendor",  # dmidecode before 2.4
        "Product Name": "product_name",
        "Product": "product_name",
        "Version": "product_version",
        "Family": "product_family",
        "SKU Number": "product_sku",
    },
    "Base Board Information": {
        "Manufacturer": "board_vendor",
        "Vendor": "board_vendor",
        "Product Name": "board_name",
        "Product": "board_name",
    },
    "Chassis Information": {
        "Manufacturer": "chassis_vendor",
        "Vendor": "chassis_vendor",
        "Asset Tag": "chassis_asset_tag",
    },
}
_TYPES = {
    "0": "BIOS Information",
    "1": "System Information",
    "2": "Base Board Information",
    "3": "Chassis Information",
}
_NOTHING = ("Not Specified", "Not Present", "<OUT OF SPEC>", "<BAD INDEX>", "None")


def parse_dmidecode(text: str) -> Dict[str, str]:
    """Read dmidecode's output; of several structures of a kind the first counts.

    >>> parse_dmidecode('''
    ... Handle 0x0100, DMI type 1, 27 bytes
    ... System Information
    ... \\tManufacturer: QEMU
    ... \\tProduct Name: Standard PC (i440FX + PIIX, 1996)
    ... ''')
    {'sys_vendor': 'QEMU', 'product_name': 'Standard PC (i440FX + PIIX, 1996)'}
    """
    found: Dict[str, str] = {}
    complete = set()
    section = ""
    for raw in text.split("\n"):
        line = raw.strip()
        if line.startswith(("Handle 0x", "DMI type ")):
            complete.add(section)
            kind = line.rpartition("DMI type ")[2].partition(",")[0]
            section = _TYPES.get(kind, "-")
            continue
        if (
            line.endswith(("Information", "Strings", "Device", "Array", "Configuration"))
            and ":" not in line
        ):
            if line != section:
                complete.add(section)
                section = line
            continue
        fields = _SECTIONS.get(section)
        name, colon, value = line.partition(":")
        value = value.strip()
        if (
            fields
            and colon
            and section not in complete
            and name in fields
            and value
            and value not in _NOTHING
        ):
            found.setdefault(fields[name], value)
    if not found:
        raise ValueError("dmidecode tells neither maker nor model (without root it cannot)")
    return found
