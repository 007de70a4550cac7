// DirectivesMemo: an origin says the same few things in Cache-Control all the time: what was read of one of them lately need not be read
// again. It gives what read_response_directives() gives. A small table; of one worker.
#pragma once

#include <array>
#include <cstdint>

#include "cache/directives.h"

namespace weir::cache {

class DirectivesMemo {
public:
    static constexpr std::size_t kRows = 16;
    static constexpr std::size_t kTextMax = 95;  // octets; what is longer is read each time

    ResponseDirectives read(const http::Fields& fields, const Policy& policy);

private:
    struct Row {
        std::array<char, kTextMax> text;
        std::uint8_t size = 0;
        ResponseDirectives directives;
    };
    std::array<Row, kRows> rows_{};
};

}  // namespace weir::cache
