// Reaching a peer. One that does not take a connection within net::kHeadStart is not waited for alone: another peer is tried beside it,
// then a further one, and the first that answers has won (RFC 8305's idea, over peers). What was outrun goes on as a spare of its pool.
#include <array>
#include <optional>

#include "base/few.h"
#include "io/worker.h"
#include "net/connect.h"
#include "upstream/group_view.h"

namespace weir::upstream {

struct GroupView::Attempt final : io::EdgeHook {
    Attempt(Place taken, std::unique_ptr<net::SocketStream> connecting, io::Event& event)
        : place(std::move(taken)), stream(std::move(connecting)), changed(event) {
        stream->readiness().set_hook(this);
    }
    ~Attempt() {
        if (stream != nullptr) stream->readiness().set_hook(nullptr);
    }
    void on_edge(io::Readiness& /*readiness*/) override { changed.notify(); }
    bool is_over() const { return stream->readiness().may_write(); }
    std::unique_ptr<net::SocketStream> take_stream() {
        stream->readiness().set_hook(nullptr);
        return std::move(stream);
    }

    Place place;
    std::unique_ptr<net::SocketStream> stream;
    io::Event& changed;
};

// The racers of one exchange, first come first.
class GroupView::Race {
public:
    explicit Race(const LeaseQuery& query) : query_(query) {
        for (const auto& peer : query.tried) seen_.add(peer);
    }

    Result<> begin(Place place) {
        auto stream = net::begin_connect(place.pool().peer().address);
        seen_.add(place.pool().peer_ref());
        if (!stream) return std::unexpected(stream.error());
        racers_[count_++].emplace(std::move(place), std::move(*stream), changed);
        return {};
    }
    bool is_full() const { return count_ == racers_.size() || seen_.is_full(); }
    bool is_anybody_left() const {
        return std::ranges::any_of(racers_, [](const auto& racer) { return racer.has_value(); });
    }
    // Who has arrived; those that came to nothing leave.
    std::optional<Reached> look(GroupView& view) {
        for (auto& racer : racers_) {
            if (!racer || !racer->is_over()) continue;
            const auto connected = net::end_connect(*racer->stream);
            if (connected) return Reached{.place = std::move(racer->place), .stream = racer->take_stream()};
            fail(view, racer, connected.error());
        }
        return std::nullopt;
    }
    // Somebody has won: what the others came to.
    void end(GroupView& view, TimePoint until) {
        if (first_error_) view.connect_failed(*seen_.all()[query_.tried.size()], *first_error_);
        for (auto& racer : racers_) {
            if (!racer || racer->stream == nullptr) continue;
            racer->place.pool().peer().outrun.fetch_add(1, std::memory_order_relaxed);
            view.spare(racer->place.pool(), racer->take_stream(), until);
        }
    }
    // The time is over for all who are left.
    Error give_up(GroupView& view, const Error& error) {
        for (auto& racer : racers_)
            if (racer) fail(view, racer, error);
        return *first_error_;
    }
    const Error& first_error() const { return *first_error_; }
    std::span<const Ref<Peer>> seen() const { return seen_.all(); }

    io::Event changed;

private:
    // The first one's failure is its exchange's to tell, unless another one wins.
    void fail(GroupView& view, std::optional<Attempt>& racer, const Error& error) {
        if (&racer == racers_.data()) first_error_ = error;
        else view.connect_failed(racer->place.pool().peer(), error);
        racer.reset();
    }

    static constexpr std::size_t kSeenMax = 16;
    const LeaseQuery& query_;
    Few<Ref<Peer>, kSeenMax> seen_;
    std::array<std::optional<Attempt>, net::kRacersMax> racers_;
    std::size_t count_ = 0;
    std::optional<Error> first_error_;
};

bool GroupView::may_race(const LeaseQuery& query) const {
    // Who belongs to one peer by its key is not sent to another because of a lost packet.
    return chooser_.set().size() > 1 && group_.options_.balance.kind != BalanceOptions::Kind::hash && query.tried.size() < kPassedMax;
}

// Another peer that may serve as the first one may.
GroupView::Place GroupView::next_racer(const Peer& first, std::span<const Ref<Peer>> seen) {
    const Wish wish{.tried = seen};
    if (!chooser_.has_other(wish, first, worker_.now())) return {};
    const auto choice = choose(wish);
    if (!choice || choice.is_trial) return {};
    const auto& peer = *chooser_.set().at(choice.index);
    if (!wish.has_tried(peer) && peer.is_backup == first.is_backup) return take(choice);
    chooser_.put_back(choice);
    return {};
}

io::Task<Result<GroupView::Reached>> GroupView::reach(Place place, LeaseQuery query, io::Deadline until) {
    auto& first = place.pool();
    if (auto spare = first.spares.take()) co_return Reached{.place = std::move(place), .stream = std::move(spare)};
    if (may_race(query)) {
        auto reached = co_await race(std::move(place), query, until);
        co_return std::move(reached);
    }
    auto stream = co_await net::connect(first.peer().address, until);
    if (!stream) co_return std::unexpected(stream.error());
    co_return Reached{.place = std::move(place), .stream = std::move(*stream)};
}

io::Task<Result<GroupView::Reached>> GroupView::race(Place place, LeaseQuery query, io::Deadline until) {
    const auto first = place.pool().peer_ref();
    Race race(query);
    const auto begun = race.begin(std::move(place));
    if (!begun) co_return std::unexpected(begun.error());
    for (auto next_at = worker_.now() + net::kHeadStart;;) {
        const auto told = co_await race.changed.wait(until.sooner(next_at));
        auto winner = race.look(*this);
        if (winner) {
            race.end(*this, until.at);
            co_return std::move(*winner);
        }
        if (!race.is_anybody_left()) co_return std::unexpected(race.first_error());
        if (told) continue;
        Error error{.code = told.error().code, .side = Side::upstream, .retry = Retry::yes, .detail = "no connection within its time"};
        if (error.code != ErrorCode::timeout) co_return std::unexpected(error);
        if (worker_.now() >= until.at) co_return std::unexpected(race.give_up(*this, error));
        next_at = race.is_full() ? kNever : worker_.now() + net::kHeadStart;
        auto next = race.is_full() ? Place{} : next_racer(*first, race.seen());
        if (!next) {
            next_at = kNever;
            continue;
        }
        if (auto* ready = at_hand(next.pool(), query)) {
            race.end(*this, until.at);
            co_return Reached{.place = std::move(next), .ready = ready};
        }
        const auto peer = next.pool().peer_ref();
        const auto joined = race.begin(std::move(next));
        if (!joined) connect_failed(*peer, joined.error());
    }
}

void GroupView::spare(Pool& pool, std::unique_ptr<net::SocketStream> stream, TimePoint until) {
    if (idle_max_ == 0 || pool.is_retired) return;
    pool.spares.add(std::move(stream), until);
    sweep();
}

void GroupView::connect_failed(Peer& peer, const Error& error) {
    if (is_peers_fault(error)) group_.ejector_.failed(peer, chooser_.set(), worker_.now(), word_of(error.code));
}

}  // namespace weir::upstream
