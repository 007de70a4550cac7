// FrameWatch: follows the frames of a connection by their heads (RFC 9113 4.1), so that each is counted before libnghttp2 works on it,
// those that it passes over too. Thread: the worker's. Memory: the head of one frame.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::http::h2 {

inline constexpr std::size_t kFrameHead = 9;
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113 3.4

enum class FrameType : std::uint8_t {
    data,
    headers,
    priority,
    rst_stream,
    settings,
    push_promise,
    ping,
    goaway,
    window_update,
    continuation,
    priority_update = 0x10
};

struct FrameHead {
    static constexpr std::uint8_t kEndStream = 1;
    static constexpr std::uint8_t kAck = 1;
    static constexpr std::uint8_t kEndHeaders = 4;
    static constexpr std::uint8_t kPadded = 8;
    std::uint32_t length = 0;
    FrameType type{};
    std::uint8_t flags = 0;
    std::uint32_t id = 0;
    std::uint32_t word = 0;  // PRIORITY: the stream it depends on; WINDOW_UPDATE: its increment; DATA with padding: its octets
};

class FrameWatch {
public:
    // `after`: octets that come before the first frame.
    explicit FrameWatch(std::size_t after) : skip_(after) {}

    // Calls visit(head) for each frame that begins; false when it said so, and stops.
    template <class Visit>
    bool feed(std::string_view octets, Visit&& visit) {
        while (!octets.empty()) {
            const auto skipped = std::min(skip_, octets.size());
            skip_ -= skipped;
            octets.remove_prefix(skipped);
            const auto taken = std::min(wanted() - have_, octets.size());
            if (taken == 0) break;
            std::memcpy(head_.data() + have_, octets.data(), taken);
            have_ += taken;
            octets.remove_prefix(taken);
            if (have_ < wanted()) continue;
            const auto head = read();
            is_in_headers_ = head.type == FrameType::headers || head.type == FrameType::continuation;
            is_block_open_ = is_in_headers_ && (head.flags & FrameHead::kEndHeaders) == 0;
            skip_ = head.length - (have_ - kFrameHead);
            have_ = 0;
            if (!visit(head)) return false;
        }
        return true;
    }

    // In the middle of a header block, over all of its frames.
    bool is_in_header_block() const { return is_block_open_ || (is_in_headers_ && skip_ != 0); }

private:
    static constexpr std::size_t kPriorityOctets = 5;
    static constexpr std::size_t kWord = 4;

    std::uint32_t number(std::size_t at, std::size_t octets) const {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < octets; ++i) value = value << 8U | static_cast<unsigned char>(head_[at + i]);
        return value;
    }
    // Three kinds are looked into, when their length is right.
    std::size_t wanted() const { return have_ < kFrameHead ? kFrameHead : kFrameHead + octets_of_word(); }
    std::size_t octets_of_word() const {
        const auto type = static_cast<FrameType>(head_[3]);
        const auto length = number(0, 3);
        if (type == FrameType::data) return (static_cast<std::uint8_t>(head_[4]) & FrameHead::kPadded) != 0 && length != 0 ? 1 : 0;
        const bool has_word =
            (type == FrameType::priority && length == kPriorityOctets) || (type == FrameType::window_update && length == kWord);
        return has_word ? kWord : 0;
    }
    FrameHead read() const {
        constexpr std::uint32_t kIdMask = 0x7fffffff;
        FrameHead head{.length = number(0, 3),
                       .type = static_cast<FrameType>(head_[3]),
                       .flags = static_cast<std::uint8_t>(head_[4]),
                       .id = number(5, 4) & kIdMask};
        if (have_ > kFrameHead) head.word = number(kFrameHead, have_ - kFrameHead) & kIdMask;
        return head;
    }

    std::size_t skip_;
    std::size_t have_ = 0;
    bool is_in_headers_ = false;
    bool is_block_open_ = false;
    std::array<char, kFrameHead + kWord> head_{};
};

}  // namespace weir::http::h2
