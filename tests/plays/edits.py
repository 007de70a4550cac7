"""What a route changes on the way: headers, targets, redirects, answers of its own, error pages."""

from pathlib import Path

from scene import folder, origin, rows, weir


def play_request_headers():
    shop = origin()
    text = """
    site @front {
        header request set X-Set one
        header request add X-Add two
        header request remove X-Gone User-Agent
        header request set X-Who "$client_ip $method $host $path"
        header request set X-Cookie "$cookie{sid}-$query{q}-$header{X-In}"
        proxy @shop
    }
    """
    client = weir(text, shop=shop).client()
    lines = ("X-Set: zero", "X-Set: zero again", "X-Add: one", "X-Gone: 1", "User-Agent: me", "Cookie: a=1; sid=77", "X-In: in")
    client.get("/p?q=a%20b", *lines)
    assert shop.last.all("X-Set") == ["one"]
    assert shop.last.all("X-Add") == ["one", "two"]
    assert not shop.last.has("X-Gone") and not shop.last.has("User-Agent")
    assert shop.last.header("X-Who") == "127.0.0.1 GET shop.example /p"
    assert shop.last.header("X-Cookie") == "77-a b-in"


def play_response_headers():
    shop = origin("HTTP/1.1 200 OK\r\nServer: old/1.0\r\nX-Powered-By: a\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n")
    text = """
    site @front {
        header response remove Server X-Powered-By
        header response add Set-Cookie b=2
        header response set X-Status "$status from $upstream_status"
        header response set Strict-Transport-Security "max-age=31536000; includeSubDomains"
        proxy @shop
    }
    """
    answer = weir(text, shop=shop).client().get("/")
    assert not answer.has("Server") and not answer.has("X-Powered-By")
    assert answer.all("Set-Cookie") == ["a=1", "b=2"]
    assert answer.header("X-Status") == "200 from 200"
    assert answer.header("Strict-Transport-Security") == "max-age=31536000; includeSubDomains"


def play_values_cannot_split_a_head():
    """A decoded query parameter with line ends makes no header of its own (response splitting)."""
    shop = origin()
    text = 'site @front { header request set X-Q "$query{q}"; header response set X-Q "$query{q}"; proxy @shop }'
    answer = weir(text, shop=shop).client().get("/?q=a%0d%0aX-Evil:%201%00b")
    assert not answer.has("X-Evil") and not shop.last.has("X-Evil")
    assert answer.header("X-Q").startswith("a")


def play_secrets_of_files():
    secret = Path(folder(), "token")
    secret.write_text("s3cret\n")
    shop = origin()
    here = weir("site @front { header request set Authorization file:@token; proxy @shop }", shop=shop, token=str(secret))
    here.get("/")
    assert shop.last.header("Authorization") == "s3cret"
    assert "s3cret" not in here.stderr() and "s3cret" not in here.log_file.read_text()


def play_rewrites():
    shop = origin()
    text = """
    site @front {
        route /api/* { rewrite strip_prefix /api; proxy @shop }
        route /old/* { rewrite replace /old /new; proxy @shop }
        route ~^/v([0-9]+)/(.*)$ { rewrite regex ~^/v([0-9]+)/(.*)$ /$2?version=$1; proxy @shop }
        route /fixed { rewrite to /index.php?q=$query{q}; proxy @shop }
        route /two/* { rewrite strip_prefix /two; rewrite replace a b; proxy @shop }
    }
    """
    client = weir(text, shop=shop).client()

    def ask(target, seen):
        assert client.get(target).status == 200
        assert shop.last.target == seen, f"the origin got {shop.last.target}"

    rows(
        [
            ("/api/users?x=1", "/users?x=1"),
            ("/api", "/"),
            ("/api/", "/"),
            ("/api//users", "/users"),
            ("/old/page", "/new/page"),
            ("/v2/shop", "/shop?version=2"),
            ("/fixed?q=a%20b", "/index.php?q=a%20b"),
            ("/two/aa", "/bb"),
            ("/api/%C3%A9", "/%C3%A9"),
            ("/api/a%2Fb", "/a%2Fb"),
        ],
        ask,
    )


def play_redirects():
    text = """
    site @front {
        route /a { redirect /b }
        route /p/* { redirect 308 https://$host$uri }
        route ~^/u/(.*)$ { redirect 301 /users/$1 }
    }
    """
    client = weir(text).client()

    def ask(target, status, location):
        answer = client.get(target)
        assert (answer.status, answer.header("Location")) == (status, location)

    rows(
        [
            ("/a", 302, "/b"),
            ("/p/x?y=1", 308, "https://shop.example/p/x?y=1"),
            ("/u/anna", 301, "/users/anna"),
        ],
        ask,
    )


def play_redirects_are_not_open():
    """What a client sends can't become the host of a redirect."""
    text = "site @front { route ~^/go(.*)$ { redirect https://shop.example$1 } }"
    client = weir(text).client()
    for target in ("/go.evil.test/", "/go@evil.test/", "/go:80@evil.test", "/go//evil.test"):
        location = client.get(target).header("Location")
        assert location.startswith("https://shop.example/"), location


def play_canonical():
    shop = origin()
    text = "site http://shop.example:@front.port http://www.shop.example:@front.port { listen @front; canonical shop.example; proxy @shop }"
    client = weir(text, shop=shop).client()
    assert client.get("/x", host="shop.example").status == 200
    answer = client.get("/x?y=%2F", host="www.shop.example")
    assert answer.status == 301
    assert "shop.example" in answer.header("Location") and answer.header("Location").endswith("/x?y=%2F")
    assert "www" not in answer.header("Location")
    post = client.ask("POST /x HTTP/1.1", "Host: www.shop.example", "Content-Length: 0")
    assert post.status == 308


def play_respond():
    page = Path(folder(), "page.html")
    page.write_bytes(b"<h1>from a file</h1>\n")
    text = """
    site @front {
        route /text { respond 200 "plain $path" }
        route /json { respond 200 "{\\"ok\\":true}" type application/json }
        route /gone { respond 410 }
        route /none { respond 204 }
        route /file { respond 200 file @page }
    }
    """
    client = weir(text, page=str(page)).client()
    answer = client.get("/text")
    assert answer.text == "plain /text" and answer.header("Content-Type").startswith("text/plain")
    assert client.get("/json").header("Content-Type") == "application/json"
    assert client.get("/gone").status == 410
    assert client.get("/none").status == 204
    answer = client.get("/file")
    assert answer.body == page.read_bytes() and answer.header("Content-Type").startswith("text/html")
    again = client.get("/file", f"If-None-Match: {answer.header('ETag')}")
    assert again.status == 304 and again.body == b""
    client.say("HEAD /file HTTP/1.1", "Host: a")
    head = client.answer("HEAD")
    assert head.status == 200 and head.header("Content-Length") == str(len(page.read_bytes()))


def play_an_answer_of_our_own_takes_the_body_along():
    """What the client uploads to a route that never reads it does not become the next request."""
    client = weir("site @front { respond 200 ok }").client()
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n1234")
    answer = client.answer()
    assert answer.status == 200
    if answer.header("Connection") == "close":
        assert client.rest() == b""
    else:
        assert client.get("/").status == 200


def play_error_pages():
    page = Path(folder(), "sorry.html")
    page.write_text("<h1>Sorry</h1>")
    shop = origin("HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nthe shop's")
    text = """
    site @front {
        error_page 502 503 @page
        error_page 404 body "nothing at $path" type text/plain
        error_page 413 body "your fault: $status"
        route /down { proxy 127.0.0.1:1 }
        route /shop { proxy @shop }
        route /big { body max 1B; proxy @shop }
    }
    """
    client = weir(text, shop=shop, page=str(page)).client()
    answer = client.get("/down")
    assert answer.status == 502 and answer.text == "<h1>Sorry</h1>" and answer.header("Content-Type").startswith("text/html")
    assert client.get("/nowhere").text == "nothing at /nowhere"
    assert client.get("/shop").text == "the shop's"
    assert client.ask("POST /big HTTP/1.1", "Host: a", "Content-Length: 2", body=b"ab").text == "your fault: 413"


def play_error_pages_escape_what_came():
    text = 'site @front { error_page 404 body "<p>$path $query</p>" type text/html; route /x { respond 200 x } }'
    answer = weir(text).client().get("/<script>?<b>")
    assert "<script>" not in answer.text and "<b>" not in answer.text


def play_error_bodies_as_the_client_likes_them():
    """JSON for those that prefer it, a page for browsers, with the request's id to find it in the log."""
    here = weir("site @front { route /x { respond 200 x } }")
    client = here.client()
    html = client.get("/", "Accept: text/html,application/xhtml+xml")
    json = client.get("/", "Accept: application/json")
    assert html.header("Content-Type").startswith("text/html")
    assert json.header("Content-Type").startswith("application/json")
    lines = here.log(2)
    assert lines[1]["request_id"] in json.text


def play_host_towards_the_origin():
    shop = origin()
    text = """
    upstream group { server @shop }
    site @front {
        route /client { proxy group }
        route /upstream { host upstream; proxy group }
        route /fixed { host app.internal; proxy group }
    }
    """
    client = weir(text, shop=shop).client()
    seen = []
    for target in ("/client", "/upstream", "/fixed"):
        client.get(target)
        seen.append(shop.last.header("Host"))
    assert seen == ["shop.example", shop.address, "app.internal"]
