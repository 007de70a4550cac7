#include "http/h1/writer.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

#include "base/put_text.h"
#include "base/text.h"
#include "http/h1/scan.h"

namespace weir::http::h1 {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kLengthDigitsMax = 20;
constexpr std::size_t kFieldOverhead = 4;  // ": " and the line's end
// Everything that does not depend on the message: version, status, framing, the longest of the connections, line ends.
constexpr std::size_t kFixedMax = sizeof("  HTTP/1.1 200\r\nHost: \r\nTransfer-Encoding: chunked\r\nContent-Length: \r\n"
                                         "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: \r\n\r\n") +
                                  kLengthDigitsMax;

// What this connection's codec says itself, or what concerned the connection the message came by.
constexpr FieldSet kWrittenElsewhere{FieldId::connection, FieldId::content_length,   FieldId::transfer_encoding,
                                     FieldId::keep_alive, FieldId::proxy_connection, FieldId::upgrade,
                                     FieldId::te,         FieldId::http2_settings};

constexpr FieldSet kHopByHop{FieldId::connection, FieldId::keep_alive,         FieldId::proxy_connection,    FieldId::te,
                             FieldId::trailer,    FieldId::proxy_authenticate, FieldId::proxy_authorization, FieldId::transfer_encoding,
                             FieldId::upgrade,    FieldId::http2_settings};

// Where the next octet goes. A value, so that it stays in a register.
class Output {
public:
    explicit Output(char* out) : at_(out) {}

    template <std::size_t size>
    void put(const char (&text)[size]) {
        std::memcpy(at_, text, size - 1);
        at_ += size - 1;
    }
    [[gnu::always_inline]] void put(std::string_view text) { at_ = put_text(at_, text); }
    void put_number(std::uint64_t number) { at_ = std::to_chars(at_, at_ + kLengthDigitsMax, number).ptr; }
    [[gnu::always_inline]] void put_field(const Field& field) {
        put(field.name);
        put(": ");
        put(field.value);
        put("\r\n");
    }
    std::size_t size_since(const char* start) const { return static_cast<std::size_t>(at_ - start); }

private:
    char* at_;
};

std::size_t fields_octets_max(const Fields& fields) {
    std::size_t octets = 0;
    for (const auto& field : fields) octets += field.name.size() + field.value.size() + kFieldOverhead;
    return octets;
}

// What comes from a parser or from the configuration has been checked; nothing else may reach the wire (response splitting).
[[maybe_unused]] bool is_well_formed(const Field& field) {
    return is_token(field.name) && is_field_value(field.value) && (!field.is_line || field.line().ends_with(kLineEnd));
}

// Fields that came in one head still lie side by side there: runs of them are copied as one.
Output put_fields(Output out, const Fields& fields) {
    const auto* const end = fields.end();
    for (const auto* field = fields.begin(); field != end; ++field) {
        if (kWrittenElsewhere.has(field->id)) continue;
        assert(is_well_formed(*field));
        if (!field->is_line) {
            out.put_field(*field);
            continue;
        }
        auto run = field->line();
        for (; field + 1 != end && field[1].is_line && field[1].name.data() == run.end(); ++field) {
            if (kWrittenElsewhere.has(field[1].id)) break;
            assert(is_well_formed(field[1]));
            run = {run.data(), run.size() + field[1].line().size()};
        }
        out.put(run);
    }
    return out;
}

Output put_connection(Output out, ConnectionField connection, std::string_view upgrade) {
    switch (connection) {
        case ConnectionField::none: break;
        case ConnectionField::close: out.put("Connection: close\r\n"); break;
        case ConnectionField::keep_alive: out.put("Connection: keep-alive\r\n"); break;
        case ConnectionField::upgrade:
            if (upgrade.empty()) break;
            out.put("Connection: upgrade\r\nUpgrade: ");
            out.put(upgrade);
            out.put("\r\n");
    }
    return out;
}

Output put_length(Output out, std::uint64_t length) {
    out.put("Content-Length: ");
    out.put_number(length);
    out.put("\r\n");
    return out;
}

// RFC 9110 8.6: never in 1xx and 204; 304 states the length of what it stands for, or nothing.
bool may_state_length(std::uint16_t status) { return status >= 200 && status != 204; }

// A 101 that Weir makes itself says it in its fields.
std::string_view upgrade_of(const Response& response) {
    return response.upgrade.empty() ? response.fields.value(FieldId::upgrade) : response.upgrade;
}

std::string_view reason_for(const Response& response) { return response.reason.empty() ? reason_of(response.status) : response.reason; }

}  // namespace

std::size_t head_octets_max(const Request& request, std::string_view target) {
    return request.method_name.size() + std::max(target.size(), request.target.size()) + request.authority.size() + request.upgrade.size() +
           fields_octets_max(request.fields) + kFixedMax;
}

std::size_t head_octets_max(const Response& response) {
    return reason_for(response).size() + response.upgrade.size() + fields_octets_max(response.fields) + kFixedMax;
}

std::size_t write_head(const Request& request, std::string_view target, ConnectionField connection, char* to) {
    assert(is_token(request.method_name) && find_not_target(target, 0) == target.size());
    Output out(to);
    out.put(request.method_name);
    out.put(" ");
    out.put(target);
    out.put(" HTTP/1.1\r\n");
    // An HTTP/1.0 client may have sent none; HTTP/1.1 has one always, an empty one when there is nothing to say (RFC 9112 3.2).
    if (!request.fields.has(FieldId::host)) {
        out.put("Host: ");
        out.put(request.authority);
        out.put("\r\n");
    }
    out = put_fields(out, request.fields);
    if (request.framing == Framing::length) out = put_length(out, request.content_length);
    else if (request.framing == Framing::chunked) out.put("Transfer-Encoding: chunked\r\n");
    out = put_connection(out, connection, request.upgrade);
    out.put("\r\n");
    return out.size_since(to);
}

std::size_t write_head(const Response& response, ConnectionField connection, bool writes_zero_length, char* to) {
    assert(is_field_value(response.reason));
    Output out(to);
    out.put("HTTP/1.1 ");
    out.put_number(response.status);
    out.put(" ");
    out.put(reason_for(response));
    out.put("\r\n");
    out = put_fields(out, response.fields);
    const bool may = may_state_length(response.status);
    if (response.framing == Framing::chunked && may) out.put("Transfer-Encoding: chunked\r\n");
    else if (may && (response.framing == Framing::length || response.states_length)) out = put_length(out, response.content_length);
    else if (may && response.status != 304 && response.framing == Framing::none && writes_zero_length) out = put_length(out, 0);
    out = put_connection(out, connection, upgrade_of(response));
    // RFC 9110 15.5.22: it says what it wants, whether the connection stays or goes.
    if (response.status == 426) out = put_connection(out, ConnectionField::upgrade, response.upgrade);
    out.put("\r\n");
    return out.size_since(to);
}

std::size_t trailer_octets_max(const Fields& trailers) { return fields_octets_max(trailers) + kLineEnd.size(); }

std::size_t write_trailers(const Fields& trailers, char* to) {
    Output out(to);
    for (const auto& field : trailers) {
        assert(is_well_formed(field));
        out.put_field(field);
    }
    out.put("\r\n");
    return out.size_since(to);
}

namespace {

bool names(std::string_view options, std::string_view name) {
    bool found = false;
    for_each_token(options, [&](std::string_view option) { found = found || equal_ignoring_case(option, name); });
    return found;
}

// Does Connection say more than the words every client sends?
bool names_fields(std::string_view options) {
    if (equal_ignoring_case(options, "keep-alive") || equal_ignoring_case(options, "close")) [[likely]]
        return false;
    bool found = false;
    for_each_token(options, [&](std::string_view option) { found = found || !names("keep-alive, close, upgrade", option); });
    return found;
}

}  // namespace

bool has_fields_of_the_hop(const Fields& fields) {
    return fields.has(FieldId::connection) && fields.has(FieldId::other) && names_fields(fields.joined(FieldId::connection));
}

void remove_hop_by_hop(Fields& fields) {
    if (!fields.has_any(kHopByHop)) return;
    // "Connection: Host", "Connection: X-Forwarded-For": names that everybody on the way reads are not the sender's to remove
    // (hop-by-hop abuse). What Connection names goes only when Weir knows it not (RFC 9110 7.6.1).
    if (has_fields_of_the_hop(fields)) {
        const auto options = fields.joined(FieldId::connection);
        fields.remove_if([&](const Field& field) { return field.id == FieldId::other && names(options, field.name); });
    }
    fields.remove(kHopByHop);
}

}  // namespace weir::http::h1
