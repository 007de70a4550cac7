// For tests: frames of HTTP/2 written and read the naive way (RFC 9113 4.1), so that a test may say what no library would. Only HPACK
// is libnghttp2's.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/h2/frame_watch.h"

namespace weir::http::h2 {

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline constexpr auto kEndStream = FrameHead::kEndStream;
inline constexpr auto kAck = FrameHead::kAck;
inline constexpr auto kEndHeaders = FrameHead::kEndHeaders;
inline constexpr auto kPadded = FrameHead::kPadded;

inline std::string number_text(std::uint64_t number, std::size_t octets) {
    std::string text(octets, '\0');
    for (std::size_t i = octets; i-- != 0; number >>= 8U) text[i] = static_cast<char>(number);
    return text;
}

inline std::uint32_t number_in(std::string_view text, std::size_t at, std::size_t octets) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < octets && at + i < text.size(); ++i) number = number << 8U | static_cast<unsigned char>(text[at + i]);
    return number;
}

struct Frame {
    FrameType type{};
    std::uint8_t flags = 0;
    std::uint32_t id = 0;
    std::string payload;

    bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    std::string text() const {
        return number_text(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) + number_text(id, 4) + payload;
    }
};

inline std::string settings_text(const std::vector<std::pair<std::uint16_t, std::uint32_t>>& settings) {
    std::string payload;
    for (const auto& [key, value] : settings) payload += number_text(key, 2) + number_text(value, 4);
    return Frame{.type = FrameType::settings, .payload = payload}.text();
}
inline std::string window_text(std::uint32_t id, std::uint32_t octets) {
    return Frame{.type = FrameType::window_update, .id = id, .payload = number_text(octets, 4)}.text();
}
inline std::string reset_text(std::uint32_t id, std::uint32_t code = NGHTTP2_CANCEL) {
    return Frame{.type = FrameType::rst_stream, .id = id, .payload = number_text(code, 4)}.text();
}
inline std::string ping_text(std::string_view octets = "12345678") {
    return Frame{.type = FrameType::ping, .payload = std::string(octets)}.text();
}
inline std::string data_text(std::uint32_t id, std::string_view octets, std::uint8_t flags = 0) {
    return Frame{.type = FrameType::data, .flags = flags, .id = id, .payload = std::string(octets)}.text();
}

// Octets in, frames out.
class FrameReader {
public:
    void feed(std::string_view octets) {
        octets_.erase(0, std::exchange(taken_, 0));
        octets_ += octets;
    }
    std::optional<Frame> next() {
        const auto rest = std::string_view(octets_).substr(taken_);
        if (rest.size() < kFrameHead) return std::nullopt;
        const auto length = number_in(rest, 0, 3);
        if (rest.size() < kFrameHead + length) return std::nullopt;
        taken_ += kFrameHead + length;
        return Frame{.type = static_cast<FrameType>(rest[3]),
                     .flags = static_cast<std::uint8_t>(rest[4]),
                     .id = number_in(rest, 5, 4),
                     .payload = std::string(rest.substr(kFrameHead, length))};
    }

private:
    std::string octets_;
    std::size_t taken_ = 0;
};

// HPACK one way. It packs whatever it is given, in the order it is given.
class HeaderPacker {
public:
    HeaderPacker() { nghttp2_hd_deflate_new(&deflater_, kTable); }
    HeaderPacker(const HeaderPacker&) = delete;
    HeaderPacker& operator=(const HeaderPacker&) = delete;
    ~HeaderPacker() { nghttp2_hd_deflate_del(deflater_); }

    std::string block(const Pairs& fields) {
        std::vector<nghttp2_nv> lines;
        for (const auto& [name, value] : fields)
            lines.push_back({octets_of(name), octets_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
        std::string block(nghttp2_hd_deflate_bound(deflater_, lines.data(), lines.size()), '\0');
        const auto size = nghttp2_hd_deflate_hd(deflater_, octets_of(block), block.size(), lines.data(), lines.size());
        block.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return block;
    }
    // A whole HEADERS frame, with what is too long for it in CONTINUATION frames.
    std::string headers(std::uint32_t id, const Pairs& fields, std::uint8_t flags = kEndStream) {
        constexpr std::size_t kFrameMax = 16 * 1024;
        auto rest = block(fields);
        auto part = rest.substr(0, kFrameMax);
        rest.erase(0, part.size());
        if (rest.empty()) flags |= kEndHeaders;
        auto text = Frame{.type = FrameType::headers, .flags = flags, .id = id, .payload = part}.text();
        while (!rest.empty()) {
            part = rest.substr(0, kFrameMax);
            rest.erase(0, part.size());
            const std::uint8_t end = rest.empty() ? kEndHeaders : 0;
            text += Frame{.type = FrameType::continuation, .flags = end, .id = id, .payload = part}.text();
        }
        return text;
    }

private:
    static constexpr std::size_t kTable = 4096;
    static std::uint8_t* octets_of(const std::string& text) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); }
    nghttp2_hd_deflater* deflater_ = nullptr;
};

// And the other way.
class HeaderUnpacker {
public:
    HeaderUnpacker() { nghttp2_hd_inflate_new(&inflater_); }
    HeaderUnpacker(const HeaderUnpacker&) = delete;
    HeaderUnpacker& operator=(const HeaderUnpacker&) = delete;
    ~HeaderUnpacker() { nghttp2_hd_inflate_del(inflater_); }

    // A whole block; nullopt when it is none.
    std::optional<Pairs> fields(std::string_view block) {
        Pairs fields;
        const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
        for (auto left = block.size();;) {
            nghttp2_nv line{};
            int flags = 0;
            const auto taken = nghttp2_hd_inflate_hd2(inflater_, &line, &flags, at, left, 1);
            if (taken < 0) return std::nullopt;
            at += taken;
            left -= static_cast<std::size_t>(taken);
            if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
                fields.emplace_back(std::string(reinterpret_cast<const char*>(line.name), line.namelen),
                                    std::string(reinterpret_cast<const char*>(line.value), line.valuelen));
            if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
        }
        nghttp2_hd_inflate_end_headers(inflater_);
        return fields;
    }

private:
    nghttp2_hd_inflater* inflater_ = nullptr;
};

}  // namespace weir::http::h2
