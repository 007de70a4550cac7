// AccessLog: one log of the configuration: what its lines look like, which of them are kept, which file they go to.
// Immutable, shared by all workers, alive as long as a Snapshot that names it. record() is called once an exchange, at its end,
// on the worker's thread: formats the line straight into the worker's lane, takes no lock and makes no system call.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/ref.h"
#include "observe/log_file.h"
#include "observe/log_format.h"
#include "observe/log_writer.h"
#include "observe/options.h"

namespace weir::observe {

class AccessLog : public Counted {
public:
    // `file` has been joined for it; none when the format is off.
    AccessLog(AccessLogOptions options, Ref<LogFile> file);
    ~AccessLog();

    void record(const http::Facts& facts, LogPen& pen) const;
    bool keeps(const http::Facts& facts) const;
    const AccessLogOptions& options() const { return options_; }

private:
    using EscapeOnto = void (*)(std::string_view, std::string&);
    void record_custom(const http::Facts& facts, LogPen& pen) const;

    const AccessLogOptions options_;
    EscapeOnto escape_custom_;
    Ref<LogFile> file_;
};

// Makes the AccessLogs of a configuration. Files are shared by path, with logs of earlier configurations that still live too.
// Control thread.
class AccessLogs {
public:
    using OpenSink = std::function<std::expected<std::unique_ptr<LogSink>, std::string>(const std::string& path)>;

    AccessLogs(LogWriter& writer, std::uint32_t workers, OpenSink open = open_log_sink);

    // One for each of `wanted`, in its order; or a sentence that says what is wrong: nothing has changed then.
    std::expected<std::vector<Ref<AccessLog>>, std::string> bind(std::span<const AccessLogOptions> wanted);

private:
    std::expected<Ref<AccessLog>, std::string> make(const AccessLogOptions& options);
    std::expected<Ref<LogFile>, std::string> joined_file(const std::string& path);

    LogWriter& writer_;
    std::uint32_t workers_;
    OpenSink open_;
    std::vector<Ref<LogFile>> files_;
};

// The first variable of a custom format that would write a secret into the log, such as "$header{Authorization}"; empty when none does.
std::string_view secret_in_format(std::string_view custom);

}  // namespace weir::observe
