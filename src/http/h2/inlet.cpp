#include "http/h2/inlet.h"

#include <algorithm>
#include <cstring>

#include "io/frame_pool.h"
#include "io/worker.h"

namespace weir::http::h2 {

void* Inlet::Node::operator new(std::size_t octets) { return io::FramePool::take(octets); }
void Inlet::Node::operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

void Inlet::append(Piece piece, std::size_t room) {
    auto* const node = new Node{.piece = std::move(piece), .room = room};
    if (last_ == nullptr) first_ = node;
    else last_->next = node;
    last_ = node;
}

void Inlet::feed(std::string_view octets, const Chunk& owner) {
    if (octets.empty()) return;
    held_ += octets.size();
    if (octets.size() >= kWorthKeeping && owner) {
        append({octets, owner}, 0);
    } else {
        while (!octets.empty()) {
            if (last_ == nullptr || last_->room == 0) {
                auto chunk = Chunk::take(Chunk::kSmall);
                const auto none = std::string_view(chunk.data(), chunk.size()).substr(0, 0);
                const auto room = chunk.size();
                append({none, std::move(chunk)}, room);
            }
            auto& piece = last_->piece;
            const auto taken = std::min(octets.size(), last_->room);
            std::memcpy(const_cast<char*>(piece.octets.data()) + piece.size(), octets.data(), taken);
            piece.octets = {piece.octets.data(), piece.size() + taken};
            last_->room -= taken;
            octets.remove_prefix(taken);
        }
    }
    if (changed_.has_waiter()) changed_.notify();
}

void Inlet::end() {
    has_ended_ = true;
    if (changed_.has_waiter()) changed_.notify();
}

void Inlet::fail(ErrorCode code, const char* detail) {
    if (has_ended_ || has_failed_) return;
    has_failed_ = true;
    code_ = code;
    detail_ = detail;
    if (changed_.has_waiter()) changed_.notify();
}

void Inlet::drop_first() {
    auto* const node = first_;
    first_ = node->next;
    if (first_ == nullptr) last_ = nullptr;
    delete node;
}

void Inlet::clear() {
    while (first_ != nullptr) drop_first();
    held_ = 0;
}

void Inlet::take(std::size_t octets) {
    held_ -= octets;
    octets_ += octets;
    source_.octets_taken(octets);
}

Result<Piece> Inlet::ready() {
    if (first_ == nullptr) {
        if (has_failed_) return weir::fail(code_, side_, detail_);
        return Piece{};
    }
    auto piece = std::move(first_->piece);
    drop_first();
    take(piece.size());
    if (clock_.pace().octets_max != 0 && octets_ > clock_.pace().octets_max) {
        has_failed_ = true;
        code_ = ErrorCode::body_too_large;
        detail_ = "the body is larger than 'body max' allows";
        return weir::fail(code_, side_, detail_);
    }
    return piece;
}

io::Task<Result<>> Inlet::wait() {
    while (first_ == nullptr && !has_ended_ && !has_failed_) {
        source_.octets_awaited();
        const auto begun = io::Worker::current().now();
        const auto came = co_await changed_.wait({clock_.wait_until(begun, octets_), clock_.pace().overall.stop});
        clock_.waited(io::Worker::current().now() - begun, octets_);
        if (came) continue;
        // Stopped, not broken: whoever stopped this wait may go on with the body later.
        if (came.error().code == ErrorCode::cancelled) co_return weir::fail(ErrorCode::cancelled, side_, "stopped");
        const auto error = clock_.error_of(came.error().code, side_);
        fail(error.code, error.detail);
        co_return std::unexpected(error);
    }
    co_return Result<>{};
}

std::size_t Inlet::read(std::span<char> into) {
    std::size_t count = 0;
    while (first_ != nullptr && count < into.size()) {
        auto& octets = first_->piece.octets;
        const auto taken = std::min(octets.size(), into.size() - count);
        std::memcpy(into.data() + count, octets.data(), taken);
        count += taken;
        octets.remove_prefix(taken);
        if (octets.empty()) drop_first();
    }
    if (count != 0) take(count);
    return count;
}

}  // namespace weir::http::h2
