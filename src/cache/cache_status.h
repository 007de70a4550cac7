// Cache-Status (RFC 9211): what the cache did, told in the reply. Pure functions; text in the arena.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "base/clock.h"
#include "cache/freshness.h"
#include "cache/storing.h"

namespace weir::cache {

// Why a request went on to the origin (RFC 9211 2.2).
enum class Forwarded : std::uint8_t { no, bypass, method, uri_miss, vary_miss, request, stale, partial };
std::string_view word_of(Forwarded forwarded);
Forwarded forwarded_because(Refusal refusal);  // refuses_request() said it
Forwarded forwarded_because(Why why);          // use() said it: Verdict::revalidate

struct CacheStatus {
    std::string_view cache = "Weir";  // a token, or anything, which is quoted
    bool is_hit = false;
    Forwarded forwarded = Forwarded::no;
    std::uint16_t forwarded_status = 0;  // 0: not told
    std::optional<std::int64_t> ttl_seconds;
    bool is_stored = false;
    bool is_collapsed = false;
    std::string_view key;     // empty: not told. Octets that no String holds make it left out
    std::string_view detail;  // a token (word_of(Refusal) …), or anything, which is quoted
};
// "Weir; hit; ttl=376"
std::string_view write_cache_status(const CacheStatus& status, Arena& arena);
// As a line of its own after those of caches nearer to the origin (RFC 9211 2).
void append_cache_status(http::Fields& response, const CacheStatus& status);

}  // namespace weir::cache
