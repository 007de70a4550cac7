// Ref: an owning pointer to an object that counts its own references, atomically. For things that workers share and that outlive a
// configuration: snapshots, upstream groups, peers. Not for the data path: a worker takes one reference and counts its own uses locally.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace weir {

template <class T>
class Ref;

class Counted {
public:
    Counted() = default;
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

protected:
    ~Counted() = default;

private:
    template <class T>
    friend class Ref;
    mutable std::atomic<std::uint32_t> references_{0};
};

template <class T>
class Ref {
public:
    Ref() = default;
    explicit Ref(T* object) : object_(object) { hold(); }
    Ref(const Ref& other) : object_(other.object_) { hold(); }
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_ != nullptr && object_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete object_;
    }

    T* operator->() const { return object_; }
    T& operator*() const { return *object_; }
    T* raw() const { return object_; }
    // Nobody else has one now; and, when this one is not given away, never will.
    bool is_unique() const { return object_ != nullptr && object_->references_.load(std::memory_order_acquire) == 1; }
    explicit operator bool() const { return object_ != nullptr; }
    // Hands the reference over as a plain pointer, which owes it; adopt() takes it back.
    T* release() { return std::exchange(object_, nullptr); }
    static Ref adopt(T* object) {
        Ref ref;
        ref.object_ = object;
        return ref;
    }
    friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }

private:
    void hold() const {
        if (object_ != nullptr) object_->references_.fetch_add(1, std::memory_order_relaxed);
    }
    T* object_ = nullptr;
};

template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
    return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace weir
