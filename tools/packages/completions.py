"""Completions for bash, zsh and fish, from the program's own parsers: sub-commands, options, and
what may follow them.

The names of checks, targets and formats stand in the files: nothing is started while somebody
types.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List

from tools.packages.words import (
    FILES,
    FOLDERS,
    FORMAT,
    FREE,
    LIST,
    ONE,
    Command,
    Option,
    Value,
    commands,
)

_DEFAULT = "check"


def scripts() -> Dict[str, str]:
    """Return the completions by the shell's name."""
    return {"bash": bash(), "fish": fish(), "zsh": zsh()}


def bash() -> str:
    """Return what bash-completion loads for `guestcheck`."""
    rows = list(_bash_rows())
    flags = [
        f"    {one.name}) "
        f"flags='{' '.join(flag for option in one.options() for flag in option.flags)}' ;;"
        for one in commands()
    ]
    return _BASH.format(
        names="|".join(one.name for one in commands()),
        words=" ".join(one.name for one in commands()),
        default=_DEFAULT,
        rows="\n".join(rows),
        flags="\n".join(flags),
        places="\n".join(_bash_places()),
    )


def _bash_rows() -> Iterator[str]:
    by_action: Dict[str, List[str]] = {}
    for command in commands():
        for option in command.options():
            if option.metavar:
                by_action.setdefault(_bash_action(option.value), []).extend(
                    f"{command.name}:{flag}" for flag in option.flags
                )
    for action, places in by_action.items():
        yield f"    {' | '.join(places)}) {action} ;;"


def _bash_places() -> Iterator[str]:
    by_action: Dict[str, List[str]] = {}
    for command in commands():
        for place in list(command.places())[:1]:
            by_action.setdefault(_bash_action(place.value), []).append(command.name)
    for action, names in by_action.items():
        yield f"    {' | '.join(names)}) {action} ;;"


def _bash_action(value: Value) -> str:
    words = " ".join(value.words)
    return {
        FILES: "_guestcheck_files",
        FOLDERS: "_guestcheck_folders",
        ONE: f"_guestcheck_one '{words}'",
        LIST: f"_guestcheck_list '{words}'",
        FORMAT: f"_guestcheck_format '{words}'",
        FREE: ":",
    }[value.kind]


_BASH = r"""# bash completion for guestcheck. Made from the program: it stands here as it was written by it.

_guestcheck() {{
  # What was typed is read from the line: bash's own words are cut at ':' and '=', and ours go on there.
  local line=${{COMP_LINE:0:COMP_POINT}} value before command={default} option='' flags='' words
  value=${{line##*[[:blank:]]}}
  read -ra words <<<"${{line:0:${{#line}}-${{#value}}}}"
  before=${{words[${{#words[@]}}-1]}}
  case ${{words[1]-}} in {names}) command=${{words[1]}} ;; esac
  COMPREPLY=()
  if [[ $value == --*=* ]]; then
    option=${{value%%=*}} value=${{value#*=}}
  elif [[ $before == -* ]]; then
    option=$before
  fi
  case $command:$option in
{rows}
    *) _guestcheck_word ;;
  esac
}}

_guestcheck_word() {{
  case $command in
{flags}
  esac
  if [[ $value == -* ]]; then
    _guestcheck_one "$flags"
    return
  fi
  case $command in
{places}
  esac
  if [[ ${{#words[@]}} == 1 ]]; then
    mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -W '{words}' -- "$value")
  fi
}}

_guestcheck_files() {{
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$value")
}}

_guestcheck_folders() {{
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$value")
}}

_guestcheck_one() {{ mapfile -t COMPREPLY < <(compgen -W "$1" -- "$value"); }}

# Some of the words, with commas between
_guestcheck_list() {{
  local kept=''
  [[ $value == *,* ]] && kept=${{value%,*}},
  mapfile -t COMPREPLY < <(compgen -P "$kept" -W "$1" -- "${{value##*,}}")
  compopt -o nospace 2>/dev/null
}}

# A word, or a word and a file: json:report.json
_guestcheck_format() {{
  if [[ $value == *:* ]]; then
    value=${{value#*:}}
    _guestcheck_files
  else
    _guestcheck_one "$1"
    compopt -o nospace 2>/dev/null
  fi
}}

complete -F _guestcheck guestcheck
"""


def zsh() -> str:
    """Return what zsh loads for `guestcheck`."""
    return _ZSH.format(
        names="|".join(one.name for one in commands()),
        default=_DEFAULT,
        commands="\n".join(f"    {_quoted(one.name + ':' + one.summary)}" for one in commands()),
        cases="\n".join(
            f"    {one.name})\n      _arguments -s -S \\\n{_zsh_arguments(one)} ;;"
            for one in commands()
        ),
    )


def _zsh_arguments(command: Command) -> str:
    rows = [*_zsh_options(command), *_zsh_places(command)]
    return " \\\n".join(f"        {row}" for row in rows)


def _zsh_options(command: Command) -> Iterator[str]:
    for option in command.options():
        told = re.sub(r"([\[\]:])", r"\\\1", option.help)
        action = (
            f":{option.metavar.replace(':', ' ')}:{_zsh_action(option.value)}"
            if option.metavar
            else ""
        )
        others = (
            "" if option.again else f"({' '.join(option.flags)})" if len(option.flags) > 1 else ""
        )
        for flag in option.flags:
            equals = "=" if option.metavar and flag.startswith("--") else ""
            yield _quoted(f"{others}{'*' if option.again else ''}{flag}{equals}[{told}]{action}")


def _zsh_places(command: Command) -> Iterator[str]:
    for number, place in enumerate(command.places(), 1):
        if command.name == _DEFAULT:
            yield "'*:source:_guestcheck_first'"
        else:
            yield _quoted(
                f"{'*' if place.again else number}:{place.metavar}:{_zsh_action(place.value)}"
            )


def _zsh_action(value: Value) -> str:
    words = " ".join(value.words)
    return {
        FILES: "_files",
        FOLDERS: "_files -/",
        ONE: f"({words})",
        LIST: f"_sequence compadd - {words}",
        FORMAT: f"_guestcheck_format {words}",
        FREE: " ",
    }[value.kind]


_ZSH = r"""#compdef guestcheck
# zsh completion for guestcheck. Made from the program: it stands here as it was written by it.

_guestcheck_commands=(
{commands}
)

_guestcheck_first() {{
  if (( first )); then
    _alternative 'commands:sub-command:{{_describe -t commands sub-command _guestcheck_commands}}' 'files:source:_files'
  else
    _files
  fi
}}

_guestcheck_format() {{
  if compset -P '*:'; then _files; else compadd -S '' - "$@"; fi
}}

_guestcheck() {{
  local command={default} first=0
  (( CURRENT == 2 )) && first=1
  case $words[2] in
    {names})
      if (( CURRENT > 2 )); then
        command=$words[2]
        shift words
        (( CURRENT-- ))
      fi ;;
  esac
  case $command in
{cases}
  esac
}}

_guestcheck "$@"
"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def fish() -> str:
    """Return what fish loads for `guestcheck`."""
    rows = [row for command in commands() for row in _fish_command(command)]
    return _FISH.format(
        names=" ".join(one.name for one in commands()), default=_DEFAULT, rows="\n".join(rows)
    )


def _fish_command(command: Command) -> Iterator[str]:
    yield (
        f"complete -c guestcheck -n __guestcheck_first -a {command.name} "
        f"-d {_fish_quoted(command.summary)}"
    )
    when = f"complete -c guestcheck -n '__guestcheck_command {command.name}'"
    for option in command.options():
        yield (
            f"{when}{''.join(_fish_flag(flag) for flag in option.flags)}{_fish_value(option)} "
            f"-d {_fish_quoted(option.help)}"
        )
    for place in list(command.places())[:1]:
        if place.value.kind != FILES:  # which fish offers of itself
            yield f"{when} -f -a {_fish_quoted(' '.join(place.value.words))}"


def _fish_flag(flag: str) -> str:
    return f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}"


def _fish_value(option: Option) -> str:
    if not option.metavar:
        return ""
    words = " ".join(option.value.words)
    return {
        FILES: " -rF",
        FOLDERS: " -x -a '(__fish_complete_directories)'",
        ONE: f" -x -a '{words}'",
        LIST: f" -x -a '(__guestcheck_list {words})'",
        FORMAT: f" -x -a '(__guestcheck_format {words})'",
        FREE: " -x",
    }[option.value.kind]


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_FISH = r"""# fish completion for guestcheck. Made from the program: it stands here as it was written by it.

function __guestcheck_command
    set -l words (commandline -opc)
    set -l name {default}
    if set -q words[2]; and contains -- $words[2] {names}
        set name $words[2]
    end
    test $name = $argv[1]
end

function __guestcheck_first
    test (count (commandline -opc)) -eq 1
end

# What is typed of the option's value: after '=' where it is joined to the option.
function __guestcheck_typed
    string replace -r -- '^--[a-z-]+=' '' (commandline -ct)
end

# Some of the words, with commas between
function __guestcheck_list
    set -l kept (string match -r -- '^.*,' (__guestcheck_typed))
    printf "$kept%s\n" $argv
end

# A word, or a word and a file: json:report.json
function __guestcheck_format
    set -l typed (string split -m 1 -- : (__guestcheck_typed))
    if set -q typed[2]
        printf "$typed[1]:%s\n" (__fish_complete_path $typed[2])
    else
        printf '%s\n' $argv
    end
end

{rows}
"""
