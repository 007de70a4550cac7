#include "base/put_text.h"

#include <gtest/gtest.h>

#include <string>

#include "base/load_word.h"

namespace weir {
namespace {

TEST(PutText, AllOfItAndNothingBeyond) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += static_cast<char>('!' + i % 90);
    for (std::size_t size = 0; size <= text.size(); ++size) {
        std::string room(text.size() + 2, '~');
        char* const end = put_text(room.data() + 1, std::string_view(text).substr(0, size));
        EXPECT_EQ(end, room.data() + 1 + size);
        EXPECT_EQ(room, "~" + text.substr(0, size) + std::string(text.size() - size + 1, '~')) << size;
    }
    EXPECT_EQ(put_text(nullptr, {}), nullptr);
}

TEST(LoadWord, WithZerosBehind) {
    const std::string octets = "\x01\x02\x03\x04\x05\x06\x07\xff";
    std::uint64_t wanted = 0;
    EXPECT_EQ(load_word({}), 0U);
    for (std::size_t size = 1; size <= octets.size(); ++size) {
        wanted |= std::uint64_t{static_cast<unsigned char>(octets[size - 1])} << 8 * (size - 1);
        EXPECT_EQ(load_word(std::string_view(octets).substr(0, size)), wanted) << size;
    }
}

}  // namespace
}  // namespace weir
