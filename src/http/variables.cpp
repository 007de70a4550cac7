#include "http/variables.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "http/octets.h"
#include "tls/facts.h"

namespace weir::http {
namespace {

using V = Variable;

constexpr VariableName kNames[] = {
    {"header", V::header, "a field of the request: $header{User-Agent}"},
    {"response", V::response_header, "a field of the reply: $response{Content-Type}"},
    {"cookie", V::cookie, "a cookie of the request: $cookie{sid}"},
    {"query", V::query, "the query without '?', as it came; $query{name} is one parameter, decoded"},
    {"method", V::method, "the method: GET"},
    {"scheme", V::scheme, "http or https"},
    {"host", V::host, "the host the client asked for, lower case, without port"},
    {"port", V::port, "the local port that took the connection"},
    {"authority", V::authority, "the host and port as the client wrote them"},
    {"uri", V::uri, "path and query as they came"},
    {"path", V::path, "the normalised path"},
    {"raw_path", V::raw_path, "the path as it came"},
    {"version", V::version, "the client's protocol: HTTP/1.1"},
    {"client_ip", V::client_ip, "the client's address; behind trusted proxies, the one they tell"},
    {"client_port", V::client_port, "the client's port"},
    {"connection_ip", V::connection_ip, "the address that is connected to Weir"},
    {"request_id", V::request_id, "the request's identifier"},
    {"site", V::site, "the first name of the site"},
    {"route", V::route, "the route as configured"},
    {"upstream", V::upstream, "the upstream group"},
    {"peer", V::peer, "the server of the last try: 10.0.0.1:80"},
    {"status", V::status, "the status sent to the client"},
    {"upstream_status", V::upstream_status, "the status the upstream answered"},
    {"tries", V::tries, "how many servers were tried"},
    {"reused", V::reused, "true when the connection to the upstream was a kept one"},
    {"upstream_protocol", V::upstream_protocol, "what was spoken with the server: HTTP/1.1 or HTTP/2; empty when none was tried"},
    {"cache_status", V::cache_status, "what the cache did: hit, stale, revalidated, collapsed, miss, bypass; empty on a route without one"},
    {"cache_key", V::cache_key, "what the answer is stored under, in one line; empty where no cache looks for it"},
    {"tier", V::tier, "who was asked for the answer: parent, a cache in front of the origin, or origin; empty when nobody was"},
    {"encoding", V::encoding, "the content coding that Weir has put the reply into: gzip, br, zstd; empty when it has not"},
    {"phase", V::phase, "how far the exchange got: accept … log"},
    {"error", V::error, "what failed, one word: timeout, refused …"},
    {"error_side", V::error_side, "whose failure it was: client, upstream, self"},
    {"error_detail", V::error_detail, "what failed, for a person"},
    {"complete", V::complete, "true when the reply reached its end"},
    {"tls_version", V::tls_version, "the version of TLS: TLSv1.3; empty in the clear"},
    {"tls_cipher", V::tls_cipher, "the cipher suite: TLS_AES_128_GCM_SHA256"},
    {"tls_group", V::tls_group, "the group of the key exchange: X25519"},
    {"tls_protocol", V::tls_protocol, "the protocol that was agreed on: h2, http/1.1"},
    {"tls_server_name", V::tls_server_name, "the name that the client asked for in its handshake"},
    {"tls_resumed", V::tls_resumed, "true when the handshake was resumed"},
    {"tls_early_data", V::tls_early_data, "true when the request came as early data"},
    {"tls_client_verified", V::tls_client_verified, "true when the client has shown a certificate that was accepted"},
    {"tls_client_subject", V::tls_client_subject, "whose certificate the client has shown"},
    {"tls_client_issuer", V::tls_client_issuer, "who gave it"},
    {"tls_client_serial", V::tls_client_serial, "its serial number, hex"},
    {"tls_client_fingerprint", V::tls_client_fingerprint, "its SHA-256, hex"},
    {"ja3", V::ja3, "the JA3 fingerprint of the client's TLS"},
    {"ja4", V::ja4, "the JA4 fingerprint of the client's TLS"},
    {"request_octets", V::request_octets, "octets of the request, head and body"},
    {"request_body_octets", V::request_body_octets, "octets of the request's body"},
    {"reply_octets", V::reply_octets, "octets of the reply, head and body"},
    {"reply_body_octets", V::reply_body_octets, "octets of the reply's body"},
    {"time_total", V::time_total, "ms from the first octet of the request to the end of the reply"},
    {"time_request", V::time_request, "ms until the request's head was read"},
    {"time_queue", V::time_queue, "ms until a server was chosen"},
    {"time_connect", V::time_connect, "ms until a connection to it was ready"},
    {"time_first_byte", V::time_first_byte, "ms from sending the request to the head of the answer"},
    {"time_body", V::time_body, "ms from the head of the answer to the end"},
    {"time_iso8601", V::time_iso8601, "when the request began: 2026-01-02T03:04:05.678Z"},
    {"time_local", V::time_local, "when the request began, in UTC: 10/Oct/2000:13:55:36 +0000"},
    {"time_unix", V::time_unix, "when the request began: seconds with three decimals"},
    {"connection", V::connection, "the serial number of the client's connection"},
    {"connection_requests", V::connection_requests, "the request's number on its connection, from 1"},
};

std::string_view write_number(std::uint64_t value, char* buffer) {
    return {buffer, static_cast<std::size_t>(std::to_chars(buffer, buffer + kValueBuffer, value).ptr - buffer)};
}

std::string_view number_or_empty(std::uint64_t value, char* buffer) {
    return value == 0 ? std::string_view{} : write_number(value, buffer);
}

char* write_padded(std::uint64_t value, int digits, char* out) {
    for (int i = digits - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
    return out + digits;
}

// Milliseconds between two moments, empty when either never came.
std::string_view write_span(TimePoint from, TimePoint to, char* buffer) {
    if (from == TimePoint{} || to == TimePoint{}) return {};
    const auto micros = std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
    auto* end = std::to_chars(buffer, buffer + kValueBuffer, micros / 1000).ptr;
    *end++ = '.';
    end = write_padded(static_cast<std::uint64_t>(micros % 1000), 3, end);
    return {buffer, static_cast<std::size_t>(end - buffer)};
}

struct Civil {
    explicit Civil(WallTime time)
        : days(std::chrono::floor<std::chrono::days>(time)),
          date(days),
          clock(std::chrono::floor<std::chrono::milliseconds>(time - days)) {}
    std::chrono::sys_days days;
    std::chrono::year_month_day date;
    std::chrono::hh_mm_ss<std::chrono::milliseconds> clock;
};

char* write_clock(const Civil& civil, char* out) {
    out = write_padded(static_cast<std::uint64_t>(civil.clock.hours().count()), 2, out);
    *out++ = ':';
    out = write_padded(static_cast<std::uint64_t>(civil.clock.minutes().count()), 2, out);
    *out++ = ':';
    return write_padded(static_cast<std::uint64_t>(civil.clock.seconds().count()), 2, out);
}

std::uint64_t year_of(const Civil& civil) { return static_cast<std::uint64_t>(std::max(0, static_cast<int>(civil.date.year()))); }

std::string_view write_iso8601(WallTime time, char* buffer) {
    const Civil civil(time);
    auto* out = write_padded(year_of(civil), 4, buffer);
    *out++ = '-';
    out = write_padded(static_cast<unsigned>(civil.date.month()), 2, out);
    *out++ = '-';
    out = write_padded(static_cast<unsigned>(civil.date.day()), 2, out);
    *out++ = 'T';
    out = write_clock(civil, out);
    *out++ = '.';
    out = write_padded(static_cast<std::uint64_t>(civil.clock.subseconds().count()), 3, out);
    *out++ = 'Z';
    return {buffer, static_cast<std::size_t>(out - buffer)};
}

std::string_view write_local(WallTime time, char* buffer) {
    static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static constexpr std::string_view kZone = " +0000";
    const Civil civil(time);
    auto* out = write_padded(static_cast<unsigned>(civil.date.day()), 2, buffer);
    *out++ = '/';
    out = std::ranges::copy(kMonths.substr(3 * (static_cast<unsigned>(civil.date.month()) - 1), 3), out).out;
    *out++ = '/';
    out = write_padded(year_of(civil), 4, out);
    *out++ = ':';
    out = write_clock(civil, out);
    out = std::ranges::copy(kZone, out).out;
    return {buffer, static_cast<std::size_t>(out - buffer)};
}

std::string_view write_unix(WallTime time, char* buffer) {
    const auto ms = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count());
    auto* out = std::to_chars(buffer, buffer + kValueBuffer, ms / 1000).ptr;
    *out++ = '.';
    out = write_padded(static_cast<std::uint64_t>(ms % 1000), 3, out);
    return {buffer, static_cast<std::size_t>(out - buffer)};
}

std::string_view write_ip(const net::Ip& ip, char* buffer) { return {buffer, ip.write(buffer)}; }

// In brackets where a URI needs them (RFC 3986 3.2.2).
std::string_view host_text(std::string_view host, char* buffer) {
    if (host.size() > net::kIpTextMax || host.find(':') == std::string_view::npos) return host;
    buffer[0] = '[';
    auto* out = std::ranges::copy(host, buffer + 1).out;
    *out++ = ']';
    return {buffer, static_cast<std::size_t>(out - buffer)};
}

// Lines of Cookie belong together with "; " (RFC 9113 8.2.3), all others with ", ".
std::string_view joined_cookies(const Fields& fields, Arena& arena) {
    std::size_t octets = 0;
    for (const auto& field : fields)
        if (field.id == FieldId::cookie) octets += field.value.size() + 2;
    auto* const first = static_cast<char*>(arena.allocate(octets, 1));
    auto* out = first;
    for (const auto& field : fields) {
        if (field.id != FieldId::cookie) continue;
        if (out != first) out = std::ranges::copy(std::string_view("; "), out).out;
        out = std::ranges::copy(field.value, out).out;
    }
    return {first, static_cast<std::size_t>(out - first)};
}

std::string_view joined(const Fields& fields, const TemplatePart& part, Arena& arena) {
    if (part.id == FieldId::other) return fields.joined(part.name);
    if (part.id == FieldId::cookie && fields.count(FieldId::cookie) > 1) return joined_cookies(fields, arena);
    return fields.joined(part.id);
}

std::string_view cookie_of(const Request& request, std::string_view name) {
    if (!request.fields.has(FieldId::cookie)) return {};
    for (const auto& field : request.fields) {
        if (field.id != FieldId::cookie) continue;
        if (const auto value = cookie_value(field.value, name)) return *value;
    }
    return {};
}

std::string_view parameter_of(std::string_view query, std::string_view name, Arena& arena) {
    const auto value = query_parameter(query, name, arena);
    return value ? without_controls(*value, arena) : std::string_view{};
}

std::string_view uri_of(const Facts& facts, Arena& arena) {
    if (facts.request != nullptr) return facts.request->target;
    if (!facts.target.has_query) return facts.target.raw_path;
    return arena.concat({facts.target.raw_path, "?", facts.target.query});
}

std::string_view truth(bool value) { return value ? "true" : "false"; }

std::string_view tls_value(Variable variable, const Facts& facts) {
    if (facts.tls == nullptr) return {};
    const auto& tls = *facts.tls;
    switch (variable) {
        case V::tls_version: return tls.version;
        case V::tls_cipher: return tls.cipher;
        case V::tls_group: return tls.group;
        case V::tls_protocol: return tls.protocol;
        case V::tls_server_name: return tls.server_name;
        case V::tls_resumed: return truth(tls.is_resumed);
        case V::tls_early_data: return truth(facts.is_early);
        case V::tls_client_verified: return truth(tls.is_client_verified);
        case V::tls_client_subject: return tls.client_subject;
        case V::tls_client_issuer: return tls.client_issuer;
        case V::tls_client_serial: return tls.client_serial;
        case V::tls_client_fingerprint: return tls.client_fingerprint;
        case V::ja3: return tls.ja3;
        case V::ja4: return tls.ja4;
        default: return {};
    }
}

std::string_view text_value(const TemplatePart& part, const Facts& facts, Arena& arena) {
    const auto* request = facts.request;
    switch (part.variable) {
        case V::literal: return part.name;
        case V::capture: return part.capture < facts.captures.size() ? facts.captures[part.capture] : std::string_view{};
        case V::header: return request == nullptr ? std::string_view{} : joined(request->fields, part, arena);
        case V::response_header: return facts.response == nullptr ? std::string_view{} : joined(facts.response->fields, part, arena);
        case V::cookie: return request == nullptr ? std::string_view{} : cookie_of(*request, part.name);
        case V::query_parameter: return parameter_of(facts.target.query, part.name, arena);
        case V::method: return request == nullptr ? std::string_view{} : request->method_name;
        case V::scheme: return name_of(facts.scheme);
        case V::authority: return request == nullptr ? std::string_view{} : request->authority;
        case V::uri: return uri_of(facts, arena);
        case V::path: return facts.target.path;
        case V::raw_path: return facts.target.raw_path;
        case V::query: return facts.target.query;
        case V::version: return request == nullptr ? std::string_view{} : name_of(request->version);
        case V::request_id: return facts.request_id;
        case V::site: return facts.site;
        case V::route: return facts.route;
        case V::upstream: return facts.upstream;
        case V::peer: return facts.peer;
        case V::reused: return truth(facts.reused_connection);
        case V::upstream_protocol:
            return facts.tries == 0 ? std::string_view{} : name_of(facts.is_peer_h2 ? Version::http2 : Version::http11);
        case V::cache_status: return word_of(facts.cache);
        case V::cache_key: return without_controls(facts.cache_key, arena);
        case V::tier: return facts.tries == 0 ? std::string_view{} : facts.is_peer_parent ? "parent" : "origin";
        case V::encoding: return facts.encoding == Coding::identity ? std::string_view{} : name_of(facts.encoding);
        case V::complete: return truth(facts.is_complete);
        case V::phase: return name_of(facts.phase);
        case V::error: return facts.has_error ? word_of(facts.error) : std::string_view{};
        case V::error_side: return facts.has_error ? word_of(facts.error_side) : std::string_view{};
        case V::error_detail: return facts.has_error ? facts.error_detail : std::string_view{};
        default: return tls_value(part.variable, facts);
    }
}

std::string_view written_value(Variable variable, const Facts& facts, char* buffer) {
    const auto& at = facts.at;
    switch (variable) {
        case V::host: return host_text(facts.host, buffer);
        case V::port: return number_or_empty(facts.port, buffer);
        case V::client_ip: return write_ip(facts.client, buffer);
        case V::client_port: return number_or_empty(facts.client_port, buffer);
        case V::connection_ip: return write_ip(facts.connection_peer, buffer);
        case V::status: return number_or_empty(facts.status, buffer);
        case V::upstream_status: return number_or_empty(facts.upstream_status, buffer);
        case V::tries: return write_number(facts.tries, buffer);
        case V::request_octets: return write_number(facts.request_octets, buffer);
        case V::request_body_octets: return write_number(facts.request_body_octets, buffer);
        case V::reply_octets: return write_number(facts.reply_octets, buffer);
        case V::reply_body_octets: return write_number(facts.reply_body_octets, buffer);
        case V::time_total: return write_span(at.begun, at.done, buffer);
        case V::time_request: return write_span(at.begun, at.head_read, buffer);
        case V::time_queue: return write_span(at.head_read, at.selected, buffer);
        case V::time_connect: return write_span(at.selected, at.connected, buffer);
        case V::time_first_byte: return write_span(at.sent, at.first_byte, buffer);
        case V::time_body: return write_span(at.first_byte, at.done, buffer);
        case V::time_iso8601: return write_iso8601(facts.started, buffer);
        case V::time_local: return write_local(facts.started, buffer);
        case V::time_unix: return write_unix(facts.started, buffer);
        case V::connection: return write_number(facts.connection_serial, buffer);
        case V::connection_requests: return write_number(facts.request_on_connection, buffer);
        default: return {};
    }
}

}  // namespace

std::span<const VariableName> variable_names() { return kNames; }

bool needs_buffer(Variable variable) {
    switch (variable) {
        case V::host:
        case V::port:
        case V::client_ip:
        case V::client_port:
        case V::connection_ip:
        case V::status:
        case V::upstream_status:
        case V::tries: return true;
        default: return variable >= V::request_octets;
    }
}

std::string_view value_of(const TemplatePart& part, const Facts& facts, Arena& arena, char* buffer) {
    return needs_buffer(part.variable) ? written_value(part.variable, facts, buffer) : text_value(part, facts, arena);
}

std::string_view without_controls(std::string_view text, Arena& arena) {
    const auto is_control = [](char c) { return !is_octet(c, kValueOctet); };
    if (std::ranges::none_of(text, is_control)) return text;
    auto* out = static_cast<char*>(arena.allocate(text.size(), 1));
    std::ranges::transform(text, out, [&](char c) { return is_control(c) ? ' ' : c; });
    return {out, text.size()};
}

}  // namespace weir::http
