// A folder in memory that fails as disks do: it ends in the middle of a write (a crash), fills up, refuses to read or to write, keeps
// readers waiting. What was written before a crash stays. For tests only.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "base/spin_lock.h"
#include "cache/disk/medium.h"

namespace weir::cache {

// The disk itself, which outlives those who use it.
struct TestDisk {
    static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
    struct Content : Counted {
        std::string octets;
    };

    SpinLock lock;
    std::map<std::string, Ref<Content>> files;
    std::uint64_t room = kNoLimit;                     // octets that may lie in it
    std::atomic<std::uint64_t> until_crash{kNoLimit};  // octets and calls that still count; then nothing does any more
    std::atomic<Errno> read_error{0}, write_error{0};
    std::atomic<bool> is_cold{false};  // whoever does not wait gets nothing

    std::uint64_t octets() {
        std::uint64_t sum = 0;
        for (const auto& [name, content] : files) sum += content->octets.size();
        return sum;
    }
    // How much of so many is still done.
    std::uint64_t spend(std::uint64_t wanted) {
        if (until_crash == kNoLimit) return wanted;
        const auto done = std::min<std::uint64_t>(wanted, until_crash);
        until_crash -= done;
        return done;
    }
};

class TestFile final : public MediumFile {
public:
    TestFile(TestDisk& disk, Ref<TestDisk::Content> content) : disk_(disk), content_(std::move(content)) {}

    std::expected<std::size_t, Errno> read(std::uint64_t offset, std::span<char> into, Patience patience) override {
        if (disk_.is_cold && patience == Patience::none) return std::unexpected(EAGAIN);
        if (disk_.read_error != 0) return std::unexpected(disk_.read_error.load());
        const Spinning spinning(disk_.lock);
        const auto& octets = content_->octets;
        if (offset >= octets.size()) return std::size_t{0};
        const auto count = std::min<std::uint64_t>(into.size(), octets.size() - offset);
        std::memcpy(into.data(), octets.data() + offset, count);
        return count;
    }
    Errno write(std::uint64_t offset, std::string_view octets) override {
        if (disk_.write_error != 0) return disk_.write_error;
        const Spinning spinning(disk_.lock);
        auto& held = content_->octets;
        const auto done = disk_.spend(octets.size());
        const auto end = offset + done;
        if (end > held.size() && disk_.octets() + end - held.size() > disk_.room) return ENOSPC;
        if (done == 0) return 0;
        if (held.size() < end) held.resize(end);
        std::memcpy(held.data() + offset, octets.data(), done);
        return 0;
    }
    Errno sync() override { return disk_.write_error; }
    Errno allocate(std::uint64_t octets) override {
        const Spinning spinning(disk_.lock);
        return disk_.room != TestDisk::kNoLimit && disk_.octets() + octets > disk_.room ? ENOSPC : 0;
    }
    Errno cut(std::uint64_t octets) override {
        const Spinning spinning(disk_.lock);
        if (disk_.spend(1) == 1) content_->octets.resize(octets);
        return 0;
    }
    std::expected<std::uint64_t, Errno> size() override {
        const Spinning spinning(disk_.lock);
        return content_->octets.size();
    }

private:
    TestDisk& disk_;
    Ref<TestDisk::Content> content_;
};

class TestMedium final : public Medium {
public:
    explicit TestMedium(TestDisk& disk) : disk_(disk) {}

    std::expected<Ref<MediumFile>, Errno> open(const std::string& name) override {
        const Spinning spinning(disk_.lock);
        const auto found = disk_.files.find(name);
        if (found == disk_.files.end()) return std::unexpected(ENOENT);
        return Ref<MediumFile>(new TestFile(disk_, found->second));
    }
    std::expected<Ref<MediumFile>, Errno> make(const std::string& name) override {
        const Spinning spinning(disk_.lock);
        auto content = make_ref<TestDisk::Content>();
        if (disk_.spend(1) == 1) disk_.files[name] = content;
        return Ref<MediumFile>(new TestFile(disk_, std::move(content)));
    }
    Errno rename(const std::string& from, const std::string& to) override {
        const Spinning spinning(disk_.lock);
        if (disk_.spend(1) == 0) return 0;
        disk_.files[to] = disk_.files.at(from);
        disk_.files.erase(from);
        return 0;
    }
    Errno remove(const std::string& name) override {
        const Spinning spinning(disk_.lock);
        if (disk_.spend(1) == 1) disk_.files.erase(name);
        return 0;
    }
    std::expected<std::vector<std::string>, Errno> list() override {
        const Spinning spinning(disk_.lock);
        std::vector<std::string> names;
        for (const auto& [name, content] : disk_.files) names.push_back(name);
        return names;
    }

private:
    TestDisk& disk_;
};

}  // namespace weir::cache
