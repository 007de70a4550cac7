// For people: who gets a key, and who in his stead when he is down. The same choice as that of live traffic, but for load.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ref.h"
#include "upstream/options.h"
#include "upstream/peer.h"

namespace weir::upstream {

// Of a group that runs; backups are not among them. At most `count` names.
std::vector<std::string> hash_order(std::span<const Ref<Peer>> peers, std::uint64_t hash, std::size_t count);
// Of a configuration: empty when a server's address is not written there, because then it is not known who there is.
std::vector<std::string> hash_order(const GroupOptions& options, std::uint64_t hash, std::size_t count);

}  // namespace weir::upstream
