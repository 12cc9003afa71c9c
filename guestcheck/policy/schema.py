"""The JSON Schema of a policy file, which editors complete and check TOML with; made from what this
guestcheck knows.
"""

from __future__ import annotations

from json import dumps
from typing import Dict, Sequence

from guestcheck.model.check import LEVELS
from guestcheck.model.policy import Names
from guestcheck.policy.file import (
    DISK_ROLES,
    EXPIRED,
    KERNELS,
    KIND,
    KINDS,
    SEVERITIES,
    UNUSED,
    VERSION,
)

Json = Dict[str, object]


def schema(names: Names) -> str:
    """Return the schema (draft 7, which editors of TOML take) as text."""
    return dumps(_schema(names), indent=2) + "\n"


def _schema(names: Names) -> Json:
    properties: Json = {
        "version": {"const": VERSION, "description": "The form of this file."},
        "title": _text("What the policy is for; reports show it."),
        "fail-on": _choice(
            tuple(LEVELS),
            "The mildest outcome that fails; --fail-on on the command line comes before it. "
            "fail if nothing is said.",
        ),
        "strict": {
            "type": "boolean",
            "description": "Whether any check that could not say leaves the verdict unknown; --strict does "
            "the same.",
        },
        "checks": _table(
            {
                "must-pass": _list(
                    (*names.checks, *names.families),
                    "Checks, or families of them, of which any finding counts as fail.",
                )
            },
            "Which checks must pass.",
        ),
        "severity": _table(
            {
                name: _choice(SEVERITIES, "What a finding of it counts as.")
                for name in (
                    *names.checks,
                    *names.families,
                    *names.readiness,
                    "readiness",
                    KIND,
                    EXPIRED,
                    UNUSED,
                )
            },
            "What the findings of a check, or of a family, count as.",
        ),
        "kinds": _table(
            {
                **{
                    role: _one_or_list(
                        (*KINDS, *sorted(names.disks)),
                        f"What {_role(role)} has to be: one of these.",
                    )
                    for role in DISK_ROLES
                },
                "every-nic": _one_or_list(
                    (*KINDS, *sorted(names.nics)),
                    "What every network card has to be: one of these.",
                ),
            },
            "What the devices of a role have to be: kinds, or interfaces.",
        ),
        "readiness": {
            **_table(
                {
                    "targets": _list(
                        (*names.targets,),
                        "Interfaces and platforms that the guest has to be ready for.",
                    ),
                    "kernels": _choice(
                        KERNELS,
                        "Whether the kernel that boots by default has to be, or every "
                        "installed one. default if nothing is said.",
                    ),
                },
                "Where the guest would have to boot, and have its network.",
            ),
            "required": ["targets"],
        },
        "ignore": {
            "type": "array",
            "description": "Results that are accepted for a time.",
            "items": {
                **_table(
                    {
                        "check": _choice((*names.checks, *names.readiness, KIND), "The check."),
                        "subject": _text(
                            "The device, kernel or guest that it is about; a star stands for "
                            "any text. All if nothing is said."
                        ),
                        "reason": _text("Why: reports show it."),
                        "until": {
                            "type": "string",
                            "format": "date",
                            "description": "The last day on which it is ignored, in UTC.",
                        },
                    },
                    "A result that is accepted.",
                ),
                "required": ["check", "reason", "until"],
            },
        },
    }
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "A policy of guestcheck"}
    return {**head, **_table(properties, "What is wanted of a guest."), "required": ["version"]}


def _role(role: str) -> str:
    return (
        "every disk"
        if role == "every-disk"
        else f"each disk with the role {role.partition('-')[0]}"
    )


def _table(properties: Json, description: str) -> Json:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "properties": properties,
    }


def _text(description: str) -> Json:
    return {"type": "string", "description": description}


def _choice(choices: Sequence[str], description: str) -> Json:
    return {"enum": [*choices], "description": description}


def _list(choices: Sequence[str], description: str) -> Json:
    return {
        "type": "array",
        "minItems": 1,
        "items": {"enum": [*choices]},
        "description": description,
    }


def _one_or_list(choices: Sequence[str], description: str) -> Json:
    return {
        "oneOf": [{"enum": [*choices]}, _list(choices, description)],
        "description": description,
    }
