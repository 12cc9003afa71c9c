"""Makes of a recorded guest what somebody would paste of it, and of that what mails, tickets and
terminals make.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

FIXTURES = Path(__file__).parents[1] / "fixtures"
GUESTS = sorted(path.parent for path in (FIXTURES / "guests").glob("*/manifest.json"))

Shown = List[Tuple[str, str]]  # commands and what they printed


def read(folder: Path, name: str) -> bytes:
    """Return a file of a recording; large ones are shared."""
    return (FIXTURES / "shared" / name[1:] if name.startswith("@") else folder / name).read_bytes()


def answers(folder: Path) -> Dict[str, str]:
    """Return the texts of a recording by what was asked."""
    manifest = json.loads((folder / "manifest.json").read_text())
    told = (entry for entry in manifest["answers"] if entry["file"])
    return {
        entry["asked"]: read(folder, entry["file"]).decode("utf-8", "replace") for entry in told
    }


def shown(folder: Path) -> Shown:
    """Return what a terminal would show of the guest: the usual commands in their usual forms."""
    told = answers(folder)
    found: Shown = []
    vmm = told.get("lspci -Dvmmnnk", "")
    if vmm:
        found.append(("lspci -nnk", lspci_list(vmm)))
    lsblk = next((text for asked, text in told.items() if asked.startswith("lsblk -J")), "")
    if lsblk and json.loads(lsblk)["blockdevices"]:
        found.append(
            ("lsblk -o NAME,MAJ:MIN,RM,SIZE,RO,TYPE,TRAN,SUBSYSTEMS,MOUNTPOINT", lsblk_table(lsblk))
        )
    links = told.get("/sys/class/block/*", "")
    if links:
        found.append(("ls -l /sys/class/block", listing(links)))
    found += [(asked, text) for asked, text in told.items() if asked.startswith("ethtool -i ")]
    found += [("systemd-detect-virt", told.get("systemd-detect-virt --vm", "none\n"))]
    found += [(asked, told[asked]) for asked in ("lscpu", "lsscsi") if told.get(asked)]
    found.append(("dmidecode", dmidecode(told)))
    found += [
        (f"cat {asked}", told[asked])
        for asked in ("/proc/cmdline", "/etc/os-release", "/proc/cpuinfo")
        if told.get(asked)
    ]
    if told.get("/proc/modules"):
        found.append(("lsmod", lsmod(told["/proc/modules"])))
    return [(command, text) for command, text in found if text]


def lspci_list(vmm: str, ids: bool = True) -> str:
    """Return what `lspci -nnk` (or `lspci -k`) prints, of `lspci -Dvmmnnk`."""
    out = []
    for block in vmm.split("\n\n"):
        tags = dict(line.split(":\t", 1) for line in block.split("\n") if ":\t" in line)
        modules = [
            line.split("\t", 1)[1] for line in block.split("\n") if line.startswith("Module:")
        ]
        if "Slot" not in tags:
            continue
        vendor, device = split(tags["Vendor"]), split(tags["Device"])
        kind = split(tags["Class"])
        revision = f" (rev {tags['Rev']})" if "Rev" in tags else ""
        slot = tags["Slot"][5:] if tags["Slot"].startswith("0000:") else tags["Slot"]
        end = f" [{vendor[1]}:{device[1]}]" if ids else ""
        out.append(
            f"{slot} {kind[0]}{f' [{kind[1]}]' if ids else ''}: {vendor[0]} {device[0]}{end}{revision}"
        )
        if "SVendor" in tags:
            subvendor, subdevice = split(tags["SVendor"]), split(tags["SDevice"])
            out.append(
                f"\tSubsystem: {subvendor[0]} {subdevice[0]}"
                + (f" [{subvendor[1]}:{subdevice[1]}]" if ids else "")
            )
        if "Driver" in tags:
            out.append(f"\tKernel driver in use: {tags['Driver']}")
        if modules:
            out.append(f"\tKernel modules: {', '.join(modules)}")
    return "\n".join(out) + "\n"


def split(text: str) -> Tuple[str, str]:
    """Part `Host bridge [0600]` into name and id."""
    match = re.match(r"(.*) \[([0-9a-f]{4})\]$", text)
    return (match[1], match[2]) if match else (text, "")


def lsblk_table(text: str) -> str:
    """Return lsblk's tree, of its JSON."""
    rows: List[List[str]] = []

    def walk(nodes: List[Dict[str, Any]], lead: str, top: bool) -> None:
        for number, node in enumerate(nodes):
            last = number == len(nodes) - 1
            branch = "" if top else lead + ("└─" if last else "├─")
            flag = {True: "1", False: "0", None: "0"}
            rows.append(
                [
                    branch + str(node["name"]),
                    "8:0",
                    flag[node.get("rm")],
                    f"{int(node.get('size') or 0) // 1048576}M",
                    flag[node.get("ro")],
                    str(node.get("type")),
                    str(node.get("tran") or ""),
                    str(node.get("subsystems") or ""),
                    str(node.get("mountpoint") or ""),
                ]
            )
            walk(node.get("children", []), lead + ("" if top else "  " if last else "│ "), False)

    walk(json.loads(text)["blockdevices"], "", True)
    names = ["NAME", "MAJ:MIN", "RM", "SIZE", "RO", "TYPE", "TRAN", "SUBSYSTEMS", "MOUNTPOINT"]
    right = (1, 2, 3, 4)
    widths = [max(len(row[place]) for row in [names, *rows]) for place in range(len(names))]
    lines = [
        " ".join(
            cell.rjust(widths[n]) if n in right else cell.ljust(widths[n])
            for n, cell in enumerate(row)
        ).rstrip()
        for row in [names, *rows]
    ]
    return "\n".join(lines) + "\n"


def listing(facts: str) -> str:
    """Return what `ls -l` shows of a folder of links, of a recording's tree."""
    found = ["total 0"]
    for line in facts.split("\n"):
        name, mark, real = line.partition(" -> ")
        if mark and name.count("/") == 4:
            found.append(
                f"lrwxrwxrwx 1 root root 0 Nov 24 10:00 {name.rpartition('/')[2]} -> "
                f"../..{real[4:]}"
            )
    return "\n".join(found) + "\n"


def dmidecode(told: Dict[str, str]) -> str:
    """Return what dmidecode prints of the machine, of the files in /sys."""

    def of(field: str) -> str:
        return told.get(f"/sys/class/dmi/id/{field}", "Not Specified").strip() or "Not Specified"

    return (
        "# dmidecode 3.4\nGetting SMBIOS data from sysfs.\nSMBIOS 2.8 present.\n9 structures "
        "occupying 397 bytes.\n\n"
        "Handle 0x0000, DMI type 0, 24 bytes\nBIOS "
        f"Information\n\tVendor: {of('bios_vendor')}\n\tVersion: {of('bios_version')}\n"
        "\tCharacteristics:\n\t\tBIOS characteristics not supported\n\t\tTargeted content "
        "distribution is supported\n\n"
        "Handle 0x0100, DMI type 1, 27 bytes\nSystem "
        f"Information\n\tManufacturer: {of('sys_vendor')}\n\tProduct "
        f"Name: {of('product_name')}\n"
        f"\tVersion: {of('product_version')}\n\tSerial Number: Not Specified\n\n"
        "Handle 0x0300, DMI type 3, 22 bytes\nChassis "
        f"Information\n\tManufacturer: {of('chassis_vendor')}\n\tType: Other\n"
    )


def lsmod(modules: str) -> str:
    """Return lsmod's table, of /proc/modules."""
    out = ["Module                  Size  Used by"]
    for line in modules.split("\n"):
        words = line.split()
        if len(words) > 3:
            out.append(f"{words[0]:<19} {words[1]:>8}  {words[2]} {words[3].strip(',-')}".rstrip())
    return "\n".join(out) + "\n"


def session(parts: Shown, prompt: str = "[root@guest ~]# ") -> str:
    """Return a terminal's text: each command behind the prompt, and what it printed."""
    return "".join(f"{prompt}{command}\n{text}" for command, text in parts) + f"{prompt}\n"


def bare(parts: Shown) -> str:
    """Return the outputs without commands, an empty line between them; words that mean nothing
    alone are left out.
    """
    return "\n".join(
        text for command, text in parts if not command.startswith("systemd-detect-virt")
    )


def each_line(change: Callable[[str], str]) -> Callable[[str], str]:
    """Return what changes each line of a text."""
    return lambda text: "\n".join(change(line) for line in text.split("\n"))


def colours(text: str) -> str:
    """Return the text as script(1) records it: coloured, with a title for the terminal, and
    carriage returns.
    """
    text = re.sub(
        r"^(\[root@guest ~\]# )",
        "\x1b]0;root@guest:~\x07\x1b[01;32m\\1\x1b[00m\x1b[K",
        text,
        flags=re.M,
    )
    text = re.sub(r"\b(sd[a-z]\d?|vd[a-z]\d?)\b", "\x1b[01;33m\\1\x1b[0m", text)
    return f"Script started on 2026-11-24 10:00:00+00:00\r\n{text}".replace("\n", "\r\n")


def entities(text: str) -> str:
    """Return the text as a web page has it."""
    return (
        "<pre>"
        + text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        + "</pre>"
    )


def markdown(text: str) -> str:
    """Return the text as a converter to Markdown escapes it."""
    return re.sub(r"([\[\]_*#])", r"\\\1", text)


def numbered(text: str) -> str:
    """Return the text with the numbers of `grep -n`."""
    return "\n".join(f"{number}:{line}" for number, line in enumerate(text.split("\n"), 1))


def counted(text: str) -> str:
    """Return the text as `cat -n` shows it."""
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(text.split("\n"), 1))


def wrapped(text: str) -> str:
    """Return the text wrapped at 72 columns, as mail programs do it."""
    return "\n".join(
        "\n".join(
            textwrap.wrap(
                line, 72, drop_whitespace=False, break_long_words=False, break_on_hyphens=False
            )
        )
        or line
        for line in text.split("\n")
    )


def fenced(text: str) -> str:
    """Return a ticket in Markdown, with some words around the text."""
    return (
        "### What happens\n\nThe disks are slow since the move, see "
        f"below.\n\n```console\n{text}```\n\nAny idea? Thanks in advance.\n"
    )


def mail(text: str) -> str:
    """Return an answer to a mail with the text in it."""
    quoted = "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))
    return (
        "On Tue, Nov 24, 2026 at 10:00 AM Somebody <somebody@example.org> "
        f"wrote:\n>\n{quoted}\n\nThat looks fine to me, what does the host say?\n"
    )


# What loses nothing: all that was known before is known after.
LIGHT: Dict[str, Callable[[str], str]] = {
    "as it is": str,
    "quoted mail": mail,
    "mail quoted twice": lambda text: mail(mail(text)),
    "quoted without blanks": each_line(lambda line: f">{line}"),
    "fenced": fenced,
    "tildes": lambda text: f"~~~\n{text}~~~\n",
    "indented by four": each_line(lambda line: f"    {line}"),
    "indented by a tab": each_line(lambda line: f"\t{line}"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "tabs turned into blanks": lambda text: text.expandtabs(8),
    "blanks at the ends": each_line(lambda line: f"{line}   "),
    "no-break spaces": lambda text: text.replace("  ", "\u00a0 "),
    "script with colours": colours,
    "web page": entities,
    "BBCode": lambda text: f"[quote=somebody][code]{text}[/code][/quote]",
    "grep -n": numbered,
    "cat -n": counted,
    "with a byte order mark": lambda text: f"\ufeff{text}",
    "quoted and fenced": lambda text: mail(fenced(text)),
    "without prompts": lambda text: text.replace("[root@guest ~]# ", ""),
    "user's prompt": lambda text: text.replace("[root@guest ~]# ", "me@guest:~$ sudo "),
    "plain prompt": lambda text: text.replace("[root@guest ~]# ", "$ "),
    "SUSE's prompt": lambda text: text.replace("[root@guest ~]# ", "guest:~ # "),
    "root's bare prompt": lambda text: text.replace("[root@guest ~]# ", "# "),
    "commands as headings": lambda text: re.sub(
        r"^\[root@guest ~\]# (.*)$", r"\n### `\1`\n", text, flags=re.M
    ),
    "empty lines between": lambda text: text.replace("[root@guest ~]# ", "\n\n[root@guest ~]# "),
}

# What may lose something, and never makes anything wrong.
HEAVY: Dict[str, Callable[[str], str]] = {
    "indentation lost": each_line(str.lstrip),
    "blanks run together": each_line(lambda line: re.sub(r"[ \t]+", " ", line)),
    "wrapped": wrapped,
    "wrapped and quoted": lambda text: mail(wrapped(text)),
    "wrapped and indentation lost": lambda text: each_line(str.lstrip)(wrapped(text)),
    "Markdown escapes": markdown,
    "first lines cut": lambda text: "\n".join(text.split("\n")[3:]),
    "more first lines cut": lambda text: "\n".join(text.split("\n")[40:]),
    "last lines cut": lambda text: "\n".join(text.split("\n")[:-30]),
    "cut in the middle of a line": lambda text: text[len(text) // 5 : len(text) * 2 // 3],
    "every third line lost": lambda text: "\n".join(
        line for number, line in enumerate(text.split("\n")) if number % 3
    ),
    "every seventh line lost": lambda text: "\n".join(
        line for number, line in enumerate(text.split("\n")) if number % 7
    ),
    "empty lines everywhere": lambda text: text.replace("\n", "\n\n"),
    "no empty lines": lambda text: re.sub(r"\n+", "\n", text),
    "all on one line": lambda text: text.replace("\n", " "),
    "lower case": str.lower,
    "cut at 60 columns": each_line(lambda line: line[:60]),
    "tree's lines lost": lambda text: text.replace("└─", "").replace("├─", "").replace("│", ""),
    "tree's lines in ASCII": lambda text: (
        text.replace("└─", "`-").replace("├─", "|-").replace("│", "|")
    ),
    "read as Latin-1": lambda text: text.encode("utf-8").decode("latin-1"),
    "question marks for what is not ASCII": lambda text: text.encode("ascii", "replace").decode(),
    "two at once": lambda text: text + text,
}
