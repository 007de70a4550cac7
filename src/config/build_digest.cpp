// A number that changes when a directive of the process does, or anything that is in effect in a site: its own words, its policies', those
// it takes over, and the octets of the files that it loads. A reload says by it what changed.
#include "config/builder.h"

namespace weir::config {

namespace {

class Digest {
public:
    void add(std::string_view text) {
        for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * kPrime;
        value_ = (value_ ^ 0x100U) * kPrime;  // no octet: "a b" is not "ab"
    }

    void add(const Item& item) {
        add(item.name());
        for (const auto& word : item.node->args) add(word.text);
        for (const auto& child : item.children) add(child);
        add(";");
    }

    // A block's own head and what of its own no list of effects holds: names, listen, canonical, conditions.
    void add_head(const Item& block) {
        for (const auto& word : block.node->args) add(word.text);
        for (const auto& child : block.children)
            if (child.directive->stage == Stage::name || child.directive->stage == Stage::match) add(child);
    }

    std::size_t value() const { return value_; }

private:
    static constexpr std::uint64_t kPrime = 0x100000001b3ULL;  // FNV-1a
    std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace

std::size_t digest_of(const Item& item) {
    Digest digest;
    digest.add(item);
    return digest.value();
}

std::size_t digest_of(const Builder& builder, const ResolvedSite& site, const proxy::SitePlan& plan) {
    Digest digest;
    digest.add_head(*site.site);
    for (const auto* item : site.own_items) digest.add(*item);
    for (const auto& route : site.routes) {
        if (route.route != nullptr) digest.add_head(*route.route);
        for (const auto* item : route.items) digest.add(*item);
    }
    for (const auto& route : plan.routes) {
        if (route.respond) digest.add(route.respond->etag);
        for (const auto& page : route.error_pages) digest.add(page.file_octets.view());
        for (const auto* edits : {&route.request_headers, &route.response_headers})
            for (const auto& edit : *edits) digest.add(edit.value.text());
    }
    // Certificates are watched; these are as they were when they were read.
    if (plan.tls)
        for (const auto* path : {&plan.tls->client_auth.ca_file, &plan.tls->client_auth.crl_file})
            if (const auto file = builder.files.find(*path); file != builder.files.end()) digest.add(file->second.view());
    return digest.value();
}

}  // namespace weir::config
