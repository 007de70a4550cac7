#include "cache/segments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/random.h"

namespace weir::cache {
namespace {

std::string some_text(std::size_t octets) {
    std::string text;
    Random random(octets);
    while (text.size() < octets) text += static_cast<char>('a' + random.below(26));
    return text;
}

std::string read_all(const Segments& segments, std::uint64_t begin, std::uint64_t end) {
    SegmentReader reader(segments, begin);
    std::string text;
    while (reader.position() < end) {
        const auto piece = reader.take(std::min(segments.size(), end), end);
        if (piece.empty()) break;
        text += piece.octets;
    }
    return text;
}

TEST(Segments, WhatIsAppendedIsRead) {
    for (const bool is_length : {false, true})
        for (const std::size_t octets : {1U, 4095U, 4096U, 4097U, 300'000U, 1'000'000U}) {
            const auto text = some_text(octets);
            const auto account = make_ref<Account>();
            Segments segments(account, is_length ? octets : 100, is_length);
            for (std::size_t at = 0; at < octets; at += 9'999) segments.append(std::string_view(text).substr(at, 9'999));
            segments.close();
            EXPECT_EQ(segments.size(), octets);
            EXPECT_EQ(read_all(segments, 0, octets), text) << octets;
            EXPECT_EQ(read_all(segments, octets / 3, octets / 2), text.substr(octets / 3, octets / 2 - octets / 3)) << octets;
            EXPECT_GE(account->used(), octets);
            if (is_length) EXPECT_LE(account->used(), octets + 2'000);
        }
}

TEST(Segments, WhatIsStillToComeIsOnTheAccount) {
    const auto account = make_ref<Account>();
    const auto text = some_text(1'000'000);
    {
        Segments whole(account, text.size(), true);
        for (std::size_t at = 0; at < text.size(); at += 100'000) {
            EXPECT_GE(account->used(), text.size());
            EXPECT_LE(account->used(), text.size() + 2'000);
            whole.append(std::string_view(text).substr(at, 100'000));
        }
    }
    EXPECT_EQ(account->used(), 0U);
    Segments cut_off(account, text.size(), true);
    cut_off.append("x");
    cut_off.close();
    EXPECT_LT(account->used(), 300'000U);
    const auto before = account->used();
    Segments passing(account, text.size(), true);
    passing.let_go(make_ref<Account>());
    EXPECT_LT(account->used() - before, 300'000U);
}

TEST(Segments, ASmallOneLiesInOneBlockWithItsDescription) {
    for (const std::size_t octets : {0U, 1U, 1'024U, 4'096U, 4'097U, 300'000U}) {
        const auto text = some_text(octets);
        const auto account = make_ref<Account>();
        Piece piece;
        {
            const auto body = Segments::make(account, octets, true);
            body->append(text);
            body->close();
            EXPECT_EQ(body->size(), octets);
            EXPECT_EQ(read_all(*body, 0, octets), text);
            if (octets == 0) continue;
            piece = SegmentReader(*body, octets / 2).take(octets, octets);
            const auto renewed = body;  // two entries have it
        }
        // Whoever sends it keeps it.
        EXPECT_EQ(piece.octets.front(), text[octets / 2]);
        EXPECT_GT(account->used(), octets - octets / 2);
        piece = {};
        EXPECT_EQ(account->used(), 0U) << octets;
    }
}

TEST(Segments, ASmallOneMayTurnOutLonger) {
    const auto account = make_ref<Account>();
    {
        const auto body = Segments::make(account, 100, true);
        const auto window = make_ref<Account>();
        const auto text = some_text(10'000);
        body->append(text);
        EXPECT_EQ(read_all(*body, 0, text.size()), text);
        SegmentReader reader(*body, 0);
        body->let_go(window);
        body->append(text);
        EXPECT_GT(window->used(), 0U);
        EXPECT_EQ(reader.take(body->size(), 100).octets, text.substr(0, 100));
    }
    EXPECT_EQ(account->used(), 0U);
}

TEST(Segments, AReaderFollows) {
    const auto account = make_ref<Account>();
    Segments segments(account, 10, false);
    SegmentReader reader(segments, 0);
    EXPECT_TRUE(reader.take(segments.size(), 1'000'000).empty());
    std::string read, written;
    for (int i = 0; i < 1'000; ++i) {
        const auto part = some_text(1 + static_cast<std::size_t>(i) % 300);
        segments.append(part);
        written += part;
        while (read.size() < written.size()) read += reader.take(segments.size(), 1'000'000).octets;
    }
    EXPECT_EQ(read, written);
}

TEST(Segments, WhatHasBeenReadGoes) {
    const auto account = make_ref<Account>();
    const auto window = make_ref<Account>();
    Segments segments(account, 10, false);
    SegmentReader reader(segments, 0);
    segments.append(some_text(10));
    segments.let_go(window);
    const auto part = some_text(50'000);
    for (int i = 0; i < 100; ++i) {
        segments.append(part);
        std::size_t octets = 0;
        for (Piece piece = reader.take(segments.size(), 1 << 20); !piece.empty(); piece = reader.take(segments.size(), 1 << 20))
            octets += piece.size();
        EXPECT_GE(octets, 50'000U);
        EXPECT_LT(window->used(), 200'000U);
    }
}

TEST(Segments, EverythingIsGivenBack) {
    const auto account = make_ref<Account>();
    {
        Segments segments(account, 100, false);
        segments.append(some_text(5'000'000));
        EXPECT_GT(account->used(), 5'000'000U);
        Piece piece;
        {
            SegmentReader reader(segments, 1'000);
            piece = reader.take(segments.size(), 5);
        }
        EXPECT_EQ(piece.size(), 5U);
    }
    EXPECT_EQ(account->used(), 0U);
}

}  // namespace
}  // namespace weir::cache
