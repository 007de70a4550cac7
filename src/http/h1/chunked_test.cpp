#include "http/h1/chunked.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace weir::http::h1 {
namespace {

using namespace std::string_view_literals;
using State = ChunkedDecoder::State;

struct Decoded {
    State state = State::need_more;
    std::string data;
    std::string reason;
    std::size_t consumed = 0;

    bool operator==(const Decoded&) const = default;
};

void PrintTo(const Decoded& decoded, std::ostream* out) {
    *out << "state " << static_cast<int>(decoded.state) << " data '" << decoded.data << "' reason '" << decoded.reason << "' consumed "
         << decoded.consumed;
}

// Feeds `part`, in a buffer of its own, until the decoder wants more or is at an end.
void feed(ChunkedDecoder& decoder, std::string_view part, Decoded& decoded) {
    const auto buffer = std::make_unique<char[]>(part.size());
    part.copy(buffer.get(), part.size());
    std::string_view left(buffer.get(), part.size());
    do {
        const auto step = decoder.next(left);
        decoded.state = step.state;
        decoded.reason = step.reason;
        decoded.data += step.data;
        decoded.consumed += step.consumed;
        left.remove_prefix(step.consumed);
    } while (decoded.state == State::data);
    if (decoded.state == State::bad) decoded.consumed = 0;
}

Decoded decode_in_parts(std::initializer_list<std::string_view> parts, ChunkedLimits limits) {
    ChunkedDecoder decoder(limits);
    Decoded decoded;
    for (const auto part : parts)
        if (decoded.state == State::need_more) feed(decoder, part, decoded);
    return decoded;
}

// Whole, octet by octet, and cut once at every place.
Decoded decode(std::string_view octets, ChunkedLimits limits = {}) {
    const auto whole = decode_in_parts({octets}, limits);
    ChunkedDecoder decoder(limits);
    Decoded slow;
    for (std::size_t i = 0; i < octets.size() && slow.state == State::need_more; ++i) feed(decoder, octets.substr(i, 1), slow);
    EXPECT_EQ(whole, slow) << "octet by octet: " << ::testing::PrintToString(octets);
    for (std::size_t cut = 1; cut < octets.size(); ++cut)
        EXPECT_EQ(whole, decode_in_parts({octets.substr(0, cut), octets.substr(cut)}, limits))
            << "cut at " << cut << ": " << ::testing::PrintToString(octets);
    return whole;
}

TEST(Chunked, Decodes) {
    struct Row {
        std::string_view octets;
        std::string_view data;
    };
    const Row rows[] = {
        {"0\r\n\r\n", ""},
        {"000\r\n\r\n", ""},
        {"5\r\nhello\r\n0\r\n\r\n", "hello"},
        {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
        {"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
        {"0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"},
        {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
        {"5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"},
        {"1;a\r\nx\r\n0\r\n\r\n", "x"},
        {"1;a=b\r\nx\r\n0;last\r\n\r\n", "x"},
        {"1;a=\"b ; \\\"c\"\r\nx\r\n0\r\n\r\n", "x"},
        {"1; a=b;\t c;d=\"\"\r\nx\r\n0\r\n\r\n", "x"},
        {"1 ;a\r\nx\r\n0\t ; last\r\n\r\n", "x"},
        {"1;a = b ;c\t= \"d\" ; e ;f\r\nx\r\n0\r\n\r\n", "x"},
        {"1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n", "x"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(::testing::PrintToString(row.octets));
        const auto decoded = decode(row.octets);
        EXPECT_EQ(decoded.state, State::done) << decoded.reason;
        EXPECT_EQ(decoded.data, row.data);
        EXPECT_EQ(decoded.consumed, row.octets.size());
    }
}

TEST(Chunked, Refuses) {
    struct Row {
        std::string_view octets;
        std::string_view reason;
    };
    constexpr auto kLf = "bare LF in chunked coding";
    constexpr auto kCr = "bare CR in chunked coding";
    constexpr auto kSize = "chunk without a size";
    constexpr auto kForm = "malformed chunk size or extension";
    constexpr auto kExtension = "malformed chunk extension";
    constexpr auto kTrailer = "malformed trailer";
    const Row rows[] = {
        {"\r\n", kSize},
        {"\n", kLf},
        {";a\r\n", kSize},
        {"g\r\n", kSize},
        {"+5\r\nhello\r\n", kSize},
        {"-1\r\n", kSize},
        {" 5\r\nhello\r\n", kSize},
        {"\t5\r\nhello\r\n", kSize},
        {"\x0b"
         "5\r\nhello\r\n",
         kSize},
        {"0x5\r\nhello\r\n", kForm},
        {"0X5\r\nhello\r\n", kForm},
        {"5h\r\nhello\r\n", kForm},
        {"5 \r\nhello\r\n", kForm},
        {"5\t\r\nhello\r\n", kForm},
        {"5 a\r\nhello\r\n", kForm},
        {"5 =a\r\nhello\r\n", kForm},
        {"5 \nhello\r\n", kForm},
        {"5,5\r\nhello\r\n", kForm},
        {"5_0\r\nhello\r\n", kForm},
        {"5.\r\nhello\r\n", kForm},
        {"5\0\r\nhello\r\n"sv, kForm},
        {"5\nhello\r\n", kLf},
        {"5\rhello\r\n", kCr},
        {"5\r\rhello\r\n", kCr},
        {"5\r\nhello\n", "chunk data longer than its size"},
        {"5\r\nhello!\r\n", "chunk data longer than its size"},
        {"5\r\nhello0\r\n\r\n", "chunk data longer than its size"},
        {"5\r\nhello\rx", kCr},
        {"5\r\nhello\r\n\r\n", kSize},
        {"5\r\nhello\r\n\n", kLf},
        {"00000000000000005\r\nhello\r\n", "chunk size with more than 16 digits"},
        {"00000000000000000\r\n\r\n", "chunk size with more than 16 digits"},
        {"8000000000000000\r\n", "chunk size out of range"},
        {"ffffffffffffffff\r\n", "chunk size out of range"},
        {"FFFFFFFFFFFFFFF0\r\n", "chunk size out of range"},
        {"10000000000000005\r\n", "chunk size with more than 16 digits"},
        // Extensions that end where another parser goes on.
        {"5;\nhello\r\n", kExtension},
        {"5;\r\nhello\r\n", kExtension},
        {"5; \r\nhello\r\n", kExtension},
        {"5;;a\r\nhello\r\n", kExtension},
        {"5;=b\r\nhello\r\n", kExtension},
        {"5;a\nhello\r\n", kLf},
        {"5;a\rx", kCr},
        {"5;a=\r\nhello\r\n", kExtension},
        {"5;a=;b\r\nhello\r\n", kExtension},
        {"5;a=b\nhello\r\n", kLf},
        {"5;a \r\nhello\r\n", kForm},
        {"5;a b\r\nhello\r\n", kForm},
        {"5;a= \r\nhello\r\n", kExtension},
        {"5;a=b \r\nhello\r\n", kForm},
        {"5;a=b =c\r\nhello\r\n", kForm},
        {"5;a=\"b\" \r\nhello\r\n", kForm},
        {"5;a=\"b\r\nhello\r\n", "control octet in a chunk extension"},
        {"5;a=\"b\n\"\r\nhello\r\n", "control octet in a chunk extension"},
        {"5;a=\"\\\r\"\r\nhello\r\n", "control octet in a chunk extension"},
        {"5;a=\"b\"c\r\nhello\r\n", kForm},
        {"5;a=b\"c\"\r\nhello\r\n", kForm},
        {"5;a\0b\r\nhello\r\n"sv, kForm},
        {"5;\xc3\xa9\r\nhello\r\n", kExtension},
        {"5;a:b\r\nhello\r\n", kForm},
        // Trailers.
        {"0\r\n\n", kTrailer},
        {"0\r\n\rx", kCr},
        {"0\nA: b\r\n\r\n", kLf},
        {"0\r\nA : b\r\n\r\n", kTrailer},
        {"0\r\n A: b\r\n\r\n", kTrailer},
        {"0\r\nA: b\r\n c\r\n\r\n", kTrailer},
        {"0\r\n: b\r\n\r\n", kTrailer},
        {"0\r\nA\r\n\r\n", kTrailer},
        {"0\r\nA: b\n\r\n", kLf},
        {"0\r\nA: b\rc\r\n\r\n", kCr},
        {"0\r\nA: b\0\r\n\r\n"sv, "control octet in a trailer"},
        {"0\r\nA: \x01\r\n\r\n", "control octet in a trailer"},
        {"0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", kTrailer},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(::testing::PrintToString(row.octets));
        const auto decoded = decode(row.octets);
        EXPECT_EQ(decoded.state, State::bad);
        EXPECT_EQ(decoded.reason, row.reason);
    }
}

TEST(Chunked, StaysBad) {
    ChunkedDecoder decoder;
    EXPECT_EQ(decoder.next("x").state, State::bad);
    const auto step = decoder.next("0\r\n\r\n");
    EXPECT_EQ(step.state, State::bad);
    EXPECT_EQ(step.reason, "chunk without a size"sv);
}

TEST(Chunked, LeavesWhatFollows) {
    ChunkedDecoder decoder;
    auto step = decoder.next("3\r\nabc\r\n0\r\n\r\nGET /");
    EXPECT_EQ(step.data, "abc");
    EXPECT_EQ(step.consumed, 6U);
    step = decoder.next("\r\n0\r\n\r\nGET /");
    EXPECT_EQ(step.state, State::done);
    EXPECT_EQ(step.consumed, 7U);
    EXPECT_TRUE(decoder.is_done());
    step = decoder.next("GET /");
    EXPECT_EQ(step.state, State::done);
    EXPECT_EQ(step.consumed, 0U);
}

TEST(Chunked, HandsOutLargeChunksWhole) {
    const std::string body(100'000, 'x');
    const auto octets = "186a0\r\n" + body + "\r\n";
    ChunkedDecoder decoder;
    const auto step = decoder.next(octets);
    EXPECT_EQ(step.state, State::data);
    EXPECT_EQ(step.data.data(), octets.data() + 7);
    EXPECT_EQ(step.data.size(), body.size());
}

TEST(Chunked, TakesTheLargestSize) {
    ChunkedDecoder decoder;
    const auto step = decoder.next("7fffffffffffffff\r\nx");
    EXPECT_EQ(step.state, State::data);
    EXPECT_EQ(step.data, "x");
    EXPECT_EQ(decoder.next("").state, State::need_more);
}

TEST(Chunked, BoundsExtensions) {
    const ChunkedLimits limits{.extension_bytes_max = 10, .extensions_total_max = 23};
    EXPECT_EQ(decode("1;2345678901\r\nx\r\n0\r\n\r\n", limits).reason, "chunk extension longer than extension_bytes_max");
    EXPECT_EQ(decode("1;2345678\r\nx\r\n0\r\n\r\n", limits).state, State::done);
    const std::string chunk = "1;2345678\r\nx\r\n";
    EXPECT_EQ(decode(chunk + chunk + "0\r\n\r\n", limits).state, State::done);
    EXPECT_EQ(decode(chunk + chunk + chunk + "0\r\n\r\n", limits).reason, "chunk extensions longer than extensions_total_max");
}

TEST(Chunked, BoundsTrailers) {
    const ChunkedLimits limits{.trailer_bytes_max = 12, .trailer_count_max = 2};
    EXPECT_EQ(decode("0\r\nA: b\r\nC: d\r\n\r\n", limits).state, State::done);
    EXPECT_EQ(decode("0\r\nA: b\r\nC: de\r\n\r\n", limits).reason, "trailers longer than trailer_bytes_max");
    EXPECT_EQ(decode("0\r\nA:\r\nB:\r\nC:\r\n\r\n", limits).reason, "more trailers than trailer_count_max");
}

std::string trailers_of(std::string_view section, bool by_octets) {
    Arena arena;
    Arena target;
    ChunkedDecoder decoder;
    decoder.keep_trailers_in(&arena);
    const auto octets = "0\r\n" + std::string(section) + "\r\n";
    if (by_octets)
        for (const char& c : octets) decoder.next({&c, 1});
    else decoder.next(octets);
    EXPECT_TRUE(decoder.is_done());
    EXPECT_EQ(decoder.has_trailers(), !section.empty());
    Fields trailers(target);
    decoder.take_trailers(trailers);
    std::string text;
    for (const auto& field : trailers) text.append(field.name).append("=").append(field.value).append("|");
    return text;
}

TEST(Chunked, KeepsTrailers) {
    for (const bool by_octets : {false, true}) {
        EXPECT_EQ(trailers_of("", by_octets), "");
        EXPECT_EQ(trailers_of("Digest: a:b \r\nX:\r\nServer-Timing:\tx \r\n", by_octets), "Digest=a:b|X=|Server-Timing=x|");
        EXPECT_EQ(trailers_of("ETag: \"a\"\r\n", by_octets), "ETag=\"a\"|");
    }
}

// RFC 9110 6.5.1.
TEST(Chunked, DropsTrailersThatWouldChangeTheMessage) {
    for (const auto* name : {"Transfer-Encoding",
                             "content-length",
                             "Host",
                             "Authorization",
                             "Cookie",
                             "Set-Cookie",
                             "Content-Type",
                             "Content-Encoding",
                             "Content-Range",
                             "Trailer",
                             "TE",
                             "Connection",
                             "Keep-Alive",
                             "Upgrade",
                             "Cache-Control",
                             "Expect",
                             "Range",
                             "If-Match",
                             "Location",
                             "Vary",
                             "X-Forwarded-For",
                             "Forwarded",
                             "Via",
                             "WWW-Authenticate"})
        EXPECT_EQ(trailers_of(std::string(name) + ": x\r\nOk: y\r\n", false), "Ok=y|") << name;
}

TEST(Chunked, WritesHeads) {
    struct Row {
        std::uint64_t size;
        std::string_view head;
    };
    const Row rows[] = {{0, "0\r\n"},
                        {1, "1\r\n"},
                        {15, "f\r\n"},
                        {16, "10\r\n"},
                        {255, "ff\r\n"},
                        {256, "100\r\n"},
                        {0xabcdef, "abcdef\r\n"},
                        {~std::uint64_t{0}, "ffffffffffffffff\r\n"}};
    for (const auto& row : rows) {
        std::array<char, kChunkHeadMax> out;
        const auto octets = write_chunk_head(row.size, out.data());
        EXPECT_EQ(std::string_view(out.data(), octets), row.head);
    }
}

}  // namespace
}  // namespace weir::http::h1
