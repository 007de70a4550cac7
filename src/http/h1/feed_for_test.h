// For tests: feeds octets to a parser in every possible cut and says what came out, as text that can be compared.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/arena.h"
#include "http/h1/parser.h"

namespace weir::http::h1::test {

using namespace std::string_view_literals;

inline std::string text_of(const Fields& fields) {
    std::string text;
    for (const auto& field : fields) text.append(field.name).append("=").append(field.value).append("|");
    return text;
}

inline std::string text_of(const Request& r) {
    return std::string(r.method_name) + " " + std::string(r.target) + " @" + std::string(r.authority) + " " +
           std::string(name_of(r.version)) + " framing " + std::to_string(static_cast<int>(r.framing)) + ":" +
           std::to_string(r.content_length) + " upgrade '" + std::string(r.upgrade) + "' continue " + std::to_string(r.expects_continue) +
           " keeps " + std::to_string(r.keeps_alive) + " " + text_of(r.fields);
}

inline std::string text_of(const Response& r) {
    return std::string(name_of(r.version)) + " " + std::to_string(r.status) + " '" + std::string(r.reason) + "' framing " +
           std::to_string(static_cast<int>(r.framing)) + ":" + std::to_string(r.content_length) + " states " +
           std::to_string(r.states_length) + " upgrade '" + std::string(r.upgrade) + "' keeps " + std::to_string(r.keeps_alive) + " " +
           text_of(r.fields);
}

// The outcome of one parse: "more", "bad <code>: <detail>" or "done <octets>: <message>".
struct Outcome {
    ParseState state = ParseState::need_more;
    ErrorCode code = ErrorCode::internal;
    std::string detail;
    std::uint32_t octets = 0;
    std::string message;

    bool operator==(const Outcome&) const = default;
};

inline void PrintTo(const Outcome& outcome, std::ostream* out) {
    if (outcome.state == ParseState::need_more) *out << "more";
    else if (outcome.state == ParseState::bad) *out << "bad " << word_of(outcome.code) << ": " << outcome.detail;
    else *out << "done " << outcome.octets << ": " << outcome.message;
}

// A fresh buffer of exactly the right size each time: the parser must neither look behind its end nor keep pointers into the last.
class RequestFeed {
public:
    explicit RequestFeed(HeadLimits limits = {}) : limits_(limits) {}
    Outcome feed(std::string_view octets) {
        buffer_ = std::make_unique<char[]>(octets.size());
        octets.copy(buffer_.get(), octets.size());
        const auto step = parser_.parse({buffer_.get(), octets.size()}, limits_, request_);
        return {step.state, step.error.code, step.error.detail, step.head_octets, step.state == ParseState::done ? text_of(request_) : ""};
    }
    const Request& request() const { return request_; }

private:
    HeadLimits limits_;
    Arena arena_;
    Request request_{arena_};
    HeadParser parser_;
    std::unique_ptr<char[]> buffer_;
};

class ResponseFeed {
public:
    explicit ResponseFeed(Method method = Method::get, HeadLimits limits = {}) : method_(method), limits_(limits) {}
    Outcome feed(std::string_view octets) {
        buffer_ = std::make_unique<char[]>(octets.size());
        octets.copy(buffer_.get(), octets.size());
        const auto step = parser_.parse({buffer_.get(), octets.size()}, limits_, method_, response_);
        return {step.state, step.error.code, step.error.detail, step.head_octets, step.state == ParseState::done ? text_of(response_) : ""};
    }
    const Response& response() const { return response_; }

private:
    Method method_;
    HeadLimits limits_;
    Arena arena_;
    Response response_{arena_};
    HeadParser parser_;
    std::unique_ptr<char[]> buffer_;
};

// Whole, octet by octet, and cut once at every place: one outcome. `make` gives a fresh feed.
template <class Make>
Outcome feed_every_way(std::string_view octets, Make&& make) {
    auto whole_feed = make();
    const auto whole = whole_feed.feed(octets);
    auto trickle = make();
    Outcome slow;
    for (std::size_t i = 1; i <= octets.size() && slow.state == ParseState::need_more; ++i) slow = trickle.feed(octets.substr(0, i));
    EXPECT_EQ(whole, slow) << "octet by octet: " << ::testing::PrintToString(octets);
    for (std::size_t cut = 1; cut < octets.size(); ++cut) {
        auto halves = make();
        auto outcome = halves.feed(octets.substr(0, cut));
        if (outcome.state == ParseState::need_more) outcome = halves.feed(octets);
        EXPECT_EQ(whole, outcome) << "cut at " << cut << ": " << ::testing::PrintToString(octets);
        if (whole != outcome) break;
    }
    return whole;
}

inline Outcome feed_request(std::string_view octets, HeadLimits limits = {}) {
    return feed_every_way(octets, [&] { return RequestFeed(limits); });
}

inline Outcome feed_response(std::string_view octets, Method method = Method::get, HeadLimits limits = {}) {
    return feed_every_way(octets, [&] { return ResponseFeed(method, limits); });
}

}  // namespace weir::http::h1::test
