// Baskets of the demo shop's visitors, in memory, found by a cookie. Thread: one. Limits: kCartsMax baskets, the oldest makes room;
// kPiecesMax pieces of one product.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace weir::cli {

struct Cart {
    std::map<std::string, std::uint32_t, std::less<>> pieces;  // by product
    std::uint32_t count() const;
    std::uint32_t pence() const;
};

class Carts {
public:
    static constexpr std::size_t kCartsMax = 1000;
    static constexpr std::uint32_t kPiecesMax = 99;

    // The basket of that cookie's value; an empty one when there is none.
    const Cart& find(std::string_view key) const;
    // The basket, made when there is none; `key` is then replaced by a fresh one that the visitor must be told.
    Cart& make(std::string& key);
    // False when there is no such product.
    static bool add(Cart& cart, std::string_view product);

private:
    std::map<std::string, Cart, std::less<>> carts_;
    std::deque<std::string> order_;
};

}  // namespace weir::cli
