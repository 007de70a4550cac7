#include "filter/aliases.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/fields.h"

namespace weir::filter {
namespace {

using http::FieldId;

// Beside those that no configuration may touch.
constexpr http::FieldSet kGuarded{FieldId::early_data, FieldId::forwarded, FieldId::via, FieldId::x_real_ip, FieldId::x_request_id};
constexpr std::size_t kGuardedOctetsMax = 32;

constexpr char variable_octet(char c) { return c == '_' ? '-' : to_lower(c); }

bool is_one_variable(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char left, char right) { return variable_octet(left) == variable_octet(right); });
}

bool is_guarded(std::string_view name) {
    constexpr std::string_view kOfTheClient = "x-forwarded";
    if (is_one_variable(name.substr(0, kOfTheClient.size()), kOfTheClient)) return true;
    if (name.size() > kGuardedOctetsMax) return false;
    std::array<char, kGuardedOctetsMax> room;
    std::ranges::transform(name, room.begin(), variable_octet);
    const std::string_view hyphened(room.data(), name.size());
    return kGuarded.has(http::id_of(hyphened)) || !is_editable(hyphened);
}

// The name itself is the edit's own business: `add` adds to what came, `set` replaces it.
bool is_alias_of(const HeaderEdit& edit, std::string_view name) {
    return is_one_variable(edit.name, name) && !equal_ignoring_case(edit.name, name);
}

bool is_alias(const http::Field& field, const HeaderEdits& edits) {
    if (field.id != FieldId::other) return false;
    if (field.name.contains('_') ? is_guarded(field.name) : equal_ignoring_case(field.name, "proxy")) return true;
    return std::ranges::any_of(edits, [&](const auto& edit) { return is_alias_of(edit, field.name); });
}

}  // namespace

void remove_aliases(const HeaderEdits& edits, http::Fields& fields) {
    if (!fields.has(FieldId::other)) return;
    fields.remove_if([&](const http::Field& field) { return is_alias(field, edits); });
}

}  // namespace weir::filter
