// Labels of metrics as dense numbers: names are looked up once, when a configuration is bound, and counted by index ever after.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::observe {

enum class LabelKind : std::uint8_t {
    site,   // (site)
    route,  // (site, route)
    peer,   // (upstream, peer)
};
inline constexpr std::size_t kLabelKinds = 3;

using LabelIndex = std::uint32_t;
inline constexpr LabelIndex kOtherLabel = 0;            // for all that found no room, and for what has no name
inline constexpr LabelIndex kNoLabel = ~LabelIndex{0};  // nothing to count
inline constexpr std::uint32_t kLabelsMax = 16 * 1024;  // of a kind, whatever the configuration says

}  // namespace weir::observe
