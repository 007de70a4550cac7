// The process: workers, user, admin, error log, resolver, who is trusted.
#include "config/builder.h"
#include "config/fallback.h"

namespace weir::config {

namespace {

using proxy::ProcessPlan;

void read_workers(Builder&, const Item& item, ProcessPlan& into) {
    into.workers.count = item.says("auto") ? 0 : number_of<std::uint32_t>(item.text("N"));
    into.workers.is_pinned = item.has_option("pin");
}

void read_user(Builder&, const Item& item, ProcessPlan& into) {
    into.user = item.text("NAME");
    into.group = item.text("GROUP");
}

void read_admin(Builder& builder, const Item& item, ProcessPlan& into) {
    if (const auto* socket = item.child("socket")) into.admin.socket = builder.path(*socket->find("FILE"));
    if (const auto* metrics = item.child("metrics")) into.admin.metrics = checked(read_listen(metrics->text("ADDRESS")));
    if (const auto* labels = item.child("label_values"))
        builder.snapshot.metrics.label_values_max = number_of<std::uint32_t>(labels->text("N"));
}

void read_error_log(Builder& builder, const Item& item, ProcessPlan& into) {
    const auto* file = item.find("FILE");
    into.error_log = file == nullptr ? std::string{} : builder.path(*file);
    if (const auto* level = item.child("level")) into.error_log_level = level->word(0);
    if (const auto* format = item.child("format")) into.error_log_format = format->word(0);
}

void read_drain(Builder&, const Item& item, ProcessPlan& into) { into.drain_max = duration_of(item.text("TIME")); }

void read_resolver(Builder&, const Item& item, ProcessPlan& into) {
    into.resolvers.clear();
    for (const auto* word : item.all("NAMESERVER")) into.resolvers.push_back(checked(read_name_server(word->text)).text());
}

void read_trusted_proxies(Builder& builder, const Item& item, ProcessPlan&) {
    for (const auto* word : item.all("CIDR")) builder.snapshot.trusted_proxies.push_back(checked(read_network(word->text)));
}

void read_limits(Builder& builder, const Item& item, ProcessPlan&) { build_limits(builder, item); }

void read_http_port(Builder& builder, const Item& item, ProcessPlan&) { builder.http_port = number_of<std::uint16_t>(item.text("N")); }
void read_https_port(Builder& builder, const Item& item, ProcessPlan&) { builder.https_port = number_of<std::uint16_t>(item.text("N")); }
void read_state(Builder& builder, const Item& item, ProcessPlan& into) { into.state_directory = builder.path(*item.find("FILE")); }
void read_tickets(Builder& builder, const Item& item, ProcessPlan&) { build_tickets(builder, item); }
void read_acme(Builder& builder, const Item& item, ProcessPlan&) { build_acme(builder, item); }

constexpr Reader<ProcessPlan> kReaders[] = {
    {"workers", read_workers},     {"user", read_user},
    {"admin", read_admin},         {"error_log", read_error_log},
    {"drain", read_drain},         {"resolver", read_resolver},
    {"limits", read_limits},       {"trusted_proxies", read_trusted_proxies},
    {"http_port", read_http_port}, {"https_port", read_https_port},
    {"state", read_state},         {"tickets", read_tickets},
    {"acme", read_acme},
};

}  // namespace

void build_process(Builder& builder) {
    for (const auto& item : fallbacks(BlockKind::file)) read_with(kReaders, builder, item, builder.snapshot.process);
    auto& process = builder.snapshot.process;
    for (const auto& item : builder.resolved.items)
        if (read_with(kReaders, builder, item, process)) process.digests[std::string(item.name())] += digest_of(item);
    build_state(builder);
}

}  // namespace weir::config
