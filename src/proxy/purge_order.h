// PurgeOrder: what is to be purged, on its way through the tiers of caches: up to the caches in front of the origin, which must have purged
// before this one does, or it would fetch what was from them; and down to those behind it that it was told of. A worker hands an order over
// to the control thread and waits for what comes of it.
//
// Between Weirs it travels as a PURGE of kPurgePath with a query: that of the admin API, who passes it on, and how many tiers may follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/ref.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::proxy {

inline constexpr std::string_view kPurgePath = "/.well-known/weir/purge";
inline constexpr std::string_view kPurgeType = "text/x-weir-purge";  // of the answer: nobody else's 200 is taken for one
inline constexpr unsigned kTiersMax = 4;  // that hear of one purge, one behind the other: whoever points in a circle is heard no longer
inline constexpr Duration kTierTime = std::chrono::seconds(5);  // for one tier and those behind it; half of it for each further one

struct PurgeOrder {
    enum class What : std::uint8_t { url, prefix, tag, host, all };
    enum class From : std::uint8_t { here, below, above };  // a person or an application; a cache behind this one; one in front of it
    What what = What::url;
    std::string text;
    bool is_soft = false;
    From from = From::here;
    unsigned tiers = kTiersMax;  // that may still hear of it, this one included
};

// "url=http%3A%2F%2Fa%2F&soft": nullopt when it says nothing, or more than one thing.
std::optional<PurgeOrder> read_purge(std::string_view query, Arena& arena);
std::string write_purge(const PurgeOrder& order);

// Worker and control thread. The worker may leave before the answer comes.
class PurgeAnswer : public Counted {
public:
    explicit PurgeAnswer(io::Worker& asker) : asker_(asker) {}
    // Control thread.
    void tell(std::uint16_t status, std::string text);
    // The asker.
    io::Event& told() { return told_; }
    std::uint16_t status() const { return status_; }
    const std::string& text() const { return text_; }

private:
    io::Worker& asker_;
    io::Event told_;
    std::uint16_t status_ = 0;
    std::string text_;
};

}  // namespace weir::proxy
