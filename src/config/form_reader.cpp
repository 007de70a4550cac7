#include "config/form_reader.h"

#include <algorithm>

#include "config/check_word.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

std::vector<std::string_view> option_keywords(const Form& form) {
    std::vector<std::string_view> out;
    out.reserve(form.options.size());
    for (const auto& option : form.options) out.push_back(option.keyword);
    return out;
}

std::vector<std::string_view> expectations(const Slot& slot) {
    auto out = slot.keywords;
    if (slot.placeholder != nullptr) out.push_back(slot.placeholder->name);
    return out;
}

// Of a slot that takes a value: "expected a whole number from 1 to 9, or auto".
Misfit misfit_of(const Slot& slot, std::size_t at, std::string_view text, Slip slip) {
    if (slot.placeholder == nullptr) return {.at = at, .slip = {}, .expected = slot.keywords};
    if (!slot.keywords.empty()) {
        const auto near = did_you_mean(text, slot.keywords);
        const bool is_certain = slip.hint.contains("did you mean");
        if (!near.empty()) slip.hint = near;
        else if (!is_certain) slip.hint += concat({", or ", any_of(slot.keywords)});
    }
    return {.at = at, .slip = std::move(slip), .expected = {}};
}

}  // namespace

std::optional<Misfit> FormReader::read() {
    for (std::size_t i = 0; i < form_.slots.size(); ++i)
        if (auto misfit = read_slot(i)) return misfit;
    while (at_ < words_.size())
        if (auto misfit = read_option()) return misfit;
    return std::nullopt;
}

std::size_t FormReader::required_after(std::size_t slot) const {
    const auto rest = std::span(form_.slots).subspan(slot + 1);
    return static_cast<std::size_t>(std::ranges::count(rest, false, &Slot::is_optional));
}

std::size_t FormReader::words_before_options() const {
    auto at = at_;
    while (at < words_.size() && form_.option(words_[at].text) == nullptr) ++at;
    return at - at_;
}

std::optional<Misfit> FormReader::read_slot(std::size_t index) {
    const auto& slot = form_.slots[index];
    if (slot.is_optional && (at_ == words_.size() || is_at_option())) return std::nullopt;
    if (slot.is_optional && required_after(index) != 0 && check_word(slot, words_[at_].text)) return std::nullopt;
    if (auto misfit = take(slot, {})) return misfit;
    while (slot.is_repeated && at_ < words_.size() && words_before_options() > required_after(index))
        if (auto misfit = take(slot, {})) {
            misfit->options = option_keywords(form_);
            return misfit;
        }
    return std::nullopt;
}

std::optional<Misfit> FormReader::read_option() {
    const auto* option = form_.option(words_[at_].text);
    if (option == nullptr) return Misfit{.at = at_, .slip = {}, .expected = option_keywords(form_)};
    const bool is_repeated = std::ranges::find(out_, option->keyword, &Argument::option) != out_.end();
    if (is_repeated) return Misfit{.at = at_, .slip = Slip{"an option given twice", "once is enough"}, .expected = {}};
    out_.push_back({.role = {}, .option = option->keyword, .word = static_cast<std::uint32_t>(at_++)});
    for (const auto& slot : option->slots)
        if (auto misfit = take(slot, option->keyword)) return misfit;
    return std::nullopt;
}

std::optional<Misfit> FormReader::take(const Slot& slot, std::string_view option) {
    if (at_ == words_.size()) return Misfit{.at = at_, .slip = {}, .expected = expectations(slot)};
    const auto& text = words_[at_].text;
    if (auto slip = check_word(slot, text)) return misfit_of(slot, at_, text, std::move(*slip));
    const auto role = is_keyword(slot, text) ? std::string_view{} : slot.placeholder->name;
    out_.push_back({.role = role, .option = option, .word = static_cast<std::uint32_t>(at_++)});
    return std::nullopt;
}

}  // namespace weir::config
