// An application on Node's own HTTP server. Prints its port.
"use strict";
const crypto = require("crypto");
const http = require("http");

const routes = {
    "/echo": async (request, response) => {
        const hash = crypto.createHash("sha256");
        let octets = 0;
        for await (const part of request) {
            octets += part.length;
            hash.update(part);
        }
        response.setHeader("Content-Type", "application/json");
        const told = { method: request.method, headers: request.headers, octets, hash: hash.digest("hex"), trailers: request.trailers };
        response.end(JSON.stringify(told));
    },
    "/stream": (request, response) => {
        let left = 64;
        const more = () => {
            while (left-- > 0) if (!response.write(Buffer.alloc(65536, "s"))) return void response.once("drain", more);
            response.end();
        };
        more();
    },
    "/trailers": (request, response) => {
        response.writeHead(200, { Trailer: "X-Sum" });
        response.write("body");
        response.addTrailers({ "X-Sum": "42" });
        response.end();
    },
    "/hints": (request, response) => response.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => response.end("hinted")),
    "/empty": (request, response) => response.writeHead(204).end(),
    "/cookies": (request, response) => response.setHeader("Set-Cookie", ["a=1", "b=2; Path=/"]).end(),
    "/slow": (request, response) => void setTimeout(() => response.end("slow"), 200),
};

const server = http.createServer((request, response) => {
    const route = routes[request.url.split("?")[0]];
    if (route) return route(request, response);
    return response.writeHead(404).end("nothing here");
});
server.on("checkContinue", (request, response) => {
    if (request.headers["x-refuse"]) return response.writeHead(417).end();
    response.writeContinue();
    return server.emit("request", request, response);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
