// Addresses, networks, servers. Oracles: what was read can be written and reads the same again; the C library reads the same octets;
// what was given to the system comes back.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "net/address.h"

using namespace weir::net;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_ip(std::string_view text) {
    const auto ip = Ip::parse(text);
    const std::string copy(text);
    in_addr four{};
    in6_addr six{};
    const bool has_nul = copy.find('\0') != std::string::npos;
    const bool is_four = !has_nul && inet_pton(AF_INET, copy.c_str(), &four) == 1;
    const bool is_six = !has_nul && inet_pton(AF_INET6, copy.c_str(), &six) == 1;
    require(ip.has_value() == (is_four || is_six));
    if (!ip) return;
    require(std::memcmp(ip->octets.data(), is_four ? static_cast<void*>(&four) : static_cast<void*>(&six), is_four ? 4 : 16) == 0);
    const auto written = ip->text();
    require(written.size() <= kIpTextMax && Ip::parse(written) == ip && Ip::parse(written)->text() == written);
    require(ip->unmapped().unmapped() == ip->unmapped());
}

void check_network(std::string_view text) {
    const auto network = Network::parse(text);
    if (!network) return;
    require(network->contains(network->ip) && Network::parse(network->text()) == network && network->masked() == network->ip);
    auto last = network->ip;
    const unsigned width = last.family == Family::ipv4 ? 32 : 128;
    for (unsigned bit = network->prefix_bits; bit < width; ++bit) last.octets[bit / 8] |= static_cast<std::uint8_t>(0x80U >> bit % 8);
    if (last.unmapped() != last) return;  // "::/80" ends in addresses that mean IPv4
    require(network->contains(last));
    if (network->prefix_bits == 0) return;
    const auto bit = network->prefix_bits - 1U;
    last.octets[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
    require(!network->contains(last));
}

void check_address(std::string_view text) {
    const auto address = Address::parse(text);
    if (!address) return;
    require(Address::parse(address->text()) == address);
    sockaddr_storage system{};
    const auto octets = address->to(system);
    require(octets != 0);
    auto expected = *address;
    expected.ip = expected.family() == Family::local ? Ip{.family = Family::local, .octets = {}} : expected.ip.unmapped();
    require(Address::from(reinterpret_cast<sockaddr*>(&system), octets) == expected);
}

void check_server(std::string_view text) {
    const auto server = HostPort::parse(text, 80);
    if (!server) return;
    require(HostPort::parse(server->text(), 1) == server && server->host.size() <= 254);
    if (const auto literal = server->literal()) require(literal->text() == server->text());
}

// What the system reports may be anything.
void check_system(const std::uint8_t* data, std::size_t size) {
    sockaddr_storage system{};
    std::memcpy(&system, data, std::min(size, sizeof system));
    const auto address = Address::from(reinterpret_cast<sockaddr*>(&system), static_cast<std::uint32_t>(std::min(size, sizeof system)));
    require(address.text().size() < 200);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto buffer = std::make_unique<char[]>(size);
    const std::string_view text(buffer.get(), std::string_view(reinterpret_cast<const char*>(data), size).copy(buffer.get(), size));
    check_ip(text);
    check_network(text);
    check_address(text);
    check_server(text);
    check_system(data, size);
    return 0;
}
