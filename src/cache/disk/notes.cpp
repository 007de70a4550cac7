#include "cache/disk/notes.h"

#include <utility>

namespace weir::cache {

DiskNotes::~DiskNotes() {
    take([](const Note& note) {
        if (note.settling != nullptr) note.settling->tell(false);
    });
}

void DiskNotes::push(Note* note) {
    note->next = last_.load(std::memory_order_relaxed);
    while (!last_.compare_exchange_weak(note->next, note, std::memory_order_release, std::memory_order_relaxed)) {}
}

void DiskNotes::add(PurgeRow row) {
    if (waiting_.fetch_add(1, std::memory_order_relaxed) >= kWaitingMax) {
        waiting_.fetch_sub(1, std::memory_order_relaxed);
        is_overrun_.store(true);
        return;
    }
    push(new Note{.row = std::move(row)});
}

void DiskNotes::add(DiskSettling& settling) {
    waiting_.fetch_add(1, std::memory_order_relaxed);
    push(new Note{.row = {}, .settling = &settling});
}

DiskNotes::Note* DiskNotes::take_all() {
    auto* newest = last_.exchange(nullptr, std::memory_order_acquire);
    Note* oldest = nullptr;
    while (newest != nullptr) {
        waiting_.fetch_sub(1, std::memory_order_relaxed);
        auto* const before = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = before;
    }
    return oldest;
}

}  // namespace weir::cache
