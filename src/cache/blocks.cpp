#include "cache/blocks.h"

#include <new>

#include "base/sanitizers.h"

namespace weir::cache {

// What is given after the thread's lists have ended goes straight to the allocator.
class BlockReaper {
public:
    BlockReaper() { Blocks::tls_waiting_.octets_max = kHasAddressSanitizer ? 0 : Blocks::kWaitingMax; }
    BlockReaper(const BlockReaper&) = delete;
    BlockReaper& operator=(const BlockReaper&) = delete;
    ~BlockReaper() {
        auto& waiting = Blocks::tls_waiting_;
        waiting.octets = waiting.octets_max = 0;
        for (auto& row : waiting.rows) {
            row.octets = 0;
            while (row.first != nullptr) ::operator delete(std::exchange(row.first, row.first->next));
        }
    }
    void touch() {}
};

void* Blocks::take_slowly(std::size_t octets) {
    thread_local BlockReaper reaper;
    reaper.touch();
    return ::operator new(octets > kPooledMax ? octets : rounded(octets));
}

void Blocks::give_back(void* memory) noexcept { ::operator delete(memory); }

}  // namespace weir::cache
