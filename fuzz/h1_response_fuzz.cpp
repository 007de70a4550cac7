// Response heads; the first octet says what was asked. Oracles: the result does not depend on how the octets were cut; what was taken can
// be written, and reads the same again.
#include "h1_head.h"

using namespace weir;
using namespace weir::http;
using namespace weir::fuzz;

namespace {

std::string text_of_response(const Response& response) {
    std::string text = std::to_string(response.status) + " ";
    text.append(response.reason.empty() ? reason_of(response.status) : response.reason).append(" ");
    text += std::to_string(static_cast<int>(response.framing)) + ":" +
            std::to_string(response.framing == Framing::none ? 0 : response.content_length) + "\n";
    return text + text_of(response.fields);
}

std::string written(const Response& response) {
    std::string head(h1::head_octets_max(response), '\0');
    const auto octets = h1::write_head(response, h1::ConnectionField::keep_alive, false, head.data());
    require(octets <= head.size());
    head.resize(octets);
    return head;
}

Parsed parse(std::string_view octets, Method method, std::size_t first, std::size_t step, const h1::HeadLimits& limits) {
    Arena arena;
    Response response(arena);
    h1::HeadParser parser;
    return parse_in_parts(
        octets, first, step, [&](std::string_view part) { return parser.parse(part, limits, method, response); },
        [&](Parsed& parsed) { parsed.text = text_of_response(response), parsed.head = written(response); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto method = static_cast<Method>(data[0] % (static_cast<unsigned>(Method::other) + 1));
    const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = parse(octets, method, octets.size(), 1, kLimits);
    const auto cut = octets.empty() ? 0 : std::size_t{data[0]} * 7 % octets.size();
    for (const auto& other : {parse(octets, method, 0, 1, kLimits), parse(octets, method, cut, size, kLimits)}) require_same(whole, other);
    if (whole.is_bad()) require(whole.error.detail[0] != '\0' && whole.error.side == Side::upstream);
    if (whole.is_done()) require_again(whole, parse(whole.head, method, whole.head.size(), 1, kWide));
    return 0;
}
