#include "upstream/names.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::upstream {
namespace {

// A tenth more at most, drawn anew each time, so that names do not fall due together for ever.
Duration jittered(Duration time) {
    const auto tenth = static_cast<std::uint64_t>(time.count()) / 10;
    return time + Duration(static_cast<std::int64_t>(io::Worker::current().random().below(tenth + 1)));
}

}  // namespace

void Names::watch(const Ref<Group>& group) {
    const auto& servers = group->options().servers;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        if (servers[i].at.literal()) continue;
        const auto& host = servers[i].at.host;
        const auto known = names_.find(host);
        if (known != names_.end()) {
            known->second->subscribers.push_back({group, i});
            if (known->second->last) tell(*known->second, known->second->subscribers.back());
            else if (known->second->is_failing) group->set_unresolved(i);
            continue;
        }
        auto name = std::make_unique<Name>();
        name->host = host;
        name->subscribers.push_back({group, i});
        names_[host] = name.get();
        scope_.spawn(keep(std::move(name)));
    }
}

void Names::forget(const Group& group) {
    for (auto at = names_.begin(); at != names_.end();) {
        auto& name = *at->second;
        std::erase_if(name.subscribers, [&](const Subscriber& subscriber) { return subscriber.group.raw() == &group; });
        if (!name.subscribers.empty()) {
            ++at;
            continue;
        }
        at = names_.erase(at);
        name.stop.request();
    }
}

io::Task<> Names::stop() {
    for (auto& [host, name] : std::exchange(names_, {})) name->stop.request();
    co_await scope_.join();
}

io::Task<> Names::keep(std::unique_ptr<Name> name) {
    while (!name->stop.is_requested()) {
        const auto answer = co_await resolver_.resolve(name->host, {io::Worker::current().now() + kAnswerMax, &name->stop});
        if (name->stop.is_requested()) break;
        const auto pause = answer ? accept(*name, *answer) : refuse(*name, answer.error());
        co_await io::sleep_until(io::Worker::current().now() + jittered(pause), &name->stop);
    }
}

Duration Names::accept(Name& name, const net::Resolution& resolution) {
    if (std::exchange(name.is_failing, false)) log::info("name_resolved", "a name resolves again", {{"name", name.host}});
    name.retry = kRetryMin;
    if (name.last != resolution.addresses) {
        name.last = resolution.addresses;
        for (const auto& subscriber : name.subscribers) tell(name, subscriber);
    }
    return std::clamp(resolution.ttl, kTtlMin, kTtlMax);
}

Duration Names::refuse(Name& name, const Error& error) {
    if (!std::exchange(name.is_failing, true))
        log::warn("name_unresolved",
                  name.last ? "a name does not resolve any more: its last addresses stay in use; it is tried again"
                            : "a name does not resolve: its servers are down; it is tried again",
                  {{"name", name.host}, {"reason", error.detail}});
    if (!name.last)
        for (const auto& subscriber : name.subscribers) subscriber.group->set_unresolved(subscriber.server);
    return std::exchange(name.retry, std::min(name.retry * 2, kRetryMax));
}

void Names::tell(const Name& name, const Subscriber& subscriber) {
    std::vector<net::Address> addresses;
    const auto port = subscriber.group->options().servers[subscriber.server].at.port;
    for (const auto& ip : *name.last) addresses.push_back({.ip = ip, .port = port, .path = {}});
    subscriber.group->set_addresses(subscriber.server, addresses);
    changed_(*subscriber.group);
}

}  // namespace weir::upstream
