#include "cache/validate.h"

#include <algorithm>

#include "base/text.h"
#include "cache/directives.h"
#include "cache/storing.h"
#include "http/date.h"

namespace weir::cache {

using http::FieldId;
using http::Fields;
using http::FieldSet;
using http::Method;

namespace {

// RFC 9110 8.8.2.2 asks for a second between Last-Modified and Date when both are of one clock; a minute makes it sure when they are not.
constexpr std::chrono::seconds kStrongGap{60};

std::string_view opaque_of(std::string_view etag) { return is_weak_tag(etag) ? etag.substr(2) : etag; }

}  // namespace

Validators validators_of(std::span<const http::Field> fields, WallTime date) {
    Validators out{.date = date};
    const http::Field* etag = nullptr;
    const http::Field* modified = nullptr;
    unsigned etags = 0;
    unsigned dates = 0;
    for (const auto& field : fields) {
        if (field.id == FieldId::etag) etag = &field, ++etags;
        if (field.id == FieldId::last_modified) modified = &field, ++dates;
    }
    // Of several nobody knows which one counts.
    if (etags == 1) out.etag = etag->value;
    if (dates != 1) return out;
    out.last_modified = modified->value;
    out.modified = http::parse_date(modified->value);
    return out;
}

Validators read_validators(const Fields& fields, WallTime received) {
    return validators_of({fields.begin(), fields.end()}, read_date(fields).value_or(received));
}

bool Validators::is_modified_strong() const { return modified && *modified <= date - kStrongGap; }
bool Validators::has_strong() const { return etag.empty() ? is_modified_strong() : !is_weak_tag(etag); }

bool is_weak_tag(std::string_view etag) { return etag.starts_with("W/"); }

bool equal_strongly(std::string_view a, std::string_view b) { return !a.empty() && a == b && !is_weak_tag(a); }
bool equal_weakly(std::string_view a, std::string_view b) { return !a.empty() && opaque_of(a) == opaque_of(b); }

namespace {

// Takes the first entity tag off a list; empty when there is none left. What has no quotes, as some origins send it, ends at the comma.
std::string_view take_tag(std::string_view& list) {
    while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t')) list.remove_prefix(1);
    const std::size_t quote = is_weak_tag(list) ? 2 : 0;
    auto end = std::string_view::npos;
    if (list.substr(quote).starts_with('"')) end = list.find('"', quote + 1);
    end = end == std::string_view::npos ? std::min(list.find(','), list.size()) : end + 1;
    const auto tag = trim(list.substr(0, end));
    list.remove_prefix(end);
    return tag;
}

bool matches_any(std::string_view list, std::string_view etag) {
    if (trim(list) == "*") return true;
    for (auto tag = take_tag(list); !tag.empty(); tag = take_tag(list))
        if (equal_weakly(tag, etag)) return true;
    return false;
}

// Without Last-Modified the answer's Date stands for it (RFC 9111 4.3.2).
bool is_unmodified_since(std::string_view text, const Validators& validators) {
    const auto since = http::parse_date(text);
    return since && validators.modified.value_or(validators.date) <= *since;
}

}  // namespace

Precondition evaluate(const http::Request& request, const Validators& validators, std::uint16_t stored_status) {
    const auto& fields = request.fields;
    if (!fields.has_any({FieldId::if_none_match, FieldId::if_modified_since})) return Precondition::none;
    if (stored_status / 100 != 2 || (request.method != Method::get && request.method != Method::head)) return Precondition::none;
    bool is_same = false;
    if (fields.has(FieldId::if_none_match)) {
        is_same = matches_any(fields.joined(FieldId::if_none_match), validators.etag);
    } else if (const auto* const since = fields.only(FieldId::if_modified_since)) {
        is_same = is_unmodified_since(since->value, validators);
    }
    return is_same ? Precondition::not_modified : Precondition::none;
}

bool lets_range_count(const Fields& request, const Validators& validators) {
    if (!request.has(FieldId::if_range)) return true;
    const auto* const field = request.only(FieldId::if_range);
    if (field == nullptr) return false;
    if (const auto date = http::parse_date(field->value)) return validators.is_modified_strong() && *date == *validators.modified;
    return equal_strongly(field->value, validators.etag);
}

void reduce_to_not_modified(Fields& fields) {
    constexpr FieldSet kOfContent{FieldId::content_type, FieldId::content_encoding, FieldId::content_length, FieldId::content_range,
                                  FieldId::accept_ranges};
    const bool has_etag = fields.has(FieldId::etag);
    fields.remove(kOfContent);
    fields.remove("Content-Language");
    // With an ETag nobody needs it for the update (RFC 9110 15.4.5).
    if (has_etag) fields.remove(FieldId::last_modified);
}

namespace {

constexpr FieldSet kOwnConditions{FieldId::if_none_match, FieldId::if_modified_since, FieldId::if_range, FieldId::range};

}  // namespace

bool has_own_conditions(const Fields& request) { return request.has_any(kOwnConditions); }

void make_conditional(Fields& request, const Validators& validators) {
    request.remove(kOwnConditions);
    if (!validators.etag.empty()) request.add(FieldId::if_none_match, validators.etag);
    if (validators.modified) request.add(FieldId::if_modified_since, validators.last_modified);
}

void make_conditional(Fields& request, std::span<const Validators> variants) {
    request.remove(kOwnConditions);
    std::string_view list;
    for (const auto& variant : variants) {
        if (variant.etag.empty()) continue;
        list = list.empty() ? variant.etag : request.arena().concat({list, ", ", variant.etag});
    }
    if (!list.empty()) request.add(FieldId::if_none_match, list);
}

bool is_updated_by(const Validators& stored, const http::Response& not_modified, bool is_only) {
    const auto newer = read_validators(not_modified.fields, stored.date);
    // A strong tag speaks of the answers that have the very same (RFC 9111 4.3.4).
    if (!newer.etag.empty() && !is_weak_tag(newer.etag)) return equal_strongly(newer.etag, stored.etag);
    if (!newer.etag.empty()) return equal_weakly(newer.etag, stored.etag);
    if (newer.modified) return newer.modified == stored.modified;
    return is_only;
}

bool is_confirmed_by_head(const Validators& stored, std::uint64_t stored_octets, const http::Response& head) {
    if (head.status != 200) return false;
    const auto newer = read_validators(head.fields, stored.date);
    if (!newer.etag.empty() && newer.etag != stored.etag) return false;
    if (newer.modified && newer.modified != stored.modified) return false;
    return !head.states_length || head.content_length == stored_octets;
}

void ensure_date(Fields& fields, WallTime received) {
    if (fields.has(FieldId::date)) return;
    std::array<char, http::kDateOctets> text;
    http::write_date(received, text);
    fields.add(FieldId::date, fields.arena().copy({text.data(), text.size()}));
}

namespace {

// RFC 9111 3.2: the length is a fact of the stored octets; so are their coding and place.
constexpr FieldSet kOfStoredOctets{FieldId::content_length, FieldId::content_encoding, FieldId::content_range};

bool is_first_of_its_name(const Fields& fields, std::size_t index) {
    const auto& field = fields[index];
    for (std::size_t i = 0; i < index; ++i)
        if (fields[i].id == field.id && (field.id != FieldId::other || fields[i].is(field.name))) return false;
    return true;
}

void remove_all(Fields& fields, const http::Field& like) {
    if (like.id == FieldId::other) fields.remove(like.name);
    else fields.remove(like.id);
}

}  // namespace

void freshen(Fields& stored, const Fields& newer, const ResponseDirectives& directives, const Policy& policy) {
    Fields update(stored.arena());
    update.add(newer);
    remove_unstorable(update, directives, policy);
    update.remove(kOfStoredOctets);
    // Its age is that of the newer answer from here on.
    stored.remove(FieldId::age);
    for (std::size_t i = 0; i < update.size(); ++i) {
        if (is_first_of_its_name(update, i)) remove_all(stored, update[i]);
        stored.add(update[i]);
    }
}

}  // namespace weir::cache
