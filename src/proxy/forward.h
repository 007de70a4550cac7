// Forward: takes one request to an origin and brings the head of its answer: picks a peer, leases a connection, sends, tries another peer
// while that is allowed, relays interim answers. The request's body goes up beside the wait for the answer, so an early answer is heard.
// What was leased goes back to the pool in finish(), or is closed. Owner: the exchange's forward(). Thread: the worker's.
#pragma once

#include <array>
#include <optional>

#include "io/scope.h"
#include "proxy/exchange.h"
#include "proxy/outgoing.h"
#include "proxy/pump.h"
#include "upstream/group.h"

namespace weir::proxy {

class Forward {
public:
    static constexpr std::size_t kTriesMax = 8;
    static constexpr std::size_t kReusedBrokenMax = 3;  // pooled connections that turned out dead, before a new one is demanded
    static constexpr unsigned kInterimMax = 32;         // 1xx answers to one request

    explicit Forward(Exchange& exchange);
    Forward(const Forward&) = delete;
    Forward& operator=(const Forward&) = delete;
    ~Forward();

    // Until the final head is in the exchange's response, or no try is left.
    io::Task<Result<>> answer();
    http::Outbound& outbound() { return *outbound_; }
    http::Body& body() { return outbound_->body(); }
    bool is_tunnel() const { return is_tunnel_; }
    // The answer's head is not needed any more: a tunnel that idles holds no buffer for it.
    void release_answer();
    // The origin stopped listening before the request was whole: the client's connection can't go on.
    bool ends_client_connection() const;
    void add_via(http::Fields& fields) const;
    // Waits for the upload's end, or cuts it; gives the connection back.
    io::Task<> finish();

private:
    // What belongs to one try on one connection.
    struct Try : io::Timer {
        Try(io::Stop* above, Duration first_byte_time);
        void begin_answer_time();  // the request is whole: now the origin has its time
        io::Stop answer;           // ends the wait for the answer
        io::Stop upload;           // ends the upload
        Duration first_byte;
        bool is_uploading = false;
    };

    void prepare_request();
    void set_host(const upstream::Peer& peer);
    io::Task<Result<>> lease();
    io::Task<Result<>> try_once();
    Result<> send_request();
    std::string_view proxy_header() const;
    bool is_body_at_hand() const;
    io::Task<Result<>> read_answer();
    io::Task<Result<>> relay_interim();
    Result<> check_switch();
    io::Task<> upload();
    io::Task<> end_try();
    bool may_go_on(const Error& error);
    io::Deadline answer_deadline(bool is_first);
    void set_pace(io::Stop* stop);

    Exchange& exchange_;
    const RoutePlan& route_;
    const ProxyPlan& plan_;
    upstream::Group& group_;
    http::Request sent_;  // the request as the origin sees it
    std::string_view target_;
    Handful first_;  // of the body: sent with the head, kept for another try
    std::uint64_t first_octets_ = 0;
    std::array<Ref<upstream::Peer>, kTriesMax> tried_;
    std::size_t tries_ = 0;
    std::size_t broken_reused_ = 0;
    upstream::Lease lease_;
    Outgoing outbound_;
    std::optional<Try> try_;
    io::Scope scope_;
    std::optional<Error> client_failure_;  // the request's body could not be read
    bool is_tunnel_ = false;
    bool was_sent_ = false;
};

}  // namespace weir::proxy
