#include "tls/session_shelf.h"

#include <openssl/ssl.h>

namespace weir::tls {

Owned<ssl_session_st> SessionShelf::take(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    hosts_.splice(hosts_.begin(), hosts_, found->second);
    auto& sessions = found->second->sessions;
    if (sessions.empty()) return nullptr;
    if (SSL_SESSION_get_protocol_version(sessions.back().get()) < TLS1_3_VERSION) {
        SSL_SESSION_up_ref(sessions.back().get());
        return Owned<ssl_session_st>(sessions.back().get());
    }
    auto session = std::move(sessions.back());
    sessions.pop_back();
    return session;
}

void SessionShelf::put(std::string_view key, Owned<ssl_session_st> session) {
    auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        if (hosts_.size() >= kHostsMax) {
            by_key_.erase(hosts_.back().key);
            hosts_.pop_back();
        }
        hosts_.push_front({.key = std::string(key), .sessions = {}});
        found = by_key_.emplace(hosts_.front().key, hosts_.begin()).first;
    }
    auto& sessions = found->second->sessions;
    const bool is_used_once = SSL_SESSION_get_protocol_version(session.get()) >= TLS1_3_VERSION;
    if (!is_used_once) sessions.clear();
    else if (sessions.size() >= kSessionsAHostMax) sessions.erase(sessions.begin());
    sessions.push_back(std::move(session));
}

void SessionShelf::forget(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    const auto host = found->second;
    by_key_.erase(found);
    hosts_.erase(host);
}

}  // namespace weir::tls
