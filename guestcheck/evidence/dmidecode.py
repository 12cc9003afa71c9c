"""The machine's maker and model by dmidecode's text, under the names that /sys/class/dmi/id has for them. See dmidecode(8)."""

from typing import Dict

# By the structure's heading and the field's name there; drivers/firmware/dmi-id.c has the names of the files.
_FIELDS = {
    ("BIOS Information", "Vendor"): "bios_vendor",
    ("BIOS Information", "Version"): "bios_version",
    ("System Information", "Manufacturer"): "sys_vendor",
    ("System Information", "Product Name"): "product_name",
    ("System Information", "Version"): "product_version",
    ("System Information", "Family"): "product_family",
    ("System Information", "SKU Number"): "product_sku",
    ("Base Board Information", "Manufacturer"): "board_vendor",
    ("Base Board Information", "Product Name"): "board_name",
    ("Chassis Information", "Manufacturer"): "chassis_vendor",
    ("Chassis Information", "Asset Tag"): "chassis_asset_tag",
}
# What dmidecode prints where there is no text; the files in /sys are empty then.
_EMPTY = ("Not Specified", "<BAD INDEX>")


def parse_dmidecode(text: str) -> Dict[str, str]:
    """Read dmidecode's output; of several structures of one kind the first counts.

    >>> parse_dmidecode('''Handle 0x0100, DMI type 1, 27 bytes
    ... System Information
    ... \\tManufacturer: QEMU
    ... \\tProduct Name: Standard PC (i440FX + PIIX, 1996)
    ... \\tSerial Number: Not Specified
    ... ''')
    {'sys_vendor': 'QEMU', 'product_name': 'Standard PC (i440FX + PIIX, 1996)'}
    """
    found: Dict[str, str] = {}
    heading = ""
    for line in text.replace("\r", "").split("\n"):
        stripped = line.strip()
        name, colon, value = stripped.partition(":")
        if not stripped or stripped.startswith("Handle "):
            heading = ""
        elif not heading and not colon:
            heading = stripped
        elif colon:
            field = _FIELDS.get((heading, name))
            if field and value.strip() not in _EMPTY:
                found.setdefault(field, value.strip())
    return {field: value for field, value in found.items() if value}
