#include "cache/directives_memo.h"

#include <algorithm>

#include "cache/hash.h"

namespace weir::cache {

ResponseDirectives DirectivesMemo::read(const http::Fields& fields, const Policy& policy) {
    const auto* const field = fields.only(http::FieldId::cache_control);
    const bool is_short = field != nullptr && !field->value.empty() && field->value.size() <= kTextMax;
    const auto is_there = [&](const std::string& name) { return fields.find(name) != nullptr; };
    const auto& targeted = policy.targeted_fields;
    const bool is_targeted = targeted.may_be_in(fields) && std::ranges::any_of(targeted, is_there);
    if (!is_short || policy.ignores_cache_control || is_targeted) return read_response_directives(fields, policy);
    const auto text = field->value;
    auto& row = rows_[hash_of(text, 0) % kRows];
    if (std::string_view(row.text.data(), row.size) == text) return row.directives;
    const auto read = read_response_directives(fields, policy);
    // Lists of fields are views into this answer.
    if (!read.no_cache_fields.empty() || !read.private_fields.empty()) return read;
    row.size = static_cast<std::uint8_t>(text.copy(row.text.data(), kTextMax));
    row.directives = read;
    return read;
}

}  // namespace weir::cache
