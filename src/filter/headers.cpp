#include "filter/headers.h"

#include <algorithm>

#include "base/text.h"
#include "http/octets.h"

namespace weir::filter {
namespace {

using http::FieldId;

// Whoever writes the message owns these: an edit would make its framing or its hop disagree with its octets (request smuggling).
// Host has its own directive, because the authority is more than a header.
bool belongs_to_the_hop(FieldId id) {
    switch (id) {
        case FieldId::cdn_loop:  // RFC 8586 2: no configuration may take it out
        case FieldId::connection:
        case FieldId::content_length:
        case FieldId::expect:
        case FieldId::host:
        case FieldId::http2_settings:
        case FieldId::keep_alive:
        case FieldId::proxy_connection:
        case FieldId::te:
        case FieldId::trailer:
        case FieldId::transfer_encoding:
        case FieldId::upgrade: return true;
        default: return false;
    }
}

void apply(const HeaderEdit& edit, const http::Facts& facts, http::Fields& fields) {
    if (edit.kind == HeaderEdit::Kind::remove) {
        fields.remove(edit.name);
        return;
    }
    const auto value = trim(http::without_controls(edit.value.evaluate(facts, fields.arena()), fields.arena()));
    const bool is_absent = value.empty() && !edit.value.is_literal();
    if (edit.kind == HeaderEdit::Kind::set) {
        if (is_absent) fields.remove(edit.name);
        else fields.set(edit.name, value);
    } else if (!is_absent) {
        fields.add(edit.name, value);
    }
}

}  // namespace

bool is_editable(std::string_view name) {
    const auto is_token_octet = [](char c) { return http::is_octet(c, http::kTokenOctet); };
    return !name.empty() && std::ranges::all_of(name, is_token_octet) && !belongs_to_the_hop(http::id_of(name));
}

void apply(const HeaderEdits& edits, const http::Facts& facts, http::Fields& fields) {
    for (const auto& edit : edits) apply(edit, facts, fields);
}

}  // namespace weir::filter
