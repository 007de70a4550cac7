// SharedText: text that many hold and nobody changes: the octets of a file that stand in every route that shows it are there once.
#pragma once

#include <string>
#include <string_view>

#include "base/ref.h"

namespace weir {

class SharedText {
public:
    SharedText() = default;
    SharedText(std::string text) : held_(make_ref<Held>(std::move(text))) {}
    SharedText(const char* text) : SharedText(std::string(text)) {}

    std::string_view view() const { return held_ ? std::string_view(held_->text) : std::string_view{}; }

private:
    struct Held : Counted {
        explicit Held(std::string octets) : text(std::move(octets)) {}
        const std::string text;
    };
    Ref<Held> held_;
};

}  // namespace weir
