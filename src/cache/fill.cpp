#include "cache/fill.h"

#include <memory>
#include <span>

#include "cache/entry.h"

namespace weir::cache {

Fill::Fill(std::uint32_t workers, std::uint64_t hash, std::uint64_t variation)
    : workers_(workers), home_(io::Worker::current()), hash_(hash), variation_(variation) {}

Fill::~Fill() { delete[] views_.load(std::memory_order_relaxed); }

Fill::View& Fill::view() {
    auto* views = views_.load(std::memory_order_acquire);
    if (views == nullptr) {
        auto fresh = std::make_unique<View[]>(workers_);
        // Somebody on another worker may be quicker: then `views` is his.
        if (views_.compare_exchange_strong(views, fresh.get(), std::memory_order_acq_rel)) views = fresh.release();
    }
    return views[io::Worker::current().index()];
}

void Fill::decide(Outcome outcome, Ref<Entry> entry, std::uint16_t status, bool concerns_all) {
    entry_ = std::move(entry);
    status_ = status;
    concerns_all_ = concerns_all;
    outcome_.store(outcome, std::memory_order_release);
}

void Fill::fail(const Error& error) {
    error_ = error;
    outcome_.store(Outcome::failed, std::memory_order_release);
}

bool Fill::announce() {
    if (is_alone_) return true;
    // With want_news(): either the follower sees what was published before this fence, or its wish is seen here.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    auto* const views = views_.load(std::memory_order_acquire);
    if (views == nullptr) return true;
    bool are_all_told = true;
    for (auto& view : std::span(views, workers_)) {
        if (!view.wants_news.load(std::memory_order_relaxed) || !view.wants_news.exchange(false, std::memory_order_acq_rel)) continue;
        if (view.worker == &home_) {
            tell(view);
            continue;
        }
        io::Worker::Message message = [self = Ref<Fill>(this), at = &view] { self->tell(*at); };
        if (view.worker->try_post(message)) continue;
        view.wants_news.store(true, std::memory_order_release);
        are_all_told = false;
    }
    return are_all_told;
}

void Fill::tell(View& view) {
    for (auto* follower = view.first; follower != nullptr; follower = follower->after_) follower->news_.notify();
}

void Fill::moved() {
    if (&home_ == &io::Worker::current()) {
        if (watcher_ != nullptr) watcher_->readers_moved();
        return;
    }
    if (has_moved_.exchange(true, std::memory_order_acq_rel)) return;
    io::Worker::Message message = [self = Ref<Fill>(this)] {
        self->has_moved_.store(false, std::memory_order_release);
        if (self->watcher_ != nullptr) self->watcher_->readers_moved();
    };
    // A full mailbox: the fetch looks by itself once in a while.
    if (!home_.try_post(message)) has_moved_.store(false, std::memory_order_release);
}

Follower::Follower(Ref<Fill> fill) : fill_(std::move(fill)), view_(fill_->view()) {
    // Once: the fetch's thread reads it when somebody here wants news.
    if (view_.worker == nullptr) view_.worker = &io::Worker::current();
    after_ = view_.first;
    if (after_ != nullptr) after_->before_ = this;
    view_.first = this;
    fill_->beginning_.fetch_add(1, std::memory_order_relaxed);
    fill_->readers_.fetch_add(1, std::memory_order_relaxed);
}

void Follower::begin_reading() {
    if (std::exchange(has_begun_, true)) return;
    fill_->beginning_.fetch_sub(1, std::memory_order_acq_rel);
    has_taken();
}

Follower::~Follower() {
    if (before_ != nullptr) before_->after_ = after_;
    else view_.first = after_;
    if (after_ != nullptr) after_->before_ = before_;
    begin_reading();
    if (fill_->readers_.fetch_sub(1, std::memory_order_acq_rel) == 1) fill_->moved();
}

void Follower::want_news() {
    view_.wants_news.store(true, std::memory_order_release);
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace weir::cache
