// Exchange: one request and exactly one reply. run() is the walk of a request; every path of it ends in finish(), which accounts and logs
// once. Neutral to the protocol version: it knows an Inbound, nothing of connections. Owner: the session. Thread: the worker's.
#pragma once

#include <span>

#include "cache/cache_status.h"
#include "cache/entry.h"
#include "filter/compressor.h"
#include "filter/respond.h"
#include "http/facts.h"
#include "http/stream.h"
#include "io/deadline.h"
#include "proxy/decide.h"
#include "proxy/purge_order.h"
#include "proxy/visitor.h"

namespace weir::proxy {

class Lane;
class CachedWalk;
class Fetch;
class Forward;

class Exchange {
public:
    Exchange(Lane& lane, const Snapshot& snapshot, std::uint32_t listener, http::Inbound& inbound, Arena& arena);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    // Filled by the session before run().
    http::Request& request() { return request_; }
    Lane& lane() { return lane_; }
    void set_visitor(const Visitor& visitor);

    io::Task<> run();
    bool was_tunnel() const { return was_tunnel_; }
    // The request could not even be read.
    io::Task<> refuse(Error error);

private:
    friend class CachedWalk;
    friend class Fetch;
    friend class Forward;
    friend class Intake;
    friend class Lead;
    friend class StoredForm;
    enum class RelayStage : std::uint8_t { body, flush, over };  // what is still to do for the reply

    void decide_all();
    void take_request_id();
    // A reply of Weir's own that needs no origin; nullopt: forward.
    std::optional<filter::MadeReply> challenge_reply();
    std::optional<filter::MadeReply> loop_reply();
    bool is_tier_purge() const;
    [[gnu::noinline]] io::Task<> purge_tiers();
    [[gnu::noinline]] io::Task<> purge_everywhere(PurgeOrder order);
    std::optional<filter::MadeReply> own_reply();
    std::optional<Error> admit() const;
    io::Task<> forward();
    void heed_answer();
    void heed_head();
    bool freshen_by_head(http::Response& stored, std::string_view key);
    Result<RelayStage> begin_relay(Forward& forward);
    io::Task<> go_on_relaying(Forward& forward, RelayStage stage);
    void end_relay(const http::Body& body, const Result<>& outcome);
    void note_relay(const http::Body& body, const Result<>& outcome);
    io::Task<> run_tunnel(Forward& forward);
    io::Task<> send(filter::MadeReply made);
    io::Task<> send_error(Error error);
    filter::Compressor compress_own();
    [[gnu::noinline]] io::Task<> send_compressed(filter::Compressor compressor, std::string_view octets);
    void say_grpc(filter::MadeReply& made);
    bool is_late_call() const;
    io::Task<> end_late_call();
    void edit_response();
    void note(const Error& error);
    void finish();
    Error gone_error() const;
    io::Deadline deadline() { return {total_at_, &gone_}; }
    io::Deadline origin_deadline() { return {total_at_, origin_stop_}; }
    // Others may wait for what its origin answers: nothing of its client may hold that up.
    bool leads() const { return origin_stop_ != &gone_; }
    TimePoint now() const;

    Lane& lane_;
    const Snapshot& snapshot_;
    const ListenerPlan& listener_;
    http::Inbound& inbound_;
    Arena& arena_;
    http::Request request_;
    http::Response response_;
    http::Facts facts_;
    Decision decision_;
    std::uint32_t listener_index_;
    std::uint64_t client_auth_ = 0;  // of the handshake
    TimePoint total_at_ = kNever;
    TimePoint grpc_at_ = kNever;  // a gRPC call's own deadline
    bool was_tunnel_ = false;
    bool is_finished_ = false;
    cache::CacheStatus* cache_status_ = nullptr;  // of a route with a cache: what is told of it
    Ref<cache::Entry> stored_;                    // the reply's head is made of it
    io::Stop gone_;                               // the client is gone, or everything ends
    io::Stop* origin_stop_ = &gone_;              // ends the way to the origin
};

}  // namespace weir::proxy
