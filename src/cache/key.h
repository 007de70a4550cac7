// The primary key of the cache: text that says which requests get the same answer. Collisions are impossible by construction: every part
// begins with an octet that no earlier part can hold. Pure functions; the key is in the arena.
//
// https://host[:port]/normalised/path[?query][\n<kind><name>[:value]]…
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "http/message.h"

namespace weir::cache {

inline constexpr std::size_t kKeyOctetsMax = 8192;     // a longer key: the cache has no part in the exchange
inline constexpr std::size_t kKeyParametersMax = 256;  // parameters of a query that are sorted or chosen; the same

// What a key is made of, as configured. Lives as long as the Snapshot.
struct KeyPlan {
    bool keeps_query = true;           // false: no query counts, and none goes to the origin
    std::vector<std::string> dropped;  // globs of parameter names ("utm_*"), compared with decoded names
    std::vector<std::string> kept;     // globs; not empty: only these count
    bool sorts_query = false;          // by name; equal names keep their order
    std::vector<std::string> headers;  // added: name and value, in the normal form of Vary
    std::vector<std::string> cookies;  // added: the named cookies' values
    // Added: where the URL alone does not say which route answers (`when`, several sites of one name), a text that says it. What one of
    // them brings, perhaps for few, is not for those whom another one answers.
    std::string scope;
};

struct KeyInput {
    http::Scheme scheme = http::Scheme::http;
    std::string_view host;   // normalised, without port
    std::uint16_t port = 0;  // that the authority names; 0: none
    std::string_view path;   // normalised as for routing (cache deception: both read it alike)
    std::string_view query;
    bool has_query = false;
    const http::Fields* fields = nullptr;  // of the request
};

struct Key {
    std::string_view text;
    std::string_view uri;  // the part of it that uri_key() gives
    // The query that counts. It is also what the origin must get: a parameter that is in no key but changes the answer would let one
    // client choose what others see (cache poisoning by unkeyed or cloaked parameters).
    std::string_view query;
    bool has_query = false;
    bool is_query_changed = false;
};
std::optional<Key> make_key(const KeyPlan& plan, const KeyInput& input, Arena& arena);

// The key of another target of the same host by the same plan, without headers and cookies: what an invalidation or a purge by
// URL looks for. Entries hang below it: a key begins with it and ends there, or goes on with '\n'.
std::optional<std::string_view> uri_key(const KeyPlan& plan, const KeyInput& input, Arena& arena);
std::string_view uri_part(std::string_view key);

// Fields of requests that origins are known to build answers from though they are in no key: X-Forwarded-Host, X-Original-URL,
// X-Rewrite-URL, X-Host, Forwarded, X-HTTP-Method-Override … Such a field does not go to the origin of a cached route as the client sent
// it, unless the plan has it in the key (web cache poisoning).
bool is_dangerous_unkeyed(std::string_view name, const KeyPlan& plan);
bool has_dangerous_unkeyed(const http::Fields& request, const KeyPlan& plan);
void remove_dangerous_unkeyed(http::Fields& request, const KeyPlan& plan);

// '*' any octets, '?' one; the rest as it stands.
bool matches_glob(std::string_view glob, std::string_view text);

}  // namespace weir::cache
