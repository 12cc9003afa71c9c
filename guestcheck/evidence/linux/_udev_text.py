"""udev's records in one form: what `udevadm info` prints with --query=property becomes the
database's P: and E: lines.

Such a record is a list of KEY=value in any order; DEVPATH is what P: is in the database. See
udevadm(8).
"""

from typing import Dict, Iterator, List

# What udev's rules report of the disk in the record of each of its partitions:
# 60-persistent-storage.rules.
_OF_THE_DISK = (
    "ID_BUS",
    "ID_MODEL",
    "ID_VENDOR",
    "ID_SERIAL",
    "ID_SERIAL_SHORT",
    "ID_REVISION",
    "ID_TYPE",
    "ID_ATA",
    "ID_WWN",
)
_PARTITION = ("PARTN", "PARTNAME", "ID_PART_ENTRY_NUMBER")


def as_database(text: str) -> str:
    """Return the text with each record as P: and E: lines; what has these already stays as it is.

    >>> print(as_database("DEVTYPE=disk\\nDEVPATH=/devices/x/block/sda\\n"))
    P: /devices/x/block/sda
    E: DEVTYPE=disk
    E: DEVPATH=/devices/x/block/sda
    E: SUBSYSTEM=block
    <BLANKLINE>
    """
    if "\nP: /" in f"\n{text}":
        return text
    lines = [line.strip() for line in text.replace("\r", "").split("\n")]
    if any(line.startswith("P: /") for line in lines):
        return "\n".join(lines)  # an indented copy
    records = [record for record in _records(lines) if record.get("DEVPATH", "").startswith("/")]
    if not records:
        return text
    for record in records:
        _complete(record)
    disks = {disk["DEVPATH"]: disk for disk in map(_disk_of, records) if disk}
    shown = [
        *records,
        *(disks[path] for path in disks.keys() - {record["DEVPATH"] for record in records}),
    ]
    return "\n".join(
        f"P: {record['DEVPATH']}\n"
        + "".join(f"E: {key}={value}\n" for key, value in record.items())
        for record in shown
    )


def _records(lines: List[str]) -> Iterator[Dict[str, str]]:
    """Yield the records: an empty line, or a key that comes again, begins the next one."""
    record: Dict[str, str] = {}
    for line in lines:
        key, mark, value = line[3 if line.startswith("E: ") else 0 :].partition("=")
        if (not line or key in record) and record:
            yield record
            record = {}
        if mark:
            record[key] = value.strip("'")  # quoted with --export
    if record:
        yield record


def _complete(record: Dict[str, str]) -> None:
    """Add what the path tells where only some lines were pasted."""
    folders = record["DEVPATH"].split("/")
    if any(key in record for key in _PARTITION):
        record.setdefault("DEVTYPE", "partition")
    for subsystem, place in (("block", -2), ("block", -3), ("net", -2)):
        if len(folders) > 2 and folders[place] == subsystem:
            record.setdefault("SUBSYSTEM", subsystem)
            if place == -3:
                record.setdefault("DEVTYPE", "partition")


def _disk_of(record: Dict[str, str]) -> Dict[str, str]:
    """Return the record of the disk that a partition is on; nothing for what is no partition."""
    above, _, _ = record["DEVPATH"].rpartition("/")
    folder, _, name = above.rpartition("/")
    if record.get("DEVTYPE") != "partition" or not folder.endswith("/block"):
        return {}
    known = {key: record[key] for key in _OF_THE_DISK if key in record}
    return {
        "DEVPATH": above,
        **known,
        "DEVNAME": f"/dev/{name}",
        "DEVTYPE": "disk",
        "SUBSYSTEM": "block",
    }
