"""What the formats for people share: sizes, plain text, and which results belong together."""

from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.advice import Step
from guestcheck.model.check import OUTCOMES, PASS, SKIP, UNKNOWN, Result
from guestcheck.model.device import (
    EMULATED,
    PARAVIRTUAL,
    Controller,
    Disk,
    DriverState,
    Inventory,
    KernelDrivers,
    Nic,
    Verdict,
)
from guestcheck.model.device import UNKNOWN as UNKNOWN_KIND
from guestcheck.model.guest import Hint
from guestcheck.model.lookup import kept
from guestcheck.model.pasting import NOT_PASTED
from guestcheck.model.policy import Judgement
from guestcheck.model.report import Report
from guestcheck.model.source import ONLY_RUNNING, TEXTS
from guestcheck.model.target import BOOTS, NETWORK_UP, OPEN, STOPS, WARNS, Readiness, deciding
from guestcheck.model.target import UNKNOWN as UNKNOWN_VERDICT
from guestcheck.model.target import is_windows as starts_windows

# No name, model or message is longer; what is was made to hide something or to take time.
_LONGEST = 2000


def plain(text: str) -> str:
    r"""Return `text` on one line and without control characters, which a hostile disk model may
    hold.

    >>> plain("a\x1b[31mb\n")
    'a\\x1b[31mb'
    """
    text = text.strip()
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]} ..."
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}"
        for c in text
    )


def size(number: Optional[int]) -> str:
    """Return a size in bytes as people write it.

    >>> size(21474836480), size(None)
    ('20 GiB', '')
    """
    if number is None:
        return ""
    amount = float(number)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024 or unit == "TiB":
            return (
                f"{amount:.0f} {unit}"
                if amount >= 10 or amount == int(amount)
                else f"{amount:.1f} {unit}"
            )
        amount /= 1024
    return ""


class Group(NamedTuple):
    """Results of one check with one outcome, whose remedy is shown once."""

    results: Tuple[Result, ...]
    steps: Tuple[Step, ...]

    @property
    def first(self) -> Result:
        """The result that stands for the group."""
        return self.results[0]


def groups(report: Report, verbose: bool) -> Tuple[Group, ...]:
    """Return the results to show, worst first, those of one check and outcome together."""
    found: List[Tuple[str, List[int]]] = []
    for number, result in enumerate(report.results):
        if result.outcome in (PASS, SKIP) and not verbose:
            continue
        # What is ready to be moved has other steps than what is not.
        key = (
            result.outcome
            if _is_bare(result)
            else f"{result.outcome} {result.id} {_is_ready(report, result.subject)} {_own_steps(report, number)}"
        )
        for name, numbers in found:
            if name == key:
                numbers.append(number)
                break
        else:
            found.append((key, [number]))
    # Of what could not be said, the checks that found something doubtful come before those that had
    # nothing to look at.
    found.sort(
        key=lambda pair: (OUTCOMES.index(report.results[pair[1][0]].outcome), pair[0] == UNKNOWN)
    )
    return tuple(
        Group(_told_once([report.results[n] for n in numbers]), report.remedies.get(numbers[0], ()))
        for _, numbers in found
    )


# Of so many devices of which the same is not known each has its line; the others are named.
_MOST_ALIKE = 3


def told(group: Group, verbose: bool) -> Tuple[Result, ...]:
    """Return the results of a group to be shown a line each; many that leave the same open are told
    by the names of their devices.
    """
    results = group.results
    if (
        verbose
        or group.first.outcome != UNKNOWN
        or _is_bare(group.first)
        or len(results) <= _MOST_ALIKE
    ):
        return results
    shown, rest = results[: _MOST_ALIKE - 1], results[_MOST_ALIKE - 1 :]
    return (
        *shown,
        rest[0]._replace(
            summary=f"and the same of {len(rest)} more: {_some([result.subject for result in rest])}"
        ),
    )


def more_of(group: Group) -> str:
    """Say where more is told of a group."""
    return (
        "the gaps, below, say what is missing"
        if _is_bare(group.first)
        else f"guestcheck explain {group.first.id}"
    )


def why_of(result: Result) -> str:
    """Return why a result matters; why a device should be another says nothing of one of which it
    is not known what it is.
    """
    return "" if result.outcome == UNKNOWN and not result.id.endswith("-unknown") else result.why


def _is_bare(result: Result) -> bool:
    """Tell whether a check ended for the lack of a fact; others may lack the same."""
    return result.outcome == UNKNOWN and not result.why and not result.evidence


def _told_once(results: List[Result]) -> Tuple[Result, ...]:
    """Name after each fact that is lacking the checks that cannot say for the lack of it."""
    if not _is_bare(results[0]):
        return tuple(results)
    lacking: Dict[str, List[Result]] = {}
    for result in results:
        lacking.setdefault(result.summary, []).append(result)
    return tuple(
        found[0]._replace(summary=f"{summary}; open: {', '.join(one.id for one in found)}")
        for summary, found in lacking.items()
    )


# The place in which the machine's definition is not changed.
_IN_GUEST = "in the guest"


def shown_steps(group: Group, report: Report, verbose: bool) -> Tuple[Tuple[Step, ...], str]:
    """Return the steps to show of a group, and what was left out.

    The steps of a platform are a plan: all are shown with their notes, or none. Steps for Windows
    guests are for --verbose where the guest is none.
    """
    likewise = _likewise(group)
    places = {step.where for step in group.steps if step.where != _IN_GUEST and not step.windows}
    several = (
        ""
        if report.platform_known or len(places) < 2
        else "the platform is not known: take the steps of yours alone"
    )
    if verbose:
        return group.steps, _joined(likewise, several)
    steps = tuple(step for step in group.steps if not step.windows)
    return steps, _joined(
        likewise, several, "-v: also for Windows guests" if len(steps) < len(group.steps) else ""
    )


def _likewise(group: Group) -> str:
    """Say for which devices the steps are to be done again; they name the first."""
    subjects = [*dict.fromkeys(result.subject for result in group.results)]
    return (
        plain(f"the steps name {subjects[0]}; do the same for {_some(subjects[1:])}")
        if group.steps and len(subjects) > 1
        else ""
    )


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def guest_lines(report: Report, verbose: bool = False) -> List[Tuple[str, str]]:
    """Return the guest's part as pairs of a label and a text; what each clue says only with
    `verbose`.
    """
    inventory = report.inventory
    guest = inventory.guest
    by = _by if verbose else _briefly
    lines = [
        (
            "System",
            ", ".join(
                word for word in (guest.os_name, _release(inventory), guest.architecture) if word
            )
            or "unknown",
        ),
        ("Hypervisor", f"{inventory.hypervisor_name}{by(inventory.hypervisor_evidence)}"),
    ]
    if inventory.platform_name:
        lines.append(("Platform", f"{inventory.platform_name}{_by(inventory.platform_evidence)}"))
    if inventory.disagreements:
        lines.append(
            ("But", "; ".join(f"{hint.source}: {hint.says}" for hint in inventory.disagreements))
        )
    if inventory.container:
        beneath = "" if is_offline(report) else "; the devices are those of the machine beneath it"
        lines.append(
            ("Container", f"{inventory.container}, by {guest.clues.container_source}{beneath}")
        )
    machine = [
        f"{guest.cpus} vCPU{'' if guest.cpus == 1 else 's'}" if guest.cpus else "",
        f"{size(guest.memory_bytes)} memory" if guest.memory_bytes else "",
    ]
    if guest.firmware:
        machine.append("UEFI" if guest.firmware == "efi" else "BIOS")
    if guest.windows is not None:
        lines += windows_lines((*report.readiness, *report.besides))
    known = ", ".join(word for word in machine if word)
    lines.append(
        (
            "Machine",
            known
            or (
                f"not running; its files were read: {guest.source}"
                if is_offline(report)
                else "unknown"
            ),
        )
    )
    return [(label, plain(text)) for label, text in lines]


def windows_lines(readiness: Tuple[Readiness, ...]) -> Iterator[Tuple[str, str]]:
    """Say of each of virtio's two drivers for disks whether Windows would boot with it."""
    for target, service in (("virtio-blk", "viostor"), ("virtio-scsi", "vioscsi")):
        for one in readiness:
            if one.kind == "disk" and one.target == target:
                yield target, f"service {service}: would Windows boot from it? {_ready(one)}"


def _release(inventory: Inventory) -> str:
    release = inventory.guest.kernel
    return f"{'version' if is_windows(inventory) else 'kernel'} {release}" if release else ""


def is_windows(inventory: Inventory) -> bool:
    """Tell whether this is a Windows guest, which has no kernels to tell of."""
    return inventory.guest.windows is not None


def started_title(inventory: Inventory) -> str:
    """Return the heading of what is started: kernels, or Windows."""
    return "System" if is_windows(inventory) else "Kernel"


def started(one: Readiness) -> str:
    """Return what a verdict of readiness is on: a kernel, and whether it is the default one; of
    Windows there is but one.
    """
    return one.kernel + (" (default)" if one.default and not starts_windows(one.kernel) else "")


def is_offline(report: Report) -> bool:
    """Tell whether the report is of files of a guest that does not run."""
    return any(gap.reason == ONLY_RUNNING for gap in report.gaps)


def unread(report: Report, number: int = 0) -> str:
    """Say why no disk or card is listed where it is not known which there are: the end of a
    sentence on `number` of them, by itself where that is 0.
    """
    if report.inventory.guest.origin == TEXTS:
        return NOT_PASTED if number == 0 else f"{'is' if number == 1 else 'are'} {NOT_PASTED}"
    return "can only be seen in the running guest" if is_offline(report) else "could not be read"


def none_of(report: Report) -> str:
    """Say that there is no such device; a text tells of no more than what stands in it."""
    return f"none {NOT_PASTED[4:]}" if report.inventory.guest.origin == TEXTS else "none"


def no_kernel(report: Report) -> str:
    """Say why no kernel is listed."""
    return NOT_PASTED if report.inventory.guest.origin == TEXTS else "none was seen"


def _briefly(hints: Tuple[Hint, ...]) -> str:
    return f", by {', '.join(dict.fromkeys(hint.source for hint in hints))}" if hints else ""


def _by(hints: Tuple[Hint, ...]) -> str:
    return f", by {'; '.join(f'{hint.source}: {hint.says}' for hint in hints)}" if hints else ""


def place_title(step: Step) -> str:
    """Name the place of a step as a heading."""
    return "In the guest" if step.where == _IN_GUEST else plain(step.where)


def disk_more(disk: Disk, placed: bool = False) -> List[str]:
    """Return what is worth telling of a disk besides its row, which with `placed` says where it is."""
    lines = []
    words = [
        "" if placed else disk.address,
        "" if placed else disk.controller,
        f"model {disk.model}" if disk.model else "",
        f"serial {disk.serial}" if disk.serial else "",
    ]
    if any(words):
        lines.append(", ".join(word for word in words if word))
    lines += _driver_words(disk.driver, disk.verdict)
    if disk.virtio:
        lines.append(
            _virtio_words(disk.virtio.generation, disk.virtio.transport, disk.virtio.features)
        )
    lines += list(disk.stack)
    if disk.verdict.settle:
        lines.append(f"would be settled by: {disk.verdict.settle}")
    return [plain(line) for line in lines]


def nic_more(nic: Nic, placed: bool = False) -> List[str]:
    """Return what is worth telling of a card besides its row, which with `placed` says where it is."""
    lines = []
    words = [
        "" if placed or not nic.name else nic.address,
        "" if placed else nic.controller,
        nic.mac,
        ", ".join(nic.addresses),
    ]
    if any(words):
        lines.append(", ".join(word for word in words if word))
    lines += _driver_words(nic.driver, nic.verdict)
    if nic.virtio:
        lines.append(
            _virtio_words(nic.virtio.generation, nic.virtio.transport, nic.virtio.features)
        )
    if nic.carries:
        lines.append(f"carries {', '.join(nic.carries)}")
    if nic.pair:
        lines.append(f"paired with {nic.pair}: one logical card, traffic takes the faster way")
    if nic.verdict.settle:
        lines.append(f"would be settled by: {nic.verdict.settle}")
    return [plain(line) for line in lines]


def ready_lines(report: Report, device: str) -> List[str]:
    """Say whether an emulated device could move to what is faster, for the kernel that boots by
    default.
    """
    one = deciding(report.readiness, device)
    if one and (device, one.target) in _interfaces(report.inventory):
        return []  # it is there already
    return [plain(f"ready to move to {one.target}: {_ready(one)}")] if one else []


@kept
def _interfaces(inventory: Inventory) -> FrozenSet[Tuple[str, str]]:
    """Return the names of disks and cards with their interfaces."""
    disks = {(disk.name, disk.verdict.interface) for disk in inventory.disks or ()}
    return frozenset(disks | {(nic.name, nic.verdict.interface) for nic in inventory.nics or ()})


def _own_steps(report: Report, number: int) -> str:
    """Return the commands of a result that are another's no more than in form: another driver's
    file, another card's addresses.
    """
    own = report.inventory.guest.windows is not None and any(
        action.name in _OWN for action in report.results[number].actions
    )
    return (
        "\n".join(line for step in report.remedies.get(number, ()) for line in step.code)
        if own
        else ""
    )


_OWN = ("bind-driver", "windows-ghost-address")


def _is_ready(report: Report, device: str) -> bool:
    one = deciding(report.readiness, device)
    return one is not None and one.verdict in (BOOTS, NETWORK_UP)


def _ready(one: Readiness) -> str:
    warned = [reason.says for reason in one.reasons if reason.weight == WARNS]
    if one.verdict in (BOOTS, NETWORK_UP):
        return "yes" + (f", but {warned[0]}" if warned else "")
    weight = OPEN if one.verdict == UNKNOWN_VERDICT else STOPS
    first = next(reason for reason in one.reasons if reason.weight == weight)
    more = sum(1 for reason in one.reasons if reason.weight == weight) - 1
    rest = f" (and {more} more: guestcheck preflight --target {one.target})" if more else ""
    if weight == STOPS:
        return f"no, because {first.says}{rest}"
    return f"unknown; would be settled by: {first.settle}{rest}"


def _driver_words(driver: str, verdict: Verdict) -> List[str]:
    """Say which version of its driver runs a device, where Windows told that."""
    return [
        f"driver {driver} {hint.says}"
        for hint in verdict.evidence
        if hint.source == "driver version"
    ]


def _virtio_words(generation: Optional[str], transport: str, features: Tuple[str, ...]) -> str:
    head = f"virtio {generation or 'of unknown generation'} over {transport}"
    return f"{head}: {' '.join(features)}" if features else f"{head}; its features are not known"


def queues(count: Optional[int], cpus: Optional[int]) -> str:
    """Return queues against vCPUs as "2/4"."""
    if count is None:
        return ""
    return f"{count}/{cpus}" if cpus else str(count)


def yes_no(value: Optional[bool]) -> str:
    """Return "yes", "no" or "" for unknown."""
    return "" if value is None else "yes" if value else "no"


def controllers_title(inventory: Inventory) -> str:
    """Name the controllers that no disk is known to be on; where it is not known on which some disk
    is, that says nothing of them.
    """
    known = inventory.disks is not None and all(
        disk.controller or disk.address for disk in inventory.disks
    )
    return "Storage controllers without a disk" if known else "Storage controllers, disks unknown"


def idle_controllers(inventory: Inventory) -> List[Controller]:
    """Return the storage controllers that carry no disk."""
    return [one for one in inventory.controllers or () if not one.disks]


def kernel_title(kernel: KernelDrivers) -> str:
    """Name a kernel with its marks."""
    marks = [
        word for word, held in (("running", kernel.running), ("default", kernel.default)) if held
    ]
    return plain(kernel.release) + (f" ({', '.join(marks)})" if marks else "")


INITRAMFS_UNSEEN = (
    "Where nothing is said of the initramfs, it was not looked into: lsinitramfs, lsinitrd or a "
    "recording (guestcheck collect) tells."
)


def initramfs_unseen(inventory: Inventory) -> bool:
    """Tell whether any kernel shown has a driver as a module of which it is not known whether the
    initramfs has it.
    """
    return any(
        state.state == "module" and state.module and state.initramfs is None
        for kernel in inventory.kernels or ()
        for state in kernel.drivers
    )


def driver_word(state: Optional[DriverState]) -> str:
    """Say the state of a driver in a few words."""
    if state is None:
        return ""
    inside = (
        ""
        if state.initramfs is None
        else ", in the initramfs"
        if state.initramfs
        else ", not in the initramfs"
    )
    return _state_word(state) + inside


def _state_word(state: DriverState) -> str:
    if state.state != "module":
        return state.state
    if state.file is False:
        return "module, FILE MISSING"
    return "module, loaded" if state.loaded else "module"


# The drivers that most readers look for; the others are shown with --verbose, and where one is in
# use.
MAIN_SYMBOLS = (
    "CONFIG_VIRTIO_BLK",
    "CONFIG_SCSI_VIRTIO",
    "CONFIG_VIRTIO_NET",
    "CONFIG_VIRTIO_PCI",
    "CONFIG_VIRTIO_PCI_LEGACY",
    "CONFIG_VIRTIO_MMIO",
    "CONFIG_BLK_DEV_NVME",
)
_BY_HYPERVISOR = {
    "vmware": ("CONFIG_VMWARE_PVSCSI", "CONFIG_VMXNET3"),
    "microsoft": (
        "CONFIG_HYPERV",
        "CONFIG_HYPERV_STORAGE",
        "CONFIG_HYPERV_NET",
        "CONFIG_PCI_HYPERV",
    ),
    "xen": ("CONFIG_XEN_BLKDEV_FRONTEND", "CONFIG_XEN_NETDEV_FRONTEND", "CONFIG_XEN_PVHVM"),
    "amazon": ("CONFIG_ENA_ETHERNET",),
    "google": ("CONFIG_GVE",),
}


def shown_symbols(inventory: Inventory, verbose: bool) -> Tuple[str, ...]:
    """Return the kernel options to show, in the catalogue's order with --verbose."""
    if verbose and inventory.kernels:
        return tuple(state.symbol for state in inventory.kernels[0].drivers)
    return MAIN_SYMBOLS + _BY_HYPERVISOR.get(inventory.hypervisor or "", ())


def state_of(kernel: KernelDrivers, symbol: str) -> Optional[DriverState]:
    """Return the state of one option in one kernel."""
    return next((state for state in kernel.drivers if state.symbol == symbol), None)


def headline(report: Report) -> str:
    """Say the verdict in one line."""
    inventory = report.inventory
    if inventory.hypervisor == "none":
        return "This is no virtual machine: there is nothing to judge."
    said = _headline(report)
    part = read_in_part(report)
    return f"{said[:-1]}, as far as was read: {part}." if part else said


def read_in_part(report: Report) -> str:
    """Say which answer was too long to be read whole, "" where all were; what is behind that may be
    anything.
    """
    cut = [one for one in report.inventory.guest.cut if report.preflight or not one.deep]
    more = f" (and {len(cut) - 1} more)" if len(cut) > 1 else ""
    return plain(f"{cut[0].asked}: {cut[0].says}{more}") if cut else ""


def _headline(report: Report) -> str:
    inventory = report.inventory
    disks = [(disk.name, disk.verdict) for disk in inventory.disks or ()]
    devices = disks + [(nic.name or nic.address, nic.verdict) for nic in inventory.nics or ()]
    lists = (("disks", inventory.disks), ("network cards", inventory.nics))
    missing = [what for what, read in lists if read is None]
    if not devices:
        known = inventory.hypervisor is not None and bool(missing)
        on = f"This is a virtual machine, on {inventory.hypervisor_name}. " if known else ""
        return plain(
            on
            + (
                f"The {' and '.join(missing)} {unread(report, 2)}."
                if missing
                else "No disk and no network card was seen."
            )
        )
    parts = _judged(
        devices,
        "disk" if len(disks) == len(devices) else "disk or NIC" if disks else "network card",
    )
    if missing:
        parts.append(f"the {missing[0]} {unread(report, 2)}")
    said = plain("; ".join(parts)) + "."
    return said[0].upper() + said[1:]


def _judged(devices: List[Tuple[str, Verdict]], one: str) -> List[str]:
    """Say in a few words what `devices` are, each of which is called `one`."""
    many = {"disk": "disks", "network card": "network cards"}.get(one, "disks and NICs")
    count = len(devices)
    emulated = [
        f"{name} ({verdict.interface})" for name, verdict in devices if verdict.kind == EMULATED
    ]
    unsure = [name for name, verdict in devices if verdict.kind == UNKNOWN_KIND]
    parts = []
    if emulated:
        some = (
            f"the only {one} is"
            if count == 1
            else f"{len(emulated)} of {count} {many} {'is' if len(emulated) == 1 else 'are'}"
        )
        parts.append(f"{some} emulated: {_some(emulated)}")
    if unsure:
        some = (
            f"what the only {one} is"
            if count == 1
            else f"{len(unsure)}"
            if emulated
            else f"{len(unsure)} of {count} {many}"
        )
        parts.append(f"{some} could not be told: {_some(unsure)}")
    if parts:
        return parts
    kinds = {verdict.kind for _, verdict in devices}
    if count == 1:
        return [f"the only {one}, {devices[0][0]}, is {devices[0][1].kind}"]
    return [
        f"{count} {many}, all paravirtual"
        if kinds == {PARAVIRTUAL}
        else f"none of {count} {many} is emulated"
    ]


def pointer(report: Report) -> str:
    """Say how many findings there are, and that they stand below: as many as there are lines to be
    found there.
    """
    found = groups(report, False)
    counts = [
        (sum(len(group.results) for group in found if group.first.outcome == outcome), outcome)
        for outcome in OUTCOMES
    ]
    said = ", ".join(f"{count} {outcome.upper()}" for count, outcome in counts if count)
    return f"Findings, below with what to do: {said}" if said else ""


# A line that is longer is told once.
_LONG = 60


def more_once(devices: List[Tuple[str, List[str]]]) -> List[List[str]]:
    """Leave out what a device has in common with one before it: twenty disks negotiate the same
    features.
    """
    first: Dict[str, str] = {}
    shown = []
    for name, lines in devices:
        kept = []
        for line in lines:
            if line.startswith("virtio ") and line in first:
                kept.append(f"virtio as {first[line]}")
            elif line.startswith("ready to move to ") and line in first and len(line) > _LONG:
                kept.append(f"ready to move: as {first[line]}")
            else:
                first.setdefault(line, name)
                kept.append(line)
        shown.append(kept)
    return shown


def _some(names: List[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def ignored_lines(inventory: Inventory) -> List[str]:
    """Return the devices that are not judged, those of one type in a line."""
    found: List[Tuple[str, List[str]]] = []
    for one in inventory.ignored:
        for says, names in found:
            if says == one.says:
                names.append(one.name)
                break
        else:
            found.append((one.says, [one.name]))
    return [plain(f"{_some(names)}: {says}") for says, names in found]


def policy_lines(judgement: Judgement) -> List[Tuple[str, str]]:
    """Return what a policy leaves out, and why, as pairs of a label and a text."""
    title = [("Policy", f"{judgement.file}{': ' if judgement.title else ''}{judgement.title}")]
    ignored = [
        (
            f"Ignored until {one.ignore.until}",
            f"{one.result.summary} "
            f"({one.result.id}, {one.result.outcome.upper()}): {one.ignore.reason}",
        )
        for one in judgement.accepted
    ]
    return [(label, plain(text)) for label, text in title + ignored]


def verdict_line(judgement: Judgement) -> str:
    """Return the verdict of a policy as the one line that comes last."""
    return plain(f"VERDICT: {judgement.outcome.upper()}, by {judgement.file}: {judgement.says}")


def ascii_only(text: str) -> str:
    """Return `text` for a sink that takes ASCII alone."""
    for character, plainer in (
        ("→", "->"),
        ("─", "-"),
        ("…", "..."),
        ("—", "--"),
        ("·", "*"),
        ("•", "*"),
        ("×", "x"),
        ("≥", ">="),
    ):
        text = text.replace(character, plainer)
    return text.encode("ascii", "replace").decode("ascii")
