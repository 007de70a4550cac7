// usage: ws_client.js URL. Talks to an echo through Weir and ends with "all fine", or with the first thing that is not.
"use strict";
const assert = require("assert");
const crypto = require("crypto");
const { once } = require("events");
const WebSocket = require("ws");

const url = process.argv[2];

async function echoes(socket, message, options = {}) {
    socket.send(message, options);
    const [answer, isBinary] = await once(socket, "message");
    assert.strictEqual(isBinary, typeof message !== "string");
    assert.ok(Buffer.from(message).equals(answer), `a message of ${message.length} octets came back changed`);
}

async function talk(options) {
    const socket = new WebSocket(url, options);
    await once(socket, "open");
    await echoes(socket, "hello");
    await echoes(socket, "");
    for (const size of [1, 125, 126, 65535, 65536, 1 << 20, 8 << 20]) await echoes(socket, crypto.randomBytes(size));
    socket.send("frag", { fin: false });
    socket.send("mented", { fin: true });
    const [whole] = await once(socket, "message");
    assert.strictEqual(whole.toString(), "fragmented");
    socket.ping("are you there");
    const [pong] = await once(socket, "pong");
    assert.strictEqual(pong.toString(), "are you there");
    socket.send("close me");
    const [code, reason] = await once(socket, "close");
    assert.strictEqual(code, 4001);
    assert.strictEqual(reason.toString(), "as you wish");
}

async function main() {
    await talk({ perMessageDeflate: false });
    await talk({ perMessageDeflate: true });
    await Promise.all(Array.from({ length: 16 }, () => talk({ perMessageDeflate: false }).then(() => 0)));
    console.log("all fine");
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
