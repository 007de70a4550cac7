#include "proxy/stored_reply.h"

#include <charconv>

#include "cache/ranges.h"
#include "cache/validate.h"

namespace weir::proxy {
namespace {

using Id = http::FieldId;

// RFC 9110 14: one range of a body whose length is known; of several the whole is sent, which a server may always do.
StoredBody::Part choose_range(http::Response& response, const cache::Entry& entry, const http::Fields& request) {
    StoredBody::Part part;
    const auto length = *entry.length();
    const auto plan = cache::plan_ranges(request.value(Id::range), length);
    auto& arena = response.arena();
    if (plan.verdict == cache::RangeVerdict::unsatisfiable) {
        response.status = 416;
        response.fields.set(Id::content_range, cache::write_content_range(std::nullopt, length, arena));
        response.content_length = part.end = 0;
    } else if (plan.verdict == cache::RangeVerdict::one) {
        const auto& range = plan.ranges.front();
        response.status = 206;
        response.fields.set(Id::content_range, cache::write_content_range(range, length, arena));
        response.content_length = range.size();
        part = {.begin = range.first, .end = range.last + 1};
    }
    if (response.status != 200) response.reason = {};
    return part;
}

bool is_range_heeded(const http::Response& response, const cache::Entry& entry, const http::Request& request) {
    const bool asks = request.fields.has(Id::range) && request.method == http::Method::get;
    return asks && response.status == 200 && entry.length() && cache::lets_range_count(request.fields, entry.validators());
}

}  // namespace

StoredBody::Part choose_part(http::Response& response, const cache::Entry& entry, const http::Request& request,
                             const cache::Policy& policy) {
    StoredBody::Part part;
    if (cache::evaluate(request, entry.validators(), entry.status()) == cache::Precondition::not_modified) {
        cache::reduce_to_not_modified(response.fields);
        response.status = 304;
        response.reason = {};
        response.framing = http::Framing::none;
    } else if (policy.serves_ranges && is_range_heeded(response, entry, request)) {
        part = choose_range(response, entry, request.fields);
    }
    if (!http::has_body(request.method, response.status)) part.end = 0;
    return part;
}

bool wants_middle(const http::Request& request) {
    if (!request.fields.has(Id::range)) return false;
    const auto wanted = cache::read_single_range(request.fields.value(Id::range));
    return wanted && wanted->first != std::uint64_t{0};
}

void say_age(http::Response& response, std::uint64_t seconds) {
    constexpr std::size_t kDigitsMax = 20;
    const auto room = response.arena().make_array<char>(kDigitsMax);
    const auto* const end = std::to_chars(room.data(), room.data() + kDigitsMax, seconds).ptr;
    response.fields.set(Id::age, {room.data(), static_cast<std::size_t>(end - room.data())});
}

}  // namespace weir::proxy
