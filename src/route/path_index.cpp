#include "route/path_index.h"

#include <algorithm>
#include <tuple>

#include "base/prefetch.h"

namespace weir::route {

// A node whose keys are known and whose label, entries and children are not: keys[first, last) share `depth` octets already.
struct PathIndex::Pending {
    std::uint32_t node = 0;
    std::size_t first = 0, last = 0;
    std::size_t depth = 0;
    std::uint32_t spans = 0;  // met on the way here
    std::uint32_t spans_max = 0;
};

namespace {

std::size_t common_octets(std::string_view a, std::string_view b) {
    const auto [at, other] = std::ranges::mismatch(a, b);
    return static_cast<std::size_t>(at - a.begin());
}

}  // namespace

// Built from a list of work, not by recursion: a thousand nested prefixes must not end the stack.
PathIndex::Tree PathIndex::add(std::vector<Key> keys) {
    std::ranges::sort(keys, [](const Key& a, const Key& b) {
        return std::tie(a.text, a.is_whole, a.entry.order) < std::tie(b.text, b.is_whole, b.entry.order);
    });
    Tree tree{.root = static_cast<std::uint32_t>(nodes_.size()),
              .spans_max = 0,
              .first_label = static_cast<std::uint32_t>(labels_.size()),
              .first_entry = static_cast<std::uint32_t>(entries_.size())};
    nodes_.emplace_back();
    std::vector<Pending> pending{{.node = tree.root, .first = 0, .last = keys.size()}};
    while (!pending.empty()) {
        auto now = pending.back();
        pending.pop_back();
        fill(now, keys, pending);
        tree.spans_max = std::max(tree.spans_max, now.spans_max);
    }
    return tree;
}

void PathIndex::fill(Pending& now, std::span<const Key> keys, std::vector<Pending>& pending) {
    if (now.first == now.last) return;
    Node node;
    // Keys are sorted: what the first and the last share, all share.
    const std::string_view text = keys[now.first].text;
    const auto shared = common_octets(text, keys[now.last - 1].text);
    node.label = static_cast<std::uint32_t>(labels_.size());
    node.label_octets = static_cast<std::uint32_t>(shared - now.depth);
    labels_ += text.substr(now.depth, node.label_octets);
    node.first_octet = node.label_octets == 0 ? '\0' : text[now.depth];
    auto at = now.first;
    while (at < now.last && keys[at].text.size() == shared) ++at;
    take_entries(node, keys.subspan(now.first, at - now.first));
    const auto spans = now.spans + (node.prefix_count != 0 ? 1U : 0U);
    now.spans_max = spans + (node.whole_count != 0 ? 1U : 0U);
    node.first_child = static_cast<std::uint32_t>(nodes_.size());
    while (at < now.last) {
        auto end = at;
        while (end < now.last && keys[end].text[shared] == keys[at].text[shared]) ++end;
        pending.push_back({.node = node.first_child + node.children, .first = at, .last = end, .depth = shared, .spans = spans});
        ++node.children;
        at = end;
    }
    nodes_.resize(nodes_.size() + node.children);
    // A child is chosen by its first octet before it is filled.
    for (auto i = pending.size() - node.children; i < pending.size(); ++i)
        nodes_[pending[i].node].first_octet = keys[pending[i].first].text[shared];
    nodes_[now.node] = node;
}

void PathIndex::take_entries(Node& node, std::span<const Key> keys) {
    node.entries = static_cast<std::uint32_t>(entries_.size());
    for (const auto& key : keys) {
        entries_.push_back(key.entry);
        ++(key.is_whole ? node.whole_count : node.prefix_count);
    }
}

std::uint32_t PathIndex::child_of(const Node& node, char octet) const {
    const std::span children(nodes_.data() + node.first_child, node.children);
    if (children.size() <= 8) {
        for (std::size_t i = 0; i < children.size(); ++i)
            if (children[i].first_octet == octet) return node.first_child + static_cast<std::uint32_t>(i);
        return kNoNode;
    }
    // std::string sorts octets as unsigned.
    const auto found = std::ranges::lower_bound(children, static_cast<unsigned char>(octet), {},
                                                [](const Node& child) { return static_cast<unsigned char>(child.first_octet); });
    if (found == children.end() || found->first_octet != octet) return kNoNode;
    return node.first_child + static_cast<std::uint32_t>(found - children.begin());
}

void PathIndex::prefetch(const Tree& tree) const {
    static constexpr std::size_t kLine = 64;
    weir::prefetch(nodes_.data() + tree.root, 6 * kLine);
    weir::prefetch(labels_.data() + tree.first_label, 2 * kLine);
    weir::prefetch(entries_.data() + tree.first_entry, 4 * kLine);
}

PathIndex::Candidates PathIndex::candidates(const Tree& tree, std::string_view path, Arena& arena) const {
    Candidates out;
    // Raw memory: each cursor is written when its entries are met.
    using Cursor = Candidates::Cursor;
    auto* const cursors = static_cast<Cursor*>(arena.allocate(tree.spans_max * sizeof(Cursor), alignof(Cursor)));
    out.cursors_ = {cursors, tree.spans_max};
    const auto* entries = entries_.data();
    for (auto at = tree.root; at != kNoNode;) {
        const auto& node = nodes_[at];
        if (!path.starts_with(std::string_view(labels_).substr(node.label, node.label_octets))) break;
        path.remove_prefix(node.label_octets);
        const auto* first = entries + node.entries;
        const auto* middle = first + node.prefix_count;
        if (first != middle) out.cursors_[out.count_++] = {.at = first, .end = middle};
        if (path.empty()) {
            if (node.whole_count != 0) out.cursors_[out.count_++] = {.at = middle, .end = middle + node.whole_count};
            break;
        }
        at = child_of(node, path.front());
    }
    return out;
}

const PathEntry* PathIndex::Candidates::next() {
    Cursor* best = nullptr;
    for (auto& cursor : cursors_.first(count_))
        if (cursor.at != cursor.end && (best == nullptr || cursor.at->order < best->at->order)) best = &cursor;
    return best == nullptr ? nullptr : best->at++;
}

}  // namespace weir::route
