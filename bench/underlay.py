"""Computers with nothing between them but the cables of a graph: network namespaces and veth pairs.

Only inside measuring.enter_namespace(), whose mount namespace hides the names made here. Nothing is forwarded from one
cable to another, so what crosses two of them was carried by a program. All of it is gone when the processes are.
"""
import contextlib
import ctypes
import os
import pathlib
import random
import signal
import subprocess

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1


def random_graph(count, degree, seed):
    """A connected graph without double edges, as pairs (a, b) with a < b: a random tree, and then random pairs."""
    rng = random.Random(seed)
    order = rng.sample(range(count), count)
    edges = {tuple(sorted((order[i], order[rng.randrange(i)]))) for i in range(1, count)}
    while len(edges) < round(count * degree / 2):
        edges.add(tuple(sorted(rng.sample(range(count), 2))))
    return sorted(edges)


def end_with_the_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def ip(lines, *options):
    subprocess.run(["ip", *options, "-batch", "-"], input="\n".join(lines), text=True, check=True)


class Underlay:
    """`peers[i]` lists (address of i, address of the other end, whether i is to connect) for each cable at computer i."""

    def __init__(self, count, edges):
        if not os.path.ismount("/run"):
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        self.names = [f"computer{i}" for i in range(count)]
        self.peers = [[] for _ in range(count)]
        self.processes = [None] * count
        setup = [["link set lo up"] for _ in range(count)]
        ip([f"netns add {name}" for name in self.names])
        for number, (a, b) in enumerate(edges):
            low, high = (f"10.77.{(2 * number + end) >> 8}.{(2 * number + end) & 255}" for end in (0, 1))
            for i, mine, other, connects in ((a, low, high, True), (b, high, low, False)):
                self.peers[i].append((mine, other, connects))
                # Without link-local addresses the kernel itself sends nothing but ARP.
                setup[i] += [f"addr add {mine}/31 dev cable{number}", f"link set cable{number} addrgenmode none up"]
        ip([f"link add cable{number} netns {self.names[a]} type veth peer name cable{number} netns {self.names[b]}"
            for number, (a, b) in enumerate(edges)])
        for name, lines in zip(self.names, setup):
            ip(lines, "-netns", name)
        self.outside = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.places = [os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in self.names]

    @contextlib.contextmanager
    def inside(self, i):
        """Sockets and processes that are made within belong to computer i for ever."""
        self._enter(self.places[i])
        try:
            yield
        finally:
            self._enter(self.outside)

    @staticmethod
    def _enter(place):
        if LIBC.setns(place, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def start(self, i, command, log):
        """Its standard output can be read from, without waiting."""
        with self.inside(i), open(log, "wb") as errors:
            process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=errors, preexec_fn=end_with_the_parent)
        os.set_blocking(process.stdout.fileno(), False)
        self.processes[i] = process

    def sent_bytes(self):
        """On all cables since they are there, with Ethernet headers."""
        total = 0
        for process in self.processes:
            for line in pathlib.Path(f"/proc/{process.pid}/net/dev").read_text().splitlines():
                device, _, fields = line.partition(":")
                if device.strip().startswith("cable"):
                    total += int(fields.split()[8])
        return total

    def end(self):
        for process in filter(None, self.processes):
            process.kill()
        for process in filter(None, self.processes):
            process.wait()
            process.stdout.close()
        for place in [self.outside, *self.places]:
            os.close(place)
        ip([f"netns delete {name}" for name in self.names])
