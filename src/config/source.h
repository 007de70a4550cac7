// The texts a configuration was read from, and spots in them. A Spot is small and copied freely; Sources turns it into file, line and
// column when a person is to see it. Limits: a text is at most kTextOctetsMax long, there are at most kFilesMax of them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/place.h"

namespace weir::config {

inline constexpr std::size_t kTextOctetsMax = 64 * 1024 * 1024;
inline constexpr std::size_t kFilesMax = 20'000;

// A stretch of a text: `length` octets from `offset` of the file with that number.
struct Spot {
    static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};
    std::uint32_t file = kNowhere;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;

    bool is_somewhere() const { return file != kNowhere; }
};

struct LineColumn {
    std::uint32_t line = 1;
    std::uint32_t column = 1;  // in characters, not octets
};

class Source {
public:
    Source(std::string name, std::string text);

    const std::string& name() const { return name_; }
    const std::string& text() const { return text_; }
    LineColumn at(std::uint32_t offset) const;
    // A line without its end, by its number from 1; empty when there is none.
    std::string_view line(std::uint32_t number) const;

private:
    std::string name_;
    std::string text_;
    std::vector<std::uint32_t> line_starts_;
};

class Sources {
public:
    // The number of the new source.
    std::uint32_t add(std::string name, std::string text);
    const Source& operator[](std::uint32_t file) const { return sources_[file]; }
    std::size_t size() const { return sources_.size(); }

    // For plans, logs and explain.
    Place place(const Spot& spot) const;

private:
    std::deque<Source> sources_;
};

// How many characters a UTF-8 text has.
std::uint32_t count_characters(std::string_view text);

}  // namespace weir::config
