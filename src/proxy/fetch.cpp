#include "proxy/fetch.h"

#include "io/broken.h"
#include "observe/worker_metrics.h"
#include "proxy/forward.h"
#include "proxy/request_copy.h"

namespace weir::proxy {
namespace {

Intake::Order with_key(const Intake::Order& order, std::string_view key) {
    auto own = order;
    own.key = key;
    return own;
}

}  // namespace

Fetch::Fetch(Exchange& asker, const Order& order)
    : FetchMemory(asker.lane_, asker.snapshot_),
      lane_(asker.lane_),
      exchange_(asker.lane_, *snapshot, asker.listener_index_, *this, arena),
      asker_(order.is_background || order.manifest ? nullptr : &asker),
      intake_(exchange_, with_key(order, arena.copy(order.key))) {
    copy_request(asker, order.target);
    copy_facts(asker);
}

Fetch::~Fetch() { forget_asker(); }

void Fetch::forget_asker() {
    asker_ = nullptr;
    if (asker_at_ != nullptr) *std::exchange(asker_at_, nullptr) = nullptr;
}

net::Stream& Fetch::raw() { io::broken("a fetch for the cache has no client"); }

void Fetch::copy_request(const Exchange& asker, std::string_view target) {
    const auto& from = asker.request_;
    auto& request = exchange_.request_;
    request.method = http::Method::get;
    request.method_name = "GET";
    request.version = from.version;
    request.scheme = from.scheme;
    request.target = arena.copy(target);
    request.authority = arena.copy(from.authority);
    request.host = arena.copy(from.host);
    request.port = from.port;
    copy_fields(from.fields, request.fields);
}

void Fetch::copy_facts(const Exchange& asker) {
    auto& facts = exchange_.facts_;
    facts = asker.facts_;
    facts.request = &exchange_.request_;
    facts.response = nullptr;
    facts.tls = nullptr;  // the client's connection may end before this does
    facts.is_early = false;
    facts.host = arena.copy(facts.host);
    facts.cache_key = arena.copy(facts.cache_key);
    facts.request_id = arena.copy(facts.request_id);
    facts.target.path = arena.copy(facts.target.path);
    facts.target.raw_path = facts.target.path;  // what is fetched for many is asked for as the key spells it
    facts.target.query = arena.copy(facts.target.query);
    const auto captures = arena.make_array<std::string_view>(facts.captures.size());
    for (std::size_t i = 0; i < captures.size(); ++i) captures[i] = arena.copy(facts.captures[i]);
    facts.captures = captures;
    facts.at.begun = facts.at.head_read = exchange_.now();
    exchange_.decision_ = asker.decision_;
    exchange_.decision_.target = facts.target;
    exchange_.decision_.host = facts.host;
    exchange_.decision_.captures = facts.captures;
    const auto total = asker.decision_.route->timeouts.total;
    if (total != Duration::zero()) exchange_.total_at_ = exchange_.now() + total;
}

void Fetch::start(std::unique_ptr<Fetch> fetch) {
    auto& scope = fetch->lane_.sessions();
    scope.spawn(carry_out(std::move(fetch)));
}

io::Task<> Fetch::carry_out(std::unique_ptr<Fetch> fetch) {
    for (unsigned tries = 0; tries < Intake::kAsksMax; ++tries) {
        const bool is_done = co_await fetch->ask();
        if (is_done) co_return;
    }
    fetch->intake_.release(0, cache::Refusal::changed);
}

io::Task<bool> Fetch::ask() {
    intake_.clean_request();
    Forward forward(exchange_);
    const auto answered = co_await forward.answer();
    tell_asker();
    const auto step = intake_.take(forward, answered);
    if (step == Intake::Step::rest) co_await intake_.take_rest(forward);
    if (forward.has_upload()) co_await forward.end_upload();
    forward.finish();
    if (!was_told_) lane_.metrics().fetch_done(exchange_.facts_, exchange_.facts_.peer_label);
    co_return step != Intake::Step::again;
}

// Its log line and its metrics tell of the origin as if it had asked itself.
void Fetch::tell_asker() {
    if (asker_ == nullptr) return;
    const auto& from = exchange_.facts_;
    auto& facts = asker_->facts_;
    facts.upstream = from.upstream;
    facts.peer = asker_->arena_.copy(from.peer);
    facts.peer_label = from.peer_label;
    facts.upstream_status = from.upstream_status;
    facts.tries = from.tries;
    facts.reused_connection = from.reused_connection;
    facts.is_peer_h2 = from.is_peer_h2;
    facts.is_peer_parent = from.is_peer_parent;
    facts.at.selected = from.at.selected;
    facts.at.connected = from.at.connected;
    facts.at.sent = from.at.sent;
    facts.at.first_byte = from.at.first_byte;
    was_told_ = true;
    forget_asker();
}

// To the one who asked, as long as he is there to hear it at once (RFC 9110 15.2: others need not have them).
Result<> Fetch::put_interim(const http::Response& response) {
    if (asker_ == nullptr || !asker_->inbound_.is_flushed()) return {};
    auto& its_arena = asker_->arena_;
    http::Response copy(its_arena);
    copy.status = response.status;
    for (const auto& field : response.fields) copy.fields.add(its_arena.copy(field.name), its_arena.copy(field.value));
    [[maybe_unused]] const auto put = asker_->inbound_.put_interim(copy);  // an asker who is gone notices that himself
    return {};
}

}  // namespace weir::proxy
