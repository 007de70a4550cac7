// WaitQueue: exchanges of one worker that wait for a place at a peer of a group, first come, first served. An entry lives in the waiting
// coroutine's frame and stays where it is until it got its place or gave up. Thread: the worker's. Limit: QueueOptions::waiting_max.
#pragma once

#include <cstdint>

#include "io/event.h"

namespace weir::upstream {

class WaitQueue {
public:
    class Entry {
    public:
        explicit Entry(WaitQueue& queue) : queue_(queue) {}
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        // Who leaves lets the next one look: it is the head now, or was woken for a place that this one did not take.
        ~Entry() {
            if (!is_linked_) return;
            queue_.unlink(*this);
            queue_.wake_head();
        }

        bool is_linked() const { return is_linked_; }
        bool is_head() const { return queue_.first_ == this; }
        bool is_woken() const { return is_woken_; }
        void join() { queue_.link(*this); }
        // It looks now: another place that comes free from here on wakes it again.
        void begin_look() { is_woken_ = false; }
        // Waits for its turn to look again.
        io::Event::Awaiter woken(io::Deadline deadline) { return event_.wait(deadline); }

    private:
        friend class WaitQueue;
        WaitQueue& queue_;
        io::Event event_;
        Entry* before_ = nullptr;
        Entry* after_ = nullptr;
        bool is_linked_ = false;
        bool is_woken_ = false;
    };

    bool empty() const { return first_ == nullptr; }
    std::uint32_t size() const { return size_; }
    // A place has come free: the first that has not been told of another one looks. False when all have been told already.
    bool wake_one() {
        for (auto* entry = first_; entry != nullptr; entry = entry->after_)
            if (!entry->is_woken_) return wake(*entry), true;
        return false;
    }
    void wake_head() {
        if (first_ != nullptr && !first_->is_woken_) wake(*first_);
    }

private:
    static void wake(Entry& entry) {
        entry.is_woken_ = true;
        entry.event_.notify();
    }
    void link(Entry& entry) {
        entry.before_ = last_;
        (last_ != nullptr ? last_->after_ : first_) = &entry;
        last_ = &entry;
        entry.is_linked_ = true;
        ++size_;
    }
    void unlink(Entry& entry) {
        (entry.before_ != nullptr ? entry.before_->after_ : first_) = entry.after_;
        (entry.after_ != nullptr ? entry.after_->before_ : last_) = entry.before_;
        entry.is_linked_ = false;
        --size_;
    }

    Entry* first_ = nullptr;
    Entry* last_ = nullptr;
    std::uint32_t size_ = 0;
};

}  // namespace weir::upstream
