"""What all benchmarks share: real nodes in a network namespace of their own, and figures as a table.

A benchmark starts itself again inside `unshare -Urn`, where nothing but a loopback device exists; what it prints was
measured in that run. Others' programs are measured beside ours where they are installed, else a line says how to.
"""
import atexit
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
IS_BUILT = "STARLING_BINARY_DIR" in os.environ  # by whoever names the folder
os.environ.setdefault("STARLING_BINARY_DIR", str(TOP / "build/release"))
sys.path.insert(0, str(TOP / "tests/tools"))


def enter_namespace(*programs):
    """Builds starling and those programs when that is needed, unless STARLING_BINARY_DIR names a folder that has them; goes on
    in a network namespace of its own, with loopback up."""
    if os.environ.get("STARLING_BENCH_INSIDE") == "1":
        return
    if not IS_BUILT:
        subprocess.run([str(TOP / "tools/build"), "release", "starling", *programs], check=True)
    os.environ["STARLING_BENCH_INSIDE"] = "1"
    script = 'ip link set lo up && exec "$0" "$@"'
    os.execvp("unshare", ["unshare", "-Urnm", "sh", "-c", script, sys.executable, *sys.argv])


def add_mtu_option(parser):
    parser.add_argument("--mtu", type=int, default=65_536, help="of the loopback device, bytes; 1500: as if it were Ethernet")


def set_mtu(size):
    subprocess.run(["ip", "link", "set", "lo", "mtu", str(size)], check=True)


def wait_for_quiet():
    """Until the machine is idle for a moment; says so when it is not within half a minute."""
    def sample():
        fields = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
        return fields[3] + fields[4], sum(fields[:8])
    for _ in range(60):
        idle, total = sample()
        time.sleep(0.5)
        idle_now, total_now = sample()
        if (idle_now - idle) / max(total_now - total, 1) > 0.9:
            return
    print("(the machine is not idle: figures are worse than they should be)")


def cpu_seconds(process):
    """Of a process and all its threads, so far."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(process):
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def low_mid_high(values):
    return min(values), statistics.median(values), max(values)


def show(title, rows, headers):
    """A table; numbers with three digits that count."""
    def text(cell):
        return f"{cell:.3g}" if isinstance(cell, float) else str(cell)
    cells = [headers] + [[text(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    print(f"\n{title}")
    for row in cells:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def starling_version():
    return subprocess.run([os.environ["STARLING_BINARY_DIR"] + "/apps/starling/starling", "--version"],
                          capture_output=True, text=True, check=True).stdout.strip()


def memory_folder():
    """A folder in memory, so that no disk is measured; only inside the namespace."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="starling-bench-"))
    atexit.register(lambda: (subprocess.run(["umount", "-l", folder], check=False), folder.rmdir()))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90%,mode=700", "tmpfs", folder], check=True)
    return folder


def touch_memory(folder, mib):
    """Has the machine give the memory that files in the folder are going to take: a virtual one gives it slowly at first."""
    with open(folder / "touched", "wb") as output:
        for _ in range(mib):
            output.write(bytes(1 << 20))
    (folder / "touched").unlink()


__all__ = ["TOP", "cpu_seconds", "enter_namespace", "json", "low_mid_high", "memory_folder", "os", "pathlib", "peak_mb",
           "show", "shutil", "starling_version", "statistics", "subprocess", "sys", "time", "touch_memory", "wait_for_quiet"]
