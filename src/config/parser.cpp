#include "config/parser.h"

#include "config/lexer.h"

namespace weir::config {

namespace {

class Parser {
public:
    Parser(const Sources& sources, std::uint32_t file, Diagnostics& diagnostics)
        : lexer_(sources, file, diagnostics), diagnostics_(diagnostics) {
        advance();
    }

    Block parse() {
        Block root;
        fill(root, 0);
        normalise_blank_lines(root);
        return root;
    }

private:
    // The state of one block while it is read.
    struct Reading {
        Block& block;
        std::vector<std::string> above{};  // comments and blank lines seen since the last directive
        bool is_line_start = true;         // nothing of a directive stands on this line yet
        bool has_newline = false;
    };

    void advance() { token_ = lexer_.next(); }

    void fill(Block& block, std::uint32_t depth) {
        Reading reading{.block = block};
        reading.is_line_start = depth == 0;
        while (token_.kind != TokenKind::end && (token_.kind != TokenKind::close || depth == 0)) step(reading, depth);
        if (token_.kind == TokenKind::end && depth != 0 && !lexer_.has_swallowed())
            diagnostics_.error(block.brace, "this block is never closed", "expected '}' before the end of the file");
        block.closing = std::move(reading.above);
        block.is_one_line = depth != 0 && !reading.has_newline;
    }

    void step(Reading& reading, std::uint32_t depth) {
        switch (token_.kind) {
            case TokenKind::newline: return newline(reading);
            case TokenKind::comment: return comment(reading);
            case TokenKind::word: return directive(reading, depth);
            case TokenKind::open: return stray_block(reading, depth);
            case TokenKind::close: diagnostics_.error(token_.spot, "there is no block to close here", "take this '}' away"); break;
            default: break;
        }
        advance();
    }

    void newline(Reading& reading) {
        if (reading.is_line_start) reading.above.emplace_back();
        reading.is_line_start = true;
        reading.has_newline = true;
        advance();
    }

    void comment(Reading& reading) {
        auto text = std::move(token_.text);
        advance();
        if (reading.is_line_start) {
            reading.above.push_back(std::move(text));
            reading.is_line_start = false;  // the newline that ends the comment is no blank line
        } else if (!reading.block.nodes.empty()) {
            reading.block.nodes.back().behind = std::move(text);
        } else {
            reading.block.opening = std::move(text);
        }
    }

    void directive(Reading& reading, std::uint32_t depth) {
        if (++nodes_ == kNodesMax + 1) diagnostics_.error(token_.spot, "too many directives", "at most 4000000 in one text");
        Node node;
        node.before = std::move(reading.above);
        reading.above.clear();
        reading.is_line_start = false;
        node.name = take_word();
        if (node.name.text.empty()) diagnostics_.error(node.name.spot, "a directive without a name");
        while (token_.kind == TokenKind::word) {
            if (node.args.size() == kWordsMax) diagnostics_.error(token_.spot, "too many words in one directive", "at most 10000");
            auto word = take_word();
            if (node.args.size() <= kWordsMax) node.args.push_back(std::move(word));
        }
        if (token_.kind == TokenKind::open) block_of(node, depth);
        if (nodes_ <= kNodesMax) reading.block.nodes.push_back(std::move(node));
    }

    Word take_word() {
        Word word{.text = std::move(token_.text), .spot = token_.spot};
        advance();
        return word;
    }

    void block_of(Node& node, std::uint32_t depth) {
        node.block = std::make_unique<Block>();
        node.block->brace = token_.spot;
        if (depth == kDepthMax) {
            diagnostics_.error(token_.spot, "blocks are nested too deeply", "at most 16 deep");
            return skip_block();
        }
        advance();
        fill(*node.block, depth + 1);
        if (token_.kind == TokenKind::close) advance();
    }

    void skip_block() {
        std::size_t open = 0;
        do {
            if (token_.kind == TokenKind::open) ++open;
            if (token_.kind == TokenKind::close) --open;
            advance();
        } while (open != 0 && token_.kind != TokenKind::end);
    }

    // A '{' without a directive before it on its line: most often a habit from other languages, so it is taken as that block.
    void stray_block(Reading& reading, std::uint32_t depth) {
        diagnostics_.error(token_.spot, "a block without a directive", "'{' stands at the end of its directive's line");
        Node nobody;
        const bool belongs = !reading.block.nodes.empty() && reading.block.nodes.back().block == nullptr;
        block_of(belongs ? reading.block.nodes.back() : nobody, depth);
        reading.is_line_start = false;
    }

    Lexer lexer_;
    Diagnostics& diagnostics_;
    Token token_;
    std::size_t nodes_ = 0;
};

}  // namespace

Block parse(const Sources& sources, std::uint32_t file, Diagnostics& diagnostics) {
    if (!is_text(sources, file, diagnostics)) return {};
    return Parser(sources, file, diagnostics).parse();
}

}  // namespace weir::config
