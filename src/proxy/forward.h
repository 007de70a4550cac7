// Forward: takes one request to an origin and brings the head of its answer: picks a peer, leases a connection, sends, tries another peer
// while that is allowed, relays interim answers. The request's body goes up beside the wait for the answer, so an early answer is heard.
// What was leased goes back to the pool in finish(), or is closed. Owner: the exchange's forward(). Thread: the worker's.
#pragma once

#include <optional>

#include "base/few.h"
#include "io/scope.h"
#include "proxy/compressed_body.h"
#include "proxy/exchange.h"
#include "proxy/outgoing.h"
#include "proxy/pump.h"
#include "proxy/reply.h"
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
    http::Body& body() { return compressed_ ? *compressed_ : outbound_->body(); }
    // As the route says and the client wants: from here on its head and its body are those of the encoded form.
    void compress_answer();
    bool is_tunnel() const { return is_tunnel_; }
    // The answer's head is not needed any more: a tunnel that idles holds no buffer for it.
    void release_answer();
    // The origin stopped listening before the request was whole: the client's connection can't go on.
    bool ends_client_connection() const;
    void add_via(http::Fields& fields) const;
    // The request's body went up beside the answer, or still does.
    bool has_upload() const { return upload_.has_value(); }
    // Waits for the upload's end when the origin still listens, else cuts it.
    io::Task<> end_upload();
    // The last word: gives the connection back, or closes it.
    void finish();

private:
    // A request's body that goes up on one connection, beside the wait for the answer.
    struct Upload : io::Timer {
        Upload(io::Stop* above, Duration first_byte_time);
        void begin_answer_time();  // the request is whole: now the origin has its time
        io::Stop answer;           // ends the wait for the answer
        io::Stop stop;             // ends the upload
        Duration first_byte;
        bool is_running = true;
    };

    void ask(bool parent);
    void prepare_request();
    void shape_for_origin();
    void set_host(const upstream::Peer& peer);
    upstream::LeaseQuery lease_query() const;
    io::Task<Result<>> lease();
    void note_lease();
    io::Task<Result<>> try_once();
    Result<> send_request();
    Result<> begin_request();
    bool sends_proxy_header() const { return group_->options().proxy_protocol != upstream::ProxyProtocol::off; }
    std::string_view proxy_header() const;
    io::Task<Result<>> relay_interim();
    Result<> take_answer();
    Result<> check_switch();
    bool is_uploading() const { return upload_ && upload_->is_running; }
    io::Task<> upload();
    io::Task<> cut_upload();
    void end_try();
    RetryQuestion retry_question() const;
    bool is_over() const;
    bool may_go_on(const Error& error);
    bool may_pass_parent(const Error& error) const;
    void pass_parent(const Error& error);
    io::Deadline answer_deadline(bool is_first);
    void set_pace(io::Stop* stop);

    Exchange& exchange_;
    const RoutePlan& route_;
    const ProxyPlan& plan_;
    upstream::Group* group_ = nullptr;
    http::Request sent_;  // the request as the origin sees it
    std::string_view target_;
    Handful first_;  // of the body: sent with the head, kept for another try
    std::uint64_t first_octets_ = 0;
    bool goes_with_head_ = false;  // first_ is all of the body, without trailers
    Few<Ref<upstream::Peer>, kTriesMax> tried_;
    std::size_t broken_reused_ = 0;
    upstream::Lease lease_;
    Outgoing outbound_;
    std::optional<CompressedBody> compressed_;
    std::optional<Upload> upload_;
    io::Scope scope_;
    std::optional<Error> client_failure_;  // the request's body could not be read
    bool is_tunnel_ = false;
    bool was_sent_ = false;
    bool has_answer_too_soon_ = false;  // all of it, before the request was whole
    bool wants_http11_ = false;         // the origin has refused it over HTTP/2
};

}  // namespace weir::proxy
