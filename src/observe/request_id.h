// Request ids: 128 random bits as 32 hex digits, made by each worker on its own. They name, they don't authorise: unguessable enough to
// join logs, not a secret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/random.h"

namespace weir::observe {

inline constexpr std::size_t kRequestIdOctets = 32;
inline constexpr std::size_t kForeignIdOctetsMax = 128;

class RequestIds {
public:
    // Seed: secret_seed() in life, fixed in the simulation. Workers take different ones.
    explicit RequestIds(std::uint64_t seed) : random_(seed) {}

    // Writes kRequestIdOctets into `out` and returns them as a view.
    std::string_view write(char* out);

private:
    Random random_;
};

// May an id that came with a request be taken over? Letters, digits and "-_.:+/=@~", 1 … kForeignIdOctetsMax of them: it will stand in
// fields and logs.
bool is_wellformed_request_id(std::string_view text);

}  // namespace weir::observe
