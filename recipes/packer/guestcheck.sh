#!/bin/sh
# Runs in the image that is being built. The verdict goes into a file, and does not end this step: the report is fetched first.
set -u
as_root=
[ "$(id -u)" = 0 ] || as_root='sudo -n'
mkdir -p /tmp/guestcheck

code=0
$as_root python3 /tmp/guestcheck.pyz --fail-on warn --strict -f text -f json:/tmp/guestcheck/report.json || code=$?
$as_root python3 /tmp/guestcheck.pyz preflight --target "$TARGETS" >/tmp/guestcheck/preflight.txt || code=$?
cat /tmp/guestcheck/preflight.txt
echo "$code" >/tmp/guestcheck/exit-code
