// What a reload changed, for the one who asked for it and for the log.
#pragma once

#include <string>

#include "proxy/snapshot.h"

namespace weir::server {

struct ChangeReport {
    std::string summary;  // one line: "2 sites, 1 upstream changed"
    std::string text;     // a line a change, "+ site x", "- listener y", "~ upstream z"
};

ChangeReport change_report(const proxy::Snapshot& before, const proxy::Snapshot& after);

}  // namespace weir::server
