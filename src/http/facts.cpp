#include "http/facts.h"

#include <array>

namespace weir::http {

std::string_view name_of(Phase phase) {
    static constexpr std::array<std::string_view, 10> kNames{"accept", "tls",  "request",  "admit", "lookup",
                                                             "select", "send", "response", "body",  "log"};
    return kNames[static_cast<std::size_t>(phase)];
}

}  // namespace weir::http
