// Requests that come with the ClientHello (RFC 8446 2.3), and the same ones sent again by somebody who copied them.
#include "tls/test_client.h"
#include "tls/test_world.h"

namespace weir::tls {
namespace {

using std::chrono::seconds;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

class EarlyDataTest : public TlsTest {
protected:
    EarlyDataTest() {
        auto live = std::make_unique<Live>();
        live->ticket_keys = {make_ticket_key()};
        live->replay_record = make_ref<const ReplayRecord>();
        live->fallback = {{certificate(), {}}};
        live_ = Ref<const Live>(live.release());
        world_.sim().set_faults({.window = 1 << 20, .short_write = 0, .idle_edge = 0});
    }

    // A server at the far end of a new line, whose handshake runs.
    void accept(std::unique_ptr<net::Stream> far) {
        outcome_.reset();
        server_ = accept_tls(std::move(far), endpoint_, live_);
        scope_.spawn(shake_hands(*server_, {world_.worker().now() + seconds(5), nullptr}, outcome_));
    }
    void begin(std::string_view early = {}) {
        auto [near, far] = line_.connect();
        client_.begin(std::move(near), early);
        accept(std::move(far));
    }
    // Turns until the server's handshake is over, the client answering it.
    void finish() {
        EXPECT_TRUE(world_.turn_until([&] { return client_.step(), outcome_.has_value(); }));
        EXPECT_EQ(detail_of(outcome_), "open");
    }
    // A full handshake with an exchange brings the ticket.
    void earn_ticket() {
        begin();
        finish();
        client_.say("ping");
        EXPECT_EQ(read(4), "ping");
        write("pong");
        EXPECT_TRUE(world_.turn_until([&] { return client_.step(), client_.got() == "pong"; }));
        end();
    }
    void end() {
        client_.end();
        server_.reset();
    }
    std::string read(std::size_t octets) {
        std::string got;
        auto last = io::IoCount::blocked();
        EXPECT_TRUE(world_.run(read_text(*server_, octets, got, last)));
        return got;
    }
    void write(const std::string& text) {
        iovec part = net::iovec_of(text);
        EXPECT_EQ(server_->write({&part, 1}).octets(), text.size());
    }
    bool wait_for_server() {
        return world_.turn_until([&] { return outcome_.has_value(); });
    }

    Ref<const Endpoint> endpoint_ = endpoint({.allows_early_data = true});
    TestClient client_;
    std::unique_ptr<TlsStream> server_;
    std::optional<Result<>> outcome_;
    io::Scope scope_;
};

TEST_F(EarlyDataTest, ARequestIsReadAndAnsweredBeforeTheClientsFinished) {
    earn_ticket();
    EXPECT_EQ(client_.early_octets_max(), 16U * 1024);
    begin(kRequest);
    ASSERT_TRUE(wait_for_server());
    EXPECT_EQ(detail_of(outcome_), "open");
    EXPECT_TRUE(server_->facts().took_early_data);
    EXPECT_TRUE(server_->facts().is_early);
    EXPECT_TRUE(server_->facts().is_resumed);
    EXPECT_TRUE(server_->has_buffered_input());
    EXPECT_EQ(read(kRequest.size()), kRequest);
    write("answer");
    EXPECT_TRUE(world_.turn_until([&] { return client_.step_without_answer(), client_.got() == "answer"; }));
    EXPECT_TRUE(client_.was_taken());
    EXPECT_TRUE(server_->facts().is_early) << "its Finished has not come";
    // The Finished is no request.
    client_.step();
    EXPECT_TRUE(world_.turn_until([&] { return server_->settle() || !server_->facts().is_early; }));
    EXPECT_FALSE(server_->facts().is_early);
    EXPECT_TRUE(server_->facts().took_early_data);
    EXPECT_FALSE(server_->has_buffered_input());
    client_.say("more");
    EXPECT_EQ(read(4), "more");
    write("and more");
    EXPECT_TRUE(world_.turn_until([&] { return client_.step(), client_.got() == "answerand more"; }));
    server_->release_buffers();
    EXPECT_EQ(Chunk::in_use(), 0U);
}

TEST_F(EarlyDataTest, EachTimeThereIsATicketForTheNext) {
    earn_ticket();
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(client_.tickets(), 1 + round);
        begin(kRequest);
        ASSERT_TRUE(wait_for_server());
        ASSERT_EQ(detail_of(outcome_), "open") << round;
        EXPECT_TRUE(server_->facts().took_early_data) << round;
        EXPECT_EQ(read(kRequest.size()), kRequest);
        write("answer");
        EXPECT_TRUE(world_.turn_until([&] { return client_.step(), server_->settle(), client_.tickets() == 2 + round; }));
        end();
    }
}

TEST_F(EarlyDataTest, ACopyIsNotListenedTo) {
    earn_ticket();
    begin(kRequest);
    const auto copy = client_.first_flight();
    ASSERT_TRUE(wait_for_server());
    EXPECT_EQ(read(kRequest.size()), kRequest);
    end();
    for (int round = 0; round < 2; ++round) {
        auto [near, far] = line_.connect();
        iovec part = net::iovec_of(copy);
        ASSERT_EQ(near->write({&part, 1}).octets(), copy.size());
        accept(std::move(far));
        ASSERT_TRUE(wait_for_server());
        ASSERT_FALSE(outcome_->has_value());
        EXPECT_EQ(outcome_->error().code, ErrorCode::timeout) << "whoever copied it can't finish the handshake";
        EXPECT_FALSE(server_->facts().took_early_data);
        EXPECT_TRUE(server_->facts().refused_early_data);
        server_.reset();
    }
}

TEST_F(EarlyDataTest, RefusedEarlyDataCostsNoMoreThanARoundTrip) {
    struct Row {
        const char* why;
        bool has_record;
        bool is_allowed;
    };
    for (const auto& row : {Row{"nobody remembers", false, true}, Row{"not configured", true, false}}) {
        earn_ticket();
        auto live = std::make_unique<Live>();
        live->ticket_keys = live_->ticket_keys;
        live->fallback = live_->fallback;
        if (row.has_record) live->replay_record = live_->replay_record;
        const auto before = std::exchange(live_, Ref<const Live>(live.release()));
        const auto endpoint_before = endpoint_;
        if (!row.is_allowed) endpoint_ = endpoint();
        begin(kRequest);
        finish();
        EXPECT_FALSE(server_->facts().took_early_data) << row.why;
        EXPECT_FALSE(server_->facts().is_early) << row.why;
        client_.say(kRequest);
        EXPECT_EQ(read(kRequest.size()), kRequest) << row.why;
        end();
        live_ = before;
        endpoint_ = endpoint_before;
    }
}

TEST_F(EarlyDataTest, IsNotTakenWhereAClientsCertificateIsWanted) {
    endpoint_ = endpoint({.client_auth = {.kind = ClientAuthOptions::Kind::optional, .ca_file = ca_file_}, .allows_early_data = true});
    earn_ticket();
    EXPECT_EQ(client_.early_octets_max(), 0U);
}

TEST_F(EarlyDataTest, MoreThanIsAllowedIsAnError) {
    earn_ticket();
    const std::string much(17 * 1024, 'x');
    begin(much);
    if (!wait_for_server()) return;
    // The client's library holds to what the ticket says: it leaves with what is allowed at most.
    std::string got;
    auto last = io::IoCount::blocked();
    EXPECT_TRUE(world_.turn_until([&] {
        char octets[4096];
        last = server_->read(octets);
        if (last.is_some()) got.append(octets, last.octets());
        return !last.is_some();
    }));
    EXPECT_LE(got.size(), 16U * 1024);
}

TEST_F(EarlyDataTest, AGoodbyeWaitsForTheFinished) {
    earn_ticket();
    begin(kRequest);
    ASSERT_TRUE(wait_for_server());
    EXPECT_EQ(read(kRequest.size()), kRequest);
    write("answer");
    server_->close_write();
    EXPECT_TRUE(world_.turn_until([&] { return client_.step_without_answer(), client_.got() == "answer"; }));
    EXPECT_FALSE(client_.saw_goodbye());
    EXPECT_TRUE(world_.turn_until([&] { return client_.step(), server_->settle(), client_.saw_goodbye(); }));
}

TEST_F(EarlyDataTest, GoesThroughOneOctetAtATime) {
    earn_ticket();
    world_.sim().set_faults(
        {.delay_max = std::chrono::microseconds(1), .segment_max = 1, .window = 1 << 20, .short_write = 0, .idle_edge = 0.2});
    begin(kRequest);
    ASSERT_TRUE(wait_for_server());
    EXPECT_TRUE(server_->facts().took_early_data);
    EXPECT_EQ(read(kRequest.size()), kRequest);
    write("answer");
    EXPECT_TRUE(world_.turn_until([&] { return client_.step(), server_->settle(), !server_->facts().is_early; }));
    EXPECT_EQ(client_.got(), "answer");
}

}  // namespace
}  // namespace weir::tls
