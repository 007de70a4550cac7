#include <algorithm>
#include <array>

#include "base/regex.h"
#include "base/text.h"
#include "config/literal.h"
#include "config/phrase.h"
#include "http/template.h"

namespace weir::config {

namespace {

// RFC 9110 5.6.2
bool is_token(std::string_view text) {
    const auto is_fine = [](char c) { return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c); };
    return !text.empty() && std::ranges::all_of(text, is_fine);
}

constexpr std::array<std::string_view, 9> kMethods{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace

Literal<std::uint16_t> read_status(std::string_view text) {
    const auto status = parse_decimal<std::uint16_t>(text);
    if (text.size() != 3 || !status || *status < 100 || *status > 599)
        return slip("this is not a status", "expected a number from 100 to 599");
    return *status;
}

Literal<StatusRange> read_status_range(std::string_view text) {
    const auto hint = "expected a status such as 503 or a range such as 500-599";
    const auto dash = text.find('-');
    const auto from = read_status(text.substr(0, dash));
    const auto to = dash == std::string_view::npos ? from : read_status(text.substr(dash + 1));
    if (!from || !to) return slip("this is not a status", hint);
    if (*from > *to)
        return slip("a range of statuses that is empty",
                    concat({"did you mean '", text.substr(dash + 1), "-", text.substr(0, dash), "'?"}));
    return StatusRange{.from = *from, .to = *to};
}

Literal<std::string> read_method(std::string_view text) {
    if (!is_token(text)) return slip("this is not a method", "expected a method such as GET");
    auto capitals = upper(text);
    if (capitals != text) return slip("methods are written in capitals", concat({"did you mean '", capitals, "'?"}));  // RFC 9110 9.1
    if (std::ranges::find(kMethods, text) == kMethods.end())
        if (const auto near = did_you_mean(text, kMethods); !near.empty()) return slip("this is not a method", near);
    return capitals;
}

Literal<std::string> read_field_name(std::string_view text) {
    if (text.ends_with(':'))
        return slip("the name of a header ends without ':'", concat({"did you mean '", text.substr(0, text.size() - 1), "'?"}));
    if (!is_token(text)) return slip("this is not the name of a header", "expected letters, digits and '-', such as X-Beta");
    return std::string(text);
}

Literal<std::string> read_path(std::string_view text) {
    if (!text.starts_with('/')) return slip("a path begins with '/'", concat({"did you mean '/", text, "'?"}));
    if (has_control(text) || text.contains(' ')) return slip("this is not a path", "a space is written %20");
    return std::string(text);
}

Literal<std::string> read_path_pattern(std::string_view text) {
    if (text.starts_with('~')) return read_regex(text);
    if (text.starts_with('/') || text.starts_with('*')) {
        if (text.contains('?'))
            return slip("a path pattern without a query", "use 'when query NAME' for it", text.find('?'), text.size() - text.find('?'));
        if (has_control(text)) return slip("a control octet in a path pattern", "expected a path such as /api/*");
        return std::string(text);
    }
    if (text.contains("://") || text.contains('.'))
        return slip("a route matches a path", "a path begins with '/'; hosts are the names of a site");
    return slip("a path pattern begins with '/', '*' or '~'", concat({"did you mean '/", text, "'?"}));
}

Literal<std::string> read_name(std::string_view text) {
    const auto is_fine = [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; };
    if (text.empty() || text.size() > 128 || !std::ranges::all_of(text, is_fine))
        return slip("this is not a name", "expected letters, digits, '-', '_' and '.'");
    return std::string(text);
}

Literal<std::string> read_regex(std::string_view text) {
    if (!text.starts_with('~')) return slip("a regex begins with '~'", concat({"did you mean '~", text, "'?"}));
    const auto pattern = text.substr(1);
    if (pattern.empty()) return slip("an empty regex", "expected a pattern behind '~'");
    const auto compiled = Regex::compile(pattern);
    if (compiled) return std::string(pattern);
    const auto at = std::min(compiled.error().offset, pattern.size() - 1);
    return slip("this regex does not compile", compiled.error().message, at + 1, 1);
}

Literal<std::string> read_template(std::string_view text) {
    const auto compiled = http::Template::compile(text);
    if (compiled) return std::string(text);
    const auto& fault = compiled.error();
    const auto cut = fault.message.find("; ");
    const auto hint = cut == std::string::npos ? std::string("variables are listed in the manual") : fault.message.substr(cut + 2);
    return slip(fault.message.substr(0, cut), hint, fault.offset, fault.length);
}

Literal<std::string> read_field_value(std::string_view text) {
    if (has_control(text)) return slip("a control octet in a header", "a value is one line");  // response splitting
    if (text.starts_with("file:")) return read_file(text.substr(5));
    return read_template(text);
}

Literal<std::string> read_file(std::string_view text) {
    if (text.empty() || has_control(text)) return slip("this is not the name of a file", "expected a path");
    return std::string(text);
}

}  // namespace weir::config
