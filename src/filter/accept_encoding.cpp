#include "filter/accept_encoding.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace weir::filter {
namespace {

using http::Coding;

constexpr std::uint16_t kUnsaid = AcceptedCodings::kNotNamed;

// "0", "0.5", "1.000" (RFC 9110 12.4.2).
std::optional<std::uint16_t> read_weight(std::string_view text) {
    constexpr std::size_t kOctetsMax = 5;
    if (text.empty() || text.size() > kOctetsMax || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.'))
        return std::nullopt;
    unsigned weight = text[0] == '1' ? 1000 : 0;
    unsigned unit = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (!is_digit(c)) return std::nullopt;
        weight += static_cast<unsigned>(c - '0') * unit;
        unit /= 10;
    }
    return weight <= 1000 ? std::optional(static_cast<std::uint16_t>(weight)) : std::nullopt;
}

std::optional<std::uint16_t> weight_of(std::string_view element, std::size_t semicolon) {
    if (semicolon == std::string_view::npos) return std::uint16_t{1000};
    const auto parameter = trim(element.substr(semicolon + 1));
    if (parameter.size() < 2 || to_lower(parameter[0]) != 'q' || parameter[1] != '=') return std::nullopt;
    return read_weight(parameter.substr(2));
}

std::optional<Coding> coding_of(std::string_view name) {
    if (equal_ignoring_case(name, "x-gzip")) return Coding::gzip;
    for (const auto coding : {Coding::gzip, Coding::br, Coding::zstd, Coding::identity})
        if (equal_ignoring_case(name, http::name_of(coding))) return coding;
    return std::nullopt;
}

// What the lines say, before it is known what `*` stands for.
struct Said {
    std::array<std::uint16_t, http::kCodings> weights{kUnsaid, kUnsaid, kUnsaid, kUnsaid};
    std::uint16_t any = kUnsaid;
    unsigned elements = 0;

    void hear(std::string_view element) {
        if (++elements > AcceptedCodings::kElementsMax) return;
        const auto semicolon = element.find(';');
        const auto name = trim(element.substr(0, semicolon));
        const auto weight = weight_of(element, semicolon);
        if (!weight) return;
        if (name == "*") any = std::min(any, *weight);
        else if (const auto coding = coding_of(name)) {
            auto& said = weights[static_cast<std::size_t>(*coding)];
            said = std::min(said, *weight);
        }
    }
};

}  // namespace

AcceptedCodings read_accept_encoding(const http::Fields& request) {
    AcceptedCodings out;
    if (!request.has(http::FieldId::accept_encoding)) return out;
    Said said;
    for (const auto& field : request)
        if (field.id == http::FieldId::accept_encoding) for_each_token(field.value, [&](std::string_view element) { said.hear(element); });
    for (std::size_t i = 0; i < http::kCodings; ++i) {
        const auto coding = static_cast<Coding>(i);
        const bool is_named = said.weights[i] != kUnsaid;
        if (is_named) out.weights[i] = said.weights[i];
        else if (said.any != kUnsaid && (coding == Coding::gzip || (coding == Coding::identity && said.any == 0)))
            out.weights[i] = said.any;
    }
    return out;
}

http::Coding preferred(const AcceptedCodings& accepted, std::span<const http::Coding> offered) {
    auto best = Coding::identity;
    std::uint16_t most = 0;
    for (const auto coding : offered)
        if (accepted.of(coding) > most) best = coding, most = accepted.of(coding);
    const auto identity = accepted.of(Coding::identity);
    return identity != kUnsaid && identity > most ? Coding::identity : best;
}

}  // namespace weir::filter
