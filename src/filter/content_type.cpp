#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "filter/respond.h"

namespace weir::filter {
namespace {

using Entry = std::pair<std::string_view, std::string_view>;

// Sorted by suffix.
constexpr std::array kTypes = std::to_array<Entry>({
    {"avif", "image/avif"},
    {"bin", "application/octet-stream"},
    {"bmp", "image/bmp"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"eot", "application/vnd.ms-fontobject"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/x-icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"jsonld", "application/ld+json"},
    {"map", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"ogg", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xml", "application/xml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
});
static_assert(std::ranges::is_sorted(kTypes, {}, &Entry::first));

constexpr std::size_t kSuffixOctetsMax = 16;

}  // namespace

std::string_view content_type_of(std::string_view path) {
    static constexpr std::string_view kUnknown = "application/octet-stream";
    const auto name = path.substr(path.rfind('/') + 1);
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos || name.size() - dot - 1 > kSuffixOctetsMax) return kUnknown;
    std::array<char, kSuffixOctetsMax> lowered{};
    const auto suffix = name.substr(dot + 1);
    std::ranges::transform(suffix, lowered.begin(), to_lower);
    const std::string_view wanted(lowered.data(), suffix.size());
    const auto* found = std::ranges::lower_bound(kTypes, wanted, {}, &Entry::first);
    return found != kTypes.end() && found->first == wanted ? found->second : kUnknown;
}

}  // namespace weir::filter
