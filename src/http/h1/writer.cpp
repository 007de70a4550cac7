#include "http/h1/writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

#include "base/text.h"
#include "http/h1/scan.h"

namespace weir::http::h1 {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kVersion = "HTTP/1.1";  // our own, whatever came (RFC 9110 2.5)
constexpr std::string_view kHost = "Host: ";
constexpr std::string_view kContentLength = "Content-Length: ";
constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n";
constexpr std::string_view kConnection = "Connection: upgrade\r\nUpgrade: ";  // the longest of them
constexpr std::size_t kLengthDigitsMax = 20;
constexpr std::size_t kStatusDigits = 3;
constexpr std::size_t kFieldOverhead = 4;  // ": " and the line's end
// Everything that does not depend on the message: framing, connection, line ends.
constexpr std::size_t kFixedMax = kVersion.size() + kHost.size() + kContentLength.size() + kLengthDigitsMax + kChunked.size() +
                                  kConnection.size() + kStatusDigits + 12 * kLineEnd.size();

// What this connection's codec says itself, or what concerned the connection the message came by.
constexpr FieldSet kWrittenElsewhere{FieldId::connection, FieldId::content_length,   FieldId::transfer_encoding,
                                     FieldId::keep_alive, FieldId::proxy_connection, FieldId::upgrade,
                                     FieldId::te,         FieldId::http2_settings};

constexpr FieldSet kHopByHop{FieldId::connection, FieldId::keep_alive,         FieldId::proxy_connection,    FieldId::te,
                             FieldId::trailer,    FieldId::proxy_authenticate, FieldId::proxy_authorization, FieldId::transfer_encoding,
                             FieldId::upgrade,    FieldId::http2_settings};

// Names and values are mostly under 32 octets: two moves that may overlap, instead of a call.
class Output {
public:
    explicit Output(char* out) : start_(out), at_(out) {}

    void put(std::string_view text) {
        const auto size = text.size();
        if (size <= 32) [[likely]]
            put_short(text.data(), size);
        else std::memcpy(at_, text.data(), size);
        at_ += size;
    }
    void put(char c) { *at_++ = c; }
    void put_number(std::uint64_t number) { at_ = std::to_chars(at_, at_ + kLengthDigitsMax, number).ptr; }
    void put_field(const Field& field) {
        // What comes from a parser or from the configuration has been checked; nothing else may reach the wire (response splitting).
        assert(is_token(field.name) && is_field_value(field.value));
        put(field.name);
        put(": ");
        put(field.value);
        put(kLineEnd);
    }
    std::size_t size() const { return static_cast<std::size_t>(at_ - start_); }

private:
    template <std::size_t octets>
    void put_ends(const char* from, std::size_t size) {
        std::array<char, octets> first, last;
        std::memcpy(first.data(), from, octets);
        std::memcpy(last.data(), from + size - octets, octets);
        std::memcpy(at_, first.data(), octets);
        std::memcpy(at_ + size - octets, last.data(), octets);
    }
    void put_short(const char* from, std::size_t size) {
        if (size >= 16) return put_ends<16>(from, size);
        if (size >= 8) return put_ends<8>(from, size);
        if (size >= 4) return put_ends<4>(from, size);
        for (std::size_t i = 0; i < size; ++i) at_[i] = from[i];
    }

    char* start_;
    char* at_;
};

std::size_t fields_octets_max(const Fields& fields) {
    std::size_t octets = 0;
    for (const auto& field : fields) octets += field.name.size() + field.value.size() + kFieldOverhead;
    return octets;
}

// Fields that came in one head still lie side by side there, "Name: value\r\nName: value\r\n": is `next` right behind `field`?
bool is_adjacent(const Field& field, const Field& next) {
    const auto* const name_end = field.name.data() + field.name.size();
    const auto* const value_end = field.value.data() + field.value.size();
    return field.value.data() == name_end + 2 && next.name.data() == value_end + 2 && std::memcmp(name_end, ": ", 2) == 0 &&
           std::memcmp(value_end, kLineEnd.data(), 2) == 0;
}

// Runs of adjacent fields are copied as one.
void put_fields(Output& out, const Fields& fields) {
    const auto* const end = fields.end();
    for (const auto* field = fields.begin(); field != end; ++field) {
        if (kWrittenElsewhere.has(field->id)) continue;
        const auto* const start = field->name.data();
        while (field + 1 != end && !kWrittenElsewhere.has(field[1].id) && is_adjacent(field[0], field[1])) ++field;
        if (start != field->name.data()) out.put({start, static_cast<std::size_t>(field->name.data() - start)});
        out.put_field(*field);
    }
}

void put_connection(Output& out, ConnectionField connection, std::string_view upgrade) {
    switch (connection) {
        case ConnectionField::none: return;
        case ConnectionField::close: return out.put("Connection: close\r\n");
        case ConnectionField::keep_alive: return out.put("Connection: keep-alive\r\n");
        case ConnectionField::upgrade:
            if (upgrade.empty()) return;
            out.put(kConnection);
            out.put(upgrade);
            out.put(kLineEnd);
    }
}

void put_length(Output& out, std::uint64_t length) {
    out.put(kContentLength);
    out.put_number(length);
    out.put(kLineEnd);
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
    out.put(' ');
    out.put(target);
    out.put(' ');
    out.put(kVersion);
    out.put(kLineEnd);
    // An HTTP/1.0 client may have sent none; HTTP/1.1 has one always, an empty one when there is nothing to say (RFC 9112 3.2).
    if (!request.fields.has(FieldId::host)) {
        out.put(kHost);
        out.put(request.authority);
        out.put(kLineEnd);
    }
    put_fields(out, request.fields);
    if (request.framing == Framing::length) put_length(out, request.content_length);
    else if (request.framing == Framing::chunked) out.put(kChunked);
    put_connection(out, connection, request.upgrade);
    out.put(kLineEnd);
    return out.size();
}

std::size_t write_head(const Response& response, ConnectionField connection, bool writes_zero_length, char* to) {
    Output out(to);
    out.put(kVersion);
    out.put(' ');
    out.put_number(response.status);
    out.put(' ');
    assert(is_field_value(response.reason));
    out.put(reason_for(response));
    out.put(kLineEnd);
    put_fields(out, response.fields);
    const bool may = may_state_length(response.status);
    if (response.framing == Framing::chunked && may) out.put(kChunked);
    else if (may && (response.framing == Framing::length || response.states_length)) put_length(out, response.content_length);
    else if (may && response.status != 304 && response.framing == Framing::none && writes_zero_length) put_length(out, 0);
    put_connection(out, connection, upgrade_of(response));
    out.put(kLineEnd);
    return out.size();
}

std::size_t trailer_octets_max(const Fields& trailers) { return fields_octets_max(trailers) + kLineEnd.size(); }

std::size_t write_trailers(const Fields& trailers, char* to) {
    Output out(to);
    for (const auto& field : trailers) out.put_field(field);
    out.put(kLineEnd);
    return out.size();
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

void remove_hop_by_hop(Fields& fields) {
    if (!fields.has_any(kHopByHop)) return;
    // "Connection: Host", "Connection: X-Forwarded-For": names that everybody on the way reads are not the sender's to remove
    // (hop-by-hop abuse). What Connection names goes only when Weir knows it not (RFC 9110 7.6.1).
    if (fields.has(FieldId::connection) && fields.has(FieldId::other)) {
        const auto options = fields.joined(FieldId::connection);
        if (names_fields(options))
            fields.remove_if([&](const Field& field) { return field.id == FieldId::other && names(options, field.name); });
    }
    fields.remove(kHopByHop);
}

}  // namespace weir::http::h1
