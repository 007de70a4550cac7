// Whom a Forward asks: the caches in front of the origin first, where the route has some, and the origin when none of them answers.
#include "base/log.h"
#include "filter/headers.h"
#include "filter/rewrite.h"
#include "proxy/forward.h"
#include "proxy/lane.h"
#include "proxy/parent.h"

namespace weir::proxy {

void Forward::ask(bool parent) {
    auto& facts = exchange_.facts_;
    facts.is_peer_parent = parent;
    group_ = exchange_.snapshot_.groups[parent ? route_.cache->parent.group : plan_.group].raw();
    facts.upstream = group_->options().name;
    prepare_request();
}

// What a parent does in its own route.
void Forward::shape_for_origin() {
    const auto& facts = exchange_.facts_;
    if (plan_.host.kind == HostChoice::Kind::fixed) sent_.fields.set(http::FieldId::host, plan_.host.fixed.evaluate(facts, sent_.arena()));
    filter::apply(route_.request_headers, facts, sent_.fields);
    if (!plan_.rewrites.empty() && sent_.method != http::Method::connect)
        target_ = filter::rewritten_target(plan_.rewrites, facts, sent_.arena());
}

// None of the parents can be asked, or the last try may be repeated elsewhere. An answer of theirs counts, errors too: behind a shield that
// says 503 the origin is sick, and would be asked once more by each edge.
bool Forward::may_pass_parent(const Error& error) const {
    if (!exchange_.facts_.is_peer_parent || !route_.cache->parent.may_be_passed || is_over()) return false;
    const bool is_unreached =
        error.side != Side::client && !was_sent_ &&
        (error.code == ErrorCode::no_peer || error.code == ErrorCode::queue_full || error.code == ErrorCode::queue_timeout);
    return is_unreached || may_retry(error, retry_question());
}

void Forward::pass_parent(const Error& error) {
    auto& lane = exchange_.lane_;
    exchange_.snapshot_.zones[route_.cache->zone]->note_parent_passed();
    if (lane.may_tell_of_passed_parent())
        log::warn("cache_parent_passed", "no cache in front of the origin answers: the origin is asked",
                  {{"upstream", group_->options().name}, {"reason", word_of(error.code)}});
    tried_.clear();
    broken_reused_ = 0;
    wants_http11_ = false;
    sent_.fields.clear();
    ask(false);
}

}  // namespace weir::proxy
