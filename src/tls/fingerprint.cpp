// Fingerprints of clients from their ClientHello. JA3: Salesforce's, an MD5 over lists in the client's order. JA4: FoxIO's, readable in its
// first part and with sorted lists in the others, because browsers shuffle their extensions.
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <span>

#include "base/text.h"
#include "tls/client_hello.h"

namespace weir::tls {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kJa4HashDigits = 12;
constexpr unsigned kJa4CountMax = 99;
constexpr std::uint16_t kServerName = 0;
constexpr std::uint16_t kProtocols = 16;

std::string digest_hex(const char* name, std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    std::size_t octets = 0;
    if (EVP_Q_digest(nullptr, name, nullptr, text.data(), text.size(), digest, &octets) != 1) return {};
    std::string hex;
    for (std::size_t i = 0; i < octets; ++i) {
        hex += kHexDigits[digest[i] >> 4];
        hex += kHexDigits[digest[i] & 15];
    }
    return hex;
}

template <class Entry>
void append_decimal(std::string& text, std::span<const Entry> entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) text += (i == 0 ? "" : "-") + std::to_string(entries[i]);
}

void append_hex(std::string& text, std::uint16_t entry) {
    for (int shift = 12; shift >= 0; shift -= 4) text += kHexDigits[(entry >> shift) & 15];
}

std::string hex_list(std::span<const std::uint16_t> entries) {
    std::string text;
    for (const auto entry : entries) {
        if (!text.empty()) text += ',';
        append_hex(text, entry);
    }
    return text;
}

std::string_view version_digits(std::uint16_t version) {
    switch (version) {
        case 0x0304: return "13";
        case 0x0303: return "12";
        case 0x0302: return "11";
        case 0x0301: return "10";
        case 0x0300: return "s3";
        case 0x0002: return "s2";
        default: return "00";
    }
}

void append_count(std::string& text, std::size_t count) {
    const auto shown = std::min<std::size_t>(count, kJa4CountMax);
    text += static_cast<char>('0' + shown / 10);
    text += static_cast<char>('0' + shown % 10);
}

bool is_alphanumeric(char c) { return is_alpha(c) || is_digit(c); }

// The first and last character of the first protocol; of its hex form, where one of them is not printable.
std::string protocol_letters(const ClientHello& hello) {
    if (hello.protocols.empty() || hello.protocols.front().empty()) return "00";
    const auto first = hello.protocols.front();
    if (is_alphanumeric(first.front()) && is_alphanumeric(first.back())) return {first.front(), first.back()};
    return {kHexDigits[static_cast<unsigned char>(first.front()) >> 4], kHexDigits[static_cast<unsigned char>(first.back()) & 15]};
}

std::string short_digest(std::string_view text) {
    return text.empty() ? std::string(kJa4HashDigits, '0') : digest_hex("SHA256", text).substr(0, kJa4HashDigits);
}

}  // namespace

std::string ja3_text(const ClientHello& hello) {
    auto text = std::to_string(hello.version) + ",";
    for (const auto* list : {&hello.ciphers, &hello.extensions, &hello.groups}) {
        append_decimal<std::uint16_t>(text, *list);
        text += ',';
    }
    append_decimal<std::uint8_t>(text, hello.point_formats);
    return text;
}

std::string ja3(const ClientHello& hello) { return digest_hex("MD5", ja3_text(hello)); }

std::string ja4(const ClientHello& hello) {
    auto ciphers = hello.ciphers;
    auto extensions = hello.extensions;
    const bool has_name = std::ranges::find(extensions, kServerName) != extensions.end();
    std::string text("t");
    text += version_digits(hello.version_highest);
    text += has_name ? 'd' : 'i';
    append_count(text, ciphers.size());
    append_count(text, extensions.size());
    text += protocol_letters(hello);
    std::ranges::sort(ciphers);
    std::ranges::sort(extensions);
    std::erase_if(extensions, [](std::uint16_t kind) { return kind == kServerName || kind == kProtocols; });
    auto behind = hex_list(extensions);
    if (!behind.empty() && !hello.signatures.empty()) behind += "_" + hex_list(hello.signatures);
    return text + "_" + short_digest(hex_list(ciphers)) + "_" + short_digest(behind);
}

}  // namespace weir::tls
