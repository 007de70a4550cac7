// Access logs.
#include <algorithm>

#include "config/builder.h"
#include "config/phrase.h"
#include "observe/access_log.h"

namespace weir::config {

namespace {

using observe::AccessLogOptions;
using Format = AccessLogOptions::Format;

void read_format(Builder& builder, const Item& item, AccessLogOptions& into) {
    const auto format = item.word(0);
    if (format == "combined") return void(into.format = Format::combined);
    if (format == "json") return void(into.format = Format::json);
    into.format = Format::custom;
    into.custom = template_of(format);
    if (const auto secret = observe::secret_in_format(format); !secret.empty())
        builder.diagnostics.error(item.node->args[0].spot, concat({in_quotes(secret), " would write a secret into the log"}),
                                  "leave it out: whoever may read the log could act as the client");
    if (!into.custom.is_literal()) return;
    constexpr std::string_view kFormats[] = {"combined", "json"};
    builder.diagnostics.error(item.node->args[0].spot, concat({"a format without variables in ", in_quotes(concat({"log ", format}))}),
                              joined("expected combined, json or a text with variables", did_you_mean(format, kFormats)));
}

AccessLogOptions read_log(Builder& builder, const Item& item) {
    AccessLogOptions log;
    read_format(builder, item, log);
    const auto* file = item.find("FILE");
    log.path = file == nullptr ? std::string(item.word(1)) : builder.path(*file);
    if (const auto* sample = item.child("sample")) {
        log.sample_per_million = checked(read_percent(sample->text("PERCENT")));
        if (log.sample_per_million > 1'000'000)
            builder.diagnostics.error(sample->find("PERCENT")->spot, "more than everything", "expected at most 100%");
    }
    if (const auto* keep = item.child("keep")) log.keep_status_from = checked(read_status(keep->text("STATUS")));
    return log;
}

std::uint32_t log_index(Builder& builder, const Item& item) {
    const auto [at, is_new] = builder.access_logs.emplace(&item, static_cast<std::uint32_t>(builder.snapshot.access_logs.size()));
    if (is_new) builder.snapshot.access_logs.push_back(read_log(builder, item));
    return at->second;
}

}  // namespace

std::vector<std::uint32_t> build_logs(Builder& builder, const InEffect& items) {
    std::vector<std::uint32_t> out;
    for (const auto* item : items) {
        if (item->name() != "log") continue;
        if (!item->says("off") || item->form != 0) out.push_back(log_index(builder, *item));
        else if (item->node->block != nullptr)
            builder.diagnostics.error(item->spot(), "'log off' takes no block", "take 'off' or the block away");
    }
    return out;
}

}  // namespace weir::config
