// usage: http_client.js URL. Talks to http_server.js through Weir with Node's own client; ends with "all fine" or with what is not.
"use strict";
const assert = require("assert");
const crypto = require("crypto");
const http = require("http");
const { once } = require("events");

const base = process.argv[2];
const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

async function ask(path, { body, chunked = false, ...options } = {}) {
    const request = http.request(base + path, { agent, ...options });
    const informed = [];
    request.on("information", (message) => informed.push(message));
    if (options.headers && options.headers.Expect) {
        request.flushHeaders();
        await Promise.race([once(request, "continue"), once(request, "response").then(([early]) => (request.early = early))]);
    }
    if (chunked) for (let at = 0; at < body.length; at += 50000) request.write(body.subarray(at, at + 50000));
    if (options.trailers) request.addTrailers(options.trailers);
    request.end(chunked ? undefined : body);
    const response = request.early || (await once(request, "response"))[0];
    const parts = [];
    for await (const part of response) parts.push(part);
    return { status: response.statusCode, headers: response.headers, trailers: response.trailers, body: Buffer.concat(parts), informed };
}

async function echoes(body, options) {
    const answer = await ask("/echo", { method: "POST", body, ...options });
    assert.strictEqual(answer.status, 200);
    const told = JSON.parse(answer.body);
    assert.strictEqual(told.octets, body.length);
    assert.strictEqual(told.hash, crypto.createHash("sha256").update(body).digest("hex"));
    return told;
}

async function main() {
    for (const size of [0, 1, 1000, 65536, 1 << 20, 16 << 20]) {
        const body = crypto.randomBytes(size);
        await echoes(body, { headers: { "Content-Length": size } });
        await echoes(body, { chunked: true });
    }
    const told = await echoes(Buffer.from("x"), { chunked: true, headers: { Trailer: "X-T" }, trailers: { "X-T": "yes" } });
    assert.strictEqual(told.headers["x-forwarded-for"], "127.0.0.1");
    assert.strictEqual(told.trailers["x-t"], "yes");
    await echoes(Buffer.alloc(100000), { headers: { Expect: "100-continue", "Content-Length": 100000 } });
    assert.strictEqual((await ask("/stream")).body.length, 64 * 65536);
    assert.strictEqual((await ask("/trailers")).trailers["x-sum"], "42");
    const hinted = await ask("/hints");
    assert.strictEqual(hinted.informed[0].statusCode, 103);
    assert.strictEqual(hinted.body.toString(), "hinted");
    assert.strictEqual((await ask("/empty")).status, 204);
    assert.deepStrictEqual((await ask("/cookies")).headers["set-cookie"], ["a=1", "b=2; Path=/"]);
    assert.strictEqual((await ask("/nothing")).status, 404);
    assert.strictEqual((await ask("/stream", { method: "HEAD" })).body.length, 0);
    const many = await Promise.all(Array.from({ length: 200 }, (_, at) => ask(at % 4 ? "/echo" : "/slow")));
    assert.ok(many.every((answer) => answer.status === 200));
    console.log("all fine");
}

main()
    .then(() => process.exit(0))
    .catch((error) => {
        console.error(error);
        process.exit(1);
    });
