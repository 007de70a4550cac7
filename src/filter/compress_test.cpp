#include "filter/compress.h"

#include <gtest/gtest.h>

#include <set>

namespace weir::filter {
namespace {

using http::Coding;

struct Asked {
    std::string_view status_and_fields;  // "200 Content-Type: text/html|ETag: \"a\""
    std::string_view request;            // "Accept-Encoding: gzip|Range: bytes=0-"
};

void add_fields(std::string_view lines, http::Fields& to) {
    while (!lines.empty()) {
        const auto end = std::min(lines.find('|'), lines.size());
        const auto colon = lines.find(": ");
        to.add(lines.substr(0, colon), lines.substr(colon + 2, end - colon - 2));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
}

Compress all() { return {.offers = default_offers(), .types = {}}; }

std::string outcome(const Compress& options, const Asked& asked, std::optional<std::uint64_t> length = {}) {
    Arena arena;
    http::Request request(arena);
    http::Response response(arena);
    add_fields(asked.request, request.fields);
    response.status = static_cast<std::uint16_t>(std::stoi(std::string(asked.status_and_fields.substr(0, 3))));
    if (asked.status_and_fields.size() > 4) add_fields(asked.status_and_fields.substr(4), response.fields);
    response.framing = length ? http::Framing::length : http::Framing::chunked;
    response.content_length = length.value_or(0);
    const auto choice = choose(options, read_accept_encoding(request.fields), request, response);
    if (choice.offer != nullptr) return std::string(http::name_of(choice.offer->coding));
    return choice.depends ? "varies" : "as it is";
}

TEST(Compress, WhichAnswers) {
    struct Row {
        Asked asked;
        std::string_view outcome;
    };
    constexpr Row kRows[] = {
        {{"200 Content-Type: text/html", "Accept-Encoding: gzip"}, "gzip"},
        {{"200 Content-Type: text/html; charset=utf-8", "Accept-Encoding: gzip, br"}, "br"},
        {{"200 Content-Type: TEXT/HTML", "Accept-Encoding: zstd"}, "zstd"},
        {{"200 Content-Type: application/ld+json", "Accept-Encoding: gzip"}, "gzip"},
        {{"200 Content-Type: image/svg+xml", "Accept-Encoding: gzip"}, "gzip"},
        {{"404 Content-Type: text/html", "Accept-Encoding: gzip"}, "gzip"},
        {{"500 Content-Type: text/html", "Accept-Encoding: gzip"}, "gzip"},
        {{"200 Content-Type: text/html", ""}, "varies"},
        {{"200 Content-Type: text/html", "Accept-Encoding: identity;q=0"}, "varies"},
        {{"200 Content-Type: text/html", "Accept-Encoding: gzip|Cache-Control: no-transform"}, "varies"},
        {{"200 Content-Type: text/html", "Accept-Encoding: gzip|Range: bytes=0-3"}, "varies"},
        {{"206 Content-Type: text/html|Content-Range: bytes 0-3/9", "Accept-Encoding: gzip|Range: bytes=0-3"}, "varies"},
        {{"206 Content-Type: image/png|Content-Range: bytes 0-3/9", "Accept-Encoding: gzip|Range: bytes=0-3"}, "as it is"},
        {{"200", "Accept-Encoding: gzip"}, "as it is"},
        {{"200 Content-Type: ", "Accept-Encoding: gzip"}, "as it is"},
        {{"200 Content-Type: image/png", "Accept-Encoding: gzip"}, "as it is"},
        {{"200 Content-Type: video/mp4", "Accept-Encoding: gzip"}, "as it is"},
        {{"200 Content-Type: application/zip", "Accept-Encoding: gzip"}, "as it is"},
        {{"200 Content-Type: application/octet-stream", "Accept-Encoding: gzip"}, "as it is"},
        {{"200 Content-Type: application/grpc", "Accept-Encoding: gzip"}, "as it is"},
        {{"200 Content-Type: application/grpc-web+json", "Accept-Encoding: gzip"}, "as it is"},
        {{"200 Content-Type: text/html|Content-Encoding: gzip", "Accept-Encoding: br"}, "as it is"},
        {{"200 Content-Type: text/html|Content-Encoding: identity", "Accept-Encoding: br"}, "as it is"},
        {{"200 Content-Type: text/html|Cache-Control: max-age=1, no-transform", "Accept-Encoding: br"}, "as it is"},
        {{"200 Content-Type: text/html|Cache-Control: max-age=1|Cache-Control: No-Transform", "Accept-Encoding: br"}, "as it is"},
        {{"204 Content-Type: text/html", "Accept-Encoding: br"}, "as it is"},
        {{"304 Content-Type: text/html", "Accept-Encoding: br"}, "as it is"},
        {{"416 Content-Type: text/html", "Accept-Encoding: br"}, "as it is"},
        {{"200 Content-Type: text/html|Content-Range: bytes 0-3/9", "Accept-Encoding: br"}, "as it is"},
    };
    for (const auto& row : kRows) EXPECT_EQ(outcome(all(), row.asked), row.outcome) << row.asked.status_and_fields;
}

TEST(Compress, LengthAndTypesAsConfigured) {
    const Asked html{"200 Content-Type: text/html", "Accept-Encoding: gzip"};
    EXPECT_EQ(outcome(all(), html, 511), "as it is");
    EXPECT_EQ(outcome(all(), html, 512), "gzip");
    auto options = all();
    options.types = {"application/x-own", "*"};
    EXPECT_EQ(outcome(options, {"200 Content-Type: application/x-own", "Accept-Encoding: gzip"}), "gzip");
    EXPECT_EQ(outcome(options, {"200 Content-Type: application/octet-stream", "Accept-Encoding: gzip"}), "gzip");
    EXPECT_EQ(outcome(options, {"200 Content-Type: image/svg+xml", "Accept-Encoding: gzip"}), "gzip");
    EXPECT_EQ(outcome(options, {"200 Content-Type: image/png", "Accept-Encoding: gzip"}), "as it is");
    EXPECT_EQ(outcome(options, {"200 Content-Type: application/grpc+proto", "Accept-Encoding: gzip"}), "as it is");
    options.types = {"image/png"};
    EXPECT_EQ(outcome(options, {"200 Content-Type: image/png", "Accept-Encoding: gzip"}), "gzip");
    options.offers = {{.coding = Coding::gzip, .level = 1}};
    EXPECT_EQ(outcome(options, {"200 Content-Type: image/png", "Accept-Encoding: br"}), "varies");
}

// The order of fields of different names says nothing.
std::multiset<std::string> lines_of(const http::Fields& fields) {
    std::multiset<std::string> out;
    for (const auto& field : fields) out.insert(std::string(field.name) + ": " + std::string(field.value));
    return out;
}

TEST(Compress, TheHeadOfTheEncodedForm) {
    struct Row {
        std::string_view before, after;
    };
    constexpr Row kRows[] = {
        {"Content-Type: text/html", "Content-Type: text/html|Content-Encoding: br|Vary: Accept-Encoding|"},
        {"ETag: \"a\"", "ETag: W/\"a\"|Content-Encoding: br|Vary: Accept-Encoding|"},
        {"ETag: W/\"a\"", "ETag: W/\"a\"|Content-Encoding: br|Vary: Accept-Encoding|"},
        {"Vary: Origin", "Vary: Origin, Accept-Encoding|Content-Encoding: br|"},
        {"Vary: Origin|Vary: Cookie", "Vary: Origin, Cookie, Accept-Encoding|Content-Encoding: br|"},
        {"Vary: accept-encoding", "Vary: accept-encoding|Content-Encoding: br|"},
        {"Vary: *", "Vary: *|Content-Encoding: br|"},
        {"Accept-Ranges: bytes|Content-Digest: a|repr-digest: b|Digest: c|Content-MD5: d|X: y",
         "X: y|Content-Encoding: br|Vary: Accept-Encoding|"},
    };
    for (const auto& row : kRows) {
        Arena arena;
        http::Response response(arena);
        add_fields(row.before, response.fields);
        response.framing = http::Framing::length;
        response.content_length = 1000;
        make_head_encoded(response, Coding::br);
        http::Fields after(arena);
        add_fields(row.after, after);
        EXPECT_EQ(lines_of(response.fields), lines_of(after)) << row.before;
        EXPECT_EQ(response.framing, http::Framing::chunked);
    }
}

TEST(Compress, A304SpeaksOfWhatTheClientHas) {
    struct Row {
        std::string_view asked, etag, told;
    };
    constexpr Row kRows[] = {
        {"If-None-Match: W/\"a\"", "\"a\"", "W/\"a\""}, {"If-None-Match: \"b\", W/\"a\"", "\"a\"", "W/\"a\""},
        {"If-None-Match: \"a\"", "\"a\"", "\"a\""},     {"If-None-Match: \"a\", W/\"a\"", "\"a\"", "\"a\""},
        {"If-None-Match: W/\"b\"", "\"a\"", "\"a\""},   {"If-None-Match: W/\"a\"", "W/\"a\"", "W/\"a\""},
        {"If-None-Match: *", "\"a\"", "\"a\""},         {"", "\"a\"", "\"a\""},
    };
    for (const auto& row : kRows) {
        Arena arena;
        http::Request request(arena);
        http::Response response(arena);
        add_fields(row.asked, request.fields);
        response.fields.add("ETag", row.etag);
        adapt_not_modified(request, response);
        EXPECT_EQ(response.fields.value(http::FieldId::etag), row.told) << row.asked;
        EXPECT_EQ(response.fields.has(http::FieldId::vary), row.told != row.etag);
    }
}

}  // namespace
}  // namespace weir::filter
