// Descriptor: a file descriptor that is owned: closed when its owner goes. Below zero: none, open() or socket() said why in errno.
#pragma once

#include <unistd.h>

namespace weir {

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_;
};

}  // namespace weir
