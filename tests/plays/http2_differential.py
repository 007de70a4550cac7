"""The same requests over HTTP/1.1 and over HTTP/2: the origin sees no difference, and neither does who asks."""

import random

from scene import origin, play, weir
from scene.http1 import chunked
from scene.http2 import END_HEADERS, END_STREAM, HEADERS, block, frame

COUNT = 200
METHODS = ("GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "BREW", "M-SEARCH")
PATHS = (
    "/", "/a/b", "/%2F", "/a%2fb", "//a//b", "/a;b=c", "/?", "/?a=b&c=%20", "/a?b?c", "/~user/", "/!$&'()*+,:@", "/caf%C3%A9", "/a/./b",
    "/a/../b", "/index.html?x[]=1", "/%61", "/a|b", "/{x}", '/"q"', "/<b>", "/`", "/^", "/" + "long/" * 300, "/%00",
    "/%zz", "/..", "/a\\b", "/a%5cb",
)  # fmt: skip
NAMES = ("x-a", "x-b", "accept", "user-agent", "x-_odd.~name|", "x-forwarded-for", "forwarded", "x-real-ip", "referer", "range", "via")
VALUES = ("", "a", "a b", "a  b\tc", '"quoted, comma"', "caf\xe9", "\x80\xff", "a=b; c=d", "x" * 3000, "127.0.0.1", "{}[]()<>@,;:\\/?=")


class Ask:
    """One request, and how it is said in both versions."""

    def __init__(self, draw):
        self.method, self.path = draw.choice(METHODS), draw.choice(PATHS)
        self.fields = [(draw.choice(NAMES), draw.choice(VALUES)) for _ in range(draw.randrange(12))]
        self.cookies = [f"c{number}=v" for number in range(draw.randrange(4))]
        if draw.random() < 0.2:
            self.fields.append(("te", "trailers"))
        self.body, self.trailers, self.states_length = None, [], draw.random() < 0.5
        if self.method in ("POST", "PUT", "PATCH", "BREW"):
            self.body = draw.randbytes(draw.choice((0, 1, 100, 5000, 50_000)))
            if not self.states_length and draw.random() < 0.5:
                self.trailers = [("x-checksum", "right"), ("x-other", "a b")]

    def over_http1(self, client):
        lines = [f"{self.method} {self.path} HTTP/1.1", "host: shop.example"]
        lines += [f"{name}: {value}" for name, value in self.fields if name != "te"]
        # What HTTP/1.1 must say of the connection, HTTP/2 must not.
        lines += ["te: trailers", "connection: te"] if ("te", "trailers") in self.fields else []
        lines += ["cookie: " + "; ".join(self.cookies)] if self.cookies else []
        body = b""
        if self.body is not None and self.states_length:
            lines.append(f"content-length: {len(self.body)}")
            body = self.body
        elif self.body is not None:
            lines.append("transfer-encoding: chunked")
            parts = [self.body[at : at + 7000] for at in range(0, len(self.body), 7000)]
            body = chunked(*parts, trailers="".join(f"{name}: {value}\r\n" for name, value in self.trailers))
        answer = client.ask(*lines, body=body)
        return answer.status, answer.body

    def over_http2(self, client):
        fields = [field for field in self.fields if field[0] != "te"]
        fields += [field for field in self.fields if field[0] == "te"][:1]
        fields += [("cookie", crumb) for crumb in self.cookies]
        if self.body is not None and self.states_length:
            fields.append(("content-length", str(len(self.body))))
        stream = client.get(self.path, *fields, method=self.method, ends=self.body is None)
        if self.body is not None:
            client.data(stream, self.body, ends=not self.trailers)
        if self.trailers:
            client.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, block(self.trailers)))
        answer = client.answer(stream)
        return answer.status, answer.body


def seen_by(shop):
    """What reached the origin, without what every request has of its own; lines of one name in their order."""
    own = ("x-request-id",)
    return [
        (
            request.method,
            request.target,
            sorted(((name.lower(), value) for name, value in request.fields if name.lower() not in own), key=lambda field: field[0]),
            request.framing,
            request.body,
            [(name.lower(), value) for name, value in request.trailers],
        )
        for request in shop.requests
    ]


@play(seconds=90)
def play_two_hundred_requests():
    draw = random.Random(9113)
    asks = [Ask(draw) for _ in range(COUNT)]
    outcomes = []
    for version in (1, 2):
        shop = origin(lambda visit: visit.answer(200, f"{visit.request.method} {len(visit.request.body)}"), is_traced=False)
        here = weir("workers 1\nsite @front { proxy @shop }", shop=shop)
        answers = []
        for ask in asks:
            # Each on a connection of its own: after a refusal HTTP/1.1 has no further request.
            if version == 1:
                client = here.client(is_traced=False)
                answers.append(ask.over_http1(client))
            else:
                client = here.http2(is_traced=False)
                answers.append(ask.over_http2(client))
            client.close()
        outcomes.append((answers, seen_by(shop)))
    (first_answers, first_seen), (second_answers, second_seen) = outcomes
    for ask, first, second in zip(asks, first_answers, second_answers):
        assert first[0] == second[0], f"{ask.method} {ask.path}: {first} and {second}"
        assert first[0] != 200 or first == second, f"{ask.method} {ask.path}"
    assert 100 < len(first_seen) < COUNT, f"{len(first_seen)} reached the origin"
    assert len(first_seen) == len(second_seen)
    for first, second in zip(first_seen, second_seen):
        assert first == second, f"\n{first}\n{second}"
