// Validators: conditional requests answered from a stored entry, revalidation towards the origin, and what a 304 or a HEAD's answer
// updates (RFC 9110 13, RFC 9111 4.3). Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "cache/policy.h"
#include "http/message.h"

namespace weir::cache {

struct ResponseDirectives;

// Of a stored answer. Views into its stored head.
struct Validators {
    std::string_view etag;             // as it came, with quotes and W/; empty: none
    std::string_view last_modified;    // as it came: it goes back octet for octet
    std::optional<WallTime> modified;  // Last-Modified, when it is a date
    WallTime date{};                   // Date, or when it was received

    bool any() const { return !etag.empty() || modified.has_value(); }
    // Equal only for equal octets of the body (RFC 9110 8.8.1): an ETag without W/, or a Last-Modified long enough before Date (8.8.2.2).
    bool has_strong() const;
    bool is_modified_strong() const;
};
Validators read_validators(const http::Fields& fields, WallTime received);
// The same of a head whose date is known.
Validators validators_of(std::span<const http::Field> fields, WallTime date);

bool is_weak_tag(std::string_view etag);
bool equal_strongly(std::string_view a, std::string_view b);  // RFC 9110 8.8.3.2
bool equal_weakly(std::string_view a, std::string_view b);

// The client's own conditions against the entry that is about to be sent.
enum class Precondition : std::uint8_t {
    none,          // send it whole, or the range that is asked for
    not_modified,  // 304
};
// If-None-Match before If-Modified-Since (RFC 9110 13.2.2). GET and HEAD only; an entry whose status is not 2xx is sent as it is (13.2.1).
Precondition evaluate(const http::Request& request, const Validators& validators, std::uint16_t stored_status);
// Does If-Range, if it is there, let Range count (RFC 9110 13.1.5)?
bool lets_range_count(const http::Fields& request, const Validators& validators);

// The fields of a 304 made from a stored answer (RFC 9110 15.4.5): content fields go, the rest stays. Works on a copy.
void reduce_to_not_modified(http::Fields& fields);

// Does the request have a condition or a Range that make_conditional() takes out?
bool has_own_conditions(const http::Fields& request);
// Makes a copy of the client's request fields a validation: takes out its conditions and its Range, puts in If-None-Match and
// If-Modified-Since of the entry (RFC 9111 4.3.1). Without validators it becomes a plain request for the whole.
void make_conditional(http::Fields& request, const Validators& validators);
// The same with the ETags of several variants, none of which the request selects: a 304 tells which one fits. Only ETags take part.
void make_conditional(http::Fields& request, std::span<const Validators> variants);

// Does this 304, an answer to make_conditional(), speak of the entry (RFC 9111 4.3.4)? `is_only`: no other entry's validators were
// sent, so that a 304 without any validator can mean no other. When it speaks of none, ask again without conditions.
bool is_updated_by(const Validators& stored, const http::Response& not_modified, bool is_only);

// A HEAD's 200 (RFC 9111 4.3.5): does it speak of the entry (freshen it), or has the origin something else by now (mark it stale)?
bool is_confirmed_by_head(const Validators& stored, std::uint64_t stored_octets, const http::Response& head);

// Date, when an answer came without one: to be done before it is stored, or freshens what is stored (RFC 9110 6.6.1).
void ensure_date(http::Fields& fields, WallTime received);

// Puts the newer fields into the stored ones (RFC 9111 3.2): each name replaced as a whole, but Content-Length, Content-Encoding,
// Content-Range and what is never stored. `stored` is a copy: entries never change. Read Terms, Validators and Vary anew afterwards.
void freshen(http::Fields& stored, const http::Fields& newer, const ResponseDirectives& directives, const Policy& policy);

}  // namespace weir::cache
