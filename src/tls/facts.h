// What is known of one TLS connection after its handshake. Views live as long as the connection.
#pragma once

#include <string>
#include <string_view>

namespace weir::tls {

struct ConnectionFacts {
    std::string_view version;   // "TLSv1.3"
    std::string_view cipher;    // "TLS_AES_128_GCM_SHA256"
    std::string_view group;     // "X25519"; empty when the library can't say
    std::string server_name;    // SNI, lower case; empty: none came
    std::string_view protocol;  // by ALPN: "h2", "http/1.1"; empty: none was agreed on
    bool is_resumed = false;
    bool took_early_data = false;     // a request came along with the ClientHello (RFC 8446 2.3)
    bool refused_early_data = false;  // one wanted to, and was not listened to: it was a replay, too old, or could not be told
    bool is_early = false;            // what is read now may have been replayed: the client's Finished has not come (RFC 8470)
    // Client certificate; empty without one.
    bool is_client_verified = false;
    std::string client_subject;  // RFC 2253
    std::string client_issuer;
    std::string client_serial;       // hex
    std::string client_fingerprint;  // SHA-256, hex
    // Fingerprints of the ClientHello; empty unless the endpoint was asked to take them.
    std::string ja3;
    std::string ja4;
};

}  // namespace weir::tls
