"""Starting, draining, ending; being given sockets; becoming someone else."""

import json
import os
import pwd
import resource
import signal
import socket
import subprocess
import threading

from scene import Failed, command, folder, origin, play, programs, rows, until, weir


def play_sigterm_drains():
    """New connections are refused, requests under way are answered, idle connections end; then 0."""
    hold = threading.Event()
    shop = origin(lambda visit: (visit.wait(hold), visit.answer(200, "last"))[1] and None)
    here = weir("site @front { route /busy { proxy @shop } }", shop=shop)
    idle, busy = here.client(), here.client()
    assert idle.get("/").status == 404
    busy.say("GET /busy HTTP/1.1", "Host: a")
    shop.saw(1)
    here.signal(signal.SIGTERM)
    idle.ends()
    until(lambda: refuses(here), "new connections are refused")
    assert here.process.poll() is None
    hold.set()
    answer = busy.answer()
    assert answer.body == b"last" and answer.header("Connection") == "close"
    assert here.ended() == 0


def play_who_came_just_before_sigterm_is_answered():
    """The kernel lets clients in before Weir knows of them. They are not reset because Weir ends."""
    here = weir("site @front { respond 200 late }")
    here.get("/")
    here.signal(signal.SIGSTOP)
    clients = [here.client() for _ in range(20)]
    for client in clients:
        client.say("GET / HTTP/1.1", "Host: a")
    here.signal(signal.SIGTERM)
    here.signal(signal.SIGCONT)
    for client in clients:
        assert client.answer().body == b"late"
    assert here.ended() == 0


def refuses(here):
    try:
        here.client().close()
        return False
    except OSError:
        return True


def play_a_drain_has_an_end():
    shop = origin(lambda visit: visit.is_gone())
    here = weir("drain 500ms\nsite @front { proxy @shop }", shop=shop)
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: a")
    shop.saw(1)
    here.signal(signal.SIGTERM)
    assert here.ended(5) == 0
    assert client.is_cut()


def play_a_second_signal_ends_at_once():
    shop = origin(lambda visit: visit.is_gone())
    here = weir("drain 1m\nsite @front { proxy @shop }", shop=shop)
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: a")
    shop.saw(1)
    here.signal(signal.SIGTERM)
    until(lambda: refuses(here), "it drains")
    here.signal(signal.SIGTERM)
    assert here.ended(5) == 0


def play_sigint_and_the_drain_command():
    here = weir("site @front { respond 200 a }")
    here.signal(signal.SIGINT)
    assert here.ended(5) == 0
    here = weir("site @front { respond 200 a }")
    assert here.command("drain", "--socket", here.admin)[0] == 0
    assert here.ended(5) == 0


def play_ports_and_sockets_are_given_back():
    """The next one starts on the same address at once, with connections of the last one still in TIME_WAIT."""
    here = weir("site @front { respond 200 one }")
    clients = [here.client() for _ in range(20)]
    for client in clients:
        client.get("/")
    here.signal(signal.SIGTERM)
    assert here.ended() == 0
    assert not os.path.exists(here.admin)
    here.has_ended = False
    here.start()
    here.wait_ready()
    assert here.get("/").status == 200


def play_a_leftover_admin_socket_is_replaced():
    here = weir("site @front { respond 200 one }")
    here.process.kill()
    here.process.wait()
    assert os.path.exists(here.admin)
    here.start()
    here.wait_ready()
    assert here.ask_admin("/status").status == 200


def play_systemd_is_notified():
    """READY=1 when it listens, RELOADING and READY around a reload, STOPPING at the end."""
    path = f"{folder()}/notify.sock"
    told = []
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    threading.Thread(target=lambda: [told.append(listener.recv(4096).decode()) for _ in range(20)], daemon=True).start()
    here = weir("site @front { respond 200 a }", environment={"NOTIFY_SOCKET": path})
    until(lambda: any("READY=1" in one for one in told), f"READY=1: {told}")
    assert here.reload("site @front { respond 200 b }")[0] == 0
    until(lambda: any("RELOADING=1" in one for one in told) and sum("READY=1" in one for one in told) >= 2, f"a reload: {told}")
    here.signal(signal.SIGTERM)
    assert here.ended() == 0
    until(lambda: any("STOPPING=1" in one for one in told), f"STOPPING=1: {told}")


def play_socket_activation():
    """A listening socket that somebody else has opened is taken over, and stays open after the end."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(100)
    address = "%s:%d" % listener.getsockname()
    file = f"{folder()}/weir.conf"
    with open(file, "w", encoding="utf-8") as out:
        out.write(f"workers 1\nsite {address} {{ respond 200 activated }}\n")

    def adopt():
        os.dup2(listener.fileno(), 3, inheritable=True)

    shell = f'LISTEN_PID=$$ LISTEN_FDS=1 exec "{os.environ["WEIR"]}" run {file}'
    process = subprocess.Popen(["sh", "-c", shell], preexec_fn=adopt, pass_fds=(3,))
    try:
        with socket.create_connection(listener.getsockname(), timeout=10) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = b""
            while octets := client.recv(65536):
                answer += octets
        assert b"activated" in answer, answer
    finally:
        process.terminate()
        process.wait(10)
    assert process.returncode == 0


def play_root_becomes_somebody_else():
    """Binds first, then lets go of every right; logs can still be opened anew."""
    if os.getuid() != 0:
        return
    place = folder()
    user = pwd.getpwnam("nobody")
    os.chown(place, user.pw_uid, user.pw_gid)
    text = f"user nobody\nadmin {{ socket {place}/admin.sock }}\nlog json {place}/access.log\nsite @front {{ respond 200 a }}"
    here = weir(text)
    assert here.get("/").status == 200
    with open(f"/proc/{here.pid}/status", encoding="ascii") as file:
        status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
    assert set(status["Uid"].split()) == {str(user.pw_uid)} and set(status["Gid"].split()) == {str(user.pw_gid)}
    assert status["Groups"].split() in ([], [str(user.pw_gid)])
    assert int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0
    for task in os.listdir(f"/proc/{here.pid}/task"):
        with open(f"/proc/{here.pid}/task/{task}/status", encoding="ascii") as file:
            assert f"Uid:\t{user.pw_uid}\t" in file.read(), "a thread has kept its rights"
    os.rename(f"{place}/access.log", f"{place}/access.log.1")
    here.signal(signal.SIGUSR1)
    until(lambda: os.path.exists(f"{place}/access.log"), "the log is opened anew")


def play_all_descriptors_are_taken():
    """The soft limit of the shell that starts it is not Weir's."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, soft), hard))
    here = weir("site @front { respond 200 x }")
    assert resource.prlimit(here.pid, resource.RLIMIT_NOFILE) == (hard, hard)
    assert here.metrics()["process_max_fds"] == hard


def play_connections_are_spread_over_workers():
    """16 long connections on 4 workers: 4 ± 1 each."""
    here = weir("workers 4\nsite @front { respond 200 a }")
    until(lambda: sum(open_connections(here)) == 0, "the connections of the start are gone")
    clients = [here.client() for _ in range(16)]
    for client in clients:
        assert client.get("/").status == 200
    counts = open_connections(here)
    assert len(counts) == 4 and all(3 <= count <= 5 for count in counts), counts


def open_connections(here):
    return [int(value) for name, value in here.metrics().items() if name.startswith("weir_worker_connections_open")]


def play_pinned_workers():
    here = weir("workers 2 pin\nsite @front { respond 200 a }")
    assert here.get("/").status == 200

    def pinned():
        return sum(len(os.sched_getaffinity(int(task))) == 1 for task in os.listdir(f"/proc/{here.pid}/task"))

    if os.cpu_count() > 1:
        until(lambda: pinned() == 2, "both workers have a processor of their own")


def play_dual_stack():
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
        return
    here = weir("site :@front.port { respond 200 $client_ip }")
    assert here.get("/").text.strip() == "127.0.0.1"
    port = here.at()[1]
    try:
        text = programs.run("curl", "-sS", "--noproxy", "*", "-g", f"http://[::1]:{port}/")
    except OSError as error:
        raise Failed(str(error)) from error
    assert text == (0, "::1") or "Couldn't connect" in text[1] and not has_ipv6_loopback(), text


def has_ipv6_loopback():
    with open("/proc/net/if_inet6", encoding="ascii") as file:
        return "00000000000000000000000000000001" in file.read()


def play_usage_errors():
    def ask(*words):
        status, out, err = command(*words)
        assert status not in (0, None) and (out + err).strip(), f"{status}: {out}{err}"

    rows([("run", "/does/not/exist"), ("check", "/does/not/exist"), ("explain",), ("reload", "--socket", "/does/not/exist")], ask)


@play(seconds=60)
def play_the_demo():
    """`weir demo` starts, tells what to try, serves the shop with all it has, and ends well."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demo = programs.start(os.environ["WEIR"], "demo", "--port", str(port), "--no-color")
    said = ""
    while "Ctrl-C" not in said:
        line = demo.stdout.readline()
        assert line, f"it ended: {said}"
        said += line
    for word in ("curl -N", "explain", "reload", f"http://127.0.0.1:{port}/"):
        assert word in said, said
    url = f"http://127.0.0.1:{port}"
    assert "Weir" in programs.curl(f"{url}/") and "X-Forwarded-For" in programs.curl(f"{url}/headers")
    assert '"name":"River stone"' in programs.curl(f"{url}/api/products")
    assert programs.curl("-o", "/dev/null", "-w", "%{http_code}", f"{url}/fail?code=503") == "503"
    assert '"waited_ms":100' in programs.curl(f"{url}/slow?ms=100")
    assert programs.curl("-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", f"{url}/a/%2e%2e/%2e%2e/etc") == "400"
    assert "event: clock" in programs.run("curl", "-sSN", "--noproxy", "*", "-m", "2", f"{url}/events")[1]
    assert "Hello, 127.0.0.1" in programs.curl(f"{url}/hello")
    demo.send_signal(signal.SIGINT)
    assert demo.wait(10) == 0


@play(seconds=90, needs=("chromium", "ws"))
def play_the_demo_in_a_browser():
    """Page, pictures, JSON, WebSocket and events all work in Chromium, and nothing complains."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demo = programs.start(os.environ["WEIR"], "demo", "--port", str(port), "--no-color")
    until(lambda: "Ctrl-C" in demo.stdout.readline(), "it has started", 20)
    wanted = "(({events, echo, shelf}) => events && echo && shelf && document.querySelector('.told td:last-child').textContent)"
    text = programs.node("browse.js", f"http://127.0.0.1:{port}/", f"{wanted}(document.documentElement.dataset)")
    told = json.loads(text)
    assert told["value"] == "127.0.0.1" and not told["complaints"], told
    demo.send_signal(signal.SIGINT)
    assert demo.wait(10) == 0
