"""The access log: a line for every exchange, none lost, none forged."""

import json
import os
import re
import signal
import threading
from pathlib import Path

from scene import origin, play, until, weir


def play_combined():
    here = weir("log combined @dir/combined.log\nsite @front { proxy @shop }", shop=origin())
    here.get("/a?b=c", "User-Agent: me/1", "Referer: http://x/")
    file = Path(here.dir, "combined.log")
    until(lambda: file.exists() and file.read_text().endswith("\n"), "a line")
    pattern = r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /a\?b=c HTTP/1\.1" 200 5 "http://x/" "me/1"\n'
    assert re.fullmatch(pattern, file.read_text()), file.read_text()


def play_json():
    shop = origin("HTTP/1.1 201 Made\r\nContent-Length: 3\r\n\r\nyes")
    here = weir("site @front { route /a/* { proxy @shop } }", shop=shop)
    here.client().ask("POST /a/b?c=d HTTP/1.1", "Host: shop.example", "Content-Length: 4", body=b"body")
    (line,) = here.log(1)
    wanted = {
        "client_ip": "127.0.0.1", "method": "POST", "host": "shop.example", "uri": "/a/b?c=d", "version": "HTTP/1.1", "status": 201,
        "upstream_status": 201, "request_body_octets": 4, "reply_body_octets": 3, "complete": True, "peer": shop.address, "tries": 1,
        "reused": False,
    }  # fmt: skip
    assert {name: line.get(name) for name in wanted} == wanted
    assert line["request_id"] == shop.last.header("X-Request-Id")
    assert 0 <= line["time_first_byte"] <= line["time_total"] < 10_000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


def play_a_format_of_ones_own():
    here = weir('log "$method $status $header{X-Tag} $request_octets>$reply_octets $$" @dir/own.log\nsite @front { respond 200 ok }')
    client = here.client()
    client.get("/", 'X-Tag: a "b" \t\xe9')
    file = Path(here.dir, "own.log")
    until(lambda: file.exists() and file.read_text().endswith("\n"), "a line")
    assert file.read_text().startswith("GET 200 a ") and file.read_text().count("\n") == 1 and file.read_text().rstrip().endswith("$")


def play_no_line_can_be_forged():
    shop = origin()
    here = weir("log combined @dir/combined.log\nlog json @dir/access.log\nsite @front { proxy @shop }", shop=shop)
    here.get("/?x=%0a%22", 'User-Agent: a" 200 1 "-" "\\', 'Referer: x\t"y', host="shop.example")
    line = here.log(1)[0]
    assert line["user_agent"] == 'a" 200 1 "-" "\\'
    file = Path(here.dir, "combined.log")
    until(lambda: file.read_text().endswith("\n"), "a line")
    text = file.read_text()
    assert text.count("\n") == 1
    assert len(re.findall(r'(?<!\\)"', text.replace('\\\\', ""))) == 6, text


def play_secrets_are_masked():
    here = weir('log combined @dir/combined.log\nlog json @dir/access.log\nsite @front { proxy @shop }', shop=origin())
    secrets = ("Authorization: Basic hunter3", "Cookie: sid=hunter4", "Referer: http://a/?access_token=hunter5")
    here.get("/login?password=hunter2&token=abc&page=3", *secrets)
    here.log(1)
    file = Path(here.dir, "combined.log")
    until(lambda: file.read_text().endswith("\n"), "a line")
    text = file.read_text() + here.log_file.read_text()
    assert "hunter" not in text and "page=3" in text, text


def play_refusals_are_logged_too():
    here = weir("site @front { proxy @shop }", shop=origin())
    client = here.client()
    client.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    assert client.answer().status == 400
    (line,) = here.log(1)
    assert line["status"] == 400 and line["error"] == "malformed" and line["error_side"] == "client" and "Host" in line["error_detail"]


def play_cut_answers_say_so():
    shop = origin(lambda visit: (visit.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"), visit.close()) and None)
    here = weir("site @front { proxy @shop }", shop=shop)
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: a")
    client.is_cut()
    (line,) = here.log(1)
    assert line["complete"] is False and line["error_side"] == "upstream" and line["error"] == "truncated", line


def play_clients_that_left_are_told_apart():
    shop = origin(lambda visit: visit.is_gone())
    here = weir("site @front { proxy @shop }", shop=shop)
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: a")
    shop.saw(1)
    client.reset()
    (line,) = here.log(1)
    assert line["complete"] is False and line["error_side"] == "client", line


def play_several_logs_and_none():
    text = """
    log json @dir/all.log
    site @front {
        route /quiet { log off; respond 200 q }
        route /both { log json @dir/both.log; respond 200 b }
        route /* { respond 200 r }
    }
    """
    here = weir(text)
    for target in ("/quiet", "/both", "/x"):
        here.get(target)
    every, both = Path(here.dir, "all.log"), Path(here.dir, "both.log")
    until(lambda: every.exists() and every.read_text().count("\n") == 2 and both.read_text().count("\n") == 1, "the lines")
    assert "/quiet" not in every.read_text()


def play_sampling_keeps_errors():
    text = """
    log json @dir/access.log { sample 10%; keep status >= 400 }
    site @front { route /good { respond 200 g }; route /bad { respond 500 b } }
    """
    here = weir(text)
    client = here.client(is_traced=False)
    for _ in range(500):
        client.get("/good")
    for _ in range(50):
        client.get("/bad")
    until(lambda: here.log_file.read_text().count('"status":500') == 50, "all errors are there")
    good = here.log_file.read_text().count('"status":200')
    assert 10 <= good <= 120, f"{good} of 500 lines at 10%"


@play(seconds=60)
def play_rotation_loses_no_line():
    """Renamed away and opened anew by SIGUSR1, again and again under load: every line is in one of the files, whole, once."""
    shop = origin(is_traced=False)
    here = weir("site @front { proxy @shop }", shop=shop)
    done = []
    ending = threading.Event()

    def ask(name):
        client = here.client(is_traced=False)
        number = 0
        while not ending.is_set():
            client.get(f"/{name}-{number}")
            done.append(f"/{name}-{number}")
            number += 1

    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in range(6)]
    for thread in threads:
        thread.start()
    rotated = []
    for turn in range(10):
        wanted = len(done) + 100
        until(lambda: len(done) >= wanted, "more requests", 20)
        old = Path(here.dir, f"access.log.{turn}")
        os.rename(here.log_file, old)
        rotated.append(old)
        here.signal(signal.SIGUSR1)
        until(here.log_file.exists, "a new file")
    ending.set()
    for thread in threads:
        thread.join(10)
    files = [*rotated, here.log_file]

    def targets():
        return [target for file in files for target in re.findall(r'"uri":"([^"]*)"', file.read_text())]

    until(lambda: len(targets()) >= len(done), f"{len(done)} lines")
    assert sorted(targets()) == sorted(done)
    for file in files:
        assert all(line.startswith("{") and line.endswith("}") for line in file.read_text().splitlines())


def play_no_line_is_lost_in_a_drain():
    shop = origin(is_traced=False)
    here = weir("site @front { proxy @shop }", shop=shop)
    clients = [here.client(is_traced=False) for _ in range(20)]
    for client in clients:
        for _ in range(10):
            client.get("/")
    here.signal(signal.SIGTERM)
    assert here.ended() == 0
    assert here.log_count() == 200


def play_error_log_in_json():
    here = weir("error_log @dir/error.log { format json; level info }\nsite @front { proxy 127.0.0.1:1 }")
    here.get("/")
    file = Path(here.dir, "error.log")
    until(lambda: file.exists() and file.read_text(), "a line")
    for line in file.read_text().splitlines():
        assert "level" in json.loads(line)
