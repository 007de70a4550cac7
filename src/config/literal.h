// Typed literals: the text of a word → a value, or a Slip that says what is wrong with which stretch of the word. Units are required
// and nothing is guessed: "10" is no time, "10MB" is no size. Pure functions.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/address.h"

namespace weir::config {

// The message lacks its place ("… in 'limit 20/sec'"), which only the reader of the directive knows.
struct Slip {
    static constexpr std::size_t kWhole = ~std::size_t{0};
    std::string message;
    std::string hint;
    std::size_t at = 0;  // the stretch of the word
    std::size_t length = kWhole;
};

template <class T>
using Literal = std::expected<T, Slip>;

inline std::unexpected<Slip> slip(std::string message, std::string hint, std::size_t at = 0, std::size_t length = Slip::kWhole) {
    return std::unexpected(Slip{std::move(message), std::move(hint), at, length});
}

struct Rate {
    std::uint64_t count = 0;
    Duration each{};
    bool operator==(const Rate&) const = default;
};

struct StatusRange {
    std::uint16_t from = 0, to = 0;
    bool operator==(const StatusRange&) const = default;
};

// Where a site can be reached: "example.com", "*.example.com", "http://localhost:8080", ":8080", "127.0.0.1:8080", "*" or "default".
struct SiteName {
    std::string host;          // lower case; "*.example.com"; empty: any host
    std::uint16_t port = 0;    // 0: of the scheme
    net::Ip bind;              // Family::none: every address
    bool is_address = false;   // "127.0.0.1:8080" or ":8080": no name
    bool is_http = false;      // "http://…" was written
    bool is_https = false;     // "https://…" was written
    bool is_loopback = false;  // "localhost"
};

// Numbers.
Literal<Duration> read_duration(std::string_view text);        // 250ms 10s 5m 2h 7d
Literal<std::uint64_t> read_size(std::string_view text);       // 512B 8KiB 64MiB 1GiB
Literal<Rate> read_rate(std::string_view text);                // 20/s 100/m 5/h
Literal<std::uint64_t> read_byte_rate(std::string_view text);  // 240B/s 64KiB/s
Literal<std::uint32_t> read_percent(std::string_view text);    // 5% 0.25%, in millionths
struct Bounds {
    std::uint64_t low = 0, high = ~std::uint64_t{0};
};
Literal<std::uint64_t> read_integer(std::string_view text, const Bounds& bounds);

// Addresses.
Literal<net::Network> read_network(std::string_view text);       // 10.0.0.0/8 ::1
Literal<net::Address> read_listen(std::string_view text);        // :8080 127.0.0.1:8080 [::1]:8080 unix:/run/weir.sock
Literal<net::HostPort> read_server(std::string_view text);       // app:3000 10.0.0.1:80 [::1]:80 unix:/run/app.sock https://app
bool speaks_tls(std::string_view server);                        // https://app
Literal<net::HostPort> read_name_server(std::string_view text);  // 10.0.0.2 [::1]:5353
Literal<SiteName> read_site_name(std::string_view text);
Literal<std::string> read_host(std::string_view text);  // shop.example.com, in lower case

// HTTP.
Literal<std::uint16_t> read_status(std::string_view text);      // 100 … 599
Literal<StatusRange> read_status_range(std::string_view text);  // 200-399, 503
Literal<std::string> read_method(std::string_view text);        // GET
Literal<std::string> read_field_name(std::string_view text);    // X-Beta
Literal<std::string> read_path(std::string_view text);          // /healthz
Literal<std::string> read_path_pattern(std::string_view text);  // /a /a/* *.png ~^/x

// Texts. These only say whether the text is right; its owner compiles it.
Literal<std::string> read_name(std::string_view text);         // of an upstream, a policy, a user
Literal<std::string> read_regex(std::string_view text);        // ~^/x, without its '~'
Literal<std::string> read_template(std::string_view text);     // https://$host$uri
Literal<std::string> read_field_value(std::string_view text);  // a template of one line, or file:PATH
Literal<std::string> read_file(std::string_view text);         // a path of the file system

}  // namespace weir::config
