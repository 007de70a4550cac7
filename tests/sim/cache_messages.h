// Messages for worlds with a cache: drawn from a small vocabulary that meets every rule of RFC 9111, the malformed included.
#pragma once

#include <string>

#include "base/random.h"
#include "sim/cache_rules.h"

namespace weir::sim {

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string date_text(double seconds);

class CacheMessages {
public:
    explicit CacheMessages(std::uint64_t seed) : random_(seed) {}

    bool one_in(std::uint32_t many) { return random_.below(many) == 0; }
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_.below(limit)); }

    Lines request();
    int status();
    // Of an answer that comes at `now`.
    Lines answer(double now);
    std::string answers_control();

private:
    template <std::size_t count>
    std::string one_of(const char* const (&texts)[count]) {
        return texts[below(count)];
    }
    template <std::size_t count>
    std::string list_of(const char* const (&words)[count], std::uint32_t most);

    Random random_;
};

}  // namespace weir::sim
