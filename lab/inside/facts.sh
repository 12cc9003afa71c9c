# What the guest's own tools say of its disks and cards: the default script of `try`.
for command in "uname -r" "cat /proc/cmdline" "lspci -nnk" "lsblk -O -J" "lsscsi -v" "ip -d link"; do
    printf '\n===== %s\n' "$command"
    $command
done
for kind in block net; do
    printf '\n===== /sys/class/%s: device and drivers above it\n' "$kind"
    for link in /sys/class/$kind/*; do
        printf '%s' "${link##*/}"
        at=$(readlink -f "$link")
        while [ "$at" != /sys/devices ] && [ "$at" != / ]; do
            [ -e "$at/driver" ] && printf ' < %s(%s)' "$(basename "$(readlink "$at/driver")")" \
                "$(basename "$(readlink "$at/subsystem")")"
            at=$(dirname "$at")
        done
        printf '\n'
    done
done
