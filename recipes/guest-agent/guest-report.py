#!/usr/bin/python3
"""Have a guest's report on the host, through the QEMU guest agent: no login, no network.

    guest-report.py --domain VM                          through libvirt (virsh)
    guest-report.py --socket /path/of/the/agent.sock     where QEMU was started by hand

The guest needs qemu-guest-agent and guestcheck; --pyz FILE hands guestcheck.pyz in first, and then Python 3.9 is enough.
The agent must allow guest-exec, and for --pyz guest-file-open, which some distributions turn off. What follows `--` are guestcheck's own words.
Ends with guestcheck's own exit code, or with 4 where the agent could not be asked.
"""

import argparse
import base64
import json
import socket
import subprocess
import sys
import time

PIECE = 48 << 10  # bytes in one guest-file-write
THERE = "/run/guestcheck-from-host.pyz"


class AgentError(Exception):
    """The agent does not answer, or says no."""


class Libvirt:
    def __init__(self, domain):
        self.domain = domain

    def ask(self, question):
        done = subprocess.run(["virsh", "qemu-agent-command", "--", self.domain, question], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        if done.returncode:
            raise AgentError(done.stderr.strip())
        return json.loads(done.stdout)


class Socket:
    def __init__(self, path):
        self.line = socket.socket(socket.AF_UNIX)
        self.line.settimeout(30)
        self.line.connect(path)
        self.answers = self.line.makefile("rb")
        # What somebody else left unread comes before the answer to this number.
        number = time.time_ns() % (1 << 31)
        self.line.sendall(b"\xff" + json.dumps({"execute": "guest-sync-delimited", "arguments": {"id": number}}).encode() + b"\n")
        while self.read().get("return") != number:
            pass

    def read(self):
        try:
            line = self.answers.readline()
        except OSError as error:
            raise AgentError("it does not answer: %s" % error)
        if not line:
            raise AgentError("it hung up")
        try:
            return json.loads(line.rpartition(b"\xff")[2])
        except ValueError:
            return {}

    def ask(self, question):
        self.line.sendall(question.encode() + b"\n")
        return self.read()


def ask(agent, command, **arguments):
    answer = agent.ask(json.dumps({"execute": command, "arguments": arguments}))
    if "error" in answer:
        raise AgentError("%s: %s" % (command, answer["error"].get("desc", answer["error"])))
    return answer["return"]


def hand_in(agent, path):
    handle = ask(agent, "guest-file-open", path=THERE, mode="w")
    try:
        with open(path, "rb") as file:
            for piece in iter(lambda: file.read(PIECE), b""):
                while piece:
                    written = ask(agent, "guest-file-write", handle=handle, **{"buf-b64": base64.b64encode(piece).decode()})
                    piece = piece[written["count"] :]
    finally:
        ask(agent, "guest-file-close", handle=handle)


def run(agent, path, words, seconds):
    """Return the exit code, standard output and standard error of a program in the guest."""
    pid = ask(agent, "guest-exec", path=path, arg=words, **{"capture-output": True})["pid"]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = ask(agent, "guest-exec-status", pid=pid)
        if told["exited"]:
            if told.get("out-truncated"):
                raise AgentError("the report is larger than the agent hands out")
            return told.get("exitcode", 128 + told.get("signal", 0)), *(base64.b64decode(told.get(name, "")) for name in ("out-data", "err-data"))
        time.sleep(0.2)
    raise AgentError("guestcheck has not ended after %d s" % seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--domain", metavar="VM", help="a domain of libvirt")
    where.add_argument("--socket", metavar="PATH", help="the socket of the agent's channel")
    parser.add_argument("--pyz", metavar="FILE", help="guestcheck.pyz, to be handed in")
    parser.add_argument("--timeout", type=float, default=120, metavar="S", help="seconds to wait for the report (default: 120)")
    parser.add_argument("words", nargs="*", default=["-f", "json"], metavar="WORD", help="guestcheck's words, after -- (default: -f json)")
    options = parser.parse_args()
    try:
        agent = Libvirt(options.domain) if options.domain else Socket(options.socket)
        if options.pyz:
            hand_in(agent, options.pyz)
            code, out, err = run(agent, "/usr/bin/python3", [THERE, *options.words], options.timeout)
            run(agent, "/bin/rm", ["-f", THERE], 30)
        else:
            code, out, err = run(agent, "guestcheck", options.words, options.timeout)
    except (AgentError, OSError) as error:
        print("guest-report: %s" % error, file=sys.stderr)
        return 4
    sys.stdout.buffer.write(out)
    sys.stderr.buffer.write(err)
    return code


if __name__ == "__main__":
    sys.exit(main())
