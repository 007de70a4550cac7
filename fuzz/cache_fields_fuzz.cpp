// Fields that the cache reads: Cache-Control and its targeted kin, Age, dates, Vary, Range, Content-Range, entity tags, references, groups,
// CDN-Loop. Oracles: what forbids can be added but not hidden; joined lists say what their elements say; normal forms do not change when
// they are made again, nor do hints; ranges lie inside of the body and apart; a key can be read back.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "cache/directives.h"
#include "cache/invalidation.h"
#include "cache/key.h"
#include "cache/link_hints.h"
#include "cache/ranges.h"
#include "cache/structured.h"
#include "cache/validate.h"
#include "cache/vary.h"
#include "http/cdn_loop.h"
#include "http/date.h"
#include "http/octets.h"

using namespace weir;
using namespace weir::cache;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// As a field value can be: the codec lets nothing else in.
std::string as_value(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (http::is_octet(c, http::kValueOctet)) out += c;
    return std::string(trim(out));
}

ResponseDirectives directives(std::string_view value, Arena& arena) {
    http::Fields fields(arena);
    fields.add("Cache-Control", arena.copy(value));
    return read_cache_control(fields);
}

void check_cache_control(const std::string& value) {
    Arena arena;
    const auto all = directives(value, arena);
    for (const auto& delta : {all.max_age, all.s_maxage, all.stale_while_revalidate, all.stale_if_error})
        require(!delta || *delta <= kDeltaMax);
    require(directives(value + ", no-store", arena).has_no_store);
    require(directives("max-age=7, " + value, arena).max_age.value() <= Delta(7));
    require(directives("must-revalidate," + value, arena).has_must_revalidate);
    if (value.find('"') != std::string::npos) return;
    // Without quotes a list is no more than its elements.
    ResponseDirectives merged;
    for_each_token(value, [&](std::string_view element) {
        const auto one = directives(element, arena);
        if (one.max_age) merged.max_age = std::min(merged.max_age.value_or(kDeltaMax), *one.max_age);
        merged.is_public |= one.is_public;
        merged.is_private |= one.is_private;
        merged.has_no_cache |= one.has_no_cache;
        merged.has_no_store |= one.has_no_store;
    });
    require(merged.max_age == all.max_age && merged.is_public == all.is_public && merged.is_private == all.is_private);
    require(merged.has_no_cache == all.has_no_cache && merged.has_no_store == all.has_no_store);
}

void check_request(const std::string& value) {
    Arena arena;
    http::Fields fields(arena);
    fields.add("Cache-Control", arena.copy(value + ", only-if-cached"));
    fields.add("Age", value);
    fields.add("Expires", value);
    fields.add("Date", value);
    read_request_directives(fields);
    const auto age = read_age(fields);
    require(!age || *age <= kDeltaMax);
    require(read_expires(fields).at == read_date(fields));
    if (const auto time = http::parse_date(value)) {
        std::array<char, http::kDateOctets> text;
        http::write_date(*time, text);
        require(http::parse_date({text.data(), text.size()}) == time);
    }
}

void check_structured(const std::string& value) {
    constexpr auto kDictionary = MemberReader::Form::dictionary;
    if (is_valid_members(value, kDictionary)) {
        require(is_valid_members(value + ", zz=\"y\"", kDictionary));
        require(!is_valid_members(value + ",", kDictionary));
    }
    Arena arena;
    http::Fields fields(arena);
    fields.add("Cache-Groups", value);
    for (const auto group : read_groups(fields, arena)) require(!group.empty() && group.size() <= kGroupOctetsMax);
    fields.add("CDN-Cache-Control", value);
    read_response_directives(fields, {});
}

std::string normal(std::string_view name, std::string_view value, Arena& arena) {
    http::Fields fields(arena);
    fields.add(name, arena.copy(value));
    const auto key = variant_key(name, fields, arena);
    return key ? std::string(key->substr(name.size() + 2)) : std::string(value);
}

void check_vary(const std::string& value) {
    Arena arena;
    http::Fields fields(arena);
    fields.add("Vary", value);
    const auto vary = read_vary(fields, arena);
    std::string_view before;
    for_each_token(vary.names, [&](std::string_view name) {
        require(name > before && name == lower(name));
        before = name;
    });
    fields.add("Vary", "*");
    require(read_vary(fields, arena).is_any);
    for (const auto* name : {"foo", "accept-language", "accept-encoding"}) {
        const auto once = normal(name, value, arena);
        require(normal(name, once, arena) == once);
    }
}

void check_ranges(const std::string& value, std::uint64_t size) {
    const auto plan = plan_ranges(value, size);
    std::uint64_t octets = 0;
    for (std::size_t i = 0; i < plan.count; ++i) {
        const auto& range = plan.ranges[i];
        require(range.first <= range.last && range.last < size);
        octets += range.size();
        for (std::size_t j = 0; j < i; ++j) require(plan.ranges[j].last < range.first || range.last < plan.ranges[j].first);
    }
    require(octets <= size && (plan.count > 1) == (plan.verdict == RangeVerdict::several));
    require((plan.count == 0) == (plan.verdict == RangeVerdict::whole || plan.verdict == RangeVerdict::unsatisfiable));
    Arena arena;
    const auto place = parse_content_range(value);
    if (place && place->complete) {
        const auto again = parse_content_range(write_content_range(place->range, *place->complete, arena));
        require(again && again->range == place->range && again->complete == place->complete);
    }
}

void check_conditions(const std::string& value) {
    Arena arena;
    http::Request request(arena);
    request.fields.add("If-None-Match", arena.copy("\"tag\", " + value));
    request.fields.add("If-Range", value);
    const Validators validators{.etag = "W/\"tag\""};
    require(evaluate(request, validators, 200) == Precondition::not_modified);
    require(!lets_range_count(request.fields, validators));
}

void check_references(const std::string& value) {
    Arena arena;
    const Origin origin{.host = "example.com", .port = 80};
    const auto target = same_origin_target(origin, "/a/b?c", value, arena);
    require(!target || (target->starts_with('/') && target->find('#') == std::string_view::npos));
}

void check_key(const std::string& value) {
    Arena arena;
    const auto question = value.find('?');
    const bool has_query = question != std::string::npos;
    const KeyInput input{.host = "h",
                         .path = std::string_view(value).substr(0, question),
                         .query = has_query ? std::string_view(value).substr(question + 1) : std::string_view{},
                         .has_query = has_query};
    const auto key = make_key({}, input, arena);
    if (!key) return;
    std::string read;
    for (std::size_t at = 0; at < key->text.size(); ++at) {
        if (key->text[at] == '\\') read += key->text[++at] == 'n' ? '\n' : '\\';
        else read += key->text[at];
    }
    require(read == "http://h" + value);
    const auto sorted = make_key({.dropped = {"utm_*"}, .sorts_query = true}, input, arena);
    require(!sorted || sorted->query.size() <= input.query.size());
}

void check_links(const std::string& value) {
    Arena arena;
    http::Fields fields(arena), again(arena);
    fields.add("Link", value);
    const auto hints = read_hints(fields, arena);
    require(hints.size() <= kHintOctetsMax);
    again.add("Link", hints);
    require(read_hints(again, arena) == hints);
}

void check_cdn_loop(const std::string& value) {
    Arena arena;
    http::Fields fields(arena);
    fields.add(http::FieldId::cdn_loop, value);
    const auto before = http::read_cdn_loop(fields, "weir");
    require(before.own <= before.elements && before.elements <= http::kCdnLoopElementsMax + 1);
    // What one cache adds the next one finds, whatever stood there.
    fields.add(http::FieldId::cdn_loop, "weir");
    const auto after = http::read_cdn_loop(fields, "weir");
    require(after.is_valid == before.is_valid);
    if (before.is_valid && before.elements <= http::kCdnLoopElementsMax) require(after.own == before.own + 1);
    if (!http::is_cdn_id(value)) return;
    require(before.is_valid && before.elements == 1 && http::read_cdn_loop(fields, value).own >= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (size > 4000) return 0;
    const auto value = as_value(text);
    check_cache_control(value);
    check_request(value);
    check_structured(value);
    check_vary(value);
    for (const std::uint64_t octets : {std::uint64_t{0}, std::uint64_t{10}, std::uint64_t{1000}, ~std::uint64_t{0}})
        check_ranges(value, octets);
    check_conditions(value);
    check_references(value);
    check_links(value);
    check_cdn_loop(value);
    check_key(std::string(text));
    return 0;
}
