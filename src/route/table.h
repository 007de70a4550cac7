// The compiled route table: (listener, host, path, method, fields, query, client) → (site, route). Built once a Snapshot, immutable,
// read by all workers. First match wins, top to bottom, within the site; sites by exact host, then the longest wildcard, then the
// default of the listener. Cost: a hash look-up for the host and a radix walk for the path, nearly independent of their number.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/place.h"
#include "base/regex.h"
#include "http/message.h"
#include "net/address.h"

namespace weir::tls {
struct ConnectionFacts;
}

namespace weir::route {

// Patterns are compared with the normalised path; their own escapes are brought into the same form ("/caf\xc3\xa9" means "/caf%C3%A9").
// '*' is any text, '/' included, empty too. Where a pattern ends in "/*" it also matches without it: "/a/*" matches "/a".
struct PathPattern {
    enum class Kind : std::uint8_t { any, exact, prefix, glob, regex };
    Kind kind = Kind::any;
    std::string text;  // exact "/a"; prefix "/a/" for "/a/*" (which matches "/a" too); glob "/a/*/b", "*.png"; regex without '~'

    // "/a", "/a/*", "/img-*", "/a/*/b", "*.png", "~^/x", "/*" and "*" for every path.
    static PathPattern parse(std::string_view written);
    std::string written() const;
};

// One condition besides the path; all of a route's must hold. Where a header, parameter or cookie came several times, one that matches
// is enough; is_negated asks that none does. Values compare with case; in a glob '*' is any text.
struct Condition {
    enum class Kind : std::uint8_t { method, header, query, cookie, client, tls, tls_version, tls_name, tls_client, ja3, ja4 };
    enum class Test : std::uint8_t { present, equals, regex, glob };
    Kind kind = Kind::method;
    Test test = Test::present;
    bool is_negated = false;
    std::string name;                    // of the header, parameter, cookie
    std::vector<std::string> values;     // any of them (methods, exact values, globs, regexes)
    std::vector<net::Network> networks;  // client
};

struct RouteSpec {
    std::vector<PathPattern> paths;  // any of them; empty: every path
    std::vector<Condition> conditions;
    std::string name;  // as written, for explain, logs and metrics
    Place place;
};

struct SiteSpec {
    // "shop.example.com", "*.example.com" (one or more labels below it, not itself), "" for every host not named elsewhere. Lower case,
    // A-labels.
    std::vector<std::string> hosts;
    std::vector<std::uint32_t> listeners;  // indices; a site is reached only through these
    std::vector<RouteSpec> routes;
    std::string name;
    Place place;
};

struct Query {
    std::uint32_t listener = 0;
    std::string_view host;   // normalised authority without port; empty when there is none
    std::string_view path;   // normalised
    std::string_view query;  // as it came
    const http::Request* request = nullptr;
    net::Ip client;
    const tls::ConnectionFacts* tls = nullptr;  // of the client's connection; nullptr: it is in the clear
};

inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

struct Match {
    std::uint32_t site = kNone;
    std::uint32_t route = kNone;                 // within the site
    std::span<const std::string_view> captures;  // of the path regex that matched; in the arena
};

// Why a route was passed over or taken: what explain prints.
struct Step {
    std::uint32_t route = 0;
    bool matched = false;
    std::string reason;  // "path", "method GET is not POST", "header X-Beta is absent" …
};
struct Trace {
    std::string site_reason;  // "exact host", "wildcard *.example.com", "default of the listener", "no site"
    std::vector<Step> steps;
};

// A route that can never match, a host named twice on a listener, a bad regex …
struct TableFault {
    bool is_error = true;  // false: a warning
    std::uint32_t site = 0;
    std::uint32_t route = kNone;
    std::string message;  // "this route can never match: '/assets/img/*' is covered by '/assets/*' (line 33)"
};

class Table {
public:
    // Sites and routes keep their order: indices in Match are those of the input.
    static std::unique_ptr<const Table> build(std::span<const SiteSpec> sites, std::vector<TableFault>& faults);
    ~Table();

    // The pure function. `trace`, when given, is filled for explain; live traffic gives none.
    Match find(const Query& query, Arena& arena, Trace* trace = nullptr) const;

private:
    Table();
    struct Compiled;
    std::unique_ptr<Compiled> compiled_;
};

}  // namespace weir::route
