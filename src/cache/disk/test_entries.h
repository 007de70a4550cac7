// Stored answers for tests of the disk store.
#pragma once

#include <string>
#include <vector>

#include "cache/entry.h"
#include "cache/vary.h"

namespace weir::cache {

struct TestAnswer {
    std::string body;
    std::uint64_t born = 1;
    std::vector<TagCell> tags = {};
    std::string vary_names = {};
    std::string variant = {};
    std::uint16_t status = 200;
    Slicing slicing = {};  // a manifest's …
    std::uint64_t sliced = 0;
    std::string etag = {};
};

inline Ref<Entry> make_answer(const TestAnswer& answer, const Ref<Account>& account) {
    Arena arena;
    http::Response response(arena);
    response.status = answer.status;
    response.fields.add("Content-Type", "text/plain");
    response.fields.add("X-Size", arena.copy(std::to_string(answer.body.size())));
    if (!answer.etag.empty()) response.fields.add("ETag", answer.etag);
    EntryParts parts;
    parts.response = &response;
    parts.terms.status = answer.status;
    parts.terms.received = parts.terms.date = WallTime(std::chrono::seconds(1'700'000'000));
    parts.terms.lifetime = Delta(600);
    parts.vary_names = answer.vary_names;
    parts.variant = answer.variant;
    parts.tags = answer.tags;
    parts.born = answer.born;
    parts.slicing = answer.slicing;
    parts.length = answer.slicing.any() ? answer.sliced : answer.body.size();
    parts.body = Segments::make(account, answer.body.size(), true);
    parts.body->append(answer.body);
    parts.body->close();
    auto entry = Entry::make(std::move(parts));
    entry->end(true);
    return entry;
}

}  // namespace weir::cache
