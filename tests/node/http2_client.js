// usage: http2_client.js URL. Talks through Weir with Node's own client of HTTP/2 to http_server.js; ends with "all fine" or with what is
// not.
"use strict";
const assert = require("assert");
const crypto = require("crypto");
const http2 = require("http2");
const { once } = require("events");

const session = http2.connect(process.argv[2], { rejectUnauthorized: false });

async function ask(path, { body, method = body ? "POST" : "GET", headers = {}, trailers, parts = 1 } = {}) {
    const options = { endStream: !body && !trailers, waitForTrailers: !!trailers };
    const stream = session.request({ ":path": path, ":method": method, ...headers }, options);
    const answer = { informed: [], trailers: {} };
    stream.on("headers", (fields) => answer.informed.push(fields[":status"]));
    stream.on("trailers", (fields) => (answer.trailers = fields));
    if (trailers) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    if (body) for (let at = 0; at < parts; ++at) stream.write(body.subarray((body.length * at) / parts, (body.length * (at + 1)) / parts));
    if (body || trailers) stream.end();
    const [head] = await once(stream, "response");
    const came = [];
    for await (const part of stream) came.push(part);
    return { ...answer, status: head[":status"], headers: head, body: Buffer.concat(came) };
}

async function echoes(body, options) {
    const answer = await ask("/echo", { body, ...options });
    assert.strictEqual(answer.status, 200);
    const told = JSON.parse(answer.body);
    assert.strictEqual(told.octets, body.length);
    assert.strictEqual(told.hash, crypto.createHash("sha256").update(body).digest("hex"));
    return told;
}

async function bodies() {
    for (const size of [1, 1000, 65536, 1 << 20, 16 << 20]) {
        const body = crypto.randomBytes(size);
        await echoes(body, { headers: { "content-length": size } });
        await echoes(body, { parts: 4 });
    }
    const told = await echoes(Buffer.from("x"), { headers: { trailer: "x-t" }, trailers: { "x-t": "yes" } });
    assert.strictEqual(told.trailers["x-t"], "yes");
    assert.strictEqual(told.headers["x-forwarded-for"], "127.0.0.1");
    assert.strictEqual((await ask("/trailers")).trailers["x-sum"], "42");
    assert.strictEqual((await ask("/stream")).body.length, 64 * 65536);
}

async function heads() {
    const hinted = await ask("/hints");
    assert.ok(hinted.informed.includes(103));
    assert.strictEqual(hinted.body.toString(), "hinted");
    const empty = await ask("/empty");
    assert.strictEqual(empty.status, 204);
    for (const name of ["connection", "keep-alive", "transfer-encoding"]) assert.ok(!(name in empty.headers), name);
    assert.deepStrictEqual((await ask("/cookies")).headers["set-cookie"], ["a=1", "b=2; Path=/"]);
    assert.strictEqual((await ask("/nothing")).status, 404);
    assert.strictEqual((await ask("/stream", { method: "HEAD" })).body.length, 0);
}

async function manyAtOnce() {
    const many = await Promise.all(Array.from({ length: 200 }, (_, at) => ask(at % 4 ? "/echo" : "/slow")));
    assert.ok(many.every((answer) => answer.status === 200));
    // One that nobody reads does not hold up the others.
    const unread = session.request({ ":path": "/stream" });
    await once(unread, "response");
    unread.pause();
    for (let at = 0; at < 5; ++at) assert.strictEqual((await ask("/stream")).body.length, 64 * 65536);
    unread.close(http2.constants.NGHTTP2_CANCEL);
    await once(unread, "close");
    assert.strictEqual((await ask("/echo")).status, 200);
}

async function main() {
    await once(session, "remoteSettings");
    assert.strictEqual(session.remoteSettings.enableConnectProtocol, true);
    await bodies();
    await heads();
    await manyAtOnce();
    session.close();
    await once(session, "close");
    console.log("all fine");
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
