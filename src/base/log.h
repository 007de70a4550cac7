// The error log: what happened, where, and what to do, for a person and for a machine. Not for requests (observe/access_log.h).
// Any thread. A line is text (`2026-01-02T03:04:05.678Z warn accept_paused no descriptors left … limit=1024`) or JSON.
// Never give it a secret: values whose key names one (password, secret, token, authorization, cookie) are replaced by "***".
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace weir::log {

enum class Level : std::uint8_t { debug, info, warn, error };
enum class Format : std::uint8_t { text, json };

struct Field {
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    Field(std::string_view k, const std::string& v) : key(k), value(v) {}
    template <class Number>
        requires std::is_arithmetic_v<Number>
    Field(std::string_view k, Number v) : key(k), text(std::to_string(v)), is_number(true) {}
    std::string_view shown() const { return is_number ? std::string_view(text) : value; }

    std::string_view key;
    std::string_view value;
    std::string text;
    bool is_number = false;
};

struct Options {
    Level level = Level::info;
    Format format = Format::text;
    std::string file;  // empty: standard error
};

// Throws std::runtime_error when the file can't be opened. May be called again on a reload.
void configure(const Options& options);
// Opens the file again after a rotation.
void reopen();
void flush();
bool is_enabled(Level level);

// `event` is one stable word a machine can match, `message` a sentence for a person.
void write(Level level, std::string_view event, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view event, std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::debug, event, message, fields);
}
inline void info(std::string_view event, std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, message, fields);
}
inline void warn(std::string_view event, std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::warn, event, message, fields);
}
inline void error(std::string_view event, std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, message, fields);
}

}  // namespace weir::log
