// The part of the manual that no schema can say.
#include "config/manual.h"

namespace weir::config {

std::vector<Chapter> manual_chapters() {
    return {
        {"How a configuration is written",
         "A directive is a word with arguments, and perhaps a block: `name argument… { directives }`. A newline or `;` ends it; `#` begins "
         "a "
         "comment. A block may stand on one line: `{ a; b }`. Indentation means nothing; `weir fmt` writes the normal form.\n\n"
         "Quotes are needed only where a word holds a space, a brace, `#`, `;` or a quote. Between `\"` the escapes are `\\\"`, `\\\\`, "
         "`\\n` and "
         "`\\t`; between `'` every character is itself. Quotes never change what a word means.\n\n"
         "Values have types, and units are required: `10s`, `64MiB`, `5%`, `10.0.0.0/8`, `~regex`, `on`. A faulty file is reported whole, "
         "with line, "
         "column and what was expected. On a reload the old configuration stays in force until the new one has no error."},
        {"Files, environment, secrets", "`import` puts other files in its place. `$ENV{NAME}` and `$ENV{NAME:-default}` may stand in any "
                                        "argument; the value is never split into "
                                        "several. Where a value may be a secret, `file:PATH` reads it from a file. A relative path is "
                                        "relative to the file that it is written in. "
                                        "No command shows the value of a variable of the environment or of a secret."},
        {"What holds where", "What stands at the top level holds for every site, what stands in a site for all its routes. A directive "
                             "that may be given once replaces "
                             "the outer one; of a block such as `timeout` each part is replaced for itself; a directive that may be "
                             "repeated adds to the outer ones. "
                             "`reset NAME` drops what was taken over. `policy` names directives to share and `use` brings them in; what a "
                             "site or a route says itself "
                             "counts more. `weir config show --effective` prints the final form, defaults included.\n\n"
                             "Routes are tried from top to bottom, the first that matches wins. A route that can never match is an error."},
        {"Order of the stages", "A request meets the directives of a site in this order, wherever they stand in the text: paths, limits, "
                                "access, rewriting, cache, answer, "
                                "response headers and error pages, log. `weir fmt` writes them in this order."},
        {"The JSON twin", "`weir config json` prints the same tree as JSON, `weir run --json` and files that end in `.json` read it:\n\n"
                          "    {\"directives\": [{\"directive\": \"site\", \"args\": [\":8080\"],\n"
                          "                     \"block\": [{\"directive\": \"proxy\", \"args\": [\"localhost:3000\"]}]}]}\n\n"
                          "Comments are kept in \"comments\", \"comment\", \"block_comment\" and \"closing_comments\"."},
    };
}

std::vector<Section> manual_sections() {
    return {
        {BlockKind::file, "Top level", "What concerns the whole process."},
        {BlockKind::admin, "In `admin`", ""},
        {BlockKind::error_log, "In `error_log`", ""},
        {BlockKind::limits, "In `limits`", "What a client may cost before its site is known: the same for every address."},
        {BlockKind::tickets, "In `tickets`", ""},
        {BlockKind::acme, "In `acme`", ""},
        {BlockKind::cache_zone, "In `cache` of the top level", ""},
        {BlockKind::upstream, "In `upstream`", ""},
        {BlockKind::keep_alive, "In `keep_alive` of an upstream", ""},
        {BlockKind::upstream_timeout, "In `timeout` of an upstream", ""},
        {BlockKind::upstream_tls, "In `tls` of an upstream", ""},
        {BlockKind::site, "In `site`", ""},
        {BlockKind::tls, "In `tls`", "Each part replaces the same part of an outer `tls`; the others stay."},
        {BlockKind::route, "In `route`, and where routes take it over from",
         "Everything but `when` may stand in a site or a policy, too; what holds for every site may stand at the top level."},
        {BlockKind::timeout, "In `timeout`", ""},
        {BlockKind::cache, "In `cache` of a route",
         "Parts that may stand in the `cache` of the top level, too, count there for every route that uses it."},
        {BlockKind::compress, "In `compress`", ""},
        {BlockKind::paths, "In `paths`", ""},
        {BlockKind::forwarded, "In `forwarded`", ""},
        {BlockKind::log, "In `log`", ""},
    };
}

}  // namespace weir::config
