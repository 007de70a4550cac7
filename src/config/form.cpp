#include "config/form.h"

namespace weir::config {

namespace {

std::string usage_of(const Slot& slot) {
    std::string out;
    for (const auto keyword : slot.keywords) out.append(out.empty() ? "" : "|").append(keyword);
    if (slot.placeholder != nullptr) out.append(out.empty() ? "" : "|").append(slot.placeholder->name);
    if (slot.is_repeated) out += "...";
    return slot.is_optional ? "[" + out + "]" : out;
}

}  // namespace

std::string usage_of(const Form& form) {
    std::string out;
    for (const auto& slot : form.slots) out.append(out.empty() ? "" : " ").append(usage_of(slot));
    for (const auto& option : form.options) {
        out.append(out.empty() ? "[" : " [").append(option.keyword);
        for (const auto& slot : option.slots) out.append(" ").append(usage_of(slot));
        out += ']';
    }
    return out;
}

}  // namespace weir::config
