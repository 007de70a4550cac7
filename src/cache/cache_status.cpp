#include "cache/cache_status.h"

#include <algorithm>
#include <charconv>

#include "base/put_text.h"
#include "base/text.h"
#include "http/octets.h"

namespace weir::cache {

std::string_view word_of(Forwarded forwarded) {
    switch (forwarded) {
        case Forwarded::no: return "";
        case Forwarded::bypass: return "bypass";
        case Forwarded::method: return "method";
        case Forwarded::uri_miss: return "uri-miss";
        case Forwarded::vary_miss: return "vary-miss";
        case Forwarded::request: return "request";
        case Forwarded::stale: return "stale";
        case Forwarded::partial: return "partial";
    }
    return "";
}

Forwarded forwarded_because(Refusal refusal) {
    switch (refusal) {
        case Refusal::none: return Forwarded::no;
        case Refusal::method: return Forwarded::method;
        case Refusal::request_body:
        case Refusal::precondition:
        case Refusal::upgrade: return Forwarded::request;
        default: return Forwarded::bypass;
    }
}

Forwarded forwarded_because(Why why) {
    switch (why) {
        case Why::has_no_entry: return Forwarded::uri_miss;
        case Why::request_no_cache:
        case Why::request_max_age:
        case Why::request_min_fresh: return Forwarded::request;
        default: return Forwarded::stale;
    }
}

namespace {

bool is_token_octet(char c) { return http::is_octet(c, http::kTokenOctet) || c == ':' || c == '/'; }

bool is_token(std::string_view text) {
    return !text.empty() && (is_alpha(text.front()) || text.front() == '*') && std::ranges::all_of(text, is_token_octet);
}

bool is_string(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// Writes into memory of the arena that is large enough for the longest: every hit has one.
class Line {
public:
    Line(std::size_t octets_max, Arena& arena) : start_(static_cast<char*>(arena.allocate(octets_max, 1))), at_(start_) {}

    void put(std::string_view text) { at_ = put_text(at_, text); }
    void put_number(std::string_view name, std::int64_t number) {
        put(name);
        at_ = std::to_chars(at_, at_ + kDigitsMax, number).ptr;
    }
    void put_string(std::string_view text) {
        *at_++ = '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') *at_++ = '\\';
            *at_++ = c;
        }
        *at_++ = '"';
    }
    void put_token_or_string(std::string_view text) {
        if (is_token(text)) put(text);
        else put_string(text);
    }
    std::string_view view() const { return {start_, static_cast<std::size_t>(at_ - start_)}; }

    static constexpr std::size_t kDigitsMax = 20;

private:
    char* start_;
    char* at_;
};

// All names and two numbers.
constexpr std::size_t kPlainOctetsMax = 160;

}  // namespace

std::string_view write_cache_status(const CacheStatus& status, Arena& arena) {
    Line line(kPlainOctetsMax + 2 * (status.cache.size() + status.key.size() + status.detail.size()), arena);
    line.put_token_or_string(is_string(status.cache) ? status.cache : "Weir");
    // RFC 9211 2.1: either hit or fwd.
    if (status.is_hit) line.put("; hit");
    if (!status.is_hit && status.forwarded != Forwarded::no) {
        line.put("; fwd=");
        line.put(word_of(status.forwarded));
        if (status.forwarded_status != 0) line.put_number("; fwd-status=", status.forwarded_status);
    }
    if (status.is_stored) line.put("; stored");
    if (status.is_collapsed) line.put("; collapsed");
    if (status.ttl_seconds) line.put_number("; ttl=", *status.ttl_seconds);
    if (!status.key.empty() && is_string(status.key)) {
        line.put("; key=");
        line.put_string(status.key);
    }
    if (!status.detail.empty() && is_string(status.detail)) {
        line.put("; detail=");
        line.put_token_or_string(status.detail);
    }
    return line.view();
}

void append_cache_status(http::Fields& response, const CacheStatus& status) {
    response.add(http::FieldId::cache_status, write_cache_status(status, response.arena()));
}

}  // namespace weir::cache
