#include "observe/label_table.h"

#include <algorithm>

namespace weir::observe {

LabelTable::LabelTable() { names_.push_back({.first = "other", .second = "other", .uses = 1}); }

std::string LabelTable::key_of(std::string_view first, std::string_view second) {
    std::string key(first);
    key += '\0';
    key += second;
    return key;
}

LabelTable::Place LabelTable::take(std::string_view first, std::string_view second, std::uint32_t values_max) {
    auto key = key_of(first, second);
    if (const auto known = places_.find(key); known != places_.end()) {
        ++names_[known->second].uses;
        return {.index = known->second, .is_new = false};
    }
    const auto index = free_place(std::min(values_max, kLabelsMax - 1));
    if (index == kOtherLabel) return {};
    names_[index] = {.first = std::string(first), .second = std::string(second), .uses = 1};
    places_.emplace(std::move(key), index);
    return {.index = index, .is_new = true};
}

// A place that never was, or the one of the name that was released first.
LabelIndex LabelTable::free_place(std::uint32_t values_max) {
    if (names_.size() <= values_max) {
        names_.emplace_back();
        return static_cast<LabelIndex>(names_.size() - 1);
    }
    auto oldest = kOtherLabel;
    for (LabelIndex index = 1; index < names_.size(); ++index) {
        if (names_[index].uses > 0) continue;
        if (oldest == kOtherLabel || names_[index].released < names_[oldest].released) oldest = index;
    }
    if (oldest != kOtherLabel) places_.erase(key_of(names_[oldest].first, names_[oldest].second));
    return oldest;
}

void LabelTable::release(LabelIndex index) {
    if (index == kOtherLabel || index >= names_.size() || names_[index].uses == 0) return;
    if (--names_[index].uses == 0) names_[index].released = ++releases_;
}

void LabelTable::keep_only(std::span<const LabelIndex> living) {
    std::vector<bool> is_living(names_.size(), false);
    is_living[kOtherLabel] = true;
    for (const auto index : living)
        if (index < is_living.size()) is_living[index] = true;
    for (LabelIndex index = 0; index < names_.size(); ++index) {
        if (is_living[index] || names_[index].uses == 0) continue;
        names_[index].uses = 1;
        release(index);
    }
}

}  // namespace weir::observe
