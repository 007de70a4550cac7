// The lines of the access log: combined (as nginx and Apache write it) and JSON. Pure functions over Facts and a pen.
// Nothing a client or an origin sends can forge a line (log injection): all their text is escaped (base/escape.h). Secrets are left out:
// Authorization and Cookie are never logged, secret query parameters are masked (masked_url.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "http/facts.h"
#include "observe/log_clock.h"

namespace weir::observe {

// What a worker writes lines with: cached time, room for custom formats. One a worker, shared by all its logs.
struct LogPen {
    explicit LogPen(std::uint32_t worker_index) : worker(worker_index) {}

    std::uint32_t worker;  // which lane of a file is its
    LogClock clock;
    std::string scratch;
};

// Octets a line of that format can have at most: reserve that, then write. Each returns the end of the line, its '\n' included.
std::size_t combined_octets_max(const http::Facts& facts);
char* write_combined(const http::Facts& facts, LogClock& clock, char* out);

std::size_t json_octets_max(const http::Facts& facts);
char* write_json(const http::Facts& facts, LogClock& clock, char* out);

}  // namespace weir::observe
