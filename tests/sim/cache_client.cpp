#include "sim/cache_client.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "io/event.h"
#include "io/worker.h"
#include "net/connect.h"

namespace weir::sim {
namespace {

constexpr auto kPatience = std::chrono::hours(2);
constexpr int kAsks = 25;
// Between what the origin and the client see of a time: octets are under way, and fields know whole seconds.
constexpr double kSlack = 1.5;
constexpr double kUnderWay = 0.2;

bool says(const Lines& fields, const std::string& name, const std::string& word) {
    const auto found = fields.find(name);
    return found != fields.end() && found->second.find(word) != std::string::npos;
}

}  // namespace

io::Task<> CacheClient::run() {
    while (asks_ < kAsks) {
        auto stream = co_await net::connect(weir_, {io::Worker::current().now() + kPatience, nullptr});
        if (!stream) continue;
        Wire wire(std::move(*stream), io::Worker::current().now() + kPatience);
        for (bool goes_on = true; goes_on && asks_ < kAsks;) goes_on = co_await ask(wire);
    }
}

CacheClient::Asked CacheClient::draw() {
    Asked asked{.method = "GET", .fields = messages_.request()};
    if (messages_.one_in(12)) asked.method = "POST";
    if (messages_.one_in(12)) asked.method = "HEAD";
    asked.target = "/" + std::to_string(messages_.below(3));
    asked.id = name_ + "." + std::to_string(asks_);
    asked.fields["x-ask"] = asked.id;
    if (!seen_tag_.empty() && messages_.one_in(6)) asked.fields["if-none-match"] = seen_tag_;
    if (messages_.one_in(10)) asked.fields["range"] = "bytes=" + std::to_string(messages_.below(3000)) + "-5000";
    return asked;
}

io::Task<bool> CacheClient::ask(Wire& wire) {
    ++asks_;
    const bool pauses = !messages_.one_in(3);
    if (pauses) co_await io::sleep_until(io::Worker::current().now() + std::chrono::milliseconds(messages_.below(20'000)));
    auto asked = draw();
    auto text = asked.method + " " + asked.target + " HTTP/1.1\r\nHost: app.test\r\n";
    for (const auto& [name, value] : asked.fields) text.append(name).append(": ").append(value).append("\r\n");
    if (asked.method == "POST") text += "Content-Length: 0\r\n";
    asked.begun = wall_seconds();
    const bool written = co_await wire.write(text + "\r\n");
    if (!written) co_return false;
    auto reply = co_await wire.read_head();
    constexpr int kEarlyHints = 103;
    while (reply && reply->status() == kEarlyHints) {
        judge_hint(asked, *reply);
        reply = co_await wire.read_head();
    }
    if (!reply) {
        // A connection that idles may be closed just when the next request comes.
        if (!pauses) fault(asked, {}, "no reply");
        co_return false;
    }
    // The time for the first head begins with the connection: it may end just when the head comes.
    constexpr int kRequestTimeout = 408;
    if (pauses && reply->status() == kRequestTimeout) co_return false;
    const bool has_body = asked.method != "HEAD" && reply->status() != 304 && reply->status() != 204;
    if (has_body) co_await wire.read_body(*reply, true);
    ++result_.replies;
    judge(asked, *reply);
    co_return reply->fields["connection"] != "close";
}

void CacheClient::fault(const Asked& asked, const Message& reply, const std::string& what) {
    std::string text = what + "\n" + asked.method + " " + asked.target + "\n";
    for (const auto& [name, value] : asked.fields) text.append("  ").append(name).append(": ").append(value).append("\n");
    text += "reply: " + reply.start_line + "\n";
    for (const auto& [name, value] : reply.fields) text.append("  ").append(name).append(": ").append(value).append("\n");
    result_.faults.push_back(text);
}

// Learned from a page of the same target that was for everybody, whether or not it was worth storing.
void CacheClient::judge_hint(const Asked& asked, const Message& hint) {
    ++result_.hints;
    const auto& link = hint.fields.contains("link") ? hint.fields.at("link") : std::string();
    const auto end = link.find('>');
    const auto* const given = end == std::string::npos ? nullptr : origin_.given(parse_decimal(link.substr(2, end - 2)).value_or(0));
    if (given == nullptr || given->target != asked.target) return fault(asked, hint, "a hint of something else");
    if (asked.method != "GET") return fault(asked, hint, "a hint to a " + asked.method);
    const auto is_for_all = [](const Kept& state) {
        return state.status == 200 && !state.fields.contains("vary") && forbids_storing(state, kAllowed).empty();
    };
    if (std::ranges::none_of(given->states, is_for_all)) fault(asked, hint, "a hint of what was not for everybody");
}

// Of Weir itself.
void CacheClient::judge_own(const Asked& asked, const Message& reply) {
    const bool is_only_cached = reply.status() == 504 && says(asked.fields, "cache-control", "only-if-cached");
    const bool has_failed = reply.status() / 100 == 5 && origin_.has_failed_since(asked.target, asked.begun - kSlack);
    if (!is_only_cached && !has_failed) fault(asked, reply, "an error without a cause");
}

// What went on to the origin was stored, or there is a word for why not.
void CacheClient::judge_status(const Asked& asked, const Message& reply) {
    if (!says(reply.fields, "cache-status", "; fwd=")) return;
    const bool is_stored = says(reply.fields, "cache-status", "; stored");
    const bool has_reason = says(reply.fields, "cache-status", "; detail=") || says(reply.fields, "cache-status", "; fwd=method");
    if (is_stored == has_reason) fault(asked, reply, is_stored ? "stored, and a reason why not" : "not stored, and no reason");
}

void CacheClient::judge(const Asked& asked, const Message& reply) {
    if (!reply.has("x-answer")) return judge_own(asked, reply);
    judge_status(asked, reply);
    const auto answer = parse_decimal(reply.fields.at("x-answer")).value_or(0);
    const auto* const given = origin_.given(answer);
    if (given == nullptr || given->target != asked.target) return fault(asked, reply, "an answer of something else");
    judge_body(asked, reply, answer);
    if (reply.has("etag")) seen_tag_ = reply.fields.at("etag");
    if (origin_.served(asked.id) == answer) return;
    ++result_.reused;
    if (const auto why = forbids_reuse(asked, *given, reply); !why.empty()) fault(asked, reply, why);
}

void CacheClient::judge_body(const Asked& asked, const Message& reply, std::uint64_t answer) {
    const auto status = reply.status();
    if (asked.method == "HEAD" || status == 304 || status == 204) return;
    if (!reply.is_whole) {
        // What was cut off because the origin failed looks so.
        if (!origin_.has_failed_since(asked.target, asked.begun - kSlack)) fault(asked, reply, "a body that was cut off");
        return;
    }
    auto body = origin_.body_of(answer);
    if (status == 416 && reply.has("content-range")) body.clear();
    if (status == 206) {
        const auto& place = reply.fields.at("content-range");
        const auto dash = place.find('-');
        const auto first = std::stoul(place.substr(6)), last = std::stoul(place.substr(dash + 1));
        body = first < body.size() ? body.substr(first, last - first + 1) : "";
    }
    if (reply.body != body) fault(asked, reply, "other octets than those of the answer");
}

std::string CacheClient::forbids_reuse(const Asked& asked, const CacheOrigin::Given& given, const Message& reply) {
    if (asked.method == "POST") return "a stored answer to a POST";
    std::string why;
    for (const auto& state : given.states) {
        why = forbids_state(asked, state, reply);
        if (why.empty()) return "";
    }
    return why;
}

std::string CacheClient::forbids_state(const Asked& asked, const Kept& state, const Message& reply) {
    const Wanted wanted{.fields = asked.fields,
                        .at = std::max(state.received, wall_seconds() - kSlack),
                        .origin_fails = origin_.has_failed_since(asked.target, asked.begun - kSlack)};
    // Those who wait together share a failure, though nothing lets it be stored.
    const bool is_shared_failure = state.status / 100 == 5 && state.received >= asked.begun - kUnderWay;
    const auto unstorable = forbids_storing(state, kAllowed);
    if (!unstorable.empty() && !(is_shared_failure && unstorable == "status without a lifetime"))
        return "stored in spite of: " + unstorable;
    if (auto why = forbids_selection(state, wanted); !why.empty()) return "selected in spite of: " + why;
    if (says(state.fields, "cache-control", "private=\"a\"") && reply.has("a")) return "a field that is private";
    // Fetched or validated while this request was under way, or about to arrive when it came: it is as fresh as can be.
    if (state.received >= asked.begun - kUnderWay) return "";
    if (says(state.fields, "cache-control", "no-cache=\"b, c\"") && reply.has("b")) return "a field that needs validation";
    auto kept = state;
    kept.is_invalid = state.received < origin_.last_change(asked.target) && origin_.last_change(asked.target) < asked.begun - kSlack;
    const auto age = age_of(state, wanted.at);
    if (age > lifetime_of(state)) ++result_.stale;
    auto working = wanted;
    working.origin_fails = false;
    const auto why = forbids_sending(kept, wanted, kAllowed);
    if (!why.empty() && !forbids_sending(kept, working, kAllowed).empty()) return "sent in spite of: " + why;
    if (reply.status() == 416) return "";
    if (!reply.has("age")) return "a stored answer without Age";
    const auto told = std::stod(reply.fields.at("age"));
    return std::abs(told - age) <= 2 * kSlack ? "" : "Age " + reply.fields.at("age") + " instead of " + std::to_string(age);
}

}  // namespace weir::sim
