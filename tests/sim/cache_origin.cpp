#include "sim/cache_origin.h"

#include <algorithm>

#include "base/text.h"
#include "io/worker.h"
#include "sim/script.h"

namespace weir::sim {
namespace {

constexpr auto kPatience = std::chrono::hours(2);
constexpr std::uint32_t kBodyMax = 20'000;

std::string head_text(int status, const Lines& fields) {
    auto text = "HTTP/1.1 " + std::to_string(status) + " As Told\r\n";
    for (const auto& [name, value] : fields) text.append(name).append(": ").append(value).append("\r\n");
    return text + "\r\n";
}

}  // namespace

double wall_seconds() { return std::chrono::duration<double>(io::Worker::current().wall_now().time_since_epoch()).count(); }

CacheOrigin::CacheOrigin(const net::Address& at, std::uint64_t seed)
    : listener_(net::listen(at, {}).value_or(io::kNoHandle)), messages_(seed) {}

io::Task<> CacheOrigin::run(io::Stop& stop) {
    co_await listener_.run([this](net::Accepted accepted) { scope_.spawn(serve(accepted.handle)); }, stop);
    co_await scope_.join();
}

io::Task<> CacheOrigin::serve(io::Handle handle) {
    Wire wire(std::make_unique<net::SocketStream>(handle), io::Worker::current().now() + kPatience);
    for (bool goes_on = true; goes_on;) {
        auto message = co_await wire.read_head();
        if (!message) co_return;
        co_await wire.read_body(*message, false);
        goes_on = co_await answer(wire, *message);
    }
}

io::Task<bool> CacheOrigin::answer(Wire& wire, const Message& message) {
    ++asked_;
    const auto now = wall_seconds();
    if (now > fails_until_ && messages_.one_in(25)) fails_until_ = now + messages_.below(80);
    const bool is_silent = now < fails_until_ && messages_.one_in(2);
    if (now < fails_until_) failures_[message.target()] = now;
    if (is_silent) co_return false;
    const bool is_head = message.method() == "HEAD";
    const auto known = is_head ? latest_of(message) : known_of(message);
    auto text = known != 0 && now >= fails_until_ ? not_modified(known, message) : anew(message);
    const bool written = co_await wire.write(std::move(text));
    co_return written;
}

// The answer that If-None-Match names, if it is still good.
std::uint64_t CacheOrigin::known_of(const Message& message) const {
    const auto tags = message.fields.find("if-none-match");
    if (tags == message.fields.end()) return 0;
    const auto quote = tags->second.rfind('"', tags->second.size() - 2);
    const auto answer = parse_decimal(tags->second.substr(quote + 1, tags->second.size() - quote - 2)).value_or(0);
    const auto found = given_.find(answer);
    if (found == given_.end() || found->second.target != message.target()) return 0;
    // Every third answer has changed since; what was changed by somebody is not what it was.
    return answer % 3 == 0 || found->second.states[0].received < last_change(message.target()) ? 0 : answer;
}

// The last answer to such a GET, if it is still good: every other HEAD is told of it.
std::uint64_t CacheOrigin::latest_of(const Message& message) {
    const auto found = latest_.find(message.target());
    if (found == latest_.end() || messages_.one_in(2)) return 0;
    const auto& first = given_.at(found->second).states[0];
    return first.status != 200 || first.received < last_change(message.target()) ? 0 : found->second;
}

std::string CacheOrigin::not_modified(std::uint64_t answer, const Message& message) {
    const auto now = wall_seconds();
    auto& given = given_[answer];
    Lines fields{{"date", date_text(now)}, {"x-answer", std::to_string(answer)}};
    const bool is_head = message.method() == "HEAD";
    const auto tag = given.states.back().fields.find("etag");
    if (tag != given.states.back().fields.end()) fields["etag"] = tag->second;
    if (messages_.one_in(2)) fields["cache-control"] = messages_.answers_control();
    // Who asked last is who it is good for from here on. The cache may not have heard of every 304: this one may renew any state.
    std::vector<Kept> renewed;
    for (auto state : given.states) {
        state.request = message.fields;
        state.fields.erase("age");
        for (const auto& [name, value] : fields) state.fields[name] = value;
        state.asked = state.received = now;
        const bool is_known = std::ranges::any_of(renewed, [&](const Kept& other) { return other.fields == state.fields; });
        if (!is_known) renewed.push_back(std::move(state));
    }
    given.states.insert(given.states.end(), renewed.begin(), renewed.end());
    served_[message.fields.at("x-ask")] = answer;
    if (is_head) fields["content-length"] = std::to_string(given.size);
    return head_text(is_head ? 200 : 304, fields);
}

std::string CacheOrigin::anew(const Message& message) {
    const auto now = wall_seconds();
    const auto answer = ++last_answer_;
    const bool is_read = message.method() == "GET" || message.method() == "HEAD";
    Kept kept{.request = message.fields, .asked = now, .received = now};
    kept.status = now < fails_until_ ? 503 : is_read ? messages_.status() : 200;
    kept.fields = messages_.answer(now);
    kept.fields["x-answer"] = std::to_string(answer);
    if (is_read) kept.fields["content-type"] = "text/html";
    if (is_read && !messages_.one_in(4)) kept.fields["link"] = "</" + std::to_string(answer) + ">; rel=preload; as=style";
    // Fields that private="a" and no-cache="b, c" may name.
    for (const auto* name : {"a", "b", "c"}) kept.fields[name] = "1";
    if (messages_.one_in(2)) kept.fields["etag"] = (messages_.one_in(3) ? "W/\"" : "\"") + std::to_string(answer) + "\"";
    auto& given = given_[answer];
    given = {.target = message.target(), .states = {kept}, .size = kept.status == 204 ? 0 : messages_.below(kBodyMax)};
    if (kept.status == 500 || (kept.status >= 502 && kept.status <= 504)) failures_[message.target()] = now;
    if (message.method() == "GET") latest_[message.target()] = answer;
    if (!is_read && kept.status == 200) changes_[message.target()] = now;
    served_[message.fields.at("x-ask")] = answer;
    auto sent = kept.fields;
    if (kept.status != 204) sent["content-length"] = std::to_string(given.size);
    return head_text(kept.status, sent) + (message.method() == "HEAD" ? "" : body_of(answer));
}

const CacheOrigin::Given* CacheOrigin::given(std::uint64_t answer) const {
    const auto found = given_.find(answer);
    return found == given_.end() ? nullptr : &found->second;
}

std::string CacheOrigin::body_of(std::uint64_t answer) const { return octets_of(answer, given_.at(answer).size); }

std::uint64_t CacheOrigin::served(const std::string& ask) const {
    const auto found = served_.find(ask);
    return found == served_.end() ? 0 : found->second;
}

double CacheOrigin::last_change(const std::string& target) const {
    const auto found = changes_.find(target);
    return found == changes_.end() ? 0 : found->second;
}

bool CacheOrigin::has_failed_since(const std::string& target, double since) const {
    const auto found = failures_.find(target);
    return found != failures_.end() && found->second >= since;
}

}  // namespace weir::sim
