#include "proxy/stored_reply.h"

#include <charconv>

#include "base/random.h"
#include "cache/ranges.h"
#include "cache/validate.h"

namespace weir::proxy {
namespace {

using Id = http::FieldId;

// Nobody may know what stands between the parts before it is sent: he could put it into a part.
std::string_view draw_boundary(Random& random, Arena& arena) {
    constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
    constexpr std::size_t kOctets = 24;
    const auto room = arena.make_array<char>(kOctets);
    for (auto& octet : room) octet = kDigits[random.below(kDigits.size())];
    return {room.data(), room.size()};
}

// Of what is whole and in one piece; of anything else the whole is sent, which a server may always do. Never of a form that was compressed
// here: who sends Range gets the origin's own octets (filter/compress).
const SeveralParts* choose_several(http::Response& response, const cache::RangePlan& plan, const cache::Entry& entry, Random& random) {
    if (entry.state() != cache::Entry::State::whole || entry.slicing().any()) return nullptr;
    auto& arena = response.arena();
    auto* const several = arena.make<SeveralParts>();
    several->ranges = plan;
    const auto type = response.fields.value(Id::content_type);
    several->texts = cache::plan_multipart(plan, *entry.length(), type, draw_boundary(random, arena), arena);
    response.status = 206;
    response.fields.set(Id::content_type, several->texts.content_type);
    response.content_length = several->texts.octets;
    return several;
}

// RFC 9110 14.
Chosen choose_range(http::Response& response, const cache::Entry& entry, const http::Fields& request, Random& random) {
    Chosen chosen;
    auto& part = chosen.part;
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
    } else if (plan.verdict == cache::RangeVerdict::several) {
        chosen.several = choose_several(response, plan, entry, random);
    }
    if (response.status != 200) response.reason = {};
    return chosen;
}

bool is_range_heeded(const http::Response& response, const cache::Entry& entry, const http::Request& request) {
    const bool asks = request.fields.has(Id::range) && request.method == http::Method::get;
    return asks && response.status == 200 && entry.length() && cache::lets_range_count(request.fields, entry.validators());
}

}  // namespace

Chosen choose_part(http::Response& response, const cache::Entry& entry, const http::Request& request, const cache::Policy& policy,
                   Random& random) {
    Chosen chosen;
    if (cache::evaluate(request, entry.validators(), entry.status()) == cache::Precondition::not_modified) {
        cache::reduce_to_not_modified(response.fields);
        response.status = 304;
        response.reason = {};
        response.framing = http::Framing::none;
    } else if (policy.serves_ranges && is_range_heeded(response, entry, request)) {
        chosen = choose_range(response, entry, request.fields, random);
    }
    if (!http::has_body(request.method, response.status)) chosen.part.end = 0;
    return chosen;
}

bool wants_several(const http::Request& request) { return request.fields.has(Id::range) && request.fields.value(Id::range).contains(','); }

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
