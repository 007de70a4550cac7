#include "cache/type_check.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace weir::cache {
namespace {

// Types in lower case, each a whole one or the beginning of one; a space between them.
struct Known {
    std::string_view extension;
    std::string_view types;
};

constexpr std::string_view kImage = "image/", kVideo = "video/ audio/", kAudio = "audio/ video/ application/ogg";
constexpr std::string_view kFont = "font/ application/font- application/x-font- application/vnd.ms-fontobject";
constexpr std::string_view kScript = "text/javascript application/javascript application/x-javascript";
constexpr std::string_view kArchive =
    "application/zip application/gzip application/x- application/zstd application/vnd.rar application/java-archive";
constexpr std::string_view kOffice = "application/msword application/vnd. application/rtf text/rtf";
constexpr std::string_view kXml = "text/xml application/xml application/rss+xml application/atom+xml";

constexpr std::array kKnown = std::to_array<Known>({
    {"7z", kArchive},
    {"aac", kAudio},
    {"apk", "application/vnd.android"},
    {"apng", kImage},
    {"avif", kImage},
    {"bmp", kImage},
    {"bz2", kArchive},
    {"css", "text/css"},
    {"csv", "text/csv text/plain"},
    {"doc", kOffice},
    {"docx", kOffice},
    {"eot", kFont},
    {"exe", "application/x- application/vnd.microsoft"},
    {"flac", kAudio},
    {"gif", kImage},
    {"gz", kArchive},
    {"heic", kImage},
    {"ico", kImage},
    {"jar", kArchive},
    {"jpeg", kImage},
    {"jpg", kImage},
    {"js", kScript},
    {"jxl", kImage},
    {"m4a", kAudio},
    {"m4v", kVideo},
    {"mid", kAudio},
    {"mjs", kScript},
    {"mkv", kVideo},
    {"mov", kVideo},
    {"mp3", kAudio},
    {"mp4", kVideo},
    {"mpeg", kVideo},
    {"oga", kAudio},
    {"ogg", kAudio},
    {"ogv", kVideo},
    {"opus", kAudio},
    {"otf", kFont},
    {"pdf", "application/pdf"},
    {"png", kImage},
    {"ppt", kOffice},
    {"pptx", kOffice},
    {"rar", kArchive},
    {"rss", kXml},
    {"svg", kImage},
    {"svgz", kImage},
    {"tar", kArchive},
    {"tgz", kArchive},
    {"tif", kImage},
    {"tiff", kImage},
    {"ttf", kFont},
    {"txt", "text/plain"},
    {"wasm", "application/wasm"},
    {"wav", kAudio},
    {"weba", kAudio},
    {"webm", kVideo},
    {"webp", kImage},
    {"woff", kFont},
    {"woff2", kFont},
    {"xls", kOffice},
    {"xlsx", kOffice},
    {"xml", kXml},
    {"xz", kArchive},
    {"zip", kArchive},
    {"zst", kArchive},
});

bool begins_with_one_of(std::string_view type, std::string_view list) {
    while (!list.empty()) {
        const auto end = std::min(list.find(' '), list.size());
        const auto one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (type.size() >= one.size() && equal_ignoring_case(type.substr(0, one.size()), one)) return true;
    }
    return false;
}

}  // namespace

std::string_view extension_of(std::string_view decoded) {
    const auto name = decoded.substr(decoded.rfind('/') + 1);  // npos + 1 is the beginning
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos) return {};
    const auto extension = name.substr(dot + 1);
    return extension.substr(0, extension.find_first_of(";,?#"));
}

bool type_agrees(std::string_view extension, std::string_view content_type) {
    const auto is_it = [&](const Known& known) { return equal_ignoring_case(known.extension, extension); };
    const auto* const known = std::ranges::find_if(kKnown, is_it);
    return known == kKnown.end() || begins_with_one_of(content_type, known->types) ||
           begins_with_one_of(content_type, "application/octet-stream");
}

}  // namespace weir::cache
