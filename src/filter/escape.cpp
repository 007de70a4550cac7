#include "filter/escape.h"

#include <algorithm>

#include "base/escape.h"
#include "base/text.h"

namespace weir::filter {
namespace {

std::string_view entity_of(char c) {
    switch (c) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '"': return "&quot;";
        case '\'': return "&#39;";
        default: return {};
    }
}

bool has_suffix_type(std::string_view type, std::string_view word) {
    if (type.size() <= word.size()) return false;
    const auto before = type[type.size() - word.size() - 1];
    return equal_ignoring_case(type.substr(type.size() - word.size()), word) && (before == '/' || before == '+');
}

}  // namespace

std::string_view escape_html(std::string_view text, Arena& arena) {
    std::size_t octets = 0;
    for (const char c : text) octets += std::max<std::size_t>(1, entity_of(c).size());
    if (octets == text.size()) return text;
    auto* const first = static_cast<char*>(arena.allocate(octets, 1));
    auto* out = first;
    for (const char c : text) {
        const auto entity = entity_of(c);
        if (entity.empty()) *out++ = c;
        else out += entity.copy(out, entity.size());
    }
    return {first, octets};
}

std::string_view escape_json(std::string_view text, Arena& arena) {
    const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<'; };
    if (std::ranges::all_of(text, is_plain)) return text;
    auto* const first = static_cast<char*>(arena.allocate(text.size() * kJsonGrowthMax + kEscapeSlack, 1));
    auto* out = first;
    while (!text.empty()) {
        const auto less = std::min(text.find('<'), text.size());
        out = write_json_text(text.substr(0, less), out);
        text.remove_prefix(less);
        if (text.empty()) break;
        out = std::ranges::copy(std::string_view("\\u003c"), out).out;
        text.remove_prefix(1);
    }
    return {first, static_cast<std::size_t>(out - first)};
}

Escape escape_for(std::string_view content_type) {
    const auto type = trim(content_type.substr(0, content_type.find(';')));
    if (has_suffix_type(type, "html") || has_suffix_type(type, "xml")) return escape_html;
    if (has_suffix_type(type, "json")) return escape_json;
    return nullptr;
}

}  // namespace weir::filter
