#include "base/state_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace weir {
namespace {

class StateFile : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/weir-state-XXXXXX";
        root_ = ::mkdtemp(name);
    }
    void TearDown() override { std::filesystem::remove_all(root_); }
    static unsigned mode_of(const std::string& path) {
        struct stat found{};
        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
    }

    std::string root_;
};

TEST_F(StateFile, IsItsOwnersAlone) {
    ASSERT_TRUE(make_state_folder(root_ + "/a/b"));
    ASSERT_TRUE(write_state_file(root_ + "/a/b/key", "secret"));
    EXPECT_EQ(mode_of(root_ + "/a"), 0700U);
    EXPECT_EQ(mode_of(root_ + "/a/b"), 0700U);
    EXPECT_EQ(mode_of(root_ + "/a/b/key"), 0600U);
    EXPECT_EQ(read_state_file(root_ + "/a/b/key"), "secret");
    EXPECT_TRUE(make_state_folder(root_ + "/a/b"));
}

TEST_F(StateFile, IsReplacedWhole) {
    const auto path = root_ + "/file";
    ASSERT_TRUE(write_state_file(path, std::string(100'000, 'x')));
    std::ofstream(path + ".new") << "left by a crash";
    ASSERT_TRUE(write_state_file(path, "short"));
    EXPECT_EQ(read_state_file(path), "short");
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

// Whoever may write beside it must not lead the octets of a key elsewhere.
TEST_F(StateFile, FollowsNoLinkThatLiesInItsWay) {
    std::ofstream(root_ + "/victim") << "as it was";
    std::filesystem::create_symlink(root_ + "/victim", root_ + "/file.new");
    ASSERT_TRUE(write_state_file(root_ + "/file", "secret"));
    EXPECT_EQ(read_state_file(root_ + "/victim"), "as it was");
}

TEST_F(StateFile, WhatIsNotThereOrTooLargeIsNothing) {
    EXPECT_EQ(read_state_file(root_ + "/none"), std::nullopt);
    EXPECT_EQ(read_state_file(root_), std::nullopt);
    std::ofstream(root_ + "/most") << std::string(kStateFileMax, 'x');
    std::ofstream(root_ + "/more") << std::string(kStateFileMax + 1, 'x');
    EXPECT_TRUE(read_state_file(root_ + "/most"));
    EXPECT_EQ(read_state_file(root_ + "/more"), std::nullopt);
}

TEST_F(StateFile, AFaultNamesThePlace) {
    const auto written = write_state_file(root_ + "/none/file", "x");
    ASSERT_FALSE(written);
    EXPECT_TRUE(written.error().contains(root_ + "/none/file")) << written.error();
    std::ofstream(root_ + "/plain") << "x";
    const auto made = make_state_folder(root_ + "/plain/b");
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().contains(root_ + "/plain")) << made.error();
}

}  // namespace
}  // namespace weir
