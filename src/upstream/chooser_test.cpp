#include "upstream/chooser.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::upstream {
namespace {

using enum Choice::Refusal;

const TimePoint kNow{std::chrono::hours(1)};

// A peer as a word: "p" a primary, "b" a backup; then what is the matter with it: "-" down, "e" ejected, "E" ejected longer ago, "f" full.
Ref<Peer> peer_of(std::string_view word, int number) {
    const net::Address address{.ip = {.family = net::Family::ipv4, .octets = {10, 0, 0, static_cast<std::uint8_t>(number)}}, .port = 80};
    auto peer = make_ref<Peer>(address, address.text(), std::uint16_t{1}, word[0] == 'b', 1U);
    const auto until = [](Duration time) { return (kNow + time).time_since_epoch().count(); };
    for (const char what : word.substr(1)) {
        if (what == '-') peer->is_down = true;
        if (what == 'e') peer->ejected_until = until(std::chrono::seconds(20));
        if (what == 'E') peer->ejected_until = until(std::chrono::seconds(10));
        if (what == 'f') peer->active = 1;
    }
    return peer;
}

struct World {
    explicit World(std::string_view words, BalanceOptions::Kind kind = BalanceOptions::Kind::round_robin) : balance{.kind = kind} {
        while (!words.empty()) {
            const auto space = words.find(' ');
            peers.push_back(peer_of(words.substr(0, space), static_cast<int>(peers.size())));
            words = space == std::string_view::npos ? std::string_view{} : words.substr(space + 1);
        }
        chooser.adopt(make_ref<const PeerSet>(peers, kind == BalanceOptions::Kind::hash));
    }
    // The number of the chosen peer as it was written, or -1.
    int choose(std::span<const Ref<Peer>> tried = {}, bool is_new_connection = false) {
        last = chooser.choose({.tried = tried, .is_new_connection = is_new_connection, .has_key = true, .hash = hash_key("key")}, kNow);
        if (!last) return -1;
        const auto& chosen = chooser.set().at(last.index);
        return static_cast<int>(std::ranges::find(peers, chosen) - peers.begin());
    }
    BalanceOptions balance;
    std::vector<Ref<Peer>> peers;
    Chooser chooser{balance, 1};
    Choice last;
};

TEST(Chooser, TiersAndRefusals) {
    struct Row {
        std::string_view peers;
        std::vector<int> allowed;
        Choice::Refusal refusal;
        bool is_trial = false;
    };
    const Row rows[] = {
        {"", {}, empty},
        {"p", {0}, none},
        {"p p b", {0, 1}, none},
        {"p- p b", {1}, none},
        {"p- pe b", {2}, none},  // no primary may serve: the backup
        {"pf pf b", {}, full},   // full is not down: no backup
        {"pf p-", {}, full},
        {"p- p-", {}, down},
        {"p- b-", {}, down},
        {"pe pE", {1}, none, true},  // all ejected: the one that has been out the longest
        {"pE pe", {0}, none, true},
        {"p- pe", {1}, none, true},  // never one that checks hold for down
        {"pe bE", {1}, none, true},
        {"pef", {}, down},
        {"b b", {0, 1}, none},  // nothing but backups
        {"p- bf", {}, full},
    };
    for (const auto& row : rows) {
        for (const auto kind : {BalanceOptions::Kind::round_robin, BalanceOptions::Kind::least_connections,
                                BalanceOptions::Kind::random_two, BalanceOptions::Kind::hash}) {
            World world(row.peers, kind);
            for (int i = 0; i < 10; ++i) {
                const auto chosen = world.choose();
                EXPECT_EQ(world.last.refusal, row.refusal) << row.peers;
                EXPECT_EQ(world.last.is_trial, row.is_trial) << row.peers;
                if (row.allowed.empty()) EXPECT_EQ(chosen, -1) << row.peers;
                else EXPECT_TRUE(std::ranges::find(row.allowed, chosen) != row.allowed.end()) << row.peers << ": " << chosen;
            }
        }
    }
}

TEST(Chooser, OneTrialAtATime) {
    World world("pe pE");
    ASSERT_EQ(world.choose(), 1);
    world.peers[1]->is_on_trial = true;
    EXPECT_EQ(world.choose(), 0);
    world.peers[0]->is_on_trial = true;
    EXPECT_EQ(world.choose(), -1);
    EXPECT_EQ(world.last.refusal, down);
}

TEST(Chooser, WhatHasBeenTried) {
    struct Row {
        std::string_view peers;
        std::vector<std::size_t> tried;
        bool is_new_connection;
        std::vector<int> allowed;
    };
    const Row rows[] = {
        {"p p", {0}, false, {1}},       {"p p p", {0, 2}, false, {1}},
        {"p p", {0, 1}, false, {0, 1}},                            // all have been: again
        {"p", {0}, false, {0}},         {"p b", {0}, false, {1}},  // better a backup than the same again
        {"p b", {0}, true, {0}},                                   // but a reused connection that broke says nothing against its peer
        {"p p b", {0}, false, {1}},     {"p p- b", {0}, false, {2}},
        {"p pf b", {0}, false, {0}},  // a full one may still serve: no backup
        {"p b b", {0, 1}, false, {2}},  {"p- b", {1}, false, {1}},
        {"p pe pE", {0}, false, {2}},  // who else may serve has failed: one that was sent away, and may be back
        {"p pe p", {0}, false, {2}},   // but not while there is another
        {"p pe pf", {0}, false, {0}},  // which may have a place soon
        {"p pe", {0, 1}, false, {0}},  // it failed this very exchange
        {"p pe", {0}, true, {0}},       {"pe pE", {0, 1}, false, {1}},
    };
    for (const auto& row : rows) {
        World world(row.peers);
        std::vector<Ref<Peer>> tried;
        for (const auto index : row.tried) tried.push_back(world.peers[index]);
        for (int i = 0; i < 6; ++i) {
            const auto chosen = world.choose(tried, row.is_new_connection);
            EXPECT_TRUE(std::ranges::find(row.allowed, chosen) != row.allowed.end()) << row.peers << ": " << chosen;
        }
    }
}

TEST(Chooser, AChoicePutBackKeepsItsTurn) {
    World world("p p p");
    for (int i = 0; i < 7; ++i) {
        const auto chosen = world.choose();
        world.chooser.put_back(world.last);
        EXPECT_EQ(world.choose(), chosen);
        EXPECT_EQ(world.choose(), (chosen + 1) % 3);
    }
    // Not when it may no longer serve.
    const auto chosen = world.choose();
    world.chooser.put_back(world.last);
    world.peers[static_cast<std::size_t>(chosen)]->is_down = true;
    EXPECT_NE(world.choose(), chosen);
}

TEST(Chooser, HasOther) {
    World world("p p- b");
    EXPECT_TRUE(world.chooser.has_other({}, *world.peers[0], kNow));
    EXPECT_FALSE(world.chooser.has_other({.tried = std::span(world.peers).subspan(2)}, *world.peers[0], kNow));
}

}  // namespace
}  // namespace weir::upstream
