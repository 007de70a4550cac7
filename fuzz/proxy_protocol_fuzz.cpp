// PROXY headers of both versions. Oracles: no beginning of a header is taken for the whole or refused, octets behind it change nothing, and
// what was read is read the same after writing it.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/proxy_protocol.h"

namespace {

using weir::net::ProxyHeader;
using weir::net::ProxyStep;

void require(bool holds) {
    if (!holds) std::abort();
}

bool is_same(const ProxyHeader& a, const ProxyHeader& b) {
    return a.has_addresses == b.has_addresses && a.source == b.source && a.destination == b.destination;
}

void cut_everywhere(std::string_view input, const ProxyStep& whole) {
    ProxyHeader header;
    for (std::size_t size = 0; size < input.size(); ++size) {
        const auto step = parse_proxy_header(input.substr(0, size), header);
        if (whole.state == ProxyStep::State::done && size < whole.octets) require(step.state == ProxyStep::State::need_more);
        if (whole.state == ProxyStep::State::done && size >= whole.octets) require(step.octets == whole.octets);
        if (whole.state == ProxyStep::State::need_more) require(step.state == ProxyStep::State::need_more);
        if (whole.state == ProxyStep::State::bad) require(step.state != ProxyStep::State::done);
    }
}

void write_and_read(const ProxyHeader& header) {
    std::array<char, weir::net::kProxyWriteMax> room;
    ProxyHeader back;
    const auto octets = write_proxy_v2(header, room.data());
    require(octets <= room.size() && parse_proxy_header({room.data(), octets}, back).octets == octets);
    const auto is_one_family = header.source.family() == header.destination.family();
    const auto is_short = header.source.path.size() <= 107 && header.destination.path.size() <= 107;
    if (header.has_addresses && is_one_family && is_short) require(is_same(header, back));
    const auto line = write_proxy_v1(header, room.data());
    require(line <= weir::net::kProxyV1OctetsMax && parse_proxy_header({room.data(), line}, back).octets == line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(octets), size);
    ProxyHeader header;
    const auto step = parse_proxy_header(input, header);
    require(step.octets <= size);
    if (size <= 600) cut_everywhere(input, step);
    if (step.state == ProxyStep::State::done) write_and_read(header);
    return 0;
}
