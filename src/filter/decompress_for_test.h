// What a client makes of octets in a content coding; nullopt when they are broken or end early. `is_whole` false: of a stream that has not
// ended, all that can be read so far. For tests and fuzz targets.
#pragma once

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <optional>
#include <string>

#include "http/coding.h"

namespace weir::filter {

inline std::optional<std::string> read_gzip(std::string_view in, bool is_whole) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
    std::string out;
    char room[4096];
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    int outcome = Z_OK;
    do {
        stream.next_out = reinterpret_cast<Bytef*>(room);
        stream.avail_out = sizeof room;
        outcome = inflate(&stream, Z_SYNC_FLUSH);
        out.append(room, sizeof room - stream.avail_out);
    } while (outcome == Z_OK && (stream.avail_in != 0 || stream.avail_out == 0));
    inflateEnd(&stream);
    const bool is_good = is_whole ? outcome == Z_STREAM_END && stream.avail_in == 0 : outcome == Z_OK || outcome == Z_BUF_ERROR;
    return is_good ? std::optional(out) : std::nullopt;
}

inline std::optional<std::string> read_brotli(std::string_view in, bool is_whole) {
    auto* const state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    std::string out;
    std::uint8_t room[4096];
    std::size_t left = in.size();
    const auto* from = reinterpret_cast<const std::uint8_t*>(in.data());
    auto outcome = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    while (outcome == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
        auto* to = room;
        std::size_t free = sizeof room;
        outcome = BrotliDecoderDecompressStream(state, &left, &from, &free, &to, nullptr);
        out.append(reinterpret_cast<char*>(room), sizeof room - free);
    }
    BrotliDecoderDestroyInstance(state);
    const bool is_good =
        is_whole ? outcome == BROTLI_DECODER_RESULT_SUCCESS && left == 0 : outcome == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT;
    return is_good ? std::optional(out) : std::nullopt;
}

inline std::optional<std::string> read_zstd(std::string_view in, bool is_whole) {
    auto* const state = ZSTD_createDCtx();
    std::string out;
    char room[4096];
    ZSTD_inBuffer from{.src = in.data(), .size = in.size(), .pos = 0};
    std::size_t left = 1;
    for (bool is_full = true; left != 0 && ZSTD_isError(left) == 0 && (is_full || from.pos < from.size);) {
        ZSTD_outBuffer to{.dst = room, .size = sizeof room, .pos = 0};
        left = ZSTD_decompressStream(state, &to, &from);
        out.append(room, to.pos);
        is_full = to.pos == to.size;
    }
    ZSTD_freeDCtx(state);
    const bool is_good = ZSTD_isError(left) == 0 && (left == 0) == is_whole && from.pos == from.size;
    return is_good ? std::optional(out) : std::nullopt;
}

inline std::optional<std::string> decompress(http::Coding coding, std::string_view in, bool is_whole = true) {
    switch (coding) {
        case http::Coding::gzip: return read_gzip(in, is_whole);
        case http::Coding::br: return read_brotli(in, is_whole);
        case http::Coding::zstd: return read_zstd(in, is_whole);
        default: return std::string(in);
    }
}

}  // namespace weir::filter
