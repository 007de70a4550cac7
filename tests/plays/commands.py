"""The program's other words: check, fmt, explain, config, and what they say."""

import json
from pathlib import Path

from scene import command, folder, origin, rows, weir

GOOD = "site :8080 {\n    proxy localhost:3000\n}\n"


def write(text, name="weir.conf"):
    path = Path(folder(), name)
    path.write_text(text)
    return path


def check(text):
    path = write(text)
    status, out, err = command("check", str(path), seconds=20)
    return status, (out + err).replace(str(path), "weir.conf")


def play_check_a_good_one():
    status, said = check(GOOD)
    assert status == 0 and "is fine" in said, said


def play_check_tells_all_errors_with_place_caret_and_hint():
    text = "site :8080 {\n    prxy localhost:3000\n    timeout 10\n    body max 5MB\n    route /a { respond 999 }\n}\nupstram x { }\n"
    status, said = check(text)
    assert status == 1
    for place in ("weir.conf:2:5: error:", "weir.conf:3:", "weir.conf:4:", "weir.conf:5:", "weir.conf:7:1: error:"):
        assert place in said, f"no {place} in\n{said}"
    assert "did you mean 'proxy'" in said and "did you mean 'upstream'" in said
    assert "^^^^" in said and "    prxy localhost:3000" in said


def play_check_each_error():
    def ask(text, place, word):
        status, said = check(text)
        assert status == 1, "it was taken for good"
        assert f"weir.conf:{place}" in said and word in said, said

    rows(
        [
            ("site :8080 {\n", "1", "{"),
            ("}\n", "1:1", "}"),
            ("site :8080 { proxy nowhere_upstream_ }\n", "1:", ""),
            ("site :8080 { timeout 10 }\n", "1:22", "10s"),
            ("site :8080 { upgrade yes }\n", "1:22", "on"),
            ('site :8080 { respond 200 "open\n }\n', "1:", "quote"),
            ("site :8080 { route ~( { respond 200 a } }\n", "1:", ""),
            ("site :8080 { header response set Content-Length 5; respond 200 a }\n", "1:", "Content-Length"),
            ("site :8080 { header request set X-A $hots; respond 200 a }\n", "1:", "$host"),
            ("site :8080 { use nobody; respond 200 a }\n", "1:18", "nobody"),
            ("site :8080 { respond 200 a }\nsite :8080 { respond 200 b }\n", "2:", ""),
            ("import nothing-here.conf\n", "1:8", "nothing-here.conf"),
            ("upstream a { like b }\nupstream b { like a }\n", "1:", "like"),
            ("upstream a { server 10.0.0.1:99999 }\n", "1:", ""),
            ("trusted_proxies 10.0.0.1/8\n", "1:17", ""),
            ("site :8080 { proxy a:1; respond 200 a }\n", "1:", ""),
            ("workers 0\n", "1:9", ""),
            ('log "$method $header{Authorization}" /tmp/x.log\nsite :8080 { respond 200 a }\n', "1:", "Authorization"),
            ('log "$cookie{sid}" /tmp/x.log\nsite :8080 { respond 200 a }\n', "1:", "cookie"),
            ("site :8080 { proxy a:1 { x } }\n", "1:", ""),
        ],
        ask,
    )


def play_check_finds_routes_that_never_match():
    status, said = check("site :8080 {\n  route /a/* { respond 200 a }\n  route /a/b/* { respond 200 b }\n}\n")
    assert status == 1 and "weir.conf:3:" in said and "never match" in said and "/a/*" in said, said


def play_check_follows_imports():
    path = write("import sites/*.conf\n")
    sites = Path(path.parent, "sites")
    sites.mkdir()
    (sites / "a.conf").write_text("site :8081 { respond 200 a }\n")
    (sites / "b.conf").write_text("site :8082 {\n  respnd 200 b\n}\n")
    status, out, err = command("check", str(path))
    assert status == 1 and "b.conf:2:3" in out + err
    (sites / "b.conf").write_text("import ../weir.conf\n")
    status, out, err = command("check", str(path))
    assert status == 1 and "weir.conf" in out + err


def play_environment():
    text = "site :$ENV{WEIR_PLAY_PORT:-8080} { respond 200 $ENV{WEIR_PLAY_WORD} }\n"
    path = write(text)
    status, out, err = command("check", str(path), environment={"WEIR_PLAY_WORD": "hi"})
    assert status == 0, out + err
    status, out, err = command("check", str(path))
    assert status == 1 and "WEIR_PLAY_WORD" in out + err


def play_fmt():
    text = "site :8080 {route /a { respond 200 a;header response set X-A b }\n# why\n\n\n\nproxy localhost:3000 }\n"
    status, out, err = command("fmt", stdin=text)
    assert status == 0, err
    assert "    route /a {" in out and "# why" in out
    again = command("fmt", stdin=out)[1]
    assert again == out
    path = write("site :8080 {proxy localhost:3000}\n")
    assert command("fmt", "--check", str(path))[0] == 1
    assert command("fmt", str(path))[0] == 0
    assert command("fmt", "--check", str(path))[0] == 0


def play_json_there_and_back():
    path = write("# top\nsite :8080 {\n    # why\n    proxy localhost:3000  # here\n    route /a { respond 200 \"a b\" }\n}\n")
    status, out, err = command("config", "json", str(path))
    assert status == 0, err
    assert json.loads(out)["directives"][0]["directive"] == "site"
    back = Path(path.parent, "back.json")
    back.write_text(out)
    status, text, err = command("config", "from-json", str(back))
    assert status == 0, err
    assert command("fmt", stdin=text)[1] == command("fmt", stdin=path.read_text())[1]


def play_effective_configuration():
    path = write(GOOD)
    status, out, err = command("config", "show", "--effective", str(path))
    assert status == 0, err
    for default in ("keep_alive 75s", "header_bytes 32KiB", "first_byte 60s"):
        assert default in out, out


def play_explain_from_a_file():
    text = """
    upstream shop { server 10.0.0.1:80 }
    site http://shop.example:8080 {
        route /ws { proxy shop }
        route /a%2Fb/* { proxy shop }
        route /* { when header X-Beta; respond 200 beta }
        route /* { proxy shop }
    }
    """
    path = write(text)
    status, out, err = command("explain", "--config", str(path), "-H", "Cookie: sid=1", "http://shop.example:8080/a%2Fb//c?x=1")
    assert status == 0, out + err
    for word in ("shop.example", "/a%2Fb//c", "/a%2Fb/c", "YES", "no", "shop"):
        assert word in out, f"no {word} in\n{out}"


def play_explain_and_traffic_refuse_alike():
    shop = origin()
    here = weir("site @front { route /small { body max 10B; proxy @shop }\n route /* { proxy @shop } }", shop=shop)
    table = (
        ("TRACE", "/a", (), 405),
        ("CONNECT", "/", (), 405),
        ("POST", "/small", ("Content-Length: 20",), 413),
        ("OPTIONS", "/a", ("Max-Forwards: 0",), 204),
        ("GET", "/a%00", (), 400),
        ("GET", "/a", (), 200),
    )

    def both(method, path, fields, status):
        authority = f"shop.example:{here.at()[1]}"
        words = [word for field in fields for word in ("-H", field)]
        _, out, err = here.command("explain", "--socket", here.admin, "-X", method, *words, f"http://{authority}{path}")
        told = f"reply     {status} " in out if status != 200 else "forwarded /a" in out
        assert told, out + err
        client = here.client()
        client.say(f"{method} {authority if method == 'CONNECT' else path} HTTP/1.1", f"Host: {authority}", *fields)
        assert client.answer(method).status == status

    rows(table, both)


def play_explain_from_the_running_process():
    here = weir("site @front { route /a { respond 200 a }\n route /* { proxy @shop } }", shop=origin())
    status, out, err = here.command("explain", "--socket", here.admin, f"http://shop.example:{here.at()[1]}/a")
    assert status == 0, out + err
    assert "/a" in out and "YES" in out


def play_nobody_is_there():
    """A word to a Weir that does not run: nothing is said of a configuration that would stay."""
    nowhere = str(Path(folder(), "admin.sock"))
    for word in ("reload", "status", "drain"):
        status, out, err = command(word, "--socket", nowhere)
        assert status == 1 and not out, out
        assert "no running Weir was reached" in err and nowhere in err and "weir run FILE" in err, err
        assert "nothing was changed" not in err, err
    silent = write(f"admin {{ socket {nowhere} }}\n" + GOOD)
    for words in (("reload", str(silent)), ("reload", "--config", str(silent))):
        status, _, err = command(*words)
        assert status == 1 and nowhere in err, err
    status, _, err = command("status", str(write("site {", "bad.conf")))
    assert status == 1 and "bad.conf:1" in err and "--socket PATH" in err, err


def play_a_refused_reload_says_that_nothing_was_changed():
    here = weir("site @front { respond 200 a }")
    here.file.write_text("site :8080 { prxy a }\n")
    status, _, err = here.command("reload", "--socket", here.admin)
    assert status == 1 and "did you mean 'proxy'" in err and err.endswith("nothing was changed: the running configuration stays\n"), err


def play_what_is_missing_is_named():
    status, _, err = command("purge")
    assert status == 2 and "--prefix URL, --tag TAG, --host HOST or --all" in err and "one thing at a time" not in err, err
    status, _, err = command("purge", "--all", "--tag", "x")
    assert status == 2 and "one thing at a time" in err, err
    if Path("/etc/weir/weir.conf").exists():
        return
    for words in ("check", "run", "explain http://a/", "config show", "config show --effective", "config json"):
        status, _, err = command(*words.split())
        assert status == 1 and "/etc/weir/weir.conf" in err and "--config FILE" in err, err


def play_help_and_version():
    assert command("--version")[0] == 0 and "weir" in command("--version")[1].lower()
    status, out, _ = command("--help")
    assert status == 0
    for word in ("run", "check", "fmt", "explain", "reload", "demo"):
        assert word in out
    assert command("nonsense")[0] != 0


def play_a_bad_file_does_not_start():
    path = write("site :8080 { prxy a }\n")
    status, out, err = command("run", str(path))
    assert status == 1 and "weir.conf:1:14" in out + err


def play_a_taken_port_does_not_start():
    here = weir("site @front { respond 200 a }")
    status, out, err = command("run", str(write(f"site {here.at()[0]}:{here.at()[1]} {{ respond 200 b }}\n")))
    assert status == 1 and str(here.at()[1]) in out + err
