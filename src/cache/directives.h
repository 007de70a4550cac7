// Cache-Control and its relatives, read strictly and safely: what is malformed or doubled counts in the way that stores or reuses less.
// Pure functions; views into the message or its arena. No limit of their own: linear in the octets of the fields.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "cache/policy.h"
#include "http/fields.h"

namespace weir::cache {

// Of a response (RFC 9111 5.2.2, RFC 5861, RFC 8246), from the field that counts.
struct ResponseDirectives {
    // A value that is no number is 0, one that is too large kDeltaMax; of several the smallest.
    std::optional<Delta> max_age, s_maxage, stale_while_revalidate, stale_if_error;
    bool is_public = false;
    bool is_private = false;    // without a field list
    bool has_no_cache = false;  // without a field list
    bool has_no_store = false;
    bool has_no_transform = false;
    bool has_must_revalidate = false;
    bool has_proxy_revalidate = false;
    bool has_must_understand = false;
    bool is_immutable = false;
    bool is_targeted = false;  // of a targeted field: Cache-Control, Expires and Pragma say nothing (RFC 9213 2.2)
    // Field names of no-cache="…" and private="…": elements separated by commas, as they came.
    std::string_view no_cache_fields, private_fields;
};

// The first targeted field of the policy that is there, a valid Dictionary (RFC 8941) and not empty; else Cache-Control (RFC 9213 2.2).
ResponseDirectives read_response_directives(const http::Fields& fields, const Policy& policy);
// Those of Cache-Control alone.
ResponseDirectives read_cache_control(const http::Fields& fields);

// Of a request (RFC 9111 5.2.1; stale-if-error: RFC 5861 4). Pragma: no-cache counts without Cache-Control (RFC 9111 5.4).
struct RequestDirectives {
    std::optional<Delta> max_age, min_fresh, stale_if_error;
    std::optional<Delta> max_stale;  // without a value: kDeltaMax
    bool has_no_cache = false;
    bool has_no_store = false;
    bool has_no_transform = false;
    bool is_only_if_cached = false;
};
RequestDirectives read_request_directives(const http::Fields& fields);
// Does the request carry any field that read_request_directives looks at? One bit test: most don't.
inline bool has_request_directives(const http::Fields& fields) {
    return fields.has_any({http::FieldId::cache_control, http::FieldId::pragma});
}

// The first member of the first line; nullopt when that is no non-negative integer (RFC 9111 5.1).
std::optional<Delta> read_age(const http::Fields& fields);

// Date; nullopt when absent, invalid or several that differ.
std::optional<WallTime> read_date(const http::Fields& fields);

struct Expires {
    bool came = false;
    std::optional<WallTime> at;  // nullopt: invalid, which means "in the past" (RFC 9111 5.3)
};
Expires read_expires(const http::Fields& fields);

// delta-seconds (RFC 9111 1.2.2): digits, what is too large is kDeltaMax; nullopt for anything else.
std::optional<Delta> parse_delta(std::string_view text);

// One directive of a Cache-Control value as it stands there.
struct Directive {
    std::string_view name;   // compare without case
    std::string_view value;  // without quotes; escapes as they came
    bool has_value = false;
    bool is_quoted = false;
    bool is_malformed = false;  // white space around '=', octets after a quoted value, or a quote that never closes
    bool is_unclosed = false;   // the last: it took the rest of the field, whatever stood there
};
// Cuts the first directive off `text`; nullopt when there is none left.
std::optional<Directive> take_directive(std::string_view& text);

// Is `name` an element of a list of field names separated by commas? Without case.
bool lists_field(std::string_view list, std::string_view name);

}  // namespace weir::cache
