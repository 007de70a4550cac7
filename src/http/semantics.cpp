#include "http/semantics.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "http/h1/scan.h"
#include "http/uri.h"

namespace weir::http {

namespace {

constexpr std::uint64_t kLengthMax = ~std::uint64_t{0} >> 1U;
// Names in Connection are compared with every field: a bound, so that a head of nothing else costs no more than its octets.
constexpr unsigned kConnectionOptionsMax = 64;

constexpr Fault malformed(const char* detail) { return {.code = ErrorCode::malformed, .detail = detail}; }

bool take_authority(Request& request, std::string_view text) {
    const auto authority = parse_authority(text, request.arena());
    if (!authority) return false;
    request.authority = text;
    request.host = authority->host;
    request.port = authority->port.value_or(0);
    return true;
}

// RFC 9112 3.2.3: only CONNECT, and there is no default port (RFC 9110 9.3.6).
Fault read_authority_form(Request& request) {
    if (!is_authority(request.target)) return malformed("target of CONNECT that is no authority");
    const auto colon = request.target.rfind(':');
    if (colon == std::string_view::npos || !is_digit(request.target.back())) return malformed("target of CONNECT without a port");
    take_authority(request, request.target);
    return {};
}

// RFC 9112 3.2.2 and 3.2.4.
Fault read_absolute_form(Request& request) {
    const auto form = split_absolute(request.target);
    if (!form) return malformed("target in none of the four forms");
    if (!take_authority(request, form->authority)) return malformed("target with an invalid authority");
    request.target = form->target;
    if (form->target.empty()) request.target = request.method == Method::options ? "*" : "/";
    else if (form->target.front() == '?') request.target = request.arena().concat({"/", form->target});
    return {};
}

Fault read_target(Request& request) {
    request.authority = request.host = {};
    request.port = 0;
    if (request.method == Method::connect) return read_authority_form(request);
    if (request.target.front() == '/') return {};
    if (request.target != "*") return read_absolute_form(request);
    return request.method == Method::options ? Fault{} : malformed("target '*' with a method other than OPTIONS");
}

// RFC 9112 3.2: exactly one in HTTP/1.1, whatever the target says; where the target has an authority, that one wins.
Fault read_host(Request& request) {
    const auto* host = request.fields.find(FieldId::host);
    if (host == nullptr) {
        if (request.version == Version::http11 || (request.version != Version::http10 && request.authority.empty()))
            return malformed("missing Host");
    } else {
        if (request.fields.only(FieldId::host) == nullptr) return malformed("several Host fields");
        if (request.authority.empty() ? !take_authority(request, host->value) : !is_authority(host->value))
            return malformed("Host that is no valid authority");
        if (request.authority.data() == host->value.data()) return {};
    }
    if (!request.authority.empty()) request.fields.set(FieldId::host, request.authority);
    return {};
}

}  // namespace

// RFC 9112 6.3 rule 5 lets equal lengths pass; refusing them too leaves nothing to disagree about.
Fault read_content_length(const Fields& fields, std::uint64_t& length) {
    const auto* const field = fields.only(FieldId::content_length);
    if (field == nullptr) return malformed("several Content-Length fields");
    if (field->value.empty()) return malformed("Content-Length that is no decimal number");
    bool is_too_large = false;
    length = 0;
    for (const char c : field->value) {
        if (!is_digit(c)) return malformed("Content-Length that is no decimal number");
        is_too_large |= length > kLengthMax / 10;
        length = length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return is_too_large || length > kLengthMax ? malformed("Content-Length out of range") : Fault{};
}

namespace {

bool is_bare_chunked(std::string_view coding) { return equal_ignoring_case(coding, "chunked"); }

// Codings before a final chunked that we do not know: the sender may be right, we cannot read it (RFC 9112 6.1). Everything else
// is either wrong or a trick.
bool is_unknown_then_chunked(std::string_view value) {
    const auto comma = value.rfind(',');
    if (comma == std::string_view::npos || !is_bare_chunked(trim(value.substr(comma + 1)))) return false;
    bool has_unknown = false;
    bool has_trick = false;
    for_each_token(value.substr(0, comma), [&](std::string_view coding) {
        has_unknown = true;
        has_trick = has_trick || is_bare_chunked(coding) || equal_ignoring_case(coding, "identity") || !h1::is_token(coding);
    });
    return has_unknown && !has_trick;
}

// Transfer-Encoding is there: it must be one field, "chunked", in HTTP/1.1, and no Content-Length beside it (CL.TE, TE.CL, TE.TE).
Fault check_transfer_encoding(const Fields& fields, Version version) {
    if (fields.has(FieldId::content_length)) return malformed("both Content-Length and Transfer-Encoding");
    if (version == Version::http10) return malformed("Transfer-Encoding in HTTP/1.0");
    if (fields.count(FieldId::transfer_encoding) > 1) return malformed("several Transfer-Encoding fields");
    const auto value = fields.value(FieldId::transfer_encoding);
    if (is_bare_chunked(value)) return {};
    if (is_unknown_then_chunked(value)) return {.code = ErrorCode::unsupported_coding, .detail = "transfer coding other than chunked"};
    return malformed("Transfer-Encoding that is not a single chunked");
}

// A single coding that has no meaning anywhere (RFC 9112 7, the IANA registry and what is in use beside it): nobody can have applied it,
// what follows are the plain octets. Those of a coding that exists would reach the client still coded, and a name that holds "chunked" is
// one that some reader may take for it (TE.TE).
bool is_coding_of_nobody(std::string_view coding) {
    constexpr std::string_view kOfSomebody[] = {"gzip", "x-gzip", "deflate",  "compress", "x-compress",
                                                "br",   "zstd",   "identity", "trailers"};
    constexpr std::string_view kChunked = "chunked";
    if (!h1::is_token(coding)) return false;
    if (std::ranges::any_of(kOfSomebody, [&](std::string_view known) { return equal_ignoring_case(coding, known); })) return false;
    for (std::size_t at = 0; at + kChunked.size() <= coding.size(); ++at)
        if (is_bare_chunked(coding.substr(at, kChunked.size()))) return false;
    return true;
}

// RFC 9112 6.3 rule 4, of an answer only: it ends with its connection. There is no Content-Length to disagree with.
bool ends_by_unknown_coding(const Response& response) {
    const auto* const coding = response.fields.only(FieldId::transfer_encoding);
    if (coding == nullptr || response.version != Version::http11 || response.fields.has(FieldId::content_length)) return false;
    return response.status >= 200 && is_coding_of_nobody(coding->value);
}

// What the fields say of the body, before method and status have their say.
struct Stated {
    Framing framing = Framing::none;
    std::uint64_t length = 0;
};

Fault read_framing(const Fields& fields, Version version, Stated& stated) {
    if (fields.has(FieldId::transfer_encoding)) {
        stated.framing = Framing::chunked;
        return check_transfer_encoding(fields, version);
    }
    if (!fields.has(FieldId::content_length)) return {};
    stated.framing = Framing::length;
    return read_content_length(fields, stated.length);
}

struct ConnectionOptions {
    bool close = false;
    bool keep_alive = false;
    bool upgrade = false;
};

Fault read_connection(const Fields& fields, ConnectionOptions& options) {
    if (!fields.has(FieldId::connection)) return {};
    unsigned count = 0;
    const auto take = [&](std::string_view option) {
        ++count;
        if (equal_ignoring_case(option, "keep-alive")) options.keep_alive = true;
        else if (equal_ignoring_case(option, "close")) options.close = true;
        else if (equal_ignoring_case(option, "upgrade")) options.upgrade = true;
    };
    for (const auto& field : fields)
        if (field.id == FieldId::connection) for_each_token(field.value, take);
    return count > kConnectionOptionsMax ? malformed("too many options in Connection") : Fault{};
}

// RFC 9112 9.3.
bool persists(const ConnectionOptions& options, Version version) {
    return !options.close && (version == Version::http11 || options.keep_alive);
}

bool names_h2c(std::string_view upgrade) {
    bool has_h2c = false;
    for_each_token(upgrade, [&](std::string_view protocol) {
        has_h2c = has_h2c || equal_ignoring_case(protocol.substr(0, protocol.find('/')), "h2c");
    });
    return has_h2c;
}

// What Upgrade asks for, if it may be heeded at all: not in HTTP/1.0 (RFC 9110 7.8), not with a body, which would have to be read
// before the protocol changes, and never h2c: it would tunnel requests past every rule (h2c smuggling).
std::string_view wanted_upgrade(const Request& request, const ConnectionOptions& options) {
    if (!options.upgrade || request.version == Version::http10) return {};
    if (request.framing == Framing::chunked || request.content_length != 0) return {};
    if (request.fields.count(FieldId::upgrade) != 1) return {};
    const auto value = request.fields.value(FieldId::upgrade);
    return names_h2c(value) ? std::string_view{} : value;
}

// What the connection speaks now (101), or what the client shall ask for (426, RFC 9110 15.5.22): nothing that would not be heeded.
std::string_view named_upgrade(const Response& response) {
    if (response.status != 101 && response.status != 426) return {};
    const auto value = response.fields.joined(FieldId::upgrade);
    return response.status == 426 && names_h2c(value) ? std::string_view{} : value;
}

// RFC 9110 10.1.1: 100-continue is the only expectation there is; HTTP/1.0 does not know it, and without content it asks for nothing.
Fault read_expectation(Request& request, bool has_content) {
    if (!request.fields.has(FieldId::expect)) return {};
    for (const auto& field : request.fields)
        if (field.id == FieldId::expect && !equal_ignoring_case(field.value, "100-continue"))
            return {.code = ErrorCode::expectation_failed, .detail = "expectation other than 100-continue"};
    request.expects_continue = has_content && request.version != Version::http10;
    return {};
}

Fault finish_fields(Request& request) {
    Stated stated;
    if (const auto fault = read_framing(request.fields, request.version, stated)) return fault;
    request.framing = stated.framing;
    request.content_length = stated.length;
    if (request.method == Method::connect && (stated.framing == Framing::chunked || stated.length != 0))
        return malformed("CONNECT with a body");
    ConnectionOptions options;
    if (const auto fault = read_connection(request.fields, options)) return fault;
    request.keeps_alive = persists(options, request.version);
    request.upgrade = wanted_upgrade(request, options);
    return read_expectation(request, stated.framing == Framing::chunked || stated.length != 0);
}

// RFC 9113 8.2.2: what concerns a connection has no place in a stream; TE may say "trailers".
Fault check_connection_fields(const Fields& fields) {
    constexpr FieldSet kOfConnections{FieldId::connection, FieldId::keep_alive, FieldId::proxy_connection, FieldId::transfer_encoding,
                                      FieldId::upgrade};
    if (fields.has_any(kOfConnections)) return malformed("field that concerns an HTTP/1 connection");
    for (const auto& field : fields)
        if (field.id == FieldId::te && !equal_ignoring_case(field.value, "trailers")) return malformed("TE other than trailers");
    return {};
}

// RFC 9113 8.3.1: Host, if it came beside the authority, names the same; the reader has put the authority first.
Fault read_stream_host(Request& request) {
    const auto came = request.authority;
    request.authority = request.host = {};
    request.port = 0;
    if (came.empty()) return read_host(request);
    if (!take_authority(request, came)) return malformed("authority that is none");
    const auto* const first = request.fields.only(FieldId::host);
    if (first != nullptr && first->value.data() == came.data()) return {};
    for (const auto& field : request.fields)
        if (field.id == FieldId::host && !equal_ignoring_case(field.value, came)) return malformed("Host and authority that differ");
    if (request.fields.count(FieldId::host) > 2) return malformed("several Host fields");
    request.fields.set(FieldId::host, came);
    return {};
}

Fault read_stream_target(Request& request) {
    if (request.method == Method::connect) {
        request.target = request.authority;
        return read_authority_form(request);
    }
    if (request.target.starts_with('/')) return {};
    const bool is_asterisk = request.target == "*" && request.method == Method::options;
    return is_asterisk ? Fault{} : malformed("path that does not begin with a slash");
}

void begin(Request& request) {
    request.method = method_of(request.method_name);
    request.framing = Framing::none;
    request.content_length = 0;
    request.upgrade = {};
    request.expects_continue = false;
    request.keeps_alive = true;
}

}  // namespace

Fault finish_stream(Request& request, bool is_ended) {
    begin(request);
    if (const auto fault = read_stream_target(request)) return fault;
    if (const auto fault = read_stream_host(request)) return fault;
    if (const auto fault = check_connection_fields(request.fields)) return fault;
    if (request.fields.has(FieldId::content_length)) {
        request.framing = Framing::length;
        if (const auto fault = read_content_length(request.fields, request.content_length)) return fault;
        if (is_ended && request.content_length != 0) return malformed("Content-Length without a body");
    } else if (!is_ended && request.method != Method::connect) {
        request.framing = Framing::chunked;
    }
    if (request.method == Method::connect && request.framing != Framing::none) return malformed("CONNECT with a body");
    return read_expectation(request, !is_ended);
}

Fault finish(Request& request) {
    begin(request);
    request.keeps_alive = request.version == Version::http11;
    if (const auto fault = read_target(request)) return fault;
    if (const auto fault = read_host(request)) return fault;
    constexpr FieldSet kTelling{FieldId::content_length, FieldId::transfer_encoding, FieldId::connection, FieldId::expect};
    return request.fields.has_any(kTelling) ? finish_fields(request) : Fault{};
}

Fault finish(Response& response, Method request_method) {
    Stated stated;
    const bool is_until_close = response.fields.has(FieldId::transfer_encoding) && ends_by_unknown_coding(response);
    if (!is_until_close)
        if (const auto fault = read_framing(response.fields, response.version, stated)) return fault;
    const bool states_body = is_until_close || stated.framing == Framing::chunked || stated.length != 0;
    const bool is_interim = response.status < 200;
    if (is_interim && states_body) return malformed("interim response with a body");
    ConnectionOptions options;
    if (const auto fault = read_connection(response.fields, options)) return fault;
    response.keeps_alive = persists(options, response.version);
    response.content_length = stated.length;
    response.states_length = false;
    response.upgrade = named_upgrade(response);

    // RFC 9112 6.3, rules 1 and 2.
    if (!has_body(request_method, response.status)) {
        response.framing = Framing::none;
        response.states_length = stated.framing == Framing::length && (request_method == Method::head || response.status == 304);
        // An origin that announces a body where none can be may send it too: nothing after it can be trusted (response smuggling).
        const bool is_final_bodiless = response.status == 204 || (request_method == Method::connect && response.status / 100 == 2);
        if (response.status == 101 || is_until_close || (is_final_bodiless && states_body)) response.keeps_alive = false;
        return {};
    }
    response.framing = stated.framing == Framing::none ? Framing::until_close : stated.framing;
    if (response.framing == Framing::until_close) response.keeps_alive = false;
    return {};
}

}  // namespace weir::http
