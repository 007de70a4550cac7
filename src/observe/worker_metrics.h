// WorkerMetrics: the figures of one worker. It writes them on its own thread with plain stores into memory of its own; the control
// thread reads and adds them up when somebody asks (metrics.h). No lock, no allocation, no hashing here.
#pragma once

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/counter.h"
#include "base/result.h"
#include "http/facts.h"
#include "http/h2/abuse.h"
#include "http/message.h"
#include "observe/histogram.h"
#include "observe/label.h"
#include "observe/tls_figures.h"

namespace weir::observe {

// Why a connection was not served.
enum class Refusal : std::uint8_t { connections_max, connections_per_client, draining, proxy_protocol, count_ };
std::string_view word_of(Refusal refusal);

inline constexpr std::size_t kErrorCodes = static_cast<std::size_t>(ErrorCode::internal) + 1;
inline constexpr std::size_t kSides = 3;
inline constexpr std::size_t kMethods = static_cast<std::size_t>(http::Method::other) + 1;
inline constexpr std::size_t kStatusClasses = 6;  // [0]: no status was sent
inline constexpr std::uint16_t kStatusMax = 600;

struct SiteFigures {
    std::array<Counter, kStatusClasses> requests;
    Counter request_octets, reply_octets;
    Histogram time;
    void clear();
};

struct RouteFigures {
    std::array<Counter, kStatusClasses> requests;
    Histogram time;
    void clear();
};

struct PeerFigures {
    std::array<Counter, kStatusClasses> answers;
    std::array<Counter, kErrorCodes> errors;
    Counter reused, fresh;  // leases: from the pool, newly connected
    Counter h2;             // of these over HTTP/2
    Histogram connect, first_byte;
    void clear();
};

// Rows that the control thread adds in blocks, before the worker hears of their index.
template <class Row>
class LabelledRows {
public:
    Row& at(LabelIndex index) const { return blocks_[index / kRowsOfBlock][index % kRowsOfBlock]; }
    // Control thread.
    void ensure(LabelIndex index) {
        auto& block = blocks_[index / kRowsOfBlock];
        if (!block) block = std::make_unique<Row[]>(kRowsOfBlock);
    }

private:
    static constexpr std::size_t kRowsOfBlock = 16;
    std::array<std::unique_ptr<Row[]>, kLabelsMax / kRowsOfBlock> blocks_;
};

class WorkerMetrics {
public:
    WorkerMetrics();
    WorkerMetrics(const WorkerMetrics&) = delete;
    WorkerMetrics& operator=(const WorkerMetrics&) = delete;

    // Once, on the worker's thread: its processor time is read from the kernel when asked for.
    void bind_thread();

    void connection_opened() { accepted.add(); }
    void connection_closed() { closed.add(); }
    void connection_refused(Refusal why) { refused[static_cast<std::size_t>(why)].add(); }
    void tunnel_opened() { tunnels.add(); }
    void tunnel_closed() { tunnels.subtract(); }
    void h2_abused(http::h2::Abuse kind) { h2_abuses[static_cast<std::size_t>(kind)].add(); }
    void turns_done(std::uint64_t total) { turns.set(total); }

    void exchange_begun() { begun.add(); }
    // Once an exchange, at its end. `peer`: the label of the peer that answered or was tried last.
    void exchange_done(const http::Facts& facts, LabelIndex site, LabelIndex route, LabelIndex peer = kNoLabel);
    // A fetch of the cache that no exchange tells of.
    void fetch_done(const http::Facts& facts, LabelIndex peer);
    // A body was encoded, or as much of it as was asked for.
    void compressed(http::Coding coding, std::uint64_t octets_in, std::uint64_t octets_out) {
        auto& figures = compression[static_cast<std::size_t>(coding)];
        figures.octets_in.add(octets_in);
        figures.octets_out.add(octets_out);
    }
    // There was no memory for an encoder, and the answer went as it is.
    void not_compressed(http::Coding coding) { compression[static_cast<std::size_t>(coding)].refused.add(); }
    // A try that failed, each one: the exchange may go on with another peer.
    void try_failed(LabelIndex peer, ErrorCode error) { peers.at(peer).errors[static_cast<std::size_t>(error)].add(); }
    // An exchange got a peer after it had waited in the upstream's queue.
    void queue_waited(Duration time) {
        queue_waits.add();
        queue_nanoseconds.add(static_cast<std::uint64_t>(time.count()));
    }

    // Read by Metrics; written by the functions above only.
    Counter accepted, closed, begun, done, retries, queue_waits, queue_nanoseconds, turns;
    std::array<Counter, static_cast<std::size_t>(http::CacheUse::count_)> cache_uses;
    struct Compression {
        Counter replies, octets_in, octets_out, refused;
    };
    std::array<Compression, http::kCodings> compression;
    Gauge tunnels;
    TlsFigures tls;  // its own functions write it
    Counter h2_accepted, h2_closed, h2_streams, h2_refused, h2_resets_received, h2_resets_sent;
    std::array<Counter, http::h2::kAbuses> h2_abuses;
    std::array<Counter, static_cast<std::size_t>(Refusal::count_)> refused;
    std::array<Counter, kMethods> methods;
    std::array<Counter, kStatusMax> statuses;
    std::array<std::array<Counter, kErrorCodes>, kSides> errors;
    LabelledRows<SiteFigures> sites;
    LabelledRows<RouteFigures> routes;
    LabelledRows<PeerFigures> peers;
    std::atomic<clockid_t> processor_clock{-1};

private:
    void count_peer(const http::Facts& facts, LabelIndex peer);
};

}  // namespace weir::observe
