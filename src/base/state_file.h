// Files of the state directory, which outlive the process: readable by their owner only, written whole or not at all. They block for as
// long as the disk does. Thread: control.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

inline constexpr std::size_t kStateFileMax = 1024 * 1024;

// With those above it. Those made here have mode 0700. The error names the folder.
std::expected<void, std::string> make_state_folder(const std::string& folder);
// Beside its place first, mode 0600, synced, then renamed into it: a reader finds the old text or the new one, a crash leaves one of them.
std::expected<void, std::string> write_state_file(const std::string& path, std::string_view octets);
// Nothing when it is not there, or can't be read, which is told, or is larger than kStateFileMax.
std::optional<std::string> read_state_file(const std::string& path);

}  // namespace weir
