#include "cache/freshness.h"

#include <algorithm>

#include "cache/storing.h"
#include "http/date.h"

namespace weir::cache {

using http::FieldId;

std::string_view word_of(Why why) {
    switch (why) {
        case Why::is_fresh: return "fresh";
        case Why::is_expired: return "expired";
        case Why::is_marked_stale: return "marked_stale";
        case Why::is_invalid: return "invalid";
        case Why::has_no_cache: return "no_cache";
        case Why::request_no_cache: return "request_no_cache";
        case Why::request_max_age: return "request_max_age";
        case Why::request_min_fresh: return "request_min_fresh";
        case Why::within_max_stale: return "max_stale";
        case Why::within_while_revalidate: return "stale_while_revalidate";
        case Why::within_if_error: return "stale_if_error";
        case Why::within_keep_serving: return "keep_serving";
        case Why::has_no_entry: return "no_entry";
    }
    return "unknown";
}

std::string_view explain(Why why) {
    switch (why) {
        case Why::is_fresh: return "it is younger than its lifetime";
        case Why::is_expired: return "its lifetime is over";
        case Why::is_marked_stale: return "a soft purge has marked it stale";
        case Why::is_invalid: return "an unsafe request has changed what it shows";
        case Why::has_no_cache: return "the answer says no-cache: every use needs a validation";
        case Why::request_no_cache: return "the request says no-cache";
        case Why::request_max_age: return "the request wants it younger";
        case Why::request_min_fresh: return "the request wants it fresh for longer";
        case Why::within_max_stale: return "its lifetime is over, and the request says that it may be";
        case Why::within_while_revalidate: return "its lifetime is over; it may be sent while it is revalidated";
        case Why::within_if_error: return "the origin fails, and stale-if-error lets it stand in";
        case Why::within_keep_serving: return "the origin fails, and keep_serving lets it stand in";
        case Why::has_no_entry: return "nothing is stored";
    }
    return "";
}

namespace {

constexpr Duration kNothing{};
constexpr Duration kSetBackMin = std::chrono::minutes(1);  // less is no clock set back

Delta delta_of(Duration duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    return Delta(static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, kDeltaMax.count())));
}

// b - a without overflow: clocks may be set, and dates reach over all of time.
Duration between(WallTime a, WallTime b) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(b.time_since_epoch().count(), a.time_since_epoch().count(), &difference))
        return b > a ? Duration::max() : Duration::min();
    return Duration(difference);
}

WallTime later(WallTime time, Duration by) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(time.time_since_epoch().count(), by.count(), &sum)) return by > kNothing ? WallTime::max() : WallTime::min();
    return WallTime(Duration(sum));
}

// RFC 9111 4.2.1, in its order.
std::optional<Delta> explicit_lifetime(const http::Fields& fields, const ResponseDirectives& directives, WallTime date) {
    if (directives.s_maxage) return directives.s_maxage;
    if (directives.max_age) return directives.max_age;
    if (directives.is_targeted || !fields.has(FieldId::expires)) return std::nullopt;
    const auto expires = read_expires(fields);
    return expires.at ? delta_of(between(date, *expires.at)) : Delta{};
}

// RFC 9111 4.2.2: only where the status, or `public`, says that it may be cached.
std::optional<Delta> time_since_modified(const http::Response& response, const ResponseDirectives& directives, WallTime date) {
    if (!is_heuristically_cacheable(response.status) && !directives.is_public) return std::nullopt;
    const auto* const field = response.fields.only(FieldId::last_modified);
    const auto modified = field == nullptr ? std::nullopt : http::parse_date(field->value);
    return modified && *modified < date ? std::optional(delta_of(between(*modified, date))) : std::nullopt;
}

WallTime whole_seconds(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

}  // namespace

// RFC 9111 4.2.3. Date knows whole seconds: against the fraction of `received` everything would be born up to a second old.
void count_delay(Terms& terms, const http::Fields& fields, WallTime asked) {
    const auto apparent_age = std::max(kNothing, between(terms.date, whole_seconds(terms.received)));
    const auto delay = std::max(kNothing, between(asked, terms.received));
    const Duration age_value = read_age(fields).value_or(Delta{});
    terms.initial_age = std::clamp(std::max(apparent_age, age_value + std::min<Duration>(delay, kDeltaMax)), kNothing, Duration(kDeltaMax));
}

Terms read_terms(const http::Response& response, const ResponseDirectives& directives, WallTime asked, WallTime received) {
    Terms terms{.received = received, .status = response.status};
    terms.date = read_date(response.fields).value_or(whole_seconds(received));  // as the Date that it is given then
    count_delay(terms, response.fields, asked);
    terms.lifetime = explicit_lifetime(response.fields, directives, terms.date);
    if (!terms.lifetime) terms.since_modified = time_since_modified(response, directives, terms.date);
    terms.stale_while_revalidate = directives.stale_while_revalidate;
    terms.stale_if_error = directives.stale_if_error;
    terms.has_no_cache = directives.has_no_cache;
    terms.forbids_stale = directives.has_must_revalidate || directives.has_proxy_revalidate || directives.has_no_cache;
    terms.has_s_maxage = directives.s_maxage.has_value();
    terms.is_immutable = directives.is_immutable;
    return terms;
}

Duration age_of(const Terms& terms, WallTime now) {
    const auto resident = std::clamp(between(terms.received, now), kNothing, Duration(kDeltaMax));
    return terms.initial_age + resident;
}

namespace {

// What the operator says instead of the answer.
std::optional<Delta> ttl_of(const Terms& terms, const Policy& policy) {
    for (const auto& one : policy.ttl_of_status)
        if (terms.status >= one.first && terms.status <= one.last) return one.ttl;
    const bool is_plain = terms.status < 400 && is_heuristically_cacheable(terms.status);
    return is_plain ? policy.ttl : std::nullopt;
}

// What the answer says, else the heuristic, else the operator's default.
Duration own_lifetime(const Terms& terms, const Policy& policy) {
    if (terms.lifetime) return *terms.lifetime;
    if (terms.since_modified && policy.heuristic_percent != 0) {
        const Duration part = Duration(*terms.since_modified) / 100 * std::min(policy.heuristic_percent, 100U);
        return std::min<Duration>(part, policy.heuristic_max);
    }
    const bool is_plain = terms.status < 400 && is_heuristically_cacheable(terms.status);
    return is_plain ? policy.ttl_default : Delta{};
}

}  // namespace

Duration lifetime_of(const Terms& terms, const Policy& policy) {
    // The operator counts from when it came, whatever age it had by then.
    if (const auto ttl = ttl_of(terms, policy)) return terms.initial_age + Duration(*ttl);
    return std::min<Duration>(own_lifetime(terms, policy), policy.ttl_max);
}

WallTime expiry_of(const Terms& terms, const Policy& policy) {
    return later(terms.received, lifetime_of(terms, policy) - terms.initial_age);
}

namespace {

// Windows in which a stale answer may be sent. must-revalidate and its kin close all of them (RFC 9111 4.2.4). s-maxage, too, but for
// those that the same answer opens: a "s-maxage=60, stale-while-revalidate=600" would else contradict itself.
Duration while_revalidate(const Terms& terms, const Policy& policy) {
    if (terms.forbids_stale || terms.is_invalid) return kNothing;
    if (terms.stale_while_revalidate) return *terms.stale_while_revalidate;
    return terms.has_s_maxage ? kNothing : Duration(policy.stale_while_revalidate);
}

// A stored failure is no better than the one that has just come.
Duration if_error(const Terms& terms, const Policy& policy) {
    if (terms.forbids_stale || terms.is_invalid || is_origin_failure(terms.status)) return kNothing;
    if (terms.stale_if_error) return *terms.stale_if_error;
    return terms.has_s_maxage ? kNothing : Duration(policy.stale_if_error);
}

bool may_be_stale(const Terms& terms) { return !terms.forbids_stale && !terms.is_invalid && !terms.has_s_maxage; }

Duration keep_serving(const Terms& terms, const Policy& policy) {
    return may_be_stale(terms) && !is_origin_failure(terms.status) ? Duration(policy.keep_serving) : kNothing;
}

// How far beyond its lifetime it is; a mark ends the lifetime at once.
Duration staleness(const Use& use) { return std::max(kNothing, -use.ttl); }

Use verdict_on_stale(Use use, const Terms& terms, const RequestDirectives& request, const Policy& policy) {
    const auto window = while_revalidate(terms, policy);
    if (window > kNothing && staleness(use) <= window) {
        use.verdict = Verdict::stale_while_revalidate;
        use.why = Why::within_while_revalidate;
    } else if (request.max_stale && may_be_stale(terms) && staleness(use) <= *request.max_stale) {
        use.verdict = Verdict::stale;
        use.why = Why::within_max_stale;
    } else {
        use.why = terms.is_marked_stale ? Why::is_marked_stale : Why::is_expired;
    }
    return use;
}

// What stands against sending it, fresh or not (RFC 9111 4, 5.2.1).
std::optional<Why> demands_validation(const Use& use, const Terms& terms, const RequestDirectives& request) {
    if (terms.is_invalid) return Why::is_invalid;
    if (terms.has_no_cache) return Why::has_no_cache;
    if (request.has_no_cache) return Why::request_no_cache;
    // RFC 8246 2: what cannot change is not validated while it is fresh, unless the client insists by no-cache.
    const bool is_settled = terms.is_immutable && use.ttl > kNothing && !terms.is_marked_stale;
    if (request.max_age && !is_settled && (use.age > *request.max_age || *request.max_age == Delta{})) return Why::request_max_age;
    if (request.min_fresh && use.ttl < *request.min_fresh) return Why::request_min_fresh;
    return std::nullopt;
}

Use measure(const Terms& terms, WallTime now, const Policy& policy) {
    Use use{.age = age_of(terms, now)};
    use.ttl = lifetime_of(terms, policy) - use.age;
    // The clock has been set back since: how old it is nobody knows, and it must not be fresh until the clock has caught up.
    if (terms.received > now && between(now, terms.received) > kSetBackMin) [[unlikely]]
        use.ttl = std::min(use.ttl, kNothing);
    return use;
}

}  // namespace

Use use(const Terms& terms, const RequestDirectives& request, WallTime now, const Policy& policy) {
    auto use = measure(terms, now, policy);
    const RequestDirectives kNone;
    const auto& heeded = policy.heeds_requests ? request : kNone;
    if (const auto why = demands_validation(use, terms, heeded)) {
        use.why = *why;
    } else if (use.ttl > kNothing && !terms.is_marked_stale) {
        use.verdict = Verdict::fresh;
        use.why = Why::is_fresh;
    } else {
        use = verdict_on_stale(use, terms, heeded, policy);
    }
    if (use.verdict == Verdict::revalidate && heeded.is_only_if_cached) use.verdict = Verdict::unavailable;
    return use;
}

Use use(const Terms& terms, WallTime now, const Policy& policy) {
    auto use = measure(terms, now, policy);
    if (use.ttl > kNothing && !terms.has_no_cache && !terms.is_marked_stale && !terms.is_invalid) [[likely]] {
        use.verdict = Verdict::fresh;
        use.why = Why::is_fresh;
        return use;
    }
    return cache::use(terms, RequestDirectives{}, now, policy);
}

Use use_nothing(const RequestDirectives& request, const Policy& policy) {
    const bool is_unavailable = policy.heeds_requests && request.is_only_if_cached;
    return {.verdict = is_unavailable ? Verdict::unavailable : Verdict::revalidate, .why = Why::has_no_entry};
}

std::optional<Why> stands_in(const Terms& terms, const RequestDirectives& request, WallTime now, const Policy& policy) {
    if (terms.has_no_cache || terms.is_invalid || is_origin_failure(terms.status)) return std::nullopt;
    const auto use = measure(terms, now, policy);
    // Only the request wanted it validated, and it said "prefers" (RFC 9111 5.2.1).
    if (use.ttl > kNothing && !terms.is_marked_stale) return Why::is_fresh;
    auto window = if_error(terms, policy);
    if (policy.heeds_requests && request.stale_if_error && may_be_stale(terms))
        window = std::max<Duration>(window, *request.stale_if_error);
    if (window > kNothing && staleness(use) <= window) return Why::within_if_error;
    const auto kept = keep_serving(terms, policy);
    if (kept > kNothing && staleness(use) <= kept) return Why::within_keep_serving;
    return std::nullopt;
}

bool is_origin_failure(std::uint16_t status) { return status == 500 || (status >= 502 && status <= 504); }

WallTime end_of_use(const Terms& terms, const Policy& policy) {
    const auto expiry = expiry_of(terms, policy);
    if (terms.has_no_cache) return terms.received;
    return later(expiry, std::max({while_revalidate(terms, policy), if_error(terms, policy), keep_serving(terms, policy)}));
}

std::uint32_t age_seconds(Duration age) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(age).count());
}

}  // namespace weir::cache
