#include "config/check_word.h"

#include <algorithm>

namespace weir::config {

namespace {

using MaybeSlip = std::optional<Slip>;

template <class T>
MaybeSlip slip_of(Literal<T> literal) {
    if (literal) return std::nullopt;
    return std::move(literal.error());
}

MaybeSlip check_origin(std::string_view text) {
    const bool is_address = text.contains(':') || text.contains('/');
    return is_address ? slip_of(read_server(text)) : slip_of(read_name(text));
}

MaybeSlip check_match(std::string_view text) { return text.starts_with('~') ? slip_of(read_regex(text)) : std::nullopt; }

// `proxy` and the like name things that a later step looks up; here only their spelling counts.
MaybeSlip check_kind(const Slot& slot, std::string_view text) {
    switch (slot.placeholder->kind) {
        case Kind::text: return std::nullopt;
        case Kind::name:
        case Kind::upstream:
        case Kind::policy:
        case Kind::directive: return slip_of(read_name(text));
        case Kind::origin: return check_origin(text);
        case Kind::duration: return slip_of(read_duration(text));
        case Kind::size: return slip_of(read_size(text));
        case Kind::byte_rate: return slip_of(read_byte_rate(text));
        case Kind::rate: return slip_of(read_rate(text));
        case Kind::percent: return slip_of(read_percent(text));
        case Kind::integer: return slip_of(read_integer(text, {.low = slot.low, .high = slot.high}));
        case Kind::network: return slip_of(read_network(text));
        case Kind::listen: return slip_of(read_listen(text));
        case Kind::server: return slip_of(read_server(text));
        case Kind::name_server: return slip_of(read_name_server(text));
        case Kind::site: return slip_of(read_site_name(text));
        case Kind::host: return slip_of(read_host(text));
        case Kind::status: return slip_of(read_status(text));
        case Kind::statuses: return slip_of(read_status_range(text));
        case Kind::method: return slip_of(read_method(text));
        case Kind::field: return slip_of(read_field_name(text));
        case Kind::value: return slip_of(read_field_value(text));
        case Kind::path: return slip_of(read_path(text));
        case Kind::pattern: return slip_of(read_path_pattern(text));
        case Kind::match: return check_match(text);
        case Kind::regex: return slip_of(read_regex(text));
        case Kind::templated: return slip_of(read_template(text));
        case Kind::file: return slip_of(read_file(text));
    }
    return std::nullopt;
}

}  // namespace

bool is_keyword(const Slot& slot, std::string_view text) { return std::ranges::find(slot.keywords, text) != slot.keywords.end(); }

std::optional<Slip> check_word(const Slot& slot, std::string_view text) {
    if (is_keyword(slot, text)) return std::nullopt;
    if (slot.placeholder == nullptr) return Slip{"unexpected word", {}};
    return check_kind(slot, text);
}

}  // namespace weir::config
