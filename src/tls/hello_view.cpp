#include "tls/hello_view.h"

namespace weir::tls {
namespace {

// Takes octets off the front of a text; once something was missing, everything after it is.
class Cursor {
public:
    explicit Cursor(std::string_view rest) : rest_(rest) {}
    bool is_good() const { return is_good_; }
    bool is_at_end() const { return rest_.empty(); }

    std::string_view take(std::size_t octets) {
        if (rest_.size() < octets) {
            is_good_ = false;
            rest_ = {};
            return {};
        }
        const auto taken = rest_.substr(0, octets);
        rest_.remove_prefix(octets);
        return taken;
    }
    std::uint8_t take_one() {
        const auto octets = take(1);
        return octets.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(octets[0]);
    }
    std::uint16_t take_two() {
        const auto octets = take(2);
        return octets.empty() ? std::uint16_t{0} : two_octets(octets);
    }
    std::string_view take_list8() { return take(take_one()); }
    std::string_view take_list16() { return take(take_two()); }

private:
    std::string_view rest_;
    bool is_good_ = true;
};

enum Extension : std::uint16_t {
    kServerName = 0,
    kGroups = 10,
    kPointFormats = 11,
    kSignatures = 13,
    kProtocols = 16,
    kEarlyData = 42,
    kVersions = 43,
    kKeyModes = 45,
};

// A list with its length before it that fills its extension.
bool whole_list16(std::string_view content, std::string_view& list, std::size_t entry_octets) {
    Cursor cursor(content);
    list = cursor.take_list16();
    return cursor.is_good() && cursor.is_at_end() && list.size() % entry_octets == 0;
}

bool whole_list8(std::string_view content, std::string_view& list, std::size_t entry_octets) {
    Cursor cursor(content);
    list = cursor.take_list8();
    return cursor.is_good() && cursor.is_at_end() && list.size() % entry_octets == 0;
}

// RFC 6066 3: a list of which only a host name is known, and only one.
bool read_server_name(std::string_view content, std::string_view& name) {
    std::string_view list;
    if (!whole_list16(content, list, 1)) return false;
    Cursor cursor(list);
    const auto kind = cursor.take_one();
    const auto host = cursor.take_list16();
    if (!cursor.is_good()) return false;
    // A name with a NUL in it would be read differently by others.
    if (kind == 0 && host.find('\0') == std::string_view::npos && host.size() <= 255) name = host;
    return true;
}

bool read_protocols(std::string_view content, std::string_view& protocols) {
    if (!whole_list16(content, protocols, 1)) return false;
    Cursor cursor(protocols);
    while (cursor.is_good() && !cursor.is_at_end())
        if (cursor.take_list8().empty()) return false;
    return cursor.is_good();
}

// Who says it wrongly gets no ticket; OpenSSL refuses him.
bool read_key_modes(std::string_view content, std::string_view& modes) {
    if (!whole_list8(content, modes, 1)) modes = {};
    return true;
}

bool read_extension(HelloView& hello, std::uint16_t kind, std::string_view content) {
    switch (kind) {
        case kServerName: return read_server_name(content, hello.server_name);
        case kGroups: return whole_list16(content, hello.groups, 2);
        case kPointFormats: return whole_list8(content, hello.point_formats, 1);
        case kSignatures: return whole_list16(content, hello.signatures, 2);
        case kProtocols: return read_protocols(content, hello.protocols);
        case kVersions: return whole_list8(content, hello.versions, 2);
        case kKeyModes: return read_key_modes(content, hello.key_modes);
        case kEarlyData: hello.has_early_data = true; return true;
        default: return true;
    }
}

bool has_entry(std::string_view list, std::uint16_t wanted) {
    for (; list.size() >= 2; list.remove_prefix(2))
        if (two_octets(list) == wanted) return true;
    return false;
}

}  // namespace

bool HelloView::offers_protocol(std::string_view name) const {
    Cursor cursor(protocols);
    while (cursor.is_good() && !cursor.is_at_end())
        if (cursor.take_list8() == name) return true;
    return false;
}

bool HelloView::has_signature(std::uint16_t scheme) const { return has_entry(signatures, scheme); }
bool HelloView::offers_version(std::uint16_t wanted) const { return has_entry(versions, wanted); }

std::optional<HelloView> view_client_hello(std::string_view message) {
    Cursor cursor(message);
    const auto head = cursor.take(kHandshakeHeadOctets);
    if (!cursor.is_good() || head[0] != 1) return std::nullopt;
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(head[1])) << 16 | two_octets(head.substr(2));
    if (length != message.size() - kHandshakeHeadOctets) return std::nullopt;
    HelloView hello;
    hello.version = cursor.take_two();
    cursor.take(32);
    if (cursor.take_list8().size() > 32) return std::nullopt;
    hello.ciphers = cursor.take_list16();
    const auto compressions = cursor.take_list8();
    if (!cursor.is_good() || hello.ciphers.empty() || hello.ciphers.size() % 2 != 0 || compressions.empty()) return std::nullopt;
    if (cursor.is_at_end()) return hello;  // without extensions: before TLS 1.3 that was one
    hello.extensions = cursor.take_list16();
    if (!cursor.is_good() || !cursor.is_at_end()) return std::nullopt;
    bool is_good = true;
    const bool is_whole = for_each_extension(
        hello.extensions, [&](std::uint16_t kind, std::string_view content) { is_good = is_good && read_extension(hello, kind, content); });
    if (!is_whole || !is_good) return std::nullopt;
    return hello;
}

}  // namespace weir::tls
