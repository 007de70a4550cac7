// The person at the other end: standard input, output and error of a command.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace weir::cli {

// To standard output. False when it does not take it (a full disk, a closed pipe).
bool print(std::string_view text);
// To standard error, what went wrong.
void complain(std::string_view text);
// A text that was made, or why it could not be: the exit status.
int finish(std::string_view text);

// The octets of a file, of standard input when the path is "-". The error is for a person and names the file.
std::expected<std::string, std::string> read_input(const std::string& path);
// Replaces a file in one step: whoever reads it finds the old text or the new one. Its mode stays. A link is followed.
std::expected<void, std::string> replace_file(const std::string& path, std::string_view text);
// Empty, or what to do when nobody has named a configuration and the usual one does not exist.
std::string advice_without_file(const std::string& path);

// How a file is called in messages.
std::string name_of_input(const std::string& path);

}  // namespace weir::cli
