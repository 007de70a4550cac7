// Outgoing: the request's way to the origin, over whichever protocol the leased connection speaks: an optional of two kinds, used like a
// pointer. A choice, not a virtual call, on the way that every request takes. Owner: Forward. Thread: the worker's.
#pragma once

#include <variant>

#include "http/h1/client.h"
#include "http/h2/client.h"
#include "upstream/lease.h"

namespace weir::proxy {

class Outgoing {
public:
    void emplace(const upstream::Lease& lease, Arena& arena) {
        if (auto* shared = lease.h2(); shared != nullptr) one_.emplace<http::h2::ClientExchange>(*shared, arena);
        else one_.emplace<http::h1::ClientExchange>(lease.stream(), arena);
    }
    void reset() { one_.emplace<std::monostate>(); }
    explicit operator bool() const { return one_.index() != 0; }
    http::Outbound& operator*() {
        if (auto* one = h1()) return *one;
        return h2();
    }
    Outgoing* operator->() { return this; }
    const Outgoing* operator->() const { return this; }
    bool is_h2() const { return one_.index() == 2; }

    void set_send_stall(Duration stall) {
        if (auto* one = h1()) one->set_send_stall(stall);
        else h2().set_send_stall(stall);
    }
    http::Body& body() {
        if (auto* one = h1()) return one->body();
        return h2().body();
    }
    // Octets ahead of the head, in the same write: of HTTP/1.1 only.
    void put_prefix(std::string_view octets) {
        if (auto* one = h1()) one->put_prefix(octets);
    }
    Result<> put_head(const http::Request& request, std::string_view target, std::span<const Piece> first, bool is_last) {
        if (auto* one = h1()) return one->put_head(request, target, first, is_last);
        return h2().put_head(request, target, first, is_last);
    }
    bool is_flushed() const {
        if (const auto* one = h1()) return one->is_flushed();
        return h2().is_flushed();
    }
    io::Task<Result<>> flush(io::Deadline deadline) {
        if (auto* one = h1()) return one->flush(deadline);
        return h2().flush(deadline);
    }
    io::Task<Result<>> read_head(http::Response& response, io::Deadline deadline) {
        if (auto* one = h1()) return one->read_head(response, deadline);
        return h2().read_head(response, deadline);
    }
    bool has_sent_any() const {
        if (const auto* one = h1()) return one->has_sent_any();
        return h2().has_sent_any();
    }
    bool has_answer_begun() const {
        if (const auto* one = h1()) return one->has_answer_begun();
        return h2().has_answer_begun();
    }
    void release_head() {
        if (auto* one = h1()) one->release_head();
    }
    bool may_be_kept() const {
        if (const auto* one = h1()) return one->may_be_kept();
        return h2().may_be_kept();
    }

private:
    http::h1::ClientExchange* h1() { return std::get_if<1>(&one_); }
    const http::h1::ClientExchange* h1() const { return std::get_if<1>(&one_); }
    http::h2::ClientExchange& h2() { return *std::get_if<2>(&one_); }
    const http::h2::ClientExchange& h2() const { return *std::get_if<2>(&one_); }

    std::variant<std::monostate, http::h1::ClientExchange, http::h2::ClientExchange> one_;
};

}  // namespace weir::proxy
