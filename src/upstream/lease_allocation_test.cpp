// Counts what the allocator is asked for: nothing, once a connection idles. Sanitizers have an allocator of their own to watch.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <optional>

#include "upstream/group.h"
#include "upstream/test_origin.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEIR_HAS_SANITIZER 1
#endif
#endif

#ifndef WEIR_HAS_SANITIZER
namespace {
thread_local std::uint64_t tls_allocations = 0;
}

void* operator new(std::size_t octets) {
    ++tls_allocations;
    if (void* memory = std::malloc(octets)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir::upstream {
namespace {

io::Task<> lease_and_keep(Ref<Group> group, LeaseQuery query) {
    auto lease = co_await group->lease(query, {});
    if (lease) lease->report(Outcome::good);
    if (lease) lease->keep();
}

TEST(LeaseAllocation, NothingInSteadyState) {
    io::SimWorld world(1, {.delay_max = std::chrono::milliseconds(1), .short_write = 0, .idle_edge = 0});
    Origin origin(1);
    Origin other(2);
    for (const auto kind : {BalanceOptions::Kind::round_robin, BalanceOptions::Kind::least_connections, BalanceOptions::Kind::random_two,
                            BalanceOptions::Kind::hash}) {
        auto options = options_of({1, 2});
        options.balance = {.kind = kind, .key = "$client_ip"};
        auto group = make_ref<Group>(options, 1U, 1U);
        Arena arena;
        http::Request request(arena);
        http::Facts facts{.request = &request};
        facts.client = *net::Ip::parse("192.0.2.1");
        const LeaseQuery query{.facts = &facts, .arena = &arena};
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(world.run(lease_and_keep(group, query)));
        io::Scope scope;
        const auto before = tls_allocations;
        for (int i = 0; i < 100; ++i) {
            if (auto lease = group->try_lease(query)) {
                lease.report(Outcome::good);
                lease.keep();
            }
            scope.spawn(lease_and_keep(group, query));
            ASSERT_EQ(scope.running(), 0U) << "an idle connection was there";
            arena.reset();
        }
        EXPECT_EQ(tls_allocations - before, 0U);
        group->close_view(0);
    }
    origin.stop(), other.stop();
    ASSERT_TRUE(world.turn_until([&] { return origin.has_ended() && other.has_ended(); }));
}

}  // namespace
}  // namespace weir::upstream
#endif
