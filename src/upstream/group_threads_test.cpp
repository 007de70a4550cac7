// A group under several real workers while the control thread changes it: for the thread sanitizer, and for the exactness of places.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "io/event.h"
#include "io/test_world.h"
#include "net/listener.h"
#include "upstream/group.h"

namespace weir::upstream {
namespace {

constexpr std::uint32_t kWorkers = 3;
constexpr int kWalkers = 6;   // exchanges at once, a worker
constexpr int kRounds = 150;  // of each
constexpr std::uint32_t kPlaces = 2;

struct Shared {
    Ref<Group> group;
    std::atomic<int> leased{0};
    std::atomic<int> refused{0};
    std::atomic<std::uint32_t> most_active{0};
    std::atomic<std::uint32_t> ended{0};
};

void note_active(Shared& shared, const Peer& peer) {
    const auto active = peer.active.load();
    auto most = shared.most_active.load();
    while (active > most && !shared.most_active.compare_exchange_weak(most, active)) {}
}

io::Task<> walk(Shared& shared, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        auto lease = co_await shared.group->lease({}, {});
        if (!lease) {
            ++shared.refused;
            continue;
        }
        ++shared.leased;
        note_active(shared, lease->peer());
        co_await io::yield();
        lease->report(i % 7 == 0 ? Outcome::failed : Outcome::good);
        if (i % 5 != 0) lease->keep();
    }
}

void run_worker(Shared& shared, std::uint32_t index, io::Handle listening) {
    io::Worker worker(io::make_epoll_backend(), index, index + 1);
    worker.enter();
    {
        io::Stop stop;
        io::Scope scope;
        io::Scope accepting;
        std::vector<std::unique_ptr<net::SocketStream>> taken;
        std::optional<net::Listener> listener;
        if (listening != io::kNoHandle) {
            listener.emplace(listening);
            accepting.spawn(listener->run(
                [&](net::Accepted accepted) { taken.push_back(std::make_unique<net::SocketStream>(accepted.handle)); }, stop));
        }
        for (int i = 0; i < kWalkers; ++i) scope.spawn(walk(shared, kRounds));
        const auto turn = [&] { worker.turn(worker.now() + std::chrono::milliseconds(5)); };
        while (scope.running() != 0) turn();
        ++shared.ended;
        while (shared.ended < kWorkers) turn();
        shared.group->close_view(index);
        stop.request();
        while (accepting.running() != 0) turn();
    }
    worker.leave();
}

TEST(GroupThreads, PlacesAreExactWhileAddressesChange) {
    io::EpollWorld world;
    const auto listening = net::listen(*net::Address::parse("127.0.0.1:0"), {.reuses_port = false});
    ASSERT_TRUE(listening);
    io::SystemAddress bound;
    world.worker().backend().local_address(*listening, bound);
    const auto at = net::Address::from(reinterpret_cast<const sockaddr*>(&bound.storage), bound.octets);

    GroupOptions options{.name = "g"};
    options.servers.push_back({.at = {.host = "origin.test", .port = at.port, .path = {}}, .connections_max = kPlaces});
    options.queue = {.waiting_max = 1000, .wait_max = std::chrono::seconds(60)};
    Shared shared{.group = make_ref<Group>(options, kWorkers, 1U)};
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < kWorkers; ++i)
        threads.emplace_back([&shared, i, handle = i == 0 ? *listening : io::kNoHandle] { run_worker(shared, i, handle); });
    // The same address all along, beside another one that comes and goes and refuses: its tries cost nobody the lease, there is a queue.
    std::vector<net::Address> one{at};
    std::vector<net::Address> two{at, *net::Address::parse("127.0.0.1:1")};
    for (unsigned i = 0; shared.ended < kWorkers; ++i) {
        shared.group->set_addresses(0, i % 2 == 0 ? one : two);
        shared.group->wake_waiting();
        std::this_thread::yield();
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(shared.leased + shared.refused, static_cast<int>(kWorkers) * kWalkers * kRounds);
    EXPECT_GT(shared.leased, 0);
    EXPECT_LE(shared.most_active, kPlaces);
    EXPECT_EQ(shared.group->peers()[0]->active, 0U);
}

}  // namespace
}  // namespace weir::upstream
