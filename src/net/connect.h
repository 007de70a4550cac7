// Connecting to an address, or to the first of several that answers (RFC 8305's idea: start the next after a short head start).
#pragma once

#include <memory>
#include <span>

#include "net/address.h"
#include "net/stream.h"

namespace weir::net {

inline constexpr Duration kHeadStart = std::chrono::milliseconds(250);
inline constexpr std::size_t kRacersMax = 4;  // connects under way at once

// Errors carry Side::upstream and Retry::yes: nothing was sent.
io::Task<Result<std::unique_ptr<Stream>>> connect(const Address& to, io::Deadline deadline);
// The parts of connect(), for who waits in its own way: begins; once the stream is writable, says what came of it.
Result<std::unique_ptr<SocketStream>> begin_connect(const Address& to);
Result<> end_connect(SocketStream& stream);
// `to` in order of preference. The losers are closed. The error is that of the last one to fail.
io::Task<Result<std::unique_ptr<Stream>>> connect_any(std::span<const Address> to, io::Deadline deadline);

}  // namespace weir::net
