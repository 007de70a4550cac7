// usage: grpc_client.js HOST:PORT CA|- PART…. Calls of @grpc/grpc-js through Weir; ends with "all fine", or with the first fault.
"use strict";
const assert = require("assert");
const fs = require("fs");
const grpc = require("@grpc/grpc-js");
const { mirror } = require("./grpc_service.js");

const [target, ca, ...parts] = process.argv.slice(2);
const credentials = ca === "-" ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(fs.readFileSync(ca));
const Client = grpc.makeGenericClientConstructor(mirror, "Mirror");
const open = () => new Client(target, credentials, { "grpc.enable_retries": 0, "grpc.use_local_subchannel_pool": 1 });
const client = open();

function metadata(pairs = {}) {
    const all = new grpc.Metadata();
    for (const [name, value] of Object.entries(pairs)) for (const one of [value].flat()) all.add(name, one);
    return all;
}

// All that a call brings: its head's metadata, its messages, and how it ended.
function outcome(call) {
    return new Promise((told) => {
        const got = { head: null, messages: [], octets: 0 };
        call.on("metadata", (head) => (got.head = head));
        call.on("data", (message) => got.messages.push(message) && (got.octets += message.length));
        call.on("error", () => {});
        call.on("status", (status) => told({ ...got, ...status }));
    });
}

function unary(name, message, pairs, options = {}, from = client) {
    let reply;
    const call = from[name](message, metadata(pairs), options, (_, value) => (reply = value));
    return outcome(call).then((got) => ({ ...got, reply }));
}

function saysFarewell(got) {
    assert.deepStrictEqual(got.metadata.get("x-farewell"), ["goodbye"]);
    assert.deepStrictEqual(got.metadata.get("x-farewell-bin"), [Buffer.from([0, 13, 10, 255])]);
}

const script = {
    async unary() {
        for (const size of [0, 1, 1000, 70000, 3 << 20]) {
            const message = Buffer.alloc(size, "m");
            const got = await unary("echo", message, {});
            assert.strictEqual(got.code, grpc.status.OK, got.details);
            assert.ok(message.equals(got.reply), `a message of ${size} octets came back changed`);
            saysFarewell(got);
        }
    },
    async metadata() {
        const sent = Buffer.from([...Array(256).keys()]);
        const said = { "x-text": ["one", "two, three"], "x-octets-bin": [sent, Buffer.from([0])] };
        const got = await unary("echo", Buffer.from("x"), said);
        assert.deepStrictEqual(got.head.get("x-text").join(", "), "one, two, three");
        assert.deepStrictEqual(got.head.get("x-octets-bin"), [sent, Buffer.from([0])]);
    },
    // Errors of the server: with a head and trailers, and as trailers only.
    async errors() {
        for (const code of [grpc.status.NOT_FOUND, grpc.status.UNAVAILABLE, grpc.status.DATA_LOSS]) {
            const got = await unary("echo", Buffer.from("x"), { "fail-with": String(code) });
            assert.strictEqual(got.code, code);
            assert.strictEqual(got.details, "as you wish: 100 % \u2713");
            saysFarewell(got);
        }
        const late = await outcome(client.count(Buffer.from(""), metadata({ times: "3", size: "10", "fail-with": "10" })));
        assert.deepStrictEqual([late.code, late.messages.length], [grpc.status.ABORTED, 3]);
        const unknown = await outcome(client.makeUnaryRequest("/weir.Mirror/None", (x) => x, (x) => x, Buffer.from(""), () => {}));
        assert.strictEqual(unknown.code, grpc.status.UNIMPLEMENTED);
    },
    async server_streaming() {
        for (const [times, size] of [[0, 0], [1, 0], [1000, 3], [50, 100000]]) {
            const got = await outcome(client.count(Buffer.from(""), metadata({ times: String(times), size: String(size) })));
            assert.deepStrictEqual([got.code, got.messages.length, got.octets], [grpc.status.OK, times, times * size]);
            assert.ok(got.messages.every((message, i) => message.every((octet) => octet === i % 251)), "a message has changed");
            saysFarewell(got);
        }
    },
    async client_streaming() {
        let reply;
        const call = client.sum(metadata(), (_, value) => (reply = value));
        const done = outcome(call);
        for (let i = 0; i < 200; ++i) call.write(Buffer.alloc(i * 100));
        call.end();
        const got = await done;
        assert.deepStrictEqual([got.code, String(reply)], [grpc.status.OK, "200 1990000"]);
        saysFarewell(got);
    },
    // Each message is answered before the next one is said: nothing may wait for more.
    async bidirectional() {
        const call = client.talk(metadata());
        const done = outcome(call);
        for (let i = 0; i < 100; ++i) {
            const answered = new Promise((told) => call.once("data", told));
            call.write(Buffer.from(`word ${i}`));
            assert.strictEqual(String(await answered), `word ${i}`);
        }
        call.end();
        const got = await done;
        assert.strictEqual(got.code, grpc.status.OK);
        saysFarewell(got);
    },
    async many_at_once() {
        const talks = Array.from({ length: 200 }, (_, i) => unary("echo", Buffer.from(`number ${i}`), {}));
        (await Promise.all(talks)).forEach((got, i) => assert.strictEqual(String(got.reply), `number ${i}`));
        const clients = Array.from({ length: 8 }, open);
        const answers = await Promise.all(clients.map((one) => unary("echo", Buffer.from("x"), {}, {}, one)));
        answers.forEach((got) => assert.strictEqual(got.code, grpc.status.OK));
        clients.forEach((one) => one.close());
    },
    async deadline() {
        await unary("echo", Buffer.from("")); // the connections are open: what follows reaches the server in time
        const got = await unary("silence", Buffer.from(""), {}, { deadline: Date.now() + 1000 });
        assert.strictEqual(got.code, grpc.status.DEADLINE_EXCEEDED);
        const left = await unary("echo", Buffer.from(""), {}, { deadline: Date.now() + 30000 });
        const told = Number(left.head.get("x-deadline")[0]);
        assert.ok(told > 0 && told <= 30000, `the server was told ${told} ms`);
    },
    async pauses() {
        const call = client.talk(metadata());
        const done = outcome(call);
        for (let i = 0; i < 2; ++i) {
            const answered = new Promise((told) => call.once("data", told));
            call.write(Buffer.from("x"));
            await answered;
            await new Promise((go) => setTimeout(go, 700));
        }
        call.end();
        assert.strictEqual((await done).code, grpc.status.OK);
    },
    async cancel() {
        const call = client.silence(Buffer.from(""), metadata(), () => {});
        const done = outcome(call);
        await new Promise((told) => call.once("metadata", told));
        call.cancel();
        assert.strictEqual((await done).code, grpc.status.CANCELLED);
    },
    async unavailable() {
        const got = await unary("echo", Buffer.from("x"), {});
        assert.strictEqual(got.code, grpc.status.UNAVAILABLE, got.details);
        assert.strictEqual(got.details, "Bad Gateway");
        const stream = await outcome(client.talk(metadata()));
        assert.strictEqual(stream.code, grpc.status.UNAVAILABLE);
    },
    async unimplemented() {
        assert.strictEqual((await unary("echo", Buffer.from("x"), {})).code, grpc.status.UNIMPLEMENTED);
    },
};

async function main() {
    for (const part of parts) await script[part]().catch((error) => assert.fail(`${part}: ${error.stack}`));
    client.close();
    console.log("all fine");
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
