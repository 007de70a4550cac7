#include "io/cpu.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace weir::io {
namespace {

TEST(CpuTest, ReadsWhatAControlGroupGrants) {
    struct Row {
        const char* text;
        std::optional<unsigned> processors;
    };
    for (const auto& row :
         {Row{"max 100000\n", {}}, Row{"100000 100000\n", 1}, Row{"150000 100000\n", 2}, Row{"200000 100000", 2}, Row{"1 100000", 1},
          Row{"50000 100000", 1}, Row{"6400000 100000", 64}, Row{"-1 100000\n", {}}, Row{"", {}}, Row{"100000", {}}, Row{"100000 0", {}},
          Row{"0 100000", {}}, Row{"a b", {}}, Row{"18446744073709551615 1", 1024}})
        EXPECT_EQ(processors_of_cpu_max(row.text), row.processors) << row.text;
}

TEST(CpuTest, FindsTheGroupOfTheSecondVersion) {
    EXPECT_EQ(group_of("0::/system.slice/weir.service\n"), "/system.slice/weir.service");
    EXPECT_EQ(group_of("9:name=systemd:/\n1:cpu:/a\n0::/\n"), "/");
    EXPECT_EQ(group_of("1:cpu:/a\n"), std::nullopt);
    EXPECT_EQ(group_of(""), std::nullopt);
}

class GroupTree : public ::testing::Test {
protected:
    void SetUp() override { std::filesystem::create_directories(root_ + "/a/b"); }
    void TearDown() override { std::filesystem::remove_all(root_); }
    void write(const std::string& folder, const char* text) const { std::ofstream(root_ + folder + "/cpu.max") << text; }

    std::string root_ = testing::TempDir() + "weir_cpu_test_" + std::to_string(::getpid());
};

TEST_F(GroupTree, TheTightestGroupAboveCounts) {
    EXPECT_EQ(granted_processors(root_, "/a/b"), std::nullopt);
    write("/a/b", "400000 100000\n");
    EXPECT_EQ(granted_processors(root_, "/a/b"), 4U);
    write("/a", "max 100000\n");
    EXPECT_EQ(granted_processors(root_, "/a/b"), 4U);
    write("", "300000 100000\n");
    EXPECT_EQ(granted_processors(root_, "/a/b"), 3U);
    write("/a", "120000 100000\n");
    EXPECT_EQ(granted_processors(root_, "/a/b"), 2U);
    EXPECT_EQ(granted_processors(root_, "/"), 3U);
}

TEST(CpuTest, ThereIsAtLeastOneAndNotMoreThanTheMaskHas) {
    cpu_set_t set;
    CPU_ZERO(&set);
    ASSERT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
    EXPECT_GE(available_processors(), 1U);
    EXPECT_LE(available_processors(), static_cast<unsigned>(CPU_COUNT(&set)));
}

TEST(CpuTest, PinsTheThreadToOneProcessor) {
    const auto before = available_processors();
    for (unsigned n = 0; n < 5; ++n) {
        std::thread([n] {
            ASSERT_TRUE(pin_to(n));
            cpu_set_t set;
            CPU_ZERO(&set);
            ASSERT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
            EXPECT_EQ(CPU_COUNT(&set), 1);
        }).join();
    }
    EXPECT_EQ(available_processors(), before);
}

}  // namespace
}  // namespace weir::io
