// Which running Weir is meant: its admin socket.
#pragma once

#include <optional>
#include <string>

namespace weir::cli {

// `socket` when it is given; what the configuration `file` says when that is; else the usual one. Nothing when the file has errors or says
// nothing: that has been told.
std::optional<std::string> admin_socket(const std::string& file, const std::string& socket);

}  // namespace weir::cli
