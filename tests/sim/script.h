// Script: one exchange as it shall happen, drawn from the world's seed. It is written into the request's target.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"

namespace weir::sim {

enum class Body : std::uint8_t { none, length, chunked, until_close };
// How the origin behaves.
enum class Mood : std::uint8_t {
    good,
    truncates,
    resets,
    garbles,
    closes_silent,
    answers_early,
    interim,
    freezes,
    both_lengths,
    dies_late,
    count_
};

struct Script {
    std::uint64_t id = 0;
    std::string method = "GET";
    Body request_body = Body::none;
    std::size_t request_size = 0;
    Body answer_body = Body::length;
    std::size_t answer_size = 0;
    Mood mood = Mood::good;
    bool has_trailers = false;
    bool expects_continue = false;
    bool is_upgrade = false;
    bool closes = false;  // the origin says Connection: close

    std::string target() const;
    static Script of_target(std::string_view target);
    static Script draw(Random& random, std::uint64_t id, bool with_faults);
    // Of sizes that fill sockets, and of those that fill a window to its end.
    static Script draw_large(Random& random, std::uint64_t id, bool with_faults);
    bool is_idempotent() const { return method != "POST"; }
};

// The octets of a body: they follow from the id, so that everybody knows them.
std::string octets_of(std::uint64_t id, std::size_t size);

}  // namespace weir::sim
