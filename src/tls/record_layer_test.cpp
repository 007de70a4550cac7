// The records of TLS 1.3 as we keep them, against OpenSSL's on the other side.
#include "tls/record_layer.h"

#include <array>
#include <cerrno>
#include <cstring>

#include "tls/test_client.h"
#include "tls/test_world.h"

namespace weir::tls {
namespace {

class RecordLayerTest : public TlsTest {
protected:
    RecordLayerTest() { world_.sim().set_faults({.window = 1 << 20, .short_write = 0, .idle_edge = 0}); }

    void open(const char* suites = nullptr) {
        client_.suites = suites;
        std::optional<Result<>> outcome;
        io::Scope scope;
        begin(scope, outcome);
        EXPECT_TRUE(world_.turn_until([&] { return client_.step(), outcome.has_value(); }));
        EXPECT_EQ(detail_of(outcome), "open");
    }
    // Both sides are there, the handshake is under way.
    void begin(io::Scope& scope, std::optional<Result<>>& outcome) {
        auto [near, far] = line_.connect();
        client_.begin(std::move(near));
        server_ = accept_tls(std::move(far), endpoint_, live_);
        scope.spawn(shake_hands(*server_, {}, outcome));
    }
    void close() {
        client_.end();
        server_.reset();
    }
    std::string read(std::size_t octets, std::size_t step = 700) {
        std::string got;
        EXPECT_TRUE(world_.run(read_text(*server_, octets, got, last_, step)));
        return got;
    }
    void write(const std::string& text) {
        const auto wanted = client_.got() + text;
        std::optional<Result<>> outcome;
        io::Scope scope;
        scope.spawn(write_text(*server_, text, outcome));
        EXPECT_TRUE(world_.turn_until([&] { return client_.step(), client_.got().size() == wanted.size(); }));
        EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
        EXPECT_TRUE(client_.got() == wanted);
    }
    void fails_with(std::string_view alert) {
        read(1);
        EXPECT_EQ(last_.system_errno(), EPROTO);
        EXPECT_TRUE(world_.turn_until([&] { return !(reason_ = client_.last_reason()).empty(); }));
        EXPECT_NE(reason_.find(alert), std::string::npos) << reason_;
        char octet = 0;
        EXPECT_TRUE(server_->read({&octet, 1}).is_failed()) << "it stays so";
    }

    Ref<const Endpoint> endpoint_ = endpoint();
    TestClient client_;
    std::unique_ptr<TlsStream> server_;
    io::IoCount last_ = io::IoCount::blocked();
    std::string reason_;
};

TEST_F(RecordLayerTest, EverySuiteAndEverySize) {
    for (const auto* suite : {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
        open(suite);
        EXPECT_EQ(server_->facts().cipher, suite);
        EXPECT_EQ(server_->facts().protocol, "");
        for (const std::size_t octets : {1U, 15U, 4000U, 16383U, 16384U, 16385U, 70'000U}) {
            std::string text(octets, 'a');
            for (std::size_t i = 0; i < octets; ++i) text[i] = static_cast<char>('a' + i % 23);
            client_.say(text);
            EXPECT_TRUE(read(octets, octets % 2 == 0 ? 333 : 20'000) == text) << suite << " " << octets;
            write(text);
        }
        server_->release_buffers();
        EXPECT_EQ(Chunk::in_use(), 0U);
        close();
    }
}

TEST_F(RecordLayerTest, PaddingIsTakenOff) {
    open();
    client_.pad_records(512);
    for (const auto* text : {"a", "some more", "and more"}) {
        client_.say(text);
        EXPECT_EQ(read(std::strlen(text)), text);
    }
}

TEST_F(RecordLayerTest, KeysChangeWhenTheClientWants) {
    open();
    for (const bool asks : {false, true, true, false}) {
        client_.change_key(asks);
        client_.say("ping");
        EXPECT_EQ(read(4), "ping");
        EXPECT_FALSE(server_->has_buffered_input());
        write("pong");
    }
    // Alone it is no sign of a request.
    client_.change_key(true);
    char octet = 0;
    EXPECT_FALSE(world_.turn_until([&] { return !server_->read({&octet, 1}).is_blocked(); }));
    EXPECT_FALSE(server_->has_buffered_input());
    server_->release_buffers();
    EXPECT_EQ(Chunk::in_use(), 0U);
    write("still here");
}

TEST_F(RecordLayerTest, AFloodOfKeyUpdatesEnds) {
    open();
    for (std::uint32_t i = 0; i <= RecordLayer::kQuietMax; ++i) client_.change_key(true);
    fails_with("unexpected message");
}

TEST_F(RecordLayerTest, WhatIsNotTheClientsRecordEndsTheConnection) {
    struct Row {
        const char* what;
        void (*change)(std::string& record);
        std::string_view alert;
    };
    for (const auto& row : {
             Row{"a bit of the text", [](std::string& record) { record[8] ^= 1; }, "bad record mac"},
             Row{"a bit of the tag", [](std::string& record) { record.back() ^= 0x40; }, "bad record mac"},
             Row{"sent again", [](std::string& record) { record += record; }, "bad record mac"},
             Row{"in the clear", [](std::string& record) { record = std::string("\x16\x03\x03\0\1\0", 6); }, "unexpected message"},
             Row{"change of ciphers", [](std::string& record) { record = std::string("\x14\x03\x03\0\1\1", 6); }, "unexpected message"},
             Row{"longer than a record", [](std::string& record) { record = std::string("\x17\x03\x03\x41\x01", 5); }, "record overflow"},
             Row{"shorter than a tag", [](std::string& record) { record = std::string("\x17\x03\x03\0\x10", 5) + std::string(16, 'x'); },
                 "decode error"},
         }) {
        open();
        auto record = client_.sealed("hello");
        row.change(record);
        client_.put(record);
        if (std::string_view(row.what) == "sent again") { EXPECT_EQ(read(5), "hello"); }
        fails_with(row.alert);
        close();
    }
}

TEST_F(RecordLayerTest, AnEndWithoutAGoodbyeIsATruncation) {
    open();
    client_.say("hello");
    client_.end();
    EXPECT_EQ(read(5), "hello");
    read(1);
    EXPECT_EQ(net::error_of(last_, Side::client).code, ErrorCode::truncated);
}

TEST_F(RecordLayerTest, ManyRequestsBehindTheFinishedAreAllRead) {
    std::optional<Result<>> outcome;
    io::Scope scope;
    begin(scope, outcome);
    EXPECT_TRUE(world_.turn_until([&] { return client_.step(), client_.is_open(); }));
    std::string all;
    for (int i = 0; i < 9; ++i) {
        const auto text = std::string(300, static_cast<char>('a' + i));
        client_.say(text);
        all += text;
    }
    EXPECT_TRUE(world_.turn_until([&] { return outcome.has_value(); }));
    EXPECT_EQ(read(all.size(), 100), all);
    EXPECT_FALSE(server_->has_buffered_input());
}

// The secrets are of the handshake that is stepped, not of the one before it on this thread.
TEST_F(RecordLayerTest, HandshakesOfOneThreadKeepTheirSecretsApart) {
    constexpr std::size_t kMany = 5;
    constexpr const char* kSuites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"};
    std::array<TestClient, kMany> clients;
    std::array<std::unique_ptr<TlsStream>, kMany> servers;
    std::array<std::optional<Result<>>, kMany> outcomes;
    io::Scope scope;
    for (std::size_t i = 0; i < kMany; ++i) {
        clients[i].suites = kSuites[i % 3];
        auto [near, far] = line_.connect();
        clients[i].begin(std::move(near));
        servers[i] = accept_tls(std::move(far), endpoint_, live_);
        scope.spawn(shake_hands(*servers[i], {}, outcomes[i]));
    }
    // One goes away between its flight and its Finished.
    clients[2].step();
    EXPECT_TRUE(world_.turn_until([&] { return clients[2].step_without_answer(), clients[2].is_open(); }));
    clients[2].end();
    EXPECT_TRUE(world_.turn_until([&] {
        for (std::size_t i = 0; i < kMany; ++i)
            if (i != 2) clients[i].step();
        return scope.running() == 0;
    }));
    EXPECT_NE(detail_of(outcomes[2]), "open");
    for (std::size_t i = 0; i < kMany; ++i) {
        if (i == 2) continue;
        EXPECT_EQ(detail_of(outcomes[i]), "open");
        clients[i].say("ping");
        std::string got;
        EXPECT_TRUE(world_.run(read_text(*servers[i], 4, got, last_)));
        EXPECT_EQ(got, "ping");
        clients[i].end();
    }
}

TEST_F(RecordLayerTest, EveryGroupSuiteAndResumption) {
    for (const auto* group : {"X25519", "P-256", "P-384", "P-521", "X448", "ffdhe2048"}) {
        for (const auto* suite : {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
            // The client's guess is another group: a HelloRetryRequest comes first.
            const auto both = std::string("P-256:") + group;
            client_.groups = both.c_str();
            endpoint_ = endpoint({.policy = {.groups = group}});
            for (const bool is_resumed : {false, true}) {
                open(suite);
                if (HasFailure()) FAIL() << group << " " << suite;
                client_.say("ping");
                EXPECT_EQ(read(4), "ping") << group << " " << suite;
                write("pong");
                EXPECT_EQ(server_->facts().is_resumed, is_resumed) << group << " " << suite;
                close();
            }
            client_.forget();
        }
    }
}

TEST_F(RecordLayerTest, AClientThatWantsShortRecordsGetsThem) {
    client_.fragment_code = 1;  // 512 octets
    open();
    client_.say(std::string(3000, 'a'));
    EXPECT_EQ(read(3000).size(), 3000U);
    write(std::string(20'000, 'b'));
    EXPECT_EQ(client_.tickets(), 1);  // the library's own
}

TEST_F(RecordLayerTest, WhatComesInOneSegmentWithTheFinishedIsOfTheNewKeys) {
    struct Row {
        const char* what;
        bool changes_key;
        std::string_view behind;
    };
    for (const auto& row : {Row{"data", false, ""}, Row{"a KeyUpdate and data", true, ""},
                            Row{"a change of ciphers", false, std::string_view("\x14\x03\x03\0\1\1", 6)}}) {
        std::optional<Result<>> outcome;
        io::Scope scope;
        begin(scope, outcome);
        client_.step();
        EXPECT_TRUE(world_.turn_until([&] { return client_.step_without_answer(), client_.is_open(); }));
        EXPECT_FALSE(outcome.has_value());
        auto segment = client_.taken();
        if (row.changes_key) segment += client_.key_update();
        segment += client_.sealed("ping");
        segment += row.behind;
        client_.put(segment);
        EXPECT_TRUE(world_.turn_until([&] { return outcome.has_value(); }));
        EXPECT_EQ(detail_of(outcome), "open");
        EXPECT_EQ(read(4), "ping") << row.what;
        if (row.behind.empty()) write("pong");
        else fails_with("unexpected message");
        close();
    }
}

// The flight, the ticket and the reply through a socket that takes little at a time.
TEST_F(RecordLayerTest, TheTicketGoesFirstThroughAFullSocket) {
    world_.sim().set_faults({.window = 400, .short_write = 0, .idle_edge = 0.2});
    open();
    client_.say("ping");
    EXPECT_EQ(read(4), "ping");
    write(std::string(50'000, 'x'));
    EXPECT_EQ(client_.tickets(), 1);
}

// OpenSSL asks the thread's queue of errors why a call stopped.
TEST_F(RecordLayerTest, AnErrorThatAnotherConnectionLeftIsNotTakenForOnesOwn) {
    const auto pair = connect(side(), endpoint({.policy = {.version_max = Version::tls12}}));
    ASSERT_TRUE(pair.is_open());
    world_.turn_until([] { return false; });
    for (auto* stream : {pair.client.get(), pair.server.get()}) {
        stream->readiness().edge(true, false, false, false);
        ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
        char octet = 0;
        EXPECT_TRUE(stream->read({&octet, 1}).is_blocked());
    }
    EXPECT_EQ(send(*pair.client, *pair.server, "ping"), "ping");
}

}  // namespace
}  // namespace weir::tls
