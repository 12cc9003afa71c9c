"""How it is said: a file a format, each with one pure function `render(report, sink) -> str`.

A format is given what the sink can show; it never looks at standard output, opens files or picks
the exit code. To add one: a file in `people/` or `machine/` whose docstring's first line says who
reads it; its name is the format's. Files with "_" in front are no formats. `formats.py` finds them,
and has the defaults of what a file does not define.
"""
