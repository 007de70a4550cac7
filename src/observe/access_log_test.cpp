#include "observe/access_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "observe/sample_facts.h"

namespace weir::observe {
namespace {

using Format = AccessLogOptions::Format;

// Takes so much and no more, until it is told otherwise: a disk that is full.
class FullSink final : public LogSink {
public:
    struct State {
        std::string text;
        std::size_t room = 0;
    };
    explicit FullSink(State& state) : state_(state) {}
    Outcome write(std::span<const iovec> pieces) override {
        Outcome outcome;
        for (const auto& piece : pieces) {
            const auto octets = std::min(piece.iov_len, state_.room);
            state_.text.append(static_cast<const char*>(piece.iov_base), octets);
            state_.room -= octets;
            outcome.octets += octets;
            if (octets < piece.iov_len) {
                outcome.failed = ENOSPC;
                break;
            }
        }
        return outcome;
    }
    int reopen() override { return ENOSPC; }

private:
    State& state_;
};

struct InMemory {
    std::map<std::string, std::string> texts;
    int opened = 0;
    LogWriter writer;
    AccessLogs logs{writer, 2, [this](const std::string& path) -> std::expected<std::unique_ptr<LogSink>, std::string> {
                        if (path == "bad") return std::unexpected("can't open 'bad'");
                        ++opened;
                        return std::make_unique<MemorySink>(texts[path]);
                    }};

    Ref<AccessLog> one(const AccessLogOptions& options) {
        auto bound = logs.bind({&options, 1});
        EXPECT_TRUE(bound);
        return bound->front();
    }
    void pass() { writer.pass(TimePoint(std::chrono::seconds(1))); }
};

std::size_t lines_in(std::string_view text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

TEST(AccessLog, WithoutAThread) {
    InMemory world;
    LogPen pen(0), other(1);
    SampleFacts sample;
    const auto log = world.one({.format = Format::combined, .path = "a"});
    log->record(sample.facts, pen);
    log->record(sample.facts, other);
    EXPECT_EQ(world.texts["a"], "");
    world.pass();
    EXPECT_EQ(lines_in(world.texts["a"]), 2U);
    EXPECT_EQ(world.writer.figures().lines, 2U);
    EXPECT_EQ(world.writer.figures().octets, world.texts["a"].size());
}

TEST(AccessLog, OffWritesNothing) {
    InMemory world;
    LogPen pen(0);
    SampleFacts sample;
    world.one({.format = Format::off, .path = "bad"})->record(sample.facts, pen);
    world.pass();
    EXPECT_EQ(world.opened, 0);
}

TEST(AccessLog, CustomLinesAreEscapedAndMasked) {
    InMemory world;
    LogPen pen(0);
    SampleFacts sample;
    sample.request.target = "/a?token=x&b=\"\n";
    const auto plain =
        world.one({.format = Format::custom, .path = "plain", .custom = *http::Template::compile("\"$method $uri\" $status")});
    const auto json = world.one({.format = Format::custom, .path = "json", .custom = *http::Template::compile("{\"uri\":\"$uri\"$$}")});
    plain->record(sample.facts, pen);
    json->record(sample.facts, pen);
    world.pass();
    EXPECT_EQ(world.texts["plain"], "\"GET /a?token=***&b=\\x22\\x0A\" 200\n");
    EXPECT_EQ(world.texts["json"], "{\"uri\":\"/a?token=***&b=\\\"\\n\"$}\n");
}

TEST(AccessLog, FilesAreSharedByPathOverReloads) {
    InMemory world;
    LogPen pen(0);
    SampleFacts sample;
    auto first = world.one({.format = Format::combined, .path = "a"});
    auto second = world.one({.format = Format::json, .path = "a"});
    EXPECT_EQ(world.opened, 1);
    first = {};
    world.pass();
    second->record(sample.facts, pen);
    const auto third = world.one({.format = Format::combined, .path = "a"});
    EXPECT_EQ(world.opened, 1);
    third->record(sample.facts, pen);
    world.pass();
    EXPECT_EQ(lines_in(world.texts["a"]), 2U);
}

TEST(AccessLog, AFileNobodyUsesIsWrittenAndClosed) {
    InMemory world;
    LogPen pen(0);
    SampleFacts sample;
    auto log = world.one({.format = Format::combined, .path = "a"});
    log->record(sample.facts, pen);
    log = {};
    world.pass();
    EXPECT_EQ(lines_in(world.texts["a"]), 1U);
    EXPECT_EQ(world.writer.figures().lines, 1U);
    world.one({.format = Format::combined, .path = "a"})->record(sample.facts, pen);
    EXPECT_EQ(world.opened, 2);
    world.pass();
    EXPECT_EQ(lines_in(world.texts["a"]), 2U);
    EXPECT_EQ(world.writer.figures().lines, 2U);
}

TEST(AccessLog, WhatCannotBeOpenedIsSaid) {
    InMemory world;
    const AccessLogOptions options[] = {{.format = Format::combined, .path = "a"}, {.format = Format::combined, .path = "bad"}};
    const auto bound = world.logs.bind(options);
    ASSERT_FALSE(bound);
    EXPECT_EQ(bound.error(), "can't open 'bad'");
}

TEST(AccessLog, SecretsInAFormatAreRefused) {
    const struct {
        std::string_view format, secret;
    } rows[] = {
        {"$uri $status $header{User-Agent}", ""},
        {"$header{Authorization}", "$header{Authorization}"},
        {"$status $response{Set-Cookie}", "$response{Set-Cookie}"},
        {"$cookie{theme}", "$cookie{theme}"},
        {"$query{token}", "$query{token}"},
        {"$query{page} ${status}", ""},
        {"$$header{Authorization}", ""},
    };
    for (const auto& row : rows) EXPECT_EQ(secret_in_format(row.format), row.secret) << row.format;

    InMemory world;
    const AccessLogOptions options{.format = Format::custom, .path = "a", .custom = *http::Template::compile("$header{Cookie}")};
    EXPECT_FALSE(world.logs.bind({&options, 1}));
}

TEST(AccessLog, SamplingIsDeterministicAndKeepsFailures) {
    InMemory world;
    const auto log = world.one({.format = Format::combined, .path = "a", .sample_per_million = 100'000});
    int kept = 0;
    for (int i = 0; i < 10'000; ++i) {
        SampleFacts sample;
        const auto id = "request-" + std::to_string(i);
        sample.facts.request_id = id;
        const bool keeps = log->keeps(sample.facts);
        EXPECT_EQ(log->keeps(sample.facts), keeps);
        kept += keeps ? 1 : 0;
        sample.facts.status = 404;
        EXPECT_TRUE(log->keeps(sample.facts));
        sample.facts.status = 200;
        sample.facts.has_error = true;
        EXPECT_TRUE(log->keeps(sample.facts));
    }
    EXPECT_GT(kept, 850);
    EXPECT_LT(kept, 1150);
    SampleFacts sample;
    EXPECT_FALSE(world.one({.format = Format::combined, .path = "a", .sample_per_million = 0})->keeps(sample.facts));
}

TEST(AccessLog, AFullDiskKeepsLinesAndGoesOnWhereItStopped) {
    FullSink::State disk{.room = 100};
    LogWriter writer;
    AccessLogs logs(writer, 1, [&](const std::string&) { return std::make_unique<FullSink>(disk); });
    const AccessLogOptions options{.format = Format::combined, .path = "a"};
    const auto log = logs.bind({&options, 1})->front();
    LogPen pen(0);
    SampleFacts sample;
    for (int i = 0; i < 3; ++i) log->record(sample.facts, pen);
    writer.pass(TimePoint(std::chrono::seconds(1)));
    EXPECT_EQ(disk.text.size(), 100U);
    EXPECT_GE(writer.figures().write_errors, 1U);
    disk.room = 1'000'000;
    writer.pass(TimePoint(std::chrono::seconds(2)));
    EXPECT_EQ(lines_in(disk.text), 3U);
    EXPECT_EQ(writer.figures().dropped, 0U);
    disk.room = 10;
    log->record(sample.facts, pen);
    writer.reopen();
    writer.stop();
    EXPECT_EQ(writer.figures().dropped, 1U);
    EXPECT_EQ(writer.figures().reopen_errors, 1U);
}

class OnDisk : public ::testing::Test {
protected:
    void SetUp() override {
        auto name = (std::filesystem::temp_directory_path() / "weir_access_XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
        path_ = (directory_ / "access.log").string();
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    static std::string read(const std::filesystem::path& path) {
        std::ifstream file(path);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }

    std::filesystem::path directory_;
    std::string path_;
};

TEST_F(OnDisk, IsAppendedToAndNotForEverybody) {
    std::ofstream(path_) << "old\n";
    std::filesystem::remove(path_ + ".2");
    LogWriter writer;
    AccessLogs logs(writer, 1);
    const AccessLogOptions options[] = {{.format = Format::combined, .path = path_}, {.format = Format::combined, .path = path_ + ".2"}};
    const auto bound = logs.bind(options);
    ASSERT_TRUE(bound);
    LogPen pen(0);
    SampleFacts sample;
    (*bound)[0]->record(sample.facts, pen);
    writer.stop();
    EXPECT_TRUE(read(path_).starts_with("old\n192.0.2.7 "));
    struct stat about{};
    ASSERT_EQ(::stat((path_ + ".2").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0007U, 0U);
}

TEST_F(OnDisk, AMissingDirectoryIsSaid) {
    LogWriter writer;
    AccessLogs logs(writer, 1);
    const AccessLogOptions options{.format = Format::combined, .path = (directory_ / "none" / "a.log").string()};
    const auto bound = logs.bind({&options, 1});
    ASSERT_FALSE(bound);
    EXPECT_NE(bound.error().find("No such file"), std::string::npos) << bound.error();
}

// Workers write all the time, the file is rotated again and again, then all drains: every line is there once, whole.
TEST_F(OnDisk, RotationAndDrainLoseNothing) {
    constexpr std::uint32_t kWorkers = 2;
    constexpr std::uint32_t kLinesEach = 20'000;
    constexpr int kRotations = 10;
    LogWriter writer;
    AccessLogs logs(writer, kWorkers);
    const AccessLogOptions options{
        .format = Format::custom, .path = path_, .custom = *http::Template::compile("$connection $connection_requests end")};
    const auto log = logs.bind({&options, 1})->front();
    writer.start();

    std::vector<std::thread> workers;
    for (std::uint32_t worker = 0; worker < kWorkers; ++worker)
        workers.emplace_back([&, worker] {
            LogPen pen(worker);
            SampleFacts sample;
            sample.facts.connection_serial = worker;
            for (std::uint32_t i = 0; i < kLinesEach; ++i) {
                sample.facts.request_on_connection = i;
                log->record(sample.facts, pen);
            }
        });
    for (int i = 0; i < kRotations; ++i) {
        std::filesystem::rename(path_, path_ + "." + std::to_string(i));
        writer.reopen();
        while (writer.reopened() < static_cast<std::uint64_t>(i) + 1) std::this_thread::yield();
    }
    for (auto& worker : workers) worker.join();
    writer.stop();

    auto text = std::string();
    for (int i = 0; i < kRotations; ++i) text += read(path_ + "." + std::to_string(i));
    text += read(path_);
    std::istringstream lines(text);
    std::vector<std::uint32_t> next(kWorkers, 0);
    std::uint32_t worker = 0, number = 0;
    for (std::string end; lines >> worker >> number >> end;) {
        ASSERT_EQ(end, "end");
        ASSERT_EQ(number, next.at(worker)++);
    }
    EXPECT_EQ(next, std::vector<std::uint32_t>(kWorkers, kLinesEach));
    EXPECT_EQ(writer.figures().dropped, 0U);
    EXPECT_EQ(writer.figures().lines, kWorkers * kLinesEach);
}

// Bindings come and go while workers write through the ones they have.
TEST_F(OnDisk, ReloadsWhileWritingLoseNothing) {
    constexpr int kReloads = 200;
    LogWriter writer;
    AccessLogs logs(writer, 1);
    const AccessLogOptions options{.format = Format::combined, .path = path_};
    writer.start();
    LogPen pen(0);
    SampleFacts sample;
    for (int i = 0; i < kReloads; ++i) {
        const auto log = logs.bind({&options, 1})->front();
        std::thread worker([&] {
            for (int n = 0; n < 10; ++n) log->record(sample.facts, pen);
        });
        worker.join();
    }
    writer.stop();
    EXPECT_EQ(lines_in(read(path_)), kReloads * 10U);
}

// What a pipe's reader does not take must not hold up the end.
TEST_F(OnDisk, APipeThatNobodyReadsDoesNotBlock) {
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    EXPECT_FALSE(open_log_sink(path_));  // nobody reads at all
    const int reader = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(reader, 0);
    LogWriter writer;
    AccessLogs logs(writer, 1);
    const AccessLogOptions options{.format = Format::combined, .path = path_};
    const auto log = logs.bind({&options, 1})->front();
    LogPen pen(0);
    SampleFacts sample;
    for (int i = 0; i < 5000; ++i) log->record(sample.facts, pen);
    writer.start();
    writer.stop();
    EXPECT_GT(writer.figures().dropped, 0U);
    ::close(reader);
}

}  // namespace
}  // namespace weir::observe
