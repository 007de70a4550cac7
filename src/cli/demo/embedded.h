// Files of web/ that are part of the program (cmake/embed.cmake). Static memory, any thread.
#pragma once

#include <span>
#include <string_view>

namespace weir::cli {

struct EmbeddedFile {
    std::string_view path;  // below the folder: "assets/shop.css"
    std::string_view octets;
};

std::span<const EmbeddedFile> embedded_demo();

}  // namespace weir::cli
