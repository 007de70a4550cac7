// A WebSocket origin: says back every message; /refuse is refused with 401. Prints its port.
"use strict";
const http = require("http");
const { WebSocketServer } = require("ws");

const server = http.createServer((request, response) => response.end("no websocket\n"));
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true, maxPayload: 64 << 20 });

server.on("upgrade", (request, socket, head) => {
    if (request.url === "/refuse") {
        socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) => {
        peer.on("message", (message, isBinary) => {
            if (!isBinary && message.toString() === "close me") peer.close(4001, "as you wish");
            else peer.send(message, { binary: isBinary });
        });
    });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
