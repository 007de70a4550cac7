"""What is measured of a proxy that runs: processor time, system calls, instructions, allocations, memory, spread."""

import copy
import re
import signal
import statistics
import subprocess
import threading
import time
from pathlib import Path

ALLOCATORS = re.compile(
    r"^(?:(?:mi_|__libc_|_int_)?(?:malloc|calloc|realloc|memalign|aligned_alloc|posix_memalign)\w*|mi_new\w*|operator new.*|_Zn[wa]m.*)"
    r"(?:'\d+)?$"
)


class Load:
    """bench/load: an exact number of requests, then its connections stay open until it is let go."""

    def __init__(self, spot, port, connections, requests, manner=None, seconds=120):
        words = ["taskset", "-c", str(spot.load_core), str(spot.tools / "load"), str(port), str(connections), str(requests)]
        words += [manner] if manner else []
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        said = self.process.stdout.readline()
        timer.cancel()
        if said.strip() != "done":
            self.process.wait()
            raise RuntimeError(f"the load on port {port} did not come to its end")

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)


def wrk(spot, port, connections, seconds, scheme="http"):
    """How many requests were answered. Faulty answers are an error: a fast wrong answer is none."""
    words = ["taskset", "-c", str(spot.load_core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    words.append(f"{scheme}://127.0.0.1:{port}/")
    text = subprocess.run(words, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", text)[1])
    if not requests or "Non-2xx" in text or re.search(r"Socket errors: .*(?:connect|read|write) [1-9]", text):
        raise RuntimeError(f"faulty answers:\n{text}")
    return requests


def misses(spot, port, connections, requests):
    """No two requests of all runs have one target. A load that writes its requests as fast as wrk repeats one: else the proxy idles now and
    then, and what it takes to fall asleep and to wake up is counted for the cache's."""
    Load(spot, port, connections, requests, manner="freshly").end()
    return requests


def h2load(spot, port, requests, scheme="http"):
    """HTTP/2: 8 connections of 32 streams each."""
    words = ["taskset", "-c", str(spot.load_core), "h2load", "-t1", "-c8", "-m32", f"-n{requests}", f"{scheme}://127.0.0.1:{port}/"]
    text = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout
    if f"{requests} succeeded" not in text or "Application protocol: h2" not in text:
        raise RuntimeError(f"faulty answers:\n{text}")
    return requests


def handshakes(spot, port, count, is_resumed):
    """As many connections, each with a handshake and one request."""
    words = ["taskset", "-c", str(spot.load_core), str(spot.tools / "handshakes"), str(port), str(count)]
    words += ["resumed"] if is_resumed else []
    subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    return count


def rounds(processes, load, count):
    """{name: median of CPU µs a request}: the proxies take turns, so that what else the machine does meets all of them. `load` is given a
    port and answers with the number of requests."""
    for process in processes.values():
        load(process.port)
    taken = {name: [] for name in processes}
    for turn in range(count):
        names = list(processes)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            before = processes[name].cpu_us()
            requests = load(processes[name].port)
            taken[name].append((processes[name].cpu_us() - before) / requests)
    return {name: statistics.median(values) for name, values in taken.items()}


def system_calls(spot, process, requests):
    """System calls a request, counted by strace in two windows; their difference holds no beginning and no end."""
    counts = [calls_in_window(spot, process, count) for count in (requests, 3 * requests)]
    return (counts[1] - counts[0]) / (2 * requests)


def calls_in_window(spot, process, requests):
    report = Path(spot.dir, "strace.txt")
    tracer = subprocess.Popen(
        ["strace", "-f", "-c", "-o", str(report), "-p", str(process.pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = tracer.stderr.readline()
    if "attached" not in line:
        tracer.kill()
        raise RuntimeError(f"strace: {line}")
    load = Load(spot, process.port, 64, requests)
    tracer.send_signal(signal.SIGINT)
    tracer.wait(20)
    load.end()
    return int(re.search(r"^\s*100\.00\s+\S+\s+(?:\S+\s+)?(\d+)\s+(?:\d+\s+)?total", report.read_text(), re.M)[1])


class Callgrind:
    """User-space instructions and calls of allocators, from whole runs of different length."""

    def __init__(self, spot, peer, origin_port, manner=None):
        self.spot, self.peer, self.origin_port, self.manner = spot, copy.copy(peer), origin_port, manner
        # Older valgrinds don't understand the debugging information of newer compilers; the names of functions are enough.
        bare = Path(spot.dir, "callgrind-" + Path(peer.program).name)
        subprocess.run(["strip", "--strip-debug", "-o", str(bare), str(peer.program)], check=True)
        self.peer.program = bare

    def run(self, requests):
        out = Path(self.spot.dir, "callgrind.out")
        out.unlink(missing_ok=True)
        below = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no", "--separate-threads=no", "-q"]
        process = self.peer.start(self.spot, self.origin_port, below=below, seconds=90)
        try:
            Load(self.spot, process.port, 64, requests, manner=self.manner).end()
        finally:
            process.end(signal.SIGTERM)
        text = out.read_text("utf-8", "replace")
        return int(re.search(r"^(?:summary|totals): (\d+)", text, re.M)[1]), allocations_in(text)

    def per_request(self, requests, before=0):
        short, long = self.run(before + requests), self.run(before + 3 * requests)
        return (long[0] - short[0]) / (2 * requests), (long[1] - short[1]) / (2 * requests)


def allocations_in(text):
    """Calls of an allocator from outside of it, in a callgrind file."""
    total, caller, callee = 0, "", ""
    for line in text.splitlines():
        if line.startswith("fn="):
            caller = line.partition("=")[2]
        elif line.startswith("cfn="):
            callee = line.partition("=")[2]
        elif line.startswith("calls=") and ALLOCATORS.match(callee) and not ALLOCATORS.match(caller):
            total += int(line[6:].split()[0])
    return total


def idle_octets(spot, process, connections):
    """Resident octets a connection that idles after one request."""
    Load(spot, process.port, 64, 2000).end()
    settle(process)
    before = process.resident_kib()
    load = Load(spot, process.port, connections, 0, manner="calmly")
    settle(process)
    after = process.resident_kib()
    load.end()
    return (after - before) * 1024 / connections


def idle_octets_tls(spot, process, connections, manner="held"):
    """The same for connections with TLS; `held_h2`: by HTTP/2."""
    handshakes(spot, process.port, 500, False)
    settle(process)
    before = process.resident_kib()
    words = [str(spot.tools / "handshakes"), str(process.port), str(connections), manner]
    load = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if load.stdout.readline().strip() != "done":
        raise RuntimeError("the connections with TLS could not be held")
    settle(process)
    after = process.resident_kib()
    load.communicate()
    return (after - before) * 1024 / connections


def settle(process, moments=8):
    """Waits until the resident size has stopped to change."""
    seen, same = 0, 0
    end = time.monotonic() + 5
    while same < moments and time.monotonic() < end:
        now = process.resident_kib()
        same = same + 1 if now == seen else 0
        seen = now
        threading.Event().wait(0.05)


def spread(spot, process, admin_socket, connections):
    """Open connections of each worker, by Weir's own metrics."""
    load = Load(spot, process.port, connections, 0, manner="calmly")
    words = [str(spot.weir), "metrics", "--socket", admin_socket]
    text = subprocess.run(words, capture_output=True, text=True, timeout=10, check=True).stdout
    load.end()
    return [int(value) for value in re.findall(r"^weir_worker_connections_open\{[^}]*\} (\d+)", text, re.M)]
