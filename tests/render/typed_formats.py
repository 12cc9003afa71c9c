"""For mypy: each format's file is what `FormatFile` or `SeveralFile` asks for. A test compares
these lines with the folders.
"""

from guestcheck.render.formats import FormatFile, SeveralFile
from guestcheck.render.machine import facts as facts
from guestcheck.render.machine import json as json
from guestcheck.render.machine import junit as junit
from guestcheck.render.machine import nagios as nagios
from guestcheck.render.machine import prometheus as prometheus
from guestcheck.render.machine import sarif as sarif
from guestcheck.render.people import html as html
from guestcheck.render.people import markdown as markdown
from guestcheck.render.people import terminal as terminal
from guestcheck.render.people import text as text

FACTS: FormatFile = facts
HTML: SeveralFile = html
JSON: SeveralFile = json
JUNIT: SeveralFile = junit
MARKDOWN: SeveralFile = markdown
NAGIOS: SeveralFile = nagios
PROMETHEUS: SeveralFile = prometheus
SARIF: SeveralFile = sarif
TERMINAL: SeveralFile = terminal
TEXT: SeveralFile = text
