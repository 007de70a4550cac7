// An origin on Node's own HTTP/2 server: in the clear, or with TLS when a key and a certificate are given. Prints its port.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const http2 = require("http2");

const [key, certificate] = process.argv.slice(2);
const settings = { enableConnectProtocol: true };
const server = key
    ? http2.createSecureServer({ key: fs.readFileSync(key), cert: fs.readFileSync(certificate), allowHTTP1: true, settings })
    : http2.createServer({ settings });
const sessions = new Set();
server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => {});
});

function echo(stream, headers) {
    const hash = crypto.createHash("sha256");
    let octets = 0;
    let trailers = {};
    stream.on("trailers", (fields) => (trailers = fields));
    stream.on("data", (part) => {
        octets += part.length;
        hash.update(part);
    });
    stream.on("end", () => {
        stream.respond({ ":status": 200, "content-type": "application/json" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "42" }));
        const said = { method: headers[":method"], path: headers[":path"], headers, octets, hash: hash.digest("hex"), trailers };
        stream.end(JSON.stringify(said));
    });
}

function tunnel(stream, headers) {
    stream.respond({ ":status": headers[":protocol"] === "websocket" ? 200 : 501 });
    stream.pipe(stream);
}

const routes = {
    "/large": (stream) => {
        stream.respond({ ":status": 200 });
        let left = 1024;
        const more = () => {
            while (left-- > 0) if (!stream.write(Buffer.alloc(65536, "s"))) return void stream.once("drain", more);
            stream.end();
        };
        more();
    },
    "/refuse": (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM),
    "/reset": (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
    "/goaway": (stream) => {
        stream.respond({ ":status": 200 });
        stream.end("goodbye");
        stream.session.close();
    },
    "/sessions": (stream) => {
        stream.respond({ ":status": 200 });
        stream.end(String(sessions.size));
    },
    "/silent": (stream) => stream.on("aborted", () => console.log("aborted")),
};

server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    if (headers[":method"] === "CONNECT") return tunnel(stream, headers);
    (routes[headers[":path"].split("?")[0]] || echo)(stream, headers);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
