#include "config/format.h"

#include <algorithm>

#include "config/lexer.h"
#include "config/schema.h"

namespace weir::config {

namespace {

std::string head_of(const Node& node) {
    auto out = spelled(node.name.text);
    for (const auto& word : node.args) out.append(" ").append(spelled(word.text));
    return out;
}

bool has_comments(const Block& block) {
    if (!block.opening.empty() || !block.closing.empty()) return true;
    return std::ranges::any_of(block.nodes, [](const Node& node) { return !node.before.empty() || !node.behind.empty(); });
}

// The node on one line, or nothing when it has to take several.
std::string one_line(const Node& node) {
    auto out = head_of(node);
    if (node.block == nullptr) return out;
    const auto& block = *node.block;
    if (has_comments(block)) return {};
    if (block.nodes.empty()) return out + " {}";
    if (!block.is_one_line) return {};
    out += " {";
    for (const auto& child : block.nodes) {
        if (child.block != nullptr) return {};
        out.append(&child == block.nodes.data() ? " " : "; ").append(head_of(child));
    }
    return out + " }";
}

class Printer {
public:
    std::string print(const Block& tree) {
        for (const auto& node : tree.nodes) this->node(node);
        lines(tree.closing);
        return std::move(out_);
    }

private:
    void indent() { out_.append(std::size_t{4} * depth_, ' '); }

    void lines(const std::vector<std::string>& all) {
        for (const auto& line : all) {
            if (!line.empty()) indent();
            out_.append(line).append("\n");
        }
    }

    void comment_behind(const std::string& comment) {
        if (!comment.empty()) out_.append("  ").append(comment);
        out_ += '\n';
    }

    void node(const Node& node) {
        lines(node.before);
        indent();
        const auto line = one_line(node);
        if (!line.empty() && (node.block == nullptr || depth_ * 4 + count_characters(line) <= kLineColumnsMax)) {
            out_ += line;
            return comment_behind(node.behind);
        }
        out_.append(head_of(node)).append(" {");
        block(*node.block);
        indent();
        out_ += '}';
        comment_behind(node.behind);
    }

    void block(const Block& block) {
        comment_behind(block.opening);
        ++depth_;
        for (const auto& child : block.nodes) node(child);
        lines(block.closing);
        --depth_;
    }

    std::string out_;
    std::size_t depth_ = 0;
};

void order_block(Block& block, BlockKind context);

void order_children(Node& node, BlockKind context) {
    if (node.block == nullptr) return;
    const auto* directive = schema().find(context, node.name.text);
    if (directive != nullptr && directive->opens != BlockKind::none) order_block(*node.block, directive->opens);
}

using NodeIterator = std::vector<Node>::iterator;

// A stable sort by stage: the stages are few.
void order_range(NodeIterator from, NodeIterator to, BlockKind context) {
    std::vector<Stage> stages;
    for (auto node = from; node != to; ++node) stages.push_back(schema().stage_of(context, *node));
    std::vector<Node> ordered;
    for (auto stage = Stage::share; stage <= Stage::log; stage = static_cast<Stage>(static_cast<int>(stage) + 1))
        for (std::size_t i = 0; i < stages.size(); ++i)
            if (stages[i] == stage) ordered.push_back(std::move(from[static_cast<std::ptrdiff_t>(i)]));
    std::ranges::move(ordered, from);
}

void order_block(Block& block, BlockKind context) {
    for (auto& node : block.nodes) order_children(node, context);
    if (!has_stages(context)) return;
    const auto is_fixed = [](const Node& node) { return node.name.text == "import"; };
    for (auto from = block.nodes.begin(); from != block.nodes.end();) {
        const auto to = std::find_if(from, block.nodes.end(), is_fixed);
        order_range(from, to, context);
        from = to == block.nodes.end() ? to : to + 1;
    }
}

}  // namespace

std::string print(const Block& tree) { return Printer().print(tree); }

void order_stages(Block& tree) {
    order_block(tree, BlockKind::file);
    normalise_blank_lines(tree);
}

}  // namespace weir::config
