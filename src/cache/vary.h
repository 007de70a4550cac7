// Vary: which stored variant fits a request (RFC 9111 4.1). A variant's key is text made of the request's fields that Vary names, in a
// normal form; two requests with equal text select the same variant. Pure functions; results in the arena.
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"
#include "http/fields.h"

namespace weir::cache {

inline constexpr std::size_t kVaryNamesMax = 16;
inline constexpr std::size_t kVariantKeyOctetsMax = 4096;

struct Vary {
    bool is_any = false;       // "*" anywhere: no request ever matches
    bool is_too_long = false;  // more than kVaryNamesMax names, or one that is no token: treat as "*"
    std::string_view names;    // lower case, sorted, each once, joined by ","; empty: does not vary
};
Vary read_vary(const http::Fields& response, Arena& arena);

// The key of the variant that `request` selects, for Vary::names of a stored answer. Empty when names is. nullopt: longer than
// kVariantKeyOctetsMax, nothing may be stored or looked up. Absent differs from empty; lines are joined, white space around commas goes;
// Accept-Encoding and Accept-Language are sorted, in lower case, weights in one form.
std::optional<std::string_view> variant_key(std::string_view names, const http::Fields& request, Arena& arena);

// A second chance for an answer that varies by nothing but Accept-Language: its Content-Language is one tag, and the one that the
// request wants most, alone (RFC 9110 12.5.4).
bool wants_language(const http::Fields& request, std::string_view content_language);

}  // namespace weir::cache
