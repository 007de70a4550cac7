// The chunked coding. Oracles: the result does not depend on how the octets were cut; what was decoded can be coded and decodes to
// the same; trailers are field lines and none that is forbidden.
#include <cstdlib>
#include <memory>
#include <string>

#include "http/h1/chunked.h"
#include "http/h1/scan.h"
#include "http/h1/writer.h"

using namespace weir;
using namespace weir::http;

namespace {

using State = h1::ChunkedDecoder::State;

constexpr h1::ChunkedLimits kLimits{
    .extension_bytes_max = 20, .extensions_total_max = 60, .trailer_bytes_max = 100, .trailer_count_max = 4};

void require(bool holds) {
    if (!holds) std::abort();
}

struct Decoded {
    State state = State::need_more;
    std::size_t consumed = 0;
    std::string data;
    std::string reason;
    std::string trailers;

    bool operator==(const Decoded&) const = default;
};

void feed(h1::ChunkedDecoder& decoder, std::string_view part, Decoded& decoded) {
    const auto buffer = std::make_unique<char[]>(part.size());
    part.copy(buffer.get(), part.size());
    std::string_view left(buffer.get(), part.size());
    do {
        const auto step = decoder.next(left);
        require(step.consumed <= left.size());
        require(step.state == State::data || step.data.empty());
        decoded.state = step.state;
        decoded.reason = step.reason;
        decoded.data += step.data;
        decoded.consumed += step.consumed;
        left.remove_prefix(step.consumed);
    } while (decoded.state == State::data);
    require(decoded.state != State::need_more || left.empty());
    if (decoded.state == State::bad) decoded.consumed = 0;
}

Decoded decode(std::string_view octets, std::size_t step) {
    Arena arena;
    h1::ChunkedDecoder decoder(kLimits);
    decoder.keep_trailers_in(&arena);
    Decoded decoded;
    for (std::size_t at = 0; at < octets.size() && decoded.state == State::need_more; at += step)
        feed(decoder, octets.substr(at, step), decoded);
    Fields trailers(arena);
    decoder.take_trailers(trailers);
    require(decoded.state == State::done || trailers.empty());
    for (const auto& field : trailers) {
        require(h1::is_token(field.name) && h1::is_field_value(field.value));
        require(field.id != FieldId::content_length && field.id != FieldId::transfer_encoding && field.id != FieldId::host);
    }
    decoded.trailers.resize(h1::trailer_octets_max(trailers));
    decoded.trailers.resize(h1::write_trailers(trailers, decoded.trailers.data()));
    return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    const auto whole = decode(octets, size + 1);
    require(decode(octets, 1) == whole);
    require(decode(octets, 7) == whole);
    if (whole.state != State::done) return 0;
    std::string coded;
    char head[h1::kChunkHeadMax];
    if (!whole.data.empty()) {
        coded.append(head, h1::write_chunk_head(whole.data.size(), head));
        coded.append(whole.data).append("\r\n");
    }
    coded.append("0\r\n").append(whole.trailers);
    if (whole.trailers.size() > kLimits.trailer_bytes_max) return 0;
    const auto again = decode(coded, coded.size());
    require(again.state == State::done && again.data == whole.data && again.trailers == whole.trailers && again.consumed == coded.size());
    return 0;
}
