// usage: http2_server.js [KEY CERTIFICATE [JSON]]. An origin on Node's own HTTP/2 server: in the clear, or with TLS and HTTP/1.1 beside it.
// JSON: `websocket` false: HTTP/2 carries none; `ca`: clients must have its certificate; `port`. Prints its port, then "aborted" for each
// silent request whose client has left.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const http2 = require("http2");

const [key, certificate, json] = process.argv.slice(2);
const options = { websocket: true, port: 0, ...JSON.parse(json || "{}") };
const settings = { enableConnectProtocol: options.websocket };
const asks = !!options.ca;
const tls = { allowHTTP1: true, requestCert: asks, rejectUnauthorized: asks, ca: asks ? fs.readFileSync(options.ca) : undefined };
const server = key
    ? http2.createSecureServer({ key: fs.readFileSync(key), cert: fs.readFileSync(certificate), ...tls, settings })
    : http2.createServer({ settings });
const sessions = new Set();
let isWell = true;
let [checks, most] = [0, 0];
server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => {});
});

function tell(stream, text, fields) {
    stream.respond({ ":status": 200, ...fields });
    stream.end(text);
}

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

// As many pieces of 64 KiB as the query says.
function large(stream, headers) {
    stream.respond({ ":status": 200 });
    let left = Number(headers[":path"].split("?")[1] || 1024);
    const part = Buffer.alloc(65536, "s");
    const more = () => {
        while (left-- > 0) if (!stream.write(part)) return void stream.once("drain", more);
        stream.end();
    };
    more();
}

function count(stream) {
    let octets = 0;
    stream.on("data", (part) => (octets += part.length));
    stream.on("end", () => tell(stream, String(octets)));
}

// Answers when so many milliseconds have passed; the most that were under way at once on one connection are remembered.
function later(stream, headers) {
    const session = stream.session;
    session.busy = (session.busy || 0) + 1;
    most = Math.max(most, session.busy);
    setTimeout(() => {
        session.busy -= 1;
        if (!stream.destroyed) tell(stream, "later");
    }, Number(headers[":path"].split("?")[1]));
}

function check(stream, headers) {
    if (headers["user-agent"] === "weir-check") checks += 1;
    stream.respond({ ":status": isWell ? 200 : 503 }, { endStream: true });
}

const routes = {
    "/large": large,
    "/count": count,
    "/later": later,
    "/refuse": (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM),
    "/reset": (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
    "/old": (stream) => stream.close(http2.constants.NGHTTP2_HTTP_1_1_REQUIRED),
    "/goaway": (stream) => {
        tell(stream, "goodbye");
        stream.session.close();
    },
    "/sessions": (stream) => tell(stream, String(sessions.size)),
    "/most": (stream) => tell(stream, String(most)),
    "/healthz": check,
    "/checks": (stream) => tell(stream, String(checks)),
    "/ill": (stream) => tell(stream, String((isWell = false))),
    "/well": (stream) => tell(stream, String((isWell = true))),
    "/who": (stream) => tell(stream, stream.session.socket.getPeerCertificate().subject.CN),
    "/silent": (stream) => stream.on("aborted", () => console.log("aborted")),
    "/begun": (stream, headers) => {
        stream.on("aborted", () => console.log("aborted"));
        stream.respond({ ":status": 200, "content-type": headers["content-type"] });
        stream.write("begun");
    },
};

// Of HTTP/1.1; Node would answer HTTP/2 with it, too.
if (key) {
    server.on("request", (request, response) => {
        let octets = 0;
        request.on("data", (part) => (octets += part.length));
        request.on("end", () => response.end(`HTTP/${request.httpVersion} ${octets}`));
    });
    server.removeAllListeners("stream");
    server.on("upgrade", (request, socket, head) => {
        const accept = crypto.createHash("sha1").update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"];
        socket.write([...lines, `Sec-WebSocket-Accept: ${accept.digest("base64")}`, "X-Over: HTTP/1.1", "", ""].join("\r\n"));
        socket.write(head);
        socket.pipe(socket);
        socket.on("error", () => {});
    });
}
server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    if (headers[":method"] === "CONNECT") return tunnel(stream, headers);
    (routes[headers[":path"].split("?")[0]] || echo)(stream, headers);
});
server.listen(options.port, "127.0.0.1", () => console.log(server.address().port));
