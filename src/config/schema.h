// The schema: every directive there is, where it may stand, what it takes, what holds without it, and one line of help. One table a
// subject (*_table.cpp). It drives the check, errors, `weir fmt`, the JSON twin, the manual, the man page and the completion.
// A directive that is not here does not exist; an entry without help or with a faulty form does not compile.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "config/form.h"
#include "config/tree.h"

namespace weir::config {

// What a directive can stand in. A block opens one.
enum class BlockKind : std::uint32_t {
    none = 0,
    file = 1U << 0U,  // the top level
    admin = 1U << 1U,
    error_log = 1U << 2U,
    log = 1U << 3U,
    limits = 1U << 4U,
    timeout = 1U << 5U,
    upstream = 1U << 6U,
    upstream_timeout = 1U << 7U,
    keep_alive = 1U << 8U,
    site = 1U << 9U,
    route = 1U << 10U,
    policy = 1U << 11U,
    forwarded = 1U << 12U,
    paths = 1U << 13U,
    use = 1U << 14U,  // what a `use` adds to its policy
    tls = 1U << 15U,
    tickets = 1U << 16U,
    acme = 1U << 17U,
    upstream_tls = 1U << 18U,
    cache_zone = 1U << 19U,
    cache = 1U << 20U,  // of a route
    compress = 1U << 21U,
};
constexpr BlockKind operator|(BlockKind a, BlockKind b) {
    return static_cast<BlockKind>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool includes(BlockKind set, BlockKind one) { return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(one)) != 0; }

inline constexpr BlockKind kTraffic = BlockKind::site | BlockKind::route | BlockKind::policy | BlockKind::use;  // what a request meets
inline constexpr BlockKind kAnywhere = static_cast<BlockKind>(0x3FFFFFU);

// "a site", "the top level" …
std::string_view name_of(BlockKind one);
// Do directives there have an order of stages?
constexpr bool has_stages(BlockKind one) { return includes(kTraffic, one); }

// The order in which a request meets the directives of a site or a route; the order in which `weir fmt` writes them.
enum class Stage : std::uint8_t { share, match, name, admit, limit, auth, waf, rewrite, cache, route, proxy, response, log };
std::string_view name_of(Stage stage);

// The directive of the block that may be said by the arguments in front of it: `timeout 10s` is `timeout { total 10s }`. Empty: none.
constexpr std::string_view part_said_outside(BlockKind opens) {
    if (opens == BlockKind::timeout) return "total";
    if (opens == BlockKind::cache) return "zone";
    return opens == BlockKind::tls ? "certificate" : "";
}

enum class Repeat : std::uint8_t { once, many };
enum class Braces : std::uint8_t { never, may, must };

struct Directive {
    std::string_view name;
    BlockKind stands_in = BlockKind::none;
    std::array<std::string_view, 22> forms = {};  // argument grammars (form.h); none: it takes no arguments
    Repeat repeat = Repeat::once;
    Braces braces = Braces::never;
    BlockKind opens = BlockKind::none;
    Stage stage = Stage::share;
    std::string_view response_word = {};  // with this first word it belongs to the response's stage instead
    std::string_view group = {};          // directives of one group exclude each other in a block: "answer"
    std::string_view fallback = {};       // what holds when it is not written: its arguments
    std::string_view help;                // one line, without a full stop
    std::string_view details = {};        // for the manual
    std::string_view example = {};        // a text that may stand where the directive may

    constexpr std::size_t forms_count() const {
        std::size_t count = forms.size();
        while (count > 1 && forms[count - 1].empty()) --count;
        return count;
    }
};

// Compile-time soundness of a table's entries.
constexpr bool is_sound(const Directive& directive) {
    using form_detail::require;
    require(!directive.name.empty() && !directive.help.empty(), "a directive has a name and help");
    require(!directive.help.ends_with('.'), "help is a phrase, not a sentence");
    require(directive.stands_in != BlockKind::none, "a directive stands somewhere");
    require((directive.braces == Braces::never) == (directive.opens == BlockKind::none), "braces open a context");
    for (std::size_t i = 0; i < directive.forms_count(); ++i) static_cast<void>(read_form(directive.forms[i]));
    return true;
}
constexpr bool are_sound(std::span<const Directive> table) {
    for (const auto& directive : table) is_sound(directive);
    return !table.empty();
}

std::span<const Directive> global_directives();
std::span<const Directive> upstream_directives();
std::span<const Directive> site_directives();
std::span<const Directive> route_directives();
std::span<const Directive> tls_directives();
std::span<const Directive> cache_directives();
std::span<const Directive> compress_directives();

// All tables, indexed. Built once, at the first use; immutable, any thread.
class Schema {
public:
    struct Entry {
        const Directive* directive;
        std::vector<Form> forms;
    };

    const Directive* find(BlockKind context, std::string_view name) const;
    // Wherever it stands; nullptr when no directive has that name.
    const Directive* find_anywhere(std::string_view name) const;
    const Entry& entry(const Directive& directive) const;
    std::span<const Entry> entries() const { return entries_; }
    std::vector<std::string_view> names_in(BlockKind context) const;
    Stage stage_of(BlockKind context, const Node& node) const;

private:
    friend const Schema& schema();
    Schema();
    void add(std::span<const Directive> table);

    std::vector<Entry> entries_;  // sorted by name
};

const Schema& schema();

}  // namespace weir::config
