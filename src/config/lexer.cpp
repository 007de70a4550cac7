#include "config/lexer.h"

#include <algorithm>

#include "base/text.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
constexpr bool ends_bare(char c) { return is_blank(c) || std::string_view("\n;{}\"'#").contains(c); }

// The length of "$name{…}" at the start of `rest`; 0 when there is none, or its brace is not closed on the line.
std::size_t variable_length(std::string_view rest) {
    std::size_t at = 1;
    while (at < rest.size() && (is_alpha(rest[at]) || is_digit(rest[at]) || rest[at] == '_')) ++at;
    if (at >= rest.size() || rest[at] != '{') return 0;
    const auto end = rest.find_first_of("}{\n\"'", at + 1);
    return end == std::string_view::npos || rest[end] != '}' ? 0 : end + 1;
}

// Octets of the UTF-8 character at the start of `rest`; 0 when it is none (RFC 3629: no overlong forms, no surrogates).
std::size_t character_length(std::string_view rest) {
    const auto octet = [&](std::size_t i) { return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0U; };
    const auto follows = [&](std::size_t i) { return (octet(i) & 0xC0U) == 0x80U; };
    const auto first = octet(0);
    if (first < 0x80) return 1;
    if (first < 0xC2) return 0;
    if (first < 0xE0) return follows(1) ? 2 : 0;
    if (first < 0xF0) {
        const bool is_bad = (first == 0xE0 && octet(1) < 0xA0) || (first == 0xED && octet(1) > 0x9F);
        return !is_bad && follows(1) && follows(2) ? 3 : 0;
    }
    const bool is_bad = (first == 0xF0 && octet(1) < 0x90) || (first == 0xF4 && octet(1) > 0x8F) || first > 0xF4;
    return !is_bad && follows(1) && follows(2) && follows(3) ? 4 : 0;
}

bool is_refused_control(std::string_view rest) {
    const auto c = static_cast<unsigned char>(rest.front());
    if (c == '\r') return rest.size() < 2 || rest[1] != '\n';
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

}  // namespace

bool is_text(const Sources& sources, std::uint32_t file, Diagnostics& diagnostics) {
    const std::string_view text = sources[file].text();
    for (std::size_t at = 0; at < text.size();) {
        const auto rest = text.substr(at);
        const Spot spot{.file = file, .offset = static_cast<std::uint32_t>(at), .length = 1};
        const auto length = character_length(rest);
        if (length == 0) return diagnostics.error(spot, "this is not UTF-8 text"), false;
        if (is_refused_control(rest)) return diagnostics.error(spot, "a control octet in the text"), false;
        at += length;
    }
    return true;
}

std::size_t bare_length(std::string_view rest) {
    std::size_t at = 0;
    while (at < rest.size()) {
        const auto variable = rest[at] == '$' ? variable_length(rest.substr(at)) : 0;
        if (variable == 0 && ends_bare(rest[at])) break;
        at += std::max<std::size_t>(variable, 1);
    }
    return at;
}

std::string spelled(std::string_view word) {
    if (!word.empty() && bare_length(word) == word.size()) return std::string(word);
    const bool has_escapes = word.find_first_of("\"\\") != std::string_view::npos;
    const bool is_literal = word.find_first_of("'\n\t") == std::string_view::npos;
    if (has_escapes && is_literal) return concat({"'", word, "'"});
    std::string out = "\"";
    for (const char c : word) {
        if (c == '\n') out += "\\n";
        else if (c == '\t') out += "\\t";
        else if (c == '"' || c == '\\') out.append({'\\', c});
        else out += c;
    }
    return out + '"';
}

Lexer::Lexer(const Sources& sources, std::uint32_t file, Diagnostics& diagnostics)
    : text_(sources[file].text()), file_(file), diagnostics_(diagnostics) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte order mark, left by some editors
}

Spot Lexer::spot(std::size_t from) const {
    return {.file = file_, .offset = static_cast<std::uint32_t>(from), .length = static_cast<std::uint32_t>(at_ - from)};
}

void Lexer::fault(std::size_t at, std::size_t length, std::string message, std::string hint) {
    const Spot where{.file = file_, .offset = static_cast<std::uint32_t>(at), .length = static_cast<std::uint32_t>(length)};
    diagnostics_.error(where, std::move(message), std::move(hint));
}

void Lexer::skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
}

Token Lexer::mark(TokenKind kind) {
    ++at_;
    return {.kind = kind, .spot = spot(at_ - 1), .text = {}};
}

Token Lexer::next() {
    skip_blanks();
    if (at_end()) return {.kind = TokenKind::end, .spot = spot(at_), .text = {}};
    switch (text_[at_]) {
        case '\n': return mark(TokenKind::newline);
        case ';': return mark(TokenKind::semicolon);
        case '{': return mark(TokenKind::open);
        case '}': return mark(TokenKind::close);
        case '#': return comment();
        case '"':
        case '\'': return quoted_word(text_[at_]);
        default: return bare_word();
    }
}

Token Lexer::comment() {
    const auto from = at_;
    at_ = std::min(text_.find('\n', at_), text_.size());
    auto text = text_.substr(from, at_ - from);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return {.kind = TokenKind::comment, .spot = spot(from), .text = std::string(text)};
}

Token Lexer::bare_word() {
    const auto from = at_;
    at_ += bare_length(text_.substr(at_));
    Token word{.kind = TokenKind::word, .spot = spot(from), .text = std::string(text_.substr(from, at_ - from))};
    require_word_end(word);
    return word;
}

// After an escape's backslash.
char Lexer::escaped() {
    const char c = at_end() ? '\0' : text_[at_];
    if (c == '"' || c == '\\') return c;
    if (c == 'n') return '\n';
    if (c == 't') return '\t';
    fault(at_ - 1, 2, "unknown escape in a quoted word",
          "expected \\\", \\\\, \\n or \\t; between single quotes a backslash is a backslash");
    return c;
}

Token Lexer::quoted_word(char quote) {
    const auto from = at_++;
    Token word{.kind = TokenKind::word, .spot = {}, .text = {}};
    while (!at_end() && text_[at_] != quote && text_[at_] != '\n') {
        char c = text_[at_++];
        if (c == '\\' && quote == '"' && !at_end() && text_[at_] != '\n') {
            c = escaped();
            ++at_;
        }
        word.text += c;
    }
    const bool is_closed = !at_end() && text_[at_] == quote;
    if (is_closed) ++at_;
    else has_swallowed_ = true;
    word.spot = spot(from);
    if (!is_closed) fault(from, 1, "this quote is never closed", concat({"expected ", quote == '"' ? "\"" : "'", " on the same line"}));
    else require_word_end(word);
    return word;
}

// A word ends at a blank, a newline, ';' or '}'. Anything else that sticks to it is a slip, and is taken into the word to go on.
void Lexer::require_word_end(Token& word) {
    if (at_end() || is_blank(text_[at_]) || text_[at_] == '\n' || text_[at_] == ';' || text_[at_] == '}') return;
    const auto from = at_;
    const char c = text_[at_];
    while (!at_end() && !is_blank(text_[at_]) && text_[at_] != '\n') ++at_;
    if (c == '{') fault(from, 1, "'{' inside a word", "put the word in quotes, or a space before the block");
    else if (c == '#') fault(from, 1, "'#' inside a word", "put the word in quotes, or a space before the comment");
    else if (c == '"' || c == '\'') fault(from, 1, "a quote inside a word", "put the whole word in quotes");
    else fault(from, 1, "something sticks to a quoted word", "put a space after the closing quote");
    if (text_[at_ - 1] == '{') --at_;  // `admin{` still opens its block
    word.text += text_.substr(from, at_ - from);
    word.spot.length = static_cast<std::uint32_t>(at_ - word.spot.offset);
}

}  // namespace weir::config
