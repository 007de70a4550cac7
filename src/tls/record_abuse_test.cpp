// A client that seals well and says what it must not: each of it has its alert, and nothing of ours follows one.
#include <gtest/gtest.h>

#include "base/random.h"
#include "tls/record_layer.h"
#include "tls/test_records.h"
#include "tls/wire.h"

namespace weir::tls {
namespace {

using namespace std::string_view_literals;

constexpr std::uint8_t kAlertType = 21;
constexpr std::uint8_t kHandshakeType = 22;
constexpr std::uint8_t kApplicationType = 23;
constexpr auto kUpdate = "\x18\0\0\1\0"sv;
constexpr auto kUpdateAsking = "\x18\0\0\1\1"sv;
constexpr std::size_t kPlainMax = 16 * 1024;

// A connection's server side, as a handshake leaves it, and its client.
struct Line {
    explicit Line(std::uint16_t suite = 0x1301, std::uint64_t sent = 0) {
        Random random(suite);
        for (auto* secret : {&secrets.client, &secrets.server})
            for (auto& octet : *secret) octet = static_cast<std::uint8_t>(random.below(256));
        secrets.digest = suite == 0x1302 ? SuiteDigest::sha384 : SuiteDigest::sha256;
        secrets.has_client = secrets.has_server = true;
        layer = RecordLayer::make(suite, secrets, sent);
        peer = std::make_unique<RecordPeer>(suite, secrets, sent);
    }
    // All that is there; the state says why there is no more.
    std::string read() {
        std::string got(40'000, '\0');
        std::size_t octets = 0;
        while (const auto count = layer->read(wire, std::span(got).subspan(octets))) octets += count;
        return got.substr(0, octets);
    }
    // What the server has sent since the last call.
    std::vector<RecordPeer::Record> sent() {
        wire.flush();
        std::string_view rest(pipe.out);
        std::vector<RecordPeer::Record> records;
        while (auto record = peer->open_next(rest)) records.push_back(*record);
        EXPECT_TRUE(rest.empty()) << "a record that is not the next one";
        pipe.out.clear();
        return records;
    }
    int alert() {
        const auto records = sent();
        return records.size() == 1 && records[0].type == kAlertType && records[0].content.size() == 2 ? records[0].content[1] : -1;
    }

    TrafficSecrets secrets;
    PipeStream pipe;
    Wire wire{pipe};
    std::unique_ptr<RecordLayer> layer;
    std::unique_ptr<RecordPeer> peer;
};

// Five octets announce a large record: what waits for the rest of it is no larger than what has come.
TEST(RecordAbuseTest, WhatIsAnnouncedTakesNoRoom) {
    for (const bool is_warm : {false, true}) {
        Line line;
        const std::string most(kPlainMax, 'x');
        if (is_warm) {
            line.pipe.in = line.peer->seal(kApplicationType, most) + line.peer->seal(kApplicationType, most);
            EXPECT_EQ(line.read().size(), 2 * kPlainMax);
        }
        const auto record = line.peer->seal(kApplicationType, most);
        std::size_t said = 0;
        for (const std::size_t upto : {5U, 100U, 4000U, 4096U, 4097U, 10'000U, 16'000U, 16'390U}) {
            line.pipe.in = record.substr(said, upto - said);
            said = upto;
            EXPECT_EQ(line.read(), "");
            EXPECT_LE(line.layer->room(), upto <= Chunk::kSmall ? Chunk::kSmall : upto <= Chunk::kMedium ? Chunk::kMedium : Chunk::kLarge);
        }
        line.pipe.in = record.substr(said);
        EXPECT_TRUE(line.read() == most);
        EXPECT_EQ(line.layer->room(), 0U);
    }
}

// One set of ciphers serves all connections of a thread: each record with the keys of its own.
TEST(RecordAbuseTest, ConnectionsThatTakeTurnsKeepTheirKeysApart) {
    std::vector<std::unique_ptr<Line>> lines;
    for (const std::uint16_t suite : {0x1301, 0x1302, 0x1303, 0x1301}) lines.push_back(std::make_unique<Line>(suite, lines.size()));
    for (int turn = 0; turn < 12; ++turn) {
        for (auto& line : lines) {
            line->pipe.in = line->peer->seal(kApplicationType, "ping");
            EXPECT_EQ(line->read(), "ping");
            EXPECT_TRUE(line->layer->write(line->wire, "pong"));
            EXPECT_EQ(line->sent(), (std::vector{RecordPeer::Record{kApplicationType, "pong"}}));
        }
        // A new one, that may have the place in memory of one before.
        if (turn % 3 == 2)
            lines[static_cast<std::size_t>(turn) % lines.size()] = std::make_unique<Line>(0x1301, static_cast<std::uint64_t>(turn));
    }
}

TEST(RecordAbuseTest, WhatMustNotBeSaidHasItsAlert) {
    struct Row {
        const char* what;
        std::uint8_t type;
        std::string content;
        std::size_t padding;
        int alert;  // 0: none, it goes on
    };
    const std::string most(kPlainMax, 'x');
    for (const auto& row : {
             Row{"as long as can be", kApplicationType, most, 0, 0},
             Row{"padded as far as can be", kApplicationType, "x", kPlainMax - 1, 0},
             Row{"nothing", kApplicationType, "", 0, 0},
             Row{"too long", kApplicationType, most + "x", 0, 22},
             Row{"too much padding", kApplicationType, most, 1, 22},
             Row{"nothing but zeros", 0, "", 99, 10},
             Row{"no alert", kAlertType, "", 0, 10},
             Row{"half an alert", kAlertType, "\1", 0, 50},
             Row{"more than an alert", kAlertType, std::string("\1\0\0", 3), 0, 50},
             Row{"no message", kHandshakeType, "", 0, 10},
             Row{"change of ciphers", 20, "\1", 0, 10},
             Row{"heartbeat", 24, std::string("\1\0\0", 3), 0, 10},
             Row{"a ClientHello", kHandshakeType, std::string("\1\0\0\1\0", 5), 0, 10},
             Row{"a ticket", kHandshakeType, std::string("\4\0\0\1\0", 5), 0, 10},
             Row{"a certificate nobody asked for", kHandshakeType, std::string("\x0b\0\0\1\0", 5), 0, 10},
             Row{"another Finished", kHandshakeType, std::string("\x14\0\0\x20", 4), 0, 10},
             Row{"a KeyUpdate of two", kHandshakeType, std::string("\x18\0\0\2\0\0", 6), 0, 50},
             Row{"a KeyUpdate of none", kHandshakeType, std::string("\x18\0\0\0", 4), 0, 50},
             Row{"a KeyUpdate that asks for what is not", kHandshakeType, std::string("\x18\0\0\1\2", 5), 0, 47},
             Row{"the same, far off", kHandshakeType, std::string("\x18\0\0\1\xff", 5), 0, 47},
             Row{"two KeyUpdates in a record", kHandshakeType, std::string(kUpdate) + std::string(kUpdate), 0, 10},
         }) {
        Line line;
        line.pipe.in = line.peer->seal(row.type, row.content, row.padding);
        EXPECT_EQ(line.read(), row.alert == 0 ? row.content : "") << row.what;
        if (row.alert != 0) {
            EXPECT_EQ(line.layer->state(), RecordLayer::State::failed) << row.what;
            EXPECT_EQ(line.alert(), row.alert) << row.what;
            EXPECT_FALSE(line.layer->write(line.wire, "after it"));
            line.layer->put_goodbye(line.wire);
        }
        EXPECT_TRUE(line.wire.is_empty()) << row.what;
    }
}

TEST(RecordAbuseTest, AKeyUpdateMayBeCutButNotInterleaved) {
    for (std::size_t cut = 1; cut < kUpdate.size(); ++cut) {
        Line line(0x1302);
        line.pipe.in = line.peer->seal(kHandshakeType, kUpdateAsking.substr(0, cut)) + line.peer->seal(22, kUpdateAsking.substr(cut), 7);
        line.peer->change_own_key();
        line.pipe.in += line.peer->seal(kApplicationType, "more");
        EXPECT_EQ(line.read(), "more");
        EXPECT_EQ(line.sent(), (std::vector<RecordPeer::Record>{{kHandshakeType, std::string(kUpdate)}}));

        Line other;
        other.pipe.in = other.peer->seal(kHandshakeType, kUpdate.substr(0, cut)) + other.peer->seal(kApplicationType, "between");
        EXPECT_EQ(other.read(), "");
        EXPECT_EQ(other.alert(), 10);
    }
}

TEST(RecordAbuseTest, TheOldKeyOpensNothingAfterAKeyUpdate) {
    Line line(0x1303);
    line.pipe.in = line.peer->seal(kHandshakeType, kUpdate) + line.peer->seal(kApplicationType, "by the old key");
    EXPECT_EQ(line.read(), "");
    EXPECT_EQ(line.alert(), 20);
}

TEST(RecordAbuseTest, AnyAlertButAGoodbyeEndsBothWaysInSilence) {
    Line line;
    line.pipe.in = line.peer->seal(kApplicationType, "hello") + line.peer->seal(kAlertType, "\2\x30") + line.peer->seal(23, "more");
    EXPECT_EQ(line.read(), "hello");
    EXPECT_EQ(line.layer->state(), RecordLayer::State::failed);
    EXPECT_FALSE(line.layer->write(line.wire, "an answer"));
    line.layer->put_goodbye(line.wire);
    EXPECT_TRUE(line.wire.is_empty());
}

TEST(RecordAbuseTest, BehindAGoodbyeNothingIsReadAndTheOtherWayGoesOn) {
    Line line;
    line.pipe.in = line.peer->seal(kAlertType, "\1\x5a"sv) + line.peer->seal(kAlertType, "\1\0"sv) + line.peer->seal(23, "more");
    EXPECT_EQ(line.read(), "");
    EXPECT_EQ(line.layer->state(), RecordLayer::State::ended);
    EXPECT_TRUE(line.layer->write(line.wire, "an answer"));
    line.layer->put_goodbye(line.wire);
    EXPECT_EQ(line.sent(), (std::vector<RecordPeer::Record>{{kApplicationType, "an answer"}, {kAlertType, std::string("\1\0", 2)}}));
}

TEST(RecordAbuseTest, OurGoodbyeIsOurLastRecord) {
    Line line;
    line.layer->put_goodbye(line.wire);
    EXPECT_EQ(line.alert(), 0);
    line.pipe.in = line.peer->seal(kHandshakeType, kUpdateAsking);
    line.peer->change_own_key();
    line.pipe.in += line.peer->seal(kApplicationType, "more") + "\x17\x03\x03\xff\xff";
    EXPECT_EQ(line.read(), "more");
    EXPECT_FALSE(line.layer->write(line.wire, "no"));
    line.layer->put_goodbye(line.wire);
    EXPECT_TRUE(line.wire.is_empty());
}

// RFC 8446 5.5.
TEST(RecordAbuseTest, OurKeyChangesBeforeItHasSealedTooMuch) {
    for (const std::uint16_t suite : {0x1301, 0x1302, 0x1303}) {
        Line line(suite, RecordLayer::kRecordsAKey - 1);
        for (const auto* text : {"the last one", "the first of the next", "and another"}) EXPECT_TRUE(line.layer->write(line.wire, text));
        const std::vector<RecordPeer::Record> wanted{{kApplicationType, "the last one"},
                                                     {kHandshakeType, std::string(kUpdate)},
                                                     {kApplicationType, "the first of the next"},
                                                     {kApplicationType, "and another"}};
        EXPECT_EQ(line.sent(), wanted);
    }
}

// Each is answered, a few words between them keep them from being a flood in a row, and nobody reads the answers.
TEST(RecordAbuseTest, AnswersThatNobodyReadsAreBounded) {
    Line line;
    line.pipe.room = 0;
    std::size_t rounds = 0;
    for (; rounds < 20'000 && line.layer->state() == RecordLayer::State::open; ++rounds) {
        line.pipe.in = line.peer->seal(kHandshakeType, kUpdateAsking);
        line.peer->change_own_key();
        line.pipe.in += line.peer->seal(kApplicationType, "x");
        line.read();
    }
    EXPECT_EQ(line.layer->state(), RecordLayer::State::failed);
    EXPECT_LE(rounds, Wire::kHeldMax / 27 + 1);
}

TEST(RecordAbuseTest, NoNonceTwiceWhateverBlocks) {
    for (const std::uint16_t suite : {0x1301, 0x1302, 0x1303}) {
        Line line(suite, 3);
        Random random(suite);
        std::string said;
        std::string got;
        std::string out;
        std::string heard;
        line.pipe.segment_max = 11;
        for (int i = 0; i < 400; ++i) {
            line.pipe.room = random.below(200);
            const auto text = std::string(random.below(90) + 1, static_cast<char>('a' + i % 26));
            const auto kind = random.below(6);
            if (kind == 0) {
                line.pipe.in += line.peer->seal(kHandshakeType, random.below(2) == 0 ? kUpdate : kUpdateAsking);
                line.peer->change_own_key();
            } else if (kind < 3) {
                line.pipe.in += line.peer->seal(kApplicationType, text, random.below(50));
                said += text;
            } else if (line.layer->write(line.wire, text)) {
                heard += text;
            }
            if (kind != 1) got += line.read();
            line.wire.flush();
        }
        got += line.read();
        EXPECT_EQ(got, said);
        line.pipe.room = ~std::size_t{0};
        for (const auto& record : line.sent())
            if (record.type == kApplicationType) out += record.content;
        EXPECT_EQ(out, heard);
    }
}

TEST(RecordAbuseTest, WithoutBothSecretsOrAKnownSuiteThereIsNone) {
    Line line;
    EXPECT_EQ(RecordLayer::make(0x1304, line.secrets, 0), nullptr);
    EXPECT_EQ(RecordLayer::make(0x1302, line.secrets, 0), nullptr) << "secrets of another digest";
    line.secrets.has_client = false;
    EXPECT_EQ(RecordLayer::make(0x1301, line.secrets, 0), nullptr);
}

}  // namespace
}  // namespace weir::tls
