"""Answers in a content coding: which ones, in which, what their heads say, and that what is sent at once arrives at once."""

import subprocess
import threading
import zlib
from pathlib import Path

import scene
from scene import folder, origin, play, programs, rows, weir

TEXT = "".join(f"{number}: a weir lets a river pass, holds a pool, keeps the flood away\n" for number in range(3_000))
HTML = "Content-Type: text/html; charset=utf-8"
CONFIG = "site @front { compress; proxy @shop }"


def plain(coding, octets):
    """What a client makes of a body."""
    if coding == "gzip":
        return zlib.decompress(octets, 31)
    tool = {"br": ("brotli", "-dc"), "zstd": ("zstd", "-dcq")}[coding]
    return subprocess.run(tool, input=octets, capture_output=True, check=True, timeout=30).stdout


def answering(*lines, body=TEXT, status=200):
    return origin(lambda visit: visit.answer(status, body, *lines))


def chunked(*parts, lines=(HTML,)):
    def reply(visit):
        visit.say("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *lines)
        for part in parts:
            visit.send(f"{len(part):x}\r\n{part}\r\n")
        visit.send("0\r\n\r\n")

    return origin(reply)


def codings(answer):
    return answer.header("Content-Encoding")


def play_a_text_is_sent_in_the_coding_that_is_wanted_most():
    here = weir(CONFIG, shop=answering(HTML, 'ETag: "a"', "Accept-Ranges: bytes", "Content-MD5: Zm9v"))
    client = here.client()

    def ask(accepts, coding):
        answer = client.get("/", f"Accept-Encoding: {accepts}")
        assert codings(answer) == coding, codings(answer)
        assert plain(coding, answer.body).decode() == TEXT
        assert len(answer.body) < len(TEXT) / 4
        assert answer.header("ETag") == 'W/"a"' and answer.header("Vary") == "Accept-Encoding"
        assert not answer.has("Accept-Ranges") and not answer.has("Content-MD5") and not answer.has("Content-Length")

    rows(
        [
            ("gzip", "gzip"),
            ("gzip, deflate, br", "br"),
            ("gzip, deflate, br, zstd", "zstd"),
            ("zstd;q=0.1, gzip;q=0.5", "gzip"),
            ("*", "gzip"),
        ],
        ask,
    )
    said = here.log(5)
    assert [line["encoding"] for line in said] == ["gzip", "br", "zstd", "gzip", "gzip"], said
    assert all(line["reply_body_octets"] < len(TEXT) / 4 for line in said)
    metrics = here.metrics()
    assert metrics['weir_compressed_replies_total{encoding="gzip"}'] == 3, metrics
    assert metrics['weir_compression_input_octets_total{encoding="br"}'] == len(TEXT)
    assert 0 < metrics['weir_compression_output_octets_total{encoding="br"}'] < len(TEXT) / 4


def play_what_stays_as_it_is():
    def ask(origin_says, client_says, varies, *others):
        body = TEXT if not others else others[0]
        here = weir(CONFIG, shop=answering(*origin_says, body=body))
        answer = here.client().get("/", *client_says)
        assert answer.text == body and answer.header("Content-Length") == str(len(body))
        assert (answer.header("Vary") or "") == ("Accept-Encoding" if varies else ""), answer.header("Vary")
        assert answer.header("ETag") == '"a"'

    wants = ["Accept-Encoding: gzip"]
    rows(
        [
            ([HTML, 'ETag: "a"'], [], True),
            ([HTML, 'ETag: "a"'], ["Accept-Encoding: identity"], True),
            ([HTML, 'ETag: "a"'], ["Accept-Encoding: gzip;q=0, identity;q=0"], True),
            ([HTML, 'ETag: "a"'], [*wants, "Range: bytes=0-"], True),
            ([HTML, 'ETag: "a"'], wants, False, "short"),
            ([HTML, 'ETag: "a"', "Cache-Control: no-transform"], wants, False),
            (["Content-Type: image/png", 'ETag: "a"'], wants, False),
            (['ETag: "a"'], wants, False),
        ],
        ask,
    )


def play_what_the_origin_has_encoded_passes():
    packed = zlib.compress(TEXT.encode())
    here = weir(CONFIG, shop=answering(HTML, "Content-Encoding: deflate", 'ETag: "a"', body=packed))
    answer = here.client().get("/", "Accept-Encoding: gzip, deflate")
    assert codings(answer) == "deflate" and answer.body == packed and answer.header("ETag") == '"a"' and not answer.has("Vary")


def play_no_word_no_compression():
    def ask(config):
        shop = answering(HTML)
        answer = weir(config, shop=shop).client().get("/", "Accept-Encoding: gzip")
        assert answer.text == TEXT and not answer.has("Vary") and shop.last.header("Accept-Encoding") == "gzip"

    rows([("site @front { proxy @shop }",), ("compress\nsite @front { compress off; proxy @shop }",)], ask)
    shop = answering(HTML)
    on = weir("compress\nsite @front { compress off; route /on { compress }; proxy @shop }", shop=shop).client()
    assert codings(on.get("/on", "Accept-Encoding: gzip")) == "gzip"
    assert codings(on.get("/off", "Accept-Encoding: gzip")) is None


def play_as_configured():
    config = "site @front { compress { br 1; gzip 9; min 4KiB; types application/x-own }; proxy @shop }"
    here = weir(config, shop=answering("Content-Type: application/x-own"))
    assert codings(here.client().get("/", "Accept-Encoding: gzip, br, zstd")) == "br"
    assert codings(here.client().get("/", "Accept-Encoding: zstd")) is None
    here = weir(config, shop=answering("Content-Type: application/x-own", body="x" * 4000))
    assert codings(here.client().get("/", "Accept-Encoding: gzip")) is None


def play_a_head_tells_what_a_get_would():
    client = weir(CONFIG, shop=answering(HTML, 'ETag: "a"')).client()
    head = client.ask("HEAD / HTTP/1.1", "Host: shop.example", "Accept-Encoding: gzip")
    got = client.get("/", "Accept-Encoding: gzip")
    for name in ("Content-Encoding", "ETag", "Vary", "Content-Type"):
        assert head.header(name) == got.header(name), name
    assert head.body == b"" and not head.has("Content-Length")


def play_a_weak_tag_comes_back():
    def reply(visit):
        tags = visit.request.header("If-None-Match") or ""
        if '"a"' in tags:
            visit.say("HTTP/1.1 304 Not Modified", 'ETag: "a"')
        else:
            visit.answer(200, TEXT, HTML, 'ETag: "a"')

    client = weir(CONFIG, shop=origin(reply)).client()
    tag = client.get("/", "Accept-Encoding: gzip").header("ETag")
    same = client.get("/", "Accept-Encoding: gzip", f"If-None-Match: {tag}")
    assert same.status == 304 and same.header("ETag") == tag == 'W/"a"' and same.header("Vary") == "Accept-Encoding"
    same = client.get("/", 'If-None-Match: "a"')
    assert same.status == 304 and same.header("ETag") == '"a"'


def play_a_length_is_told_when_it_is_known():
    client = weir(CONFIG, shop=answering(HTML, body=TEXT[:2000])).client()
    answer = client.get("/", "Accept-Encoding: gzip")
    assert codings(answer) == "gzip" and plain("gzip", answer.body).decode() == TEXT[:2000]


def play_chunks_and_old_clients():
    here = weir(CONFIG, shop=chunked(TEXT[:50_000], TEXT[50_000:]))
    for coding in ("gzip", "br", "zstd"):
        answer = here.client().get("/", f"Accept-Encoding: {coding}")
        assert plain(coding, answer.body).decode() == TEXT
    old = here.client().ask("GET / HTTP/1.0", "Host: shop.example", "Accept-Encoding: gzip")
    assert plain("gzip", old.body).decode() == TEXT


def play_an_event_arrives_at_once():
    goes_on = threading.Event()

    def reply(visit):
        visit.say("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Type: text/event-stream")
        for event in ("data: one\n\n", "data: two\n\n"):
            visit.send(f"{len(event):x}\r\n{event}\r\n")
            visit.wait(goes_on)
            goes_on.clear()
        visit.send("0\r\n\r\n")

    client = weir(CONFIG, shop=origin(reply)).client()
    client.say("GET / HTTP/1.1", "Host: shop.example", "Accept-Encoding: gzip")
    head = client.head()
    assert codings(head) == "gzip"
    reader = zlib.decompressobj(31)
    heard = b""
    for part in client.parts(head):
        before = heard
        heard += reader.decompress(part)
        if before != heard and heard.endswith(b"\n\n"):
            goes_on.set()
    assert heard == b"data: one\n\ndata: two\n\n" and reader.eof


def play_an_answer_that_is_cut_off_is_not_whole():
    def reply(visit):
        visit.say("HTTP/1.1 200 OK", f"Content-Length: {len(TEXT)}", HTML)
        visit.send(TEXT[:100_000])
        visit.close()

    here = weir(CONFIG, shop=origin(reply, is_strict=False))
    status, _ = programs.run("curl", "-sS", "--noproxy", "*", "-m", "20", "--compressed", "-o", "/dev/null", here.url("/"))
    assert status != 0
    assert here.log(1)[0]["complete"] is False


@play(needs="curl")
def play_curl_reads_it_over_both_protocols():
    here = weir(CONFIG, shop=answering(HTML))
    for option in ("--http1.1", "--http2-prior-knowledge"):
        assert programs.curl("--compressed", option, here.url("/")) == TEXT
    assert [line["encoding"] for line in here.log(2)] == ["zstd", "zstd"]


CACHED = "site @front { compress; cache; proxy @shop }"
FRESH = ("Cache-Control: max-age=600", HTML)


def counted(*lines, body=TEXT):
    """An origin whose answers are told apart by their number."""
    return scene.counted(*lines, says=lambda number, visit: f"{number} {body}")


def worked(here, coding):
    return here.metrics()[f'weir_compression_input_octets_total{{encoding="{coding}"}}']


def play_what_is_stored_is_compressed_once():
    shop = counted(*FRESH, 'ETag: "a"')
    here = weir(CACHED, shop=shop)
    client = here.client()
    for round_number in range(3):
        for coding in ("gzip", "br", "zstd"):
            answer = client.get("/", f"Accept-Encoding: {coding}, deflate;q=0.{round_number}")
            assert codings(answer) == coding and plain(coding, answer.body).decode() == f"1 {TEXT}"
            assert answer.header("ETag") == 'W/"a"' and answer.header("Vary") == "Accept-Encoding"
            if round_number:
                assert answer.header("Content-Length") == str(len(answer.body)), answer.header("Content-Length")
        same = client.get("/")
        assert same.text == f"1 {TEXT}" and codings(same) is None
        assert same.header("ETag") == '"a"' and same.header("Vary") == "Accept-Encoding"
    assert len(shop.requests) == 1 and shop.last.header("Accept-Encoding") == "identity"
    for coding in ("gzip", "br", "zstd"):
        assert worked(here, coding) == len(TEXT) + 2, worked(here, coding)
    assert [line["cache_status"] for line in here.log(12)] == ["miss", *["hit"] * 11]


def play_what_is_stored_in_which_coding_is_told():
    here = weir(CACHED, shop=counted(*FRESH))
    client = here.client()
    sizes = [len(client.get("/", f"Accept-Encoding: {coding}").body) for coding in ("gzip", "br") for _ in range(2)]
    status, out, err = here.command("cache", "show", "http://shop.example/", "--socket", here.admin)
    assert status == 0, err
    assert f"    in gzip, {sizes[1]} octets\n    in br, {sizes[3]} octets\n" in out, out


def play_replies_of_weir_itself():
    """`respond` and error pages as any other, where the route compresses."""
    config = """site @front {
        compress
        error_page 404 @page
        route /text { respond 200 "%s" type text/plain }
        route /short { respond 200 short type text/plain }
        route /plain { compress off; respond 200 "%s" type text/plain }
    }"""
    words = "a weir lets a river pass; " * 40
    page = Path(folder()) / "404.html"
    page.write_text("<p>" + "nothing is here " * 3000 + "</p>")
    here = weir((config % (words, words)).replace("@page", str(page)))
    client = here.client()
    for coding in ("gzip", "br", "zstd"):
        answer = client.get("/text", f"Accept-Encoding: {coding}")
        assert (answer.status, codings(answer)) == (200, coding) and plain(coding, answer.body).decode() == words
        assert answer.header("Vary") == "Accept-Encoding" and answer.header("Content-Length") == str(len(answer.body))
        lost = client.get("/none", f"Accept-Encoding: {coding}")
        assert (lost.status, codings(lost)) == (404, coding) and plain(coding, lost.body) == page.read_bytes()
    same = client.get("/text")
    assert same.text == words and codings(same) is None and same.header("Vary") == "Accept-Encoding"
    for target in ("/short", "/plain"):
        assert codings(client.get(target, "Accept-Encoding: gzip")) is None
    client.say("HEAD /text HTTP/1.1", "Host: a", "Accept-Encoding: gzip")
    head = client.answer("HEAD")
    assert codings(head) == "gzip" and head.header("Content-Length") is None
    assert client.get("/text").text == words
    both = here.http2()
    answer = both.answer(both.get("/text", ("accept-encoding", "br")))
    assert answer.status == 200 and plain("br", answer.body).decode() == words
    lost = both.answer(both.get("/none", ("accept-encoding", "br")))
    assert lost.status == 404 and plain("br", lost.body) == page.read_bytes()


def play_a_form_goes_with_what_it_was_made_of():
    shop = counted(*FRESH)
    here = weir(CACHED, shop=shop)
    client = here.client()
    url = here.url("/")

    def got():
        return plain("gzip", client.get("/", "Accept-Encoding: gzip", host=url.split("/")[2]).body).decode()[:2]

    assert [got(), got()] == ["1 ", "1 "]
    client.ask("POST / HTTP/1.1", f"Host: {url.split('/')[2]}", "Content-Length: 0")
    assert [got(), got()] == ["3 ", "3 "]
    here.command("purge", "--socket", here.admin, url)
    assert [got(), got()] == ["4 ", "4 "]
    here.command("purge", "--socket", here.admin, "--all", "--soft")
    assert [got(), got()] == ["5 ", "5 "]


def play_conditions_and_ranges_with_a_cache():
    shop = counted(*FRESH, 'ETag: "a"')
    client = weir(CACHED, shop=shop).client()
    for asked in ('W/"a"', '"a"', '"b", W/"a"'):
        same = client.get("/", "Accept-Encoding: br", f"If-None-Match: {asked}")
        assert same.status == 304, same.status
        assert same.header("ETag") == 'W/"a"' and same.header("Vary") == "Accept-Encoding" and not same.has("Content-Encoding")
        client.get("/", "Accept-Encoding: br")
    assert client.get("/", 'If-None-Match: W/"a"').header("ETag") == '"a"'
    part = client.get("/", "Accept-Encoding: br", "Range: bytes=2-11", 'If-Range: "a"')
    assert part.status == 206 and part.text == TEXT[:10] and codings(part) is None and part.header("Vary") == "Accept-Encoding"
    whole = client.get("/", "Accept-Encoding: br", "Range: bytes=2-11", 'If-Range: W/"a"')
    assert whole.status == 200 and whole.text == f"1 {TEXT}"
    head = client.ask("HEAD / HTTP/1.1", "Host: shop.example", "Accept-Encoding: br")
    assert codings(head) == "br" and head.header("ETag") == 'W/"a"' and head.body == b""
    assert len(shop.requests) == 1


def play_a_renewed_answer_keeps_its_forms():
    again = "Cache-Control: max-age=0, must-revalidate"

    def reply(visit):
        if visit.request.header("If-None-Match") == '"a"':
            visit.say("HTTP/1.1 304 Not Modified", again, 'ETag: "a"', f"X-Round: {len(shop.requests)}")
        else:
            visit.answer(200, TEXT, again, HTML, 'ETag: "a"')

    shop = origin(reply)
    here = weir(CACHED, shop=shop)
    client = here.client()
    for number in range(4):
        answer = client.get("/", "Accept-Encoding: gzip")
        assert plain("gzip", answer.body).decode() == TEXT and answer.header("ETag") == 'W/"a"'
        if number:
            assert answer.header("X-Round") == str(number + 1), answer.header("X-Round")
    assert len(shop.requests) == 4 and worked(here, "gzip") == len(TEXT)


def play_those_who_come_meanwhile_share_a_form():
    goes_on = threading.Event()

    def reply(visit):
        visit.say("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *FRESH)
        visit.send(f"{100_000:x}\r\n{TEXT[:100_000]}\r\n")
        visit.wait(goes_on)
        rest = TEXT[100_000:]
        visit.send(f"{len(rest):x}\r\n{rest}\r\n0\r\n\r\n")

    shop = origin(reply)
    here = weir(CACHED, shop=shop)
    clients = [here.client() for _ in range(8)]
    for client in clients:
        client.say("GET / HTTP/1.1", "Host: shop.example", "Accept-Encoding: gzip")
    heads = [client.head() for client in clients]
    assert all(codings(head) == "gzip" for head in heads)
    goes_on.set()
    for client, head in zip(clients, heads, strict=True):
        assert plain("gzip", b"".join(client.parts(head))).decode() == TEXT
    assert len(shop.requests) == 1 and worked(here, "gzip") == len(TEXT)


def play_what_is_not_stored_is_compressed_for_its_client():
    shop = counted("Cache-Control: no-store", HTML)
    client = weir(CACHED, shop=shop).client()
    for number in (1, 2, 3):
        answer = client.get("/", "Accept-Encoding: gzip")
        assert plain("gzip", answer.body).decode() == f"{number} {TEXT}"
    assert [one.header("Accept-Encoding") for one in shop.requests] == ["identity", "gzip", "gzip"]


def play_what_is_too_large_for_the_store_flows_through():
    long = TEXT * 40
    shop = chunked(*[long[at : at + 50_000] for at in range(0, len(long), 50_000)], lines=FRESH)
    here = weir("cache default { object max 1MiB }\n" + CACHED, shop=shop)
    for coding in ("gzip", "zstd"):
        assert plain(coding, here.client(is_traced=False).get("/", f"Accept-Encoding: {coding}").body).decode() == long


def play_an_origin_that_encodes_is_asked_in_one_spelling():
    def reply(visit):
        asked = visit.request.header("Accept-Encoding")
        if "gzip" in asked:
            packer = zlib.compressobj(wbits=31)
            visit.answer(200, packer.compress(TEXT.encode()) + packer.flush(), *FRESH, "Content-Encoding: gzip", "Vary: Accept-Encoding")
        else:
            visit.answer(200, TEXT, *FRESH, "Vary: Accept-Encoding")

    shop = origin(reply)
    client = weir("site @front { compress { origin encoded }; cache; proxy @shop }", shop=shop).client()
    for accepts in ("gzip, deflate, br", "br, gzip;q=0.8, deflate;q=0.2", "deflate, gzip, br"):
        assert plain("gzip", client.get("/", f"Accept-Encoding: {accepts}").body).decode() == TEXT
    assert [one.header("Accept-Encoding") for one in shop.requests] == ["br, gzip"]
    assert plain("br", client.get("/", "Accept-Encoding: br").body).decode() == TEXT
    assert client.get("/").text == TEXT
    assert [one.header("Accept-Encoding") for one in shop.requests] == ["br, gzip", "br", "identity"]
