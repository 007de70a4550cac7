#include "sim/h2_origin.h"

#include "io/worker.h"

namespace weir::sim {
namespace {

constexpr std::chrono::seconds kLastWordsMax(3);
constexpr std::int32_t kWindow = 10'000'000;

Script script_of(const http::h2::HeardRequest& request) { return Script::of_target(request.field(":path")); }

bool is_tunnel(const http::h2::HeardRequest& request) { return request.field(":method") == "CONNECT"; }

}  // namespace

H2Origin::H2Origin(const net::Address& at, std::uint64_t seed, Ledger& ledger, std::chrono::milliseconds pause_max)
    : pause_max_(pause_max), listener_(net::listen(at, {}).value_or(io::kNoHandle)), random_(seed), ledger_(ledger) {
    options_ = {.settings = {{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}, {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2}},
                .on_head = [this](Session& session, Request& request) { hear_head(session, request); },
                .on_whole = [this](Session& session, Request& request) { hear_end(session, request); },
                .on_data = [this](Session& session, Request& request) { hear_data(session, request); },
                .on_time = [this](Session& session) { reset_due(session); },
                .takes_body = pause_max == pause_max.zero(),
                .is_lenient = true};
    if (options_.takes_body) return;
    static constexpr std::uint32_t kWindows[] = {8'000, 65'535, kWindow, kWindow};
    options_.settings[1].value = 100;
    options_.settings.push_back({NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindows[random_.below(4)]});
}

io::Task<> H2Origin::run(io::Stop& stop) {
    co_await listener_.run(
        [this, &stop](net::Accepted accepted) {
            sessions_.push_back(std::make_unique<Session>(std::make_unique<net::SocketStream>(accepted.handle), options_));
            if (!options_.takes_body) nghttp2_session_set_local_window_size(sessions_.back()->session, NGHTTP2_FLAG_NONE, 0, kWindow);
            scope_.spawn(sessions_.back()->run(&stop));
        },
        stop);
    co_await scope_.join();
}

// Nothing of it has been looked at (RFC 9113 8.7): it may come again, whatever it is. Not those whose body may be on its way.
bool H2Origin::refuses(const Script& script) {
    return script.request_body == Body::none && random_.chance(0.1) && refused_.insert(script.id).second;
}

void H2Origin::reset(Session& session, const Request& request, std::uint32_t code) {
    nghttp2_submit_rst_stream(session.session, NGHTTP2_FLAG_NONE, request.stream, code);
}

void H2Origin::hear_head(Session& session, Request& request) {
    const auto script = script_of(request);
    if (refuses(script)) return reset(session, request, NGHTTP2_REFUSED_STREAM);
    ++ledger_[script.id].heads;
    if (script.mood == Mood::closes_silent) return reset(session, request, NGHTTP2_INTERNAL_ERROR);
    if (is_tunnel(request)) {
        session.keep_open(request.stream);
        return session.answer(request.stream, {{":status", "200"}});
    }
    if (!request.field("expect").empty()) session.interim(request.stream, {{":status", "100"}});
    if (script.mood == Mood::answers_early) answer(session, request, script);
}

TimePoint H2Origin::later(std::chrono::milliseconds at_most) {
    return io::Worker::current().now() + std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(at_most.count())));
}

// Of a stream whose script freezes nothing is taken; others go on.
void H2Origin::take(Session& session, Request& request, const Script& script) {
    if (random_.chance(0.05)) session.deaf_until = later(pause_max_);
    const auto count = request.body.size() - std::exchange(request.consumed, request.body.size());
    if (script.mood == Mood::freezes) nghttp2_session_consume_connection(session.session, count);
    else nghttp2_session_consume(session.session, request.stream, count);
}

// Echoes what it gets, and ends when all of it has come.
void H2Origin::hear_data(Session& session, Request& request) {
    const auto script = script_of(request);
    if (!options_.takes_body) take(session, request, script);
    if (!is_tunnel(request)) return;
    auto& seen = ledger_[script.id];
    if (!octets_of(script.id, script.answer_size).starts_with(request.body)) seen.is_wrong = true, seen.why = "octets of a tunnel";
    if (request.body.size() != script.answer_size) return;
    ++seen.whole;
    session.more(request.stream, request.body, true);
}

void H2Origin::check(const Script& script, const Request& request) {
    auto& seen = ledger_[script.id];
    const auto wrong = [&seen](const std::string& why) { seen.is_wrong = true, seen.why = why; };
    ++seen.whole;
    if (request.field(":path") != script.target()) wrong("target " + request.field(":path"));
    if (request.field(":method") != script.method) wrong("method " + request.field(":method"));
    if (!request.field("x-hop").empty() || !request.field("connection").empty()) wrong("a field of the connection was forwarded");
    if (request.body != octets_of(script.id, script.request_size)) wrong("body of " + std::to_string(request.body.size()));
}

void H2Origin::hear_end(Session& session, Request& request) {
    const auto script = script_of(request);
    if (is_tunnel(request) && script.answer_size == 0) return session.more(request.stream, "", true);
    if (is_tunnel(request) || script.mood == Mood::closes_silent || request.reset_code >= 0) return;
    if (refused_.contains(script.id) && ledger_[script.id].heads == 0) return;
    check(script, request);
    if (script.mood == Mood::freezes || script.mood == Mood::answers_early) return;
    answer(session, request, script);
}

void H2Origin::reset_due(Session& session) {
    const auto now = io::Worker::current().now();
    std::erase_if(due_, [&](const Due& due) {
        if (due.session != &session) return false;
        if (due.at <= now) nghttp2_submit_rst_stream(session.session, NGHTTP2_FLAG_NONE, due.stream, NGHTTP2_INTERNAL_ERROR);
        else session.look_at = std::min(session.look_at, due.at);
        return due.at <= now;
    });
}

// In the middle of its answer: the stream, or the connection with it.
void H2Origin::die_late(Session& session, const Request& request, const Script& script) {
    session.keep_open(request.stream);
    session.answer(request.stream, {{":status", "200"}}, octets_of(~script.id, script.answer_size / 2));
    if (!options_.takes_body && random_.chance(0.3)) {
        session.dies_at = std::min(session.dies_at, later(kLastWordsMax));
        return;
    }
    due_.push_back({&session, request.stream, later(kLastWordsMax)});
    session.look_at = std::min(session.look_at, due_.back().at);
}

void H2Origin::answer(Session& session, const Request& request, const Script& script) {
    if (script.mood == Mood::dies_late && script.method != "HEAD") return die_late(session, request, script);
    http::h2::Pairs fields{{":status", "200"}, {"x-script", std::to_string(script.id)}};
    auto size = script.answer_size;
    const bool has_length = script.answer_body == Body::length;
    const bool is_head = script.method == "HEAD";
    switch (script.mood) {
        case Mood::interim: session.interim(request.stream, {{":status", "103"}, {"link", "</a.css>; rel=preload"}}); break;
        case Mood::resets: return reset(session, request, NGHTTP2_INTERNAL_ERROR);
        case Mood::truncates:
            if (is_head || !has_length || size == 0) return reset(session, request, NGHTTP2_CANCEL);
            size -= 1 + random_.below(size);
            break;
        case Mood::garbles: random_.chance(0.5) ? void(fields[0].second = "2x0") : void(fields.emplace_back("x y", "z")); break;
        case Mood::both_lengths: fields.insert(fields.end(), {{"content-length", "7"}, {"content-length", "8"}}); break;
        default: break;
    }
    if (has_length && script.mood != Mood::both_lengths) fields.emplace_back("content-length", std::to_string(script.answer_size));
    auto body = is_head ? std::string() : octets_of(~script.id, script.answer_size).substr(0, size);
    session.answer(request.stream, fields, std::move(body),
                   script.has_trailers && !is_head ? http::h2::Pairs{{"x-checksum", "1"}} : http::h2::Pairs{});
    // RFC 9113 6.8: says goodbye in good order; what is on its way is answered.
    if (script.closes) nghttp2_submit_shutdown_notice(session.session);
}

}  // namespace weir::sim
