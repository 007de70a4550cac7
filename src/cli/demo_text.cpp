#include "cli/demo_text.h"

#include <array>
#include <string_view>

namespace weir::cli {
namespace {

// Text in which @name stands for a place of the demo.
std::string fill(std::string_view text, const DemoPlaces& places) {
    struct Place {
        std::string_view name;
        std::string value;
    };
    const std::array<Place, 7> known{{{"@url", "http://127.0.0.1:" + std::to_string(places.port)},
                                      {"@port", std::to_string(places.port)},
                                      {"@origin", "127.0.0.1:" + std::to_string(places.origin_port)},
                                      {"@file", places.file()},
                                      {"@socket", places.socket()},
                                      {"@log", places.log()},
                                      {"@weir", places.program}}};
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t taken = 1;
        std::string_view put = text.substr(at, 1);
        for (const auto& place : known)
            if (text.substr(at).starts_with(place.name)) put = place.value, taken = place.name.size();
        out += put;
        at += taken;
    }
    return out;
}

constexpr std::string_view kConfiguration = R"(# The configuration of the demo. Change it, then: @weir reload --socket @socket
# Whatever is wrong with it is told with line and column, and the old one stays.
workers 2
drain 1s
admin { socket @socket }
log combined @log

upstream shop {
    server @origin
    check GET /healthz every 5s
}

site 127.0.0.1:@port {
    route /hello {
        respond 200 "Hello, $client_ip. Weir says this by itself.\n"
    }
    route /lamp {
        redirect 302 /products/lamp
    }
    route /shop/* {
        rewrite strip_prefix /shop
        proxy shop
    }
    route /* {
        proxy shop
        header response set X-Frame-Options DENY
    }
}
)";

// '*' begins and ends what stands out.
constexpr std::string_view kGreeting = R"(
  *Weir is running*, in front of a small shop.

  *Open*     *@url/*
           pages, a basket, a WebSocket, live events; below them what the shop was told of you

  *Try*      curl -i @url/headers
             what reaches an origin
           curl -N @url/events
             server-sent events, one by one
           curl -i '@url/slow?ms=700'
             an origin that takes its time
           curl -i '@url/fail?code=503'
             an origin that fails
           curl -i @url/hello
             an answer of Weir's own
           curl -i --path-as-is @url/a/%2e%2e/%2e%2e/etc
             refused: the path climbs above the root

  *Ask*      @weir explain --socket @socket @url/shop//lamp
             what would become of a request, and why
           @weir metrics --socket @socket

  *Change*   edit @file, then
           @weir reload --socket @socket
             break a line on purpose: the error shows the spot, and the shop stays open

  *Watch*    tail -f @log

  *Stop*     Ctrl-C

)";

std::string emphasised(const std::string& text, bool has_colour) {
    std::string out;
    bool is_strong = false;
    for (const char c : text) {
        if (c != '*') {
            out += c;
            continue;
        }
        is_strong = !is_strong;
        if (has_colour) out += is_strong ? "\033[1;36m" : "\033[0m";
    }
    return out;
}

}  // namespace

std::string demo_configuration(const DemoPlaces& places) { return fill(kConfiguration, places); }

std::string demo_greeting(const DemoPlaces& places, bool has_colour) { return emphasised(fill(kGreeting, places), has_colour); }

}  // namespace weir::cli
