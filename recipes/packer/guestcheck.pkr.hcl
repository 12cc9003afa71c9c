# Packer: an image whose disk or card came out emulated, or that would not boot on virtio, ends the build.
#
# Put the two files of this folder beside your own template, take the provisioners into its build, and have guestcheck.pyz there.
# The report is downloaded before its verdict counts, so that it is there when the build fails.

variable "image" {
  type        = string
  description = "the disk image to start from"
}

variable "accelerator" {
  type    = string
  default = "kvm"
}

variable "ssh_username" {
  type    = string
  default = "root"
}

variable "ssh_private_key_file" {
  type = string
}

variable "guestcheck_targets" {
  type        = string
  default     = "virtio-blk,virtio-scsi,virtio-net"
  description = "where the image has to boot, and to have its network: guestcheck list targets"
}

source "qemu" "image" {
  accelerator          = var.accelerator
  disk_image           = true
  iso_url              = var.image
  iso_checksum         = "none"
  disk_interface       = "virtio"
  net_device           = "virtio-net"
  headless             = true
  output_directory     = "output"
  ssh_username         = var.ssh_username
  ssh_private_key_file = var.ssh_private_key_file
  ssh_timeout          = "15m"
  shutdown_command     = "sudo -n poweroff || poweroff"
}

build {
  sources = ["source.qemu.image"]

  # Whatever makes the image what it is comes before.

  provisioner "file" {
    source      = "guestcheck.pyz"
    destination = "/tmp/guestcheck.pyz"
  }

  provisioner "shell" {
    environment_vars = ["TARGETS=${var.guestcheck_targets}"]
    script           = "guestcheck.sh"
  }

  provisioner "file" {
    direction   = "download"
    source      = "/tmp/guestcheck/report.json"
    destination = "guestcheck-report.json"
  }

  provisioner "file" {
    direction   = "download"
    source      = "/tmp/guestcheck/preflight.txt"
    destination = "guestcheck-preflight.txt"
  }

  provisioner "shell" {
    inline = ["read -r code </tmp/guestcheck/exit-code", "rm -rf /tmp/guestcheck /tmp/guestcheck.pyz", "exit \"$code\""]
  }
}
