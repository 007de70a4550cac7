// Request and Response: a message's head, neutral to the protocol version it came by. Codecs fill them, the walk reads and edits
// them, codecs write them. All views live as long as the exchange (its arena or its connection's head buffer).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/fields.h"

namespace weir::http {

enum class Method : std::uint8_t { get, head, post, put, del, connect, options, trace, patch, purge, other };
Method method_of(std::string_view name);  // methods are case-sensitive (RFC 9110 9.1)
std::string_view name_of(Method method);  // "GET"; empty for other

bool is_safe(Method method);        // RFC 9110 9.2.1
bool is_idempotent(Method method);  // RFC 9110 9.2.2

enum class Version : std::uint8_t { http10, http11, http2, http3 };
std::string_view name_of(Version version);  // "HTTP/1.1"

enum class Scheme : std::uint8_t { http, https };
std::string_view name_of(Scheme scheme);

// How a body's length is known.
enum class Framing : std::uint8_t {
    none,        // there is no body
    length,      // content_length octets
    chunked,     // HTTP/1.1 chunked, or any length in HTTP/2 and 3
    until_close  // a response only: ends with the connection
};

struct Request {
    explicit Request(Arena& arena) : fields(arena) {}

    Method method = Method::get;
    Version version = Version::http11;
    Scheme scheme = Scheme::http;
    Framing framing = Framing::none;
    std::uint64_t content_length = 0;  // when framing is length
    std::string_view method_name;      // as it came
    std::string_view target;           // origin-form ("/a?b") or "*", as it came; absolute-form has been split
    std::string_view authority;        // of an absolute-form target, else of Host; as it came, may be empty in HTTP/1.0
    std::string_view host;             // of the authority: normalised, without port
    std::uint16_t port = 0;            // that the authority names; 0: none
    std::string_view upgrade;          // what Upgrade asks for, when Connection names it too; empty otherwise
    bool expects_continue = false;
    bool keeps_alive = true;  // the client's wish
    Fields fields;

    Arena& arena() const { return fields.arena(); }
};

struct Response {
    explicit Response(Arena& arena) : fields(arena) {}

    std::uint16_t status = 200;
    Version version = Version::http11;
    Framing framing = Framing::none;
    std::uint64_t content_length = 0;  // when framing is length, or states_length
    bool states_length = false;        // no body, but Content-Length came and may be relayed: HEAD, 304 (RFC 9110 8.6)
    std::string_view reason;           // as it came; empty: the codec writes the registered phrase
    std::string_view upgrade;          // of a 101: what the connection speaks now; of a 426: what is to be asked for
    bool keeps_alive = true;           // the upstream's wish
    Fields fields;

    Arena& arena() const { return fields.arena(); }
};

// "Not Found"; empty when the status is not registered.
std::string_view reason_of(std::uint16_t status);

// Responses to HEAD, 1xx, 204 and 304 have no body, whatever their fields say (RFC 9112 6.3).
bool has_body(Method request_method, std::uint16_t status);

}  // namespace weir::http
