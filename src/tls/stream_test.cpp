#include "tls/stream.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "tls/test_world.h"

namespace weir::tls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string long_text(std::size_t octets) {
    std::string text(octets, '\0');
    for (std::size_t i = 0; i < octets; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
    return text;
}

using TlsStreamTest = TlsTest;

TEST_F(TlsStreamTest, BothSidesKnowWhatWasAgreedOn) {
    const auto pair = connect(side({.offers_h2 = true}), endpoint());
    ASSERT_TRUE(pair.is_open());
    for (const auto* stream : {pair.client.get(), pair.server.get()}) {
        EXPECT_EQ(stream->facts().version, "TLSv1.3");
        EXPECT_EQ(stream->facts().cipher, "TLS_AES_128_GCM_SHA256");
        EXPECT_EQ(stream->facts().protocol, "h2");
        EXPECT_EQ(stream->facts().server_name, "a.example");
        EXPECT_FALSE(stream->facts().is_resumed);
    }
    // The first of ours that the library has: OpenSSL 3.5 and later know the one that quantum computers do not break.
    EXPECT_THAT(pair.server->facts().group, testing::AnyOf("x25519", "X25519MLKEM768"));
}

TEST_F(TlsStreamTest, OctetsComeAsTheyWereSentWhateverTheWorldDoes) {
    const auto text = long_text(300'000);
    for (const auto version : {Version::tls12, Version::tls13}) {
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            world_.sim().set_faults({.segment_max = 1 + seed * 700, .window = 40'000, .short_write = 0.5, .idle_edge = 0.3});
            const auto pair = connect(side(), endpoint({.policy = {.version_max = version}}));
            ASSERT_TRUE(pair.is_open());
            EXPECT_EQ(pair.server->facts().version, version == Version::tls12 ? "TLSv1.2" : "TLSv1.3");
            EXPECT_EQ(send(*pair.client, *pair.server, text, 1 + seed * 997), text);
            EXPECT_EQ(send(*pair.server, *pair.client, text, 20'000), text);
        }
    }
}

TEST_F(TlsStreamTest, AHandshakeGoesThroughOneOctetAtATime) {
    world_.sim().set_faults({.delay_max = std::chrono::microseconds(1), .segment_max = 1, .short_write = 0.9, .idle_edge = 0.2});
    for (const auto version : {Version::tls12, Version::tls13}) {
        const auto pair = connect(side(), endpoint({.policy = {.version_max = version}}));
        ASSERT_TRUE(pair.is_open());
        EXPECT_EQ(send(*pair.client, *pair.server, "ping"), "ping");
        EXPECT_EQ(send(*pair.server, *pair.client, "pong"), "pong");
    }
}

TEST_F(TlsStreamTest, SmallPartsShareARecordAndLargeOnesAreCut) {
    const auto pair = connect();
    ASSERT_TRUE(pair.is_open());
    const auto body = long_text(40'000);
    std::vector<std::string> texts{"HTTP/1.1 200 OK\r\n", "", "x: y\r\n\r\n", body, "tail"};
    std::vector<iovec> parts;
    std::string all;
    for (const auto& text : texts) parts.push_back(net::iovec_of(text)), all += text;
    const auto count = pair.server->write(parts);
    EXPECT_EQ(count.octets(), all.size());
    std::string got;
    auto last = io::IoCount::blocked();
    EXPECT_TRUE(world_.run(read_text(*pair.client, all.size(), got, last)));
    EXPECT_EQ(got, all);
}

TEST_F(TlsStreamTest, WhatCouldNotLeaveCountsOnlyWhenItHas) {
    world_.sim().set_faults({.window = 5000, .short_write = 0, .idle_edge = 0});
    const auto pair = connect();
    ASSERT_TRUE(pair.is_open());
    const auto text = long_text(100'000);
    iovec part = net::iovec_of(text);
    EXPECT_TRUE(pair.server->write({&part, 1}).is_blocked()) << "no record has left whole";
    EXPECT_TRUE(pair.server->write({&part, 1}).is_blocked());
    // Offered again, in other pieces, it goes on where it was.
    std::optional<Result<>> outcome;
    std::string got;
    auto last = io::IoCount::blocked();
    io::Scope scope;
    scope.spawn(write_text(*pair.server, text, outcome));
    scope.spawn(read_text(*pair.client, text.size(), got, last));
    EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(got, text);
}

TEST_F(TlsStreamTest, FewerOctetsOfferedThanHeldAreNeverOvercounted) {
    world_.sim().set_faults({.window = 3000, .short_write = 0, .idle_edge = 0});
    const auto pair = connect();
    ASSERT_TRUE(pair.is_open());
    const auto text = long_text(9000);
    iovec all = net::iovec_of(text);
    ASSERT_TRUE(pair.server->write({&all, 1}).is_blocked());
    std::string got;
    auto last = io::IoCount::blocked();
    io::Scope scope;
    scope.spawn(read_text(*pair.client, text.size(), got, last));
    std::size_t taken = 0;
    EXPECT_TRUE(world_.turn_until([&] {
        while (taken != text.size()) {
            const auto step = std::string_view(text).substr(taken, 1000);
            iovec part = net::iovec_of(step);
            const auto count = pair.server->write({&part, 1});
            if (!count.is_some()) break;
            EXPECT_LE(count.octets(), step.size());
            taken += count.octets();
        }
        return taken == text.size() && scope.running() == 0;
    }));
    EXPECT_EQ(got, text);
}

TEST_F(TlsStreamTest, CloseNotifyIsAnEndAndTheOtherWayGoesOn) {
    const auto pair = connect();
    ASSERT_TRUE(pair.is_open());
    pair.client->close_write();
    EXPECT_TRUE(read_end(*pair.server).is_end());
    EXPECT_EQ(send(*pair.server, *pair.client, "still here"), "still here");
    iovec part = net::iovec_of("no");
    EXPECT_EQ(pair.client->write({&part, 1}).system_errno(), EPIPE);
}

TEST_F(TlsStreamTest, DestroyingAStreamIsACleanEnd) {
    auto pair = connect();
    ASSERT_TRUE(pair.is_open());
    pair.server.reset();
    EXPECT_TRUE(read_end(*pair.client).is_end());
}

TEST_F(TlsStreamTest, AnAbortIsAReset) {
    auto pair = connect();
    ASSERT_TRUE(pair.is_open());
    pair.server->abort();
    pair.server.reset();
    const auto last = read_end(*pair.client);
    ASSERT_TRUE(last.is_failed());
    EXPECT_EQ(net::error_of(last, Side::upstream).code, ErrorCode::reset);
}

// A stream that says nothing when it goes: the end of TCP without close_notify.
class Silent final : public net::Stream {
public:
    explicit Silent(std::unique_ptr<net::Stream> below) : Stream(below->readiness()), below_(std::move(below)) {}
    io::IoCount read(std::span<char> into) override { return below_->read(into); }
    io::IoCount write(std::span<const iovec> from) override {
        std::size_t octets = 0;
        if (is_mute) {
            for (const auto& part : from) octets += part.iov_len;
            return io::IoCount::of(octets);
        }
        const auto count = below_->write(from);
        ++writes;
        return count;
    }
    void close_write() override { below_->close_write(); }
    void abort() override { below_->abort(); }

    bool is_mute = false;
    int writes = 0;

private:
    std::unique_ptr<net::Stream> below_;
};

class OverSilent : public TlsStreamTest {
protected:
    // The server's end goes through a Silent.
    TestPair connect_silent(Silent*& silent, const Ref<const Endpoint>& to) {
        auto [near, far] = line_.connect();
        auto between = std::make_unique<Silent>(std::move(far));
        silent = between.get();
        TestPair pair{.client = connect_tls(std::move(near), side(), "a.example"), .server = accept_tls(std::move(between), to, live_)};
        io::Scope scope;
        scope.spawn(shake_hands(*pair.client, {}, pair.client_outcome));
        scope.spawn(shake_hands(*pair.server, {}, pair.server_outcome));
        EXPECT_TRUE(world_.turn_until([&] { return pair.client_outcome.has_value(); }));
        pair.client->release_buffers();
        EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
        return pair;
    }
};

TEST_F(OverSilent, AnEndWithoutCloseNotifyIsATruncation) {
    Silent* silent = nullptr;
    auto pair = connect_silent(silent, endpoint());
    ASSERT_TRUE(pair.is_open());
    silent->is_mute = true;
    pair.server->close_write();
    const auto last = read_end(*pair.client);
    ASSERT_TRUE(last.is_failed());
    EXPECT_EQ(net::error_of(last, Side::upstream).code, ErrorCode::truncated);
    EXPECT_TRUE(pair.client->read({}).is_failed()) << "it stays so";
}

TEST_F(OverSilent, TheTicketLeavesWithTheFirstReply) {
    Silent* silent = nullptr;
    auto pair = connect_silent(silent, endpoint());
    ASSERT_TRUE(pair.is_open());
    EXPECT_EQ(silent->writes, 1) << "one flight";
    EXPECT_EQ(send(*pair.server, *pair.client, "first"), "first");
    EXPECT_EQ(silent->writes, 2);
}

TEST_F(OverSilent, ManyRecordsLeaveInOneWrite) {
    Silent* silent = nullptr;
    world_.sim().set_faults({.window = 1 << 20, .short_write = 0});
    auto pair = connect_silent(silent, endpoint());
    ASSERT_TRUE(pair.is_open());
    const auto text = long_text(60'000);
    EXPECT_EQ(send(*pair.server, *pair.client, text), text);
    EXPECT_EQ(silent->writes, 2);
}

TEST_F(TlsStreamTest, ChangedOctetsAreAFailureAndTheOtherSideHears) {
    auto [near, far] = line_.connect();
    auto server = accept_tls(std::move(far), endpoint(), live_);
    const std::string record("\x16\x03\x01\x00\x05garbage-that-is-no-hello-at-all", 30);
    iovec part = net::iovec_of(record);
    near->write({&part, 1});
    std::optional<Result<>> outcome;
    EXPECT_TRUE(world_.run(shake_hands(*server, {}, outcome)));
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().code, ErrorCode::handshake_failed);
    EXPECT_EQ(outcome->error().side, Side::client);
    EXPECT_NE(std::string(outcome->error().detail), "");
    std::string got;
    auto last = io::IoCount::blocked();
    EXPECT_TRUE(world_.run(read_text(*near, 7, got, last)));
    EXPECT_EQ(got.substr(0, 1), "\x15") << "an alert";
}

TEST_F(TlsStreamTest, AHandshakeThatStallsEndsAtItsDeadlineAndHoldsNothingMeanwhile) {
    auto [near, far] = line_.connect();
    auto server = accept_tls(std::move(far), endpoint(), live_);
    const auto chunks = Chunk::in_use();
    std::optional<Result<>> outcome;
    io::Scope scope;
    const auto at = world_.worker().now() + seconds(5);
    scope.spawn(shake_hands(*server, {at, nullptr}, outcome));
    EXPECT_EQ(Chunk::in_use(), chunks);
    EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(outcome->error().code, ErrorCode::timeout);
    EXPECT_GE(world_.worker().now(), at);
}

TEST_F(TlsStreamTest, OtherProtocolsOnTheTlsPortAreNamed) {
    struct Row {
        std::string_view octets;
        std::string_view detail;
    };
    for (const auto& row :
         {Row{"GET / HTTP/1.1\r\n\r\n", "plain HTTP on a TLS port"}, Row{"\x80\x2e\x01\x03\x01", ""}, Row{"\n\n\n\n\n\n", ""}}) {
        auto [near, far] = line_.connect();
        auto server = accept_tls(std::move(far), endpoint(), live_);
        iovec part = net::iovec_of(row.octets);
        near->write({&part, 1});
        near->close_write();
        std::optional<Result<>> outcome;
        EXPECT_TRUE(world_.run(shake_hands(*server, {}, outcome)));
        ASSERT_FALSE(*outcome);
        if (!row.detail.empty()) { EXPECT_EQ(outcome->error().detail, row.detail); }
    }
}

TEST_F(TlsStreamTest, AnIdleConnectionHoldsNoChunk) {
    const auto pair = connect();
    ASSERT_TRUE(pair.is_open());
    EXPECT_EQ(send(*pair.client, *pair.server, "ping"), "ping");
    EXPECT_EQ(send(*pair.server, *pair.client, "pong"), "pong");
    pair.server->release_buffers();
    pair.client->release_buffers();
    EXPECT_EQ(Chunk::in_use(), 0U);
}

TEST_F(TlsStreamTest, ASessionIsResumedInBothVersionsAndByOlderKeys) {
    for (const auto version : {Version::tls12, Version::tls13}) {
        const auto with = side();
        const auto to = endpoint({.policy = {.version_max = version}});
        for (int round = 0; round < 3; ++round) {
            const auto pair = connect(with, to);
            ASSERT_TRUE(pair.is_open());
            EXPECT_EQ(pair.server->facts().is_resumed, round != 0) << round;
            EXPECT_EQ(pair.client->facts().is_resumed, round != 0);
            EXPECT_EQ(send(*pair.client, *pair.server, "ping"), "ping");
            EXPECT_EQ(send(*pair.server, *pair.client, "pong"), "pong");
            live_ = live_of({certificate()}, rotate_ticket_keys(live_->ticket_keys, {}));
        }
        // Keys that are gone open nothing.
        live_ = live_of({certificate()});
        const auto pair = connect(with, to);
        ASSERT_TRUE(pair.is_open());
        EXPECT_FALSE(pair.server->facts().is_resumed);
    }
}

TEST_F(TlsStreamTest, ATicketOnAnIdlePooledConnectionIsNoSign) {
    Ref<const ClientSide> with = side();
    const auto pair = connect(with, endpoint());
    ASSERT_TRUE(pair.is_open());
    EXPECT_EQ(send(*pair.client, *pair.server, "ping"), "ping");
    iovec part = net::iovec_of("pong");
    ASSERT_EQ(pair.server->write({&part, 1}).octets(), 4U);
    // Read exactly what was asked for, as a message with a length is: then nothing else is there.
    std::string got;
    auto last = io::IoCount::blocked();
    EXPECT_TRUE(world_.run(read_text(*pair.client, 4, got, last, 4)));
    EXPECT_EQ(got, "pong");
    EXPECT_FALSE(pair.client->has_buffered_input());
    char octet = 0;
    EXPECT_TRUE(pair.client->read({&octet, 1}).is_blocked());
}

TEST_F(TlsStreamTest, OctetsBehindWhatWasReadAreBuffered) {
    const auto pair = connect();
    ASSERT_TRUE(pair.is_open());
    iovec part = net::iovec_of("four more");
    ASSERT_TRUE(pair.server->write({&part, 1}).is_some());
    std::string got;
    auto last = io::IoCount::blocked();
    EXPECT_TRUE(world_.run(read_text(*pair.client, 4, got, last, 4)));
    EXPECT_TRUE(pair.client->has_buffered_input());
    EXPECT_TRUE(world_.run(read_text(*pair.client, 9, got, last, 64)));
    EXPECT_EQ(got, "four more");
    EXPECT_FALSE(pair.client->has_buffered_input());
}

}  // namespace
}  // namespace weir::tls
