#include "io/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace weir::io {
namespace {

TEST(MailboxTest, KeepsTheOrderOfOneSender) {
    Mailbox mailbox;
    std::vector<int> log;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 3000; ++i) {
            Mailbox::Message message = [&log, i] { log.push_back(i); };
            ASSERT_TRUE(mailbox.push(message));
        }
        for (Mailbox::Message message; mailbox.pop(message);) message();
        ASSERT_EQ(log.size(), 3000U);
        for (int i = 0; i < 3000; ++i) ASSERT_EQ(log[static_cast<std::size_t>(i)], i);
        log.clear();
    }
}

TEST(MailboxTest, AFullOneLeavesTheMessageWithTheSender) {
    Mailbox mailbox;
    for (std::size_t i = 0; i < Mailbox::kMessagesMax; ++i) {
        Mailbox::Message filler = [] {};
        ASSERT_TRUE(mailbox.push(filler));
    }
    int runs = 0;
    Mailbox::Message refused = [&runs] { ++runs; };
    EXPECT_FALSE(mailbox.push(refused));
    ASSERT_TRUE(refused);
    refused();
    EXPECT_EQ(runs, 1);

    Mailbox::Message out;
    EXPECT_TRUE(mailbox.pop(out));
    EXPECT_TRUE(mailbox.push(refused));
    EXPECT_FALSE(refused);
}

TEST(MailboxTest, WhatIsNotTakenGoesWithTheMailbox) {
    auto witness = std::make_unique<int>(1);
    const auto* address = witness.get();
    Mailbox mailbox;
    Mailbox::Message message = [kept = std::move(witness)] { EXPECT_EQ(*kept, 1); };
    ASSERT_TRUE(mailbox.push(message));
    EXPECT_NE(address, nullptr);
}

TEST(MailboxTest, ATakenMessageKeepsNothingInItsCell) {
    struct Counts {
        explicit Counts(int& to) : alive(&to) { ++*alive; }
        Counts(Counts&& other) noexcept : alive(other.alive) { ++*alive; }
        ~Counts() { --*alive; }
        int* alive;
    };
    int alive = 0;
    Mailbox mailbox;
    {
        Mailbox::Message message = [counts = Counts(alive)] {};
        ASSERT_TRUE(mailbox.push(message));
        Mailbox::Message out;
        ASSERT_TRUE(mailbox.pop(out));
    }
    EXPECT_EQ(alive, 0);
}

// Each sender's messages arrive once and in order, with the memory they carry.
TEST(MailboxTest, ManySendersOneReceiver) {
    constexpr int kSenders = 4;
    constexpr int kEach = 20'000;
    Mailbox mailbox;
    std::vector<int> next(kSenders, 0);
    std::atomic<int> refusals{0};
    std::vector<std::thread> senders;
    for (int sender = 0; sender < kSenders; ++sender) {
        senders.emplace_back([&, sender] {
            for (int i = 0; i < kEach; ++i) {
                Mailbox::Message message = [&next, sender, value = std::make_unique<int>(i)] {
                    EXPECT_EQ(next[static_cast<std::size_t>(sender)]++, *value);
                };
                while (!mailbox.push(message)) {
                    refusals.fetch_add(1, std::memory_order_relaxed);
                    std::this_thread::yield();
                }
            }
        });
    }
    int taken = 0;
    for (Mailbox::Message message; taken < kSenders * kEach;) {
        if (!mailbox.pop(message)) continue;
        message();
        ++taken;
    }
    for (auto& sender : senders) sender.join();
    Mailbox::Message none;
    EXPECT_FALSE(mailbox.pop(none));
    EXPECT_EQ(next, std::vector<int>(kSenders, kEach));
}

}  // namespace
}  // namespace weir::io
