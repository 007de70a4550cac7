#include "filter/accept_encoding.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "http/weight.h"

namespace weir::filter {
namespace {

using http::Coding;

constexpr std::uint16_t kUnsaid = AcceptedCodings::kNotNamed;

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
        const auto one = http::read_weighted(element);
        if (!one) return;
        if (one->name == "*") any = std::min(any, one->weight);
        else if (const auto coding = coding_of(one->name)) {
            auto& said = weights[static_cast<std::size_t>(*coding)];
            said = std::min(said, one->weight);
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
