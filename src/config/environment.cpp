#include "config/environment.h"

#include <algorithm>
#include <cstdlib>

#include "config/phrase.h"

namespace weir::config {

namespace {

constexpr std::string_view kOpening = "$ENV{";

class Expander {
public:
    Expander(const Environment& environment, Diagnostics& diagnostics) : environment_(environment), diagnostics_(diagnostics) {}

    void block(Block& block) {
        for (auto& node : block.nodes) {
            for (auto& arg : node.args)
                if (arg.text.contains(kOpening)) word(arg);
            if (node.block != nullptr) this->block(*node.block);
        }
    }

private:
    void word(Word& word) {
        std::string out;
        std::string_view rest = word.text;
        while (true) {
            const auto at = rest.find(kOpening);
            const bool is_escaped = at != std::string_view::npos && at > 0 && rest[at - 1] == '$';
            const auto end = at == std::string_view::npos ? at : rest.find('}', at);
            if (end == std::string_view::npos) break;
            out += rest.substr(0, at);
            const auto inside = rest.substr(at + kOpening.size(), end - at - kOpening.size());
            if (is_escaped) out += rest.substr(at, end + 1 - at);
            else out += value(word, inside);
            rest.remove_prefix(end + 1);
        }
        if (rest.starts_with(kOpening))
            diagnostics_.error(word.spot, concat({"'$ENV{' is never closed in ", in_quotes(word.text)}), "expected '}'");
        word.text = out.append(rest);
    }

    std::string value(const Word& word, std::string_view inside) {
        const auto dash = inside.find(":-");
        const std::string name(inside.substr(0, dash));
        auto value = environment_(name);
        const bool has_default = dash != std::string_view::npos;
        if (has_default && (!value || value->empty())) return std::string(inside.substr(dash + 2));
        if (!value) {
            diagnostics_.error(word.spot, concat({"the environment variable ", in_quotes(name), " is not set"}),
                               concat({"set it, or give a default: '$ENV{", name, ":-…}'"}));
            return {};
        }
        const bool has_control = std::ranges::any_of(*value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
        if (!has_control) return *value;
        diagnostics_.error(word.spot, concat({"the environment variable ", in_quotes(name), " holds a control octet"}),
                           "expected one line of text");
        return {};
    }

    const Environment& environment_;
    Diagnostics& diagnostics_;
};

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());  // nothing in this process changes the environment
    if (value == nullptr) return std::nullopt;
    return value;
}

void expand_environment(Block& tree, const Environment& environment, Diagnostics& diagnostics) {
    Expander(environment, diagnostics).block(tree);
}

std::optional<std::string> as_written_with_environment(const Word& word, const Sources& sources) {
    if (!word.spot.is_somewhere()) return std::nullopt;
    auto written = std::string_view(sources[word.spot.file].text()).substr(word.spot.offset, word.spot.length);
    if (!written.contains(kOpening)) return std::nullopt;
    const bool is_quoted = written.size() >= 2 && (written.front() == '"' || written.front() == '\'') && written.back() == written.front();
    if (is_quoted) written = written.substr(1, written.size() - 2);
    return std::string(written);
}

}  // namespace weir::config
