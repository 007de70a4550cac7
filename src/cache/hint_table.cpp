#include "cache/hint_table.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "cache/link_hints.h"

namespace weir::cache {

HintTable::Hints* HintTable::Hints::make(const Name& name, std::string_view text, std::uint64_t born, std::span<const TagCell> tags) {
    auto* const hints = new (::operator new(sizeof(Hints) + tags.size_bytes() + text.size())) Hints{.name = name, .born = born};
    hints->tags_count = static_cast<std::uint32_t>(tags.size());
    hints->text_octets = static_cast<std::uint32_t>(text.size());
    auto* const cells = reinterpret_cast<TagCell*>(hints + 1);
    std::ranges::uninitialized_copy(tags, std::span(cells, tags.size()));
    text.copy(reinterpret_cast<char*>(cells + tags.size()), text.size());
    return hints;
}

HintTable::~HintTable() { forget_all(); }

void HintTable::free(Hints* hints) {
    if (hints == nullptr) return;
    account_->give(hints->octets());
    ::operator delete(hints);
}

void HintTable::learn(const Name& name, std::string_view text, std::uint64_t born, std::span<const TagCell> tags) {
    auto& cell = cells_[name.url % kCells];
    if (text.empty()) {
        Hints* old = nullptr;
        {
            const Spinning spinning(cell.lock);
            if (cell.hints != nullptr && cell.hints->name.whole == name.whole) old = std::exchange(cell.hints, nullptr);
        }
        return free(old);
    }
    auto* hints = Hints::make(name, text.substr(0, kHintOctetsMax), born, tags);
    account_->take(hints->octets());
    {
        const Spinning spinning(cell.lock);
        std::swap(cell.hints, hints);
    }
    free(hints);
    learned_.fetch_add(1, std::memory_order_relaxed);
}

std::string_view HintTable::find(const Name& name, Arena& arena) const {
    const auto& cell = cells_[name.url % kCells];
    const auto room = arena.make_array<char>(kHintOctetsMax);
    const Spinning spinning(cell.lock);
    const auto* const hints = cell.hints;
    if (hints == nullptr || hints->name.whole != name.whole) return {};
    if (purges_.since(hints->born, hints->tags()) != Purges::Verdict::none) return {};
    return {room.data(), hints->text().copy(room.data(), room.size())};
}

void HintTable::forget(std::uint64_t url) {
    auto& cell = cells_[url % kCells];
    Hints* old = nullptr;
    {
        const Spinning spinning(cell.lock);
        if (cell.hints != nullptr && cell.hints->name.url == url) old = std::exchange(cell.hints, nullptr);
    }
    free(old);
}

void HintTable::forget_all() {
    for (auto& cell : cells_) {
        Hints* old = nullptr;
        {
            const Spinning spinning(cell.lock);
            old = std::exchange(cell.hints, nullptr);
        }
        free(old);
    }
}

}  // namespace weir::cache
