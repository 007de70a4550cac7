#include "config/merge.h"

#include <algorithm>

namespace weir::config {

namespace {

bool are_rivals(const Directive& a, const Directive& b) {
    if (&a == &b) return a.repeat == Repeat::once;
    return !a.group.empty() && a.group == b.group;
}

bool is_log_off(const Item& item) { return item.directive->opens == BlockKind::log && item.says("off"); }

// Of two such blocks each part counts for itself. (`timeout 10s` has become a part; `keep_alive off` has none.)
bool is_block_of_parts(const Item& item) {
    constexpr auto kWholes = BlockKind::log | BlockKind::upstream | kTraffic;
    const auto opens = item.directive->opens;
    return opens != BlockKind::none && !includes(kWholes, opens) && !(opens == BlockKind::keep_alive && item.has_option("off"));
}

bool is_part_replaced(const Item& part, const std::vector<Item>& by) {
    return part.directive->repeat == Repeat::once &&
           std::ranges::any_of(by, [&](const Item& other) { return other.directive == part.directive; });
}

}  // namespace

const Item* rival_in(const InEffect& list, const Item& item) {
    const auto found = std::ranges::find_if(list, [&](const Item* other) { return are_rivals(*other->directive, *item.directive); });
    return found == list.end() ? nullptr : *found;
}

const Item* Merger::combined(const Item& outer, const Item& inner) {
    if (!is_block_of_parts(outer) || !is_block_of_parts(inner) || outer.directive != inner.directive) return &inner;
    auto& item = made_.emplace_back(inner);
    item.children.clear();
    for (const auto& part : outer.children)
        if (!is_part_replaced(part, inner.children)) item.children.push_back(part);
    item.children.insert(item.children.end(), inner.children.begin(), inner.children.end());
    return &item;
}

void Merger::put(InEffect& into, const Item& item) {
    if (item.directive->opens == BlockKind::log) {
        // A log adds to the outer ones; `log off` ends them, and a log of one's own ends an outer `log off`.
        const bool is_off = is_log_off(item);
        std::erase_if(into, [&](const Item* other) { return other->directive == item.directive && (is_off || is_log_off(*other)); });
        return into.push_back(&item);
    }
    const auto found = std::ranges::find_if(into, [&](const Item* other) { return are_rivals(*other->directive, *item.directive); });
    if (found == into.end()) into.push_back(&item);
    else *found = combined(**found, item);
}

InEffect Merger::add(InEffect outer, const InEffect& inner) {
    for (const auto* item : inner) put(outer, *item);
    return outer;
}

InEffect without(const InEffect& outer, const Item& reset) {
    const auto names = reset.all("DIRECTIVE");
    if (names.empty()) return {};
    auto out = outer;
    std::erase_if(
        out, [&](const Item* item) { return std::ranges::any_of(names, [&](const Word* name) { return name->text == item->name(); }); });
    return out;
}

bool says_the_same(const Item& a, const Item& b) {
    const auto same_words = std::ranges::equal(a.node->args, b.node->args, [](const Word& x, const Word& y) { return x.text == y.text; });
    return a.directive == b.directive && same_words && std::ranges::equal(a.children, b.children, says_the_same);
}

}  // namespace weir::config
