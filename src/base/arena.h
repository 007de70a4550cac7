// Arena: memory of one exchange. Allocation is a pointer bump; everything goes at once when the exchange ends. Destructors do not
// run: put only trivially destructible things here. Thread: one.
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/chunk.h"

namespace weir {

class Arena {
public:
    Arena() = default;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() { reset(); }

    void* allocate(std::size_t octets, std::size_t alignment = alignof(std::max_align_t)) {
        const auto at = (used_ + alignment - 1) & ~(alignment - 1);
        if (head_ == nullptr || at + octets > head_->chunk.size() - sizeof(Link)) return allocate_slow(octets, alignment);
        used_ = at + octets;
        return base() + at;
    }

    template <class T, class... Args>
    T* make(Args&&... args) {
        static_assert(std::is_trivially_destructible_v<T>);
        return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
    }

    template <class T>
    std::span<T> make_array(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T>);
        auto* first = static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
        return {new (first) T[count], count};
    }

    std::string_view copy(std::string_view text) {
        if (text.empty()) return {};
        auto* to = static_cast<char*>(allocate(text.size(), 1));
        std::memcpy(to, text.data(), text.size());
        return {to, text.size()};
    }

    std::string_view concat(std::initializer_list<std::string_view> parts);

    // Gives all memory back to the worker's pool.
    void reset();
    std::size_t used() const { return used_total_ + used_; }

private:
    struct Link {
        Chunk chunk;
        Link* before;
    };
    char* base() const { return head_->chunk.data() + sizeof(Link); }
    void* allocate_slow(std::size_t octets, std::size_t alignment);

    Link* head_ = nullptr;  // lives at the start of its own chunk
    std::size_t used_ = 0;
    std::size_t used_total_ = 0;
};

}  // namespace weir
