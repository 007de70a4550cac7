// By what an answer can be purged, besides its URL: its host, the tags that its fields name, and its groups (RFC 9875).
#pragma once

#include <span>

#include "cache/purges.h"
#include "http/facts.h"
#include "proxy/plan.h"

namespace weir::proxy {

inline constexpr std::size_t kTagsMax = 128;  // of one answer; further ones are not heard

// `fields`: of the answer; in their arena.
std::span<const cache::TagCell> read_tags(const http::Request& request, const http::Facts& facts, const http::Fields& fields,
                                          const CachePlan& plan, const cache::Purges& purges);

// The policy for an answer with these fields: its route's, or that of a tag that it has.
const cache::Policy& policy_for(const CachePlan& plan, std::span<const http::Field> fields);

// Calls `visit` with each tag that the fields of such a name hold: Surrogate-Key separates by spaces, Cache-Tag by commas.
template <class Visit>
void for_each_tag(std::string_view text, Visit&& visit) {
    while (!text.empty()) {
        const auto end = text.find_first_of(" ,\t");
        if (end != 0) visit(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

}  // namespace weir::proxy
