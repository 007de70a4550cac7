// One small request of the control thread to a server of an upstream, on a connection of its own, over whatever the group speaks: for
// purges that are passed on. Thread: control.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "io/deadline.h"
#include "io/task.h"
#include "upstream/group.h"

namespace weir::server {

struct PeerRequest {
    http::Method method = http::Method::get;
    std::string target;
};
struct PeerReply {
    static constexpr std::size_t kBodyOctetsMax = 64 * 1024;
    std::uint16_t status = 0;
    std::string content_type;
    std::string body;
};
// `group` and `peer` stay until it has ended.
io::Task<Result<PeerReply>> ask_peer(const upstream::Group& group, const upstream::Peer& peer, PeerRequest request, io::Deadline deadline);

}  // namespace weir::server
