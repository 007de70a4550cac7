// What the demo tells: its configuration, and the person who tries it. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace weir::cli {

struct DemoPlaces {
    std::string program = "weir";   // as a shell finds it
    std::string folder;             // holds the configuration, the admin socket and the access log
    std::uint16_t port = 0;         // Weir's
    std::uint16_t origin_port = 0;  // the shop's

    std::string file() const { return folder + "/weir.conf"; }
    std::string socket() const { return folder + "/admin.sock"; }
    std::string log() const { return folder + "/access.log"; }
};

std::string demo_configuration(const DemoPlaces& places);
// What to open and what to try.
std::string demo_greeting(const DemoPlaces& places, bool has_colour);

}  // namespace weir::cli
