#include "config/diagnostic.h"

#include <algorithm>
#include <tuple>

#include "config/phrase.h"

namespace weir::config {

namespace {

constexpr std::size_t kSnippetBefore = 70;  // octets of a long line shown before the spot …
constexpr std::size_t kSnippetAfter = 50;   // … and after its start

auto order_of(const Diagnostic& d) {
    const auto file = d.spot.is_somewhere() ? std::int64_t{d.spot.file} : std::int64_t{-1};
    return std::tuple(file, d.spot.offset, d.severity);
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// The stretch of a line that is shown, and where the spot begins in it.
struct Snippet {
    std::string text;
    std::size_t before = 0;
};

Snippet snippet_of(std::string_view line, std::size_t at) {
    std::size_t from = at > kSnippetBefore + 10 ? at - kSnippetBefore : 0;
    std::size_t to = line.size() > at + kSnippetAfter + 10 ? at + kSnippetAfter : line.size();
    while (from > 0 && is_continuation(line[from])) --from;
    while (to < line.size() && is_continuation(line[to])) ++to;
    Snippet snippet;
    if (from > 0) snippet.text = "…";
    snippet.before = snippet.text.size() + at - from;
    snippet.text += line.substr(from, to - from);
    if (to < line.size()) snippet.text += "…";
    return snippet;
}

// As wide as `text` is on a screen: tabs stay tabs.
std::string blanks_for(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (!is_continuation(c)) out += c == '\t' ? '\t' : ' ';
    return out;
}

std::string caret_lines(const Diagnostic& diagnostic, const Source& source, const LineColumn& where) {
    const auto line = source.line(where.line);
    const auto start = static_cast<std::size_t>(line.data() - source.text().data());
    const auto at = std::min(static_cast<std::size_t>(diagnostic.spot.offset) - start, line.size());
    const auto snippet = snippet_of(line, at);
    const auto shown = std::string_view(snippet.text);
    const auto marked = shown.substr(snippet.before, diagnostic.spot.length);
    auto number = std::to_string(where.line);
    if (number.size() < 4) number.insert(0, 4 - number.size(), ' ');
    return concat({number, " | ", shown, "\n", std::string(number.size(), ' '), " | ", blanks_for(shown.substr(0, snippet.before)),
                   std::string(std::max<std::size_t>(count_characters(marked), 1), '^'), " ", diagnostic.hint, "\n"});
}

}  // namespace

void Diagnostics::error(const Spot& spot, std::string message, std::string hint) {
    keep(Severity::error, spot, std::move(message), std::move(hint));
}

void Diagnostics::warning(const Spot& spot, std::string message, std::string hint) {
    keep(Severity::warning, spot, std::move(message), std::move(hint));
}

void Diagnostics::keep(Severity severity, const Spot& spot, std::string message, std::string hint) {
    const auto is_known = [&](const Diagnostic& d) {
        return d.spot.file == spot.file && d.spot.offset == spot.offset && d.message == message;
    };
    if (std::ranges::any_of(kept_, is_known)) return;
    ++(severity == Severity::error ? errors_ : warnings_);
    if (kept_.size() < kKeptMax) kept_.push_back({severity, spot, std::move(message), std::move(hint)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
    auto out = kept_;
    std::ranges::sort(out, {}, [](const Diagnostic& d) { return std::tuple(order_of(d), std::string_view(d.message)); });
    return out;
}

std::string Diagnostics::render(const Sources& sources) const {
    std::string out;
    for (const auto& diagnostic : sorted()) out += config::render(diagnostic, sources);
    const auto hidden = errors_ + warnings_ - kept_.size();
    if (hidden != 0) out += concat({"and ", std::to_string(hidden), " more\n"});
    return out;
}

std::string render(const Diagnostic& diagnostic, const Sources& sources) {
    const std::string_view word = diagnostic.severity == Severity::error ? "error: " : "warning: ";
    if (!diagnostic.spot.is_somewhere())
        return concat({"weir: ", word, diagnostic.message, diagnostic.hint.empty() ? "" : ": ", diagnostic.hint, "\n"});
    const auto& source = sources[diagnostic.spot.file];
    const auto where = source.at(diagnostic.spot.offset);
    auto out =
        concat({source.name(), ":", std::to_string(where.line), ":", std::to_string(where.column), ": ", word, diagnostic.message, "\n"});
    if (!diagnostic.hint.empty()) out += caret_lines(diagnostic, source, where);
    return out;
}

}  // namespace weir::config
