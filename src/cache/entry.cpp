#include "cache/entry.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/put_text.h"

namespace weir::cache {
namespace {

std::size_t octets_of(const EntryParts& parts) {
    std::size_t octets = sizeof(Entry) + parts.response->fields.size() * sizeof(http::Field) + parts.tags.size_bytes();
    for (const auto& field : parts.response->fields) octets += field.line().size();
    return octets + parts.response->reason.size() + parts.vary_names.size() + parts.variant.size();
}

std::uint32_t second_of(WallTime at) {
    return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count());
}

std::string_view copy(std::string_view text, char*& at) {
    const auto* const start = std::exchange(at, put_text(at, text));
    return {start, text.size()};
}

std::string_view copy_line(const http::Field& field, char*& at) {
    const auto* const start = at;
    for (const auto part : {field.name, std::string_view(": "), field.value, std::string_view("\r\n")}) at = put_text(at, part);
    return {start, static_cast<std::size_t>(at - start)};
}

}  // namespace

Ref<Entry> Entry::make(EntryParts&& parts) {
    const auto octets = octets_of(parts);
    return Ref<Entry>(new (Blocks::take(octets)) Entry(parts, octets));
}

Entry::Entry(EntryParts& parts, std::size_t octets)
    : terms_(parts.terms),
      body_(std::move(parts.body)),
      slicing_(parts.slicing),
      born_(parts.born),
      checked_(parts.born),
      length_(parts.length.value_or(0)),
      block_octets_(static_cast<std::uint32_t>(octets)),
      second_(second_of(parts.terms.received)),
      has_length_(parts.length.has_value()) {
    body_->account()->take(head_octets());
    const auto& fields = parts.response->fields;
    auto* const lines = reinterpret_cast<http::Field*>(this + 1);
    auto* const cells = reinterpret_cast<TagCell*>(lines + fields.size());
    std::ranges::uninitialized_copy(parts.tags, std::span(cells, parts.tags.size()));
    fields_ = {lines, fields.size()};
    tags_ = {cells, parts.tags.size()};
    copy_fields(fields, lines, copy_texts(parts, reinterpret_cast<char*>(cells + parts.tags.size())));
    validators_ = validators_of(fields_, terms_.date);
}

Entry::~Entry() { body_->account()->give(head_octets()); }

void Entry::operator delete(Entry* entry, std::destroying_delete_t) {
    const auto octets = entry->block_octets_;
    entry->~Entry();
    Blocks::give(entry, octets);
}

char* Entry::copy_texts(const EntryParts& parts, char* at) {
    vary_names_ = copy(parts.vary_names, at);
    variant_ = copy(parts.variant, at);
    reason_ = copy(parts.response->reason, at);
    return at;
}

// Side by side, as they stand in a head: an HTTP/1.1 reply copies them all at once.
void Entry::copy_fields(const http::Fields& from, http::Field* to, char* at) {
    for (const auto& field : from) {
        const auto line = field.is_line ? copy(field.line(), at) : copy_line(field, at);
        new (to++) http::Field{.name = line.substr(0, field.name.size()),
                               .value = line.substr(field.name.size() + 2, field.value.size()),
                               .id = field.id,
                               .is_line = true};
    }
}

void Entry::write_head(http::Response& response) const {
    response.status = terms_.status;
    response.version = http::Version::http11;
    response.reason = reason_;
    response.upgrade = {};
    response.keeps_alive = true;
    response.states_length = false;
    response.fields.clear();
    for (const auto& field : fields_) response.fields.add(field);
    const auto length = this->length();
    response.framing = length ? http::Framing::length : http::Framing::chunked;
    response.content_length = length.value_or(0);
}

std::optional<std::uint64_t> Entry::length() const {
    if (state() == State::whole && !slicing_.any()) return body_->size();
    return has_length_ ? std::optional(length_) : std::nullopt;
}

void Entry::end(bool is_whole) { state_.store(is_whole ? State::whole : State::broken, std::memory_order_release); }

}  // namespace weir::cache
