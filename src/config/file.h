// Reading a whole file, once, at load.
#pragma once

#include <expected>
#include <string>

namespace weir::config {

// The octets of a regular file, or what the system says against it.
std::expected<std::string, std::string> read_whole_file(const std::string& path, std::size_t octets_max);

// The path without links and dots; itself when it can't be resolved.
std::string real_path(const std::string& path);

}  // namespace weir::config
