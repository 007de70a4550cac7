// PeerSet: the peers of a group at one moment, immutable, counted, shared by all workers. Made by the control thread whenever the
// addresses of a group change. A Tier is what balancing works on: all primaries, or all backups.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/ref.h"
#include "upstream/peer.h"

namespace weir::upstream {

class HashTable;

inline constexpr std::size_t kNoPeer = ~std::size_t{0};

struct Tier {
    Tier();
    ~Tier();
    Tier(Tier&&) noexcept;
    Tier& operator=(Tier&&) = delete;
    void add(Ref<Peer> peer);
    std::size_t size() const { return peers.size(); }

    std::vector<Ref<Peer>> peers;
    std::vector<std::uint32_t> weight_upto;  // running sums: [i] is the weight of peers 0 … i together
    bool has_equal_weights = true;
    std::unique_ptr<const HashTable> table;  // for hash balancing only

    std::uint32_t weight_total() const { return weight_upto.empty() ? 0 : weight_upto.back(); }
};

class PeerSet : public Counted {
public:
    static constexpr std::size_t kPeersMax = 16'384;  // of a group; further addresses are left out

    PeerSet(const std::vector<Ref<Peer>>& peers, bool needs_hash);

    Tier primary;
    Tier backup;

    std::size_t size() const { return primary.size() + backup.size(); }
    // Primaries come first, backups follow.
    const Ref<Peer>& at(std::size_t index) const {
        return index < primary.size() ? primary.peers[index] : backup.peers[index - primary.size()];
    }
};

}  // namespace weir::upstream
