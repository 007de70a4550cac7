// RecordLayer: the records of TLS 1.3 (RFC 8446 5) of a connection whose handshake OpenSSL has done. From then on a connection needs two
// keys and two counters; OpenSSL would keep 14 KiB for it. Octets are opened where they were read to, and sealed where they leave from.
// Owner: a stream. Thread: the worker's. Memory: the object; a Chunk while octets of a record are at hand, no larger than what is there
// needs. Limits: kQuietMax records in a row that carry nothing; kRecordsAKey records until we change our key.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/chunk.h"
#include "io/frame_pool.h"
#include "tls/key_schedule.h"

namespace weir::tls {

class Wire;
struct TrafficSecrets;

enum class Alert : std::uint8_t {
    close_notify = 0,
    unexpected_message = 10,
    bad_record_mac = 20,
    record_overflow = 22,
    illegal_parameter = 47,
    decode_error = 50,
    user_canceled = 90,
};

class RecordLayer {
public:
    static constexpr std::uint32_t kQuietMax = 32;
    static constexpr std::uint64_t kRecordsAKey = std::uint64_t{1} << 23;  // RFC 8446 5.5: 2^24.5 at most, with AES-GCM

    enum class State : std::uint8_t {
        open,
        ended,   // by close_notify
        failed,  // an alert waits in the wire, or came
    };

    // The server's side. `sent`: records that left under the new key already. nullptr: a suite that is not known here.
    static std::unique_ptr<RecordLayer> make(std::uint16_t suite, const TrafficSecrets& secrets, std::uint64_t sent);
    RecordLayer(const RecordLayer&) = delete;
    RecordLayer& operator=(const RecordLayer&) = delete;
    ~RecordLayer();

    static void* operator new(std::size_t octets) { return io::FramePool::take(octets); }
    static void operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

    // Octets that were read before, of records that are not opened yet.
    void set_ahead(Chunk chunk, std::size_t begin, std::size_t end);
    // Octets of the application; 0: there are none now, and state() says whether there will be.
    std::size_t read(Wire& wire, std::span<char> into);
    // Whether some are here without reading. Opens what is whole, so that a change of keys is no sign of them.
    bool has_input(Wire& wire);
    // Octets are at hand, opened or not.
    bool is_holding() const { return begin_ != end_ || !opened_.empty(); }
    // Of the Chunk that holds them; 0: there is none.
    std::size_t room() const { return chunk_.size(); }
    // One record of application data. False: the wire holds too much, or our last record has been.
    bool write(Wire& wire, std::string_view octets);
    // One record with messages that follow a handshake, before or between those of the application.
    bool put_handshake(Wire& wire, std::string_view messages);
    void put_goodbye(Wire& wire) { end_with(wire, Alert::close_notify); }
    State state() const { return state_; }

private:
    struct Direction {
        Secret secret{};
        std::array<std::uint8_t, 32> key{};
        std::array<std::uint8_t, 12> iv{};
        std::uint64_t sequence = 0;
    };
    enum class Step : std::uint8_t { some, quiet, need_more, over };

    RecordLayer(std::uint8_t suite, SuiteDigest digest) : suite_(suite), digest_(digest) {}
    void derive_keys(Direction& direction) const;
    void change_key(Direction& direction) const;
    void move_to(std::size_t octets);
    void make_small();
    bool fill(Wire& wire);
    Step open_next(Wire& wire);
    Step open(Wire& wire, std::span<std::uint8_t> record);
    Step take_inner(Wire& wire, std::string_view inner);
    Step take_handshake(Wire& wire, std::string_view fragment);
    Step take_alert(Wire& wire, std::string_view alert);
    Step fail(Wire& wire, Alert why);
    bool seal(Wire& wire, std::uint8_t type, std::string_view octets);
    bool put_key_update(Wire& wire);
    void end_with(Wire& wire, Alert alert);

    static constexpr std::size_t kKeyUpdateOctets = 5;

    Direction in_;
    Direction out_;
    Chunk chunk_;              // what was read
    std::uint32_t begin_ = 0;  // of it: records that are not opened
    std::uint32_t end_ = 0;
    std::string_view opened_;  // of it: octets of the application
    std::uint32_t quiet_ = 0;
    std::uint8_t suite_;
    SuiteDigest digest_;
    State state_ = State::open;
    bool expects_much_ = false;
    bool is_mute_ = false;  // after an alert, ours or a fatal one of the peer's
    std::uint8_t message_octets_ = 0;
    std::array<char, kKeyUpdateOctets> message_{};  // a KeyUpdate as far as it is here
};

}  // namespace weir::tls
