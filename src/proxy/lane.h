// Lane: what one worker needs to serve its connections: the present Snapshot, its sessions, its log pen, its counters. Thread: the
// worker's, but for nothing. Owner: server/.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "cache/directives_memo.h"
#include "filter/compressor_memory.h"
#include "http/date.h"
#include "http/facts.h"
#include "io/load_board.h"
#include "io/scope.h"
#include "io/worker.h"
#include "net/listener.h"
#include "observe/log_format.h"
#include "observe/request_id.h"
#include "proxy/connection_limits.h"
#include "proxy/handshake_places.h"
#include "proxy/held_handshakes.h"
#include "proxy/purge_order.h"
#include "proxy/snapshot.h"
#include "tls/live.h"

namespace weir::observe {
class WorkerMetrics;
}

namespace weir::proxy {

class Lane;

// A Snapshot as one worker holds it: one counted reference for the worker, plain counts for its exchanges.
struct HeldSnapshot {
    Ref<Snapshot> snapshot;
    std::uint32_t uses = 0;
};

// An exchange's hold on the Snapshot it began with.
class SnapshotUse {
public:
    SnapshotUse(Lane& lane, HeldSnapshot& held) : lane_(&lane), held_(&held) { ++held.uses; }
    SnapshotUse(const SnapshotUse&) = delete;
    SnapshotUse& operator=(const SnapshotUse&) = delete;
    ~SnapshotUse();
    const Snapshot& operator*() const { return *held_->snapshot; }
    const Snapshot* operator->() const { return held_->snapshot.raw(); }

private:
    Lane* lane_;
    HeldSnapshot* held_;
};

// Where connections come in: a listener's address, which outlives Snapshots. `listener` is its index in the present one.
struct Entrance {
    Entrance(net::Address address, io::Stop& draining) : at(std::move(address)), closed(&draining) {}
    net::Address at;
    std::uint32_t listener = kNoIndex;
    io::Stop closed;  // drains, or no Snapshot has it any more: idle connections end
    std::uint32_t connections = 0;
};

class Lane {
public:
    Lane(io::Worker& worker, ConnectionLimits& limits, io::LoadBoard& load, observe::WorkerMetrics& metrics, std::uint64_t seed);
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;
    ~Lane();

    io::Worker& worker() { return worker_; }
    observe::WorkerMetrics& metrics() { return metrics_; }
    observe::RequestIds& request_ids() { return request_ids_; }
    filter::CompressorMemory& compressors() { return compressors_; }
    cache::DirectivesMemo& directives() { return directives_; }
    // What serve() has counted: owed once for each session, at its end.
    void connection_ended(const net::Ip& counted_as);

    // From now on new exchanges use this Snapshot. Those under way finish on theirs.
    void publish(Ref<Snapshot> snapshot);
    HeldSnapshot& present() { return *present_; }
    // The one that an exchange of this lane is on.
    HeldSnapshot& held(const Snapshot& snapshot);
    // From now on handshakes use these certificates and keys.
    void publish(Ref<const tls::Live> live);
    const Ref<const tls::Live>& live() const { return live_; }
    HeldHandshakes& held_handshakes() { return held_handshakes_; }
    HandshakePlaces& handshake_places() { return handshake_places_; }
    // Who is told of names that handshakes wait for.
    using Demand = std::function<void(std::string_view name)>;
    void set_demand(Demand demand) { demand_ = std::move(demand); }
    void demand(std::string_view name) {
        if (demand_) demand_(name);
    }
    // Who carries out purges over all tiers. False: not now.
    using Purging = std::function<bool(const PurgeOrder& order, const Ref<PurgeAnswer>& answer)>;
    void set_purging(Purging purging) { purging_ = std::move(purging); }
    bool purge(const PurgeOrder& order, const Ref<PurgeAnswer>& answer) { return purging_ && purging_(order, answer); }
    // Once in a while: whoever asks for names that nobody has must not fill the log.
    bool may_tell_of_missing_certificate() { return may_tell(missing_certificate_told_); }
    // Likewise of strangers at a listener of the PROXY protocol, and of headers that are none.
    bool may_tell_of_stranger() { return may_tell(stranger_told_); }
    bool may_tell_of_bad_header() { return may_tell(bad_header_told_); }
    // Likewise of caches in front of the origin that do not answer.
    bool may_tell_of_passed_parent() { return may_tell(passed_parent_told_); }

    Entrance& entrance(const net::Address& at);
    // Takes a connection over and serves it until it ends; closes it at once when there are too many.
    void serve(Entrance& entrance, net::Accepted accepted);

    // Idle connections end now, others after the exchange they are in.
    void drain();
    // Everything ends now.
    void stop_all() { stop_all_.request(ErrorCode::draining); }
    bool is_draining() const { return draining_.is_requested(); }
    io::Stop& draining() { return draining_; }
    io::Stop& stopping() { return stop_all_; }
    io::Scope& sessions() { return sessions_; }

    // One log line, one set of counters: called once an exchange, at its end.
    void account(const http::Facts& facts, const Snapshot& snapshot, const SitePlan* site, const RoutePlan& route);

    // The Date field of this second.
    std::string_view date();
    std::uint64_t next_serial() { return ++serial_; }

private:
    friend class SnapshotUse;
    void release(HeldSnapshot& held);
    bool may_tell(TimePoint& told) const;

    io::Worker& worker_;
    ConnectionLimits& limits_;
    io::LoadBoard& load_;
    observe::WorkerMetrics& metrics_;
    observe::RequestIds request_ids_;
    filter::CompressorMemory compressors_;
    cache::DirectivesMemo directives_;
    observe::LogPen pen_;
    HeldSnapshot* present_ = nullptr;
    Ref<const tls::Live> live_ = make_ref<const tls::Live>();  // none yet
    Demand demand_;
    Purging purging_;
    HeldHandshakes held_handshakes_{*this};
    HandshakePlaces handshake_places_;
    TimePoint missing_certificate_told_{};
    TimePoint stranger_told_{};
    TimePoint bad_header_told_{};
    TimePoint passed_parent_told_{};
    std::vector<std::unique_ptr<HeldSnapshot>> held_;
    std::vector<std::unique_ptr<Entrance>> entrances_;
    io::Stop stop_all_;
    io::Stop draining_;
    io::Scope sessions_;
    std::array<char, http::kDateOctets> date_{};
    std::int64_t date_second_ = -1;
    std::uint64_t serial_ = 0;
};

}  // namespace weir::proxy
