#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "cli/demo/catalog.h"

namespace weir::cli {

namespace {

constexpr Product kProducts[] = {
    {"lamp", "Brass sluice lamp", 6400, 12, "Burns through fog, rain and outages.",
     "Hung at every gate of the old river so that boats could tell an open one from a closed one. Ours is wired for a bulb and needs no "
     "keeper."},
    {"stone", "River stone", 900, 240, "Holds down papers, doors and opinions.",
     "Rounded by nine thousand years of steady throughput. No two are alike, and none has ever needed a restart."},
    {"hat", "Wax-cotton rain hat", 3850, 31, "For watching gauges in any weather.",
     "Proofed twice, stitched once. The brim keeps the drops off your notebook while the water rises to the red mark and no further."},
    {"buoy", "Oak mooring buoy", 5200, 7, "Stays up when everything else goes down.",
     "A wheel of oak and cork in the colours of the keepers' guild. Throw it to whoever is in over their head."},
    {"flies", "Tin of trout flies", 1575, 58, "Five of them. They never catch exceptions.",
     "Tied by hand in the boathouse from pheasant, silk and patience. The tin closes with a click that can be heard across the pool."},
    {"mug", "Keeper's mug", 1250, 96, "Half a litre, evenly balanced.",
     "Stoneware with a wave that goes once around. Keeps tea hot for a whole shift and can be refilled without being taken out of "
     "service."},
};

}  // namespace

std::span<const Product> products() { return kProducts; }

const Product* find_product(std::string_view id) {
    const auto* found = std::ranges::find(kProducts, id, &Product::id);
    return found == std::end(kProducts) ? nullptr : found;
}

std::string price_text(std::uint32_t pence) { return fmt::format("£{}.{:02}", pence / 100, pence % 100); }

}  // namespace weir::cli
