#include "route/pattern.h"

#include <algorithm>

#include "base/text.h"
#include "http/octets.h"

namespace weir::route {
namespace {

using Kind = PathPattern::Kind;

constexpr auto kNowhere = std::string_view::npos;

void append_escape(unsigned char octet, std::string& out) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    out += '%';
    out += kHex[octet >> 4U];
    out += kHex[octet & 15U];
}

std::vector<Shape> prefix_shapes(std::string text) {
    if (text.empty() || text == "/") return {{.kind = Shape::Kind::prefix, .text = ""}};  // '*' of OPTIONS included
    std::vector<Shape> shapes;
    if (text.ends_with('/')) shapes.push_back({.kind = Shape::Kind::literal, .text = text.substr(0, text.size() - 1)});
    shapes.push_back({.kind = Shape::Kind::prefix, .text = std::move(text)});
    return shapes;
}

std::vector<Shape> glob_shapes(std::string text) {
    text.erase(std::ranges::unique(text, [](char a, char b) { return a == '*' && b == '*'; }).begin(), text.end());
    const auto star = text.find('*');
    if (star == kNowhere) return {{.kind = Shape::Kind::literal, .text = std::move(text)}};
    if (star == text.size() - 1) return prefix_shapes(text.substr(0, star));
    std::vector<Shape> shapes;
    if (text.ends_with("/*")) shapes.push_back({.kind = Shape::Kind::glob, .text = text.substr(0, text.size() - 2)});
    shapes.push_back({.kind = Shape::Kind::glob, .text = std::move(text)});
    return shapes;
}

// Does an alternative ('|' outside of groups and classes) make the beginning uncertain?
bool has_alternatives(std::string_view pattern) {
    int depth = 0;
    bool is_class = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '\\') ++i;
        else if (is_class) is_class = c != ']';
        else if (c == '[')
            is_class = true, i += pattern.substr(i + 1).starts_with("^]") ? 2 : pattern.substr(i + 1).starts_with(']') ? 1 : 0;
        else if (c == '(') ++depth;
        else if (c == ')') --depth;
        else if (c == '|' && depth <= 0) return true;
    }
    return false;
}

bool is_plain_in_regex(char c) { return is_alpha(c) || is_digit(c) || std::string_view("/_~%=&,;:@!'\"<>- ").contains(c); }

}  // namespace

PathPattern PathPattern::parse(std::string_view written) {
    if (written.starts_with('~')) return {.kind = Kind::regex, .text = std::string(written.substr(1))};
    if (written == "*" || written == "/*") return {};
    const auto star = written.find('*');
    if (star == kNowhere) return {.kind = Kind::exact, .text = std::string(written)};
    if (star == written.size() - 1) return {.kind = Kind::prefix, .text = std::string(written.substr(0, star))};
    return {.kind = Kind::glob, .text = std::string(written)};
}

std::string PathPattern::written() const {
    switch (kind) {
        case Kind::any: return "/*";
        case Kind::prefix: return text + "*";
        case Kind::regex: return "~" + text;
        case Kind::exact:
        case Kind::glob: return text;
    }
    return text;
}

std::string Shape::key() const {
    if (kind == Kind::regex) return regex_prefix(text);
    return kind == Kind::glob ? text.substr(0, text.find('*')) : text;
}

std::vector<Shape> shapes_of(const PathPattern& pattern) {
    switch (pattern.kind) {
        case Kind::any: return {{.kind = Shape::Kind::prefix, .text = ""}};
        case Kind::exact: return {{.kind = Shape::Kind::literal, .text = normal_octets(pattern.text)}};
        case Kind::prefix: return prefix_shapes(normal_octets(pattern.text));
        case Kind::glob: return glob_shapes(normal_octets(pattern.text));
        case Kind::regex: return {{.kind = Shape::Kind::regex, .text = pattern.text}};
    }
    return {};
}

bool glob_matches(std::string_view glob, std::string_view text) {
    std::size_t g = 0;
    std::size_t t = 0;
    std::size_t star = kNowhere;  // the last one met, and where its text would end
    std::size_t resume = 0;
    while (t < text.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            resume = t;
        } else if (g < glob.size() && glob[g] == text[t]) {
            ++g, ++t;
        } else if (star != kNowhere) {
            g = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*', g) == kNowhere;
}

std::string regex_prefix(std::string_view pattern) {
    if (!pattern.starts_with('^') || has_alternatives(pattern)) return {};
    std::string prefix;
    for (std::size_t i = 1; i < pattern.size();) {
        const bool is_escaped = pattern[i] == '\\' && i + 1 < pattern.size() && !is_alpha(pattern[i + 1]) && !is_digit(pattern[i + 1]);
        const char c = is_escaped ? pattern[i + 1] : pattern[i];
        if (!is_escaped && !is_plain_in_regex(c)) break;
        i += is_escaped ? 2 : 1;
        const char quantifier = i < pattern.size() ? pattern[i] : '\0';
        if (quantifier == '?' || quantifier == '*' || quantifier == '{') break;
        prefix += c;
        if (quantifier == '+') break;
    }
    return prefix;
}

std::string normal_octets(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_escape = text[i] == '%' && text.size() - i > 2 && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
        if (!is_escape) {
            if (http::is_octet(text[i], http::kTargetOctet)) out += text[i];
            else append_escape(static_cast<unsigned char>(text[i]), out);
            continue;
        }
        const auto octet = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
        if (http::is_octet(octet, http::kUnreservedOctet)) out += octet;
        else append_escape(static_cast<unsigned char>(octet), out);
        i += 2;
    }
    return out;
}

}  // namespace weir::route
