// Field lines of a message (RFC 9110 5), in the order and the case they came in. Names and values are views: into the connection's
// buffer, the exchange's arena or static text, all of which live as long as the exchange. Names compare without case.
// Thread: one. Limit: the codec's header_count_max bounds what comes in; add() grows in the arena.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/arena.h"

namespace weir::http {

// Names that Weir itself looks at: found once while parsing, compared as a number ever after.
enum class FieldId : std::uint8_t {
    other,
    accept,
    accept_encoding,
    accept_ranges,
    age,
    allow,
    alt_svc,
    authorization,
    cache_control,
    cdn_cache_control,
    cache_status,
    cdn_loop,
    connection,
    content_encoding,
    content_length,
    content_location,
    content_range,
    content_type,
    cookie,
    date,
    early_data,
    etag,
    expect,
    expires,
    forwarded,
    host,
    http2_settings,
    if_match,
    if_modified_since,
    if_none_match,
    if_range,
    if_unmodified_since,
    keep_alive,
    last_modified,
    link,
    location,
    max_forwards,
    origin,
    pragma,
    priority,
    proxy_authenticate,
    proxy_authorization,
    proxy_connection,
    range,
    referer,
    retry_after,
    sec_websocket_accept,
    sec_websocket_key,
    sec_websocket_protocol,
    sec_websocket_version,
    server,
    set_cookie,
    strict_transport_security,
    te,
    trailer,
    transfer_encoding,
    upgrade,
    user_agent,
    vary,
    via,
    www_authenticate,
    x_forwarded_for,
    x_forwarded_host,
    x_forwarded_port,
    x_forwarded_proto,
    x_powered_by,
    x_real_ip,
    x_request_id,
    count_,
};

FieldId id_of(std::string_view name);  // FieldId::other when it is none of the above
std::string_view name_of(FieldId id);  // the registered spelling, "Content-Length"

// A set of those, tested by a bit.
class FieldSet {
public:
    constexpr FieldSet() = default;
    constexpr FieldSet(std::initializer_list<FieldId> ids) {
        for (const auto id : ids) add(id);
    }
    constexpr void add(FieldId id) { bits_[static_cast<unsigned>(id) >> 6U] |= bit(id); }
    constexpr void add(const FieldSet& other) { bits_[0] |= other.bits_[0], bits_[1] |= other.bits_[1]; }
    constexpr void remove(const FieldSet& other) { bits_[0] &= ~other.bits_[0], bits_[1] &= ~other.bits_[1]; }
    constexpr bool has(FieldId id) const { return (bits_[static_cast<unsigned>(id) >> 6U] & bit(id)) != 0; }
    constexpr bool meets(const FieldSet& other) const { return ((bits_[0] & other.bits_[0]) | (bits_[1] & other.bits_[1])) != 0; }

private:
    static constexpr std::uint64_t bit(FieldId id) { return std::uint64_t{1} << (static_cast<unsigned>(id) & 63U); }
    std::uint64_t bits_[2] = {0, 0};
};
static_assert(static_cast<unsigned>(FieldId::count_) <= 128);

struct Field {
    std::string_view name;
    std::string_view value;  // without surrounding white space
    FieldId id = FieldId::other;
    bool is_line = false;  // as it came in a head: "name: value\r\n" stands there in one piece, and may be written so

    std::string_view line() const { return {name.data(), name.size() + value.size() + 4}; }
    bool is(std::string_view other_name) const;
};

class Fields {
public:
    explicit Fields(Arena& arena) : arena_(&arena) {}
    Fields(const Fields&) = delete;
    Fields& operator=(const Fields&) = delete;
    Fields(Fields&&) = default;
    Fields& operator=(Fields&&) = default;

    // All take views that must outlive the exchange; copy into the arena first where they don't.
    void add(std::string_view name, std::string_view value);
    void add(FieldId id, std::string_view value);
    void add(const Field& field) {
        if (size_ == capacity_) grow(1);
        data_[size_++] = field;
        seen_.add(field.id);
    }
    void add(const Fields& others);
    // Replaces the first of that name where it stands, removes the others, or adds.
    void set(std::string_view name, std::string_view value);
    void set(FieldId id, std::string_view value) {
        if (has(id)) replace(id, value);
        else add(id, value);
    }
    std::size_t remove(std::string_view name);  // how many went
    std::size_t remove(FieldId id);
    std::size_t remove(const FieldSet& ids);
    template <class Predicate>
    std::size_t remove_if(Predicate&& predicate) {
        std::size_t kept = 0;
        while (kept < size_ && !predicate(data_[kept])) ++kept;
        if (kept == size_) return 0;
        for (auto i = kept + 1; i < size_; ++i)
            if (!predicate(data_[i])) data_[kept++] = data_[i];
        const auto removed = size_ - kept;
        size_ = static_cast<std::uint32_t>(kept);
        recount();
        return removed;
    }
    void clear();

    // The first of that name, or nullptr. A FieldId that never came costs one bit test.
    const Field* find(std::string_view name) const;
    const Field* find(FieldId id) const;
    // The one of that name; nullptr when there is none, or are several.
    const Field* only(FieldId id) const;
    std::string_view value(FieldId id) const;  // of the first; empty when absent
    std::string_view value(std::string_view name) const;
    bool has(FieldId id) const { return seen_.has(id); }
    bool has_any(const FieldSet& ids) const { return seen_.meets(ids); }
    std::size_t count(FieldId id) const;
    // All values of that name joined by ", " (RFC 9110 5.3), in the arena when there are several.
    std::string_view joined(FieldId id) const { return has(id) ? join(id) : std::string_view{}; }
    std::string_view joined(std::string_view name) const;
    // Does the list-valued field hold this token? Without case.
    bool has_token(FieldId id, std::string_view token) const;

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const Field* begin() const { return data_; }
    const Field* end() const { return data_ + size_; }
    const Field& operator[](std::size_t index) const { return data_[index]; }
    Arena& arena() const { return *arena_; }

private:
    // Every index but `kept` with that name goes.
    template <class Matches>
    void keep_one(std::size_t kept, Matches&& matches);
    [[gnu::noinline]] void grow(std::size_t by);
    void recount();
    void replace(FieldId id, std::string_view value);
    std::string_view join(FieldId id) const;
    void change(std::size_t index, std::string_view value) { data_[index].value = value, data_[index].is_line = false; }

    Arena* arena_;
    Field* data_ = nullptr;
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = 0;
    FieldSet seen_;  // which ids came
};

}  // namespace weir::http
