"""How it is said: a file a format, each with one pure function `render(report, sink) -> str`.

A format is told what the sink can show; it never looks at standard output, opens files or picks the
exit code. To add one: a file here whose docstring's first line says who reads it; its name is the
format's. Files with "_" in front are no formats.
"""
