// Authorities and dates. Oracles: what was read can be written and reads the same again; the test without memory agrees.
#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include "http/date.h"
#include "http/octets.h"
#include "http/uri.h"

using namespace weir;
using namespace weir::http;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::string text_of(const Authority& authority) {
    const std::string host(authority.host);
    return (authority.is_ipv6 ? "[" + host + "]" : host) + (authority.port ? ":" + std::to_string(*authority.port) : "");
}

void check_authority(std::string_view text) {
    Arena arena;
    const auto once = parse_authority(text, arena);
    require(is_authority(text) == once.has_value());
    if (!once) return;
    require(!once->host.empty() && once->host.size() <= 253 && once->port != 0);
    for (const char c : once->host) require((is_octet(c, kHostOctet) && !(c >= 'A' && c <= 'Z')) || (once->is_ipv6 && c == ':'));
    const auto written = text_of(*once);
    const auto twice = parse_authority(written, arena);
    require(twice && twice->host == once->host && twice->port == once->port);
    require(twice->is_ipv6 == once->is_ipv6);
}

void check_date(std::string_view text) {
    const auto time = parse_date(text);
    if (!time) return;
    std::array<char, kDateOctets> out;
    write_date(*time, out);
    require(parse_date({out.data(), out.size()}) == time);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto buffer = std::make_unique<char[]>(size);
    std::string_view(reinterpret_cast<const char*>(data), size).copy(buffer.get(), size);
    check_authority({buffer.get(), size});
    check_date({buffer.get(), size});
    return 0;
}
