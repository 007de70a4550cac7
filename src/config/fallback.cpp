#include "config/fallback.h"

#include <algorithm>
#include <array>

#include "config/check.h"
#include "config/parser.h"
#include "config/phrase.h"
#include "config/resolve.h"

namespace weir::config {

namespace {

// Directives that are written once, or never: what may be written often has no default.
bool has_fallback(const Directive& directive) {
    return directive.repeat == Repeat::once && (!directive.fallback.empty() || directive.opens != BlockKind::none);
}

// At the top level stand also those that routes take over; they are defaults of routes.
bool belongs(const Directive& directive, BlockKind context) {
    if (context == BlockKind::site) return is_of_sites(directive);
    return includes(directive.stands_in, context) && (context != BlockKind::file || !is_inherited(directive));
}

struct Fallbacks {
    Sources sources;
    Block tree;
    std::vector<Item> items;

    explicit Fallbacks(BlockKind context) {
        Diagnostics diagnostics;
        tree = parse(sources, sources.add("defaults", fallback_text(context)), diagnostics);
        items = check(tree, context, sources, diagnostics);
        mark(items);
    }

    static void mark(std::vector<Item>& items) {
        for (auto& item : items) {
            item.is_fallback = true;
            mark(item.children);
        }
    }
};

}  // namespace

std::string fallback_text(BlockKind context) {
    std::string out;
    for (const auto& entry : schema().entries()) {
        const auto& directive = *entry.directive;
        if (!belongs(directive, context) || !has_fallback(directive)) continue;
        const auto inside = directive.opens == BlockKind::none ? std::string{} : fallback_text(directive.opens);
        if (directive.fallback.empty() && inside.empty()) continue;
        out += directive.name;
        if (!directive.fallback.empty()) out.append(" ").append(directive.fallback);
        if (!inside.empty()) out.append(" {\n").append(inside).append("}");
        out += '\n';
    }
    return out;
}

const std::vector<Item>& fallbacks(BlockKind context) {
    static const Fallbacks file(BlockKind::file);
    static const Fallbacks upstream(BlockKind::upstream);
    static const Fallbacks site(BlockKind::site);
    static const Fallbacks route(BlockKind::route);
    if (context == BlockKind::file) return file.items;
    if (context == BlockKind::site) return site.items;
    return context == BlockKind::upstream ? upstream.items : route.items;
}

}  // namespace weir::config
