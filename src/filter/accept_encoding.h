// Which content codings a client takes (RFC 9110 12.5.3). Hostile text: what is not in the grammar asks for nothing.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "http/coding.h"
#include "http/fields.h"

namespace weir::filter {

struct AcceptedCodings {
    static constexpr unsigned kElementsMax = 64;  // further ones are not heard
    static constexpr std::uint16_t kNotNamed = 0xffff;

    // In thousandths; 0: refused. identity: kNotNamed when nothing was said of it: then it is taken, but wanted least.
    std::array<std::uint16_t, http::kCodings> weights{kNotNamed, 0, 0, 0};

    std::uint16_t of(http::Coding coding) const { return weights[static_cast<std::size_t>(coding)]; }
    bool takes(http::Coding coding) const { return of(coding) != 0; }
};

// Of all lines together. Without the field nothing but identity is taken: who does not speak of codings mostly knows none. `x-gzip` is
// gzip (8.4.1.3). `*` stands for gzip alone among the codings that are not named, the one that everybody knows who says so. Of a coding
// that is named twice the smaller weight counts; an element with a faulty weight does not.
AcceptedCodings read_accept_encoding(const http::Fields& request);

// The one of `offered` with the highest weight; of equal ones the first. identity when none is taken, or when the client wants it more.
http::Coding preferred(const AcceptedCodings& accepted, std::span<const http::Coding> offered);

}  // namespace weir::filter
