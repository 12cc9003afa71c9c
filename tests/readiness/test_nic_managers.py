"""Network cards: what configures one counts where its program starts at boot and takes the card, on
the platform that it is moved to.
"""

from __future__ import annotations

from typing import Any, Dict, Sequence, Tuple

import pytest

from guestcheck.catalogue.rows import BUNDLES, TARGETS
from guestcheck.evidence.linux.config.network_managers import MANAGERS
from guestcheck.messages import words
from guestcheck.model.device import Inventory
from guestcheck.model.source import Answer, Listing
from guestcheck.model.target import Readiness, chosen
from guestcheck.readiness import assess
from tests.readiness.making import (
    EVERYTHING,
    RELEASE,
    a_card,
    addresses,
    ide_disk,
    ide_part,
    image,
    machine,
    on,
    said,
    started,
    told,
)

MAC = "52:54:00:12:34:56"
INTERFACES = "/etc/network/interfaces"
NETPLAN = "/etc/netplan/50-cloud-init.yaml"
KEYFILE = "/etc/NetworkManager/system-connections/a.nmconnection"
MANAGER = "/etc/NetworkManager/conf.d/a.conf"
NETWORKD = "/etc/systemd/network/20-lan.network"
IFCFG = "/etc/sysconfig/network-scripts/ifcfg-ens3"
WANTS = "/etc/systemd/system/multi-user.target.wants/"
UNITS = "/usr/lib/systemd/system/"

ANY = (NETWORKD, "[Match]\nName=en*\n[Network]\nDHCP=yes\n")
STATIC = (INTERFACES, "auto ens3\niface ens3 inet static\n address 10.0.0.2/24\n")
DHCP = (INTERFACES, "auto ens3\niface ens3 inet dhcp\n")
PROFILE = (KEYFILE, "[connection]\ntype=ethernet\n[ipv4]\nmethod=auto\n")


INSTALLED, SCRIPTS, UDEV, GENERATORS = (
    next(
        ask.pattern
        for ask in MANAGERS.asks
        if isinstance(ask, Listing) and ask.pattern.startswith(start)
    )
    for start in (
        "/usr/lib/systemd/system/",
        "/etc/init.d/",
        "/usr/lib/systemd/systemd-udevd",
        "/usr/sbin/netplan",
    )
)


def units(*paths: str) -> Tuple[str, Answer]:
    """Make the answer that names these paths of units, links and programs; what a link starts is
    installed.
    """
    started_ = [UNITS + path.rpartition("/")[2] for path in paths if ".wants/" in path]
    return told(
        "network_managers",
        INSTALLED,
        "".join(f"{path}\n" for path in dict.fromkeys((*paths, *started_))),
    )


def masked(unit: str) -> Tuple[str, Answer]:
    return told("network_managers", f"/etc/systemd/system/{unit}.service", "")


def guest(
    *files: Tuple[str, str],
    more: Sequence[Tuple[str, Answer]] = (),
    live: bool = True,
    **about: Any,
) -> Inventory:
    """Make a guest with these files; one that is not `live` shows no card."""
    devices = (ide_disk(), ide_part(), *((a_card("ens3"),) if live else ()))
    return machine(
        devices=devices,
        more=[*(told("network_config", path, text) for path, text in files), *more],
        **about,
    )


class TestStarts:
    @pytest.mark.parametrize(
        ("file", "unit"),
        [
            (ANY, "systemd-networkd"),
            (PROFILE, "NetworkManager"),
            ((IFCFG, f"HWADDR={MAC}\nBOOTPROTO=dhcp\n"), "network"),
            ((INTERFACES, "auto /en*=lan\niface lan inet dhcp\n"), "networking"),
            (("/etc/dhcpcd.conf", "duid\n"), "dhcpcd"),
            (("/etc/connman/main.conf", "\n"), "connman"),
        ],
    )
    def test_what_is_enabled_counts_and_what_is_not_does_not(
        self, file: Tuple[str, str], unit: str
    ) -> None:
        name = f"{unit}.service"
        assert (
            said(on("virtio-net", guest(file, more=[units(UNITS + name, WANTS + name)])))
            == "network-up"
        )
        assert (
            said(on("virtio-net", guest(file, more=[units(UNITS + name)])))
            == "unknown: ?manager-not-started"
        )
        assert (
            said(on("virtio-net", guest(file, more=[units(UNITS + "x.service")])))
            == "unknown: ?manager-not-started"
        )
        assert (
            said(
                on(
                    "virtio-net",
                    guest(file, more=[units(UNITS + name, WANTS + name), masked(unit)]),
                )
            )
            == "unknown: ?manager-not-started"
        )
        assert said(on("virtio-net", guest(file))) == "unknown: ?manager-unknown"

    def test_why_it_does_not_start_is_said(self) -> None:
        for more, why in (
            ([units(UNITS + "systemd-networkd.service")], "which reads it, is not enabled"),
            ([units(), masked("systemd-networkd")], "is masked"),
            ([units()], "is not installed"),
        ):
            assert why in words(on("virtio-net", guest(ANY, more=more)).reasons[0].says)

    def test_a_file_that_does_nothing_does_not_make_up_for_one_that_is_lost(self) -> None:
        enabled = units(
            UNITS + "systemd-networkd.service",
            UNITS + "networking.service",
            WANTS + "networking.service",
        )
        assert (
            said(on("virtio-net", guest(ANY, DHCP, more=[enabled])))
            == "unknown: ?name-depends-on-slot"
        )
        both = units(WANTS + "systemd-networkd.service", WANTS + "networking.service")
        assert said(on("virtio-net", guest(ANY, DHCP, more=[both]))) == "network-up"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("systemd-networkd.service enabled enabled\n", "network-up"),
            ("systemd-networkd.service disabled enabled\n", "unknown: ?manager-not-started"),
            ("systemd-networkd.service masked enabled\n", "unknown: ?manager-not-started"),
            ("ssh.service enabled enabled\n", "unknown: ?manager-not-started"),
        ],
    )
    def test_systemctl_of_an_archive_tells_it_too(self, text: str, expected: str) -> None:
        assert (
            said(
                on(
                    "virtio-net",
                    guest(ANY, more=[told("network_managers", "systemctl list-unit-files", text)]),
                )
            )
            == expected
        )

    @pytest.mark.parametrize(
        "word", ["systemd.mask=systemd-networkd", "systemd.mask=systemd-networkd.service"]
    )
    def test_the_command_line_masks_too(self, word: str) -> None:
        more = [units(WANTS + "systemd-networkd.service")]
        assert (
            said(on("virtio-net", guest(ANY, more=more, options=f"ro {word}")))
            == "unknown: ?manager-not-started"
        )
        assert (
            said(on("virtio-net", guest(ANY, more=more, options="ro systemd.mask=ssh.service")))
            == "network-up"
        )

    def test_a_link_to_a_unit_that_is_gone_starts_nothing(self) -> None:
        left = told("network_managers", INSTALLED, f"{WANTS}systemd-networkd.service\n")
        assert said(on("virtio-net", guest(ANY, more=[left]))) == "unknown: ?manager-not-started"

    @pytest.mark.parametrize(
        "path",
        ["/etc/rc.d/rc3.d/S10network", "/etc/rc3.d/S10network", "/etc/init.d/rc3.d/S05network"],
    )
    def test_init_scripts_count(self, path: str) -> None:
        script = told("network_managers", SCRIPTS, "/etc/init.d/network\n")
        by_mac = (IFCFG, f"HWADDR={MAC}\nBOOTPROTO=dhcp\n")
        assert (
            said(
                on(
                    "virtio-net",
                    guest(by_mac, more=[script, told("network_managers", "/etc/rc*", f"{path}\n")]),
                )
            )
            == "network-up"
        )
        assert (
            said(on("virtio-net", guest(by_mac, more=[script]))) == "unknown: ?manager-not-started"
        )

    def test_openrc_starts_a_card_by_its_own_link(self) -> None:
        files = (
            ("/etc/conf.d/net", 'config_lan0="dhcp"\n'),
            (
                NETWORKD.replace(".network", ".link"),
                f"[Match]\nMACAddress={MAC}\n[Link]\nName=lan0\n",
            ),
        )
        devices = (ide_disk(), ide_part(), a_card("lan0"))
        for name, expected in (
            ("lan0", "network-up"),
            ("lan1", "network-up: !card-not-configured"),
        ):
            link = told(
                "network_managers", "/etc/runlevels/*/net.*", f"/etc/runlevels/default/net.{name}\n"
            )
            inventory = machine(
                devices=devices,
                more=[*(told("network_config", *file) for file in files), link, addresses(lan0="")],
            )
            assert said(on("virtio-net", inventory)) == expected

    def test_where_nothing_is_to_be_seen_the_distribution_tells(self) -> None:
        nothing = told("network_managers", "x", "")
        for id_, expected in (("photon", "network-up"), ("arch", "unknown: ?manager-unknown")):
            inventory = guest(ANY, more=[nothing, told("system", "/etc/os-release", f"ID={id_}\n")])
            assert said(on("virtio-net", inventory)) == expected


class TestNetplan:
    PLAN = (
        NETPLAN,
        "network:\n  version: 2\n  ethernets:\n    all:\n      match: {name: 'en*'}\n      "
        "dhcp4: true\n",
    )
    MANAGED = (NETPLAN, PLAN[1].replace("version: 2", "renderer: NetworkManager"))

    def test_its_generator_starts_networkd(self) -> None:
        generator = "/usr/lib/systemd/system-generators/netplan"
        assert (
            said(
                on(
                    "virtio-net",
                    guest(self.PLAN, more=[units(UNITS + "systemd-networkd.service", generator)]),
                )
            )
            == "network-up"
        )
        assert said(
            on(
                "virtio-net",
                guest(
                    self.PLAN,
                    more=[
                        units(UNITS + "systemd-networkd.service", generator),
                        masked("systemd-networkd"),
                    ],
                ),
            )
        ) == ("unknown: ?manager-not-started")

    def test_the_renderer_has_to_be_there(self) -> None:
        netplan = "/usr/sbin/netplan"
        assert (
            said(on("virtio-net", guest(self.MANAGED, more=[units(netplan)])))
            == "unknown: ?manager-not-started"
        )
        assert (
            said(
                on(
                    "virtio-net",
                    guest(self.MANAGED, more=[units(netplan, WANTS + "NetworkManager.service")]),
                )
            )
            == "network-up"
        )

    def test_without_netplan_its_files_do_nothing(self) -> None:
        lacking = [
            units(WANTS + "systemd-networkd.service"),
            told("network_managers", GENERATORS, ""),
        ]
        assert (
            said(on("virtio-net", guest(self.PLAN, more=lacking)))
            == "unknown: ?manager-not-started"
        )


class TestNetworkManager:
    STARTS = started("NetworkManager")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "[keyfile]\nunmanaged-devices=driver:virtio_net\n",
                "network-lost: manager-leaves-card",
            ),
            (
                "[keyfile]\nunmanaged-devices=interface-name:enp9s0\n",
                "unknown: ?manager-leaves-card",
            ),
            ("[keyfile]\nunmanaged-devices=*;except:type:ethernet\n", "network-up"),
            (
                "[keyfile]\nunmanaged-devices=driver:veth;type:wifi;mac:00:00:00:00:00:01\n",
                "network-up",
            ),
            (
                "[device-x]\nmatch-device=driver:virtio_net\nmanaged=0\n",
                "network-lost: manager-leaves-card",
            ),
            ("[device-x]\nmatch-device=driver:e1000\nmanaged=1\n", "network-up"),
        ],
    )
    def test_what_it_leaves_alone_has_no_network(self, text: str, expected: str) -> None:
        assert (
            said(on("virtio-net", guest(PROFILE, (MANAGER, text), more=[self.STARTS]))) == expected
        )

    def test_a_later_file_counts(self) -> None:
        shipped = (
            "/usr/lib/NetworkManager/conf.d/10-globally-managed-devices.conf",
            "[keyfile]\nunmanaged-devices=*,except:type:wifi\n",
        )
        mine = (MANAGER.replace("a.conf", "z.conf"), "[keyfile]\nunmanaged-devices=none\n")
        assert (
            said(on("virtio-net", guest(PROFILE, mine, shipped, more=[self.STARTS])))
            == "network-up"
        )
        emptied = ("/etc/NetworkManager/conf.d/10-globally-managed-devices.conf", "")
        assert (
            said(on("virtio-net", guest(PROFILE, emptied, shipped, more=[self.STARTS])))
            == "network-up"
        )

    def test_without_a_profile_it_makes_one(self) -> None:
        nothing = (INTERFACES, "auto lo\n")
        assert (
            said(on("virtio-net", guest(nothing, more=[self.STARTS], live=False))) == "network-up"
        )
        off = (MANAGER, "[main]\nno-auto-default=*\n")
        assert (
            said(on("virtio-net", guest(nothing, off, more=[self.STARTS], live=False)))
            == "unknown: ?card-not-configured"
        )
        idle = (KEYFILE, "[connection]\ntype=ethernet\nautoconnect=false\n")
        assert (
            said(on("virtio-net", guest(nothing, idle, more=[self.STARTS], live=False)))
            != "network-up"
        )

    def test_which_does_not_save_a_static_address(self) -> None:
        static = (
            KEYFILE,
            "[connection]\ntype=ethernet\ninterface-name=ens192\n[ipv4]\nmethod=manual\naddress1=192.0.2.2/24\n",
        )
        assert (
            said(on("virtio-net", guest(static, more=[self.STARTS], live=False)))
            == "network-lost: config-by-name"
        )

    def test_ifcfg_files_need_its_plugin_or_the_scripts(self) -> None:
        by_mac = (IFCFG, f"HWADDR={MAC}\nBOOTPROTO=dhcp\n")
        folder, link = "/usr/lib64/NetworkManager/1.46/", WANTS + "NetworkManager.service"
        known = [folder + "libnm-device-plugin-wifi.so", link]
        assert (
            said(
                on(
                    "virtio-net",
                    guest(
                        by_mac, more=[units(*known, folder + "libnm-settings-plugin-ifcfg-rh.so")]
                    ),
                )
            )
            == "network-up"
        )
        without = guest(by_mac, (MANAGER, "[main]\nno-auto-default=*\n"), more=[units(*known)])
        assert said(on("virtio-net", without)) == "unknown: ?manager-not-started"
        told_off = (IFCFG, f"HWADDR={MAC}\nBOOTPROTO=dhcp\nNM_CONTROLLED=no\n")
        assert (
            said(on("virtio-net", guest(told_off, more=[units(link)])))
            == "unknown: ?manager-not-started"
        )


class TestTwoManagers:
    """One piece that holds is not enough while another manager's static address is lost."""

    BOTH = started("systemd-networkd", "networking")

    def test_a_static_address_is_lost(self) -> None:
        found = on(
            "virtio-net",
            guest(
                ANY, (STATIC[0], STATIC[1].replace("ens3", "ens192")), more=[self.BOTH], live=False
            ),
        )
        assert said(found) == "network-lost: config-by-name"
        assert "static" in words(found.reasons[0].says)

    def test_or_may_be(self) -> None:
        assert (
            said(on("virtio-net", guest(ANY, STATIC, more=[self.BOTH])))
            == "unknown: ?name-depends-on-slot"
        )

    def test_offline_the_driver_of_now_is_not_known(self) -> None:
        """A static address for one driver may be what is in force now: another file with DHCP does
        not make up for it.
        """
        static = (
            "/etc/systemd/network/10-a.network",
            "[Match]\nDriver=e1000\n[Network]\nAddress=10.0.0.2/24\n",
        )
        more = [started("systemd-networkd")]
        assert (
            said(on("virtio-net", guest(static, ANY, more=more, live=False)))
            == "unknown: ?config-by-driver"
        )
        assert (
            said(on("virtio-net", guest(static, more=more, live=False)))
            == "network-lost: config-by-driver"
        )
        assert (
            said(on("virtio-net", guest(static, ANY, more=more)))
            == "network-lost: config-by-driver"
        )

    def test_what_is_for_the_mac_of_another_card_does_not_matter(self) -> None:
        other = (
            "/etc/systemd/network/10-a.network",
            f"[Match]\nMACAddress={MAC}\n[Network]\nAddress=10.0.0.2/24\n",
        )
        named = (
            "/etc/systemd/network/05-b.network",
            "[Match]\nName=en*\nName=ens9\n[Network]\nDHCP=yes\n",
        )
        found = assess(
            guest(named, other, more=[started("systemd-networkd")], live=False),
            chosen(["virtio-net"], TARGETS, BUNDLES),
        )
        assert {one.device: one.verdict for one in found}["ens9"] == "network-up"

    def test_what_is_prepared_for_the_new_card_counts(self) -> None:
        prepared = (NETWORKD, "[Match]\nDriver=virtio_net\n[Network]\nAddress=10.0.0.2/24\n")
        assert said(on("virtio-net", guest(prepared, STATIC, more=[self.BOTH]))) == "network-up"


class TestUnmanaged:
    FIRST = "/etc/systemd/network/10-first.network"
    STARTS = started("systemd-networkd")

    @pytest.mark.parametrize("what", ["Unmanaged=yes", "ActivationPolicy=manual"])
    @pytest.mark.parametrize("live", [True, False])
    def test_an_earlier_file_that_leaves_the_new_card_alone_counts(
        self, what: str, live: bool
    ) -> None:
        first = (self.FIRST, f"[Match]\nDriver=virtio_net\n[Link]\n{what}\n")
        assert (
            said(on("virtio-net", guest(first, ANY, more=[self.STARTS], live=live)))
            == "network-lost: config-by-order"
        )

    def test_one_for_the_old_card_does_not(self) -> None:
        first = (self.FIRST, "[Match]\nDriver=vmxnet3\n[Link]\nUnmanaged=yes\n")
        assert (
            said(on("virtio-net", guest(first, ANY, more=[self.STARTS], live=False)))
            == "network-up"
        )

    def test_a_drop_in_counts(self) -> None:
        drop_in = (f"{NETWORKD}.d/a.conf", "[Match]\nDriver=e1000\n")
        assert (
            said(on("virtio-net", guest(ANY, drop_in, more=[self.STARTS])))
            == "network-lost: config-by-driver"
        )

    def test_a_static_address_is_lost_to_one_with_dhcp(self) -> None:
        first = (self.FIRST, "[Match]\nDriver=virtio_net\n[Network]\nDHCP=yes\n")
        static = (NETWORKD, "[Match]\nName=en*\n[Network]\nAddress=10.0.0.2/24\n")
        assert (
            said(on("virtio-net", guest(first, static, more=[self.STARTS])))
            == "network-lost: config-by-order"
        )


def to(platform: str, inventory: Inventory) -> Dict[str, Readiness]:
    return {
        one.target: one
        for one in assess(inventory, chosen([platform], TARGETS, BUNDLES))
        if one.kind == "nic"
    }


class TestPlatforms:
    STARTS = started("systemd-networkd", "NetworkManager", "networking")
    MODULES = {"aws": "ena", "gce": "virtio-net", "azure": "netvsc"}
    BY_MAC = (NETWORKD, f"[Match]\nMACAddress={MAC}\n[Network]\nAddress=10.0.0.2/24\n")

    @pytest.mark.parametrize("live", [True, False])
    @pytest.mark.parametrize("platform", ["gce"])
    def test_a_cloud_gives_another_mac(self, platform: str, live: bool) -> None:
        found = to(platform, guest(self.BY_MAC, more=[self.STARTS], live=live))[
            self.MODULES[platform]
        ]
        assert said(found) == "network-lost: mac-not-kept"
        assert not [text for text in found.not_examined if "MAC" in text]
        assert (
            said(on("virtio-net", guest(self.BY_MAC, more=[self.STARTS], live=live)))
            == "network-up"
        )

    @pytest.mark.parametrize("platform", ["aws", "azure"])
    def test_whatever_the_driver(self, platform: str) -> None:
        found = to(platform, guest(self.BY_MAC, more=[self.STARTS]))[self.MODULES[platform]]
        assert "mac-not-kept" in [reason.id for reason in found.reasons]

    def test_what_gives_names_by_mac_is_lost_too(self) -> None:
        link = (
            NETWORKD.replace(".network", ".link"),
            f"[Match]\nMACAddress={MAC}\n[Link]\nName=lan0\n",
        )
        named = (INTERFACES, "auto lan0\niface lan0 inet dhcp\n")
        devices = (ide_disk(), ide_part(), a_card("lan0"))
        inventory = machine(
            devices=devices,
            more=[
                *(told("network_config", *file) for file in (link, named)),
                started("networking"),
            ],
        )
        assert to("gce", inventory)["virtio-net"].verdict != "network-up"
        assert said(on("virtio-net", inventory)) == "network-up"

    def test_cloud_init_may_write_its_file_again(self) -> None:
        plan = (
            NETPLAN,
            f"network:\n  ethernets:\n    a:\n      match: {{macaddress: '{MAC}'}}\n      "
            "dhcp4: true\n",
        )
        assert (
            said(to("gce", guest(plan, more=[started("systemd-networkd")]))["virtio-net"])
            == "unknown: ?mac-not-kept"
        )

    @pytest.mark.parametrize(
        ("name", "expected"),
        [("ens160", "network-lost: config-by-name"), ("ens1", "unknown: ?name-depends-on-slot")],
    )
    def test_numbers_that_vmwares_firmware_gives_are_lost_on_virtio(
        self, name: str, expected: str
    ) -> None:
        named = (INTERFACES, f"auto {name}\niface {name} inet dhcp\n")
        assert (
            said(on("virtio-net", guest(named, more=[started("networking")], live=False)))
            == expected
        )
        assert (
            said(on("e1000", guest(named, more=[started("networking")], live=False)))
            == "unknown: ?name-depends-on-slot"
        )


class TestOpenWrt:
    def test_netifd_takes_the_kernels_names(self) -> None:
        config = (
            "/etc/config/network",
            "config interface 'wan'\n\toption device 'eth0'\n\toption proto 'dhcp'\n",
        )
        no_udev = told("network_managers", UDEV, "")
        more = [
            no_udev,
            told("network_managers", SCRIPTS, "/etc/init.d/network\n"),
            told("network_managers", "/etc/rc*", "/etc/rc.d/S20network\n"),
        ]
        assert (
            said(on("virtio-net", guest(config, more=more, live=False, init="", images={})))
            == "network-up"
        )
        assert (
            said(on("virtio-net", guest(config, more=more[:2], live=False, init="", images={})))
            == "unknown: ?manager-not-started"
        )


class TestNames:
    ETH0 = (INTERFACES, "auto eth0\niface eth0 inet dhcp\n")
    STARTS = started("networking")
    NO_UDEV = told(
        "network_managers",
        UDEV,
        "",
    )

    def test_without_udev_the_kernels_name_stays(self) -> None:
        more = [self.STARTS, self.NO_UDEV]
        assert (
            said(
                on(
                    "virtio-net",
                    guest(self.ETH0, more=more, live=False, init="/sbin/openrc", images={}),
                )
            )
            == "network-up"
        )
        assert (
            said(on("virtio-net", guest(self.ETH0, more=more, live=False)))
            == "unknown: ?name-depends-on-slot"
        )

    @pytest.mark.parametrize(
        ("release", "expected"),
        [
            ("ID=rhel\nVERSION_ID=6.10\n", "network-up"),
            ("ID=centos\nVERSION_ID=6\n", "network-up"),
            ("ID=sles\nVERSION_ID=11.4\n", "network-up"),
            ("ID=debian\nVERSION_ID=8\n", "network-up"),
            ("ID=ubuntu\nVERSION_ID=14.04\n", "network-up"),
            ("ID=ubuntu\nVERSION_ID=14.10\n", "unknown: ?name-depends-on-slot"),
            ("ID=debian\nVERSION_ID=9\n", "unknown: ?name-depends-on-slot"),
            ("ID=rhel\nVERSION_ID=7.9\n", "unknown: ?name-depends-on-slot"),
        ],
    )
    def test_releases_before_names_by_slot_keep_it(self, release: str, expected: str) -> None:
        more = [self.STARTS, told("system", "/etc/os-release", release)]
        assert said(on("virtio-net", guest(self.ETH0, more=more, live=False))) == expected

    def test_there_a_rule_may_keep_the_name_for_another_card(self) -> None:
        rule = f'SUBSYSTEM=="net", ACTION=="add", ATTR{{address}}=="{MAC}", KERNEL=="eth*", NAME="eth0"\n'
        rules = ("/etc/udev/rules.d/70-persistent-net.rules", rule)
        more = [self.STARTS, told("system", "/etc/os-release", "ID=debian\nVERSION_ID=8\n")]
        inventory = guest(self.ETH0, rules, more=more, live=False)
        assert said(on("virtio-net", inventory)) == "network-up"
        assert to("gce", inventory)["virtio-net"].verdict == "unknown"

    def test_a_rule_for_another_driver_leaves_the_slot(self) -> None:
        rules = (
            "/etc/udev/rules.d/70-persistent-net.rules",
            'SUBSYSTEM=="net", DRIVERS=="vmxnet3", NAME="eth0"\n',
        )
        default = (
            "/usr/lib/systemd/network/99-default.link",
            "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel database onboard slot path\n",
        )
        assert (
            said(on("virtio-net", guest(self.ETH0, rules, default, more=[self.STARTS], live=False)))
            == "network-lost: config-by-name"
        )

    @pytest.mark.parametrize(
        ("files", "expected"),
        [
            (["etc/systemd/network/99-default.link"], "network-up"),
            ([], "unknown: ?name-depends-on-slot"),
        ],
    )
    def test_a_mask_has_to_be_in_the_initramfs_too(
        self, files: Sequence[str], expected: str
    ) -> None:
        inside = image(EVERYTHING, files=["usr/lib/systemd/network/99-default.link", *files])
        mask = ("/etc/systemd/network/99-default.link", "")
        more = [told("network_config", *mask), told("network_config", *self.ETH0), self.STARTS]
        inventory = machine(images={f"/boot/initrd.img-{RELEASE}": inside}, more=more)
        assert said(on("virtio-net", inventory)) == expected


class TestNothingInvented:
    @pytest.mark.parametrize(
        "file",
        [
            (
                NETPLAN,
                "network:\n  ethernets:\n    a:\n      match:\n        driver: hv_netvsc\n    "
                '    name: "!eth0"\n      dhcp4: true\n',
            ),
            (NETWORKD, "[Match]\nName=!eth0 !lo\n[Network]\nDHCP=yes\n"),
            (NETWORKD, "[Match]\nName=en? eth[0-9]\n[Network]\nDHCP=yes\n"),
            (
                KEYFILE,
                "[connection]\ntype=ethernet\n[match]\ninterface-name=!eth0;"
                "\n[ipv4]\nmethod=auto\n",
            ),
            ("/etc/dhcpcd.conf", "denyinterfaces eth0\n"),
        ],
    )
    def test_patterns_and_what_is_excluded_are_no_cards(self, file: Tuple[str, str]) -> None:
        found = assess(
            guest(file, more=[started("systemd-networkd", "dhcpcd", "NetworkManager")], live=False),
            chosen(["virtio-net"], TARGETS, BUNDLES),
        )
        assert [one.device for one in found] == [""]

    def test_two_names_are_two_cards(self) -> None:
        found = assess(
            guest((NETWORKD, "[Match]\nName=ens3 ens4\n[Network]\nDHCP=yes\n"), live=False),
            chosen(["virtio-net"], TARGETS, BUNDLES),
        )
        assert [one.device for one in found] == ["ens3", "ens4"]


class TestFailsClosed:
    ODD = ("/etc/netplan/90-odd.yaml", "network:\n  ethernets: {ens3: {dhcp4: true}}\n")

    def test_a_file_that_was_not_understood_leaves_it_open_whatever_else_there_is(self) -> None:
        """It was a mere warning where another file was understood: what stands in it may be the
        address that is lost.
        """
        assert (
            said(on("virtio-net", guest(ANY, self.ODD, more=[started("systemd-networkd")])))
            == "unknown: ?network-config-unread"
        )

    def test_but_not_where_what_reads_it_does_not_start(self) -> None:
        no_netplan = [
            units(WANTS + "systemd-networkd.service"),
            told("network_managers", GENERATORS, ""),
        ]
        assert (
            said(on("virtio-net", guest(ANY, self.ODD, more=no_netplan)))
            == "network-up: !network-config-unread"
        )

    def test_cards_that_are_not_asked_about_count_too(self) -> None:
        """Which of two is eth0 is not known, though only one is to be judged."""
        named = told("network_config", INTERFACES, "auto eth1\niface eth1 inet dhcp\n")
        devices = (ide_disk(), ide_part(), a_card("eth0"), a_card("eth1", mac="52:54:00:12:34:57"))
        inventory = machine(
            devices=devices, options="ro net.ifnames=0", more=[named, started("networking")]
        )
        assert said(on("virtio-net", inventory, nics=("eth1",))) == "unknown: ?name-depends-on-slot"

    def test_ubuntus_desktop_leaves_all_to_networkmanager(self) -> None:
        plan = (
            "/etc/netplan/01-network-manager-all.yaml",
            "network:\n  version: 2\n  renderer: NetworkManager\n",
        )
        shipped = (
            "/usr/lib/NetworkManager/conf.d/10-globally-managed-devices.conf",
            "[keyfile]\nunmanaged-devices=*,except:type:wifi\n",
        )
        more = [started("NetworkManager")]
        assert said(on("virtio-net", guest(plan, shipped, more=more, live=False))) == "network-up"
        assert (
            said(on("virtio-net", guest(shipped, more=more, live=False)))
            == "unknown: ?card-not-configured"
        )

    def test_more_than_is_judged_is_not_said_to_be_up(self) -> None:
        many = [
            (
                f"/etc/systemd/network/{number}.network",
                f"[Match]\nPath=a{number}\n[Network]\nDHCP=yes\n",
            )
            for number in range(300)
        ]
        assert (
            said(on("virtio-net", guest(*many, ANY, more=[started("systemd-networkd")])))
            == "unknown: ?network-config-unread"
        )
        cards = "".join(
            f"auto ens{number}\niface ens{number} inet dhcp\n" for number in range(2000)
        )
        found = assess(
            guest((INTERFACES, cards), live=False, more=[started("networking")]),
            chosen(["virtio-net"], TARGETS, BUNDLES),
        )
        assert [(one.device, one.verdict) for one in found] == [("", "unknown")]
