// LabelTable: which names the labels of one kind stand for. The number of names is bounded, because every name is a time series in
// every system that scrapes this one: further names count as "other". A released name keeps its series until its place is needed.
// Control thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "observe/label.h"

namespace weir::observe {

class LabelTable {
public:
    struct Name {
        std::string first, second;
        std::uint32_t uses = 0;
        std::uint64_t released = 0;  // a running number: smaller is longer ago
    };
    struct Place {
        LabelIndex index = kOtherLabel;
        bool is_new = false;  // its figures must begin at zero
    };

    LabelTable();
    // Takes one use of the name. `values_max` names may have places, "other" not counted.
    Place take(std::string_view first, std::string_view second, std::uint32_t values_max);
    void release(LabelIndex index);
    // Releases all names but these.
    void keep_only(std::span<const LabelIndex> living);

    std::size_t size() const { return names_.size(); }
    const Name& operator[](LabelIndex index) const { return names_[index]; }

private:
    LabelIndex free_place(std::uint32_t values_max);
    static std::string key_of(std::string_view first, std::string_view second);

    std::vector<Name> names_;  // [0] is "other"
    std::map<std::string, LabelIndex, std::less<>> places_;
    std::uint64_t releases_ = 0;
};

}  // namespace weir::observe
