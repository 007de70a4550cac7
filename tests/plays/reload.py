"""New configurations under traffic: nothing is closed, nothing fails; a bad one changes nothing."""

import signal
import threading
from pathlib import Path

from scene import origin, play, room_kib, until, weir

UPGRADE = ("GET /ws HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket")
TURNS = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


def echo_or_hello(visit):
    if visit.request.target != "/ws":
        return visit.answer(200, "hello")
    visit.goes_on = False
    visit.send(TURNS)
    while octets := visit.wire.take_some():
        visit.send(octets)
    return visit.wire.half_close()


def said(word):
    return f"site @front {{ header response set X-Config {word}; route /ws {{ proxy @shop }}\n route /* {{ proxy @shop }} }}"


def play_by_signal():
    here = weir("site @front { respond 200 one }")
    assert here.get("/").text.strip() == "one"
    here.hang_up("site @front { respond 200 two }")
    until(lambda: here.get("/").text.strip() == "two", "the new configuration holds")


def play_by_command():
    here = weir("site @front { respond 200 one }")
    status, out, err = here.reload("site @front { respond 200 two }")
    assert status == 0, out + err
    assert "~ site" in out
    assert here.get("/").text.strip() == "two"
    status, out, err = here.reload()
    assert status == 0 and "nothing changed" in out


def play_a_diff_is_told():
    shop = origin()
    here = weir("upstream a { server @shop }\nsite @front { proxy a }", shop=shop)
    status, out, err = here.reload("upstream b { server @shop }\nsite @front { proxy b }\nsite @more { respond 200 x }")
    assert status == 0, err
    for line in ("+ upstream b", "- upstream a", "~ site", "+ site", "+ listener"):
        assert line in out, out


def play_changes_of_the_process_are_told():
    site = "site @front { respond 200 x }"
    admin = "admin { socket @dir/admin.sock }"
    here = weir(f"{admin}\nerror_log @dir/error.log\n{site}")
    status, out, err = here.reload(f"{admin}\nerror_log @dir/error.log {{ level debug }}\nlimits {{ requests 9 }}\n{site}")
    assert status == 0, err
    assert "~ error_log\n" in out and "+ limits\n" in out and "admin" not in out and "site" not in out, out
    status, out, err = here.reload(f"admin {{ socket @dir/admin.sock; label_values 9 }}\nlimits {{ requests 8 }}\n{site}")
    assert status == 0, err
    assert "~ limits\n" in out and "- error_log\n" in out and "~ admin (from the next start on)\n" in out, out
    status, out, err = here.reload()
    assert status == 0 and "nothing changed" in out, out


def play_a_taken_port_leaves_the_error_log_where_it_was():
    site = "site @front { respond 200 x }"
    taken = origin()
    here = weir(f"error_log @dir/first.log\n{site}")
    status, out, err = here.reload(f"error_log @dir/second.log\n{site}\nsite {taken.address} {{ respond 200 y }}")
    assert status == 1, out + err
    assert not Path(here.dir, "second.log").exists()
    assert "reload_failed" in Path(here.dir, "first.log").read_text()


def play_a_bad_one_changes_nothing():
    here = weir("site @front { respond 200 one }")
    status, out, err = here.reload("site @front {\n  respnd 200 two\n}")
    assert status == 1
    assert "weir.conf:" in out + err and "did you mean 'respond'" in out + err and "^^^^^^" in out + err
    assert here.get("/").text.strip() == "one"
    here.signal(signal.SIGHUP)
    until(lambda: "respnd" in here.stderr(), "the error log tells it")
    assert here.get("/").text.strip() == "one"


def play_an_empty_one_changes_nothing():
    """As one is that is being written, or that a full disk has left."""
    here = weir("site @front { respond 200 one }")
    for text in ("", "# soon\n", "limits { requests 9 }\n"):
        status, out, err = here.reload(text)
        assert status == 1 and "no site" in out + err, out + err
        assert here.get("/").text.strip() == "one"


def play_idle_connections_go_on_with_the_new_one():
    here = weir("site @front { respond 200 one }")
    client = here.client()
    assert client.get("/").text.strip() == "one"
    here.reload("site @front { respond 200 two }")
    assert client.get("/").text.strip() == "two"


def play_a_request_under_way_keeps_its_own():
    hold = threading.Event()
    shop = origin(lambda visit: (visit.wait(hold), visit.answer(200, "late"))[1] and None)
    here = weir(said("one"), shop=shop)
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: a")
    shop.saw(1)
    assert here.reload(said("two"))[0] == 0
    hold.set()
    answer = client.answer()
    assert answer.body == b"late" and answer.header("X-Config") == "one"
    assert client.get("/").header("X-Config") == "two"


def play_listeners_come_and_go():
    here = weir("site @front { respond 200 one }")
    old = here.client()
    assert old.get("/").status == 200
    status, out, err = here.reload("site @second { respond 200 two }")
    assert status == 0, out + err
    assert here.get("/", name="second").text.strip() == "two"

    def is_closed():
        try:
            here.client("front").close()
            return False
        except OSError:
            return True

    until(is_closed, "the old address is closed")
    here.reload("site @front { respond 200 three }\nsite @second { respond 200 two }")
    until(lambda: not is_closed(), "the old address is open again")
    assert here.get("/").text.strip() == "three"


def play_a_taken_address_is_refused_whole():
    other = origin()
    here = weir("site @front { respond 200 one }", other=other)
    status, out, err = here.reload("site @front { respond 200 two }\nsite @other { respond 200 x }")
    assert status == 1, out + err
    assert other.address.split(":")[1] in out + err
    assert here.get("/").text.strip() == "one"


def play_pooled_connections_live_on():
    shop = origin()
    here = weir("workers 1\n" + said("one"), shop=shop)
    assert here.get("/").status == 200
    for number in range(5):
        assert here.reload("workers 1\n" + said(f"n{number}"))[0] == 0
        assert here.get("/").header("X-Config") == f"n{number}"
    assert shop.connections == 1


def play_a_changed_upstream_lets_its_connections_go():
    first, second = origin(), origin()
    text = "workers 1\nupstream g {{ server {} }}\nsite @front {{ proxy g }}"
    here = weir(text.format("@first"), first=first, second=second)
    assert here.get("/").status == 200
    assert here.reload(text.format("@second"))[0] == 0
    assert here.get("/").status == 200 and len(second.requests) == 1
    until(lambda: first.open == 0, "the old pool is closed")


def play_logs_come_and_go():
    here = weir("log json @dir/one.log\nsite @front { respond 200 a }")
    here.get("/1")
    here.reload("log json @dir/two.log\nsite @front { respond 200 a }")
    here.get("/2")
    one, two = Path(here.dir, "one.log"), Path(here.dir, "two.log")
    until(lambda: two.exists() and '"/2"' in two.read_text() and '"/1"' in one.read_text(), "each line is in its log")


class Stream:
    """Clients that ask without end and must never see anything but 200."""

    def __init__(self, here, count):
        self.here = here
        self.ending = threading.Event()
        self.answers, self.wrong = [0] * count, []
        self.threads = [threading.Thread(target=self.ask, args=(number,), daemon=True) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self, number):
        try:
            client = self.here.client(is_traced=False)
            while not self.ending.is_set():
                answer = client.get("/x")
                if answer.status != 200 or answer.has("Connection"):
                    self.wrong.append(answer)
                self.answers[number] += 1
        except (AssertionError, OSError) as error:
            self.wrong.append(error)

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(15)


@play(seconds=240, alone=True)
def play_a_thousand_reloads_with_five_hundred_websockets():
    """Under a stream of requests: nothing closed, nothing failed, memory flat."""
    shop = origin(echo_or_hello, is_traced=False, seconds=200)
    here = weir("limits { connections_per_client 10000; requests 4000000 }\n" + said("start"), shop=shop)
    tunnels = []
    for _ in range(500):
        client = here.client(is_traced=False)
        client.say(*UPGRADE)
        assert client.head().status == 101
        tunnels.append(client)
    stream = Stream(here, 4)
    memory = []
    for number in range(1000):
        here.rewrite("limits { connections_per_client 10000; requests 4000000 }\n" + said(f"n{number}"))
        answer = here.ask_admin("/reload", "POST")
        assert answer.status == 200, answer
        if number % 100 == 99:
            memory.append(here.memory_kib())
            for client in tunnels[number // 100 :: 10]:
                client.send(f"turn {number}")
            for client in tunnels[number // 100 :: 10]:
                assert client.take(len(f"turn {number}")) == f"turn {number}".encode()
    stream.end()
    assert not stream.wrong, stream.wrong[:3]
    assert min(stream.answers) > 50
    for client in tunnels:
        client.send("still")
    for client in tunnels:
        assert client.take(5) == b"still"
    assert here.get("/").header("X-Config") == "n999"
    assert memory[-1] < memory[2] + room_kib(4096), f"memory over time, KiB: {memory}"
