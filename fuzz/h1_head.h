// What the targets of request and response heads share: a head is parsed from octets that come in parts, and written again.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "http/h1/parser.h"
#include "http/h1/scan.h"
#include "http/h1/writer.h"

namespace weir::fuzz {

inline constexpr http::h1::HeadLimits kLimits{.request_line_max = 300, .header_count_max = 20, .header_bytes_max = 1000};
inline constexpr http::h1::HeadLimits kWide{.request_line_max = 100'000, .header_count_max = 1000, .header_bytes_max = 1'000'000};

inline void require(bool holds) {
    if (!holds) std::abort();
}

struct Parsed {
    http::h1::ParseState state = http::h1::ParseState::need_more;
    std::uint32_t octets = 0;
    Error error;
    std::string text;
    std::string head;  // written again

    bool is_done() const { return state == http::h1::ParseState::done; }
    bool is_bad() const { return state == http::h1::ParseState::bad; }
};

// However the octets were cut, the result is the same.
inline void require_same(const Parsed& whole, const Parsed& other) {
    require(other.state == whole.state && other.octets == whole.octets && other.text == whole.text);
    require(other.error.code == whole.error.code && std::string_view(other.error.detail) == whole.error.detail);
}

// What was written reads as what was read.
inline void require_again(const Parsed& first, const Parsed& again) {
    require(again.is_done() && again.octets == first.head.size() && again.text == first.text);
}

inline bool is_forwarded(const http::Field& field) {
    using Id = http::FieldId;
    constexpr http::FieldSet kWrittenByTheCodec{Id::connection, Id::content_length,   Id::transfer_encoding,
                                                Id::keep_alive, Id::proxy_connection, Id::upgrade,
                                                Id::te,         Id::http2_settings};
    return !kWrittenByTheCodec.has(field.id);
}

inline std::string text_of(const http::Fields& fields) {
    std::string text;
    for (const auto& field : fields) {
        require(http::h1::is_token(field.name) && http::h1::is_field_value(field.value));
        require(field.id == http::id_of(field.name));
        if (is_forwarded(field)) text.append(field.name).append(":").append(field.value).append("\n");
    }
    return text;
}

// `first`: octets of the first part; then `step` more each time. A buffer of exactly the right size each: nothing may look behind its end
// or keep pointers into the last. `read`: the parser's step; `take`: what is told of a message that is done.
template <class Read, class Take>
Parsed parse_in_parts(std::string_view octets, std::size_t first, std::size_t step, Read&& read, Take&& take) {
    Parsed parsed;
    std::unique_ptr<char[]> buffer;
    for (std::size_t size = first;; size = std::min(size + step, octets.size())) {
        buffer = std::make_unique<char[]>(size);
        octets.copy(buffer.get(), size);
        const http::h1::ParseStep result = read(std::string_view(buffer.get(), size));
        parsed.state = result.state;
        parsed.octets = result.head_octets;
        parsed.error = result.error;
        if (parsed.state != http::h1::ParseState::need_more || size == octets.size()) break;
    }
    if (!parsed.is_done()) return parsed;
    require(parsed.octets <= octets.size());
    take(parsed);
    return parsed;
}

}  // namespace weir::fuzz
