// Rewriting the target before it is forwarded: strip a prefix, replace, or a regex with captures. Works on the normalised path and
// writes a new target; without a rewrite, or when none applies, the origin gets what came. Several are applied in their order, each
// to what the last one left. The query stays, unless a new text brings one: "/new?a=1"; a bare '?' at its end drops it.
// strip_prefix cuts whole segments ("/api" from "/api/x", not from "/apix") and keeps the escapes that the client sent.
// Decoded values ($query{x}, headers, cookies) are percent-encoded; dot segments of a result are resolved (path traversal).
#pragma once

#include <string>
#include <vector>

#include "base/regex.h"
#include "http/template.h"

namespace weir::filter {

struct Rewrite {
    enum class Kind : std::uint8_t { strip_prefix, replace, regex, to };
    Kind kind = Kind::strip_prefix;
    std::string from;          // prefix, or text to replace (every occurrence)
    std::vector<Regex> regex;  // one, when kind is regex
    http::Template to;         // the whole new path; $1 … are captures of the regex; may hold a query
};
using Rewrites = std::vector<Rewrite>;

// The new target ("/path?query", valid for a request line: what is not allowed there is percent-encoded); the old one when nothing applied.
std::string_view rewritten_target(const Rewrites& rewrites, const http::Facts& facts, Arena& arena);

}  // namespace weir::filter
