// DiskNotes: purges on their way from the threads that make them to the log that the writer's thread keeps. Whoever has to answer for one
// waits until it is on the disk. Any thread adds; one takes.
#pragma once

#include <atomic>
#include <cstdint>

#include "cache/disk/purge_log.h"

namespace weir::cache {

// Who is told once whether all notes that came before are on the disk. By the writer's thread, which lets go of it with that.
class DiskSettling {
public:
    virtual void tell(bool is_on_disk) = 0;

protected:
    ~DiskSettling() = default;
};

class DiskNotes {
public:
    static constexpr std::uint32_t kWaitingMax = 65'536;  // above, the next start takes everything for purged

    DiskNotes() = default;
    DiskNotes(const DiskNotes&) = delete;
    DiskNotes& operator=(const DiskNotes&) = delete;
    ~DiskNotes();

    struct Note {
        PurgeRow row;
        DiskSettling* settling = nullptr;  // instead of a row
        Note* next = nullptr;
    };
    void add(PurgeRow row);
    void add(DiskSettling& settling);
    bool has_any() const { return last_.load(std::memory_order_relaxed) != nullptr; }

    // The writer's: calls `each` with every note, the oldest first. True: some were lost.
    template <class Each>
    bool take(Each&& each) {
        auto* note = take_all();
        while (note != nullptr) {
            each(*note);
            delete std::exchange(note, note->next);
        }
        return is_overrun_.exchange(false);
    }

private:
    void push(Note* note);
    Note* take_all();

    std::atomic<Note*> last_{nullptr};
    std::atomic<std::uint32_t> waiting_{0};
    std::atomic<bool> is_overrun_{false};
};

}  // namespace weir::cache
