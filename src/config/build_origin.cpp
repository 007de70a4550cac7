// What the origin sees of the request.
#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

void read_forwarded(Builder&, const Item& item, RouteDraft& into) {
    auto& forwarded = into.proxy.forwarded;
    for (const auto& child : item.children) {
        if (child.name() == "x_forwarded") forwarded.x_forwarded = child.says("on");
        if (child.name() == "rfc7239") forwarded.rfc7239 = child.says("on");
        if (child.name() == "real_ip") forwarded.real_ip = child.says("on");
        if (child.name() == "hide") forwarded.hides_client = true;
    }
}

void read_host(Builder& builder, const Item& item, RouteDraft& into) {
    using Kind = proxy::HostChoice::Kind;
    auto& host = into.proxy.host;
    if (item.says("client")) host.kind = Kind::client;
    else if (item.says("upstream")) host.kind = Kind::upstream;
    else host = {.kind = Kind::fixed, .fixed = template_of(item.text("TEMPLATE"))};
    constexpr std::string_view kKeywords[] = {"client", "upstream"};
    const auto near = host.kind == Kind::fixed ? did_you_mean(item.word(0), kKeywords) : std::string{};
    if (!near.empty())
        builder.diagnostics.warning(item.node->args[0].spot, concat({in_quotes(item.word(0)), " is taken as the name of a host"}), near);
}

void read_via(Builder&, const Item& item, RouteDraft& into) { into.proxy.via = item.text("NAME"); }

void read_request_id(Builder&, const Item& item, RouteDraft& into) {
    into.proxy.sends_request_id = item.says("on");
    into.plan.takes_request_id = !item.has_option("ignore_client");
}

void read_upgrade(Builder&, const Item& item, RouteDraft& into) { into.proxy.allows_upgrade = item.says("on"); }

void read_connect(Builder&, const Item& item, RouteDraft& into) { into.proxy.allows_connect = item.says("allow"); }

}  // namespace weir::config
