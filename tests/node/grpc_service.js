// The service that grpc_server.js offers and grpc_client.js asks: messages are octets as they are, without a schema. What is asked for
// stands in the metadata, so that every kind of call can end in every way.
"use strict";

const octets = (message) => message;
const method = (name, requestStream, responseStream) => ({
    path: `/weir.Mirror/${name}`,
    requestStream,
    responseStream,
    requestSerialize: octets,
    requestDeserialize: octets,
    responseSerialize: octets,
    responseDeserialize: octets,
});

exports.mirror = {
    echo: method("Echo", false, false),
    count: method("Count", false, true),
    sum: method("Sum", true, false),
    talk: method("Talk", true, true),
    silence: method("Silence", false, false),
};
