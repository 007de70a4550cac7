// The key under which the answer to a request is stored, as the walk, explain and the admin API make it.
#pragma once

#include <optional>
#include <string_view>

#include "cache/key.h"
#include "http/facts.h"

namespace weir::proxy {

// `facts`: with host, target and scheme.
cache::KeyInput key_input(const http::Request& request, const http::Facts& facts);
// Of an absolute URL: "http://host/path?query"; its parts are in the arena. nullopt: it is none.
std::optional<cache::KeyInput> key_input(std::string_view url, Arena& arena);

// Which requests for a key are alike where its answers can't be stored (cache/pass_marks.h): those with the same credentials, those with
// cookies, those with neither. What the origin answers to one kind says nothing of the others: else anybody could keep a page out of the
// cache.
std::uint64_t pass_mark(std::uint64_t hash, const http::Fields& request);

}  // namespace weir::proxy
