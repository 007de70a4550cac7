#include "config/check.h"

#include <algorithm>
#include <array>

#include "config/literal.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

class Checker {
public:
    Checker(const Sources& sources, Diagnostics& diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

    std::vector<Item> block(const Block& block, BlockKind context) {
        std::vector<Item> items;
        items.reserve(block.nodes.size());
        for (const auto& node : block.nodes) directive(node, context, items);
        return items;
    }

private:
    // False when the directive was dropped.
    bool directive(const Node& node, BlockKind context, std::vector<Item>& items) {
        Item item{.directive = schema().find(context, node.name.text), .node = &node, .context = context};
        if (item.directive == nullptr) return unknown(node, context), false;
        const bool is_bound = bind(item, diagnostics_);
        item.is_whole = braces(item);
        if (node.block != nullptr && item.directive->opens != BlockKind::none) inside(item);
        shorthand(item);
        repetition(item, items);
        if (is_bound && item.name() == "error_page") second_page(item, items);
        if (is_bound) items.push_back(std::move(item));
        return is_bound;
    }

    void inside(Item& item) {
        for (const auto& child : item.node->block->nodes)
            if (!directive(child, item.directive->opens, item.children)) item.is_whole = false;
    }

    // `timeout 10s` means `timeout { total 10s }`.
    void shorthand(Item& item) {
        const auto opens = item.directive->opens;
        const auto part_name = part_said_outside(opens);
        if (part_name.empty() || item.arguments.empty()) return;
        Item part{.directive = schema().find(opens, part_name), .node = item.node, .context = opens, .form = item.form};
        part.arguments = item.arguments;
        repetition(part, item.children);
        item.children.push_back(std::move(part));
    }

    bool braces(const Item& item) {
        const auto& node = *item.node;
        const auto rule = item.directive->braces;
        const bool is_needless = rule == Braces::never && node.block != nullptr;
        const bool is_missing = rule == Braces::must && node.block == nullptr;
        if (is_needless)
            diagnostics_.error(node.block->brace, concat({in_quotes(item.name()), " takes no block"}), "expected the end of the directive");
        if (is_missing) diagnostics_.error(node.spot(), concat({in_quotes(item.name()), " needs a block"}), "expected '{ … }' behind it");
        return !is_needless && !is_missing;
    }

    void repetition(const Item& item, const std::vector<Item>& before) {
        const auto& directive = *item.directive;
        if (directive.repeat == Repeat::many) return;
        for (const auto& other : before) {
            if (other.directive == &directive)
                return diagnostics_.error(item.spot(), concat({in_quotes(directive.name), " is given twice"}),
                                          concat({"the first is at ", place(other)}));
            if (!directive.group.empty() && other.directive->group == directive.group)
                return diagnostics_.error(item.spot(),
                                          concat({in_quotes(directive.name), " and ", in_quotes(other.name()), " exclude each other"}),
                                          concat({in_quotes(other.name()), " is at ", place(other)}));
        }
    }

    // A status has one page in a block; which one it would be must not depend on the order of the lines.
    void second_page(const Item& item, const std::vector<Item>& before) {
        for (const auto& other : before) {
            if (other.directive != item.directive) continue;
            for (const auto* word : item.all("STATUSES"))
                if (shares_status(*word, other))
                    return diagnostics_.error(word->spot, concat({in_quotes(word->text), " has an error page already"}),
                                              concat({"the first is at ", place(other)}));
        }
    }

    static bool shares_status(const Word& word, const Item& other) {
        const auto range = read_status_range(word.text);
        return std::ranges::any_of(other.all("STATUSES"), [&](const Word* one) {
            const auto others = read_status_range(one->text);
            return range && others && range->from <= others->to && others->from <= range->to;
        });
    }

    std::string place(const Item& item) const { return sources_.place(item.spot()).text(); }

    void unknown(const Node& node, BlockKind context) {
        const auto& name = node.name.text;
        if (schema().find_anywhere(name) != nullptr)
            return diagnostics_.error(node.name.spot, concat({in_quotes(name), " can't stand in ", name_of(context)}),
                                      concat({"it belongs in ", homes(name)}));
        const auto names = schema().names_in(context);
        auto near = did_you_mean(name, names);
        if (near.empty()) near = elsewhere(name);
        if (near.empty())
            near = concat({"expected ", names.size() > 10 ? "a directive of " : any_of(names), names.size() > 10 ? name_of(context) : ""});
        diagnostics_.error(node.name.spot, concat({"unknown directive ", in_quotes(name)}), std::move(near));
    }

    // What people of other proxies write, and what it is called here.
    static std::string elsewhere(std::string_view name) {
        struct Habit {
            std::string_view written, meant;
        };
        constexpr std::array kHabits{Habit{"location", "route"},
                                     Habit{"handle", "route"},
                                     Habit{"proxy_pass", "proxy"},
                                     Habit{"reverse_proxy", "proxy"},
                                     Habit{"return", "respond"},
                                     Habit{"server_name", "site"},
                                     Habit{"http", "site"},
                                     Habit{"backend", "upstream"},
                                     Habit{"frontend", "site"},
                                     Habit{"include", "import"},
                                     Habit{"access_log", "log"},
                                     Habit{"add_header", "header"},
                                     Habit{"proxy_set_header", "header"},
                                     Habit{"worker_processes", "workers"},
                                     Habit{"set_real_ip_from", "trusted_proxies"},
                                     Habit{"client_max_body_size", "body"},
                                     Habit{"keepalive", "keep_alive"},
                                     Habit{"health_check", "check"},
                                     Habit{"option", "check"},
                                     Habit{"strip_prefix", "rewrite"},
                                     Habit{"uri", "rewrite"},
                                     Habit{"redir", "redirect"}};
        for (const auto& habit : kHabits)
            if (habit.written == name) return concat({"did you mean '", habit.meant, "'?"});
        return {};
    }

    static std::string homes(std::string_view name) {
        std::vector<std::string_view> out;
        for (const auto& entry : schema().entries())
            for (std::uint32_t bit = 1; bit <= static_cast<std::uint32_t>(kAnywhere); bit <<= 1U)
                if (entry.directive->name == name && includes(entry.directive->stands_in, static_cast<BlockKind>(bit)))
                    out.push_back(name_of(static_cast<BlockKind>(bit)));
        return any_of(out);
    }

    const Sources& sources_;
    Diagnostics& diagnostics_;
};

}  // namespace

std::vector<Item> check(const Block& tree, BlockKind context, const Sources& sources, Diagnostics& diagnostics) {
    return Checker(sources, diagnostics).block(tree, context);
}

}  // namespace weir::config
