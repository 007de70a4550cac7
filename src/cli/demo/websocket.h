// The server's side of RFC 6455, as much as an echo needs: handshake, frames, fragmented messages, ping and pong, close. No extensions.
// FrameReader is a codec without I/O; echo() speaks through a stream. Limits: kMessageMax octets of a message (close 1009),
// kIdle without a frame (close 1001).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"
#include "io/deadline.h"
#include "io/task.h"
#include "net/stream.h"

namespace weir::cli::websocket {

inline constexpr std::size_t kMessageMax = 1024 * 1024;
inline constexpr Duration kIdle = std::chrono::minutes(30);

// Sec-WebSocket-Accept for a key (RFC 6455 4.2.2).
std::string accept_for(std::string_view key);
// 0 when the request is a good handshake (RFC 6455 4.2.1), else the status to refuse it with: 400, or 426 for another version.
std::uint16_t fault_of(const http::Request& request);

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct Event {
    enum class Kind : std::uint8_t { need_more, message, ping, pong, close, bad };
    Kind kind = Kind::need_more;
    Opcode opcode = Opcode::text;  // of a message
    std::uint16_t code = 1000;     // of a close; why, when bad
    std::string_view payload;      // until the next call
};

// Frames of a client, fed as they come.
class FrameReader {
public:
    void feed(std::string_view octets) { input_ += octets; }
    // The next whole message or control frame.
    Event next();

private:
    struct Head {
        Opcode opcode;
        bool is_final;
        std::size_t octets;
        std::uint64_t payload_octets;
    };
    std::uint16_t read_head(Head& head) const;  // 0, or a close code; head.octets is 0 while it is not whole
    Event control(const Head& head, std::string_view payload);
    Event data(const Head& head, std::string_view payload);
    static Event bad(std::uint16_t code) { return {.kind = Event::Kind::bad, .code = code}; }

    std::string input_;
    std::string message_;
    std::string control_;
    Opcode message_opcode_ = Opcode::continuation;  // continuation: none has begun
    bool is_message_done_ = false;
};

// A frame's head of a server (unmasked), at most ten octets.
std::string frame_head(Opcode opcode, std::uint64_t payload_octets);

// Says back every message until one side closes. `early`: octets that came right behind the request.
io::Task<> echo(net::Stream& stream, std::string_view early, io::Stop* stop);

}  // namespace weir::cli::websocket
