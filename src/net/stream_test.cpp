#include "net/stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/event.h"
#include "io/test_world.h"
#include "net/address.h"

namespace weir::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A Stream that takes what a script says: octets, 0 for blocked, -errno for a failure. An empty script takes everything.
class ScriptedStream final : public Stream {
public:
    ScriptedStream(io::Socket& socket, std::vector<int> script) : Stream(socket), script_(std::move(script)) {}
    io::IoCount read(std::span<char>) override { return io::IoCount::blocked(); }
    io::IoCount write(std::span<const iovec> from) override {
        ++writes;
        std::string all;
        for (const auto& part : from) all.append(static_cast<const char*>(part.iov_base), part.iov_len);
        const auto step = next_ < script_.size() ? script_[next_++] : static_cast<int>(all.size());
        if (step == 0) return io::IoCount::blocked();
        if (step < 0) return io::IoCount::failed(-step);
        taken += all.substr(0, static_cast<std::size_t>(step));
        return io::IoCount::of(std::min(all.size(), static_cast<std::size_t>(step)));
    }
    void close_write() override {}
    void abort() override {}

    std::string taken;
    int writes = 0;

private:
    std::vector<int> script_;
    std::size_t next_ = 0;
};

io::SystemAddress system_address(const Address& address) {
    io::SystemAddress out;
    out.octets = address.to(out.storage);
    return out;
}

class StreamTest : public ::testing::Test {
protected:
    void make_pair(const io::SimFaults& faults) {
        world_.sim().set_faults(faults);
        const auto at = system_address(*Address::parse("10.0.0.1:80"));
        listener_ = std::make_unique<io::Socket>(world_.sim().listen(at, {}).handle);
        near_ = std::make_unique<SocketStream>(world_.sim().connect(at).handle, io::Socket::State::connecting);
        io::SystemAddress peer;
        far_ = std::make_unique<SocketStream>(world_.sim().accept(listener_->handle(), peer).handle);
        ASSERT_TRUE(world_.turn_until([&] { return near_->socket().may_write(); }));
    }

    io::SimWorld world_;
    std::unique_ptr<io::Socket> listener_;
    std::unique_ptr<SocketStream> near_;
    std::unique_ptr<SocketStream> far_;
};

TEST_F(StreamTest, WriteNowGoesOnWhereAPartWasCut) {
    make_pair({});
    // Every place where a write may be cut, in one octet steps and in one piece.
    for (int cut = 1; cut <= 11; ++cut) {
        ScriptedStream stream(near_->socket(), {cut, 1, 1});
        std::string a = "head", b, c = " body", d = "!!";
        std::vector<iovec> parts{iovec_of(a), iovec_of(b), iovec_of(c), iovec_of(d)};
        std::span<iovec> left(parts);
        const auto all = write_now(stream, left, Side::client);
        ASSERT_TRUE(all.has_value());
        EXPECT_TRUE(*all);
        EXPECT_TRUE(left.empty());
        EXPECT_EQ(stream.taken, "head body!!") << cut;
    }
}

TEST_F(StreamTest, WriteNowLeavesWhatWasNotTaken) {
    make_pair({});
    ScriptedStream stream(near_->socket(), {6, 0});
    std::string a = "head", b = " body";
    std::vector<iovec> parts{iovec_of(a), iovec_of(b)};
    std::span<iovec> left(parts);
    const auto all = write_now(stream, left, Side::client);
    ASSERT_TRUE(all.has_value());
    EXPECT_FALSE(*all);
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(std::string(static_cast<char*>(left[0].iov_base), left[0].iov_len), "ody");
}

TEST_F(StreamTest, WriteNowOfNothingWritesNothing) {
    make_pair({});
    ScriptedStream stream(near_->socket(), {});
    std::span<iovec> none;
    EXPECT_TRUE(*write_now(stream, none, Side::client));
    EXPECT_EQ(stream.writes, 0);
}

TEST_F(StreamTest, AFailureCarriesItsSideAndCode) {
    make_pair({});
    struct Row {
        int system_errno;
        ErrorCode code;
    };
    for (const auto& row : {Row{ECONNRESET, ErrorCode::reset}, Row{EPIPE, ErrorCode::reset}, Row{ETIMEDOUT, ErrorCode::timeout}}) {
        ScriptedStream stream(near_->socket(), {2, -row.system_errno});
        std::string text = "text";
        std::vector<iovec> parts{iovec_of(text)};
        std::span<iovec> left(parts);
        const auto all = write_now(stream, left, Side::upstream);
        ASSERT_FALSE(all.has_value());
        EXPECT_EQ(all.error().code, row.code);
        EXPECT_EQ(all.error().side, Side::upstream);
        EXPECT_EQ(all.error().system_errno, row.system_errno);
    }
    EXPECT_EQ(error_of(io::IoCount::of(0), Side::client).code, ErrorCode::closed);
}

io::Task<> write_text(Stream& stream, std::string text, io::Deadline deadline, Duration stall, std::optional<Result<>>& outcome) {
    std::vector<iovec> parts;
    for (std::size_t at = 0; at < text.size(); at += 1000) parts.push_back(iovec_of(std::string_view(text).substr(at, 1000)));
    outcome = co_await write_all(stream, parts, deadline, stall, Side::client);
}

io::Task<> read_slowly(Stream& stream, std::size_t total, Duration pause, std::string& got) {
    std::string into(700, '\0');
    while (got.size() < total) {
        const auto count = stream.read(into);
        if (count.is_failed() || count.is_end()) co_return;
        if (count.is_some()) got.append(into.data(), count.octets());
        else co_await stream.readable({});
        co_await io::sleep_until(io::Worker::current().now() + pause);
    }
}

std::string long_text(std::size_t octets) {
    std::string text(octets, '\0');
    for (std::size_t i = 0; i < octets; ++i) text[i] = static_cast<char>('a' + i % 23);
    return text;
}

TEST_F(StreamTest, WriteAllPassesEveryOctetThroughASmallWindow) {
    make_pair({.window = 1500, .short_write = 0.5, .idle_edge = 0.3});
    const auto text = long_text(60'000);
    std::optional<Result<>> outcome;
    std::string got;
    io::Scope scope;
    scope.spawn(write_text(*near_, text, {}, seconds(1), outcome));
    scope.spawn(read_slowly(*far_, text.size(), milliseconds(1), got));
    EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
    EXPECT_TRUE(outcome->has_value());
    EXPECT_EQ(got, text);
}

TEST_F(StreamTest, AStallEndsWriteAllButSlowProgressDoesNot) {
    make_pair({.window = 1500});
    std::optional<Result<>> outcome;
    std::string got;
    io::Scope scope;
    const auto begun = world_.worker().now();
    scope.spawn(write_text(*near_, long_text(12'000), {}, milliseconds(300), outcome));
    // A part is taken, each read within the bound though all of them take far longer; then nobody reads any more.
    scope.spawn(read_slowly(*far_, 4500, milliseconds(200), got));
    EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
    ASSERT_FALSE(outcome->has_value());
    EXPECT_EQ(outcome->error().code, ErrorCode::timeout);
    EXPECT_EQ(outcome->error().side, Side::client);
    EXPECT_GE(got.size(), 4500U);
    EXPECT_GT(world_.worker().now() - begun, milliseconds(1000));
}

TEST_F(StreamTest, ADeadlineOrAStopEndsWriteAllWhateverTheStall) {
    make_pair({.window = 1500});
    std::optional<Result<>> outcome;
    const auto at = world_.worker().now() + milliseconds(50);
    EXPECT_TRUE(world_.run(write_text(*near_, long_text(9000), {at, nullptr}, Duration::max(), outcome)));
    EXPECT_EQ(outcome->error().code, ErrorCode::timeout);
    EXPECT_LE(world_.worker().now(), at + milliseconds(3));

    io::Stop stop;
    io::Scope scope;
    outcome.reset();
    scope.spawn(write_text(*near_, long_text(9000), {kNever, &stop}, Duration::max(), outcome));
    world_.worker().turn(world_.worker().now() + seconds(100));
    EXPECT_FALSE(outcome) << "a stall without a bound must not wrap around";
    stop.request();
    EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);
}

TEST_F(StreamTest, AResetEndsABlockedWriteAll) {
    make_pair({.window = 1500});
    std::optional<Result<>> outcome;
    io::Scope scope;
    scope.spawn(write_text(*near_, long_text(9000), {}, seconds(100), outcome));
    EXPECT_FALSE(outcome);
    far_->abort();
    far_.reset();
    EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(outcome->error().code, ErrorCode::reset);
}

TEST_F(StreamTest, StreamsAreFramesOfTheWorkersPool) {
    const auto before = io::FramePool::in_use();
    make_pair({});
    EXPECT_EQ(io::FramePool::in_use(), before + 3) << "the listener's socket is one, too";
    const std::unique_ptr<Stream> owner = std::move(near_);
}

}  // namespace
}  // namespace weir::net
