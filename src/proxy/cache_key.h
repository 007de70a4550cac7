// The key under which the answer to a request is stored, as the walk, explain and the admin API make it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cache/key.h"
#include "http/facts.h"

namespace weir::proxy {

struct RoutePlan;

// `facts`: with host, target and scheme.
cache::KeyInput key_input(const http::Request& request, const http::Facts& facts);
// The fields by which a request selects among stored answers, in `key header` and in Vary: those that the origin sees. What the client sent
// and the route edits would tell nothing; what he names in Connection, and so takes out on the way, would let him have an answer stored
// for those who mean what they say (cache poisoning by hop-by-hop fields). Of the request itself, or in its arena.
const http::Fields& selecting_fields(const RoutePlan& route, const http::Facts& facts);
// Of an absolute URL, "http://host/path?query", as a route with this policy reads it; its parts are in the arena. Else what is wrong
// with it, for a person.
std::expected<cache::KeyInput, std::string> key_input(std::string_view url, const http::PathPolicy& paths, Arena& arena);

// A fetch asks for what the key says. Whether the client asks just so: else he could have an answer to "/a//b" or "/%61", whatever his
// origin makes of that, stored for those who ask for "/a/b" or "/a" (cache poisoning by the spelling).
inline bool is_asked_by_key(const cache::Key& key, const http::Target& target) {
    return !key.is_query_changed && target.raw_path == target.path;
}

// Which requests for a key are alike where its answers can't be stored (cache/pass_marks.h): those with the same credentials, those with
// cookies, those with neither. What the origin answers to one kind says nothing of the others: else anybody could keep a page out of the
// cache.
std::uint64_t pass_mark(std::uint64_t hash, const http::Fields& request);

}  // namespace weir::proxy
