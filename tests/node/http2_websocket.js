// usage: http2_websocket.js HOST:PORT CA|-. A WebSocket as a stream of HTTP/2 (RFC 8441) through Weir, to an origin that echoes octets.
// Ends with "all fine", or with the first thing that is not.
"use strict";
const assert = require("assert");
const crypto = require("crypto");
const fs = require("fs");
const http2 = require("http2");
const { once } = require("events");

const [target, ca] = process.argv.slice(2);
const url = `${ca === "-" ? "http" : "https"}://${target}`;

async function main() {
    const session = http2.connect(url, ca === "-" ? {} : { ca: fs.readFileSync(ca) });
    await once(session, "remoteSettings");
    assert.strictEqual(session.remoteSettings.enableConnectProtocol, true);
    const talk = async () => {
        const socket = session.request({ ":method": "CONNECT", ":protocol": "websocket", ":path": "/ws", "sec-websocket-version": "13" });
        const [head] = await once(socket, "response");
        assert.strictEqual(head[":status"], 200);
        assert.ok(!("sec-websocket-accept" in head), "HTTP/2 has no such field");
        // One listener for all: between two of them a part would be heard by nobody.
        let heard = Buffer.alloc(0);
        socket.on("data", (part) => {
            heard = Buffer.concat([heard, part]);
            socket.emit("heard");
        });
        for (const size of [1, 1000, 300000]) {
            const said = crypto.randomBytes(size);
            heard = Buffer.alloc(0);
            socket.write(said);
            while (heard.length < size) await once(socket, "heard");
            assert.ok(said.equals(heard), `${size} octets came back changed`);
        }
        socket.end();
        socket.resume();
        await once(socket, "close");
        assert.strictEqual(socket.rstCode, 0);
    };
    await Promise.all(Array.from({ length: 5 }, talk));
    session.close();
    console.log("all fine");
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
