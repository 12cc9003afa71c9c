"""The guest as a whole is joined from many questions; what none of them told is None."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from guestcheck.model.guest import Clues
from guestcheck.model.source import OK, Answer
from tests.makers import answers, asked, guest, pci, uname

OS_RELEASE = (
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian '
    'GNU/Linux"\nVERSION_ID="12"\nID=debian\nID_LIKE="a b"\n'
)
PSUTIL = '{"cpus": 8, "memory": 4096, "swap": 0, "nics": {}}'
PORT = (
    "/sys/class/virtio-ports/vport1p1 -> "
    "/sys/devices/x/vport1p1\n/sys/class/virtio-ports/vport1p1/name = "
)


def test_nothing_told_is_nothing_known() -> None:
    found = guest()
    unknown = (
        "cpus",
        "memory_bytes",
        "swap_bytes",
        "firmware",
        "cmdline",
        "pci",
        "virtio",
        "block",
        "nics",
        "kernels",
        "agents",
        "agent_channel",
    )
    assert {name: getattr(found, name) for name in unknown} == dict.fromkeys(unknown)
    assert found.clues == Clues()


def test_the_operating_system_and_the_kernel() -> None:
    system = (
        *answers("/etc/os-release", OS_RELEASE, "/proc/sys/kernel/hostname", "guest\n"),
        *uname("6.1.0-13-amd64"),
    )
    found = guest(system=system)
    assert (found.os_name, found.os_id, found.os_like, found.os_version) == (
        "Debian GNU/Linux 12 (bookworm)",
        "debian",
        ("a", "b"),
        "12",
    )
    assert (found.kernel, found.architecture, found.hostname) == (
        "6.1.0-13-amd64",
        "x86_64",
        "guest",
    )


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("/etc/redhat-release", "CentOS release 6.10 (Final)\n", "CentOS release 6.10 (Final)"),
        ("/etc/debian_version", "7.11\n", "Debian 7.11"),
        ("/etc/os-release", "NAME=Alpine\n", "Alpine"),
    ],
)
def test_older_systems_name_themselves_otherwise(path: str, text: str, name: str) -> None:
    assert guest(system=answers(path, text)).os_name == name


@pytest.mark.parametrize(
    ("version", "kernel"),
    [
        (
            "Linux version 6.1.0-13-amd64 (debian-kernel@lists.debian.org) (gcc-12)\n",
            "6.1.0-13-amd64",
        ),
        ("Linux version\n", ""),
        ("FreeBSD 14\n", ""),
    ],
)
def test_the_kernel_s_release_can_be_told_by_proc_version(version: str, kernel: str) -> None:
    assert guest(system=answers("/proc/version", version)).kernel == kernel


@pytest.mark.parametrize(
    ("pairs", "cpus", "memory"),
    [
        (("psutil", PSUTIL, "/proc/meminfo", "MemTotal: 1 kB\n"), 8, 4096),
        (
            (
                "/proc/meminfo",
                "MemTotal: 2 kB\nSwapTotal: 1 kB\n",
                "/sys/devices/system/cpu/online",
                "0-3,8\n",
            ),
            5,
            2048,
        ),
        (("/sys/devices/system/cpu/online", "0\n"), 1, None),
        (("/proc/meminfo", "MemTotal: lots\n", "/sys/devices/system/cpu/online", "0-1\n"), 2, None),
        (("/proc/meminfo", "\x00\xff"), None, None),
        (("psutil", "[]"), None, None),
        (("psutil", "not JSON"), None, None),
    ],
)
def test_processors_and_memory_are_psutil_s_or_proc_s(
    pairs: Any, cpus: Optional[int], memory: Optional[int]
) -> None:
    found = guest(machine=answers(*pairs))
    assert (found.cpus, found.memory_bytes) == (cpus, memory)


@pytest.mark.parametrize(
    ("efi", "dmi", "firmware"),
    [
        ("/sys/firmware/efi\n", "QEMU", "efi"),
        ("", "QEMU", "bios"),
        ("", "", None),
        ("/sys/firmware/efi\n", "", "efi"),
    ],
)
def test_the_firmware_is_uefi_by_its_folder_and_bios_by_dmi_without_it(
    efi: str, dmi: str, firmware: Optional[str]
) -> None:
    told = {"dmi": answers("/sys/class/dmi/id/sys_vendor", dmi)} if dmi else {}
    assert (
        guest(
            pci("0000:00:00.0 pci - 8086:1237 0600"),
            efi=efi or answers("/sys/firmware/efi", ""),
            **told,
        ).firmware
        == firmware
    )


@pytest.mark.parametrize(
    ("programs", "services", "found"),
    [
        (
            "/usr/sbin/qemu-ga\n",
            "/sys/fs/cgroup/system.slice/qemu-guest-agent.service\n",
            [("qemu-ga", True, True)],
        ),
        (
            "/usr/sbin/qemu-ga\n",
            "/sys/fs/cgroup/system.slice/ssh.service\n",
            [("qemu-ga", True, False)],
        ),
        ("/usr/sbin/qemu-ga\n", "", [("qemu-ga", True, None)]),
        ("", "/sys/fs/cgroup/system.slice/vmtoolsd.service\n", [("open-vm-tools", None, True)]),
        ("/usr/lib/linux-tools/6.1/hv_kvp_daemon\n", "", [("hyperv-daemons", True, None)]),
        ("", "", []),
    ],
)
def test_an_agent_is_installed_by_its_program_and_runs_by_its_service(
    programs: str, services: str, found: Any
) -> None:
    agents = guest(
        agents=(Answer("programs", OK, programs), Answer("services", OK, services))
    ).agents
    assert agents is not None
    assert [(agent.name, agent.installed, agent.running) for agent in agents] == found


@pytest.mark.parametrize(
    ("name", "there"), [("org.qemu.guest_agent.0", True), ("com.redhat.spice.0", False)]
)
def test_the_agent_s_channel_is_a_port_of_its_name(name: str, there: bool) -> None:
    assert guest(PORT + name).agent_channel is there


def test_the_tool_that_makes_the_initramfs_is_the_first_that_is_there() -> None:
    assert guest(initramfs_tools="/usr/sbin/update-initramfs\n").initramfs_tool == "initramfs-tools"
    assert (
        guest(initramfs_tools="/usr/sbin/update-initramfs\n/usr/bin/dracut\n").initramfs_tool
        == "dracut"
    )
    assert guest(initramfs_tools="").initramfs_tool == ""


class TestClues:
    def test_each_source_is_kept_apart(self) -> None:
        found = guest(
            detect_virt=answers(
                "systemd-detect-virt --vm",
                "kvm\n",
                "lscpu",
                "Hypervisor vendor:   KVM\n",
                "systemd-detect-virt --container",
                "none\n",
            ),
            cpuinfo="processor : 0\nmodel name : x\nflags : fpu hypervisor\n\n",
            dmi=answers(
                "/sys/class/dmi/id/sys_vendor",
                "QEMU\n",
                "/sys/class/dmi/id/product_name",
                "Standard PC\n",
            ),
            firmware=answers(
                "/sys/hypervisor/type",
                "xen\n",
                "/proc/sysinfo",
                "Manufacturer: IBM\nVM00 Control Program: KVM/Linux\n",
            ),
        ).clues
        assert (found.vm, found.cpuid, found.cpu_flag, found.container, found.sys_hypervisor) == (
            "kvm",
            "KVM",
            True,
            "none",
            "xen",
        )
        assert found.dmi == {"sys_vendor": "QEMU", "product_name": "Standard PC"}

    def test_a_control_program_on_any_line_of_sysinfo_is_seen(self) -> None:
        text = (
            "Manufacturer:         IBM\nType:                 3931\n\nVM00 Name:            "
            "GUEST1\nVM00 "
            "Control Program: z/VM    7.3.0\n"
        )
        assert "z/VM" in guest(firmware=answers("/proc/sysinfo", text)).clues.sysinfo

    @pytest.mark.parametrize(
        ("flags", "flag"),
        [("flags : fpu hypervisor lm\n", True), ("flags : fpu lm\n", False), ("", None)],
    )
    def test_the_processor_s_flag(self, flags: str, flag: Optional[bool]) -> None:
        assert guest(cpuinfo=f"processor : 0\nmodel name : x\n{flags}").clues.cpu_flag is flag

    @pytest.mark.parametrize(
        ("table", "oem"),
        [
            ("FACP\x14\x01\x00\x00\x06fFIRECKFCVMFADT", "FIRECKFCVMFADT"),
            ("FACP\x14\x01\x00\x00\x06fBOCHS BXPC    ", "BOCHS BXPC"),
            ("", ""),
            ("FACP", ""),
            ("FACP\x14\x01\x00\x00\x06f\x00\x00\x00\x00\x00\x00", ""),
        ],
    )
    def test_the_acpi_tables_name_their_maker(self, table: str, oem: str) -> None:
        assert (
            guest(firmware=answers("/sys/firmware/acpi/tables/FACP", table)).clues.acpi_oem == oem
        )

    def test_a_device_tree_s_strings_are_read(self) -> None:
        path = "/sys/firmware/devicetree/base/compatible"
        (hint,) = guest(firmware=answers(path, "linux,dummy-virt\0other\0")).clues.devicetree
        assert (hint.source, hint.says) == (path, "linux,dummy-virt other")


def test_the_first_thing_asked_is_named_by_the_makers() -> None:
    from guestcheck.evidence.linux.system import MACHINE

    assert asked(MACHINE) == "psutil"


def test_a_file_names_the_host_where_no_kernel_runs() -> None:
    os_release = ("/etc/os-release", OS_RELEASE)
    assert (
        guest(system=answers(*os_release, "/etc/hostname", "# set by hand\nweb1\n")).hostname
        == "web1"
    )
    assert (
        guest(
            system=answers(
                *os_release, "/proc/sys/kernel/hostname", "web2\n", "/etc/hostname", "web1\n"
            )
        ).hostname
        == "web2"
    )
