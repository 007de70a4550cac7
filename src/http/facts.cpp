#include "http/facts.h"

#include <array>

namespace weir::http {

std::string_view name_of(Phase phase) {
    static constexpr std::array<std::string_view, 10> kNames{"accept", "tls",  "request",  "admit", "lookup",
                                                             "select", "send", "response", "body",  "log"};
    return kNames[static_cast<std::size_t>(phase)];
}

std::string_view word_of(CacheUse use) {
    switch (use) {
        case CacheUse::hit: return "hit";
        case CacheUse::stale: return "stale";
        case CacheUse::revalidated: return "revalidated";
        case CacheUse::collapsed: return "collapsed";
        case CacheUse::miss: return "miss";
        case CacheUse::bypass: return "bypass";
        case CacheUse::none:
        case CacheUse::count_: break;
    }
    return {};
}

}  // namespace weir::http
