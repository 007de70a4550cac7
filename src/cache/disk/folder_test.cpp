// The folder of the real program, and what somebody may have put into it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cache/disk/medium.h"

namespace weir::cache {
namespace {

class FolderTest : public testing::Test {
protected:
    FolderTest() {
        std::string name = "/tmp/weir-folder-XXXXXX";
        place_ = ::mkdtemp(name.data());
        medium_ = std::move(*open_folder(path("disk")));
        std::ofstream(path("other")) << "somebody else's";
    }
    ~FolderTest() override { std::filesystem::remove_all(place_); }

    std::string path(const std::string& name) const { return place_ + "/" + name; }
    std::string text_of(const std::string& name) const {
        std::ifstream file(path(name));
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::string place_;
    std::unique_ptr<Medium> medium_;
};

TEST_F(FolderTest, WhatIsMadeIsNeverSomebodyElses) {
    struct Row {
        const char* what;
        int (*put)(const char* other, const char* at);
    };
    const Row rows[] = {
        {"a link", [](const char* other, const char* at) { return ::symlink(other, at); }},
        {"a hard link", [](const char* other, const char* at) { return ::link(other, at); }},
        {"a pipe", [](const char*, const char* at) { return ::mkfifo(at, 0600); }},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.what);
        ASSERT_EQ(row.put(path("other").c_str(), path("disk/one").c_str()), 0);
        auto file = medium_->make("one");
        ASSERT_TRUE(file);
        EXPECT_EQ((*file)->write(0, "ours"), 0);
        EXPECT_EQ(text_of("disk/one"), "ours");
        EXPECT_EQ(text_of("other"), "somebody else's");
        EXPECT_EQ(medium_->remove("one"), 0);
    }
}

TEST_F(FolderTest, WhatIsNoFileIsNotOpened) {
    ASSERT_EQ(::mkdir(path("disk/folder").c_str(), 0700), 0);
    ASSERT_EQ(::mkfifo(path("disk/pipe").c_str(), 0600), 0);
    ASSERT_EQ(::symlink(path("other").c_str(), path("disk/link").c_str()), 0);
    for (const auto* name : {"folder", "pipe", "link", "nothing"}) EXPECT_FALSE(medium_->open(name)) << name;
    EXPECT_FALSE(medium_->make("folder"));
    EXPECT_NE(medium_->remove("folder"), 0);
    EXPECT_TRUE(medium_->make("pipe"));
}

TEST_F(FolderTest, ASecondOneIsRefused) {
    const auto second = open_folder(path("disk"));
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("in use by another process"), std::string::npos) << second.error();
    medium_ = {};
    EXPECT_TRUE(open_folder(path("disk")));
}

}  // namespace
}  // namespace weir::cache
