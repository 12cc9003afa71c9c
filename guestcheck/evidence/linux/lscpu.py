"""The processor as lscpu prints it, as a list, as JSON, and in the languages that util-linux
speaks.

Only values are looked at where names may be translated: the hypervisor vendors that lscpu knows
(util-linux, sys-utils/lscpu-virt.c) are the same in all languages. See lscpu(1).
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Tuple

from guestcheck.catalogue.hypervisors import HYPERVISORS
from guestcheck.model.digits import is_digits

# Of those it knows, those that are of no other vendor: IBM and Hitachi may be the processor's
# maker.
_VENDORS = frozenset((*(word for row in HYPERVISORS for word in row.lscpu), "Apple"))
_ARCHITECTURES = frozenset(
    [
        "x86_64",
        "i686",
        "i586",
        "i386",
        "aarch64",
        "armv7l",
        "armv6l",
        "ppc64",
        "ppc64le",
        "s390",
        "s390x",
        "riscv64",
        "ia64",
        "loongarch64",
    ],
)


# "Model name" as util-linux's translations have it (po/); of a name that is missing here only the
# model stays unknown.
_MODEL = frozenset(
    (
        "Model name",
        "Modellname",
        "Nom de modèle",
        "Nom du modèle",
        "Nombre del modelo",
        "Nome do modelo",
        "Nome modello",
        "Nome del modello",
        "Modelnaam",
        "Modellnamn",
        "Modelnavn",
        "Nazwa modelu",
        "Název modelu",
        "Имя модели",
        "Название модели",
        "Назва моделі",
        "型号名称",
        "型號名稱",
        "モデル名",
        "모델명",
    )
)


class Processor(NamedTuple):
    """The hypervisor's vendor ("" where none is named), the architecture, the model, the
    "hypervisor" flag, and the number of processors.

    None stands for what was not told: the flag where no flags are listed.
    """

    vendor: str
    architecture: str
    model: str
    hypervisor_flag: Optional[bool]
    cpus: Optional[int] = None


def parse_lscpu(text: str) -> Processor:
    """Read lscpu's output.

    >>> parse_lscpu("Architektur:  x86_64\\nHypervisor-Anbieter:  KVM\\n")
    Processor(vendor='KVM', architecture='x86_64', model='', hypervisor_flag=None, cpus=None)
    """
    vendor = architecture = model = ""
    flag: Optional[bool] = None
    cpus: Optional[int] = None
    last = ""
    for name, value in _fields(text):
        # In every language the number of processors is followed by the list of those that are
        # online.
        if (
            cpus is None
            and is_digits(last)
            and len(last) < 7
            and _LIST.fullmatch(value)
            and _counted(value) == int(last)
        ):
            cpus = int(last)
        last = value
        if name == "Hypervisor vendor" or (
            value in _VENDORS and "BIOS" not in name and not name.startswith(("Vendor ID", "Model"))
        ):
            vendor = vendor or value
        elif value in _ARCHITECTURES:
            architecture = architecture or value
        elif name in _MODEL:
            model = value
        elif name == "CPU(s)" and is_digits(value) and len(value) < 7:
            cpus = int(value) if cpus is None else cpus
        elif value.startswith(("fpu ", "fpu_exception ")) or " fpu vme " in f" {value}":
            flag = "hypervisor" in value.split()
    if not (vendor or architecture or model or cpus or flag is not None):
        raise ValueError("no processor in lscpu's output")
    return Processor(vendor, architecture, model, flag, cpus)


_LIST = re.compile(r"\d{1,6}(?:-\d{1,6})?(?:,\d{1,6}(?:-\d{1,6})?){0,4096}", re.ASCII)


def _counted(listed: str) -> int:
    """Return how many processors a list such as 0-3,8 has."""
    ends = (part.partition("-") for part in listed.split(","))
    return sum(int(last or first) - int(first) + 1 for first, _, last in ends)


def _fields(text: str) -> List[Tuple[str, str]]:
    if '"lscpu"' in text:
        return list(_from_json(text))
    lines = (line.replace("\uff1a", ":").partition(":") for line in text.split("\n"))
    return [(name.strip(), value.strip()) for name, mark, value in lines if mark]


def _from_json(text: str) -> List[Tuple[str, str]]:
    from json import JSONDecoder

    try:
        told, _ = JSONDecoder().raw_decode(text, max(text.find("{"), 0))
        waiting = list(reversed(told["lscpu"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"lscpu's JSON cannot be read: {error}") from None
    found = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            found.append(
                (str(node.get("field", "")).rstrip(": "), str(node.get("data", "") or "").strip())
            )
            children = node.get("children")
            waiting += reversed(children) if isinstance(children, list) else []
    return found
