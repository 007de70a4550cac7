// Compression of answers: which ones, in which coding, and what becomes of their heads. Plain functions over a request and a head; the
// octets are the business of `compressor`. What an origin has encoded itself is left as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "filter/accept_encoding.h"
#include "http/message.h"

namespace weir::filter {

struct Compress {
    static constexpr std::uint64_t kOctetsMin = 512;
    struct Offer {
        http::Coding coding = http::Coding::gzip;
        std::uint8_t level = 6;
    };

    std::vector<Offer> offers;  // the first is liked most
    std::uint64_t octets_min = kOctetsMin;
    std::vector<std::string> types;   // "text/html", "text/*", "application/*+json"; empty: those of `default_types`
    bool lets_origin_encode = false;  // a cache asks the origin for what clients take, not for identity
};
std::span<const std::string_view> default_types();
std::vector<Compress::Offer> default_offers();

// What an answer is to this route, whoever asked for it.
struct Choice {
    bool depends = false;                    // another client might get it in another coding: Vary says so
    const Compress::Offer* offer = nullptr;  // this client gets it so; nullptr: as it is
};
// Never: what has a coding already, no-transform (RFC 9111 5.2.2.6), parts and answers without content, gRPC, and what has no type. What
// answers a Range is never encoded, but depends.
Choice choose(const Compress& options, const AcceptedCodings& accepted, const http::Request& request, const http::Response& response);
// The part of it that only asks what the answer is.
bool is_compressible(const Compress& options, const http::Response& response);
// What the client would get of a compressible answer to this request.
const Compress::Offer* offer_for(const Compress& options, const AcceptedCodings& accepted, const http::Request& request);

// Vary: Accept-Encoding (RFC 9110 12.5.5).
void add_vary(http::Fields& fields);
// The head of the encoded form: Content-Encoding, a weak ETag (RFC 9110 8.8.3), Vary; no length, no ranges, no digests of other octets.
void make_head_encoded(http::Response& response, http::Coding coding);
// A 304 of the origin whose client has the encoded form: its ETag is the weak one that the client has shown.
void adapt_not_modified(const http::Request& request, http::Response& response);
// Fields that speak of the octets of a body, also as trailers.
bool is_digest(std::string_view name);
// An answer that is read piece by piece as it comes (server-sent events).
bool is_event_stream(const http::Response& response);

}  // namespace weir::filter
