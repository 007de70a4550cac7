#include "cli/demo/carts.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/random.h"
#include "cli/demo/catalog.h"

namespace weir::cli {

std::uint32_t Cart::count() const {
    std::uint32_t total = 0;
    for (const auto& [id, count] : pieces) total += count;
    return total;
}

std::uint32_t Cart::pence() const {
    std::uint32_t total = 0;
    for (const auto& [id, count] : pieces) total += count * find_product(id)->pence;
    return total;
}

const Cart& Carts::find(std::string_view key) const {
    static const Cart kEmpty;
    const auto found = carts_.find(key);
    return found == carts_.end() ? kEmpty : found->second;
}

Cart& Carts::make(std::string& key) {
    const auto found = carts_.find(key);
    if (found != carts_.end()) return found->second;
    // Never a name that the visitor chose: it could be another one's (session fixation).
    std::array<std::uint8_t, 16> secret;
    secret_octets(secret);
    key.clear();
    for (const auto octet : secret) key += fmt::format("{:02x}", octet);
    if (order_.size() == kCartsMax) {
        carts_.erase(order_.front());
        order_.pop_front();
    }
    order_.push_back(key);
    return carts_[key];
}

bool Carts::add(Cart& cart, std::string_view product) {
    if (find_product(product) == nullptr) return false;
    auto& count = cart.pieces[std::string(product)];
    count = std::min(count + 1, kPiecesMax);
    return true;
}

}  // namespace weir::cli
