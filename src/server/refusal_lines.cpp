#include "server/refusal_lines.h"

#include "base/arena.h"
#include "proxy/cache_key.h"

namespace weir::server {
namespace {

std::string text_of(Duration time) { return std::to_string(std::chrono::floor<std::chrono::seconds>(time).count()) + "s"; }

std::string pass_line(const cache::Zone& zone, std::uint64_t mark, std::string_view whose, TimePoint now) {
    const auto left = zone.pass_marks().left(mark, now);
    if (left == std::chrono::seconds::zero()) return {};
    return "  requests " + std::string(whose) + " go to the origin side by side, for " + text_of(left) + " more (" +
           std::string(cache::word_of(cache::Refusal::hit_for_miss)) + ")\n";
}

}  // namespace

std::string refusal_line(const cache::Zone& zone, std::string_view key, TimePoint since, TimePoint now) {
    const auto last = zone.refusals().last(zone.hash_of(key), now);
    if (!last || now - last->ago < since) return {};
    return "  not stored " + text_of(last->ago) + " ago: " + std::string(cache::explain(last->why)) + " (" +
           std::string(cache::word_of(last->why)) + ")\n";
}

// Marks of those with credentials are known only to who has them, too.
std::string waiting_lines(const cache::Zone& zone, const proxy::CachePlan& plan, std::string_view key, TimePoint now) {
    const auto hash = zone.hash_of(key);
    Arena arena;
    http::Fields fields(arena);
    auto text = pass_line(zone, proxy::pass_mark(hash, fields), "without cookies and credentials", now);
    fields.add(http::FieldId::cookie, "a=b");
    text += pass_line(zone, proxy::pass_mark(hash, fields), "with cookies", now);
    if (plan.min_uses <= 1) return text;
    return text + "  asked for " + std::to_string(zone.use_counts().count_of(hash, now)) + " of " + std::to_string(plan.min_uses) +
           " times of late (min_uses)\n";
}

}  // namespace weir::server
