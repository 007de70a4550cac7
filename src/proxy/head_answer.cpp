// What the answer to a HEAD tells of the stored answer to a GET (RFC 9111 4.3.5): the origin still has it, with newer fields, or another
// thing by now.
#include "cache/key.h"
#include "cache/storing.h"
#include "cache/vary.h"
#include "http/h1/writer.h"
#include "proxy/cache_key.h"
#include "proxy/entry_tags.h"
#include "proxy/exchange.h"
#include "proxy/lane.h"
#include "proxy/stored_form.h"

namespace weir::proxy {
namespace {

using Id = http::FieldId;

// Would this request, as the origin has seen it, select the entry?
bool selects(const http::Fields& selecting, const cache::Entry& entry) {
    const auto wanted = cache::variant_key(entry.vary_names(), selecting, selecting.arena());
    return wanted && *wanted == entry.variant();
}

// A fetch sends nothing that is in no key; a HEAD is passed on as it came. With such a thing in it, its answer may speak of what its
// sender has chosen (cache poisoning).
bool is_plain(const http::Request& request, const http::Target& target, const cache::Key& key, const cache::KeyPlan& plan) {
    return is_asked_by_key(key, target) && !cache::has_dangerous_unkeyed(request.fields, plan);
}

}  // namespace

void Exchange::heed_head() {
    auto& known = *stored_;
    const auto& plan = decision_.route->cache->key;
    const auto& selecting = selecting_fields(*decision_.route, facts_);
    auto input = key_input(request_, facts_);
    input.fields = &selecting;
    const auto key = cache::make_key(plan, input, arena_);
    if (!key || !is_plain(request_, facts_.target, *key, plan) || !selects(selecting, known)) return;
    if (response_.status != 200 || known.status() != 200 || known.state() != cache::Entry::State::whole) return;
    http::Response stored(arena_);
    known.write_head(stored);
    const bool is_same = cache::is_confirmed_by_head(known.validators(), *known.length(), response_) &&
                         stored.fields.joined(Id::content_encoding) == response_.fields.joined(Id::content_encoding);
    if (!is_same || !freshen_by_head(stored, key->text)) known.mark_stale();
}

// Entries never change: another one with the same body takes its place. False: what the origin says now is not to be stored, or somebody
// has emptied the cache meanwhile. `stored`: the entry's head.
bool Exchange::freshen_by_head(http::Response& stored, std::string_view key) {
    auto& known = *stored_;
    const auto& route = *decision_.route;
    auto& zone = *snapshot_.zones[route.cache->zone];
    const auto& policy = route.cache->policy;
    const auto received = lane_.worker().wall_now();
    http::Fields newer(arena_);
    newer.add(response_.fields);
    http::h1::remove_hop_by_hop(newer);
    cache::ensure_date(newer, received);
    cache::freshen(stored.fields, newer, cache::read_response_directives(newer, policy), policy);
    const auto directives = cache::read_response_directives(stored.fields, policy);
    if (cache::refuses_renewing(request_, stored, directives, policy, received) != cache::Refusal::none) return false;
    cache::EntryParts parts{.response = &stored, .body = known.body(), .slicing = known.slicing()};
    parts.terms = cache::read_terms(stored, directives, received - (now() - facts_.at.head_read), received);
    parts.vary_names = cache::read_vary(stored.fields, arena_).names;
    if (parts.vary_names != known.vary_names()) return false;
    parts.variant = known.variant();
    cache::remove_unstorable(stored.fields, directives, policy);
    parts.tags = read_tags(request_, facts_, stored.fields, *route.cache, zone.purges());
    parts.born = known.born();
    parts.length = known.length();
    stored.fields.remove({Id::content_length, Id::transfer_encoding, Id::age});
    auto renewed = cache::Entry::make(std::move(parts));
    renewed->inherit_kept(known);
    renewed->end(true);
    if (route.compress) carry_forms(known, *renewed, *route.compress, zone.account());
    return zone.renew(known, {.key = key, .hash = zone.hash_of(key)}, std::move(renewed));
}

}  // namespace weir::proxy
