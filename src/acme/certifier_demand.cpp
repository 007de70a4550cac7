// Names that clients demand: whether they may have a certificate, and how many a name's finder can make us order (a flood of invented names
// must cost us a table entry, not our rate limit at the CA).
#include <algorithm>

#include "acme/certifier.h"
#include "base/log.h"
#include "io/worker.h"

namespace weir::acme {

void Certifier::demand(const std::string& name) {
    const auto place = store_.place_of({name});
    if (options_.on_demand.ask_url.empty() || kept_.contains(place) || stop_.is_requested()) return;
    if (is_denied(name)) {
        outlet_.refuse(name);
        return;
    }
    if (store_.certificate(place)) {
        begin({name}, true);  // from before a restart
        return;
    }
    auto refusal = refusal_of(name);
    if (refusal.empty() && kept_.size() >= kOnDemandNamesMax) refusal = "too many names on demand";
    if (refusal.empty() && !takes_hourly_place()) refusal = "too many orders on demand within an hour";
    if (refusal.empty()) begin({name}, true);
    else deny(name, refusal);
}

bool Certifier::takes_hourly_place() {
    const auto now = io::Worker::current().now();
    while (!demanded_at_.empty() && now - demanded_at_.front() >= std::chrono::hours(1)) demanded_at_.pop_front();
    if (demanded_at_.size() >= options_.on_demand.per_hour_max) return false;
    demanded_at_.push_back(now);
    return true;
}

bool Certifier::is_denied(const std::string& name) {
    const auto entry = denied_.find(name);
    if (entry == denied_.end()) return false;
    if (io::Worker::current().now() < entry->second) return true;
    denied_.erase(entry);
    return false;
}

void Certifier::deny(const std::string& name, const std::string& why) {
    figures_.denied.add();
    const auto now = io::Worker::current().now();
    if (denied_.size() >= kDenialsMax) std::erase_if(denied_, [now](const auto& entry) { return entry.second <= now; });
    if (denied_.size() < kDenialsMax) denied_[name] = now + kDenialKept;
    log::info("certificate_denied", "a name was demanded and gets no certificate", {{"name", name}, {"reason", why}});
    outlet_.refuse(name);
}

// The operator's own service says whether a name may have a certificate: any 2xx is a yes, all else a no.
io::Task<Outcome<>> Certifier::ask_permission(std::string name, io::Deadline deadline) {
    figures_.demanded.add();
    const auto& url = options_.on_demand.ask_url;
    auto full = url + (url.contains('?') ? "&" : "?") + "domain=" + name;
    const auto until = deadline.sooner(io::Worker::current().now() + options_.on_demand.ask_timeout);
    const auto answer = co_await asker_.fetch({.method = "GET", .url = std::move(full), .content_type = {}, .body = {}}, until);
    if (!answer && answer.error().kind == Failure::Kind::stopped) co_return std::unexpected(answer.error());
    if (!answer) co_return failure(Failure::Kind::local, "the ask URL does not answer: " + answer.error().text);
    if (answer->status >= 200 && answer->status < 300) co_return Outcome<>{};
    co_return failure(Failure::Kind::local, "the ask URL says no (status " + std::to_string(answer->status) + ")");
}

}  // namespace weir::acme
