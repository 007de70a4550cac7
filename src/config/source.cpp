#include "config/source.h"

#include <algorithm>

namespace weir::config {

std::uint32_t count_characters(std::string_view text) {
    return static_cast<std::uint32_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Source::Source(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i)
        if (text_[i] == '\n') line_starts_.push_back(static_cast<std::uint32_t>(i + 1));
}

LineColumn Source::at(std::uint32_t offset) const {
    offset = std::min(offset, static_cast<std::uint32_t>(text_.size()));
    const auto after = std::ranges::upper_bound(line_starts_, offset);
    const auto start = *(after - 1);
    const auto before = std::string_view(text_).substr(start, offset - start);
    return {.line = static_cast<std::uint32_t>(after - line_starts_.begin()), .column = count_characters(before) + 1};
}

std::string_view Source::line(std::uint32_t number) const {
    if (number == 0 || number > line_starts_.size()) return {};
    auto rest = std::string_view(text_).substr(line_starts_[number - 1]);
    rest = rest.substr(0, rest.find('\n'));
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    return rest;
}

std::uint32_t Sources::add(std::string name, std::string text) {
    sources_.emplace_back(std::move(name), std::move(text));
    return static_cast<std::uint32_t>(sources_.size() - 1);
}

Place Sources::place(const Spot& spot) const {
    if (!spot.is_somewhere()) return {};
    const auto& source = sources_[spot.file];
    const auto where = source.at(spot.offset);
    return {.file = source.name(), .line = where.line, .column = where.column};
}

}  // namespace weir::config
