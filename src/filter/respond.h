// Replies that Weir makes itself: `respond`, `redirect`, `canonical`, error pages. The body is in memory, loaded with the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/shared_text.h"
#include "http/template.h"

namespace weir::filter {

// Variables in a body are escaped as its type asks (HTML, XML, JSON): what a client writes into a URL is no markup (XSS).
struct Respond {
    std::uint16_t status = 200;
    std::string content_type;  // empty: text/plain, or by the file's suffix
    http::Template body;       // when file is empty
    std::string file;          // path; its octets are in file_octets since load
    SharedText file_octets;
    std::string etag;  // strong, of the file's octets; conditional requests get 304
};

// A target that begins with a variable other than $scheme, or with '/', stays on this host; one that names a host by literals keeps it
// (open redirect: http::Template::evaluate_uri). Decoded values are percent-encoded.
struct Redirect {
    std::uint16_t status = 302;  // 301 302 303 307 308
    http::Template to;
};

// `canonical NAME`: other hosts of the site get a 308 (301 for GET and HEAD) to the same target there, on the port they asked for.
struct Canonical {
    std::string host;
};

// To the same target by HTTPS. `port`: where the site listens; 443 is not written. `is_usual`: it is the port of HTTPS as configured, which
// something in front may pass port 443 on to: it is written only for a client that wrote the port it came to.
struct ToHttps {
    std::uint16_t port = 443;
    bool is_usual = true;
};

struct ErrorPage {
    std::vector<std::uint16_t> statuses;  // empty: every status from 400
    std::string content_type;             // empty: by the file's suffix, or by how the body begins ("<", "{")
    http::Template body;
    std::string file;
    SharedText file_octets;
};
using ErrorPages = std::vector<ErrorPage>;

// A reply made by Weir, ready to be sent; views in the arena or in the options.
struct MadeReply {
    std::uint16_t status = 0;
    std::string_view content_type;
    std::string_view body;      // of the GET, for a HEAD too: its length is told, its octets are not sent
    std::string_view location;  // redirects
    std::string_view etag;
    std::string_view allow;           // 405
    std::uint32_t retry_after_s = 0;  // 429, 503; 0: not told
};
inline constexpr std::uint32_t kRetryAfterSeconds = 5;

MadeReply make_reply(const Respond& respond, const http::Facts& facts, Arena& arena);
MadeReply make_reply(const Redirect& redirect, const http::Facts& facts, Arena& arena);
// nullopt when the request's host is the canonical one already.
std::optional<MadeReply> make_reply(const Canonical& canonical, const http::Facts& facts, Arena& arena);
// 301 for GET and HEAD, else 308. nullopt when there is no host to redirect to.
std::optional<MadeReply> make_reply(const ToHttps& to, const http::Facts& facts, Arena& arena);
// The first configured page for the status, or Weir's own: HTML for browsers, JSON when the client prefers it (RFC 9457), else plain
// text. Says the status, a sentence for a person and the request id, nothing about the origin.
MadeReply error_reply(std::uint16_t status, const ErrorPages& pages, const http::Facts& facts, Arena& arena);

// "text/html; charset=utf-8" for ".html" …; "application/octet-stream" when unknown.
std::string_view content_type_of(std::string_view path);

// A strong entity tag (RFC 9110 8.8.3) for octets that are loaded with the configuration.
std::string etag_of(std::string_view octets);

}  // namespace weir::filter
