"""The policy that `guestcheck policy init` writes: it can be used as it is, and says in comments
what else there is.
"""

TEMPLATE = """\
# What is wanted of a guest: guestcheck --policy image.toml
#                            guestcheck preflight --policy image.toml
# guestcheck policy check image.toml says what is wrong in this file. Editors that know JSON Schema complete it with
# what `guestcheck policy schema` prints:
#:schema ./guestcheck-policy.schema.json

version = 1
title = "Golden image"

# The mildest outcome that fails: "note", "warn", "fail" or "never". --fail-on on the command line comes before it.
fail-on = "fail"

# With true, a check that could not say leaves the verdict unknown (exit code 3). What is required below does so anyway.
strict = false

[checks]
# Whatever these checks find counts as "fail": ids, or families of them (disk, nic, kernel, guest).
# `guestcheck list checks` names all, `guestcheck explain ID` says what one is about.
must-pass = ["disk-emulated", "nic-emulated", "nic-driver-missing"]

[severity]
# What a finding of a check counts as, where you see that in another way: "fail", "warn" or "note".
guest-agent-missing = "warn"
# disk-single-queue = "fail"

[kinds]
# What the devices of a role have to be: one of these kinds (paravirtual, passthrough, emulated, physical) or interfaces
# (virtio-scsi, vmxnet3; `guestcheck explain interfaces` names all).
# Roles: root-disk, boot-disk, efi-disk, swap-disk, data-disk, every-disk, every-nic.
root-disk = ["paravirtual"]
every-nic = ["paravirtual", "passthrough"]
# every-disk = ["virtio-blk", "virtio-scsi"]

[readiness]
# Where the guest has to boot, and have its network: interfaces, or platforms, which stand for several
# (`guestcheck list targets`). Reading the initramfs may need root.
targets = ["virtio-blk", "virtio-scsi", "virtio-net"]
# "default": the kernel that boots by default; "every": each installed one.
kernels = "default"

# What is accepted for a time. After the day `until` it counts again, and that it was forgotten is a finding of its own.
# [[ignore]]
# check = "guest-agent-missing"
# subject = "guest"               # a device's name, or the like; a * stands for any text; all if left out
# reason = "The agent comes with the next release of the image: ticket 4711"
# until = 2026-12-31
"""
