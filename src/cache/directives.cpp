#include "cache/directives.h"

#include <algorithm>

#include "base/text.h"
#include "cache/structured.h"
#include "http/date.h"
#include "http/octets.h"

namespace weir::cache {

using http::FieldId;
using http::Fields;

namespace {

// The value after '=', whose quote was opened; what follows the closing one up to the comma does not belong there.
void take_quoted(std::string_view& text, Directive& directive) {
    directive.is_quoted = true;
    std::size_t at = 1;
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    if (at >= text.size()) {
        directive.value = text.substr(1);
        directive.is_malformed = directive.is_unclosed = true;
        text = {};
        return;
    }
    directive.value = text.substr(1, at - 1);
    text.remove_prefix(at + 1);
    const auto comma = std::min(text.find(','), text.size());
    if (!trim(text.substr(0, comma)).empty()) directive.is_malformed = true;
    text.remove_prefix(comma);
}

bool has_outer_space(std::string_view text) { return trim(text).size() != text.size(); }

}  // namespace

std::optional<Directive> take_directive(std::string_view& text) {
    while (!text.empty() && (text.front() == ',' || text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    std::size_t end = 0;
    while (end < text.size() && text[end] != ',' && text[end] != '=') ++end;
    const auto name = text.substr(0, end);
    Directive directive{.name = trim(name)};
    directive.has_value = end < text.size() && text[end] == '=';
    text.remove_prefix(end);
    if (!directive.has_value) return directive;

    text.remove_prefix(1);
    directive.is_malformed = has_outer_space(name);
    const auto value_end = std::min(text.find(','), text.size());
    if (const auto value = text.substr(0, value_end); !trim(value).starts_with('"')) {
        directive.value = trim(value);
        directive.is_malformed = directive.is_malformed || value.starts_with(' ') || value.starts_with('\t');
        text.remove_prefix(value_end);
        return directive;
    }
    if (text.front() != '"') directive.is_malformed = true;
    text.remove_prefix(text.find('"'));
    take_quoted(text, directive);
    return directive;
}

std::optional<Delta> parse_delta(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::uint64_t seconds = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        seconds = std::min<std::uint64_t>(seconds * 10 + static_cast<unsigned>(c - '0'), kDeltaMax.count());
    }
    return Delta(static_cast<std::uint32_t>(seconds));
}

bool lists_field(std::string_view list, std::string_view name) {
    bool found = false;
    for_each_token(list, [&](std::string_view element) { found = found || equal_ignoring_case(element, name); });
    return found;
}

namespace {

// Of a directive given twice the smaller counts: never later than the first occurrence, which RFC 9111 4.2.1 lets count. What is no
// number is stale.
void take_delta(const Directive& directive, std::optional<Delta>& out) {
    const auto value = directive.is_malformed ? std::nullopt : parse_delta(directive.value);
    out = std::min(out.value_or(kDeltaMax), value.value_or(Delta{}));
}

bool is_field_list(std::string_view list) {
    bool has_any = false;
    bool has_other = false;
    for_each_token(list, [&](std::string_view name) {
        has_any = true;
        has_other = has_other || !std::ranges::all_of(name, [](char c) { return http::is_octet(c, http::kTokenOctet); });
    });
    return has_any && !has_other;
}

// no-cache and private: with a list they speak of those fields only; anything else after '=' means the whole answer.
void take_listed(const Directive& directive, bool& whole, std::string_view& fields, Arena& arena) {
    if (!directive.is_quoted || directive.is_malformed || !is_field_list(directive.value)) {
        whole = true;
        return;
    }
    fields = fields.empty() ? directive.value : arena.concat({fields, ",", directive.value});
}

enum class ResponseWord : std::uint8_t {
    max_age,
    s_maxage,
    while_revalidate,
    if_error,
    is_public,
    is_private,
    no_cache,
    no_store,
    no_transform,
    must_revalidate,
    proxy_revalidate,
    must_understand,
    immutable,
    unknown,
};

ResponseWord response_word(std::string_view name) {
    static constexpr std::string_view kNames[] = {
        "max-age",  "s-maxage",     "stale-while-revalidate", "stale-if-error",   "public",          "private",   "no-cache",
        "no-store", "no-transform", "must-revalidate",        "proxy-revalidate", "must-understand", "immutable",
    };
    for (std::size_t i = 0; i < std::size(kNames); ++i)
        if (equal_ignoring_case(name, kNames[i])) return static_cast<ResponseWord>(i);
    return ResponseWord::unknown;
}

// Words that forbid count whatever stands behind them; words that allow only when they stand there as they should.
void take_response_directive(const Directive& directive, ResponseDirectives& out, Arena& arena) {
    const bool is_bare = !directive.has_value;
    switch (response_word(directive.name)) {
        case ResponseWord::max_age: return take_delta(directive, out.max_age);
        case ResponseWord::s_maxage: return take_delta(directive, out.s_maxage);
        case ResponseWord::while_revalidate: return take_delta(directive, out.stale_while_revalidate);
        case ResponseWord::if_error: return take_delta(directive, out.stale_if_error);
        case ResponseWord::is_private: return take_listed(directive, out.is_private, out.private_fields, arena);
        case ResponseWord::no_cache: return take_listed(directive, out.has_no_cache, out.no_cache_fields, arena);
        case ResponseWord::is_public: out.is_public = out.is_public || is_bare; return;
        case ResponseWord::immutable: out.is_immutable = out.is_immutable || is_bare; return;
        case ResponseWord::must_understand: out.has_must_understand = out.has_must_understand || is_bare; return;
        case ResponseWord::no_store: out.has_no_store = true; return;
        case ResponseWord::no_transform: out.has_no_transform = true; return;
        case ResponseWord::must_revalidate: out.has_must_revalidate = true; return;
        case ResponseWord::proxy_revalidate: out.has_proxy_revalidate = true; return;
        case ResponseWord::unknown: return;
    }
}

// What a member of a targeted Dictionary would be in Cache-Control (RFC 9213 2.1). Other mappings are not accepted: a max-age that is a
// String is malformed.
Directive directive_of(const Member& member) {
    Directive directive{.name = member.key};
    const auto& item = member.item;
    directive.has_value = item.kind != ItemKind::boolean;
    directive.is_quoted = item.kind == ItemKind::string;
    directive.is_malformed = item.has_escapes;
    directive.value = item.text;
    return directive;
}

bool takes_delta(ResponseWord word) { return word <= ResponseWord::if_error; }

void take_targeted_delta(const Member& member, ResponseDirectives& out) {
    const bool is_number = member.item.kind == ItemKind::integer && member.item.integer >= 0;
    const auto seconds = is_number ? std::min<std::int64_t>(member.item.integer, kDeltaMax.count()) : 0;
    const Delta delta(static_cast<std::uint32_t>(seconds));
    switch (response_word(member.key)) {
        case ResponseWord::max_age: out.max_age = delta; return;
        case ResponseWord::s_maxage: out.s_maxage = delta; return;
        case ResponseWord::while_revalidate: out.stale_while_revalidate = delta; return;
        default: out.stale_if_error = delta; return;
    }
}

bool is_false(const Item& item) { return item.kind == ItemKind::boolean && item.integer == 0; }

// The field has been found valid.
ResponseDirectives read_targeted(std::string_view field, Arena& arena) {
    ResponseDirectives out{.is_targeted = true};
    MemberReader reader(field, MemberReader::Form::dictionary);
    while (const auto member = reader.next()) {
        if (takes_delta(response_word(member->key))) take_targeted_delta(*member, out);
        else if (!is_false(member->item)) take_response_directive(directive_of(*member), out, arena);
    }
    return out;
}

std::optional<ResponseDirectives> read_first_targeted(const Fields& fields, const Policy& policy) {
    if (!policy.targeted_fields.may_be_in(fields)) return std::nullopt;
    for (const auto& name : policy.targeted_fields) {
        const auto value = fields.joined(name);
        if (!value.empty() && is_valid_members(value, MemberReader::Form::dictionary)) return read_targeted(value, fields.arena());
    }
    return std::nullopt;
}

}  // namespace

ResponseDirectives read_cache_control(const Fields& fields) {
    ResponseDirectives out;
    auto text = fields.joined(FieldId::cache_control);
    while (const auto directive = take_directive(text)) {
        take_response_directive(*directive, out, fields.arena());
        // What stood behind the open quote cannot be known: it may have been no-store.
        if (directive->is_unclosed) out.has_no_store = true;
    }
    return out;
}

ResponseDirectives read_response_directives(const Fields& fields, const Policy& policy) {
    auto targeted = read_first_targeted(fields, policy);
    const auto read = targeted ? *targeted : read_cache_control(fields);
    if (!policy.ignores_cache_control) return read;
    return {.has_no_transform = read.has_no_transform, .is_targeted = true};
}

namespace {

void take_request_directive(const Directive& directive, RequestDirectives& out) {
    const auto is = [&](std::string_view name) { return equal_ignoring_case(directive.name, name); };
    if (is("max-age")) {
        take_delta(directive, out.max_age);
    } else if (is("min-fresh")) {
        // The larger asks for more; what is no number asks for nothing.
        const auto value = directive.is_malformed ? std::nullopt : parse_delta(directive.value);
        if (value) out.min_fresh = std::max(out.min_fresh.value_or(Delta{}), *value);
    } else if (is("max-stale")) {
        if (directive.has_value) take_delta(directive, out.max_stale);
        else out.max_stale = out.max_stale.value_or(kDeltaMax);
    } else if (is("stale-if-error")) {
        take_delta(directive, out.stale_if_error);
    } else if (is("no-cache")) {
        out.has_no_cache = true;
    } else if (is("no-store")) {
        out.has_no_store = true;
    } else if (is("no-transform")) {
        out.has_no_transform = true;
    } else if (is("only-if-cached")) {
        out.is_only_if_cached = true;
    }
}

}  // namespace

RequestDirectives read_request_directives(const Fields& fields) {
    RequestDirectives out;
    if (!fields.has(FieldId::cache_control)) {
        out.has_no_cache = fields.has_token(FieldId::pragma, "no-cache");
        return out;
    }
    auto text = fields.joined(FieldId::cache_control);
    while (const auto directive = take_directive(text)) take_request_directive(*directive, out);
    return out;
}

std::optional<Delta> read_age(const Fields& fields) {
    if (!fields.has(FieldId::age)) return std::nullopt;
    const auto value = fields.value(FieldId::age);
    return parse_delta(trim(value.substr(0, value.find(','))));
}

std::optional<WallTime> read_date(const Fields& fields) {
    const auto* const first = fields.find(FieldId::date);
    if (first == nullptr) return std::nullopt;
    for (const auto* field = first + 1; field != fields.end(); ++field)
        if (field->id == FieldId::date && field->value != first->value) return std::nullopt;
    return http::parse_date(first->value);
}

Expires read_expires(const Fields& fields) {
    Expires expires;
    bool is_invalid = false;
    for (const auto& field : fields) {
        if (field.id != FieldId::expires) continue;
        const auto at = http::parse_date(field.value);
        is_invalid = is_invalid || !at;
        // Of several the earliest: never later than the first (RFC 9111 4.2.1).
        if (at) expires.at = std::min(expires.at.value_or(*at), *at);
        expires.came = true;
    }
    if (is_invalid) expires.at.reset();
    return expires;
}

}  // namespace weir::cache
