#include <algorithm>
#include <array>
#include <span>

#include "base/rapidjson.h"
#include "config/json.h"
#include "config/lexer.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

enum class Key : std::uint8_t { none, directive, args, block, comments, comment, block_comment, closing_comments, one_line, directives };

struct KeyName {
    std::string_view name;
    Key key;
    std::string_view expected;
};
constexpr std::array kKeys{
    KeyName{"directive", Key::directive, "a string"},
    KeyName{"args", Key::args, "an array of strings"},
    KeyName{"block", Key::block, "an array of directives"},
    KeyName{"comments", Key::comments, "an array of strings"},
    KeyName{"comment", Key::comment, "a string"},
    KeyName{"block_comment", Key::block_comment, "a string"},
    KeyName{"closing_comments", Key::closing_comments, "an array of strings"},
    KeyName{"one_line", Key::one_line, "true or false"},
    KeyName{"directives", Key::directives, "an array of directives"},
};
constexpr std::array<std::string_view, 2> kDocumentKeys{"directives", "closing_comments"};
constexpr std::array<std::string_view, 8> kNodeKeys{"directive",        "args",    "block", "comments", "comment", "block_comment",
                                                    "closing_comments", "one_line"};

// What may not stand in a word or a comment: it could not be written as text.
bool is_writable(std::string_view text, std::string_view also_allowed) {
    for (const char c : text)
        if ((static_cast<unsigned char>(c) < 0x20 && !also_allowed.contains(c)) || c == 0x7f) return false;
    return true;
}

bool is_comment(std::string_view text) {
    return text.starts_with('#') && is_writable(text, "\t") && !text.ends_with(' ') && !text.ends_with('\t');
}

// Receives the events of RapidJSON's reader; the stack says where in the tree they belong. Stops at the first fault.
class TreeBuilder {
public:
    TreeBuilder(const Sources& sources, std::uint32_t file, const rapidjson::MemoryStream& stream, Diagnostics& diagnostics)
        : text_(sources[file].text()), file_(file), stream_(stream), diagnostics_(diagnostics) {}

    bool Null() { return unexpected(); }
    bool Int(int) { return unexpected(); }
    bool Uint(unsigned) { return unexpected(); }
    bool Int64(std::int64_t) { return unexpected(); }
    bool Uint64(std::uint64_t) { return unexpected(); }
    bool Double(double) { return unexpected(); }
    bool RawNumber(const char*, rapidjson::SizeType, bool) { return unexpected(); }

    bool Bool(bool value) {
        if (stack_.empty() || key_ != Key::one_line) return unexpected();
        block_of(*stack_.back().node).is_one_line = value;
        return true;
    }

    bool StartObject() {
        is_opening_ = true;
        if (stack_.empty()) return push({.shape = Shape::document, .block = &root_});
        if (stack_.back().shape != Shape::nodes) return unexpected();
        if (++nodes_ > kNodesMax) return fault(here(), "too many directives", "at most 4000000 in one text");
        auto& nodes = stack_.back().block->nodes;
        nodes.emplace_back();
        nodes.back().name.spot = here();
        return push({.shape = Shape::node, .node = &nodes.back()});
    }

    bool EndObject(rapidjson::SizeType) {
        const auto frame = stack_.back();
        stack_.pop_back();
        if (frame.shape == Shape::node && frame.node->name.text.empty())
            return fault(frame.node->name.spot, "a directive without a name", "expected \"directive\" in this object");
        return true;
    }

    bool Key(const char* text, rapidjson::SizeType size, bool) {
        const std::string_view name(text, size);
        const bool is_document = stack_.back().shape == Shape::document;
        const auto allowed = is_document ? std::span<const std::string_view>(kDocumentKeys) : std::span<const std::string_view>(kNodeKeys);
        for (const auto& known : kKeys) {
            if (known.name != name || std::ranges::find(allowed, name) == allowed.end()) continue;
            key_ = known.key;
            return true;
        }
        return fault(string_spot(), concat({"unknown key ", in_quotes(name)}),
                     joined(concat({"expected ", any_of(allowed)}), did_you_mean(name, allowed)));
    }

    bool StartArray() {
        is_opening_ = true;
        if (stack_.empty()) return unexpected();
        auto& frame = stack_.back();
        if (frame.shape != Shape::document && frame.shape != Shape::node) return unexpected();
        switch (key_) {
            case Key::directives: return push({.shape = Shape::nodes, .block = frame.block});
            case Key::block: return start_block(*frame.node);
            case Key::args: return push({.shape = Shape::words, .node = frame.node});
            case Key::comments: return push({.shape = Shape::lines, .lines = &frame.node->before});
            case Key::closing_comments:
                return push({.shape = Shape::lines, .lines = frame.node != nullptr ? &block_of(*frame.node).closing : &root_.closing});
            default: return unexpected();
        }
    }

    bool EndArray(rapidjson::SizeType) {
        stack_.pop_back();
        return true;
    }

    bool String(const char* data, rapidjson::SizeType size, bool) {
        if (stack_.empty()) return unexpected();
        std::string text(data, size);
        auto& frame = stack_.back();
        if (frame.shape == Shape::words) return word(frame.node->args.emplace_back(), std::move(text));
        if (frame.shape == Shape::lines) return line(*frame.lines, std::move(text));
        if (frame.shape != Shape::node) return unexpected();
        switch (key_) {
            case Key::directive: return word(frame.node->name, std::move(text));
            case Key::comment: return comment(frame.node->behind, std::move(text));
            case Key::block_comment: return comment(block_of(*frame.node).opening, std::move(text));
            default: return unexpected();
        }
    }

    Block take() {
        normalise_blank_lines(root_);
        return std::move(root_);
    }
    bool has_failed() const { return has_failed_; }

private:
    enum class Shape : std::uint8_t { document, nodes, node, words, lines };
    struct Frame {
        Shape shape = Shape::document;
        Block* block = nullptr;
        Node* node = nullptr;
        std::vector<std::string>* lines = nullptr;
    };

    bool push(Frame frame) {
        is_opening_ = false;
        stack_.push_back(frame);
        return true;
    }

    static Block& block_of(Node& node) {
        if (node.block == nullptr) node.block = std::make_unique<Block>();
        return *node.block;
    }

    bool start_block(Node& node) {
        if (depth() == kDepthMax) return fault(here(), "blocks are nested too deeply", "at most 16 deep");
        block_of(node).brace = here();
        return push({.shape = Shape::nodes, .block = node.block.get()});
    }

    // How many blocks the current directive stands in.
    std::size_t depth() const { return static_cast<std::size_t>(std::ranges::count(stack_, Shape::nodes, &Frame::shape)) - 1; }

    bool word(Word& into, std::string text) {
        into.spot = string_spot();
        if (!is_writable(text, "\n\t")) return fault(into.spot, "a control octet in a word", "only \\n and \\t are possible");
        into.text = std::move(text);
        if (stack_.back().node->args.size() > kWordsMax) return fault(into.spot, "too many words in one directive", "at most 10000");
        return true;
    }

    bool comment(std::string& into, std::string text) {
        if (!text.empty() && !is_comment(text)) return fault(string_spot(), "this is no comment", "expected one line that begins with '#'");
        into = std::move(text);
        return true;
    }

    bool line(std::vector<std::string>& into, std::string text) { return comment(into.emplace_back(), std::move(text)); }

    bool unexpected() {
        if (stack_.empty()) return fault(here(), "this is no configuration in JSON", "expected an object with \"directives\"");
        const auto shape = stack_.back().shape;
        if (shape == Shape::nodes) return fault(here(), "this is no directive", "expected an object with \"directive\"");
        if (shape == Shape::words || shape == Shape::lines) return fault(here(), "wrong type in an array", "expected a string");
        for (const auto& known : kKeys)
            if (known.key == key_)
                return fault(here(), concat({"wrong type of ", in_quotes(known.name)}), concat({"expected ", known.expected}));
        return fault(here(), "unexpected value", {});
    }

    bool fault(const Spot& spot, std::string message, std::string hint) {
        has_failed_ = true;
        diagnostics_.error(spot, std::move(message), std::move(hint));
        return false;
    }

    // The last octet of the value that was read. RapidJSON tells of an opening bracket before it takes it.
    Spot here() const {
        const auto at = stream_.Tell();
        return {.file = file_, .offset = static_cast<std::uint32_t>(is_opening_ || at == 0 ? at : at - 1), .length = 1};
    }

    // The string that was just read, with its quotes.
    Spot string_spot() const {
        const auto end = stream_.Tell();
        auto start = end - 1;
        do start = text_.rfind('"', start - 1);
        while (is_escaped(start));
        return {.file = file_, .offset = static_cast<std::uint32_t>(start), .length = static_cast<std::uint32_t>(end - start)};
    }

    bool is_escaped(std::size_t at) const {
        std::size_t backslashes = 0;
        while (backslashes < at && text_[at - backslashes - 1] == '\\') ++backslashes;
        return backslashes % 2 == 1;
    }

    std::string_view text_;
    std::uint32_t file_;
    const rapidjson::MemoryStream& stream_;
    Diagnostics& diagnostics_;
    Block root_;
    std::vector<Frame> stack_;
    enum Key key_ = Key::none;
    std::size_t nodes_ = 0;
    bool has_failed_ = false;
    bool is_opening_ = false;
};

}  // namespace

Block parse_json(const Sources& sources, std::uint32_t file, Diagnostics& diagnostics) {
    const auto& text = sources[file].text();
    rapidjson::MemoryStream stream(text.data(), text.size());
    TreeBuilder builder(sources, file, stream, diagnostics);
    rapidjson::Reader reader;
    constexpr auto kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    const auto result = reader.Parse<kFlags>(stream, builder);
    if (result.IsError() && !builder.has_failed()) {
        const Spot spot{.file = file, .offset = static_cast<std::uint32_t>(std::min(result.Offset(), text.size())), .length = 1};
        diagnostics.error(spot, "this is not valid JSON", rapidjson::GetParseError_En(result.Code()));
    }
    return builder.take();
}

}  // namespace weir::config
