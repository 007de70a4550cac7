// Directives of the cache: zones at the top level, and what of a route's answers is stored.
#include "config/schema.h"

namespace weir::config {

namespace {

constexpr BlockKind kZone = BlockKind::cache_zone;
constexpr BlockKind kCache = BlockKind::cache;
constexpr BlockKind kBoth = BlockKind::cache_zone | BlockKind::cache;

constexpr Directive kTable[] = {
    {.name = "cache",
     .stands_in = BlockKind::file,
     .forms = {"NAME"},
     .repeat = Repeat::many,
     .braces = Braces::must,
     .opens = kZone,
     .help = "names a cache: memory that all workers share, and what holds for the routes that use it",
     .details = "A route uses it by its name. The cache named `default` is there without being declared.",
     .example = "cache main {\n    memory 512MiB\n    stale while_revalidate 60s if_error 24h\n}"},
    {.name = "purges",
     .stands_in = BlockKind::file,
     .forms = {"from CIDR...", "to upstream UPSTREAM"},
     .repeat = Repeat::many,
     .help = "other Weirs whose purges count here as `weir purge` does, and those behind this one that are told of purges",
     .details = "A purge is carried out first by the caches in front of the origin (`parent`), each server of them, which must allow it by "
                "`purges from`; then here; then by those of `purges to`. Whoever is connected is looked at, not X-Forwarded-For. `weir "
                "purge` says what each has "
                "done, and fails when one has not.",
     .example = "purges from 10.0.0.0/8"},
    {.name = "memory",
     .stands_in = kZone,
     .forms = {"SIZE"},
     .fallback = "256MiB",
     .help = "how much memory it takes, everything included; at least 8MiB",
     .details = "What is asked for least leaves first. What leaves while it is being sent counts until it has been sent.",
     .example = "memory 2GiB"},
    {.name = "disk",
     .stands_in = kZone,
     .forms = {"FILE SIZE", "write first|second"},
     .repeat = Repeat::many,
     .help = "a folder that it may fill so far, beside the memory; what is there outlives a restart; at least 64MiB",
     .details =
         "Answers are written there when they are asked for a second time, with `disk write first` as soon as they have come, and read "
         "again when they have left memory. The folder belongs to this cache alone; it is made when it is not there. The table of what "
         "lies there takes memory of its own, 32 octets an answer at most. A disk that is full, slow or broken only makes it of no use: "
         "the "
         "origin is asked, and the log says so.",
     .example = "disk /var/cache/weir 50GiB"},
    {.name = "object",
     .stands_in = kZone,
     .forms = {"max SIZE"},
     .help = "largest body that is stored; without it an eighth of the memory",
     .example = "object max 16MiB"},
    {.name = "cache",
     .stands_in = kTraffic,
     .forms = {"[on|off|NAME] [ttl TIME]"},
     .braces = Braces::may,
     .opens = kCache,
     .stage = Stage::cache,
     .help = "stores answers of the origin that may be stored, and answers with them; without a name in the cache `default`",
     .details =
         "What may be stored, and how long it is fresh, is said by the origin (Cache-Control, Expires, Vary …: RFC 9111); the block can "
         "say it instead. Any number of requests for one thing wait for one fetch. Every reply of such a route tells in "
         "`Cache-Status` what was done. A block in a route adds to the one of its site, part by part.",
     .example = "cache main { ttl 5m; stale while_revalidate 60s if_error 24h }"},
    {.name = "zone",
     .stands_in = kCache,
     .forms = {"[on|off|NAME] [ttl TIME]"},
     .help = "which cache it is; the same as the word behind `cache`",
     .example = "zone main"},
    {.name = "ttl",
     .stands_in = kBoth,
     .forms = {"TIME [STATUSES...]"},
     .repeat = Repeat::many,
     .help = "how long answers are fresh, whatever the origin says of that; with statuses only those, errors too",
     .details = "`no-store`, `private` and `no-cache` of the origin keep their meaning. Of several lines for a status the last counts.",
     .example = "ttl 1m 404 410"},
    {.name = "ttl_default",
     .stands_in = kBoth,
     .forms = {"TIME"},
     .help = "how long answers are fresh of which the origin says nothing; without it a tenth of the time since Last-Modified",
     .example = "ttl_default 30s"},
    {.name = "ttl_max",
     .stands_in = kBoth,
     .forms = {"TIME"},
     .help = "nothing is fresh for longer, whatever the origin says",
     .example = "ttl_max 7d"},
    {.name = "stale",
     .stands_in = kBoth,
     .forms = {"[while_revalidate TIME] [if_error TIME]", "tag TEXT [while_revalidate TIME] [if_error TIME] [keep_serving TIME]"},
     .repeat = Repeat::many,
     .help = "how long after its lifetime an answer is still sent, when the origin says nothing of it: while a new one is fetched "
             "behind the reply, and when the origin fails",
     .details =
         "The origin's own `stale-while-revalidate` and `stale-if-error` come before (RFC 5861); `must-revalidate` forbids both. With "
         "`tag` it holds for answers that have this tag (see `tags`), instead of what holds for the others; of several lines that fit "
         "an answer the last counts.",
     .example = "stale while_revalidate 60s if_error 24h"},
    {.name = "keep_serving",
     .stands_in = kBoth,
     .forms = {"off|TIME"},
     .help = "how long after its lifetime an answer stands in for an origin that can't be reached or fails",
     .example = "keep_serving 24h"},
    {.name = "key",
     .stands_in = kCache,
     .forms = {"drop_query TEXT...", "keep_query TEXT...", "sort_query", "ignore_query", "header FIELD...", "cookie NAME..."},
     .repeat = Repeat::many,
     .help = "what tells requests apart, besides scheme, host, path and query",
     .details =
         "`drop_query` and `keep_query` take names of parameters, with `*`; what is dropped does not reach the origin either, so that "
         "nobody can make it answer others with what he has chosen.",
     .example = "key drop_query utm_* gclid"},
    {.name = "tags",
     .stands_in = kBoth,
     .forms = {"FIELD..."},
     .help =
         "headers of the origin's answers that name what they are made of, for `weir purge --tag`; without it Surrogate-Key and Cache-Tag",
     .example = "tags Surrogate-Key"},
    {.name = "bypass",
     .stands_in = kCache,
     .forms = {"cookie TEXT...", "header TEXT...", "query TEXT..."},
     .repeat = Repeat::many,
     .help = "requests that have such a cookie, header or parameter are neither answered from the cache nor stored; names, with `*`",
     .example = "bypass cookie session wordpress_logged_in_*"},
    {.name = "refresh",
     .stands_in = kCache,
     .forms = {"cookie TEXT...", "header TEXT...", "query TEXT..."},
     .repeat = Repeat::many,
     .help = "requests that have such a cookie, header or parameter are answered by the origin, and its answer is stored; names, with `*`",
     .details = "What the origin says to them everybody gets: name only what those send who may decide that.",
     .example = "refresh header X-Warm-Up"},
    {.name = "min_uses",
     .stands_in = kBoth,
     .forms = {"N"},
     .help = "how often a thing must have been asked for within ten minutes before it is stored, 1 to 255; 1, unless it is said",
     .details = "Until then its requests go to the origin side by side. Good where most things are wanted once.",
     .example = "min_uses 2"},
    {.name = "purge",
     .stands_in = kCache,
     .forms = {"from CIDR..."},
     .help = "clients whose PURGE of a URL takes what is stored of it; others are refused with 403. Without it PURGE goes to the origin",
     .example = "purge from 127.0.0.1 10.0.0.0/8"},
    {.name = "micro",
     .stands_in = kBoth,
     .forms = {"[TIME]"},
     .help =
         "a cache of moments, for pages that are made anew each time: what says nothing of its lifetime is fresh for this long, 1s unless "
         "it is said, and for ten seconds more while it is fetched behind the reply",
     .details = "The origin sees each page once a second, however many ask for it. It is the same as `ttl_default 1s`, `stale "
                "while_revalidate 10s` "
                "and no guess by Last-Modified; lines behind it count over it.",
     .example = "micro"},
    {.name = "early_hints",
     .stands_in = kBoth,
     .forms = {"off", "learn [http1]"},
     .help =
         "what a page's Link headers said that it needs (preload, modulepreload, preconnect) is told as 103 while the next one is fetched; "
         "to clients by HTTP/2, with `http1` also to those by HTTP/1.1, some of which break on it",
     .details = "Learned from pages (HTML, 200) that are not for one person, by their whole key, sixteen links and 1KiB a page at most; a "
                "purge of the "
                "page forgets it. A 103 that the origin sends itself is passed on anyway.",
     .example = "early_hints learn"},
    {.name = "set_cookie",
     .stands_in = kBoth,
     .forms = {"refuse|remove|store"},
     .help = "answers with Set-Cookie are not stored; or without it; or as they are, which gives everybody the same cookie",
     .example = "set_cookie remove"},
    {.name = "heed",
     .stands_in = kBoth,
     .forms = {"client|origin on|off"},
     .repeat = Repeat::many,
     .help = "whether Cache-Control of requests and of answers counts; both do, unless it is said",
     .details = "With `heed origin off` the `ttl` here alone decides: the operator answers for what becomes common to all.",
     .example = "heed client off"},
    {.name = "type_check",
     .stands_in = kBoth,
     .forms = {"on|off"},
     .help = "an answer is stored only when its Content-Type agrees with the extension of the path; off, unless it is said",
     .details =
         "For rules that store what looks like a static file (`route *.css { cache { ttl 1d } }`): '/account/x.css' that an application "
         "answers with the account's page stays out (web cache deception). Extensions that are not known, errors, and "
         "'application/octet-stream' are not looked at.",
     .example = "type_check on"},
    {.name = "ranges",
     .stands_in = kBoth,
     .forms = {"on|off"},
     .help = "parts of what is stored are sent to who asks for them (Range); on, unless it is said",
     .example = "ranges off"},
    {.name = "parent",
     .stands_in = kBoth,
     .forms = {"off", "upstream UPSTREAM [or origin|error]"},
     .help = "other caches that are asked for what is missing here, before the origin; which of them, the key says",
     .details = "The same thing is asked for at the same one (`balance hash $cache_key`, unless the upstream says otherwise); when that "
                "one is down, "
                "at the next. When none answers the origin is asked, with `or error` nobody. A parent gets what the client asked for, "
                "with X-Forwarded-Proto and X-Forwarded-Host, which it must trust (`trusted_proxies`); rewrites, edits of headers and Host "
                "are its "
                "to do. Requests that may change something (POST …) go through it, too, so that it forgets what they make invalid; those "
                "that pass "
                "by the cache go to the origin.",
     .example = "parent upstream shield"},
    {.name = "slice",
     .stands_in = kBoth,
     .forms = {"off|SIZE"},
     .help = "large things are fetched and stored in slices of this size, when they are wanted, 16KiB to 64MiB; off, unless it is said",
     .details =
         "Every fetch asks for one slice first (Range). An origin that sends the whole instead is taken at its word; so is one without a "
         "strong validator (ETag, Last-Modified), by which alone slices can be told to be of one thing. When it changes, what was stored "
         "of "
         "it is dropped, and replies under way are cut off, never mixed. Good for routes with large files of which parts are wanted.",
     .example = "slice 1MiB"},
};
static_assert(are_sound(kTable));

}  // namespace

std::span<const Directive> cache_directives() { return kTable; }

}  // namespace weir::config
