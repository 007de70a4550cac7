#include "config/schema.h"

#include <algorithm>
#include <array>

namespace weir::config {

std::string_view name_of(BlockKind one) {
    switch (one) {
        case BlockKind::none: break;
        case BlockKind::file: return "the top level";
        case BlockKind::admin: return "'admin'";
        case BlockKind::error_log: return "'error_log'";
        case BlockKind::log: return "'log'";
        case BlockKind::limits: return "'limits'";
        case BlockKind::timeout: return "'timeout' of a route";
        case BlockKind::upstream: return "'upstream'";
        case BlockKind::upstream_timeout: return "'timeout' of an upstream";
        case BlockKind::keep_alive: return "'keep_alive'";
        case BlockKind::site: return "'site'";
        case BlockKind::route: return "'route'";
        case BlockKind::policy: return "'policy'";
        case BlockKind::forwarded: return "'forwarded'";
        case BlockKind::paths: return "'paths'";
        case BlockKind::use: return "'use'";
        case BlockKind::upstream_tls: return "'tls' of an upstream";
        case BlockKind::tls: return "'tls'";
        case BlockKind::cache_zone: return "'cache' of the top level";
        case BlockKind::cache: return "'cache' of a route";
        case BlockKind::compress: return "'compress'";
        case BlockKind::tickets: return "'tickets'";
        case BlockKind::acme: return "'acme'";
    }
    return "nowhere";
}

std::string_view name_of(Stage stage) {
    constexpr std::array<std::string_view, 13> kNames{"share",   "match", "name",  "admit", "limit",    "auth", "waf",
                                                      "rewrite", "cache", "route", "proxy", "response", "log"};
    return kNames[static_cast<std::size_t>(stage)];
}

Schema::Schema() {
    for (const auto table : {global_directives(), upstream_directives(), site_directives(), route_directives(), tls_directives(),
                             cache_directives(), compress_directives()})
        add(table);
    std::ranges::sort(entries_, {}, [](const Entry& entry) { return std::pair(entry.directive->name, entry.directive->stands_in); });
}

void Schema::add(std::span<const Directive> table) {
    for (const auto& directive : table) {
        Entry entry{.directive = &directive, .forms = {}};
        for (std::size_t i = 0; i < directive.forms_count(); ++i) entry.forms.push_back(read_form(directive.forms[i]));
        entries_.push_back(std::move(entry));
    }
}

const Directive* Schema::find(BlockKind context, std::string_view name) const {
    const auto same = std::ranges::equal_range(entries_, name, {}, [](const Entry& entry) { return entry.directive->name; });
    for (const auto& entry : same)
        if (includes(entry.directive->stands_in, context)) return entry.directive;
    return nullptr;
}

const Directive* Schema::find_anywhere(std::string_view name) const {
    const auto same = std::ranges::equal_range(entries_, name, {}, [](const Entry& entry) { return entry.directive->name; });
    return same.empty() ? nullptr : same.front().directive;
}

const Schema::Entry& Schema::entry(const Directive& directive) const {
    const auto same = std::ranges::equal_range(entries_, directive.name, {}, [](const Entry& entry) { return entry.directive->name; });
    return *std::ranges::find(same, &directive, [](const Entry& entry) { return entry.directive; });
}

std::vector<std::string_view> Schema::names_in(BlockKind context) const {
    std::vector<std::string_view> names;
    for (const auto& entry : entries_)
        if (includes(entry.directive->stands_in, context)) names.push_back(entry.directive->name);
    return names;
}

Stage Schema::stage_of(BlockKind context, const Node& node) const {
    const auto* directive = find(context, node.name.text);
    if (directive == nullptr) return Stage::share;
    const bool is_response = !node.args.empty() && !directive->response_word.empty() && node.args.front().text == directive->response_word;
    return is_response ? Stage::response : directive->stage;
}

const Schema& schema() {
    static const Schema the;
    return the;
}

}  // namespace weir::config
