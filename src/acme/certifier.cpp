#include "acme/certifier.h"

#include <algorithm>

#include "acme/encoding.h"
#include "acme/schedule.h"
#include "base/log.h"
#include "io/worker.h"
#include "tls/client_side.h"

namespace weir::acme {
namespace {

constexpr Duration kLoudBelow = std::chrono::days(7);  // of life left: a failed renewal is an error then, a warning before

std::string joined(const NameSet& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : " ") + name;
    return out;
}

// Another kind of challenge after each failure: where one can't work, the other may.
std::vector<ChallengeKind> rotated(std::vector<ChallengeKind> challenges, std::uint32_t failures) {
    if (challenges.size() > 1) std::ranges::rotate(challenges, challenges.begin() + failures % challenges.size());
    return challenges;
}

std::expected<Ref<const tls::ClientSide>, std::string> side_for(const std::string& url, const std::string& ca_file) {
    if (!url.starts_with("https://")) return Ref<const tls::ClientSide>();
    tls::ClientOptions options;
    options.ca_file = ca_file;
    return tls::ClientSide::make(options);
}

WallTime wall_now() { return io::Worker::current().wall_now(); }

}  // namespace

// Owned by the coroutine that keeps it.
struct Certifier::Kept {
    Kept(NameSet all, io::Stop* above) : names(std::move(all)), stop(above) {}

    NameSet names;
    std::string place;
    bool is_on_demand = false;
    std::optional<Leaf> leaf;
    std::optional<RenewalWindow> window;
    WallTime ask_window_at{};
    Store::Tries tries;
    std::string last_failure;
    bool is_forced = false;
    bool is_over = false;
    io::Stop stop;
    io::Event kicked;
};

std::expected<std::unique_ptr<Certifier>, std::string> Certifier::make(const Options& options, net::Resolver& resolver, Outlet& outlet) {
    auto side = side_for(options.directory_url, options.ca_file);
    if (!side) return std::unexpected(std::move(side.error()));
    auto ask_side = side_for(options.on_demand.ask_url, options.on_demand.ask_ca_file);
    if (!ask_side) return std::unexpected(std::move(ask_side.error()));
    return std::unique_ptr<Certifier>(new Certifier(options, resolver, outlet, std::move(*side), std::move(*ask_side)));
}

Certifier::Certifier(const Options& options, net::Resolver& resolver, Outlet& outlet, Ref<const tls::ClientSide> side,
                     Ref<const tls::ClientSide> ask_side)
    : options_(options),
      outlet_(outlet),
      store_(options_),
      fetcher_(resolver, std::move(side)),
      asker_(resolver, std::move(ask_side)),
      client_(options_.directory_url, fetcher_),
      account_(options_, store_, client_),
      demands_(options_.on_demand.concurrency_max) {}

Certifier::~Certifier() = default;

io::Task<> Certifier::stop() {
    stop_.request(ErrorCode::draining);
    co_await scope_.join();
    fetcher_.close_idle();
    asker_.close_idle();
}

void Certifier::keep(const std::vector<NameSet>& wanted) {
    std::unordered_map<std::string, const NameSet*> places;
    for (const auto& names : wanted)
        if (!names.empty()) places.emplace(store_.place_of(names), &names);
    std::erase_if(kept_, [&](const auto& entry) {
        auto& kept = *entry.second;
        if (kept.is_on_demand || places.contains(entry.first)) return false;
        kept.stop.request();
        outlet_.retract(kept.names);
        return true;
    });
    for (const auto& [place, names] : places) {
        const auto known = kept_.find(place);
        if (known != kept_.end()) known->second->is_on_demand = false;
        else begin(*names, false);
    }
}

void Certifier::begin(const NameSet& names, bool is_on_demand) {
    auto kept = std::make_unique<Kept>(names, &stop_);
    kept->place = store_.place_of(names);
    kept->is_on_demand = is_on_demand;
    kept_[kept->place] = kept.get();
    load(*kept);
    scope_.spawn(run(std::move(kept)));
}

// What was kept on disk serves at once.
void Certifier::load(Kept& kept) {
    const auto now = wall_now();
    kept.tries = store_.tries(kept.place);
    if (!kept.tries.is_asked_for) kept.tries.not_before = std::min(kept.tries.not_before, now + kRestartWaitMax);
    auto pair = store_.certificate(kept.place);
    if (!pair) return;
    auto leaf = read_leaf(*pair);
    if (!leaf) {
        log::warn("acme_state_unreadable", "a kept certificate can't be used; another one is ordered",
                  {{"names", joined(kept.names)}, {"reason", leaf.error().text}});
        return;
    }
    const auto has = [&](const std::string& name) { return std::ranges::binary_search(leaf->names, name); };
    if (leaf->not_after <= now || !std::ranges::all_of(kept.names, has)) return;
    kept.leaf = *leaf;
    outlet_.publish({.names = kept.names,
                     .pair = std::move(*pair),
                     .leaf = std::move(*leaf),
                     .renewal = next_time(kept),
                     .is_on_demand = kept.is_on_demand});
}

io::Task<> Certifier::run(std::unique_ptr<Kept> kept) {
    for (;;) {
        const auto goes_on = co_await step(*kept);
        if (!goes_on) break;
    }
    const auto entry = kept_.find(kept->place);
    if (entry != kept_.end() && entry->second == kept.get()) kept_.erase(entry);
}

// Waits for what comes next, or does it. False at the end.
io::Task<bool> Certifier::step(Kept& kept) {
    if (kept.leaf && kept.ask_window_at <= wall_now()) co_await ask_window(kept);
    if (kept.stop.is_requested() || kept.is_over) co_return false;
    const auto now = wall_now();
    const auto next = next_time(kept);
    if (next <= now || kept.is_forced) {
        kept.is_forced = false;
        co_await renew(kept);
        co_return !kept.stop.is_requested() && !kept.is_over;
    }
    const auto wake = kept.leaf ? std::min(next, kept.ask_window_at) : next;
    const auto wait = std::clamp<Duration>(wake - now, Duration(1), kLookAgainMax);
    co_await kept.kicked.wait({io::Worker::current().now() + wait, &kept.stop});
    co_return !kept.stop.is_requested();
}

WallTime Certifier::next_time(const Kept& kept) const {
    if (!kept.leaf) return kept.tries.not_before;
    return std::max(renewal_time(*kept.leaf, kept.window, draw_of(kept.place + kept.leaf->serial)), kept.tries.not_before);
}

// RFC 9773 4: the CA may suggest another time at any time, a time in the past when it has to revoke. What it said last holds while it
// can't be asked.
io::Task<> Certifier::ask_window(Kept& kept) {
    const io::Deadline deadline{io::Worker::current().now() + Fetcher::kRequestTime, &kept.stop};
    kept.ask_window_at = wall_now() + kAskWindowDefault;
    if (kept.leaf->ari_id.empty()) co_return;
    const auto directory = co_await client_.directory(deadline);
    if (!directory || directory->renewal_info.empty()) co_return;
    figures_.windows.add();
    const auto answer = co_await client_.look(directory->renewal_info + "/" + kept.leaf->ari_id, deadline);
    const auto now = wall_now();
    if (!answer) {
        kept.ask_window_at = now + ask_window_again(answer.error().retry_after);
        co_return;
    }
    kept.ask_window_at = now + ask_window_again(retry_after_of(answer->field("retry-after"), now));
    auto window = read_renewal_info(answer->body);
    if (!window || (kept.window && *kept.window == *window)) co_return;
    kept.window = std::move(*window);
    outlet_.note(state_of(kept));
    log::info("acme_window", "the CA suggests when to renew",
              {{"names", joined(kept.names)},
               {"start", time_text(kept.window->start)},
               {"end", time_text(kept.window->end)},
               {"renewal", time_text(next_time(kept))},
               {"explanation", kept.window->explanation_url}});
}

io::Task<> Certifier::renew(Kept& kept) {
    const auto task = kept.is_on_demand ? order_on_demand(kept) : order(kept);
    auto issued = co_await task;
    if (issued) {
        accept(kept, std::move(*issued));
        co_return;
    }
    if (issued.error().kind == Failure::Kind::stopped) co_return;
    note_failure(kept, issued.error());
}

io::Task<Outcome<Issued>> Certifier::order(Kept& kept) {
    const auto place = co_await orders_.take({kNever, &kept.stop});
    if (!place) co_return failure(Failure::Kind::stopped, "ended");
    auto issued = co_await order_in_turn(kept, {kNever, &kept.stop});
    orders_.give();
    co_return std::move(issued);
}

io::Task<Outcome<Issued>> Certifier::order_in_turn(Kept& kept, io::Deadline deadline) {
    figures_.orders.add();
    const auto opened = co_await open_account(deadline);
    if (!opened) co_return std::unexpected(opened.error());
    OrderWish wish{.names = kept.names,
                   .key = options_.key,
                   .challenges = rotated(options_.challenges, kept.tries.failures),
                   .replaces = kept.leaf ? kept.leaf->ari_id : ""};
    OrderWalk walk(std::move(wish), account_, client_, outlet_);
    auto issued = co_await walk.run(deadline);
    co_return std::move(issued);
}

// Permission is asked for each order anew: a customer who left gets no renewal.
io::Task<Outcome<Issued>> Certifier::order_on_demand(Kept& kept) {
    const io::Deadline deadline{kNever, &kept.stop};
    const auto place = co_await demands_.take(deadline);
    if (!place) co_return failure(Failure::Kind::stopped, "ended");
    const auto permission = co_await ask_permission(kept.names.front(), deadline);
    Outcome<Issued> issued = std::unexpected(permission ? Failure{} : permission.error());
    if (permission) issued = co_await order(kept);
    demands_.give();
    co_return std::move(issued);
}

io::Task<Outcome<>> Certifier::open_account(io::Deadline deadline) {
    auto ready = store_.prepare();
    if (!ready) co_return std::move(ready);
    const auto turn = co_await account_turn_.take(deadline);
    if (!turn) co_return failure(Failure::Kind::stopped, "ended");
    auto opened = co_await account_.open(deadline);
    account_turn_.give();
    co_return std::move(opened);
}

void Certifier::accept(Kept& kept, Issued issued) {
    figures_.issued.add();
    const bool is_renewal = kept.leaf.has_value();
    const auto saved = store_.save_certificate(kept.place, issued.pair);
    if (!saved) log::error("acme_state_unwritable", saved.error().text, {{"names", joined(kept.names)}});
    kept.tries = {};
    kept.last_failure.clear();
    store_.save_tries(kept.place, kept.tries);
    kept.leaf = issued.leaf;
    kept.window.reset();
    kept.ask_window_at = wall_now() + kAskWindowMin;
    log::info(is_renewal ? "certificate_renewed" : "certificate_issued",
              is_renewal ? "a certificate was renewed" : "a certificate was issued",
              {{"names", joined(kept.names)},
               {"issuer", issued.leaf.issuer},
               {"expires", time_text(issued.leaf.not_after)},
               {"renewal", time_text(next_time(kept))}});
    issued.renewal = next_time(kept);
    issued.is_on_demand = kept.is_on_demand;
    outlet_.publish(issued);
}

void Certifier::note_failure(Kept& kept, const Failure& failed) {
    figures_.failed.add();
    const auto now = wall_now();
    const auto left = kept.leaf ? kept.leaf->not_after - now : Duration::zero();
    const double chance = static_cast<double>(io::Worker::current().random().below(1'000'000)) / 1e6;
    const auto failures = kept.tries.failures + 1;
    const auto wait = back_off(failures, failed.retry_after, left, chance);
    kept.tries = {.failures = failures, .not_before = now + wait, .is_asked_for = failed.retry_after && wait <= *failed.retry_after};
    kept.last_failure = failed.text;
    const auto& names = kept.names;
    if (kept.is_on_demand && !kept.leaf) {
        kept.is_over = true;
        deny(names.front(), failed.text);
        return;
    }
    store_.save_tries(kept.place, kept.tries);
    outlet_.note(state_of(kept));
    const auto message =
        kept.leaf ? joined(names) + " could not be renewed; the certificate that serves is good for " + time_left_text(left) + " more"
                  : "no certificate for " + joined(names) + " yet; it is tried again";
    log::write(kept.leaf && left > kLoudBelow ? log::Level::warn : log::Level::error,
               kept.leaf ? "certificate_not_renewed" : "certificate_not_issued", message,
               {{"reason", failed.text},
                {"kind", word_of(failed.kind)},
                {"failures", failures},
                {"days_left", std::chrono::duration_cast<std::chrono::days>(left).count()},
                {"next_try", time_text(kept.tries.not_before)}});
}

bool Certifier::renew_now(const std::string& name) {
    bool has_any = false;
    for (auto& [place, kept] : kept_) {
        if (std::ranges::find(kept->names, name) == kept->names.end()) continue;
        kept->is_forced = has_any = true;
        kept->kicked.notify();
    }
    return has_any;
}

CertificateState Certifier::state_of(const Kept& kept) const {
    return {.names = kept.names,
            .is_on_demand = kept.is_on_demand,
            .has_certificate = kept.leaf.has_value(),
            .leaf = kept.leaf.value_or(Leaf{}),
            .next_try = next_time(kept),
            .failures = kept.tries.failures,
            .last_failure = kept.last_failure,
            .follows_suggestion = kept.window.has_value()};
}

std::vector<CertificateState> Certifier::states() const {
    std::vector<CertificateState> states;
    states.reserve(kept_.size());
    for (const auto& [place, kept] : kept_) states.push_back(state_of(*kept));
    std::ranges::sort(states, {}, &CertificateState::names);
    return states;
}

}  // namespace weir::acme
