// What the answer to an unsafe request makes stale (RFC 9111 4.4), and cache groups (RFC 9875). Pure functions.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace weir::cache {

// Not GET, HEAD, OPTIONS or TRACE, unknown methods included, and the answer is no error (2xx, 3xx).
bool invalidates(http::Method method, std::uint16_t status);

// The target's origin: what Location and Content-Location are held against.
struct Origin {
    http::Scheme scheme = http::Scheme::http;
    std::string_view host;   // normalised, without port
    std::uint16_t port = 0;  // of the authority, or the scheme's
};

// A reference (RFC 3986 5) against a target in origin-form: the target it names, in origin-form without fragment, when it is of the
// same origin; nullopt otherwise. Another origin's URIs are never touched: a site could empty its neighbour's cache.
std::optional<std::string_view> same_origin_target(const Origin& origin, std::string_view target, std::string_view reference, Arena& arena);

// Targets beside the request's own: of Location and Content-Location.
struct AlsoInvalid {
    std::array<std::string_view, 2> targets;
    std::size_t count = 0;
    std::span<const std::string_view> all() const { return {targets.data(), count}; }
};
AlsoInvalid also_invalid(const Origin& origin, const http::Request& request, const http::Response& response);

// Cache-Groups and Cache-Group-Invalidation: a List of Strings (RFC 9875 2, 3); empty when it is malformed. Groups belong to an origin:
// prefix them with it. At most kGroupsMax of kGroupOctetsMax count.
inline constexpr std::size_t kGroupsMax = 64;
inline constexpr std::size_t kGroupOctetsMax = 128;
std::span<const std::string_view> read_groups(const http::Fields& fields, Arena& arena);
// Of an answer that invalidates(); the caller asks that first (RFC 9875 3).
std::span<const std::string_view> read_invalid_groups(const http::Fields& fields, Arena& arena);

}  // namespace weir::cache
