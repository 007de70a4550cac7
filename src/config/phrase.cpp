#include "config/phrase.h"

#include "base/text.h"

namespace weir::config {

namespace {

constexpr std::size_t kQuotedOctetsMax = 80;

// Not in the middle of a UTF-8 character.
std::string_view cut(std::string_view text, std::size_t octets) {
    if (text.size() <= octets) return text;
    while (octets > 0 && (static_cast<unsigned char>(text[octets]) & 0xC0U) == 0x80U) --octets;
    return text.substr(0, octets);
}

}  // namespace

std::string concat(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const auto part : parts) size += part.size();
    std::string out;
    out.reserve(size);
    for (const auto part : parts) out += part;
    return out;
}

std::string in_quotes(std::string_view text) {
    const auto shown = cut(text, kQuotedOctetsMax);
    std::string out = "'";
    for (const char c : shown) {
        if (c == '\n') out += "\\n";
        else if (c == '\t') out += "\\t";
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) out += '?';
        else out += c;
    }
    if (shown.size() < text.size()) out += "…";
    return out + "'";
}

std::string any_of(std::span<const std::string_view> words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
        out += words[i];
    }
    return out;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    if (word.size() > 64) return {};
    const auto near = nearest(word, candidates);
    return near.empty() || near == word ? std::string{} : concat({"did you mean '", near, "'?"});
}

std::string joined(std::string first, std::string_view second) {
    if (!first.empty() && !second.empty()) first += "; ";
    return first.append(second);
}

}  // namespace weir::config
