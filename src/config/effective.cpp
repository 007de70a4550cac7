#include "config/effective.h"

#include <algorithm>

#include "config/environment.h"
#include "config/fallback.h"
#include "config/format.h"
#include "config/merge.h"
#include "config/phrase.h"
#include "config/site_addresses.h"

namespace weir::config {

namespace {

Node made_node(std::string_view name, std::vector<std::string> args) {
    Node node;
    node.name.text = name;
    for (auto& arg : args) node.args.push_back({.text = std::move(arg), .spot = {}});
    return node;
}

class Shower {
public:
    explicit Shower(const Sources& sources) : sources_(sources) {}

    Block show(const Resolved& resolved) {
        Block out;
        const auto process = with_defaults(BlockKind::file, process_items(resolved));
        for (const auto* item : process) out.nodes.push_back(directive(*item, nullptr));
        for (const auto* item : resolved.shared)
            if (is_of_sites(*item->directive)) out.nodes.push_back(directive(*item, nullptr));
        for (const auto* item : with_defaults(BlockKind::route, of_routes(resolved.shared))) out.nodes.push_back(directive(*item, nullptr));
        for (const auto& [upstream, items] : resolved.upstreams)
            out.nodes.push_back(block(*upstream, with_defaults(BlockKind::upstream, items)));
        for (const auto& one : resolved.sites) out.nodes.push_back(site(one));
        separate(out);
        return out;
    }

private:
    static InEffect process_items(const Resolved& resolved) {
        InEffect out;
        for (const auto& item : resolved.items) {
            const auto name = item.name();
            if (name != "policy" && name != "upstream" && name != "site" && !is_inherited(*item.directive)) out.push_back(&item);
        }
        return out;
    }

    InEffect with_defaults(BlockKind context, const InEffect& items) {
        InEffect out;
        for (const auto& item : fallbacks(context)) out.push_back(&item);
        return Merger(made_).add(std::move(out), items);
    }

    // The item as a node; `home` is the block that it stands in.
    Node directive(const Item& item, const Item* home) {
        auto node = made_node(item.name(), {});
        const bool is_shorthand = !part_said_outside(item.directive->opens).empty();  // its argument is a part already
        if (!is_shorthand) node.args = words(item);
        if (!item.children.empty()) {
            node.block = std::make_unique<Block>();
            node.block->is_one_line = true;
            for (const auto& child : parts(item)) node.block->nodes.push_back(directive(child, nullptr));
        }
        if (home != nullptr && !item.is_fallback && !stands_in(item, *home))
            node.behind = concat({"# ", sources_.place(item.spot()).text()});
        return node;
    }

    // The parts of a block, the later of two counting, defaults in their places.
    std::vector<Item> parts(const Item& item) {
        std::vector<Item> out;
        for (const auto& child : item.children) {
            const auto is_same = [&](const Item& other) {
                return other.directive == child.directive && child.directive->repeat == Repeat::once;
            };
            if (const auto found = std::ranges::find_if(out, is_same); found != out.end()) *found = child;
            else out.push_back(child);
        }
        return out;
    }

    std::vector<Word> words(const Item& item) const {
        std::vector<Word> out;
        for (const auto& word : item.node->args) {
            const auto written = item.is_fallback ? std::nullopt : as_written_with_environment(word, sources_);
            out.push_back({.text = written.value_or(word.text), .spot = {}});
        }
        return out;
    }

    static bool stands_in(const Item& item, const Item& home) {
        return std::ranges::any_of(home.children, [&](const Item& child) { return child.node == item.node; });
    }

    // A block with its own head, and these directives in it.
    Node block(const Item& head, const InEffect& items) {
        auto node = made_node(head.name(), {});
        node.args = words(head);
        node.block = std::make_unique<Block>();
        for (const auto* item : items) node.block->nodes.push_back(directive(*item, &head));
        return node;
    }

    Node site(const ResolvedSite& site) {
        auto node = block(*site.site, {});
        auto& inside = node.block->nodes;
        inside.push_back(made_node("reset", {}));
        if (speaks_tls(site))
            for (const auto* item : with_defaults(BlockKind::site, site.own_items)) inside.push_back(directive(*item, site.site));
        for (const auto& child : site.site->children)
            if (child.name() == "listen" || child.name() == "canonical") inside.push_back(directive(child, site.site));
        for (const auto& one : site.routes) {
            if (one.route != nullptr) inside.push_back(route(one));
            else
                for (const auto* item : with_defaults(BlockKind::route, one.items)) inside.push_back(directive(*item, site.site));
        }
        return node;
    }

    Node route(const ResolvedRoute& route) {
        auto node = block(*route.route, with_defaults(BlockKind::route, route.items));
        auto& inside = node.block->nodes;
        inside.insert(inside.begin(), made_node("reset", {}));
        for (const auto& child : route.route->children)
            if (child.name() == "when") inside.push_back(directive(child, route.route));
        return node;
    }

    // A blank line before each block of the top level.
    static void separate(Block& out) {
        for (auto& node : out.nodes)
            if (node.block != nullptr && !node.block->is_one_line && &node != out.nodes.data()) node.before = {""};
    }

    const Sources& sources_;
    std::deque<Item> made_;
};

}  // namespace

Block effective(const Resolved& resolved, const Sources& sources) {
    auto out = Shower(sources).show(resolved);
    order_stages(out);
    return out;
}

}  // namespace weir::config
