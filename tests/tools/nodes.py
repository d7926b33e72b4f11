"""Real nodes for tests that are written in Python: start, ask, kill, end."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

STARLING = os.environ["STARLING_BINARY_DIR"] + "/apps/starling/starling"
if not os.access(STARLING, os.X_OK):
    sys.exit(f"{STARLING} is not there: build it with tools/build release starling")
PATIENCE_S = 60  # generous: a loaded computer is slow, and a test that waits too short tells nothing


class Refused(Exception):
    """The API's answer was an error."""


def wait_until(what, condition):
    give_up = time.monotonic() + PATIENCE_S
    while not (result := condition()):
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {PATIENCE_S} s in vain: {what}")
        time.sleep(0.01)
    return result


class Node:
    """A node with the home `folder`/`name`. Its ports stay the same over restarts."""

    def __init__(self, folder, name, udp_port, options=()):
        self.home = pathlib.Path(folder) / name
        self.log = pathlib.Path(folder) / (name + ".log")
        self.udp_port = udp_port
        self.options = list(options)
        self.process = None

    def start(self, peers=()):
        command = [STARLING, "up", "--home", self.home, "--network", "nodes-test", "--no-lan",
                   "--listen", f"udp://127.0.0.1:{self.udp_port}", "--api", "127.0.0.1:0",
                   "--gateway", "off", "--log", "info", "--no-proof", *self.options]
        for peer in peers:
            command += ["--peer", peer]
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line == "Ready.\n":
                break
        else:
            raise AssertionError(f"{self.home.name} did not start: {self.log.read_text()[-500:]}")
        access = json.loads((self.home / "data/run/api.json").read_text())
        self.api, self.token = access["address"], access["token"]
        status = self.get("/status")
        self.key, self.account = status["key"], status["account"]
        return self

    @property
    def link(self):
        return f"starling:{self.key}?at=udp://127.0.0.1:{self.udp_port}"

    def ask(self, method, path, members=None):
        body = None if members is None else json.dumps(members).encode()
        request = urllib.request.Request(f"http://{self.api}/api/v1{path}", body, method=method,
                                         headers={"Authorization": "Bearer " + self.token})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode()) from error

    def get(self, path):
        return self.ask("GET", path)

    def post(self, where, /, **members):
        return self.ask("POST", where, members)

    def finish(self, transfer):
        """The transfer once it is over."""
        return wait_until("the end of a transfer", lambda: (
            lambda now: now if now["over"] else None)(self.get(f"/transfer?id={transfer['id']}")))

    def resident_kb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("the node is gone")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        if status != 0:
            raise AssertionError(f"{self.home.name} exited with {status}")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def open_stream(self, what):
        """A connection that is a stream: `what` is the path and query of connect or listen."""
        host, port = self.api.rsplit(":", 1)
        stream = socket.create_connection((host, int(port)))
        stream.sendall((f"GET /api/v1/{what} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
                        "Connection: Upgrade\r\nUpgrade: starling-stream\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = stream.recv(1)
            if not byte:
                raise Refused(head.decode())
            head += byte
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Refused(head.decode())
        return stream


def start_row(folder, count, first_port, is_ring=False):
    """Starts nodes one after the other, each with a link to the one before; in a ring the last one to the first, too."""
    nodes = []
    for i in range(count):
        peers = [nodes[-1].link] if nodes else []
        if is_ring and i == count - 1:
            peers.append(nodes[0].link)
        nodes.append(Node(folder, f"node{i}", first_port + i).start(peers))
    return nodes
