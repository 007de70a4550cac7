// Where something stands in the configuration: for errors, logs and explain.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

struct Place {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    std::string text() const { return file + ":" + std::to_string(line); }
};

}  // namespace weir
