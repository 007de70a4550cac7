#include <array>

#include "cli/demo/websocket.h"
#include "io/worker.h"

namespace weir::cli::websocket {

namespace {

constexpr Duration kStall = std::chrono::seconds(60);
constexpr std::uint16_t kGoingAway = 1001;

io::Task<bool> send(net::Stream& stream, Opcode opcode, std::string_view payload, io::Stop* stop) {
    const auto head = frame_head(opcode, payload.size());
    std::array parts{net::iovec_of(head), net::iovec_of(payload)};
    const auto sent = co_await net::write_all(stream, parts, {kNever, stop}, kStall, Side::client);
    co_return sent.has_value();
}

io::Task<> say_goodbye(net::Stream& stream, std::uint16_t code) {
    const std::array octets{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
    co_await send(stream, Opcode::close, {octets.data(), octets.size()}, nullptr);
    stream.close_write();
}

// False when the conversation is over.
io::Task<bool> answer(net::Stream& stream, Event event, io::Stop* stop) {
    switch (event.kind) {
        case Event::Kind::message: co_return co_await send(stream, event.opcode, event.payload, stop);
        case Event::Kind::ping: co_return co_await send(stream, Opcode::pong, event.payload, stop);
        case Event::Kind::close:
        case Event::Kind::bad: co_await say_goodbye(stream, event.code); co_return false;
        case Event::Kind::need_more:
        case Event::Kind::pong: break;
    }
    co_return true;
}

// Feeds what comes next. False when nothing will.
io::Task<bool> listen(net::Stream& stream, FrameReader& reader, io::Stop* stop) {
    for (;;) {
        auto chunk = Chunk::take(Chunk::kMedium);
        const auto count = stream.read({chunk.data(), chunk.size()});
        if (count.is_some()) {
            reader.feed({chunk.data(), count.octets()});
            co_return true;
        }
        if (!count.is_blocked()) co_return false;
        chunk.reset();
        const auto ready = co_await stream.readable({io::Worker::current().now() + kIdle, stop});
        if (ready) continue;
        co_await say_goodbye(stream, kGoingAway);
        co_return false;
    }
}

}  // namespace

io::Task<> echo(net::Stream& stream, std::string_view early, io::Stop* stop) {
    FrameReader reader;
    reader.feed(early);
    for (;;) {
        const auto event = reader.next();
        const bool wants_more = event.kind == Event::Kind::need_more;
        const bool goes_on = wants_more ? co_await listen(stream, reader, stop) : co_await answer(stream, event, stop);
        if (!goes_on) co_return;
    }
}

}  // namespace weir::cli::websocket
