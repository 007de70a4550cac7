"""A browser's own view: Chromium opens a site whose certificate came from Pebble, without a word of warning."""

import base64
import hashlib
import json
import threading
from pathlib import Path

from acme_orders import House
from scene import chromium, folder, play, programs, until
from scene.ca import PROGRAMS

PAGE = """<!doctype html><title>play</title><script>
const told = {protocol: performance.getEntriesByType("navigation")[0].nextHopProtocol, polls: 0, failed: 0};
const once = (target, name) => new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, {once: true});
    target.addEventListener("error", () => reject(name), {once: true});
});
async function visit() {
    const socket = new WebSocket(`wss://${location.host}/socket`);
    await once(socket, "open");
    socket.send("through the weir");
    told.socket = (await once(socket, "message")).data;
    socket.close();
    const events = new EventSource("/events");
    told.event = (await once(events, "message")).data;
    events.close();
    told.isSecure = window.isSecureContext;
    for (let goesOn = true; goesOn;) {
        try {
            const answer = await fetch("/poll", {cache: "no-store"});
            goesOn = (await answer.text()) === "more";
            told.polls += 1;
        } catch { told.failed += 1; }
    }
}
visit().catch((error) => { told.error = String(error); }).then(() => fetch("/told", {method: "POST", body: JSON.stringify(told)}));
</script>"""
ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3


class Shop:
    """The application: a page, a WebSocket that says back what it heard, an event, a poll that goes on until it is stopped."""

    def __init__(self):
        self.polls, self.told, self.is_over = 0, None, threading.Event()

    def reply(self, visit):
        target = visit.request.target
        if target == "/socket":
            return self.echo(visit)
        if target == "/events":
            visit.say("HTTP/1.1 200 OK", "Content-Type: text/event-stream").send("data: it flows\n\n")
            return visit.is_gone()
        if target == "/poll":
            self.polls += 1
            return visit.answer(200, "stop" if self.is_over.is_set() else "more")
        if target == "/told":
            self.told = json.loads(visit.request.body)
        return visit.answer(200, PAGE if target == "/" else "", "Content-Type: text/html")

    @staticmethod
    def echo(visit):
        key = visit.request.header("Sec-WebSocket-Key") + ACCEPT
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        visit.say("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Accept: {accept}")
        head = visit.wire.take(6)  # a short masked frame of text
        text = bytes(octet ^ head[2 + at % 4] for at, octet in enumerate(visit.wire.take(head[1] & 0x7F)))
        visit.send(bytes([0x81, len(text)]) + text)
        return visit.is_gone()


def browse(url, names, trusted):
    """Chromium with a home of its own, which trusts these authorities besides the usual ones; it stays until the play is over."""
    home = folder()
    store = Path(home, ".pki/nssdb")
    store.mkdir(parents=True)
    for words in (("-N", "--empty-password"), ("-A", "-n", "play", "-t", "C,,", "-i", trusted)) if trusted else ():
        status, text = programs.run("certutil", "-d", f"sql:{store}", *words)
        assert status == 0, text
    rules = ",".join(f"MAP {name} 127.0.0.1" for name in names)
    return programs.start(
        "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
        "--disable-background-networking", f"--user-data-dir={home}/profile", f"--host-resolver-rules={rules}", url,
        environment={"HOME": home},
    )  # fmt: skip


@play(seconds=120, needs=(*PROGRAMS, "chromium", "certutil"))
def play_three_lines_in_a_browser():
    """The page by HTTP/2, a WebSocket, an event; the certificate is renewed while the page goes on asking: nothing fails."""
    house = House()
    shop = Shop()
    house.shop.say = shop.reply
    house.wait_for("a.test")
    browse(f"https://a.test:{house.https}/", ["a.test"], house.ca.root)
    until(lambda: shop.polls > 20 or shop.told, f"the page polls\n{house.weir.stderr()}", 60)
    before = house.certificate("a.test")["serialNumber"]
    assert house.weir.command("certs", "renew", "a.test", "--socket", house.weir.admin)[0] == 0
    until(lambda: house.certificate("a.test")["serialNumber"] != before, "another certificate serves", 30)
    polls = shop.polls
    until(lambda: shop.polls > polls + 20 or shop.told, "the page goes on")
    shop.is_over.set()
    until(lambda: shop.told, "the page tells how it was")
    assert shop.told.pop("polls") > 40
    assert shop.told == {"protocol": "h2", "socket": "through the weir", "event": "it flows", "isSecure": True, "failed": 0}, shop.told
    assert house.weir.metrics()["weir_h2_connections_total"] >= 1


@play(seconds=60, needs=(*PROGRAMS, "chromium"))
def play_a_browser_that_does_not_trust_it_stays_away():
    """So that the play above shows something."""
    house = House()
    house.wait_for("a.test")
    text = chromium(f"https://a.test:{house.https}/", "--dump-dom", "--host-resolver-rules=MAP a.test 127.0.0.1")[1]
    assert "ERR_CERT_AUTHORITY_INVALID" in text, text
    assert not house.shop.requests
