#include "base/shared_text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(SharedText, IsThereOnce) {
    const SharedText text(std::string(100, 'x'));
    const auto other = text;
    EXPECT_EQ(other.view(), std::string(100, 'x'));
    EXPECT_EQ(other.view().data(), text.view().data());
    EXPECT_EQ(SharedText().view(), "");
    EXPECT_EQ(SharedText("a").view(), "a");
}

TEST(SharedText, LivesAsLongAsAnybodyHasIt) {
    SharedText kept;
    {
        const SharedText made("page");
        kept = made;
    }
    EXPECT_EQ(kept.view(), "page");
}

}  // namespace
}  // namespace weir
