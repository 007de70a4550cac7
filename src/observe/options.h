// What the configuration says of logs and metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/template.h"

namespace weir::observe {

struct AccessLogOptions {
    enum class Format : std::uint8_t { off, combined, json, custom };
    Format format = Format::combined;
    std::string path;       // "stdout", "stderr" or a file
    http::Template custom;  // when format is custom
    std::uint32_t sample_per_million = 1'000'000;
    std::uint16_t keep_status_from = 400;  // lines with this status and above are never sampled away
};

struct MetricsOptions {
    std::uint32_t label_values_max = 200;  // sites, routes, peers each; further ones count as "other"
};

}  // namespace weir::observe
