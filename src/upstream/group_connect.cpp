// Connecting to a peer: what is spoken there, TLS, and connections of HTTP/2 that many exchanges share. Where one is expected to come, one
// exchange makes it and the others wait for it.
#include "io/worker.h"
#include "net/connect.h"
#include "tls/stream.h"
#include "upstream/group_view.h"

namespace weir::upstream {

// HTTP/1.1 although the peer knows HTTP/2: it wants that for this request, or only its HTTP/1.1 can carry a WebSocket.
bool GroupView::wants_h1(const Pool& pool, const LeaseQuery& query) const {
    const bool wants = query.wants_http11 || (query.wants_websocket && pool.takes_no_websocket);
    return wants && group_.options_.protocol == Protocol::automatic;
}

// Is it likely that a new connection can be shared?
bool GroupView::may_share(const Pool& pool, const LeaseQuery& query) const {
    const auto protocol = group_.options_.protocol;
    if (protocol == Protocol::h1 || (protocol == Protocol::automatic && (!group_.is_secure() || pool.speaks_h1))) return false;
    return !query.wants_new_connection && !wants_h1(pool, query);
}

Connection* GroupView::share(Pool& pool, const LeaseQuery& query) {
    auto* shared = wants_h1(pool, query) ? nullptr : pool.shared.find_room();
    if (shared == nullptr) return nullptr;
    pool.shared.use(*shared);
    return new Connection(pool, *shared);
}

Connection* GroupView::at_hand(Pool& pool, const LeaseQuery& query) {
    if (query.wants_new_connection) return nullptr;
    // Of a peer that speaks both: what was asked over HTTP/1.1 was an exception.
    if (auto* shared = pool.shared.empty() ? nullptr : share(pool, query)) return shared;
    return pool.take();
}

// A pool stays while this does, whoever else lets go of it.
struct GroupView::Hold {
    explicit Hold(Pool& held) : pool(held) { ++pool.leased; }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() {
        --pool.leased;
        if (pool.is_retired && pool.leased == 0) delete &pool;
    }
    Pool& pool;
};

// An empty lease: another peer shall be asked.
io::Task<Result<Lease>> GroupView::connect(Place place, LeaseQuery query, io::Deadline deadline) {
    const auto until = deadline.sooner(worker_.now() + group_.options_.connect_timeout);
    const Hold hold(place.pool());
    auto& pool = hold.pool;
    while (may_share(pool, query) && pool.arrivals.is_under_way) {
        Arrivals::Entry entry(pool.arrivals);
        const auto told = co_await entry.told.wait(until);
        if (!told) co_return fail(told.error().code, Side::upstream, "no connection within its time", Retry::yes);
        if (entry.error) co_return std::unexpected(*entry.error);
        if (entry.is_outrun) co_return Lease{};
        if (auto* connection = at_hand(pool, query)) co_return place.become(connection);
    }
    Arrival arrival(may_share(pool, query) ? &pool : nullptr);
    auto reached = co_await reach(std::move(place), query, until);
    if (!reached) {
        arrival.end(reached.error());
        co_return std::unexpected(reached.error());
    }
    if (&reached->place.pool() != &pool) arrival.outrun();
    auto lease = co_await settle(std::move(*reached), query, until, std::move(arrival));
    co_return std::move(lease);
}

// From a peer that answers to a connection that carries requests.
io::Task<Result<Lease>> GroupView::settle(Reached reached, LeaseQuery query, io::Deadline until, Arrival arrival) {
    auto& pool = reached.place.pool();
    *query.picked = pool.peer_ref();
    if (!arrival && reached.ready == nullptr) {
        reached.ready = at_hand(pool, query);
        if (may_share(pool, query) && !pool.arrivals.is_under_way && reached.ready == nullptr) arrival = Arrival(&pool);
    }
    if (reached.ready != nullptr) co_return reached.place.become(reached.ready);
    const auto made = co_await begin(pool, std::move(reached.stream), query, until);
    arrival.end(made ? std::nullopt : std::optional(made.error()));
    if (!made) co_return std::unexpected(made.error());
    if ((*made)->shared() == nullptr || !wants_h1(pool, query)) co_return reached.place.become(*made);
    // It can't carry this one; the next is made for it alone.
    pool.shared.release(*(*made)->shared(), {.now = worker_.now()});
    delete *made;
    auto stream = co_await net::connect(pool.peer().address, until);
    if (!stream) co_return std::unexpected(stream.error());
    const auto other = co_await begin(pool, std::move(*stream), query, until);
    if (!other) co_return std::unexpected(other.error());
    co_return reached.place.become(*other);
}

io::Task<Result<Connection*>> GroupView::begin(Pool& pool, std::unique_ptr<net::Stream> stream, LeaseQuery query, io::Deadline until) {
    bool is_h2 = group_.options_.protocol == Protocol::h2c;
    if (group_.is_secure()) {
        auto secured = co_await secure(pool, std::move(stream), query, until);
        if (!secured) co_return std::unexpected(secured.error());
        is_h2 = (*secured)->facts().protocol == "h2";
        // Who is free to choose and chooses HTTP/1.1 will do so again: nobody need wait for a connection to share.
        if (!wants_h1(pool, query)) pool.speaks_h1 = !is_h2;
        stream = std::move(*secured);
    }
    if (!is_h2) co_return new Connection(pool, std::move(stream));
    auto begun = co_await begin_h2(pool, std::move(stream), until);
    co_return begun;
}

// Nothing of a request has been sent: whatever goes wrong, another try is safe.
io::Task<Result<std::unique_ptr<tls::TlsStream>>> GroupView::secure(Pool& pool, std::unique_ptr<net::Stream> below, LeaseQuery query,
                                                                    io::Deadline until) {
    if (!query.prefix.empty()) {
        auto part = net::iovec_of(query.prefix);
        auto written = co_await net::write_all(*below, {&part, 1}, until, Duration::max(), Side::upstream);
        if (!written) {
            written.error().retry = Retry::yes;
            co_return std::unexpected(written.error());
        }
    }
    auto secured = tls::connect_tls(std::move(below), wants_h1(pool, query) ? group_.tls_h1_ : group_.tls_, pool.peer().host);
    auto done = co_await secured->handshake(until);
    if (done) co_return std::move(secured);
    done.error().side = Side::upstream;
    done.error().retry = Retry::yes;
    if (done.error().code == ErrorCode::timeout) done.error().detail = "no TLS handshake within the time to connect";
    co_return std::unexpected(done.error());
}

io::Task<Result<Connection*>> GroupView::begin_h2(Pool& pool, std::unique_ptr<net::Stream> stream, io::Deadline until) {
    const http::h2::ClientConnection::Options options{.streams_max = group_.options_.streams_max,
                                                      .is_secure = group_.is_secure(),
                                                      .ping_after = group_.options_.keep_alive.ping_after,
                                                      .ping_wait = group_.options_.keep_alive.ping_wait};
    auto shared = std::make_unique<SharedConnection>(pool.shared, std::move(stream), options);
    const auto opened = co_await shared->h2().open(until);
    if (!opened) co_return std::unexpected(opened.error());
    pool.takes_no_websocket = !shared->h2().takes_extended_connect();
    auto* connection = new Connection(pool, *shared);
    pool.shared.add(std::move(shared));
    co_return connection;
}

void GroupView::release(Connection* connection, bool was_finished) {
    auto& pool = connection->pool();
    const bool is_trial = connection->is_trial;
    const auto& keep_alive = group_.options_.keep_alive;
    pool.shared.release(*connection->shared(), {.was_finished = was_finished,
                                                .may_idle = idle_max_ != 0 && !pool.is_retired,
                                                .requests_max = keep_alive.requests_max,
                                                .now = worker_.now()});
    delete connection;
    if (!is_armed() && !pool.shared.empty()) worker_.timers().arm(*this, worker_.now() + keep_alive.idle);
    give_back(pool, is_trial);
}

}  // namespace weir::upstream
