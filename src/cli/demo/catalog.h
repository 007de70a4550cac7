// What the demo shop sells. Static, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::cli {

struct Product {
    std::string_view id;
    std::string_view name;
    std::uint32_t pence = 0;
    std::uint32_t stock = 0;
    std::string_view blurb;
    std::string_view story;
};

std::span<const Product> products();
const Product* find_product(std::string_view id);
std::string price_text(std::uint32_t pence);  // "£24.50"

}  // namespace weir::cli
