// Directives of sites, and those that share and choose: use, reset, route, when.
#include "config/schema.h"

namespace weir::config {

namespace {

constexpr Directive kTable[] = {
    {.name = "reset",
     .stands_in = BlockKind::site | BlockKind::route | BlockKind::use,
     .forms = {"[DIRECTIVE...]"},
     .repeat = Repeat::many,
     .stage = Stage::share,
     .help = "drops what these directives have taken over from outside; without a name: everything",
     .details = "A route adds to its site, and a site to the top level. `reset header` begins anew with `header`. In the block of a `use` "
                "it drops what "
                "the policy says.",
     .example = "reset header log"},
    {.name = "use",
     .stands_in = kTraffic,
     .forms = {"POLICY"},
     .repeat = Repeat::many,
     .braces = Braces::may,
     .opens = BlockKind::use,
     .stage = Stage::share,
     .help = "brings in a policy, and what the block adds to it",
     .details = "What the site or the route says itself counts more than what its policies say. Two policies that differ are an error.",
     .example = "use public { body max 64MiB }"},
    {.name = "listen",
     .stands_in = BlockKind::site,
     .forms = {"ADDRESS... [proxy_protocol] [tls]"},
     .repeat = Repeat::many,
     .stage = Stage::name,
     .help = "addresses that reach this site, besides those that its names say by a port or a scheme; in the clear, or with `tls`",
     .details =
         "With `proxy_protocol` every connection must begin with a PROXY header, v1 or v2, and come from one of the `trusted_proxies`.",
     .example = "listen 127.0.0.1:8080 unix:/run/weir/http.sock"},
    {.name = "canonical",
     .stands_in = BlockKind::site,
     .forms = {"HOST"},
     .stage = Stage::name,
     .help = "redirects the other names of the site to this one",
     .example = "canonical shop.example.com"},
    {.name = "route",
     .stands_in = BlockKind::site,
     .forms = {"PATTERN..."},
     .repeat = Repeat::many,
     .braces = Braces::must,
     .opens = BlockKind::route,
     .stage = Stage::route,
     .help = "says what happens to requests for these paths; the first route that matches wins",
     .details =
         "`/a` is that path, `/a/*` everything below it and `/a` itself, `/a/*/b` and `*.png` match with `*` as any text, `~^/x` is a "
         "regex. A route that an earlier one always wins against is an error.",
     .example = "route /api/* {\n    proxy api\n}"},
    {.name = "when",
     .stands_in = BlockKind::route,
     .forms = {"method METHOD...",
               "header FIELD [MATCH...]",
               "query NAME [MATCH...]",
               "cookie NAME [MATCH...]",
               "client CIDR...",
               "tls",
               "tls version 1.2|1.3...",
               "tls sni MATCH...",
               "tls client_cert [MATCH...]",
               "ja4 MATCH...",
               "ja3 MATCH...",
               "not method METHOD...",
               "not header FIELD [MATCH...]",
               "not query NAME [MATCH...]",
               "not cookie NAME [MATCH...]",
               "not client CIDR...",
               "not tls",
               "not tls version 1.2|1.3...",
               "not tls sni MATCH...",
               "not tls client_cert [MATCH...]",
               "not ja4 MATCH...",
               "not ja3 MATCH..."},
     .repeat = Repeat::many,
     .stage = Stage::match,
     .help = "a condition of the route besides its path; all of them must hold",
     .details = "Of several values one must match; a header, parameter or cookie without a value must be there. A value is a text, a glob "
                "with `*`, or one `~regex`. `tls` is about the client's own connection: encrypted at all, its version, the name that its "
                "handshake asked for, the subject of the client's certificate (without a value: that one was shown and accepted). `ja4` "
                "and `ja3` are fingerprints of the client's TLS: what it runs, not who it is.",
     .example = "when method GET HEAD"},
};
static_assert(are_sound(kTable));

}  // namespace

std::span<const Directive> site_directives() { return kTable; }

}  // namespace weir::config
