// What `weir cache show` tells of an URL that is not stored, for a person: why the last answer was not, who goes to the origin without
// waiting for others, how often it was asked for. Thread: control.
#pragma once

#include <string>
#include <string_view>

#include "cache/zone.h"
#include "proxy/plan.h"

namespace weir::server {

// Of a key as its URL makes it. `since`: what was before it is no news.
std::string refusal_line(const cache::Zone& zone, std::string_view key, TimePoint since, TimePoint now);
std::string waiting_lines(const cache::Zone& zone, const proxy::CachePlan& plan, std::string_view key, TimePoint now);

}  // namespace weir::server
