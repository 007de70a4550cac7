// Conduct: how a client of HTTP/2 treats its connection: what its windows are, when it opens them, when it stops to read. Drawn from the
// world's seed.
#pragma once

#include "base/clock.h"
#include "base/random.h"

namespace weir::sim {

// When a stream's window is opened again for what came.
enum class Opening : std::uint8_t { at_once, late, never };

class Conduct {
public:
    static Conduct polite(Random& random);
    // Many streams at once, of which some are left to stall, on a socket that is not always read.
    static Conduct stalling(Random& random);

    Opening opening(Random& random) const;
    // How long it does not read now.
    Duration pause(Random& random) const;

    std::int64_t first_window = 0;
    std::int64_t window = kWindow;  // of the connection
    std::size_t at_once = 1;        // streams
    bool stalls = false;
    bool opens_late = false;  // the connection's window
    bool is_patient = true;   // its pauses are short: who is not left to stall himself is answered

    static constexpr std::int64_t kWindow = 65'535;
    static constexpr std::int64_t kWindowMax = 0x7fffffff;
};

}  // namespace weir::sim
