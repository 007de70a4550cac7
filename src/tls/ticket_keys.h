// Keys of session tickets (RFC 8446 4.6.1, RFC 5077): made at start and rotated by the control thread, or read from a file that a fleet
// shares. The first key encrypts, all decrypt. Whoever has a key can read the sessions it made: keys are short-lived and never logged.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "tls/live.h"
#include "tls/options.h"

namespace weir::tls {

inline constexpr std::size_t kTicketKeyOctets = 80;  // name 16, cipher key 32, MAC key 32
inline constexpr std::size_t kTicketKeysMax = 16;

TicketKey make_ticket_key();
// The keys after one rotation: a new first one, the old ones behind it, at most as many as tickets of `lifetime` can still need.
std::vector<TicketKey> rotate_ticket_keys(const std::vector<TicketKey>& keys, const TicketOptions& options);
// 80 octets a key. The error is for a person and names the file.
std::expected<std::vector<TicketKey>, std::string> read_ticket_keys(const std::string& file);

}  // namespace weir::tls
