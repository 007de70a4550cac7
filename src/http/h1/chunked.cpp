#include "http/h1/chunked.h"

#include <algorithm>
#include <bit>

#include "base/text.h"
#include "http/octets.h"
#include "http/trailers.h"

namespace weir::http::h1 {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

const char* ChunkedDecoder::expect(char c, char expected, Phase then) {
    if (c == expected) return to(then);
    if (phase_ == Phase::data_cr) return "chunk data longer than its size";
    return c == '\n' ? "bare LF in chunked coding" : "bare CR in chunked coding";
}

// 1*HEXDIG: no sign, no "0x", no white space before it, and behind it only in front of an extension.
const char* ChunkedDecoder::step_size(char c) {
    constexpr std::uint32_t kDigitsMax = 16;
    if (const int digit = hex_value(c); digit >= 0) {
        if (++digits_ > kDigitsMax) return "chunk size with more than 16 digits";
        left_ = left_ << 4U | static_cast<std::uint64_t>(digit);
        if (left_ >> 63U != 0) return "chunk size out of range";
        return nullptr;
    }
    if (c == '\n') return "bare LF in chunked coding";
    if (digits_ == 0) return "chunk without a size";
    extension_octets_ = 0;
    return end_extension(c);
}

// What may follow a size, a name or a value. White space leads to more of the extension (BWS, RFC 9110 5.6.3), never to the line's end.
const char* ChunkedDecoder::end_extension(char c) {
    if (c == ';') return to(Phase::extension);
    if (is_blank(c)) return to(Phase::extension_gap);
    if (c == '\r') return to(Phase::size_lf);
    if (c == '\n') return "bare LF in chunked coding";
    return "malformed chunk size or extension";
}

// RFC 9112 7.1.1. Extensions mean nothing to us and end here; but parsers that disagree on where one ends can be played against
// each other (TERM.EXT, EXT.TERM), so that only what the grammar has is skipped, and little of it.
const char* ChunkedDecoder::step_extension(char c) {
    if (++extension_octets_ > limits_.extension_bytes_max) return "chunk extension longer than extension_bytes_max";
    if (++extensions_total_ > limits_.extensions_total_max) return "chunk extensions longer than extensions_total_max";
    switch (phase_) {
        case Phase::extension:
            if (is_blank(c)) return nullptr;
            return is_octet(c, kTokenOctet) ? to(Phase::extension_name) : "malformed chunk extension";
        case Phase::extension_name:
            if (is_octet(c, kTokenOctet)) return nullptr;
            if (is_blank(c)) return to(Phase::extension_name_gap);
            return c == '=' ? to(Phase::extension_value) : end_extension(c);
        case Phase::extension_gap:
        case Phase::extension_name_gap:
            if (is_blank(c)) return nullptr;
            if (c == '=' && phase_ == Phase::extension_name_gap) return to(Phase::extension_value);
            return c == ';' ? to(Phase::extension) : "malformed chunk size or extension";
        case Phase::extension_value:
            if (is_blank(c)) return nullptr;
            if (c == '"') return to(Phase::extension_quoted);
            return is_octet(c, kTokenOctet) ? to(Phase::extension_token) : "malformed chunk extension";
        case Phase::extension_token: return is_octet(c, kTokenOctet) ? nullptr : end_extension(c);
        case Phase::extension_end: return end_extension(c);
        default: return step_quoted(c);
    }
}

const char* ChunkedDecoder::step_quoted(char c) {
    if (!is_octet(c, kValueOctet)) return "control octet in a chunk extension";
    if (phase_ == Phase::extension_escape) return to(Phase::extension_quoted);
    if (c == '"') return to(Phase::extension_end);
    return c == '\\' ? to(Phase::extension_escape) : nullptr;
}

const char* ChunkedDecoder::begin_trailer(char c) {
    if (c == '\r') return to(Phase::end_lf);
    if (!is_octet(c, kTokenOctet)) return "malformed trailer";
    if (++trailer_count_ > limits_.trailer_count_max) return "more trailers than trailer_count_max";
    phase_ = Phase::trailer_name;
    return keep_trailer(c);
}

// Held to the rules of field lines (RFC 9112 5).
const char* ChunkedDecoder::step_trailer(char c) {
    if (phase_ == Phase::trailer) return begin_trailer(c);
    if (phase_ == Phase::trailer_name) {
        if (c == ':') phase_ = Phase::trailer_value;
        else if (!is_octet(c, kTokenOctet)) return "malformed trailer";
    } else if (phase_ == Phase::trailer_value) {
        if (c == '\r') phase_ = Phase::trailer_lf;
        else if (c == '\n') return "bare LF in chunked coding";
        else if (!is_octet(c, kValueOctet)) return "control octet in a trailer";
    } else if (const auto* fault = expect(c, '\n', Phase::trailer)) {
        return fault;
    }
    return keep_trailer(c);
}

const char* ChunkedDecoder::keep_trailer(char c) {
    if (trailer_octets_ == limits_.trailer_bytes_max) return "trailers longer than trailer_bytes_max";
    if (arena_ != nullptr && trailers_ == nullptr) trailers_ = static_cast<char*>(arena_->allocate(limits_.trailer_bytes_max, 1));
    if (trailers_ != nullptr) trailers_[trailer_octets_] = c;
    ++trailer_octets_;
    return nullptr;
}

const char* ChunkedDecoder::step(char c) {
    switch (phase_) {
        case Phase::size: return step_size(c);
        case Phase::size_lf: return expect(c, '\n', left_ != 0 ? Phase::data : Phase::trailer);
        case Phase::data_cr: return expect(c, '\r', Phase::data_lf);
        case Phase::data_lf: digits_ = 0; return expect(c, '\n', Phase::size);
        case Phase::end_lf: return expect(c, '\n', Phase::done);
        case Phase::trailer:
        case Phase::trailer_name:
        case Phase::trailer_value:
        case Phase::trailer_lf: return step_trailer(c);
        default: return step_extension(c);
    }
}

ChunkedDecoder::Step ChunkedDecoder::refuse(const char* reason) {
    phase_ = Phase::bad;
    reason_ = reason;
    return {.state = State::bad, .reason = reason};
}

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view input) {
    if (phase_ == Phase::bad) return refuse(reason_);
    std::size_t at = 0;
    while (at < input.size() && phase_ != Phase::done) {
        if (phase_ == Phase::data) {
            const auto octets = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
            left_ -= octets;
            if (left_ == 0) phase_ = Phase::data_cr;
            return {.state = State::data, .consumed = at + octets, .data = input.substr(at, octets)};
        }
        if (const auto* reason = step(input[at++])) return refuse(reason);
    }
    return {.state = is_done() ? State::done : State::need_more, .consumed = at};
}

void ChunkedDecoder::take_trailers(Fields& trailers) const {
    if (phase_ != Phase::done || trailers_ == nullptr) return;
    std::string_view lines(trailers_, trailer_octets_);
    if (&trailers.arena() != arena_) lines = trailers.arena().copy(lines);
    while (!lines.empty()) {
        const auto end = lines.find('\r');
        const auto colon = lines.find(':');
        const Field field{
            .name = lines.substr(0, colon), .value = trim(lines.substr(colon + 1, end - colon - 1)), .id = id_of(lines.substr(0, colon))};
        if (may_be_trailer(field.id)) trailers.add(field);
        lines.remove_prefix(end + 2);
    }
}

std::size_t write_chunk_head(std::uint64_t size, char* out) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto digits = size == 0 ? 1U : (static_cast<unsigned>(std::bit_width(size)) + 3) / 4;
    for (auto at = digits; at-- > 0; size >>= 4U) out[at] = kHex[size & 15U];
    out[digits] = '\r';
    out[digits + 1] = '\n';
    return digits + 2;
}

}  // namespace weir::http::h1
