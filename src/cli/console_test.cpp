#include "cli/console.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/command.h"

namespace weir::cli {
namespace {

class Console : public testing::Test {
protected:
    Console() {
        std::string name = "/tmp/weir-console.XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }
    ~Console() override { std::filesystem::remove_all(folder_); }
    std::string path(const std::string& name) const { return folder_ + "/" + name; }

    std::string folder_;
};

TEST_F(Console, ReplacesAFileAndKeepsItsMode) {
    std::ofstream(path("a")) << "before";
    ::chmod(path("a").c_str(), 0640);
    ASSERT_TRUE(replace_file(path("a"), "after"));
    EXPECT_EQ(read_input(path("a")), "after");
    struct stat found{};
    ::stat(path("a").c_str(), &found);
    EXPECT_EQ(found.st_mode & 0777, 0640U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(Console, FollowsALink) {
    std::ofstream(path("a")) << "before";
    std::filesystem::create_symlink("a", path("link"));
    ASSERT_TRUE(replace_file(path("link"), "after"));
    EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
    EXPECT_EQ(read_input(path("a")), "after");
}

TEST_F(Console, SaysWhichFileAndWhy) {
    const auto missing = read_input(path("none"));
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().contains(path("none") + ": No such file or directory")) << missing.error();
    const auto folder = read_input(folder_);
    ASSERT_FALSE(folder);
    EXPECT_TRUE(folder.error().contains("directory")) << folder.error();
    EXPECT_FALSE(replace_file(path("none"), "x"));
}

TEST(ConsoleNames, StandardInput) {
    EXPECT_EQ(name_of_input("-"), "standard input");
    EXPECT_EQ(name_of_input("a.conf"), "a.conf");
}

TEST_F(Console, AdviceIsForTheUsualFileAlone) {
    EXPECT_EQ(advice_without_file("my.conf"), "");
    EXPECT_EQ(advice_without_file(kUsualFile).contains("FILE"), !std::filesystem::exists(kUsualFile));
}

}  // namespace
}  // namespace weir::cli
