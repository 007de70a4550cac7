#include "proxy/handshake_places.h"

#include <algorithm>

namespace weir::proxy {
namespace {

bool is_same_client(const net::Ip& a, const net::Ip& b) {
    constexpr std::size_t kSubnetOctets = 8;
    return a.family == b.family && std::equal(a.octets.begin(), a.octets.begin() + kSubnetOctets, b.octets.begin());
}

}  // namespace

HandshakePlaces::Place::Place(HandshakePlaces& places, const net::Ip& client) : places_(places), client_(client), after_(places.first_) {
    if (after_ != nullptr) after_->before_ = this;
    places_.first_ = this;
    ++places_.count_;
}

HandshakePlaces::Place::~Place() {
    (before_ != nullptr ? before_->after_ : places_.first_) = after_;
    if (after_ != nullptr) after_->before_ = before_;
    --places_.count_;
}

bool HandshakePlaces::has_room_for(const net::Ip& client, std::size_t places_max) const {
    if (count_ >= places_max) return false;
    if (count_ < places_max / 2 || client.family == net::Family::local) return true;
    const auto share = std::max(places_max / kShare, kShareMin);
    std::size_t own = 0;
    for (const auto* place = first_; place != nullptr; place = place->after_) own += is_same_client(place->client_, client) ? 1 : 0;
    return own < share;
}

}  // namespace weir::proxy
