# Packer 1.7 and newer fetches its builders: `packer init .` reads this. Older ones have them built in; leave this file out there.
packer {
  required_plugins {
    qemu = {
      source  = "github.com/hashicorp/qemu"
      version = ">= 1.0.0"
    }
  }
}
