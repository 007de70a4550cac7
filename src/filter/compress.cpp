#include "filter/compress.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace weir::filter {
namespace {

using http::Coding;
using Id = http::FieldId;

constexpr std::string_view kTypes[] = {
    "text/*",
    "application/json",
    "application/javascript",
    "application/*+json",
    "application/xml",
    "application/*+xml",
    "application/wasm",
    "application/x-javascript",
    "application/ecmascript",
    "application/x-ndjson",
    "application/jsonl",
    "application/graphql",
    "application/yaml",
    "application/toml",
    "application/sql",
    "application/rtf",
    "application/vnd.ms-fontobject",
    "font/ttf",
    "font/otf",
    "font/collection",
    "image/svg+xml",
    "image/bmp",
    "image/x-icon",
    "image/vnd.microsoft.icon",
};

// What has been packed already, and what a `*` therefore never means.
constexpr std::string_view kPacked[] = {
    "image/*",           "video/*",           "audio/*",
    "application/zip",   "application/gzip",  "application/zstd",
    "application/pdf",   "font/woff",         "font/woff2",
    "application/x-7z*", "application/x-gz*", "application/x-rar*",
    "application/x-xz",  "application/x-bz*", "application/vnd.rar",
};

std::string_view media_type(const http::Response& response) {
    const auto type = response.fields.value(Id::content_type);
    return trim(type.substr(0, type.find(';')));
}

bool starts_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

// One `*` at most, for any octets.
bool fits(std::string_view pattern, std::string_view type) {
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) return equal_ignoring_case(pattern, type);
    const auto tail = pattern.substr(star + 1);
    if (type.size() < pattern.size() - 1 || !starts_with(type, pattern.substr(0, star))) return false;
    return equal_ignoring_case(type.substr(type.size() - tail.size()), tail);
}

bool fits_any(const auto& patterns, std::string_view type) {
    return std::ranges::any_of(patterns, [&](std::string_view pattern) { return fits(pattern, type); });
}

bool is_right_type(const Compress& options, std::string_view type) {
    // Its messages are compressed one by one, and read as they come.
    if (type.empty() || starts_with(type, "application/grpc")) return false;
    if (options.types.empty()) return fits_any(kTypes, type);
    for (const std::string_view pattern : options.types) {
        if (!fits(pattern, type)) continue;
        if (!pattern.starts_with('*') || fits_any(kTypes, type) || !fits_any(kPacked, type)) return true;
    }
    return false;
}

// No content, a part of it, or the outcome of a request for a part.
bool is_right_status(std::uint16_t status) {
    return status >= 200 && status != 204 && status != 205 && status != 206 && status != 304 && status != 416;
}

std::optional<std::uint64_t> length_of(const http::Response& response) {
    if (response.framing == http::Framing::length || response.states_length) return response.content_length;
    return std::nullopt;
}

std::string_view opaque_of(std::string_view etag) { return etag.starts_with("W/") ? etag.substr(2) : etag; }

}  // namespace

std::span<const std::string_view> default_types() { return kTypes; }

std::vector<Compress::Offer> default_offers() {
    return {{.coding = Coding::zstd, .level = 3}, {.coding = Coding::br, .level = 5}, {.coding = Coding::gzip, .level = 6}};
}

bool is_compressible(const Compress& options, const http::Response& response) {
    const auto& fields = response.fields;
    if (!is_right_status(response.status) || fields.has_any({Id::content_encoding, Id::content_range})) return false;
    const auto length = length_of(response);
    if (length && *length < options.octets_min) return false;
    if (!is_right_type(options, media_type(response))) return false;
    return !fields.has_token(Id::cache_control, "no-transform");
}

const Compress::Offer* offer_for(const Compress& options, const AcceptedCodings& accepted, const http::Request& request) {
    const auto& fields = request.fields;
    // RFC 9111 5.2.1.6: a client may ask for the origin's own octets, too.
    if (fields.has(Id::range) || fields.has_token(Id::cache_control, "no-transform")) return nullptr;
    std::array<Coding, http::kCodings> offered{};
    const auto count = std::min(options.offers.size(), offered.size());
    for (std::size_t i = 0; i < count; ++i) offered[i] = options.offers[i].coding;
    const auto coding = preferred(accepted, std::span(offered).first(count));
    const auto found = std::ranges::find(options.offers, coding, &Compress::Offer::coding);
    return found == options.offers.end() ? nullptr : &*found;
}

Choice choose(const Compress& options, const AcceptedCodings& accepted, const http::Request& request, const http::Response& response) {
    // A part is as it is, but the whole that it is of might have been encoded.
    if (response.status == 206) return {.depends = is_right_type(options, media_type(response)), .offer = nullptr};
    if (!is_compressible(options, response)) return {};
    return {.depends = true, .offer = offer_for(options, accepted, request)};
}

void add_vary(http::Fields& fields) {
    if (!fields.has(Id::vary)) return fields.add(Id::vary, "Accept-Encoding");
    if (fields.has_token(Id::vary, "*") || fields.has_token(Id::vary, "Accept-Encoding")) return;
    fields.set(Id::vary, fields.arena().concat({fields.joined(Id::vary), ", Accept-Encoding"}));
}

bool is_digest(std::string_view name) {
    constexpr std::string_view kNames[] = {"Content-Digest", "Repr-Digest", "Digest", "Content-MD5"};
    return std::ranges::any_of(kNames, [&](std::string_view one) { return equal_ignoring_case(one, name); });
}

void make_head_encoded(http::Response& response, Coding coding) {
    auto& fields = response.fields;
    fields.set(Id::content_encoding, http::name_of(coding));
    add_vary(fields);
    // RFC 9110 8.8.3: two forms of one thing may share a weak tag, never a strong one.
    const auto etag = fields.value(Id::etag);
    if (!etag.empty() && !etag.starts_with("W/")) fields.set(Id::etag, fields.arena().concat({"W/", etag}));
    fields.remove({Id::content_length, Id::accept_ranges});
    // RFC 9530 2 and 3, RFC 3230: of octets that nobody gets any more.
    fields.remove_if([](const http::Field& field) { return field.id == Id::other && is_digest(field.name); });
    response.states_length = false;
    if (response.framing == http::Framing::length || response.framing == http::Framing::until_close)
        response.framing = http::Framing::chunked;
}

void adapt_not_modified(const http::Request& request, http::Response& response) {
    const auto* const etag = response.fields.only(Id::etag);
    if (etag == nullptr || etag->value.starts_with("W/")) return;
    bool has_weak = false;
    bool has_strong = false;
    for_each_token(request.fields.joined(Id::if_none_match), [&](std::string_view tag) {
        if (opaque_of(tag) != etag->value) return;
        (tag.starts_with("W/") ? has_weak : has_strong) = true;
    });
    // RFC 9111 4.3.4: the strong tag would speak of nothing that this client has.
    if (!has_weak || has_strong) return;
    response.fields.set(Id::etag, response.fields.arena().concat({"W/", etag->value}));
    add_vary(response.fields);
}

bool is_event_stream(const http::Response& response) { return equal_ignoring_case(media_type(response), "text/event-stream"); }

}  // namespace weir::filter
