#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "server/admin.h"

namespace weir::server {
namespace {

// Somebody at a Unix socket who hears one request, says one answer and closes.
class OneAnswer {
public:
    explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
        std::string name = "/tmp/weir-ask.XXXXXX";
        folder_ = ::mkdtemp(name.data());
        listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un at{.sun_family = AF_UNIX, .sun_path = {}};
        std::strncpy(at.sun_path, path().c_str(), sizeof at.sun_path - 1);
        EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
        EXPECT_EQ(::listen(listening_, 1), 0);
        thread_ = std::thread([this] { serve(); });
    }
    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;
    ~OneAnswer() {
        finish();
        ::close(listening_);
        std::filesystem::remove_all(folder_);
    }

    std::string path() const { return folder_ + "/admin.sock"; }
    const std::string& heard() {
        finish();
        return heard_;
    }

private:
    void finish() {
        if (thread_.joinable()) thread_.join();
    }
    void serve() {
        const int connection = ::accept(listening_, nullptr, nullptr);
        char part[4096];
        while (!heard_.contains("\r\n\r\n")) {
            const auto got = ::read(connection, part, sizeof part);
            if (got <= 0) break;
            heard_.append(part, static_cast<std::size_t>(got));
        }
        for (std::size_t at = 0; at < answer_.size();) {
            const auto said = ::send(connection, answer_.data() + at, answer_.size() - at, MSG_NOSIGNAL);
            if (said <= 0) break;
            at += static_cast<std::size_t>(said);
        }
        ::close(connection);
    }

    std::string answer_;
    std::string folder_;
    std::string heard_;
    int listening_ = -1;
    std::thread thread_;
};

TEST(AskAdmin, GivesTheBodyOfAGoodAnswer) {
    OneAnswer weir("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwell\n");
    EXPECT_EQ(ask_admin(weir.path(), "GET", "/status"), "well\n");
    EXPECT_TRUE(weir.heard().starts_with("GET /status HTTP/1.1\r\n")) << weir.heard();
    EXPECT_TRUE(weir.heard().contains("\r\nConnection: close\r\n")) << weir.heard();
}

TEST(AskAdmin, GivesALongBodyWhole) {
    const std::string body(3'000'000, 'x');
    OneAnswer weir("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + body);
    EXPECT_EQ(ask_admin(weir.path(), "GET", "/metrics"), body);
}

TEST(AskAdmin, ARefusalIsAnErrorWithItsText) {
    OneAnswer weir("HTTP/1.1 422 Unprocessable Content\r\nContent-Length: 22\r\n\r\nweir.conf:1:1: error:\n");
    const auto answer = ask_admin(weir.path(), "POST", "/reload");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), "weir.conf:1:1: error:\n");
}

TEST(AskAdmin, SomebodyElseIsNotUnderstood) {
    for (const auto* said : {"", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Len"}) {
        OneAnswer other(said);
        EXPECT_FALSE(ask_admin(other.path(), "GET", "/status")) << said;
    }
}

// An answer that breaks off must not pass for a whole one.
TEST(AskAdmin, ATruncatedAnswerIsAnError) {
    OneAnswer weir("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this");
    EXPECT_FALSE(ask_admin(weir.path(), "GET", "/metrics"));
}

TEST(AskAdmin, NobodyThereSaysWhatToDo) {
    const auto answer = ask_admin("/tmp/weir-no-such-socket", "GET", "/status");
    ASSERT_FALSE(answer);
    for (const auto* word : {"no running Weir was reached", "/tmp/weir-no-such-socket", "admin { socket", "--socket", "weir run"})
        EXPECT_TRUE(answer.error().contains(word)) << answer.error();
    EXPECT_FALSE(ask_admin(std::string(200, 'x'), "GET", "/status"));
}

}  // namespace
}  // namespace weir::server
