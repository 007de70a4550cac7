// Building and asking the route table: does the number of sites matter?
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "route/table.h"

namespace {

using namespace weir;
using namespace weir::route;

std::vector<SiteSpec> many_sites(std::size_t count) {
    static constexpr const char* kPatterns[] = {"/",          "/login", "/api/v1/*",       "/api/v2/*", "/assets/*",
                                                "/img/*.png", "/ws",    "/user/*/profile", "/static/*", "/*"};
    std::vector<SiteSpec> sites(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto& site = sites[i];
        site.hosts = {"shop" + std::to_string(i) + ".example.com", "www.shop" + std::to_string(i) + ".example.com"};
        site.listeners = {0};
        for (const auto* pattern : kPatterns)
            site.routes.push_back({.paths = {PathPattern::parse(pattern)}, .conditions = {}, .name = pattern, .place = {}});
    }
    return sites;
}

void build(benchmark::State& state) {
    const auto sites = many_sites(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        std::vector<TableFault> faults;
        benchmark::DoNotOptimize(Table::build(sites, faults));
    }
}
BENCHMARK(build)->Arg(10)->Arg(10'000)->Unit(benchmark::kMillisecond);

// range(1): how many of the sites get the requests.
void find(benchmark::State& state) {
    static constexpr const char* kPaths[] = {
        "/", "/api/v2/items/42", "/assets/css/site.css", "/img/a/b.png", "/user/7/profile", "/somewhere/else"};
    const auto sites = many_sites(static_cast<std::size_t>(state.range(0)));
    std::vector<TableFault> faults;
    const auto table = Table::build(sites, faults);
    Random random(1);
    std::vector<Query> queries(4096);
    for (auto& query : queries) {
        query.host = sites[random.below(static_cast<std::uint64_t>(state.range(1)))].hosts[random.below(2)];
        query.path = kPaths[random.below(std::size(kPaths))];
    }
    Arena arena;
    std::size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(table->find(queries[at++ % queries.size()], arena));
        if (at % 64 == 0) arena.reset();
    }
}
BENCHMARK(find)->Args({10, 10})->Args({10'000, 10})->Args({10'000, 10'000});

}  // namespace
