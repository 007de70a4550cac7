// usage: compressed_client.js URL. Node's own clients of HTTP/1.1 and HTTP/2 and its fetch() read an answer in every coding that they take
// apart by themselves, piece by piece; ends with "all fine" or with what is not.
"use strict";
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
process.removeAllListeners("warning");
const assert = require("assert");
const http2 = require("http2");
const https = require("https");
const zlib = require("zlib");
const { once } = require("events");

const url = process.argv[2];
const readers = { gzip: zlib.createGunzip, br: zlib.createBrotliDecompress, zstd: zlib.createZstdDecompress };
const codings = Object.keys(readers).filter((coding) => readers[coding]);

async function whole(stream, coding) {
    const ended = once(stream, "end");
    const parts = [];
    for await (const part of coding ? stream.pipe(readers[coding]()) : stream) parts.push(part);
    await ended;
    return Buffer.concat(parts).toString();
}

async function byHttp1(coding) {
    const headers = coding ? { "Accept-Encoding": coding } : {};
    const [response] = await once(https.get(url, { headers }), "response");
    assert.strictEqual(response.headers["content-encoding"], coding);
    return whole(response, coding);
}

async function byHttp2(session, coding) {
    const stream = session.request({ ":path": new URL(url).pathname, ...(coding ? { "accept-encoding": coding } : {}) });
    const [headers] = await once(stream, "response");
    assert.strictEqual(headers["content-encoding"], coding);
    return whole(stream, coding);
}

async function main() {
    const plain = await byHttp1();
    assert.ok(plain.length > 100_000);
    const session = http2.connect(url);
    for (const coding of codings) {
        assert.strictEqual(await byHttp1(coding), plain);
        const many = await Promise.all(Array.from({ length: 20 }, () => byHttp2(session, coding)));
        assert.ok(many.every((text) => text === plain));
    }
    session.close();
    const fetched = await fetch(url, { headers: { "Accept-Encoding": "gzip, deflate, br" } });
    assert.strictEqual(fetched.headers.get("content-encoding"), "br");
    assert.strictEqual(await fetched.text(), plain);
    console.log("all fine");
}

main()
    .then(() => process.exit(0))
    .catch((error) => {
        console.error(error);
        process.exit(1);
    });
