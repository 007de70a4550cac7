#include "upstream/group.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "io/worker.h"
#include "upstream/group_view.h"

namespace weir::upstream {
namespace {

http::Template key_template(const BalanceOptions& balance) {
    if (balance.kind != BalanceOptions::Kind::hash) return {};
    auto key = http::Template::compile(balance.key);
    if (!key) throw std::invalid_argument("balance hash: " + key.error().message);
    return std::move(*key);
}

Ref<const tls::ClientSide> side_of(const GroupOptions& options, bool may_speak_h2) {
    if (!options.tls) return {};
    auto wanted = *options.tls;
    wanted.offers_h2 = may_speak_h2 && options.protocol != Protocol::h1;
    wanted.demands_h2 = may_speak_h2 && options.protocol == Protocol::h2;
    auto side = tls::ClientSide::make(wanted);
    if (!side) throw std::invalid_argument("upstream " + options.name + ": " + side.error());
    return std::move(*side);
}

}  // namespace

Group::Group(GroupOptions options, std::uint32_t workers, std::uint64_t seed, const Group* before)
    : options_(std::move(options)),
      key_(key_template(options_.balance)),
      tls_(side_of(options_, true)),
      tls_h1_(options_.protocol == Protocol::automatic ? side_of(options_, false) : tls_),
      ejector_(options_.eject, options_.name),
      slots_(workers),
      servers_(options_.servers.size()),
      seed_(seed) {
    if (before != nullptr) inherited_ = before->peers();
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        const auto literal = options_.servers[i].at.literal();
        if (!literal) continue;
        servers_[i].peers.push_back(peer_at(i, *literal));
        servers_[i].is_settled = true;
    }
    note_settled();
    publish();
}

Group::~Group() {
    for (auto& slot : slots_) delete slot.pending.load();
}

Ref<Peer> Group::peer_at(std::size_t server, const net::Address& address) {
    const auto& at = options_.servers[server];
    const auto fits = [&](const Ref<Peer>& peer) {
        return peer->address == address && peer->weight == at.weight && peer->is_backup == at.is_backup &&
               peer->connections_max == at.connections_max && peer->host == at.at.host;
    };
    const auto& known = servers_[server].peers;
    if (const auto found = std::ranges::find_if(known, fits); found != known.end()) return *found;
    if (const auto found = std::ranges::find_if(inherited_, fits); found != inherited_.end()) {
        auto peer = std::move(*found);
        inherited_.erase(found);
        return peer;
    }
    return make_ref<Peer>(address, address.text(), at.weight, at.is_backup, at.connections_max, at.at.host);
}

void Group::set_addresses(std::size_t server, std::span<const net::Address> addresses) {
    std::vector<Ref<Peer>> peers;
    for (const auto& address : addresses) {
        auto peer = peer_at(server, address);
        if (std::ranges::find(peers, peer) == peers.end()) peers.push_back(std::move(peer));
    }
    auto& now = servers_[server];
    const bool is_first = !std::exchange(now.is_settled, true);
    const bool is_changed = now.peers != peers;
    now.peers = std::move(peers);
    if (is_changed) publish();
    if (is_first) note_settled();
    if (is_first || is_changed) wake_waiting();
}

void Group::set_unresolved(std::size_t server) {
    if (std::exchange(servers_[server].is_settled, true)) return;
    note_settled();
    wake_waiting();
}

void Group::note_settled() {
    if (!std::ranges::all_of(servers_, &Server::is_settled)) return;
    inherited_.clear();
    is_settled_.store(true, std::memory_order_release);  // after the set: who sees this sees that
}

std::vector<Ref<Peer>> Group::peers() const {
    std::vector<Ref<Peer>> all;
    for (const auto& server : servers_) all.insert(all.end(), server.peers.begin(), server.peers.end());
    return all;
}

void Group::publish() {
    const auto set = make_ref<const PeerSet>(peers(), options_.balance.kind == BalanceOptions::Kind::hash);
    for (auto& slot : slots_) delete slot.pending.exchange(new Ref<const PeerSet>(set), std::memory_order_acq_rel);
}

GroupView& Group::view() {
    auto& worker = io::Worker::current();
    auto& slot = slots_[worker.index()];
    if (slot.view == nullptr) {
        slot.view = std::make_unique<GroupView>(*this, worker.index(), worker);
        slot.worker.store(&worker, std::memory_order_release);
    }
    return *slot.view;
}

Lease Group::try_lease(const LeaseQuery& query) { return view().try_lease(query); }

io::Task<Result<Lease>> Group::lease(LeaseQuery query, io::Deadline deadline) { return view().lease(query, deadline); }

void Group::close_view(std::uint32_t worker) {
    if (slots_[worker].view != nullptr) slots_[worker].view->close();
}

void Group::wake_for_place(std::uint32_t worker) {
    const auto count = static_cast<std::uint32_t>(slots_.size());
    // Others first: a busy worker would keep every place for its own queue.
    for (std::uint32_t step = 1; step <= count; ++step) {
        const auto index = (worker + step) % count;
        if (slots_[index].is_waiting.load() && wake(index, false)) return;
    }
}

void Group::wake_waiting() {
    for (std::uint32_t i = 0; i < slots_.size(); ++i)
        if (slots_[i].is_waiting.load()) wake(i, true);
}

// A mailbox that is full refuses: the head of that queue looks again by itself before long.
bool Group::wake(std::uint32_t worker, bool all) {
    auto& slot = slots_[worker];
    auto* target = slot.worker.load(std::memory_order_acquire);
    if (io::Worker::has_current() && &io::Worker::current() == target) {
        slot.view->wake(all);
        return true;
    }
    return target->post([group = Ref<Group>(this), worker, all] { group->slots_[worker].view->wake(all); });
}

}  // namespace weir::upstream
