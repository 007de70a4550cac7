// How long a cache takes to know again what is on its disk: fills a folder with small answers through the store's own writer, and times
// starts in processes of their own: after a clean end and after a kill, with the system's memory of the files and without.
// usage: warm_start FOLDER [OBJECTS] [BODY_OCTETS]
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "base/arena.h"
#include "cache/disk/store.h"
#include "cache/zone.h"
#include "io/sim_backend.h"
#include "io/worker.h"

namespace {

using namespace weir;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kOctetsAnObject = cache::DiskRing::kOctetsAnObject;

struct Plan {
    std::string folder;
    std::uint64_t objects = 1'000'000;
    std::size_t body = 200;
};

double ms_since(Clock::time_point begun) { return std::chrono::duration<double, std::milli>(Clock::now() - begun).count(); }

void fail(const std::string& why) {
    std::fprintf(stderr, "warm_start: %s\n", why.c_str());
    std::_Exit(1);
}

// What runs has one worker, whose thread this is.
class Running {
public:
    explicit Running(const Plan& plan) : worker_(std::make_unique<io::SimBackend>(1, io::SimFaults{}), 0, 1) {
        worker_.enter();
        cache::ZoneOptions options{.name = "main", .memory_max = cache::Zone::kMemoryMin};
        const auto room = plan.objects * 2 * kOctetsAnObject;
        options.disk = {.folder = plan.folder, .octets_max = std::max(room, cache::DiskOptions::kOctetsMin), .writes_first = true};
        auto medium = cache::open_folder(plan.folder);
        if (!medium) fail(medium.error());
        auto store = cache::DiskStore::open(options.disk, std::move(*medium), 7);
        if (!store) fail(store.error());
        zone_ = make_ref<cache::Zone>(options, 1U, std::move(*store));
    }
    ~Running() {
        zone_ = {};
        worker_.leave();
    }
    cache::Zone& zone() { return *zone_; }
    cache::DiskStore& store() { return *zone_->disk(); }
    bool is_recovering() { return store().counters().is_recovering.load(); }
    TimePoint now() { return worker_.now(); }

private:
    io::Worker worker_;
    Ref<cache::Zone> zone_;
};

std::string key_of(std::uint64_t number) { return "http://127.0.0.1/" + std::to_string(number); }

Ref<cache::Entry> answer(cache::Zone& zone, std::uint64_t number, std::size_t octets) {
    Arena arena;
    http::Response response(arena);
    response.status = 200;
    response.fields.add("Content-Type", "text/plain");
    response.fields.add("Date", "Mon, 01 Jan 2024 00:00:00 GMT");
    cache::EntryParts parts;
    parts.response = &response;
    parts.terms.status = 200;
    parts.terms.received = parts.terms.date = std::chrono::system_clock::now();
    parts.terms.lifetime = cache::Delta(86'400);
    parts.born = zone.purges().now();
    parts.length = octets;
    parts.body = cache::Segments::make(zone.account(), octets, true);
    std::string body = std::to_string(number) + " ";
    body.resize(octets, 'x');
    parts.body->append(body);
    auto entry = cache::Entry::make(std::move(parts));
    entry->end(true);
    return entry;
}

void write(Running& running, const Plan& plan, std::uint64_t first, std::uint64_t last) {
    auto& zone = running.zone();
    while (running.is_recovering()) std::this_thread::yield();
    for (auto number = first; number < last; ++number) {
        const auto key = key_of(number);
        const auto entry = answer(zone, number, plan.body);
        while (!running.store().offer(entry, key, zone.hash_of(key))) std::this_thread::yield();
    }
    // Of millions a few have the place of another one in the index.
    const auto& written = running.store().counters().written;
    while (written.load() < last - first || running.store().objects() < last - last / 1000) std::this_thread::yield();
}

// In a process of its own; `is_killed`: its last segment gets no table.
template <class Run>
void apart(Run&& run, bool is_killed = false) {
    std::fflush(stdout);
    const auto child = ::fork();
    if (child == 0) {
        auto* const running = run();
        if (!is_killed) delete running;
        std::fflush(stdout);
        std::_Exit(0);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) fail("a run went wrong");
}

void forget_files(const std::string& folder) {
    auto* const entries = ::opendir(folder.c_str());
    if (entries == nullptr) return;
    while (const auto* entry = ::readdir(entries)) {
        const auto file = ::openat(::dirfd(entries), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        static_cast<void>(::fdatasync(file));
        static_cast<void>(::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED));
        ::close(file);
    }
    ::closedir(entries);
}

std::uint64_t resident_kib() {
    std::uint64_t pages = 0, resident = 0;
    auto* const file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr || std::fscanf(file, "%lu %lu", &pages, &resident) != 2) fail("/proc/self/statm can't be read");
    std::fclose(file);
    return resident * 4;
}

double cpu_ms(int whose) {
    rusage used{};
    ::getrusage(whose, &used);
    const auto ms = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3; };
    return ms(used.ru_utime) + ms(used.ru_stime);
}

// Meanwhile it is asked as by a worker: nothing waits for what is being looked for.
Running* start(const Plan& plan, const char* title) {
    const auto begun = Clock::now();
    auto* const running = new Running(plan);
    const auto opened = ms_since(begun);
    std::uint64_t asked = 0, found = 0;
    double slowest = 0;
    while (running->is_recovering()) {
        Arena arena;
        http::Fields fields(arena);
        const auto key = key_of(asked * 7919 % plan.objects);
        const cache::Lookup lookup{.key = key, .hash = running->zone().hash_of(key), .fields = &fields, .arena = &arena};
        const auto one = Clock::now();
        found += running->zone().load(lookup, running->now()) == cache::Zone::Loaded::here ? 1 : 0;
        slowest = std::max(slowest, ms_since(one));
        ++asked;
        std::this_thread::yield();
    }
    const auto took = ms_since(begun);
    const auto writer = cpu_ms(RUSAGE_SELF) - cpu_ms(RUSAGE_THREAD);
    const auto objects = running->store().objects();
    const auto an_object = objects == 0 ? 0.0 : static_cast<double>(running->store().index_octets()) / static_cast<double>(objects);
    std::printf("| %s | %lu | %.0f | %.0f | %.1f | %.1f | %lu | %lu | %.1f | %lu |\n", title, objects, took, writer, opened, an_object,
                asked, found, slowest, resident_kib() / 1024);
    return running;
}

}  // namespace

int main(int count, char** words) {
    if (count < 2) fail("usage: warm_start FOLDER [OBJECTS] [BODY_OCTETS]");
    Plan plan{.folder = words[1]};
    if (count > 2) plan.objects = std::strtoull(words[2], nullptr, 10);
    if (count > 3) plan.body = std::strtoull(words[3], nullptr, 10);
    const auto fill = [&](std::uint64_t first, std::uint64_t last) {
        auto* const running = new Running(plan);
        write(*running, plan, first, last);
        return running;
    };
    apart([&] { return fill(0, plan.objects); });
    std::printf("| a start | objects | ms | of a processor | before serving | octets of the index an object | asked meanwhile | found | "
                "slowest, ms | MiB resident |\n"
                "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    apart([&] { return start(plan, "after a clean end"); });
    forget_files(plan.folder);
    apart([&] { return start(plan, "after a clean end, cold"); });
    // A tenth more each time, the last of it in a segment without a table.
    auto written = plan.objects;
    for (const bool is_cold : {false, true}) {
        const auto first = written;
        written += plan.objects / 10;
        apart([&] { return fill(first, written); }, true);
        if (is_cold) forget_files(plan.folder);
        apart([&] { return start(plan, is_cold ? "after a kill, cold" : "after a kill"); });
    }
    return 0;
}
