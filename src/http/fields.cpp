#include "http/fields.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace weir::http {

namespace {

constexpr std::size_t kNames = static_cast<std::size_t>(FieldId::count_);

// In the order of FieldId.
constexpr std::array<std::string_view, kNames> kSpellings{
    "",
    "Accept",
    "Accept-Encoding",
    "Accept-Ranges",
    "Age",
    "Allow",
    "Alt-Svc",
    "Authorization",
    "Cache-Control",
    "CDN-Cache-Control",
    "Cache-Status",
    "CDN-Loop",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "Early-Data",
    "ETag",
    "Expect",
    "Expires",
    "Forwarded",
    "Host",
    "HTTP2-Settings",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Last-Modified",
    "Link",
    "Location",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Priority",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Referer",
    "Retry-After",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Vary",
    "Via",
    "WWW-Authenticate",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Powered-By",
    "X-Real-IP",
    "X-Request-ID",
};
static_assert(!kSpellings.back().empty());

constexpr std::size_t kLongestName = 32;
constexpr unsigned kCaseBit = 0x20;

// A perfect hash of the names above: length and three octets, spread by a multiplier that was found by trying.
constexpr std::uint8_t slot_of(std::string_view name) {
    const auto folded = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(name[at])) | kCaseBit; };
    const auto size = static_cast<std::uint32_t>(name.size());
    const std::uint32_t key = folded(0) | folded(size - 1) << 8U | folded(size * 3 / 4) << 16U | size << 24U;
    return static_cast<std::uint8_t>((key * 0xa19e02dfU) >> 24U);
}

// A name in lower case, and which of its octets have a case at all: compared eight octets at a time.
struct Entry {
    std::array<char, kLongestName> lower{};
    std::array<char, kLongestName> case_bits{};
    std::uint8_t size = 0;
    FieldId id = FieldId::other;
};

consteval std::array<Entry, 256> make_table() {
    std::array<Entry, 256> table{};
    for (std::size_t i = 1; i < kNames; ++i) {
        const auto name = kSpellings[i];
        auto& entry = table[slot_of(name)];
        if (entry.size != 0 || name.size() > kLongestName) throw "two names in one slot: find another multiplier";
        entry.size = static_cast<std::uint8_t>(name.size());
        entry.id = static_cast<FieldId>(i);
        for (std::size_t at = 0; at < name.size(); ++at) {
            entry.lower[at] = to_lower(name[at]);
            entry.case_bits[at] = is_alpha(name[at]) ? static_cast<char>(kCaseBit) : '\0';
        }
    }
    return table;
}

constexpr std::array<Entry, 256> kTable = make_table();

template <class Word>
bool differs(const char* name, const Entry& entry, std::size_t at) {
    Word came, lower, case_bits;
    std::memcpy(&came, name + at, sizeof came);
    std::memcpy(&lower, entry.lower.data() + at, sizeof lower);
    std::memcpy(&case_bits, entry.case_bits.data() + at, sizeof case_bits);
    return ((came | case_bits) ^ lower) != 0;
}

bool equals(std::string_view name, const Entry& entry) {
    const auto size = name.size();
    if (size < 8) {
        if (size >= 4) return !differs<std::uint32_t>(name.data(), entry, 0) && !differs<std::uint32_t>(name.data(), entry, size - 4);
        return !differs<std::uint16_t>(name.data(), entry, 0) && !differs<std::uint16_t>(name.data(), entry, size - 2);
    }
    for (std::size_t at = 0; at + 8 < size; at += 8)
        if (differs<std::uint64_t>(name.data(), entry, at)) return false;
    return !differs<std::uint64_t>(name.data(), entry, size - 8);
}

}  // namespace

FieldId id_of(std::string_view name) {
    if (name.size() < 2) return FieldId::other;
    const auto& entry = kTable[slot_of(name)];
    return entry.size == name.size() && equals(name, entry) ? entry.id : FieldId::other;
}

std::string_view name_of(FieldId id) { return kSpellings[static_cast<std::size_t>(id)]; }

bool Field::is(std::string_view other_name) const { return equal_ignoring_case(name, other_name); }

void Fields::add(std::string_view name, std::string_view value) { add(Field{.name = name, .value = value, .id = id_of(name)}); }

void Fields::add(FieldId id, std::string_view value) { add(Field{.name = name_of(id), .value = value, .id = id}); }

void Fields::add(const Fields& others) {
    if (others.empty()) return;
    if (capacity_ - size_ < others.size_) grow(others.size_);
    std::memcpy(static_cast<void*>(data_ + size_), others.data_, others.size_ * sizeof(Field));
    size_ += others.size_;
    seen_.add(others.seen_);
}

void Fields::grow(std::size_t by) {
    constexpr std::uint32_t kFirstCapacity = 16;
    const auto capacity = std::max(kFirstCapacity, 2 * (size_ + static_cast<std::uint32_t>(by)));
    // Raw memory: an array of Fields would be written twice.
    auto* data = static_cast<Field*>(arena_->allocate(capacity * sizeof(Field), alignof(Field)));
    if (size_ != 0) std::memcpy(static_cast<void*>(data), data_, size_ * sizeof(Field));
    data_ = data;
    capacity_ = capacity;
}

void Fields::recount() {
    seen_ = {};
    for (std::size_t i = 0; i < size_; ++i) seen_.add(data_[i].id);
}

void Fields::clear() {
    size_ = 0;
    seen_ = {};
}

template <class Matches>
void Fields::keep_one(std::size_t kept, Matches&& matches) {
    std::size_t index = 0;
    remove_if([&](const Field& field) { return index++ != kept && matches(field); });
}

void Fields::replace(FieldId id, std::string_view value) {
    const auto index = static_cast<std::size_t>(find(id) - data_);
    change(index, value);
    keep_one(index, [&](const Field& field) { return field.id == id; });
}

void Fields::set(std::string_view name, std::string_view value) {
    if (const auto id = id_of(name); id != FieldId::other) return set(id, value);
    const auto* first = find(name);
    if (first == nullptr) return add(name, value);
    const auto index = static_cast<std::size_t>(first - data_);
    change(index, value);
    keep_one(index, [&](const Field& field) { return field.is(name); });
}

std::size_t Fields::remove(FieldId id) { return remove(FieldSet{id}); }

// Few go, and what stays moves in runs.
std::size_t Fields::remove(const FieldSet& ids) {
    if (!has_any(ids)) return 0;
    const auto move = [this](std::size_t from, std::size_t end, std::size_t to) {
        if (from != to) std::memmove(static_cast<void*>(data_ + to), data_ + from, (end - from) * sizeof(Field));
        return to + (end - from);
    };
    std::size_t kept = 0;
    std::size_t run = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        if (!ids.has(data_[i].id)) continue;
        kept = move(run, i, kept);
        run = i + 1;
    }
    kept = move(run, size_, kept);
    const auto removed = size_ - kept;
    size_ = static_cast<std::uint32_t>(kept);
    seen_.remove(ids);
    return removed;
}

std::size_t Fields::remove(std::string_view name) {
    if (const auto id = id_of(name); id != FieldId::other) return remove(id);
    return remove_if([&](const Field& field) { return field.is(name); });
}

const Field* Fields::find(FieldId id) const {
    if (!has(id)) return nullptr;
    for (const auto& field : *this)
        if (field.id == id) return &field;
    return nullptr;
}

const Field* Fields::only(FieldId id) const {
    const auto* const first = find(id);
    if (first == nullptr) return nullptr;
    for (const auto* field = first + 1; field != end(); ++field)
        if (field->id == id) return nullptr;
    return first;
}

const Field* Fields::find(std::string_view name) const {
    if (const auto id = id_of(name); id != FieldId::other) return find(id);
    if (!has(FieldId::other)) return nullptr;
    for (const auto& field : *this)
        if (field.id == FieldId::other && field.is(name)) return &field;
    return nullptr;
}

std::string_view Fields::value(FieldId id) const {
    const auto* field = find(id);
    return field == nullptr ? std::string_view{} : field->value;
}

std::string_view Fields::value(std::string_view name) const {
    const auto* field = find(name);
    return field == nullptr ? std::string_view{} : field->value;
}

std::size_t Fields::count(FieldId id) const {
    if (!has(id)) return 0;
    std::size_t found = 0;
    for (const auto& field : *this) found += field.id == id ? 1 : 0;
    return found;
}

namespace {

// RFC 9110 5.3: several lines of one name are one list.
template <class Matches>
std::string_view join_lines(const Fields& fields, const Field* first, Matches&& matches) {
    constexpr std::string_view kSeparator = ", ";
    if (first == nullptr) return {};
    std::size_t lines = 0;
    std::size_t octets = 0;
    for (const auto& field : fields)
        if (matches(field)) ++lines, octets += field.value.size();
    if (lines == 1) return first->value;
    octets += (lines - 1) * kSeparator.size();
    auto* const text = static_cast<char*>(fields.arena().allocate(octets, 1));
    auto* at = text;
    for (const auto& field : fields) {
        if (!matches(field)) continue;
        if (at != text) at += kSeparator.copy(at, kSeparator.size());
        at += field.value.copy(at, field.value.size());
    }
    return {text, static_cast<std::size_t>(at - text)};
}

}  // namespace

std::string_view Fields::join(FieldId id) const {
    return join_lines(*this, find(id), [&](const Field& field) { return field.id == id; });
}

std::string_view Fields::joined(std::string_view name) const {
    if (const auto id = id_of(name); id != FieldId::other) return joined(id);
    if (!has(FieldId::other)) return {};
    return join_lines(*this, find(name), [&](const Field& field) { return field.is(name); });
}

bool Fields::has_token(FieldId id, std::string_view token) const {
    if (!has(id)) return false;
    bool found = false;
    for (const auto& field : *this) {
        if (field.id != id) continue;
        for_each_token(field.value, [&](std::string_view element) { found = found || equal_ignoring_case(element, token); });
    }
    return found;
}

}  // namespace weir::http
