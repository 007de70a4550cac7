// What an exchange with an origin says of a connection that ends without an answer.
#include "http/h1/client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <memory>
#include <optional>

#include "io/test_world.h"

namespace weir::http::h1 {
namespace {

class ClientOfAnOrigin : public ::testing::Test {
protected:
    void SetUp() override {
        io::SystemAddress at;
        auto& in = reinterpret_cast<sockaddr_in&>(at.storage);
        in.sin_family = AF_INET;
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        at.octets = sizeof in;
        io::Socket listener(backend().listen(at, {}).handle);
        backend().local_address(listener.handle(), at);
        stream_ = std::make_unique<net::SocketStream>(backend().connect(at).handle, io::Socket::State::connecting);
        io::Opened opened;
        ASSERT_TRUE(world_.turn_until([&] {
            if (opened.handle == io::kNoHandle) opened = backend().accept(listener.handle(), at);
            return opened.handle != io::kNoHandle && stream_->socket().may_write();
        }));
        origin_ = std::make_unique<io::Socket>(opened.handle);
    }
    io::Backend& backend() { return world_.worker().backend(); }

    void leave(bool with_reset) {
        if (with_reset) origin_->abort_on_close();
        origin_.reset();
    }

    // Of a request whose write waits for the turn's end when the origin leaves.
    Error ask(bool leaves_after_it_was_sent, bool with_reset) {
        Arena arena;
        Request request(arena);
        request.method = Method::post;
        request.method_name = "POST";
        ClientExchange exchange(*stream_, arena);
        EXPECT_TRUE(exchange.put_head(request, "/order", {}, true));
        if (leaves_after_it_was_sent) world_.worker().outflow().send();
        leave(with_reset);
        std::optional<Result<>> outcome;
        Response response(arena);
        EXPECT_TRUE(world_.run(read(exchange, response, outcome)));
        return outcome->error();
    }
    static io::Task<> read(ClientExchange& exchange, Response& response, std::optional<Result<>>& outcome) {
        outcome = co_await exchange.read_head(response, {});
    }

    io::EpollWorld world_;
    std::unique_ptr<net::SocketStream> stream_;
    std::unique_ptr<io::Socket> origin_;
};

TEST_F(ClientOfAnOrigin, WhatNeverLeftMayBeSentElsewhere) {
    const auto error = ask(false, true);
    EXPECT_EQ(error.side, Side::upstream);
    EXPECT_EQ(error.retry, Retry::yes);
}

TEST_F(ClientOfAnOrigin, WhatLeftMayHaveBeenRead) { EXPECT_EQ(ask(true, true).retry, Retry::if_reused); }

// The system takes octets for a connection whose other half has ended: nobody can say that they were not read.
TEST_F(ClientOfAnOrigin, WhatWasTakenAfterAnOrderlyEndMayHaveBeenRead) { EXPECT_EQ(ask(false, false).retry, Retry::if_reused); }

}  // namespace
}  // namespace weir::http::h1
