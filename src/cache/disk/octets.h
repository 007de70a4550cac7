// Numbers in the records and tables of the disk store: little-endian, unaligned. The reader is bounded: what is not there reads as zero
// and makes it fail as a whole.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::cache {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in memory");

class OctetWriter {
public:
    explicit OctetWriter(std::string& to) : to_(to) {}
    template <std::integral Number>
    void number(Number value) {
        to_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void text(std::string_view text) { to_.append(text); }

private:
    std::string& to_;
};

class OctetReader {
public:
    explicit OctetReader(std::string_view from) : from_(from) {}
    template <std::integral Number>
    Number number() {
        Number value = 0;
        const auto octets = text(sizeof value);
        if (!octets.empty()) std::memcpy(&value, octets.data(), sizeof value);
        return value;
    }
    std::string_view text(std::size_t octets) {
        if (octets > from_.size()) {
            has_failed_ = true;
            return {};
        }
        const auto text = from_.substr(0, octets);
        from_.remove_prefix(octets);
        return text;
    }
    std::size_t left() const { return from_.size(); }
    bool has_failed() const { return has_failed_; }
    bool is_at_end() const { return !has_failed_ && from_.empty(); }

private:
    std::string_view from_;
    bool has_failed_ = false;
};

inline void put_number(char* at, std::uint32_t value) { std::memcpy(at, &value, sizeof value); }

}  // namespace weir::cache
