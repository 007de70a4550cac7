#include "base/log.h"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>
#include <utility>

#include "base/escape.h"
#include "base/secret_name.h"

namespace weir::log {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warn", "error"};

int open_file(const std::string& path) { return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640); }

// A file or standard error, written a line at a time so that nothing is lost in a crash. spdlog's base_sink serialises the threads.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    void take(int descriptor, std::string path) {
        const std::lock_guard<std::mutex> hold(mutex_);
        close_file();
        descriptor_ = descriptor;
        path_ = std::move(path);
    }

    // Returns an errno; the old file stays when the new one can't be opened.
    int reopen() {
        const std::lock_guard<std::mutex> hold(mutex_);
        if (path_.empty()) return 0;
        const int fresh = open_file(path_);
        if (fresh < 0) return errno;
        close_file();
        descriptor_ = fresh;
        return 0;
    }

private:
    void close_file() {
        if (descriptor_ != STDERR_FILENO) ::close(descriptor_);
    }

    void sink_it_(const spdlog::details::log_msg& message) override {
        const char* at = message.payload.data();
        auto left = message.payload.size();
        while (left > 0) {
            const auto written = ::write(descriptor_, at, left);
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return;  // there is nowhere left to complain to
            at += written;
            left -= static_cast<std::size_t>(written);
        }
    }
    void flush_() override {}

    int descriptor_ = STDERR_FILENO;
    std::string path_;
};

struct Journal {
    Journal() : sink(new LineSink), keeper(sink), logger("weir", keeper) { logger.set_level(spdlog::level::trace); }

    LineSink* sink;
    spdlog::sink_ptr keeper;
    spdlog::logger logger;
    std::atomic<Level> level{Level::info};
    std::atomic<Format> format{Format::text};
};

// Never destroyed: threads and destructors may still log while the process ends.
Journal& journal() {
    static auto* one = new Journal;
    return *one;
}

void append_time(std::string& out) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm parts{};
    ::gmtime_r(&now.tv_sec, &parts);
    std::array<char, 80> text{};
    const int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                                   parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(now.tv_nsec / 1'000'000));
    out.append(text.data(), static_cast<std::size_t>(size));
}

std::string_view shown_value(const Field& field) { return is_secret_name(field.key) ? kMaskedValue : field.shown(); }

bool needs_quotes(std::string_view value) {
    if (value.empty()) return true;
    for (const char octet : value)
        if (static_cast<unsigned char>(octet) <= 0x20 || octet == '"' || octet == '=' || octet == '\\' || octet == 0x7f) return true;
    return false;
}

void append_text_field(const Field& field, std::string& out) {
    const auto value = shown_value(field);
    out += ' ';
    append_plain_text(field.key, out);
    out += '=';
    if (!needs_quotes(value)) return append_plain_text(value, out);
    out += '"';
    append_json_text(value, out);
    out += '"';
}

// JSON knows neither NaN nor infinity (RFC 8259 6): such a number is written as a string.
bool is_json_number(const Field& field) {
    if (!field.is_number || is_secret_name(field.key)) return false;
    return field.text.find_first_not_of("+-.0123456789e") == std::string::npos;
}

void append_json_field(const Field& field, std::string& out) {
    out += ",\"";
    append_json_text(field.key, out);
    out += "\":";
    if (is_json_number(field)) {
        out += field.text;
        return;
    }
    out += '"';
    append_json_text(shown_value(field), out);
    out += '"';
}

std::string text_line(Level level, std::string_view event, std::string_view message, std::initializer_list<Field> fields) {
    std::string line;
    line.reserve(256);
    append_time(line);
    line += ' ';
    line += kLevelNames[static_cast<std::size_t>(level)];
    line += ' ';
    append_plain_text(event, line);
    line += ' ';
    append_plain_text(message, line);
    for (const auto& field : fields) append_text_field(field, line);
    line += '\n';
    return line;
}

std::string json_line(Level level, std::string_view event, std::string_view message, std::initializer_list<Field> fields) {
    std::string line = "{\"time\":\"";
    line.reserve(256);
    append_time(line);
    line += "\",\"level\":\"";
    line += kLevelNames[static_cast<std::size_t>(level)];
    line += "\",\"event\":\"";
    append_json_text(event, line);
    line += "\",\"message\":\"";
    append_json_text(message, line);
    line += '"';
    for (const auto& field : fields) append_json_field(field, line);
    line += "}\n";
    return line;
}

}  // namespace

void configure(const Options& options) {
    const int descriptor = options.file.empty() ? STDERR_FILENO : open_file(options.file);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "error log " + options.file);
    journal().sink->take(descriptor, options.file);
    journal().level.store(options.level, std::memory_order_relaxed);
    journal().format.store(options.format, std::memory_order_relaxed);
}

void reopen() {
    const int failed = journal().sink->reopen();
    if (failed != 0) error("error_log_reopen", "can't open the error log again: the old file stays", {{"errno", failed}});
}

void flush() { journal().logger.flush(); }

bool is_enabled(Level level) { return level >= journal().level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view event, std::string_view message, std::initializer_list<Field> fields) {
    if (!is_enabled(level)) return;
    const bool is_json = journal().format.load(std::memory_order_relaxed) == Format::json;
    const auto line = is_json ? json_line(level, event, message, fields) : text_line(level, event, message, fields);
    journal().logger.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace weir::log
