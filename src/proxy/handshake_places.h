// HandshakePlaces: who has handshakes under way on a worker. While there are plenty of places anybody gets one. Once half of them are
// taken, one client (of IPv6 its /64) gets a share only: whoever begins handshakes and does not end them must not keep all others out.
// Behind a Unix socket is a proxy of many. Thread: the worker's. Owner: the Lane.
#pragma once

#include <cstddef>

#include "net/address.h"

namespace weir::proxy {

class HandshakePlaces {
public:
    static constexpr std::size_t kShare = 8;      // an eighth of all places
    static constexpr std::size_t kShareMin = 16;  // a browser opens several connections, and many may stand behind one address

    // For as long as a handshake takes.
    class Place {
    public:
        Place(HandshakePlaces& places, const net::Ip& client);
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place();

    private:
        friend class HandshakePlaces;
        HandshakePlaces& places_;
        const net::Ip client_;
        Place* before_ = nullptr;
        Place* after_ = nullptr;
    };

    bool has_room_for(const net::Ip& client, std::size_t places_max) const;

private:
    Place* first_ = nullptr;
    std::size_t count_ = 0;
};

}  // namespace weir::proxy
