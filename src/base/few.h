// Few: up to N things in place. Only those that are there cost something: nothing is made or cleared beforehand.
#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace weir {

template <class T, std::size_t capacity>
class Few {
public:
    Few() {}  // NOLINT(modernize-use-equals-default): a union with members that are not trivial has none
    Few(const Few&) = delete;
    Few& operator=(const Few&) = delete;
    ~Few() { clear(); }

    void add(T thing) {
        assert(size_ < capacity);
        std::construct_at(things_ + size_, std::move(thing));
        ++size_;
    }
    void clear() {
        while (size_ != 0) std::destroy_at(things_ + --size_);
    }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool is_full() const { return size_ == capacity; }
    std::span<const T> all() const { return {things_, size_}; }

private:
    std::size_t size_ = 0;
    union {
        T things_[capacity];
    };
};

}  // namespace weir
