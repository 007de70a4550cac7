// usage: ws_over_http2.js URL. A WebSocket as a stream of HTTP/2 (RFC 8441): the ws package's frames over Node's own HTTP/2, through Weir
// to ws_server.js. Ends with "all fine", or with the first thing that is not.
"use strict";
const assert = require("assert");
const crypto = require("crypto");
const http2 = require("http2");
const { once } = require("events");
const WebSocket = require("ws");
const Sender = WebSocket.Sender;
const Receiver = WebSocket.Receiver;

const session = http2.connect(process.argv[2], { rejectUnauthorized: false });

async function open(path, expected = 200) {
    const wish = { ":method": "CONNECT", ":protocol": "websocket", ":path": path, "sec-websocket-version": "13" };
    const stream = session.request(wish, { endStream: false });
    const [head] = await once(stream, "response");
    assert.strictEqual(head[":status"], expected);
    assert.ok(!("sec-websocket-accept" in head), "HTTP/2 knows no such field");
    return stream;
}

async function talk() {
    const stream = await open("/chat");
    const sender = new Sender(stream, {});
    const receiver = new Receiver({ isServer: false, maxPayload: 64 << 20 });
    stream.pipe(receiver);
    const send = (message) => sender.send(message, { fin: true, binary: typeof message !== "string", mask: true, compress: false });
    for (const message of ["hello", "", crypto.randomBytes(125), crypto.randomBytes(65536), crypto.randomBytes(2 << 20)]) {
        send(message);
        const [answer] = await once(receiver, "message");
        assert.ok(Buffer.from(message).equals(Buffer.from(answer)), `a message of ${message.length} octets came back changed`);
    }
    sender.ping(Buffer.from("are you there"), true);
    const [pong] = await once(receiver, "pong");
    assert.strictEqual(pong.toString(), "are you there");
    send("close me");
    const [code, reason] = await once(receiver, "conclude");
    assert.strictEqual(code, 4001);
    assert.strictEqual(reason.toString(), "as you wish");
    sender.close(code, "", true);
    stream.end();
    await once(stream, "close");
}

async function main() {
    await once(session, "remoteSettings");
    await talk();
    await Promise.all(Array.from({ length: 6 }, talk));
    const refused = await open("/refuse", 401);
    refused.close();
    session.close();
    await once(session, "close");
    console.log("all fine");
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
