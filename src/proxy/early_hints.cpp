#include "proxy/early_hints.h"

#include <algorithm>

#include "base/text.h"
#include "cache/link_hints.h"

namespace weir::proxy {

void learn_hints(cache::Zone& zone, const Page& page) {
    // A failure says nothing of what the page will need.
    if (page.head.status != 200) return;
    std::string_view hints;
    if (page.concerns_all && cache::has_lasting_hints(page.head)) hints = cache::read_hints(page.head.fields, page.head.arena());
    zone.hints().learn(zone.hint_name(page.key), hints, page.born, page.tags);
}

namespace {

// What the route takes out of its answers is not told ahead of them.
bool changes_links(const filter::HeaderEdits& edits) {
    return std::ranges::any_of(edits, [](const filter::HeaderEdit& edit) {
        return edit.kind != filter::HeaderEdit::Kind::add && equal_ignoring_case(edit.name, http::name_of(http::FieldId::link));
    });
}

}  // namespace

void say_hints(cache::Zone& zone, const RoutePlan& route, std::string_view key, const http::Request& request, http::Inbound& inbound) {
    const auto& plan = *route.cache;
    const auto least = plan.early_hints == EarlyHints::to_all ? http::Version::http11 : http::Version::http2;
    if (plan.early_hints == EarlyHints::off || request.version < least) return;
    if (!cache::may_heed_hints(request) || inbound.has_begun_reply() || !inbound.is_flushed()) return;
    if (changes_links(route.response_headers)) return;
    const auto hints = zone.hints().find(zone.hint_name(key), request.arena());
    if (hints.empty()) return;
    constexpr std::uint16_t kEarlyHints = 103;
    http::Response early(request.arena());
    early.status = kEarlyHints;
    early.fields.add(http::FieldId::link, hints);
    const auto put = inbound.put_interim(early);  // a client who is gone is noticed by who replies to him
    if (put) zone.hints().note_told();
}

}  // namespace weir::proxy
