"""Network cards: the driver, what the card would be called, and whether what is configured would
still apply.
"""

from __future__ import annotations

from typing import Sequence, Tuple

import pytest

from guestcheck.messages import words
from guestcheck.model.action import PinNic
from guestcheck.model.device import Inventory
from guestcheck.model.source import OK, Answer
from tests.readiness.making import (
    EVERYTHING,
    UNITS,
    a_card,
    addresses,
    ide_disk,
    ide_part,
    machine,
    on,
    said,
    started,
    told,
)

MAC = "52:54:00:12:34:56"
IFUPDOWN = "/etc/network/interfaces"
NETPLAN = "/etc/netplan/50-cloud-init.yaml"
KEYFILE = "/etc/NetworkManager/system-connections/a.nmconnection"
NETWORKD = "/etc/systemd/network/10-lan.network"
LINK = "/etc/systemd/network/10-lan.link"
IFCFG = "/etc/sysconfig/network-scripts/ifcfg-eth0"
RULES = "/etc/udev/rules.d/70-persistent-net.rules"


def guest(
    *files: Tuple[str, str],
    name: str = "ens3",
    options: str = "ro",
    cards: Sequence[str] = (),
    **more: object,
) -> Inventory:
    """Make a guest with the card `name` on e1000 and network configuration as files; NetworkManager
    starts where it has a file, all else does.
    """
    devices = (ide_disk(), ide_part(), *(cards or (a_card(name),)))
    answers = [told("network_config", path, text) for path, text in files] or [
        ("network_config", Answer(IFUPDOWN, OK, "auto lo\n"))
    ]
    manager = any("NetworkManager" in path for path, _ in files)
    answers.append(addresses(**{name: ""}))
    answers.append(started(*(unit for unit in UNITS if manager or unit != "NetworkManager")))
    return machine(devices=devices, options=options, more=answers, **more)  # type: ignore[arg-type]


def dhcp(name: str) -> Tuple[str, str]:
    return IFUPDOWN, f"auto {name}\niface {name} inet dhcp\n"


class TestDriver:
    def test_the_root_file_systems_modules_serve(self) -> None:
        assert (
            said(
                on(
                    "virtio-net",
                    guest((NETWORKD, f"[Match]\nMACAddress={MAC}\n[Network]\nDHCP=yes\n")),
                )
            )
            == "network-up"
        )

    def test_a_kernel_without_it_loses_the_network(self) -> None:
        found = on(
            "virtio-net",
            guest(
                (NETWORKD, f"[Match]\nMACAddress={MAC}\n[Network]\nDHCP=yes\n"),
                lacking=("virtio_net",),
            ),
        )
        assert said(found) == "network-lost: driver-not-in-kernel"

    FILES = (NETWORKD, f"[Match]\nMACAddress={MAC}\n[Network]\nDHCP=yes\n")

    def barred(
        self, modules: str = EVERYTHING, rule: str = "blacklist vmxnet3", **more: object
    ) -> Inventory:
        """Make a guest whose modprobe.d has a rule, and whose initramfs holds `modules`."""
        rules = told("modprobe_conf", "/etc/modprobe.d/a.conf", rule + "\n")
        answers = [told("network_config", *self.FILES), rules, started("systemd-networkd")]
        return machine(modules, devices=(ide_disk(), ide_part(), a_card()), more=answers, **more)  # type: ignore[arg-type]

    WITHOUT = EVERYTHING.replace(" vmxnet3", "")

    def test_a_blacklist_of_the_root_file_system_counts(self) -> None:
        assert said(on("vmxnet3", guest(self.FILES))) == "network-up"
        assert said(on("vmxnet3", self.barred(self.WITHOUT))) == "network-lost: driver-blacklisted"

    @pytest.mark.parametrize("rule", ["blacklist vmxnet3", "install vmxnet3 /bin/false"])
    def test_it_comes_too_late_for_what_an_older_initramfs_loads(self, rule: str) -> None:
        assert (
            said(on("vmxnet3", self.barred(rule=rule))) == "network-up: !driver-blacklisted-later"
        )
        assert (
            said(on("vmxnet3", self.barred(rule=rule, texts={"etc/modprobe.d/a.conf": rule})))
            == "network-lost: driver-blacklisted"
        )

    def test_what_the_kernel_is_told_holds_in_the_initramfs_too(self) -> None:
        assert (
            said(on("vmxnet3", guest(self.FILES, options="ro module_blacklist=vmxnet3")))
            == "network-lost: driver-blacklisted"
        )

    def test_an_initramfs_that_was_not_read_may_load_it(self) -> None:
        assert said(on("vmxnet3", self.barred(images={}))) == "unknown: ?driver-blacklisted"
        assert said(on("vmxnet3", self.barred(initrd="-"))) == "network-lost: driver-blacklisted"

    def test_a_list_of_modules_that_was_not_made_leaves_it_open(self) -> None:
        inventory = guest(
            (NETWORKD, f"[Match]\nMACAddress={MAC}\n[Network]\nDHCP=yes\n"),
            without=("module_files",),
        )
        assert said(on("virtio-net", inventory)).startswith("unknown: ?driver-unread")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # ifupdown goes by name alone
        ([dhcp("ens3")], "unknown: ?name-depends-on-slot"),
        (
            [
                (
                    IFUPDOWN,
                    "auto eth0\niface eth0 inet dhcp\nauto ens3\niface ens3 inet static\n "
                    "address 10.0.0.2/24\n",
                )
            ],
            "unknown: ?name-depends-on-slot",
        ),
        (
            [(IFUPDOWN, "auto br0\niface br0 inet dhcp\n bridge_ports ens3\n")],
            "unknown: ?name-depends-on-slot",
        ),
        # netplan
        (
            [
                (
                    NETPLAN,
                    "network:\n  version: 2\n  ethernets:\n    lan:\n      match:\n        "
                    f"macaddress: '{MAC}'\n      dhcp4: true\n",
                )
            ],
            "network-up",
        ),
        (
            [
                (
                    NETPLAN,
                    f"network:\n  ethernets:\n    ens3:\n      match: {{macaddress: "
                    f"'{MAC}'}}\n      set-name: ens3\n      addresses: [10.0.0.2/24]\n",
                )
            ],
            "network-up",
        ),
        (
            [(NETPLAN, "network:\n  ethernets:\n    ens3:\n      dhcp4: true\n")],
            "unknown: ?name-depends-on-slot",
        ),
        (
            [
                (
                    NETPLAN,
                    "network:\n  ethernets:\n    all:\n      match:\n        name: en*\n      "
                    "dhcp4: true\n",
                )
            ],
            "network-up",
        ),
        (
            [
                (
                    NETPLAN,
                    "network:\n  ethernets:\n    all:\n      match:\n        driver: e1000\n  "
                    "    dhcp4: true\n",
                )
            ],
            "network-lost: config-by-driver",
        ),
        (
            [
                (
                    NETPLAN,
                    "network:\n  ethernets:\n    all:\n      match:\n        driver: [e1000, "
                    "virtio_net]\n      dhcp4: true\n",
                )
            ],
            "network-up",
        ),
        # NetworkManager
        ([(KEYFILE, "[connection]\ntype=ethernet\n[ipv4]\nmethod=auto\n")], "network-up"),
        (
            [
                (
                    KEYFILE,
                    f"[connection]\ntype=ethernet\n[ethernet]\nmac-address={MAC.upper()}\n[ipv4]\nmethod=manual\n",
                )
            ],
            "network-up",
        ),
        (
            [
                (
                    KEYFILE,
                    "[connection]\ntype=ethernet\ninterface-name=ens3\n[ipv4]\nmethod=manual\n",
                )
            ],
            "unknown: ?name-depends-on-slot",
        ),
        # systemd-networkd
        ([(NETWORKD, "[Match]\nName=en*\n[Network]\nDHCP=ipv4\n")], "network-up"),
        ([(NETWORKD, "[Match]\nName=e*\n[Network]\nDHCP=ipv4\n")], "network-up"),
        (
            [(NETWORKD, "[Match]\nName=ens*\n[Network]\nDHCP=ipv4\n")],
            "unknown: ?name-depends-on-slot",
        ),
        (
            [(NETWORKD, "[Match]\nName=ens3\n[Network]\nAddress=10.0.0.2/24\n")],
            "unknown: ?name-depends-on-slot",
        ),
        (
            [(NETWORKD, "[Match]\nDriver=e1000\n[Network]\nDHCP=yes\n")],
            "network-lost: config-by-driver",
        ),
        # a .link file makes it certain
        ([dhcp("ens3"), (LINK, f"[Match]\nMACAddress={MAC}\n[Link]\nName=ens3\n")], "network-up"),
        (
            [dhcp("lan0"), (LINK, f"[Match]\nMACAddress={MAC}\n[Link]\nName=lan1\n")],
            "network-up: !card-not-configured",
        ),
        (
            [dhcp("ens3"), (LINK, f"[Match]\nMACAddress={MAC}\nDriver=e1000\n[Link]\nName=ens3\n")],
            "unknown: ?name-depends-on-slot",
        ),
        (
            [dhcp("ens3"), (LINK, "[Match]\nMACAddress=52:54:00:00:00:99\n[Link]\nName=ens3\n")],
            "unknown: ?name-depends-on-slot",
        ),
        ([], "network-up: !card-not-configured"),
    ],
)
def test_what_is_bound_by_name_depends_on_the_slot(
    files: Sequence[Tuple[str, str]], expected: str
) -> None:
    assert said(on("virtio-net", guest(*files))) == expected


def test_a_card_that_stays_what_it_is_keeps_its_network() -> None:
    assert said(on("e1000", guest(dhcp("ens3")))) == "network-up"


def test_what_makes_it_certain_is_said() -> None:
    found = on("virtio-net", guest(dhcp("ens3")))
    assert ".link file" in words(found.reasons[0].settle)
    assert MAC in words(found.reasons[0].settle)
    assert found.reasons[0].evidence[0] == (f"{IFUPDOWN}, line 2", "iface ens3 inet dhcp")
    action = found.reasons[0].actions[0]
    assert isinstance(action, PinNic)
    assert (action.name, action.mac, action.pin) == ("ens3", MAC, "lan0")


class TestKernelNames:
    @pytest.mark.parametrize("options", ["ro net.ifnames=0", "ro net.ifnames=0 biosdevname=0"])
    def test_one_card_is_eth0_again(self, options: str) -> None:
        assert (
            said(on("virtio-net", guest(dhcp("eth0"), name="eth0", options=options)))
            == "network-up"
        )

    def test_a_masked_rule_does_the_same(self) -> None:
        masked = ("/etc/udev/rules.d/80-net-setup-link.rules", "")
        assert said(on("virtio-net", guest(dhcp("eth0"), masked, name="eth0"))) == "network-up"

    def test_a_card_with_a_slot_that_is_eth0_shows_that_slots_give_no_names_here(self) -> None:
        assert (
            said(
                on(
                    "virtio-net",
                    guest((IFCFG, "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n"), name="eth0"),
                )
            )
            == "network-up"
        )

    def test_another_name_is_lost(self) -> None:
        files = (NETWORKD, "[Match]\nName=ens3\n[Network]\nAddress=10.0.0.2/24\n")
        found = on("virtio-net", guest(files, options="ro net.ifnames=0"))
        assert said(found) == "network-lost: config-by-name"
        assert "static" in words(found.reasons[0].says)

    def test_networkmanager_makes_a_profile_of_its_own(self) -> None:
        """Which it does where it starts: that was not known when this was said to be open."""
        files = (KEYFILE, "[connection]\ntype=ethernet\ninterface-name=ens3\n[ipv4]\nmethod=auto\n")
        devices = (ide_disk(), ide_part(), a_card("ens3"))
        unasked = machine(
            devices=devices, options="ro net.ifnames=0", more=[told("network_config", *files)]
        )
        assert said(on("virtio-net", guest(files, options="ro net.ifnames=0"))) == "network-up"
        assert said(on("virtio-net", unasked)) == "unknown: ?config-by-name"

    def test_of_two_cards_which_is_eth0_is_open(self) -> None:
        cards = (a_card("eth0"), a_card("eth1", mac="52:54:00:12:34:57"))
        assert (
            said(
                on(
                    "virtio-net",
                    guest(dhcp("eth0"), cards=cards, options="ro net.ifnames=0"),
                    nics=(),
                )
            )
            == "unknown: ?name-depends-on-slot"
        )

    def test_a_card_without_a_slot_is_eth0(self) -> None:
        inventory = guest(dhcp("ens3"), on_disk=EVERYTHING + " hv_vmbus hv_netvsc")
        assert said(on("netvsc", inventory)) == "network-lost: config-by-name"


class TestRules:
    RULE = (
        f'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{MAC}", '
        'KERNEL=="eth*", '
        'NAME="eth0"'
    )

    def test_a_rule_by_mac_gives_the_name_again(self) -> None:
        assert (
            said(on("virtio-net", guest(dhcp("eth0"), (RULES, self.RULE), name="eth0")))
            == "network-up"
        )

    def test_a_rule_that_asks_for_the_driver_does_not(self) -> None:
        rule = self.RULE.replace("?*", "e1000").replace("eth0", "lan0")
        assert (
            said(on("virtio-net", guest(dhcp("lan0"), (RULES, rule), name="lan0")))
            == "network-lost: config-by-name"
        )

    def test_a_rule_by_path_leaves_it_open(self) -> None:
        rule = 'SUBSYSTEM=="net", ACTION=="add", KERNELS=="0000:00:03.0", NAME="eth0"'
        assert (
            said(on("virtio-net", guest(dhcp("eth0"), (RULES, rule), name="eth0")))
            == "unknown: ?name-depends-on-slot"
        )

    def test_drivers_of_a_rule_may_be_several_and_the_transports(self) -> None:
        rule = self.RULE.replace("?*", "e1000|virtio-pci").replace("eth0", "lan0")
        inventory = guest(dhcp("lan0"), (RULES, rule), name="lan0")
        assert said(on("virtio-net", inventory)) == "network-up"
        assert said(on("vmxnet3", inventory)) == "network-lost: config-by-name"


class TestLinks:
    """A .link file need not ask for a MAC address; the first that matches counts (seen in the lab)."""

    DEFAULT = (
        "/usr/lib/systemd/network/99-default.link",
        "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel database onboard slot path\n",
    )

    @staticmethod
    def link(match: str, what: str) -> Tuple[str, str]:
        return LINK, f"[Match]\n{match}\n[Link]\n{what}\n"

    @pytest.mark.parametrize(
        "match",
        ["Type=ether", "OriginalName=*", "OriginalName=eth0", "Driver=e1000 virtio_net", "Path=*"],
    )
    def test_one_that_matches_both_cards_gives_the_name_again(self, match: str) -> None:
        assert (
            said(
                on(
                    "virtio-net",
                    guest(dhcp("lan0"), self.DEFAULT, self.link(match, "Name=lan0"), name="lan0"),
                )
            )
            == "network-up"
        )

    def test_one_for_a_driver_does_not(self) -> None:
        for name in ("lan0", "eth0"):
            inventory = guest(
                dhcp(name), self.DEFAULT, self.link("Driver=e1000", f"Name={name}"), name=name
            )
            assert said(on("virtio-net", inventory)) == "network-lost: config-by-name"

    def test_whether_slots_give_names_at_all_has_to_be_known(self) -> None:
        inventory = guest(dhcp("eth0"), self.link("Driver=e1000", "Name=eth0"), name="eth0")
        assert said(on("virtio-net", inventory)) == "unknown: ?name-depends-on-slot"

    def test_one_for_a_path_leaves_it_open(self) -> None:
        inventory = guest(
            dhcp("lan0"), self.DEFAULT, self.link("Path=pci-0000:00:03.0", "Name=lan0"), name="lan0"
        )
        assert said(on("virtio-net", inventory)) == "unknown: ?name-depends-on-slot"

    def test_one_for_usb_alone_is_none(self) -> None:
        usb = (
            "/usr/lib/systemd/network/73-usb-net-by-mac.link",
            "[Match]\nPath=*-usb-*\n[Link]\nNamePolicy=mac\n",
        )
        assert (
            said(
                on(
                    "virtio-net",
                    guest(
                        (NETWORKD, "[Match]\nName=en*\n[Network]\nDHCP=yes\n"), usb, self.DEFAULT
                    ),
                )
            )
            == "network-up"
        )

    def test_names_by_mac_stay(self) -> None:
        name = f"enx{MAC.replace(':', '')}"
        assert (
            said(
                on(
                    "virtio-net",
                    guest(
                        dhcp(name),
                        self.DEFAULT,
                        self.link("OriginalName=*", "NamePolicy=mac"),
                        name=name,
                    ),
                )
            )
            == "network-up"
        )
        # without the file that says so, nothing is known of how it came by that name
        assert (
            said(on("virtio-net", guest(dhcp(name), self.DEFAULT, name=name)))
            == "unknown: ?name-depends-on-slot"
        )

    def test_one_that_gives_no_name_leaves_the_kernels(self) -> None:
        mtu = self.link("OriginalName=*", "MTUBytes=1400")
        assert (
            said(on("virtio-net", guest(dhcp("eth0"), self.DEFAULT, mtu, name="eth0")))
            == "network-up"
        )

    def test_one_with_a_policy_by_slot_does_not_give_its_name(self) -> None:
        slot = self.link("OriginalName=*", "NamePolicy=slot path\nName=lan0")
        assert (
            said(on("virtio-net", guest(dhcp("ens3"), self.DEFAULT, slot)))
            == "unknown: ?name-depends-on-slot"
        )

    def test_of_two_cards_one_for_the_kernels_name_is_open(self) -> None:
        cards = (a_card("lan0"), a_card("eth1", mac="52:54:00:12:34:57"))
        inventory = guest(
            dhcp("lan0"), self.DEFAULT, self.link("OriginalName=eth0", "Name=lan0"), cards=cards
        )
        assert said(on("virtio-net", inventory, nics=("lan0",))) != "network-lost: config-by-name"

    def test_masked_rules_leave_them_without_effect(self) -> None:
        masked = ("/etc/udev/rules.d/80-net-setup-link.rules", "")
        assert (
            said(
                on(
                    "virtio-net",
                    guest(
                        dhcp("eth0"), masked, self.link("OriginalName=*", "Name=lan0"), name="eth0"
                    ),
                )
            )
            == "network-up"
        )


class TestPorts:
    """A card that is a bridge's port has no address of its own to lose (seen in the lab)."""

    BRIDGE = ("/etc/systemd/network/30-br0.network", "[Match]\nName=br0\n[Network]\nDHCP=yes\n")

    @pytest.mark.parametrize("what", ["Bridge=br0", "Bond=bond0"])
    def test_it_goes_by_its_own_match(self, what: str) -> None:
        by_mac = (NETWORKD, f"[Match]\nMACAddress={MAC}\n[Network]\n{what}\n")
        by_driver = (NETWORKD, f"[Match]\nDriver=e1000\n[Network]\n{what}\n")
        assert said(on("virtio-net", guest(by_mac, self.BRIDGE))) == "network-up"
        assert (
            said(on("virtio-net", guest(by_driver, self.BRIDGE)))
            == "network-lost: config-by-driver"
        )

    def test_red_hats_way_too(self) -> None:
        port = (IFCFG, "DEVICE=eth0\nBRIDGE=br0\nONBOOT=yes\nBOOTPROTO=none\n")
        bridge = (
            IFCFG.replace("eth0", "br0"),
            "DEVICE=br0\nTYPE=Bridge\nBOOTPROTO=dhcp\nONBOOT=yes\n",
        )
        assert (
            said(on("virtio-net", guest(port, bridge, name="eth0", options="ro net.ifnames=0")))
            == "network-up"
        )


class TestFirstFileCounts:
    """Of networkd's files the first that matches a card is all that is for it (seen in the lab)."""

    ANY = ("/etc/systemd/network/20-any.network", "[Match]\nName=en*\n[Network]\nDHCP=yes\n")

    def test_one_that_would_match_first_and_configures_nothing_takes_the_address(self) -> None:
        first = (NETWORKD, "[Match]\nDriver=virtio_net\n[Network]\nLinkLocalAddressing=no\n")
        inventory = guest(first, self.ANY)
        assert said(on("virtio-net", inventory)) == "network-lost: config-by-order"
        assert said(on("vmxnet3", inventory)) == "network-up"

    def test_one_of_which_not_all_is_understood_leaves_it_open(self) -> None:
        first = (
            NETWORKD,
            "[Match]\nDriver=virtio_net\nProperty=A=B\n[Network]\nLinkLocalAddressing=no\n",
        )
        assert said(on("virtio-net", guest(first, self.ANY))) == "unknown: ?config-by-order"

    def test_one_that_configures_it_too_does_not(self) -> None:
        first = (NETWORKD, "[Match]\nDriver=virtio_net\n[Network]\nDHCP=yes\n")
        assert said(on("virtio-net", guest(first, self.ANY))) == "network-up"


class TestIfcfg:
    BOTH = (IFCFG, f"DEVICE=lan0\nHWADDR={MAC}\nBOOTPROTO=none\nIPADDR=10.0.0.2\nONBOOT=yes\n")

    def test_name_and_mac_hold_where_the_name_follows_the_mac(self) -> None:
        renames = (
            "/usr/lib/udev/rules.d/60-net.rules",
            'ACTION=="add", SUBSYSTEM=="net", PROGRAM="/lib/udev/rename_device", '
            'RESULT=="?*", NAME="$result"',
        )
        assert said(on("virtio-net", guest(self.BOTH, renames, name="lan0"))) == "network-up"
        assert (
            said(on("virtio-net", guest(self.BOTH, name="lan0")))
            == "unknown: ?name-depends-on-slot"
        )

    def test_the_mac_alone_is_enough(self) -> None:
        assert (
            said(on("virtio-net", guest((IFCFG, f"HWADDR={MAC}\nBOOTPROTO=dhcp\n"), name="ens3")))
            == "network-up"
        )

    def test_what_is_not_started_configures_nothing(self) -> None:
        assert (
            said(on("virtio-net", guest((IFCFG, "DEVICE=ens3\nONBOOT=no\nBOOTPROTO=dhcp\n"))))
            == "network-up: !card-not-configured"
        )


def test_that_was_not_read_leaves_it_open() -> None:
    devices = (ide_disk(), ide_part(), a_card())
    assert said(on("virtio-net", machine(devices=devices))) == "unknown: ?network-config-unread"


def test_an_image_without_cards_is_judged_by_its_configuration() -> None:
    by_mac = told("network_config", NETWORKD, f"[Match]\nMACAddress={MAC}\n[Network]\nDHCP=yes\n")
    mac = machine(more=[by_mac, started("systemd-networkd")])
    name = machine(more=[told("network_config", *dhcp("ens3"))])
    assert said(on("virtio-net", mac)) == "network-up"
    assert said(on("virtio-net", name)) == "unknown: ?name-depends-on-slot"


def unseen(*files: Tuple[str, str], starts: str = "systemd-networkd") -> str:
    """Return what is said of an image of which no card is known."""
    more = [told("network_config", path, text) for path, text in files]
    return said(on("virtio-net", machine(more=[*more, started(starts)])))


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        ("driver=vmxnet3;", "network-lost: config-by-driver"),
        ("driver=virtio_net;", "network-up"),
        ("driver=virtio*;", "network-up"),
        ("path=pci-0000:03:00.0;", "unknown: ?name-depends-on-slot"),
    ],
)
def test_a_profile_that_asks_for_a_driver_alone_is_for_that_card(
    driver: str, expected: str
) -> None:
    text = f"[connection]\ntype=ethernet\n[match]\n{driver}\n[ipv4]\nmethod=manual\n"
    assert unseen((KEYFILE, text), starts="NetworkManager") == expected


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("[Match]\nName=e*\n[Network]\nLinkLocalAddressing=no\n", "network-lost: config-by-order"),
        ("[Match]\nName=e*\n[Link]\nUnmanaged=yes\n", "network-lost: config-by-order"),
        ("[Match]\nName=e*\nHost=a\n[Network]\n", "unknown: ?config-by-name"),
        ("[Match]\nName=wl*\n[Network]\n", "network-up"),
    ],
)
def test_an_earlier_file_without_an_address_takes_the_card(first: str, expected: str) -> None:
    later = (NETWORKD, "[Match]\nName=en*\n[Network]\nDHCP=yes\n")
    assert unseen(("/etc/systemd/network/05-a.network", first), later) == expected


def test_a_file_that_is_not_understood_is_named() -> None:
    odd = (NETPLAN, "network:\n  ethernets: {ens3: {dhcp4: true}}\n")
    found = on("virtio-net", guest(odd))
    assert found.verdict == "unknown"
    assert found.reasons[0].evidence[0].source == NETPLAN


def test_a_card_of_which_no_address_was_read_may_have_one() -> None:
    devices = (ide_disk(), ide_part(), a_card())
    nothing = told("network_config", IFUPDOWN, "auto lo\n")
    assert (
        said(on("virtio-net", machine(devices=devices, more=[nothing])))
        == "unknown: ?card-not-configured"
    )
    used = machine(devices=devices, more=[nothing, addresses(ens3="192.0.2.2")])
    assert said(on("virtio-net", used)) == "unknown: ?card-not-configured"
    assert (
        said(on("virtio-net", machine(devices=devices, more=[nothing, addresses(ens3="")])))
        == "network-up: !card-not-configured"
    )
