// What an origin says on a connection of HTTP/2 (RFC 9113): the first octets say how the rest is cut, read and asked for. Oracles: no
// answer is clean and broken, trailers and lengths agree with what was taken, waiting octets stay within the windows, nothing is left at
// the end.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "http/h2/client.h"
#include "io/event.h"
#include "io/scope.h"
#include "io/sim_backend.h"
#include "io/worker.h"

using namespace weir;

namespace {

constexpr std::uint64_t kOctetsMax = 64 * 1024 * 1024;

void require(bool holds) {
    if (!holds) std::abort();
}

// The origin's octets from memory, in pieces; what is said to it is taken and forgotten.
class ScriptedStream final : public net::Stream {
public:
    ScriptedStream(std::string_view octets, std::size_t piece) : Stream(state_), rest_(octets), piece_(piece) {}
    io::IoCount read(std::span<char> into) override {
        if (rest_.empty() && ends_) return io::IoCount::of(0);
        const auto count = std::min({rest_.size(), piece_, into.size(), left_});
        if (count == 0) return state_.drain(), io::IoCount::blocked();
        std::ranges::copy(rest_.substr(0, count), into.data());
        rest_.remove_prefix(count);
        left_ -= count;
        return io::IoCount::of(count);
    }
    io::IoCount write(std::span<const iovec> from) override {
        std::size_t count = 0;
        for (const auto& part : from) count += part.iov_len;
        return io::IoCount::of(count);
    }
    void close_write() override {}
    void abort() override {}
    // So many octets more may be read.
    void give(std::size_t octets) {
        left_ = octets;
        state_.edge(true, true, false, false);
    }
    void end() {
        ends_ = true;
        left_ = rest_.size();
        state_.edge(true, true, true, false);
    }
    bool is_empty() const { return rest_.empty(); }

private:
    struct State final : io::Readiness {
        State() : Readiness(true) {}
        void drain() { readable_ = false; }
    };
    State state_;
    std::string_view rest_;
    std::size_t piece_;
    std::size_t left_ = 0;
    bool ends_ = false;
};

struct NoOwner final : http::h2::ClientOwner {
    void on_over(http::h2::ClientConnection&) override { ++overs; }
    int overs = 0;
};

struct Asking {
    http::Method method = http::Method::get;
    bool has_body = false;
    bool is_websocket = false;
    bool leaves = false;
};

void check_end(const http::h2::ClientExchange& exchange, const http::Response& response, http::Method method, std::uint64_t octets) {
    require(octets <= kOctetsMax);
    if (response.framing != http::Framing::length || !http::has_body(method, response.status)) return;
    // RFC 9113 8.1.1: an answer whose length disagrees is never a clean one.
    if (response.fields.has(http::FieldId::content_length)) require(octets == response.content_length);
    require(!exchange.may_be_kept() || exchange.has_answer_begun());
}

io::Task<> ask(http::h2::ClientConnection& connection, Asking asking, io::Stop& stop) {
    Arena arena;
    http::h2::ClientExchange exchange(connection, arena);
    http::Request request(arena);
    request.method = asking.method;
    request.method_name = http::name_of(asking.method);
    request.authority = "a.example";
    if (asking.is_websocket) request.upgrade = "websocket";
    if (asking.has_body) request.framing = http::Framing::chunked;
    const auto put = exchange.put_head(request, "/", {}, !asking.has_body);
    if (!put || asking.leaves) co_return;
    if (asking.has_body) {
        const Piece piece{.octets = "the body of a request", .owner = {}};
        [[maybe_unused]] const auto sent = exchange.put({&piece, 1}, true, nullptr);
    }
    http::Response response(arena);
    do {
        response.fields.clear();
        const auto head = co_await exchange.read_head(response, {kNever, &stop});
        if (!head) {
            require(head.error().detail[0] != '\0' && !exchange.may_be_kept());
            co_return;
        }
        require(response.status >= 100 && response.status < 600);
    } while (response.status < 200 && response.status != 101);
    auto& body = static_cast<http::Outbound&>(exchange).body();
    std::uint64_t octets = 0;
    while (!body.is_done()) {
        const auto piece = body.ready();
        if (!piece) {
            require(!exchange.may_be_kept());
            co_return;
        }
        octets += piece->size();
        if (!piece->empty()) continue;
        body.set_pace({.stall = Duration::max(), .overall = {kNever, &stop}});
        const auto more = co_await body.wait();
        if (!more) co_return require(!exchange.may_be_kept());
    }
    check_end(exchange, response, request.method, octets);
}

void play(io::Worker& worker, std::string_view octets, std::uint8_t shape, std::uint8_t step) {
    ScriptedStream stream(octets, 1 + step * std::size_t{37});
    NoOwner owner;
    io::Stop stop;
    io::Scope scope;
    {
        http::h2::ClientConnection connection(stream, owner, {.ping_after = std::chrono::seconds(20)});
        const auto turn = [&] {
            for (int i = 0; i < 3; ++i) worker.turn(worker.now());
        };
        const auto first_part = std::min<std::size_t>(octets.size(), 9 + (shape & 0x0fU));
        stream.give(first_part);
        turn();
        scope.spawn(ask(connection, {.method = (shape & 0x10U) != 0 ? http::Method::head : http::Method::get}, stop));
        scope.spawn(ask(connection, {.method = http::Method::post, .has_body = true}, stop));
        scope.spawn(ask(connection, {.is_websocket = (shape & 0x20U) != 0}, stop));
        scope.spawn(ask(connection, {.leaves = true}, stop));
        turn();
        for (int i = 0; i < 4000 && !stream.is_empty() && !connection.is_over(); ++i) {
            stream.give(1 + step * std::size_t{97});
            turn();
        }
        if (!connection.is_over() && (shape & 0x40U) != 0) stream.end();
        turn();
        require(owner.overs <= 1 && (owner.overs == 1) == connection.is_over());
        stop.request();
        turn();
        connection.close();
    }
    for (int i = 0; i < 3; ++i) worker.turn(worker.now());
    require(scope.running() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto chunks = Chunk::in_use();
    io::Worker worker(std::make_unique<io::SimBackend>(1, io::SimFaults{}), 0, 1);
    worker.enter();
    const auto frames = io::FramePool::in_use();
    const auto octets = std::make_unique<char[]>(size - 2);
    std::string_view(reinterpret_cast<const char*>(data) + 2, size - 2).copy(octets.get(), size - 2);
    play(worker, {octets.get(), size - 2}, data[0], data[1]);
    require(io::FramePool::in_use() == frames && Chunk::in_use() == chunks);
    worker.leave();
    return 0;
}
