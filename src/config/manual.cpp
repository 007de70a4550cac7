#include "config/manual.h"

#include <algorithm>

#include "config/config.h"
#include "config/phrase.h"

namespace weir::config {

BlockKind home_of(const Directive& directive) {
    if (directive.stands_in == kAnywhere) return BlockKind::file;
    for (const auto section : manual_sections())
        if (section.context != BlockKind::file && section.context != BlockKind::site && includes(directive.stands_in, section.context))
            return section.context;
    return includes(directive.stands_in, BlockKind::site) ? BlockKind::site : BlockKind::file;
}

std::vector<const Schema::Entry*> entries_of(BlockKind context) {
    std::vector<const Schema::Entry*> out;
    for (const auto table : {global_directives(), upstream_directives(), site_directives(), route_directives(), tls_directives(),
                             cache_directives(), compress_directives()})
        for (const auto& directive : table)
            if (home_of(directive) == context) out.push_back(&schema().entry(directive));
    return out;
}

std::string places_of(const Directive& directive) {
    if (directive.stands_in == kAnywhere) return "anywhere";
    std::vector<std::string_view> places;
    for (std::uint32_t bit = 1; bit <= static_cast<std::uint32_t>(kAnywhere); bit <<= 1U)
        if (includes(directive.stands_in, static_cast<BlockKind>(bit))) places.push_back(name_of(static_cast<BlockKind>(bit)));
    auto out = any_of(places);
    std::erase(out, '\'');
    return out;
}

namespace {

std::string bounds_of(const Slot& slot, std::string_view name) {
    std::string out;
    if (slot.placeholder != nullptr && slot.placeholder->kind == Kind::integer && slot.high != ~std::uint64_t{0})
        out = concat({name, " from ", std::to_string(slot.low), " to ", std::to_string(slot.high)});
    if (slot.fallback.empty()) return out;
    return concat({out.empty() ? name : out, out.empty() ? " " : ", ", slot.fallback, " unless given"});
}

}  // namespace

std::string bounds_of(const Form& form) {
    std::string out;
    const auto add = [&](const Slot& slot, std::string_view name) {
        const auto one = bounds_of(slot, name);
        if (!one.empty()) out.append(out.empty() ? "" : "; ").append(one);
    };
    for (const auto& slot : form.slots)
        if (slot.placeholder != nullptr) add(slot, slot.placeholder->name);
    for (const auto& option : form.options)
        for (const auto& slot : option.slots) add(slot, option.keyword);
    return out;
}

bool is_used(const Placeholder& placeholder) {
    const auto takes = [&](const Slot& slot) { return slot.placeholder == &placeholder; };
    const auto has = [&](const Form& form) {
        return std::ranges::any_of(form.slots, takes) ||
               std::ranges::any_of(form.options, [&](const Option& option) { return std::ranges::any_of(option.slots, takes); });
    };
    return std::ranges::any_of(schema().entries(), [&](const Schema::Entry& entry) { return std::ranges::any_of(entry.forms, has); });
}

std::string completion_words() {
    std::string out;
    for (const auto& entry : schema().entries()) {
        std::string forms;
        for (const auto& form : entry.forms) forms.append(forms.empty() ? "" : " / ").append(usage_of(form));
        for (std::uint32_t bit = 1; bit <= static_cast<std::uint32_t>(kAnywhere); bit <<= 1U) {
            if (!includes(entry.directive->stands_in, static_cast<BlockKind>(bit))) continue;
            auto place = std::string(name_of(static_cast<BlockKind>(bit)));
            std::erase(place, '\'');
            out += concat({place, "\t", entry.directive->name, "\t", forms, "\t", entry.directive->help, "\n"});
        }
    }
    return out;
}

}  // namespace weir::config
