"""Run by the Python that has Nova: commands as JSON on standard input, and what Nova's own code
says against each on standard output.

Nothing runs but Nova's functions. Its tables are made in an SQLite file in memory, a server's first
boot with an IDE disk is played, and the properties and the SQL that the advice prints are put in:
what the driver then attaches must be on the new bus.
"""

from __future__ import annotations

import importlib
import json
import re
import shlex
import sys
import warnings
from typing import Any, Dict, List, Tuple
from unittest import mock

warnings.filterwarnings("ignore")

SERVER = "11111111-1111-1111-1111-111111111111"
objects: Any = importlib.import_module("nova.objects")
driver: Any = importlib.import_module("nova.virt.driver")
blockinfo: Any = importlib.import_module("nova.virt.libvirt.blockinfo")
objects.register_all()

_KINDS: Tuple[Dict[str, str], ...] = (
    {"source_type": "image", "destination_type": "local", "image_id": "image"},
    {
        "source_type": "volume",
        "destination_type": "volume",
        "volume_id": "33333333-3333-3333-3333-333333333333",
        "connection_info": "{}",
    },
)


def _row(**values: Any) -> Any:
    """Return a block device mapping as Nova reads it from its database."""
    fields: Dict[str, Any] = dict.fromkeys(objects.BlockDeviceMapping.fields)
    for field in ("created_at", "updated_at", "deleted_at", "deleted", "instance"):
        fields.pop(field, None)
    fields.update(
        id=1,
        uuid="22222222-2222-2222-2222-222222222222",
        instance_uuid=SERVER,
        boot_index=0,
        volume_size=1,
    )
    fields.update(no_device=False, delete_on_termination=True, encrypted=False, **values)
    made = objects.BlockDeviceMapping(**fields)
    made.obj_reset_changes()
    return made


def _server(properties: Dict[str, str], root: Any) -> Tuple[Any, Any]:
    sizes = {"root_gb": 1, "memory_mb": 64, "vcpus": 1, "ephemeral_gb": 0}
    made = objects.Instance(
        uuid=SERVER, root_device_name=root, os_type=None, project_id="p", image_ref="image", **sizes
    )
    made.flavor = objects.Flavor(id=1, flavorid="1", name="f", swap=0, extra_specs={}, **sizes)
    made.config_drive = ""
    made.system_metadata = {f"image_{name}": value for name, value in properties.items()}
    return made, objects.ImageMeta(
        disk_format="qcow2", properties=objects.ImageMetaProps.from_dict(properties)
    )


def _devices(instance: Any, mapping: Any) -> Any:
    return driver.get_block_device_info(instance, objects.BlockDeviceMappingList(objects=[mapping]))


def _root_disk(properties: Dict[str, str], mapping: Any, root: Any) -> Tuple[str, str]:
    """Return the bus and the name by which the libvirt driver attaches the root disk at the next
    hard reboot.
    """
    instance, image = _server(properties, root)
    found = blockinfo.get_disk_info("kvm", instance, image, _devices(instance, mapping))["mapping"][
        "root"
    ]
    return found["bus"], found["dev"]


def _first_boot(kind: Dict[str, str]) -> Any:
    """Return the mapping as the first boot with hw_disk_bus=ide leaves it."""
    mapping = _row(**kind)
    instance, image = _server({"hw_disk_bus": "ide"}, None)
    with mock.patch.object(objects.BlockDeviceMapping, "save"):
        blockinfo.default_device_names("kvm", None, instance, _devices(instance, mapping), image)
    return mapping


def _properties(command: str) -> Dict[str, str]:
    return dict(re.findall(r"--(?:image-)?property (hw_\w+)=(\S+)", command))


def _set(command: str) -> str:
    """Have Nova take image properties, and extra specs of a flavor."""
    try:
        objects.ImageMetaProps.from_dict(_properties(command))
        validators: Any = importlib.import_module("nova.api.validation.extra_specs.validators")
        for name, value in re.findall(r"--property (hw:\w+)=(\S+)", command):
            validators.validate(name, value)
    except Exception as error:
        return f"Nova refuses it: {str(error).splitlines()[0][:200]}"
    return ""


def _manage(command: str) -> str:
    """Have nova-manage's own parser take a command, and find what it would call with these
    arguments.
    """
    manage: Any = importlib.import_module("nova.cmd.manage")
    common: Any = importlib.import_module("nova.cmd.common")
    manage.CONF.reset()
    try:
        manage.CONF(shlex.split(command)[1:], project="nova", version="0", default_config_files=[])
        common.get_action_fn()  # raises where an argument is missing
    except (SystemExit, Exception) as error:
        return f"nova-manage refuses it ({str(error)[:200]})"
    return ""


def _updates(statements: Tuple[str, ...], properties: Tuple[Dict[str, str], ...]) -> str:
    """Run the SQL on Nova's own tables, and see on which bus the root disk then is."""
    sqlalchemy: Any = importlib.import_module("sqlalchemy")
    models: Any = importlib.import_module("nova.db.main.models")
    for kind in _KINDS:
        first = _first_boot(kind)
        for given in properties:
            if _root_disk(given, first, first.device_name)[0] != "ide":
                return "the property alone moves the disk: the advice says that it does not"
        engine = sqlalchemy.create_engine("sqlite://")
        models.BASE.metadata.create_all(engine)
        with engine.begin() as connection:

            def run(text: str, connection: Any = connection) -> Any:
                return connection.execute(sqlalchemy.text(text))

            run(
                f"INSERT INTO instances (uuid, deleted, root_device_name) VALUES ('{SERVER}', "
                "0, '/dev/hda')"
            )
            run(
                "INSERT INTO block_device_mapping (uuid, instance_uuid, boot_index, deleted, "
                "device_name, disk_bus)"
                f" VALUES ('{first.uuid}', '{SERVER}', 0, 0, '{first.device_name}', "
                f"'{first.disk_bus}')"
            )
            for statement in statements:
                if run(statement.replace("SERVER_UUID", SERVER)).rowcount != 1:
                    return f"not one row is changed by: {statement}"
            bus, name = next(iter(run("SELECT disk_bus, device_name FROM block_device_mapping")))
            root = next(iter(run("SELECT root_device_name FROM instances")))[0]
        mapping = _row(**kind, device_name=name, disk_bus=bus, device_type="disk")
        wanted = next((given for given in properties if given["hw_disk_bus"] == bus), None)
        if (
            wanted is None
            or _root_disk(wanted, mapping, root) != (bus, name.replace("/dev/", ""))
            or root != name
        ):
            return f"the disk is on {bus} as {name}, root {root}: not what the properties say"
    return ""


def _setting(command: str) -> str:
    """Have Nova's own configuration take a line of nova.conf, section libvirt."""
    conf: Any = importlib.import_module("nova.conf").CONF
    name, value = (part.strip() for part in command.split("=", 1))
    try:
        option = conf.libvirt._group._opts[name]["opt"]
        option.type(value)
    except (KeyError, ValueError) as error:
        return f"nova.conf does not take it: {error!r}"
    return ""


def main() -> None:
    """Answer for each command: "" or the complaint."""
    asked: List[List[str]] = json.load(sys.stdin)  # steps of commands
    properties = tuple(
        {"hw_disk_bus": "virtio"}
        if bus == "virtio"
        else {"hw_disk_bus": "scsi", "hw_scsi_model": "virtio-scsi"}
        for bus in ("virtio", "scsi")
    )
    answers: Dict[str, str] = {}
    manage: Any = importlib.import_module("nova.cmd.manage")
    manage.CONF.register_cli_opts([manage.category_opt])
    for step in asked:
        for command in step:
            if command.startswith("UPDATE"):
                answers[command] = _updates(
                    tuple(one for one in step if one.startswith("UPDATE")), properties
                )
            elif command.startswith("nova-manage"):
                answers[command] = _manage(command) or _set(command)
            elif command.startswith("openstack"):
                answers[command] = _set(command)
            else:
                answers[command] = _setting(command)
    json.dump(answers, sys.stdout)


main()
