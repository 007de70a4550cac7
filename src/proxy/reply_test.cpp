#include "proxy/reply.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

Error made(ErrorCode code, Side side, Retry retry = Retry::no) { return {.code = code, .side = side, .retry = retry}; }

struct StatusRow {
    ErrorCode code;
    Side side;
    std::uint16_t status;
};

TEST(Reply, StatusOfAnError) {
    constexpr StatusRow kRows[] = {
        {ErrorCode::malformed, Side::client, 400},
        {ErrorCode::uri_too_long, Side::client, 414},
        {ErrorCode::fields_too_large, Side::client, 431},
        {ErrorCode::body_too_large, Side::client, 413},
        {ErrorCode::too_slow, Side::client, 408},
        {ErrorCode::unsupported_coding, Side::client, 501},
        {ErrorCode::unsupported_version, Side::client, 505},
        {ErrorCode::expectation_failed, Side::client, 417},
        {ErrorCode::method_not_allowed, Side::client, 405},
        {ErrorCode::misdirected, Side::client, 421},
        // Nobody is left to hear of it.
        {ErrorCode::closed, Side::client, 0},
        {ErrorCode::reset, Side::client, 0},
        {ErrorCode::truncated, Side::client, 0},
        {ErrorCode::cancelled, Side::client, 0},
        {ErrorCode::cancelled, Side::upstream, 0},
        // 502: no good answer; 503: nobody to ask; 504: no answer in time.
        {ErrorCode::refused, Side::upstream, 502},
        {ErrorCode::unreachable, Side::upstream, 502},
        {ErrorCode::unresolved, Side::upstream, 502},
        {ErrorCode::reset, Side::upstream, 502},
        {ErrorCode::closed, Side::upstream, 502},
        {ErrorCode::malformed, Side::upstream, 502},
        {ErrorCode::truncated, Side::upstream, 502},
        {ErrorCode::no_peer, Side::upstream, 503},
        {ErrorCode::queue_full, Side::upstream, 503},
        {ErrorCode::queue_full, Side::self, 503},
        {ErrorCode::queue_timeout, Side::self, 503},
        {ErrorCode::no_descriptors, Side::self, 503},
        {ErrorCode::draining, Side::self, 503},
        {ErrorCode::timeout, Side::upstream, 504},
        {ErrorCode::internal, Side::self, 500},
    };
    for (const auto& row : kRows)
        EXPECT_EQ(status_of(made(row.code, row.side)), row.status) << word_of(row.code) << " of the " << word_of(row.side);
}

struct RetryRow {
    const char* what;
    Error error;
    RetryQuestion question;
    bool may;
};

TEST(Reply, WhatMayBeSentAgain) {
    const auto refused = made(ErrorCode::refused, Side::upstream, Retry::yes);
    const auto closed = made(ErrorCode::closed, Side::upstream, Retry::if_reused);
    const auto timeout = made(ErrorCode::timeout, Side::upstream);
    const auto garbled = made(ErrorCode::malformed, Side::upstream);
    const RetryRow kRows[] = {
        {"a connect that failed", refused, {.is_body_at_hand = true}, true},
        {"… of a POST", refused, {.is_body_at_hand = true, .is_idempotent = false}, true},
        {"… whose body is gone", refused, {.is_body_at_hand = false}, false},
        {"a GET without an answer", closed, {.was_sent = true, .is_body_at_hand = true, .is_idempotent = true}, true},
        {"a POST without an answer", closed, {.was_sent = true, .is_body_at_hand = true, .is_idempotent = false}, false},
        {"a GET with half an answer",
         closed,
         {.was_sent = true, .was_answered = true, .is_body_at_hand = true, .is_idempotent = true},
         false},
        {"a GET that took too long", timeout, {.was_sent = true, .is_body_at_hand = true, .is_idempotent = true}, true},
        {"a PUT whose body went on", closed, {.was_sent = true, .is_body_at_hand = false, .is_idempotent = true}, false},
        {"a garbled answer", garbled, {.was_sent = true, .is_body_at_hand = true, .is_idempotent = true}, false},
        {"no peer", made(ErrorCode::no_peer, Side::upstream, Retry::yes), {.is_body_at_hand = true, .is_idempotent = true}, false},
        {"a client that left", made(ErrorCode::cancelled, Side::client), {.is_body_at_hand = true, .is_idempotent = true}, false},
    };
    for (const auto& row : kRows) EXPECT_EQ(may_retry(row.error, row.question), row.may) << row.what;
}

TEST(Reply, WhatSpeaksAgainstAPeer) {
    EXPECT_TRUE(blames_peer(made(ErrorCode::refused, Side::upstream)));
    EXPECT_TRUE(blames_peer(made(ErrorCode::timeout, Side::upstream)));
    EXPECT_TRUE(blames_peer(made(ErrorCode::malformed, Side::upstream)));
    EXPECT_FALSE(blames_peer(made(ErrorCode::no_peer, Side::upstream)));
    EXPECT_FALSE(blames_peer(made(ErrorCode::cancelled, Side::upstream)));
    EXPECT_FALSE(blames_peer(made(ErrorCode::malformed, Side::client)));
}

}  // namespace
}  // namespace weir::proxy
