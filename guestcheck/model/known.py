"""How much is known of a guest: enough to judge it, to say that it is one, or nothing."""

from guestcheck.model.device import Inventory
from guestcheck.model.guest import Guest


def has_anything_to_judge(inventory: Inventory) -> bool:
    """Tell whether there are disks, NICs or controllers, or a kernel; a file that describes no
    guest has none of these.
    """
    guest = inventory.guest
    read = (guest.windows, guest.block, guest.nics, guest.pci)
    return any(part is not None for part in read) or guest.clues.vm == "none" or _has_kernels(guest)


def has_evidence(inventory: Inventory) -> bool:
    """Tell whether anything was read of the guest itself; of a Windows guest that answers nothing,
    only its family is known.
    """
    windows = inventory.guest.windows
    return has_anything_to_judge(inventory) and not (
        windows is not None
        and windows.sets is None
        and inventory.disks is None
        and inventory.nics is None
    )


def hypervisor_known(inventory: Inventory) -> bool:
    """Tell whether the hypervisor or the platform is known; "none" does not count, because a text
    that shows no hypervisor is no proof.
    """
    return inventory.platform is not None or inventory.hypervisor not in (None, "none")


def _has_kernels(guest: Guest) -> bool:
    return any(kernel.config or kernel.builtin or kernel.files for kernel in guest.kernels or ())
