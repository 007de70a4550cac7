#include "sim/origin.h"

#include "base/arena.h"
#include "http/websocket.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::sim {
namespace {

constexpr auto kFreeze = std::chrono::minutes(3);
constexpr std::uint64_t kLastWordsMax = 3'000;  // milliseconds
constexpr auto kPatience = std::chrono::minutes(10);

}  // namespace

Origin::Origin(const net::Address& at, std::uint64_t seed, Ledger& ledger)
    : listener_(net::listen(at, {}).value_or(io::kNoHandle)), random_(seed), ledger_(ledger) {}

io::Task<> Origin::run(io::Stop& stop) {
    co_await listener_.run([this](net::Accepted accepted) { scope_.spawn(serve(accepted.handle)); }, stop);
    co_await scope_.join();
}

io::Task<> Origin::serve(io::Handle handle) {
    Wire wire(std::make_unique<net::SocketStream>(handle), io::Worker::current().now() + kPatience);
    for (bool goes_on = true; goes_on;) goes_on = co_await serve_one(wire);
}

void Origin::check(const Script& script, const Message& message) {
    auto& seen = ledger_[script.id];
    const auto wrong = [&seen](const std::string& why) { seen.is_wrong = true, seen.why = why; };
    if (message.is_whole) ++seen.whole;
    if (message.target() != script.target()) wrong("target " + message.target());
    if (message.method() != script.method) wrong("method " + message.method());
    if (!message.is_well_formed) wrong("framing");
    if (message.has("x-hop")) wrong("a field named by Connection was forwarded");
    if (message.is_whole && message.body != octets_of(script.id, script.request_size))
        wrong("body of " + std::to_string(message.body.size()));
}

io::Task<bool> Origin::serve_one(Wire& wire) {
    auto message = co_await wire.read_head();
    if (!message) co_return false;
    const auto script = Script::of_target(message->target());
    ++ledger_[script.id].heads;
    if (script.mood == Mood::closes_silent) co_return false;
    if (script.mood == Mood::freezes) {
        co_await io::sleep_until(io::Worker::current().now() + kFreeze);
        co_return false;
    }
    if (script.is_upgrade) {
        const bool upgraded = co_await upgrade(wire, script, *message);
        co_return upgraded;
    }
    if (message->has("expect")) {
        const bool said = co_await wire.write("HTTP/1.1 100 Continue\r\n\r\n");
        if (!said) co_return false;
    }
    const bool is_early = script.mood == Mood::answers_early;
    bool goes_on = true;
    if (is_early) goes_on = co_await answer(wire, script);
    co_await wire.read_body(*message, false);
    check(script, *message);
    if (!message->is_whole) co_return false;
    if (!is_early) goes_on = co_await answer(wire, script);
    co_return goes_on && !script.closes;
}

io::Task<bool> Origin::answer(Wire& wire, const Script& script) {
    const auto body = octets_of(~script.id, script.answer_size);
    std::string text;
    if (script.mood == Mood::interim) text = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    if (script.mood == Mood::garbles) {
        text += random_.chance(0.5) ? "HTTP/1.1 2 00 OK\r\n\r\n" : "HTTP/1.1 200 OK\r\nX Y: z\r\n\r\n";
        co_await wire.write(std::move(text));
        co_return false;
    }
    text += "HTTP/1.1 200 OK\r\nX-Script: " + std::to_string(script.id) + "\r\nKeep-Alive: timeout=5\r\n";
    if (script.closes || script.answer_body == Body::until_close) text += "Connection: close\r\n";
    if (script.mood == Mood::both_lengths) text += "Content-Length: " + std::to_string(body.size()) + "\r\nTransfer-Encoding: chunked\r\n";
    const bool has_body = script.method != "HEAD";
    auto rest = body;
    if (script.answer_body == Body::length) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    if (script.answer_body == Body::chunked) {
        text += "Transfer-Encoding: chunked\r\n";
        rest = chunked_text(body, 1 + random_.below(9000), script.has_trailers);
    }
    text += "\r\n";
    if (has_body) text += rest;
    const bool dies_late = script.mood == Mood::dies_late;
    const bool breaks = script.mood == Mood::truncates || script.mood == Mood::resets || dies_late;
    if (breaks) text.resize(text.size() - std::min(text.size(), 1 + random_.below(std::max<std::size_t>(rest.size(), 1))));
    if (script.mood == Mood::resets) wire.stream().abort();
    const bool written = co_await wire.write(std::move(text));
    if (dies_late) {
        co_await io::sleep_until(io::Worker::current().now() + std::chrono::milliseconds(random_.below(kLastWordsMax)));
        wire.stream().abort();
    }
    co_return written && !breaks && script.answer_body != Body::until_close;
}

// Echoes what it gets, then says its own octets; ends when the client has ended.
io::Task<bool> Origin::upgrade(Wire& wire, const Script& script, Message& message) {
    std::string head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: " + message.fields["upgrade"] + "\r\n";
    Arena arena;
    if (message.has("sec-websocket-key"))
        head.append("Sec-WebSocket-Accept: ").append(http::websocket_accept(message.fields["sec-websocket-key"], arena)).append("\r\n");
    const bool said = co_await wire.write(head + "\r\n");
    if (!said) co_return false;
    const auto got = co_await wire.read_octets(script.answer_size);
    const auto& expected = octets_of(script.id, script.answer_size);
    auto& seen = ledger_[script.id];
    if (got.size() == expected.size()) ++seen.whole;
    if (!expected.starts_with(got)) seen.is_wrong = true, seen.why = "octets of a tunnel";
    if (got.size() == expected.size()) {
        const bool echoed = co_await wire.write(got);
        if (echoed) wire.stream().close_write();
        co_await wire.read_octets(~std::size_t{0});
    }
    co_return false;
}

}  // namespace weir::sim
