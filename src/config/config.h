// The door of the room: configuration in, a typed Snapshot or a list of faults out; and the tools on texts: fmt, the JSON twin, the
// effective form, the manual. Start-up, control thread and command line only: it reads files and allocates as it likes.
//
//   text → lexer, parser → tree → import, environment → check (schema) → items → resolve (policies, inheritance) → build → Snapshot
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/ref.h"
#include "config/diagnostic.h"
#include "config/environment.h"

namespace weir::proxy {
class Snapshot;
}

namespace weir::config {

struct Options {
    Environment environment = process_environment;
    // Does the name of a server have an address now? It may take its time. Without it names are not looked at.
    std::function<bool(const std::string& host)> resolves = {};
};

// A resolver for Options: the system's (getaddrinfo), blocking.
bool resolves_by_system(const std::string& host);

// What came of reading a configuration, with all faults found on the way.
struct Report {
    Sources sources;
    Diagnostics diagnostics;

    bool is_fine() const { return !diagnostics.has_errors(); }
    // Errors and warnings as a person reads them; empty when there are none.
    std::string text() const { return diagnostics.render(sources); }
};

struct Loaded {
    Report report;
    Ref<proxy::Snapshot> snapshot;  // none when there were errors

    Loaded();
    Loaded(Loaded&&) noexcept;
    Loaded& operator=(Loaded&&) noexcept;
    ~Loaded();
};

// A file, or its JSON twin when its name ends in ".json"; imports are followed.
Loaded load_file(const std::string& path, const Options& options = {});
// `name` stands for the text in messages and decides whether it is JSON; imports are relative to its folder.
Loaded load_text(std::string name, std::string text, const Options& options = {});

struct Text {
    Report report;
    std::optional<std::string> text;  // none when there were errors
};

// `weir fmt`: one text in the normal form; imports stay. Needs no more than well-formed text: unknown directives stay as they are.
Text format_text(std::string name, std::string text);
// `weir config json` and back: the same tree, lossless; imports stay.
Text json_of_text(std::string name, std::string text);
Text text_of_json(std::string name, std::string json);
// `weir config show --effective`.
Text effective_of_file(const std::string& path, const Options& options = {});
Text effective_of_text(std::string name, std::string text, const Options& options = {});

// The reference manual, all of it out of the schema.
std::string manual_markdown();   // docs/configuration.md
std::string manual_man();        // weir.conf(5), troff
std::string completion_words();  // for shells and editors: a line a directive: context, name, forms, help; tab-separated

}  // namespace weir::config
