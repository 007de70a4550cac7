// usage: grpc_server.js [KEY CERTIFICATE]. A gRPC origin on @grpc/grpc-js, in the clear or with TLS. Prints its port, then a line for each
// call that its client gave up.
"use strict";
const fs = require("fs");
const grpc = require("@grpc/grpc-js");
const { mirror } = require("./grpc_service.js");

const [key, certificate] = process.argv.slice(2);
const first = (call, name) => call.metadata.get(name)[0];

// What came is told back in the metadata, texts and octets alike; trailers follow behind the last message.
function greet(call) {
    const told = new grpc.Metadata();
    for (const name of ["x-text", "x-octets-bin"]) for (const value of call.metadata.get(name)) told.add(name, value);
    told.set("x-deadline", String(Math.round(call.getDeadline() - Date.now())));
    call.sendMetadata(told);
    call.on("cancelled", () => call.isEnded || console.log(`cancelled ${call.getPath()}`));
}

function farewell(call) {
    call.isEnded = true;
    const trailers = new grpc.Metadata();
    trailers.set("x-farewell", "goodbye");
    trailers.set("x-farewell-bin", Buffer.from([0, 13, 10, 255]));
    const code = Number(first(call, "fail-with") || 0);
    return code ? { code, details: "as you wish: 100 % \u2713", metadata: trailers } : { trailers };
}

const service = {
    echo(call, answer) {
        greet(call);
        const end = farewell(call);
        if (end.code) answer(end);
        else answer(null, call.request, end.trailers);
    },
    async count(call) {
        greet(call);
        const [times, size] = [Number(first(call, "times")), Number(first(call, "size"))];
        for (let i = 0; i < times && !call.cancelled; ++i)
            if (!call.write(Buffer.alloc(size, i % 251))) await new Promise((go) => call.once("drain", go));
        const end = farewell(call);
        if (end.code) call.emit("error", end);
        else call.end(end.trailers);
    },
    sum(call, answer) {
        greet(call);
        let [messages, size] = [0, 0];
        call.on("data", (message) => ((messages += 1), (size += message.length)));
        call.on("end", () => answer(null, Buffer.from(`${messages} ${size}`), farewell(call).trailers));
    },
    talk(call) {
        greet(call);
        call.on("data", (message) => call.write(message));
        call.on("end", () => call.end(farewell(call).trailers));
    },
    silence: greet,
};

const server = new grpc.Server();
server.addService(mirror, service);
const credentials = key
    ? grpc.ServerCredentials.createSsl(null, [{ private_key: fs.readFileSync(key), cert_chain: fs.readFileSync(certificate) }])
    : grpc.ServerCredentials.createInsecure();
server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
    if (error) throw error;
    console.log(port);
});
