"""The shell functions of the fix script, by name, and which of them call which.

POSIX sh with sed -i -r, as GNU's and busybox' have it. Whatever a function meets at run time (a
UUID, where a link leads, GRUB's environment block, the list of an image's files) is looked at
before it goes into another program: words of a disk are a stranger's.
"""

from __future__ import annotations

from typing import Dict, Tuple

FUNCTIONS: Dict[str, str] = {
    "command_lines": r"""# Where options of a kernel's command line are: the files that boot menus are written from, or read, and the menus.
sources="/etc/default/grub /etc/default/grub.d/*.cfg /etc/kernel/cmdline /etc/cmdline.d/*.conf /etc/kernel/uki.conf /etc/kernel/install.conf
    /etc/dracut.conf /etc/dracut.conf.d/*.conf /etc/initramfs-tools/conf.d/* /etc/update-extlinux.conf /etc/default/u-boot
    /etc/default/extlinux /etc/default/flash-kernel /etc/default/zfs /etc/sysconfig/bootloader /etc/sysconfig/uboot /etc/zipl.conf /etc/lilo.conf
    /boot/grub/photon.cfg /boot/photon.cfg /boot/systemd.cfg"
command_lines="$sources
    /boot/grub/grub.cfg /boot/grub/custom.cfg /boot/grub2/grub.cfg /boot/grub2/custom.cfg /boot/efi/EFI/*/grub.cfg /efi/EFI/*/grub.cfg
    /boot/EFI/*/grub.cfg /boot/grub/grub.conf /boot/grub/menu.lst
    /boot/loader/entries/*.conf /boot/loader.*/entries/*.conf /boot/efi/loader/entries/*.conf /efi/loader/entries/*.conf
    /boot/extlinux/extlinux.conf /boot/extlinux.conf /boot/syslinux/syslinux.cfg /boot/refind_linux.conf /boot/cmdline.txt /boot/firmware/cmdline.txt"
""",
    "say": r"""say() { # WORDS: names of files may hold what a terminal obeys
    printf '%s\n' "$*" | tr -c ' -~\n' '?' >&2
}
""",
    "left": r"""left() { # WORDS: say what is not done; the script goes on, and ends with 1
    say "not done: $*"
    undone=yes
}
""",
    "copy": r"""copy() { # FILE COPY: make a copy, whole or not at all
    [ -f "$1" ] || { say "$1 is no plain file"; return 1; }
    new=${2%/*}/.guestcheck.${2##*/}
    if [ ! -d "$2" ] && cp -p "$1" "$new" && [ "$(wc -c <"$1")" -eq "$(wc -c <"$new")" ] && mv -f "$new" "$2"; then return 0; fi
    rm -f "$new"
    say "$1 could not be copied to $2"
    return 1
}
""",
    "keep": r"""keep() { # FILE: keep a copy of it, the first time
    [ -e "$backup$1" ] && return 0
    mkdir -p "$backup${1%/*}" && copy "$1" "$backup$1"
}
""",
    "real_file": r"""real_file() { # FILE: print what it is, or leads to as a link: a plain file with a harmless name
    found=$(readlink -f "$1") || found=
    case $found in
        "" | [!/]* | *[!A-Za-z0-9/._@:+-]*) ;;
        *) [ -f "$found" ] && echo "$found" && return 0 ;;
    esac
    say "$1 leads to no plain file with a harmless name: it is left as it is"
    return 1
}
""",
    "change": r"""change() { # FILE SCRIPT: edit it as sed is told; where it is a link, what it leads to
    real=$(real_file "$1") || return 1
    keep "$real" || return 1
    # On a full disk the -i of BusyBox' sed leaves an empty file and ends with 0.
    new=${real%/*}/.guestcheck.${real##*/}
    if cp -a "$real" "$new" && sed -r "$2" "$real" >"$new" && { [ -s "$new" ] || [ ! -s "$real" ]; } && mv -f "$new" "$real"; then return 0; fi
    rm -f "$new"
    say "$real could not be written: it is as it was"
    return 1
}
""",
    "bind": r"""bind() { # FILE SCRIPT WANTED: edit a file of the network's configuration, which has to hold WANTED then
    grep -qsF -e "$3" "$1" && return 0
    change "$1" "$2" || true
    grep -qsF -e "$3" "$1" || left "$1 is laid out in another way, and is to be edited by hand"
}
""",
    "add_line": r"""add_line() { # FILE LINE: put the line at its end, once
    [ -e "$1" ] || { mkdir -p "${1%/*}" && : >"$1"; } || return 1
    # It may be a link, and lead to a disk.
    real=$(real_file "$1") || return 1
    grep -qxF -e "$2" "$real" && return 0
    keep "$real" || return 1
    # The last line of a file may have no end.
    [ -z "$(tail -c 1 "$real")" ] || echo >>"$real"
    printf '%s\n' "$2" >>"$real"
}
""",
    "change_saved": r"""change_saved() { # SCRIPT: edit the kernelopts that GRUB keeps in its environment block, which has a fixed size
    for file in /boot/grub2/grubenv /boot/efi/EFI/*/grubenv; do
        { [ -f "$file" ] && command -v grub2-editenv >/dev/null; } || continue
        before=$(grub2-editenv "$file" list | sed -n 's/^kernelopts=//p')
        # One line of plain characters, or it is not what GRUB wrote.
        case $before in
            *[!\ -~]*) say "kernelopts in $file holds odd characters: it is left as it is"; return 1 ;;
        esac
        after=$(printf '%s\n' "$before" | sed -r "$1")
        [ "$before" = "$after" ] && continue
        real=$(real_file "$file") || return 1
        keep "$real" || return 1
        grub2-editenv "$real" set "kernelopts=$after"
    done
}
""",
    "uuid_of": r"""uuid_of() { # DEVICE TAG: print its UUID, or PARTUUID
    device=$(device_here "$1") || return 1
    found=$(blkid "$device" | sed -n "s/.*[: ]$2=\"\([^\"]*\)\".*/\1/p" || true)
    [ -n "$found" ] || { echo "$1 has no $2, or is not there" >&2; return 1; }
    # What stands on a disk goes into a sed program below. A LUKS header's UUID can be any 40 characters.
    case $found in
        *[!A-Za-z0-9-]*) found= ;;
    esac
    if [ "${#found}" -lt 4 ] || [ "${#found}" -gt 40 ]; then
        echo "the $2 of $1 has other characters than a $2 has: it is not used" >&2
        return 1
    fi
    # A copy of a disk has the same. All disks of one btrfs have, and any of them serves.
    same=$(blkid 2>/dev/null | grep -F -e " $2=\"$found\"" | grep -vc 'TYPE="btrfs"' || true)
    if [ "${same:-0}" -gt 1 ]; then
        echo "another device has the same $2 as $1: it is not used" >&2
        return 1
    fi
    echo "$found"
}
""",
    "device_here": r"""device_here() { # DEVICE: print the device; in a chroot with the /dev of the machine outside, what is mounted in its place
    outside=
    if elsewhere; then outside=$(awk '$5 == "/dev" && / - devtmpfs / { print "yes"; exit }' /proc/self/mountinfo 2>/dev/null); fi
    [ -n "$outside" ] || { echo "$1"; return 0; }
    where=$(awk -v device="$1" '$1 == device { print $2; exit }' /etc/fstab 2>/dev/null)
    # shellcheck disable=SC2086 # these are patterns of files
    if [ -z "$where" ] && grep -qsE "root=\"?$(literal "$1")([^A-Za-z0-9_-]|\$)" $command_lines; then where=/; fi
    mounted=$(awk -v where="$where" '
        $5 == where { for (field = 6; field < NF; field++) if ($field == "-") found = $(field + 2) }
        END { print found }' /proc/self/mountinfo)
    case $mounted in
        /dev/*[!A-Za-z0-9/._@:+-]*) ;;
        /dev/*) echo "$mounted"; return 0 ;;
    esac
    echo "$1 is here a disk of the machine outside, not the guest's: mount the guest's file systems where it has them, or name it by hand" >&2
    return 1
}
""",
    "literal": r"""literal() { # WORD: print it as a regular expression that matches nothing else
    printf '%s\n' "$1" | sed 's/[.+]/\\&/g'
}
""",
    "field_by_uuid": r"""field_by_uuid() { # FILE DEVICE: put UUID=... where a field of the file is DEVICE
    name=$(literal "$2")
    grep -qE "^([^#]*[[:space:]])?$name([[:space:]]|\$)" "$1" || return 0
    uuid=$(uuid_of "$2" UUID) || return 1
    change "$1" "/^[[:space:]]*#/!s,(^|[[:space:]])$name([[:space:]]|\$),\1UUID=$uuid\2,"
}
""",
    "unit_by_uuid": r"""unit_by_uuid() { # FILE DEVICE: let a mount or swap of systemd be found by UUID
    name=$(literal "$2")
    grep -qE "^What[[:space:]]*=[[:space:]]*${name}[[:space:]]*\$" "$1" || return 0
    uuid=$(uuid_of "$2" UUID) || return 1
    change "$1" "s,^(What[[:space:]]*=[[:space:]]*)${name}[[:space:]]*\$,\1/dev/disk/by-uuid/$uuid,"
}
""",
    "option_by_uuid": r"""option_by_uuid() { # DEVICE TAG FILE: put UUID=..., or PARTUUID=..., where an option on a kernel's command line is DEVICE
    named="(root|resume|ROOT|RESUME|source|cryptdevice|luks|mount\.usr)=(\"?)$(literal "$1")([^A-Za-z0-9_-]|\$)"
    # Of the menus the one that was named is edited: another may be of another system.
    menus=$3
    if [ ! -f "$3" ] || [ "$3" = /proc/cmdline ]; then menus=$command_lines; fi
    # shellcheck disable=SC2086 # these are patterns of files
    for file in $sources $menus; do
        [ -f "$file" ] || continue
        grep -qE "$named" "$file" || continue
        uuid=$(uuid_of "$1" "$2") || return 1
        change "$file" "s,$named,\1=\2$2=$uuid\3,g" || return 1
    done
    # shellcheck disable=SC2086 # these are patterns of files
    for file in $command_lines; do
        if grep -qsE "$named" "$file"; then say "$file names $1 too: it is left as it is"; fi
    done
    if grep -qsE "$named" /boot/grub2/grubenv /boot/efi/EFI/*/grubenv; then
        uuid=$(uuid_of "$1" "$2") || return 1
        change_saved "s,$named,\1=\2$2=$uuid\3,g" || return 1
    fi
    # Where it was seen it must be gone; seen on the running kernel's command line alone, it must have been put somewhere.
    if [ -f "$3" ] && [ "$3" != /proc/cmdline ]; then
        if grep -qE "$named" "$3"; then left "$3 still names $1"; fi
    else
        uuid=$(uuid_of "$1" "$2") || return 1
        # shellcheck disable=SC2086 # these are patterns of files
        grep -qsE "=\"?$2=$uuid" $command_lines /boot/grub2/grubenv || left "no file was found that has $1 on the kernel's command line"
    fi
}
""",
    "lilo_by_uuid": r"""lilo_by_uuid() { # FILE DEVICE TAG: LILO looks up root= itself, and knows no such id; the kernel is given it
    named="^([[:space:]]*)root[[:space:]]*=[[:space:]]*\"?$(literal "$2")\"?[[:space:]]*\$"
    grep -qE "$named" "$1" || return 0
    uuid=$(uuid_of "$2" "$3") || return 1
    change "$1" "s,$named,\1addappend = \"root=$3=$uuid\","
}
""",
    "allow": r"""allow() { # PATTERN: let modprobe and the kernel load the modules that match it
    for file in /etc/modprobe.d/*.conf /etc/modprobe.conf /usr/lib/modprobe.d/*.conf /lib/modprobe.d/*.conf /run/modprobe.d/*.conf; do
        [ -f "$file" ] || continue
        grep -qE "^[[:space:]]*(blacklist|install)[[:space:]]+$1([[:space:]]|\$)" "$file" || continue
        change "$file" "s,^[[:space:]]*(blacklist|install)[[:space:]]+$1([[:space:]]|\$),# &," || return 1
    done
    without="s;(blacklist=([^[:space:]\"']*,)?)$1,;\1;g
        s;(blacklist=[^[:space:]\"']*),$1([[:space:]\"']|\$);\1\2;g
        s;[a-z_.]*blacklist=$1([[:space:]\"']|\$);\1;g"
    for file in $command_lines; do
        [ -f "$file" ] || continue
        grep -qE "blacklist=([^[:space:]\"']*,)?$1([,[:space:]\"']|\$)" "$file" || continue
        change "$file" "$without" || return 1
    done
    change_saved "$without"
}
""",
    "with_option": r"""with_option() { # OPTION: put it on the kernel's command line, where GRUB's menu is made from
    if grep -qs '^GRUB_CMDLINE_LINUX=' /etc/default/grub; then
        grep -qE "^GRUB_CMDLINE_LINUX=.*[\"' ]$1([\"' ]|\$)" /etc/default/grub && return 0
        change /etc/default/grub "s,^(GRUB_CMDLINE_LINUX=[\"']),\1$1 ,; s,^(GRUB_CMDLINE_LINUX=)([^\"']*)\$,\1\"$1 \2\","
    elif [ -f /etc/default/grub ]; then
        add_line /etc/default/grub "GRUB_CMDLINE_LINUX=\"$1\""
    else
        left "$1 is to be put on the kernel's command line by hand"
    fi
}
""",
    "without_option": r"""without_option() { # WORD: take it off the kernel's command line
    edge='[^A-Za-z0-9_.=,-]'
    named="(^|$edge)$(literal "$1")($edge|\$)"
    for file in $command_lines; do
        [ -f "$file" ] || continue
        # The lines that have options; of some files that is all there is.
        case $file in
            */cmdline | */cmdline.txt | /etc/cmdline.d/*) rows=. ;;
            *) rows='CMDLINE|^[[:space:]]*(linux[a-z0-9]*|kernel|options|append|APPEND)[[:space:]=]' ;;
        esac
        grep -qE "($rows).*$named" "$file" || { [ "$rows" = . ] && grep -qE "$named" "$file"; } || continue
        change "$file" "/$rows/s,$named,\1\2,g" || return 1
    done
    change_saved "s,$named,\1\2,g"
}
""",
    "write_menu": r"""write_menu() { # FILE PROGRAM WORD...: have the program write the boot menu, which is FILE
    command -v "$2" >/dev/null || { left "$2 is not here, which writes the boot menu"; return 0; }
    if [ -f "$1" ]; then keep "$1"; fi
    shift
    "$@" || left "$1 ended with an error"
}
""",
    "elsewhere": r"""elsewhere() { # whether this is a chroot: the programs see another machine than the guest
    here=$(stat -c %d:%i / 2>/dev/null) || return 1
    first=$(stat -c %d:%i /proc/1/root/. 2>/dev/null) || return 1
    [ "$here" != "$first" ]
}
""",
    "has_kernel": r"""has_kernel() { # RELEASE: stop in a guest that is not the one that was looked at
    { [ ! -d /lib/modules ] || [ -d "/lib/modules/$1" ]; } && return 0
    echo "the kernel $1 is not here: this is another guest, or it was changed; nothing was done" >&2
    exit 1
}
""",
    "room": r"""room() { # FOLDER FILE TIMES: whether so many copies of FILE have room in the folder, with a quarter more
    [ -e "$2" ] || return 0
    command -v df >/dev/null || return 0
    free=$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
    case $free in "" | *[!0-9]*) return 0 ;; esac
    size=$(wc -c <"$2")
    [ "$free" -gt $((size * 5 * $3 / 4096 + 1024)) ]
}
""",
    "room_for": r"""room_for() { # IMAGE: stop where there is no room to make it again, and to keep a copy; nothing was changed yet
    mkdir -p "$backup"
    room "${1%/*}" "$1" 1 || { echo "there is no room in ${1%/*} to make $1 again: nothing was changed" >&2; exit 1; }
    room "$backup" "$1" 2 || { echo "there is no room in $backup for a copy of $1: nothing was changed" >&2; exit 1; }
}
""",
    "list": r"""list() { # IMAGE: print a line "module NAME" or "file PATH" for each file in it that is not empty, and "size N PATH" for modules
    : >"$work/raw"
    if command -v lsinitramfs >/dev/null && lsinitramfs -l "$1" >"$work/raw" 2>/dev/null; then :
    elif command -v lsinitrd >/dev/null && lsinitrd "$1" >"$work/raw" 2>/dev/null; then :
    elif command -v lsinitcpio >/dev/null && lsinitcpio -v "$1" >"$work/raw" 2>/dev/null; then :
    elif command -v booster >/dev/null && booster ls "$1" >"$work/raw" 2>/dev/null; then :
    elif command -v cpio >/dev/null; then
        for unpack in zcat xzcat zstdcat lz4cat cat; do
            command -v "$unpack" >/dev/null || continue
            "$unpack" <"$1" 2>/dev/null | cpio -tv >"$work/raw" 2>/dev/null || true
            [ -s "$work/raw" ] && break
        done
    fi
    # As ls -l prints it (GNU cpio, bsdtar), as busybox' cpio does, or names alone.
    awk '{
        name = $0
        size = ""
        if ($1 ~ /^[-bcdlps][-rwxsStT]+[.+@]?$/ && NF > 5) {
            if ($1 !~ /^[-l]/) next
            short = ($2 ~ /\//)
            size = short ? $3 : $5
            if (size == "0") next
            for (field = short ? 5 : 8; field > 0; field--) sub(/^[ \t]*[^ \t]+[ \t]+/, "", name)
            sub(/ -> .*/, "", name)
        } else if (NF != 1) next
        sub(/^\.?\//, "", name)
        sub(/^usr\//, "", name)
        if (name ~ /\.ko(\.[a-z0-9]+)?$/) {
            if ($1 ~ /^-/ && size ~ /^[0-9]+$/ && name !~ /[ \t]/) print "size " size " " name
            sub(/.*\//, "", name)
            sub(/\.ko.*/, "", name)
            gsub(/-/, "_", name)
            print "module " name
        } else print "file " name
    }' "$work/raw" | sort -u
}
""",
    "put_back": r"""put_back() { # IMAGE WHY: the image of before serves better than the new one
    making=
    [ -s "$work/image" ] || { left "$1: $2"; return 0; }
    place=$(readlink -f "$1") || place=$1
    # Beside the new one there may be no room for it.
    if copy "$work/image" "$place" || { cat "$work/image" >"$place" && [ "$(wc -c <"$work/image")" -eq "$(wc -c <"$place")" ]; }; then
        left "$1: $2. The image of before is back in its place"
    else
        trap - EXIT
        left "$1: $2. CAUTION: do not restart: copy $work/image to $place first"
        exit 1
    fi
}
""",
    "rebuild": r"""rebuild() { # RELEASE IMAGE MODULE...: make the image again; it stays if it has the modules, and all that opened the root file system
    release=$1 image=$2
    shift 2
    { [ ! -e "$image" ] || real_file "$image" >/dev/null; } || { left "the initramfs of $release"; return 0; }
    rm -f "$work/image"
    : >"$work/before"
    if [ -e "$image" ]; then
        copy "$image" "$work/image"
        # One that this script made is none of before.
        [ -e "$backup$image.none" ] || keep "$image"
        list "$image" >"$work/before"
    else
        mkdir -p "$backup${image%/*}"
        : >"$backup$image.none"
    fi
    grep -qx 'file init' "$work/before" || : >"$work/before"
    making=$image
    if ! make_image "$release" "$image"; then
        put_back "$image" "the program that makes it ended with an error"
        return 0
    fi
    list "$image" >"$work/after"
    # Until here an interruption puts it back.
    making=
    if ! grep -qx 'file init' "$work/after"; then
        if [ -s "$work/before" ]; then
            put_back "$image" "the new image cannot be read"
        else
            left "what is in $image could not be looked at here: guestcheck preflight tells whether it serves"
        fi
        return 0
    fi
    for module in "$@"; do
        grep -qx "module $module" "$work/after" && continue
        grep -qsE "/$(echo "$module" | sed 's/_/[_-]/g')\.ko" "/lib/modules/$release/modules.builtin" && continue
        put_back "$image" "the new image has no $module"
        return 0
    done
    lost=$(grep -E "$opens" "$work/before" | grep -vxFf "$work/after" | grep -vE 'devexists-|x2fdev|\.device' | head -n 3 | tr '\n' ' ')
    [ -z "$lost" ] || { put_back "$image" "the new image lacks what the one of before had to open the root file system: $lost"; return 0; }
    # A module of one name and packing keeps its size; one that was cut short loads nowhere.
    shrunk=$(awk '$1 == "size" { if (NR == FNR) before[$3] = $2; else if ($2 * 2 < before[$3]) print $3 }' "$work/before" "$work/after" |
        head -n 3 | tr '\n' ' ')
    [ -z "$shrunk" ] || put_back "$image" "modules of the new image have less than half of the size they had: $shrunk"
    return 0
}
""",
    "copied": r"""copied() { # RELEASE IMAGE: where the image that is loaded is a copy of what the tool writes, have it copied
    { [ -s "$work/image" ] && cmp -s "$work/image" "$2" && command -v kernel-install >/dev/null; } || return 0
    for made in "/boot/initrd.img-$1" "/boot/initramfs-$1.img" "/boot/initrd-$1"; do
        if [ -e "$made" ] && [ "$made" != "$2" ]; then
            kernel-install add "$1" "/boot/vmlinuz-$1" "$made"
            return
        fi
    done
}
""",
}
CALLS: Dict[str, Tuple[str, ...]] = {
    "left": ("say",),
    "copy": ("say",),
    "keep": ("copy",),
    "real_file": ("say",),
    "change": ("keep", "real_file", "say"),
    "bind": ("change", "left"),
    "add_line": ("keep", "real_file"),
    "change_saved": ("keep", "real_file", "say"),
    "uuid_of": ("device_here",),
    "device_here": ("command_lines", "elsewhere", "literal"),
    "field_by_uuid": ("change", "literal", "uuid_of"),
    "unit_by_uuid": ("change", "literal", "uuid_of"),
    "lilo_by_uuid": ("change", "literal", "uuid_of"),
    "option_by_uuid": ("command_lines", "change", "change_saved", "left", "literal", "uuid_of"),
    "allow": ("command_lines", "change", "change_saved"),
    "with_option": ("add_line", "change", "left"),
    "without_option": ("command_lines", "change", "change_saved", "literal"),
    "write_menu": ("keep", "left"),
    "room_for": ("room",),
    "put_back": ("copy", "left"),
    "rebuild": ("copy", "keep", "left", "list", "put_back", "real_file"),
}
# By tool: how it is told of modules ("with_modules MODULE...") and how it makes an image
# ("make_image RELEASE IMAGE").
WITH_MODULES: Dict[str, str] = {
    "dracut": r"""
    for module in "$@"; do
        grep -qsF " $module " /etc/dracut.conf.d/guestcheck.conf || add_line /etc/dracut.conf.d/guestcheck.conf "add_drivers+=\" $module \""
    done
""",
    "initramfs-tools": r"""
    for module in "$@"; do add_line /etc/initramfs-tools/modules "$module"; done
""",
    "mkinitcpio": r"""
    # A preset may name another file than this one, and a drop-in may set the list again.
    for file in /etc/mkinitcpio.conf \
        $(sed -n 's,^[^#]*_config=[^/]*\(/[A-Za-z0-9/._-]*\).*,\1,p' /etc/mkinitcpio.d/*.preset 2>/dev/null) \
        $(grep -ls '^MODULES=' /etc/mkinitcpio.conf.d/*.conf); do
        [ -f "$file" ] || continue
        for module in "$@"; do
            grep -qE "^MODULES=[(\"'](.* )?${module}[ )\"']" "$file" && continue
            change "$file" "s,^MODULES=[(\"'],&$module ," || return 1
            # An array over several lines, or none at all.
            grep -qE "^MODULES=.*${module}" "$file" || add_line "$file" "MODULES=($module)"
        done
    done
""",
    "mkinitfs": r"""
    for module in "$@"; do
        name=$(echo "$module" | sed 's/_/[_-]/g')
        find /lib/modules -name "$name.ko*" | sed -n 's,.*/\(kernel/[A-Za-z0-9/_-]*\)\.ko.*,\1.ko*,p' | sort -u >"$work/paths"
        while read -r path; do add_line /etc/mkinitfs/features.d/guestcheck.modules "$path"; done <"$work/paths"
    done
    grep -qE '^features=.*guestcheck' /etc/mkinitfs/mkinitfs.conf || change /etc/mkinitfs/mkinitfs.conf "s,^features=[\"'],&guestcheck ,"
""",
    "booster": r"""
    [ -e /etc/booster.yaml ] || touch /etc/booster.yaml
    grep -q '^modules:' /etc/booster.yaml || add_line /etc/booster.yaml 'modules: ext4'
    for module in "$@"; do
        grep -qE "^modules:.*[ ,]${module}(,|\$)" /etc/booster.yaml || change /etc/booster.yaml "s/^modules:.*[^ ]/&,$module/"
    done
""",
    "mkinitrd": r"""
    for module in "$@"; do
        if grep -qs '^INITRD_MODULES="' /etc/sysconfig/kernel; then
            grep -qE "^INITRD_MODULES=\"(.* )?${module}[ \"]" /etc/sysconfig/kernel || change /etc/sysconfig/kernel "s,^INITRD_MODULES=\",&$module ,"
        else
            extra="$extra --with=$module"
        fi
    done
""",
    "make-initrd": r"""
    for module in "$@"; do
        grep -qsE "^MODULES_ADD.*[ =]$module( |\$)" /etc/initrd.mk || add_line /etc/initrd.mk "MODULES_ADD += $module"
    done
""",
    "genkernel": r"""
    # It has no list of names: all modules, or those that its own lists have. "$*" are among all.
    if grep -qsE '^#?[[:space:]]*ALLRAMDISKMODULES=' /etc/genkernel.conf; then
        grep -q '^ALLRAMDISKMODULES="yes"' /etc/genkernel.conf || change /etc/genkernel.conf 's,^#?[[:space:]]*ALLRAMDISKMODULES=.*,ALLRAMDISKMODULES="yes",'
    fi
""",
    "tiny-initramfs": r"""
    for module in "$@"; do
        grep -qsE "^INCLUDE_MODULES=[\"']?(.*,)?$module([,\"']|\$)" /etc/tiny-initramfs/tiny-initramfs.conf && continue
        if grep -qs '^INCLUDE_MODULES=' /etc/tiny-initramfs/tiny-initramfs.conf; then
            change /etc/tiny-initramfs/tiny-initramfs.conf "s/^INCLUDE_MODULES=([\"']?)/&$module,/; s/,([\"']?)\$/\1/"
        else
            add_line /etc/tiny-initramfs/tiny-initramfs.conf "INCLUDE_MODULES=\"$module\""
        fi
    done
""",
}
WITH_MODULES_CALLS = ("add_line", "change")
MAKE_IMAGE: Dict[str, str] = {
    "dracut": r"""
    options=
    if { [ "$offline" = yes ] || elsewhere; } && dracut --help 2>/dev/null | grep -q -e --no-hostonly; then
        # In such an image dracut leaves out the files that the one of before may have had.
        options="--no-hostonly --mdadmconf --lvmconf"
        if grep -qx 'file etc/crypttab' "$work/before" && [ -f /etc/crypttab ]; then options="$options --include /etc/crypttab /etc/crypttab"; fi
    fi
    # shellcheck disable=SC2086 # these are several options
    dracut -f $options "$2" "$1"
""",
    "initramfs-tools": r"""
    if [ -e "/boot/initrd.img-$1" ]; then update-initramfs -u -k "$1" || return 1; else update-initramfs -c -k "$1" || return 1; fi
    copied "$1" "$2"
""",
    "mkinitcpio": r"""
    if [ "$offline" = yes ] || elsewhere; then
        mkinitcpio -S autodetect -k "$1" -g "$2"
        return
    fi
    : >"$work/begun"
    if ! mkinitcpio -P && ls /etc/mkinitcpio.d/*.preset >/dev/null 2>&1; then return 1; fi
    # Presets may write other files than the one that is loaded, and the same bytes again.
    [ -z "$(find -H "$2" -newer "$work/begun" 2>/dev/null)" ] || return 0
    case $2 in
        *fallback*) mkinitcpio -S autodetect -k "$1" -g "$2" ;;
        *) mkinitcpio -k "$1" -g "$2" ;;
    esac
""",
    "mkinitfs": r"""
    mkinitfs -o "$2" "$1"
""",
    "booster": r"""
    /usr/lib/booster/regenerate_images || return 1
    if [ -s "$work/image" ] && cmp -s "$work/image" "$2"; then booster build --force --kernel-version "$1" "$2"; fi
""",
    "mkinitrd": r"""
    if grep -qs '^INITRD_MODULES="' /etc/sysconfig/kernel; then
        mkinitrd
    else
        # shellcheck disable=SC2086 # these are several options
        mkinitrd -f $extra "$2" "$1"
    fi
""",
    "make-initrd": r"""
    make-initrd -k "$1" || return 1
    copied "$1" "$2"
""",
    "genkernel": r"""
    genkernel --all-ramdisk-modules initramfs || return 1
    copied "$1" "$2"
""",
    "tiny-initramfs": r"""
    update-tirfs -k "$1" || return 1
    copied "$1" "$2"
""",
}
MAKE_IMAGE_CALLS: Dict[str, Tuple[str, ...]] = {
    "dracut": ("elsewhere",),
    "mkinitcpio": ("elsewhere",),
    "initramfs-tools": ("copied",),
    "make-initrd": ("copied",),
    "genkernel": ("copied",),
    "tiny-initramfs": ("copied",),
}
# The program without which none of this can be done.
PROGRAM: Dict[str, str] = {
    "initramfs-tools": "update-initramfs",
    "booster": "booster",
    "tiny-initramfs": "update-tirfs",
}
# What in an image opens the root file system, as `list` prints it: modules of the device mapper,
# arrays, pools and ciphers, programs, keys, tables, hooks.
OPENS = (
    "module (dm_[a-z0-9_]+|md_mod|raid[0-9]+|linear|multipath|bcache|bcachefs|zfs|spl|drbd|"
    "nbd|xts|cbc|essiv|aes_generic{more})",
    "file (.*/)?(cryptroot/.*|crypttab|mdadm\\.conf|lvm(local)?\\.conf|multipath\\.conf|"
    ".*keyfile.*|.*\\.key|[^/]*\\.luks|header\\.img)",
    "file s?bin/(cryptsetup|lvm|dmsetup|mdadm|mdmon|multipathd?|kpartx|bcache[a-z-]*|btrfs|"
    "zfs|zpool|mount\\.[a-z0-9]+|iscsi[a-z-]*|nbd-client|dropbear"
    "|clevis[a-z0-9-]*|tpm2[a-z0-9_-]*|keyctl|gpg|systemd-cryptsetup|systemd-tpm2[a-z-]*)",
    "file (lib/systemd/systemd-cryptsetup|lib/systemd/system-generators/.*|lib/cryptsetup/.*|"
    "lib/dracut/hooks/.*|hooks/.*|scripts/[a-z]+-[a-z]+/.*"
    "|lib/initrd/.*|lib/uevent/.*|etc/systemd/system/.*|etc/cryptsetup-keys\\.d/.*|conf/"
    "conf\\.d/.*|etc/udev/rules\\.d/.*)",
)
