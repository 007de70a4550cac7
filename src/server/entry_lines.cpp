#include "server/entry_lines.h"

#include "cache/disk/store.h"
#include "cache/slice_plan.h"

namespace weir::server {
namespace {

using State = cache::Entry::State;

constexpr std::uint64_t kSlicesMax = 65'536;  // that are looked for
constexpr std::size_t kRunsMax = 16;          // that are told

std::string_view word_of(State state) { return state == State::filling ? " so far" : state == State::broken ? ", broken" : ""; }

std::string first_line_of(const cache::Entry& entry, const cache::Policy& policy, WallTime now) {
    const auto use = cache::use(entry.terms_now(), now, policy);
    const auto seconds = [](Duration time) { return std::to_string(std::chrono::floor<std::chrono::seconds>(time).count()) + "s"; };
    const auto state = entry.state();
    std::string text = "  status " + std::to_string(entry.status()) + ", " +
                       std::to_string(entry.slicing().any() ? *entry.length() : entry.body()->size()) + " octets";
    if (entry.slicing().any()) text += " in slices of " + std::to_string(entry.slicing().octets);
    text += word_of(state);
    text += ", age " + seconds(use.age) + ", ttl " + seconds(use.ttl) + ", ";
    text += cache::word_of(use.why);
    if (!entry.vary_names().empty()) text += ", varies by " + std::string(entry.vary_names());
    if (!entry.validators().etag.empty()) text += ", etag " + std::string(entry.validators().etag);
    return text + "\n";
}

std::string form_lines(const cache::Entry& entry) {
    std::string text;
    for (const auto coding : {http::Coding::gzip, http::Coding::br, http::Coding::zstd}) {
        const auto form = entry.forms().find(coding).entry;
        if (!form) continue;
        text += "    in " + std::string(http::name_of(coding)) + ", " + std::to_string(form->body()->size()) + " octets";
        text += std::string(word_of(form->state())) + "\n";
    }
    return text;
}

bool has_slice(const cache::Zone& zone, const cache::Slicing& slicing, std::uint64_t number) {
    cache::SliceKeyRoom room;
    const auto key = cache::write_slice_key(slicing, number, room);
    return !zone.entries_of(key).empty() || (zone.disk() != nullptr && zone.disk()->may_have(zone.hash_of(key)));
}

// "slices 0-3 7 of 32"
std::string slice_line(const cache::Zone& zone, const cache::Entry& manifest) {
    const auto& slicing = manifest.slicing();
    const auto count = (*manifest.length() + slicing.octets - 1) / slicing.octets;
    const auto looked_at = std::min(count, kSlicesMax);
    std::string text;
    std::size_t runs = 0;
    for (std::uint64_t number = 0; number < looked_at; ++number) {
        if (!has_slice(zone, slicing, number)) continue;
        const auto first = number;
        while (number + 1 < looked_at && has_slice(zone, slicing, number + 1)) ++number;
        if (++runs > kRunsMax) return "    slices" + text + " … of " + std::to_string(count) + "\n";
        text += " " + std::to_string(first) + (number == first ? "" : "-" + std::to_string(number));
    }
    return "    slices" + (text.empty() ? " none" : text) + " of " + std::to_string(count) + "\n";
}

}  // namespace

std::string lines_of(const cache::Zone& zone, const cache::Entry& entry, const cache::Policy& policy, WallTime now) {
    auto text = first_line_of(entry, policy, now);
    text += entry.slicing().any() ? slice_line(zone, entry) : form_lines(entry);
    return text;
}

}  // namespace weir::server
