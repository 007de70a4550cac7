#include "config/config.h"

#include <netdb.h>

#include <set>

#include "config/build.h"
#include "config/check.h"
#include "config/effective.h"
#include "config/format.h"
#include "config/import.h"
#include "config/json.h"
#include "config/parser.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

// A tree as far as it can be understood without building anything.
struct Understood {
    Block tree;
    Resolved resolved;

    Understood(Block whole, Report& report) : tree(std::move(whole)) {
        auto items = check(tree, BlockKind::file, report.sources, report.diagnostics);
        resolved = resolve(std::move(items), report.sources, report.diagnostics);
    }
    Understood(const Understood&) = delete;
    Understood& operator=(const Understood&) = delete;
};

// A server that has no address now is no reason not to start: it starts as down and is retried.
void warn_of_unresolved(const Understood& understood, Report& report, const Options& options) {
    std::set<std::string, std::less<>> known;
    const auto look_at = [&](const Word& word) {
        const auto server = read_server(word.text);
        if (!server || server->host.empty() || server->literal().has_value() || !known.insert(server->host).second) return;
        if (!options.resolves(server->host))
            report.diagnostics.warning(
                word.spot, concat({in_quotes(server->host), " does not resolve now: the server starts as down and is retried"}));
    };
    for (const auto& [upstream, items] : understood.resolved.upstreams)
        for (const auto* item : items)
            for (const auto* word : item->all("SERVER")) look_at(*word);
    for (const auto& site : understood.resolved.sites)
        for (const auto& route : site.routes)
            for (const auto* item : route.items)
                for (const auto* word : item->all("ORIGIN"))
                    if (word->text.contains(':')) look_at(*word);
}

Loaded load(Report report, Block tree, const Options& options) {
    Loaded out;
    out.report = std::move(report);
    const Understood understood(std::move(tree), out.report);
    auto snapshot = make_ref<proxy::Snapshot>();
    build(understood.resolved, out.report.sources, *snapshot, out.report.diagnostics);
    if (options.resolves) warn_of_unresolved(understood, out.report, options);
    if (out.report.is_fine()) out.snapshot = std::move(snapshot);
    return out;
}

Text show_effective(Report report, Block tree) {
    Text out{.report = std::move(report), .text = {}};
    const Understood understood(std::move(tree), out.report);
    proxy::Snapshot snapshot;
    build(understood.resolved, out.report.sources, snapshot, out.report.diagnostics);
    if (out.report.is_fine()) out.text = print(effective(understood.resolved, out.report.sources));
    return out;
}

// From one text to another, by way of the tree.
template <class Read, class Write>
Text convert(std::string name, std::string text, Read read, Write write) {
    Text out;
    const auto file = out.report.sources.add(std::move(name), std::move(text));
    auto tree = read(out.report.sources, file, out.report.diagnostics);
    if (out.report.is_fine()) out.text = write(std::move(tree));
    return out;
}

}  // namespace

Loaded::Loaded() = default;
Loaded::Loaded(Loaded&&) noexcept = default;
Loaded& Loaded::operator=(Loaded&&) noexcept = default;
Loaded::~Loaded() = default;

bool resolves_by_system(const std::string& host) {
    addrinfo* found = nullptr;
    const bool resolves = ::getaddrinfo(host.c_str(), nullptr, nullptr, &found) == 0;
    if (found != nullptr) ::freeaddrinfo(found);
    return resolves;
}

Loaded load_file(const std::string& path, const Options& options) {
    Report report;
    auto tree = Importer(report.sources, options.environment, report.diagnostics).load_file(path);
    return load(std::move(report), std::move(tree), options);
}

Loaded load_text(std::string name, std::string text, const Options& options) {
    Report report;
    auto tree = Importer(report.sources, options.environment, report.diagnostics).load_text(std::move(name), std::move(text));
    return load(std::move(report), std::move(tree), options);
}

Text format_text(std::string name, std::string text) {
    return convert(std::move(name), std::move(text), parse, [](Block tree) {
        order_stages(tree);
        return print(tree);
    });
}

Text json_of_text(std::string name, std::string text) {
    return convert(std::move(name), std::move(text), parse, [](const Block& tree) { return to_json(tree); });
}

Text text_of_json(std::string name, std::string json) {
    return convert(std::move(name), std::move(json), parse_json, [](const Block& tree) { return print(tree); });
}

Text effective_of_file(const std::string& path, const Options& options) {
    Report report;
    auto tree = Importer(report.sources, options.environment, report.diagnostics).load_file(path);
    return show_effective(std::move(report), std::move(tree));
}

Text effective_of_text(std::string name, std::string text, const Options& options) {
    Report report;
    auto tree = Importer(report.sources, options.environment, report.diagnostics).load_text(std::move(name), std::move(text));
    return show_effective(std::move(report), std::move(tree));
}

}  // namespace weir::config
