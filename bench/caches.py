"""The caches that are compared, each in memory or in files that the system keeps in memory, and the parts of a run that measure them."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import measure
import peers

KIB = 1024
HOT_OCTETS = 100 * KIB
HIT_GOALS = {"haproxy": "≤ 0.75 ×", "nginx": "≤ 0.60 ×", "varnish": "≤ 0.45 ×"}
H2_GOALS = {"nginx": "≤ 0.25 ×", "haproxy": "≤ 0.35 ×"}

WEIR = peers.WEIR.replace("upstream", "cache main {{ memory 256MiB }}\nupstream", 1)
WEIR = WEIR.replace("    proxy origin", "    cache main\n    proxy origin")
WEIR = WEIR.replace("weir.sock", "weir-{port}.sock")  # of several at once
WEIR_OFF = WEIR.replace("    cache main\n", "    cache off\n")

NGINX = peers.NGINX.replace(
    "    upstream",
    "    sendfile on; tcp_nopush on; open_file_cache max=1000 inactive=300s; open_file_cache_valid 300s;\n"
    "    proxy_cache_path {dir}/nginx-{port} levels=1:2 keys_zone=main:16m max_size=1g inactive=1h use_temp_path=off;\n    upstream",
    1,
).replace("            proxy_pass", "            proxy_cache main; proxy_cache_lock on;\n            proxy_pass")

HAPROXY = (
    peers.HAPROXY.replace("frontend", "cache main\n    total-max-size 256\n    max-object-size 1000000\n    max-age 3600\nfrontend")
    .replace("    option forwardfor\n", "")
    .replace("    default_backend back", "    http-request cache-use main\n    http-response cache-store main\n    default_backend back")
)

VARNISH = """vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{origin}"; }}
"""
VARNISH_WORDS = ["-F", "-j", "none", "-n", "{dir}/varnish-{port}", "-a", "127.0.0.1:{port}", "-f", "{file}", "-s", "malloc,256m"]
VARNISH_WORDS += ["-p", "feature={varnish}", "-p", "thread_pools=1", "-p", "timeout_idle=300"]

TRAFFIC_SERVER_ROOT = """prefix: /usr
exec_prefix: /usr
bindir: /usr/bin
sbindir: /usr/sbin
includedir: /usr/include
libdir: /usr/lib/trafficserver
libexecdir: /usr/lib/trafficserver/modules
datadir: {ground}
sysconfdir: {ground}
localstatedir: {ground}
runtimedir: {ground}
logdir: {ground}
cachedir: {ground}
"""
# It keeps what it has in a file, and what of that is asked for in memory: the file has the size that the others have in memory.
TRAFFIC_SERVER = {
    "remap.config": "map / http://127.0.0.1:{origin}/\n",
    "storage.config": "{ground} 256M\n",
    "ip_allow.yaml": "ip_allow: [{{apply: in, ip_addrs: 127.0.0.1, action: allow, methods: ALL}}]\n",
    "records.config": """CONFIG proxy.config.http.server_ports STRING {port}:ip-in=127.0.0.1
CONFIG proxy.config.admin.user_id STRING {owner}
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.cache.ram_cache.size INT 256M
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.http.keep_alive_no_activity_timeout_in INT 300
""",
}


class TrafficServer(peers.Peer):
    """Reads several files, and serves as somebody else when root starts it."""

    def __init__(self):
        super().__init__("Traffic Server", peers.found("traffic_server"), ["--run-root={file}"], dict(TRAFFIC_SERVER))

    def write_config(self, places):
        is_root = os.geteuid() == 0
        places |= {"ground": f"{places['dir']}/traffic-server-{places['port']}", "owner": "nobody" if is_root else "#-1"}
        ground = Path(places["ground"])
        ground.mkdir()
        Path(places["file"]).write_text(TRAFFIC_SERVER_ROOT.format(**places))
        for name, text in self.config.items():
            (ground / name).write_text(text.format(**places))
        if is_root:
            shutil.chown(ground, "nobody")
            os.chmod(places["dir"], 0o711)

    def resize(self, megabytes):
        self.config = {name: text.replace("256M", f"{megabytes}M") for name, text in self.config.items()}


def caches_of(spot):
    weir = ["run", "{file}"]
    return {
        "weir": peers.Peer("Weir", spot.weir, weir, WEIR),
        "off": peers.Peer("Weir with 'cache off'", spot.weir, weir, WEIR_OFF),
        "plain": peers.Peer("Weir without a cache", spot.weir, weir, WEIR.replace("    cache main\n", "")),
        "nginx": peers.Peer("nginx", peers.found("nginx"), ["-p", "{dir}", "-c", "{file}"], NGINX),
        "haproxy": peers.Peer("HAProxy", peers.found("haproxy"), ["-db", "-q", "-f", "{file}"], HAPROXY),
        "varnish": peers.Peer("Varnish", peers.found("varnishd"), VARNISH_WORDS, VARNISH, has_worker=True),
        "ats": TrafficServer(),
        "bare": peers.Peer("a server that only reads and sends", spot.tools / "origin", ["{port}", str(KIB)]),
    }


class CacheParts:
    """Of Bench: its spot, origins and tables."""

    def caches(self):
        return {name: peer for name, peer in caches_of(self.spot).items() if peer.is_there()}

    @contextlib.contextmanager
    def warm(self, names, octets, load, face=peers.PLAIN):
        """Caches that hold the answer. Their origin sleeps meanwhile: what is not a hit is an error."""
        origin, there = self.origin(octets), self.caches()
        processes = {name: there[name].start(self.spot, origin, face=face) for name in names if name in there}
        try:
            for process in processes.values():
                load(process.port)
            self.origins[octets].process.send_signal(signal.SIGSTOP)
            yield processes
        finally:
            self.origins[octets].process.send_signal(signal.SIGCONT)
            for process in processes.values():
                process.end()

    def hits(self, names, octets, load, count, face=peers.PLAIN):
        with self.warm(names, octets, load, face) as processes:
            return measure.rounds(processes, load, count)

    def cache_table(self, title, values, unit, goals, scale=1.0):
        titles = {name: peer.name for name, peer in self.caches().items()}
        self.table(title, values, unit, goals, scale, titles)

    def hit(self):
        count, seconds = (2, 1) if self.is_quick else (5, 3)
        load = lambda port: measure.wrk(self.spot, port, 64, seconds)  # noqa: E731
        values = self.hits(("weir", "bare", "haproxy", "nginx", "varnish"), KIB, load, count)
        self.cache_table("A hit of 1 KiB: CPU a request, 64 keep-alive connections", values, "µs", HIT_GOALS)
        load = lambda port: measure.wrk(self.spot, port, 16, seconds)  # noqa: E731
        values = self.hits(("weir", "nginx", "haproxy", "varnish"), HOT_OCTETS, load, count)
        goals = {"nginx": "≤ 1.00 ×"}
        self.cache_table("A hit of 100 KiB: CPU a MiB, 16 connections", values, "µs", goals, (1 << 20) / HOT_OCTETS)

    def hit_h2(self):
        count, requests = (2, 20_000) if self.is_quick else (5, 100_000)
        load = lambda port: measure.h2load(self.spot, port, requests)  # noqa: E731
        values = self.hits(("weir", "nginx", "haproxy", "varnish"), KIB, load, count, peers.H2C)
        self.cache_table("A hit of 1 KiB, HTTP/2 in the clear: CPU a request, 8 connections × 32 streams", values, "µs", H2_GOALS)

    def hit_calls(self):
        requests = 2000 if self.is_quick else 10000
        load = lambda port: measure.Load(self.spot, port, 64, 2000).end()  # noqa: E731
        with self.warm(("weir", "bare", "haproxy", "nginx", "varnish"), KIB, load) as processes:
            values = {name: measure.system_calls(self.spot, process, requests) for name, process in processes.items()}
        self.cache_table("System calls a hit (strace -c)", values, "calls", {"weir": "≤ 2.1"})

    def hit_instructions(self):
        requests = 400 if self.is_quick else 1500
        values, allocations = {}, {}
        for name in ("weir",) if self.is_quick else ("weir", "nginx", "haproxy"):
            callgrind = measure.Callgrind(self.spot, self.caches()[name], self.origin(KIB))
            values[name], allocations[name] = callgrind.per_request(requests)
        self.cache_table("User-space instructions a hit (callgrind, difference of two runs)", values, "instructions", {})
        self.cache_table("Calls of the heap's allocator a hit", allocations, "calls", {"weir": "0"})

    def zipf(self):
        """More objects than have room: 50,000 of 10 KiB, asked for as zipf 0.9 says, the same requests for each."""
        requests, octets = (50_000 if self.is_quick else 300_000), 10 * KIB
        print(f"\n### {requests} requests for 50,000 objects of 10 KiB (zipf 0.9), 64 MiB\n\n| cache | hits | origin's requests |")
        print("|---|---:|---:|")
        for name, peer in self.caches().items():
            if name not in ("weir", "varnish", "ats"):
                continue
            if name == "ats":
                peer.resize(64)
            else:
                peer.config = peer.config.replace("256MiB", "64MiB")
            peer.words = [word.replace("malloc,256m", "malloc,64m") for word in peer.words]
            origin = peers.start_origin(self.spot, octets)
            process = peer.start(self.spot, origin.port)
            measure.Load(self.spot, process.port, 64, requests - 1, "by_rank", seconds=400).end()
            before = peers.served(origin)
            measure.Load(self.spot, process.port, 64, requests, "by_rank", seconds=400).end()
            asked = peers.served(origin) - before
            print(f"| {peer.name} | {100 * (1 - asked / requests):.1f} % | {asked} |", flush=True)
            process.end()
            origin.end()

    def warm_start(self):
        """A cache's disk with small answers, known again by a new process; WEIR_OBJECTS: how many."""
        objects = os.environ.get("WEIR_OBJECTS", "200000" if self.is_quick else "1000000")
        place = Path(self.spot.dir, "warm")
        print("\n### What a start takes that finds answers on the disk (goal: seconds for millions, ≤ 32 octets an object)\n", flush=True)
        with (place.parent / "warm.err").open("w") as errors:
            subprocess.run([str(self.spot.tools / "warm_start"), str(place), objects], stderr=errors, check=True)
        shutil.rmtree(place)

    def miss(self):
        """Every request asks for another thing, and what is stored makes room for it."""
        count, requests = (3, 20_000) if self.is_quick else (25, 40_000)
        there = self.caches()
        there["weir"].config = there["weir"].config.replace("256MiB", "8MiB")  # is soon full
        names = ("weir", "off", "plain", "haproxy", "varnish")
        processes = {name: there[name].start(self.spot, self.origin(KIB)) for name in names if name in there}
        try:
            load = lambda port: measure.misses(self.spot, port, 64, requests)  # noqa: E731
            values = measure.rounds(processes, load, count)
        finally:
            for process in processes.values():
                process.end()
        goals = {"plain": "≤ 1.10 ×", "off": "≤ 1.13 ×"}
        self.cache_table("A miss: CPU a request, answers of 1 KiB that are stored, 64 keep-alive connections", values, "µs", goals)
        instructions, allocations = {}, {}
        for name in ("weir", "off", "plain"):
            callgrind = measure.Callgrind(self.spot, there[name], self.origin(KIB), manner="freshly")
            fills = 7000 if name == "weir" else 0
            instructions[name], allocations[name] = callgrind.per_request(400 if self.is_quick else 1500, before=fills)
        self.cache_table("User-space instructions a miss", instructions, "instructions", {"plain": "≤ 1.10 ×"})
        self.cache_table("Calls of the heap's allocator a miss", allocations, "calls", {})
        print(f"\nWith 'cache off': {values['off'] / values['plain']:.3f} × no cache (goal: within 3 %)", flush=True)
