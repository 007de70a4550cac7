#include "base/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weir::log {
namespace {

class ErrorLog : public ::testing::Test {
protected:
    void SetUp() override {
        auto name = (std::filesystem::temp_directory_path() / "weir_log_XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
        path_ = directory_ / "error.log";
    }
    void TearDown() override {
        configure({});
        std::filesystem::remove_all(directory_);
    }

    // Without the time in front, which is checked to be one.
    std::string written(const std::filesystem::path& path) const {
        std::ifstream file(path);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    std::string without_time(std::string line, std::size_t at) const {
        EXPECT_EQ(line.substr(at + 4, 1), "-");
        EXPECT_EQ(line.substr(at + 10, 1), "T");
        EXPECT_EQ(line.substr(at + 23, 1), "Z");
        return line.erase(at, 24);
    }

    std::filesystem::path directory_, path_;
};

TEST_F(ErrorLog, TextLine) {
    configure({.file = path_.string()});
    warn("accept_paused", "no descriptors left", {{"limit", 1024}, {"listener", "0.0.0.0:80"}, {"why", "it is full"}, {"empty", ""}});
    EXPECT_EQ(without_time(written(path_), 0),
              " warn accept_paused no descriptors left limit=1024 listener=0.0.0.0:80 why=\"it is full\" empty=\"\"\n");
}

TEST_F(ErrorLog, JsonLine) {
    configure({.format = Format::json, .file = path_.string()});
    error("peer_down", "a \"peer\" is down", {{"peer", "a:1"}, {"failures", 3}, {"share", 0.5}, {"odd", std::nan("")}});
    EXPECT_EQ(without_time(written(path_), 9),
              "{\"time\":\"\",\"level\":\"error\",\"event\":\"peer_down\",\"message\":\"a \\\"peer\\\" is down\","
              "\"peer\":\"a:1\",\"failures\":3,\"share\":0.500000,\"odd\":\"nan\"}\n");
}

TEST_F(ErrorLog, NothingForgesALine) {
    configure({.file = path_.string()});
    info("event", "one\ntwo", {{"value", "a\n2026-01-01T00:00:00.000Z error forged"}, {"terminal", "\x1b[2J"}});
    EXPECT_EQ(without_time(written(path_), 0),
              " info event one\\ntwo value=\"a\\n2026-01-01T00:00:00.000Z error forged\" terminal=\"\\u001b[2J\"\n");
}

TEST_F(ErrorLog, SecretsAreMasked) {
    for (const auto format : {Format::text, Format::json}) {
        configure({.format = format, .file = path_.string()});
        info("event", "x",
             {{"password", "hunter2"}, {"Authorization", "Basic hunter2"}, {"api_token", "hunter2"}, {"set_cookie", "hunter2"}});
    }
    const auto text = written(path_);
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    EXPECT_NE(text.find("password=***"), std::string::npos) << text;
    EXPECT_NE(text.find("\"api_token\":\"***\""), std::string::npos) << text;
}

TEST_F(ErrorLog, LevelDecides) {
    configure({.level = Level::warn, .file = path_.string()});
    EXPECT_FALSE(is_enabled(Level::info));
    EXPECT_TRUE(is_enabled(Level::error));
    debug("a", "no");
    info("b", "no");
    warn("c", "yes");
    EXPECT_EQ(without_time(written(path_), 0), " warn c yes\n");
}

TEST_F(ErrorLog, AFileThatCannotBeOpenedIsRefused) {
    EXPECT_THROW(configure({.file = (directory_ / "none" / "error.log").string()}), std::runtime_error);
}

TEST_F(ErrorLog, ReopensAfterARotation) {
    configure({.file = path_.string()});
    info("before", "x");
    std::filesystem::rename(path_, directory_ / "error.log.1");
    info("between", "x");
    reopen();
    info("after", "x");
    EXPECT_NE(written(directory_ / "error.log.1").find("between"), std::string::npos);
    EXPECT_NE(written(path_).find("after"), std::string::npos);
    EXPECT_EQ(written(path_).find("between"), std::string::npos);
}

TEST_F(ErrorLog, TheFileIsNotForEverybody) {
    configure({.file = path_.string()});
    struct stat about{};
    ASSERT_EQ(::stat(path_.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0007U, 0U);
}

TEST_F(ErrorLog, ThreadsDoNotMixTheirLines) {
    configure({.file = path_.string()});
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([i] {
            for (int n = 0; n < 200; ++n) info("line", "whole", {{"thread", i}, {"n", n}});
        });
    for (auto& thread : threads) thread.join();
    std::istringstream lines(written(path_));
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) EXPECT_EQ(line.substr(24, 16), " info line whole") << line;
    EXPECT_EQ(count, 800);
}

}  // namespace
}  // namespace weir::log
