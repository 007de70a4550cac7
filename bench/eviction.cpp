// Who is kept when not everything can be: replays shapes of traffic through a zone of the cache and through plain LRU of the same octets,
// and prints how many requests each could answer. usage: eviction [MEMORY_MIB] [REQUESTS]
// Every request finds, or stores, as the walk does it; the account is the zone's own.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "base/random.h"
#include "cache/zone.h"
#include "io/sim_backend.h"
#include "io/worker.h"

namespace {

using namespace weir;

constexpr std::size_t kUsualOctets = 4 * 1024;
constexpr std::uint64_t kMib = 1024 * 1024;

struct Request {
    std::uint64_t object;
    std::size_t octets;
};
using Trace = std::function<Request()>;

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    auto x = (a + 1) * 0x9e3779b97f4a7c15U ^ (b + 1) * 0xc2b2ae3d27d4eb4fU;
    x = (x ^ (x >> 31U)) * 0xbf58476d1ce4e5b9U;
    return x ^ (x >> 29U);
}

// Ranks from 0, the likeliest first.
class Zipf {
public:
    Zipf(std::size_t count, double exponent) : sums_(count) {
        double sum = 0;
        for (std::size_t i = 0; i < count; ++i) sums_[i] = sum += std::pow(static_cast<double>(i + 1), -exponent);
    }
    std::uint64_t operator()(Random& random) const {
        const auto point = static_cast<double>(random.next() >> 11U) * 0x1p-53 * sums_.back();
        return static_cast<std::uint64_t>(std::lower_bound(sums_.begin(), sums_.end(), point) - sums_.begin());
    }

private:
    std::vector<double> sums_;
};

class ZoneUnderTest {
public:
    explicit ZoneUnderTest(std::uint64_t octets_max)
        : zone_(make_ref<cache::Zone>(cache::ZoneOptions{.name = "main", .memory_max = octets_max, .object_max = 0}, 1U, 7U)),
          body_(zone_->object_max(), 'x') {}

    bool answers(const Request& request) {
        Arena arena;
        http::Fields fields(arena);
        const auto key = arena.copy("http://example.com/" + std::to_string(request.object));
        const cache::Lookup lookup{.key = key, .hash = zone_->hash_of(key), .fields = &fields, .arena = &arena};
        if (zone_->find(lookup).entry) return true;
        const auto joined = zone_->join(lookup, 0);
        zone_->store(*joined.fill, key, entry(arena, request.octets));
        return false;
    }
    std::uint64_t used() const { return zone_->figures().octets; }

private:
    Ref<cache::Entry> entry(Arena& arena, std::size_t octets) {
        http::Response response(arena);
        response.fields.add("Content-Type", "text/plain");
        cache::EntryParts parts;
        parts.response = &response;
        parts.length = octets;
        parts.body = cache::Segments::make(zone_->account(), octets, true);
        parts.body->append(std::string_view(body_).substr(0, octets));
        parts.body->close();
        auto made = cache::Entry::make(std::move(parts));
        made->end(true);
        return made;
    }

    Ref<cache::Zone> zone_;
    std::string body_;
};

class Lru {
public:
    Lru(std::uint64_t octets_max, std::uint64_t octets_beside) : octets_max_(octets_max), octets_beside_(octets_beside) {}

    bool answers(const Request& request) {
        const auto found = places_.find(request.object);
        if (found != places_.end()) {
            order_.splice(order_.begin(), order_, found->second);
            return true;
        }
        order_.push_front(request);
        places_[request.object] = order_.begin();
        for (used_ += request.octets + octets_beside_; used_ > octets_max_; order_.pop_back()) {
            used_ -= order_.back().octets + octets_beside_;
            places_.erase(order_.back().object);
        }
        return false;
    }

private:
    std::uint64_t octets_max_, octets_beside_, used_ = 0;
    std::list<Request> order_;
    std::unordered_map<std::uint64_t, std::list<Request>::iterator> places_;
};

// What the zone takes for an object besides its body, and for itself.
struct Overhead {
    std::uint64_t zone, object;
};
Overhead measure_overhead() {
    constexpr std::uint64_t kObjects = 1000;
    ZoneUnderTest zone(64 * kMib);
    const auto before = zone.used();
    for (std::uint64_t i = 0; i < kObjects; ++i) zone.answers({i, kUsualOctets});
    return {.zone = before, .object = (zone.used() - before) / kObjects - kUsualOctets};
}

struct Shape {
    const char* name;
    std::function<Trace(std::uint64_t fitting)> make;  // `fitting`: so many objects of the usual size have room
};

constexpr std::size_t kObjects = 200'000;
constexpr std::uint64_t kOnce = std::uint64_t{1} << 40U;  // objects from here on are new each time

Trace zipf(double exponent) {
    return [zipf = Zipf(kObjects, exponent), random = Random(1)]() mutable { return Request{zipf(random), kUsualOctets}; };
}

// A share of requests that each ask for something that nobody asks for again.
Trace zipf_and_once(double exponent, std::uint64_t percent_once) {
    return [=, zipf = Zipf(kObjects, exponent), random = Random(1), next = kOnce]() mutable {
        const bool is_once = random.below(100) < percent_once;
        return Request{is_once ? next++ : zipf(random), kUsualOctets};
    };
}

// Now and then a crawler walks through twice as much as fits, in a row.
Trace zipf_and_scans(double exponent, std::uint64_t fitting) {
    return [=, zipf = Zipf(kObjects, exponent), random = Random(1), at = std::uint64_t{0}]() mutable {
        const auto period = 20 * fitting;
        const auto place = at++ % period;
        return Request{place < 2 * fitting ? kObjects + place : zipf(random), kUsualOctets};
    };
}

Trace loop(std::uint64_t objects) {
    return [=, at = std::uint64_t{0}]() mutable { return Request{at++ % objects, kUsualOctets}; };
}

// What is popular gives way to what is new: each rank at a time of its own, all of them within `requests`.
Trace news(double exponent, std::uint64_t requests) {
    return [=, zipf = Zipf(kObjects, exponent), random = Random(1), at = std::uint64_t{0}]() mutable {
        const auto rank = zipf(random);
        const auto epoch = (at++ + mixed(rank, 1) % requests) / requests;
        return Request{mixed(rank, epoch), kUsualOctets};
    };
}

// Each object is asked for twice, so many requests apart.
Trace twice(std::uint64_t distance) {
    return [=, at = std::uint64_t{0}]() mutable {
        const auto step = at++;
        return Request{step % 2 == 0 || step / 2 < distance / 2 ? kOnce + step / 2 : kOnce + step / 2 - distance / 2, kUsualOctets};
    };
}

// Many small things and few large ones.
Trace mixed_sizes(double exponent) {
    return [zipf = Zipf(kObjects, exponent), random = Random(1)]() mutable {
        const auto object = zipf(random);
        const auto point = static_cast<double>(mixed(object, 2) >> 11U) * 0x1p-53;
        const auto octets = std::min(1024.0 * std::pow(1.0 - point, -1.0), 4.0 * kMib);
        return Request{object, static_cast<std::size_t>(octets)};
    };
}

const Shape kShapes[] = {
    {"zipf 0.8", [](std::uint64_t) { return zipf(0.8); }},
    {"zipf 1.0", [](std::uint64_t) { return zipf(1.0); }},
    {"zipf 1.2", [](std::uint64_t) { return zipf(1.2); }},
    {"zipf 1.0, 30 % asked for once", [](std::uint64_t) { return zipf_and_once(1.0, 30); }},
    {"zipf 1.0, a crawler now and then", [](std::uint64_t fitting) { return zipf_and_scans(1.0, fitting); }},
    {"zipf 1.0, what is popular changes quickly", [](std::uint64_t fitting) { return news(1.0, 10 * fitting); }},
    {"zipf 1.0, what is popular changes slowly", [](std::uint64_t fitting) { return news(1.0, 50 * fitting); }},
    {"zipf 0.9, sizes from 1 KiB to 4 MiB", [](std::uint64_t) { return mixed_sizes(0.9); }},
    {"a loop over 1.2 × what fits", [](std::uint64_t fitting) { return loop(fitting * 6 / 5); }},
    {"a loop over 3 × what fits", [](std::uint64_t fitting) { return loop(fitting * 3); }},
    {"twice each, half of what fits apart", [](std::uint64_t fitting) { return twice(fitting / 2); }},
};

template <class Cache>
double hit_percent(Cache& cache, const Trace& trace, std::uint64_t requests) {
    std::uint64_t hits = 0;
    for (std::uint64_t i = 0; i < requests; ++i) hits += cache.answers(trace()) ? 1 : 0;
    return 100.0 * static_cast<double>(hits) / static_cast<double>(requests);
}

}  // namespace

int main(int count, char** words) {
    const auto octets_max = (count > 1 ? std::strtoull(words[1], nullptr, 10) : 64U) * kMib;
    const auto requests = count > 2 ? std::strtoull(words[2], nullptr, 10) : 1'000'000U;
    io::Worker worker(std::make_unique<io::SimBackend>(1, io::SimFaults{}), 0, 1);
    worker.enter();
    const auto overhead = measure_overhead();
    const auto fitting = (octets_max - overhead.zone) / (kUsualOctets + overhead.object);
    std::printf("%llu MiB, in which %llu objects of 4 KiB have room (%llu octets each besides the body); %llu requests a shape\n\n",
                octets_max / kMib, static_cast<unsigned long long>(fitting), static_cast<unsigned long long>(overhead.object), requests);
    std::printf("| traffic | Weir | LRU |\n|---|---:|---:|\n");
    for (const auto& shape : kShapes) {
        ZoneUnderTest zone(octets_max);
        Lru lru(octets_max - overhead.zone, overhead.object);
        const auto ours = hit_percent(zone, shape.make(fitting), requests);
        std::printf("| %s | %.1f %% | %.1f %% |\n", shape.name, ours, hit_percent(lru, shape.make(fitting), requests));
        std::fflush(stdout);
    }
    worker.leave();
}
