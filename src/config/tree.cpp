#include "config/tree.h"

#include <algorithm>

namespace weir::config {

Spot Word::part(std::size_t offset, std::size_t length) const {
    const auto extra = static_cast<std::size_t>(spot.length) - std::min<std::size_t>(spot.length, text.size());
    const bool is_verbatim = spot.length >= text.size() && (extra == 0 || extra == 2);  // bare, or quoted without escapes
    if (!is_verbatim || offset + length > text.size()) return spot;
    return {.file = spot.file,
            .offset = static_cast<std::uint32_t>(spot.offset + extra / 2 + offset),
            .length = static_cast<std::uint32_t>(length)};
}

Spot Node::spot() const {
    auto out = name.spot;
    if (!args.empty()) out.length = args.back().spot.offset + args.back().spot.length - out.offset;
    return out;
}

bool operator==(const Node& a, const Node& b) {
    const auto is_same_text = [](const Word& x, const Word& y) { return x.text == y.text; };
    if (a.name.text != b.name.text || a.before != b.before || a.behind != b.behind) return false;
    if (!std::ranges::equal(a.args, b.args, is_same_text)) return false;
    if (a.block == nullptr || b.block == nullptr) return a.block == b.block;
    return *a.block == *b.block;
}

bool operator==(const Block& a, const Block& b) { return a.nodes == b.nodes && a.opening == b.opening && a.closing == b.closing; }

namespace {

void squeeze(std::vector<std::string>& lines, bool may_start_blank, bool may_end_blank) {
    const auto repeated = std::ranges::unique(lines, [](const auto& a, const auto& b) { return a.empty() && b.empty(); });
    lines.erase(repeated.begin(), repeated.end());
    if (!may_start_blank && !lines.empty() && lines.front().empty()) lines.erase(lines.begin());
    if (!may_end_blank && !lines.empty() && lines.back().empty()) lines.pop_back();
}

}  // namespace

void normalise_blank_lines(Block& block) {
    bool is_first = true;
    for (auto& node : block.nodes) {
        squeeze(node.before, !is_first, true);
        is_first = false;
        if (node.block != nullptr) normalise_blank_lines(*node.block);
    }
    squeeze(block.closing, !is_first, false);
}

Block clone(const Block& block) {
    Block out{.nodes = {}, .opening = block.opening, .closing = block.closing, .brace = block.brace, .is_one_line = block.is_one_line};
    out.nodes.reserve(block.nodes.size());
    for (const auto& node : block.nodes) out.nodes.push_back(clone(node));
    return out;
}

Node clone(const Node& node) {
    Node out{.name = node.name, .args = node.args, .block = nullptr, .before = node.before, .behind = node.behind};
    if (node.block != nullptr) out.block = std::make_unique<Block>(clone(*node.block));
    return out;
}

}  // namespace weir::config
