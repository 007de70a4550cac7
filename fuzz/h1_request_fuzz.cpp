// Request heads. Oracles: the result does not depend on how the octets were cut; what was taken can be written, and reads the same again.
#include "h1_head.h"

using namespace weir;
using namespace weir::http;
using namespace weir::fuzz;

namespace {

std::string text_of_request(const Request& request) {
    std::string text(request.method_name);
    text.append(" ").append(request.target).append(" ").append(request.authority).append(" ");
    text += std::to_string(static_cast<int>(request.framing)) + ":" + std::to_string(request.content_length) + "\n";
    return text + text_of(request.fields);
}

std::string written(const Request& request) {
    if (request.authority.empty()) return {};
    std::string head(h1::head_octets_max(request), '\0');
    const auto octets = h1::write_head(request, request.target, h1::ConnectionField::keep_alive, head.data());
    require(octets <= head.size());
    head.resize(octets);
    return head;
}

Parsed parse(std::string_view octets, std::size_t first, std::size_t step, const h1::HeadLimits& limits) {
    Arena arena;
    Request request(arena);
    h1::HeadParser parser;
    return parse_in_parts(
        octets, first, step, [&](std::string_view part) { return parser.parse(part, limits, request); },
        [&](Parsed& parsed) { parsed.text = text_of_request(request), parsed.head = written(request); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    const auto whole = parse(octets, size, size, kLimits);
    const auto cut = size == 0 ? 0 : std::size_t{data[0]} * 7 % size;
    for (const auto& other : {parse(octets, 0, 1, kLimits), parse(octets, cut, size, kLimits)}) require_same(whole, other);
    if (whole.is_bad()) require(whole.error.detail[0] != '\0' && whole.error.side == Side::client);
    if (!whole.head.empty()) require_again(whole, parse(whole.head, whole.head.size(), 1, kWide));
    return 0;
}
