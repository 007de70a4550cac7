#include "proxy/explain.h"

#include "base/text.h"
#include "cli/admin_target.h"
#include "cli/command.h"
#include "cli/console.h"
#include "config/config.h"
#include "server/admin.h"

namespace weir::cli {
namespace {

// The arguments were checked when they were read.
proxy::ExplainQuery query_of(const Explain& explain) {
    proxy::ExplainQuery query{.method = explain.method, .url = explain.url};
    query.client_subject = explain.client_cert;
    query.ja4 = explain.ja4;
    query.client = net::Ip::parse(explain.client).value_or(query.client);
    for (const auto& header : explain.headers) {
        const auto colon = header.find(':');
        query.headers.emplace_back(header.substr(0, colon), trim(std::string_view(header).substr(colon + 1)));
    }
    return query;
}

int explain_from_file(const Explain& explain) {
    const auto loaded = config::load_file(explain.file);
    complain(loaded.report.text() + advice_without_file(explain.file));
    if (!loaded.snapshot) return kFailed;
    return finish(proxy::explain(*loaded.snapshot, query_of(explain)));
}

}  // namespace

int execute(const Explain& explain) {
    if (explain.socket.empty()) return explain_from_file(explain);
    const auto answer = server::ask_admin(explain.socket, "GET", explain_target(explain));
    if (answer) return finish(*answer);
    complain(answer.error());
    return kFailed;
}

}  // namespace weir::cli
