#include "observe/access_log.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/escape.h"
#include "base/secret_name.h"
#include "http/message.h"
#include "observe/masked_url.h"

namespace weir::observe {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;

// The same request has the same number on every proxy it passes, so that samples of several logs fit together.
std::uint64_t number_of(const http::Facts& facts) {
    std::uint64_t hash = facts.connection_serial << 32U | facts.request_on_connection;
    auto id = facts.request_id;
    if (!id.empty()) hash = id.size();
    while (!id.empty()) {
        std::uint64_t word = 0;
        const auto octets = std::min(sizeof word, id.size());
        std::memcpy(&word, id.data(), octets);
        id.remove_prefix(octets);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 32U;
    }
    // splitmix64's last step.
    hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
    return hash ^ (hash >> 31U);
}

// A format that starts with a brace makes JSON.
bool makes_json(const http::Template& custom) { return custom.text().starts_with('{'); }

}  // namespace

AccessLog::AccessLog(AccessLogOptions options, Ref<LogFile> file)
    : options_(std::move(options)),
      escape_custom_(makes_json(options_.custom) ? append_masked_json : append_masked_quoted),
      file_(std::move(file)) {}

AccessLog::~AccessLog() {
    if (file_) file_->leave();
}

bool AccessLog::keeps(const http::Facts& facts) const {
    if (options_.sample_per_million >= kMillion) return true;
    if (facts.has_error || facts.status == 0 || facts.status >= options_.keep_status_from) return true;
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(number_of(facts)) * kMillion >> 64U) < options_.sample_per_million;
}

void AccessLog::record(const http::Facts& facts, LogPen& pen) const {
    if (!file_ || !keeps(facts)) return;
    if (options_.format == AccessLogOptions::Format::custom) return record_custom(facts, pen);
    const bool is_json = options_.format == AccessLogOptions::Format::json;
    auto& lane = file_->lane(pen.worker);
    auto* out = lane.reserve(is_json ? json_octets_max(facts) : combined_octets_max(facts));
    if (out == nullptr) return;
    lane.commit(is_json ? write_json(facts, pen.clock, out) : write_combined(facts, pen.clock, out));
}

void AccessLog::record_custom(const http::Facts& facts, LogPen& pen) const {
    pen.scratch.clear();
    options_.custom.append(facts, pen.scratch, escape_custom_);
    pen.scratch += '\n';
    auto& lane = file_->lane(pen.worker);
    auto* out = lane.reserve(pen.scratch.size());
    if (out == nullptr) return;
    std::memcpy(out, pen.scratch.data(), pen.scratch.size());
    lane.commit(out + pen.scratch.size());
}

AccessLogs::AccessLogs(LogWriter& writer, std::uint32_t workers, OpenSink open)
    : writer_(writer), workers_(workers), open_(std::move(open)) {}

std::expected<std::vector<Ref<AccessLog>>, std::string> AccessLogs::bind(std::span<const AccessLogOptions> wanted) {
    std::erase_if(files_, [](const Ref<LogFile>& file) { return file->is_retired(); });
    std::vector<Ref<AccessLog>> logs;
    logs.reserve(wanted.size());
    for (const auto& options : wanted) {
        auto log = make(options);
        if (!log) return std::unexpected(std::move(log.error()));
        logs.push_back(std::move(*log));
    }
    return logs;
}

std::expected<Ref<AccessLog>, std::string> AccessLogs::make(const AccessLogOptions& options) {
    if (options.format == AccessLogOptions::Format::off) return make_ref<AccessLog>(options, Ref<LogFile>{});
    if (const auto secret = secret_in_format(options.custom.text()); !secret.empty())
        return std::unexpected("the access log would hold a secret: " + std::string(secret));
    auto file = joined_file(options.path);
    if (!file) return std::unexpected(std::move(file.error()));
    return make_ref<AccessLog>(options, std::move(*file));
}

std::expected<Ref<LogFile>, std::string> AccessLogs::joined_file(const std::string& path) {
    const auto known = std::ranges::find(files_, path, [](const Ref<LogFile>& file) -> const std::string& { return file->path(); });
    if (known != files_.end() && (*known)->join()) return *known;
    auto sink = open_(path);
    if (!sink) return std::unexpected(std::move(sink.error()));
    auto file = make_ref<LogFile>(path, std::move(*sink), workers_, writer_.bell());
    file->join();
    writer_.add(file);
    if (known != files_.end()) *known = file;  // the writer has retired that one
    else files_.push_back(file);
    return file;
}

std::string_view secret_in_format(std::string_view custom) {
    for (auto dollar = custom.find('$'); dollar != std::string_view::npos; dollar = custom.find('$', dollar + 1)) {
        if (custom.substr(dollar).starts_with("$$")) {
            ++dollar;
            continue;
        }
        const auto brace = custom.find('{', dollar);
        const auto end = custom.find('}', dollar);
        if (brace == std::string_view::npos || end == std::string_view::npos || brace > end) continue;
        const auto kind = custom.substr(dollar + 1, brace - dollar - 1);
        const auto name = custom.substr(brace + 1, end - brace - 1);
        const bool is_field = kind == "header" || kind == "response" || kind == "query";
        if (kind == "cookie" || (is_field && is_secret_name(name))) return custom.substr(dollar, end + 1 - dollar);
    }
    return {};
}

}  // namespace weir::observe
