// DiskFetch: what lies on the disk of a cache and has to be waited for comes into memory as a fetch from an origin does: requests for the
// same thing wait for one, and are fed while it comes. Whoever has waited looks into the cache again, which decides by the usual rules what
// may be done with it. Spawned in the lane's scope, owns itself; thread: the worker's.
#pragma once

#include <memory>

#include "cache/disk/load.h"
#include "cache/zone.h"
#include "proxy/lane.h"

namespace weir::proxy {

class DiskFetch {
public:
    DiskFetch(Lane& lane, cache::Zone& zone, const cache::Lookup& lookup, Ref<cache::Fill> fill);
    static void start(Lane& lane, std::unique_ptr<DiskFetch> fetch);

private:
    static io::Task<> carry_out(std::unique_ptr<DiskFetch> fetch);
    io::Task<> run();
    io::Task<> read(cache::DiskLoad& load);
    void fault(cache::DiskLoad& load, cache::Errno error);

    Lane& lane_;
    io::Worker& worker_;
    Ref<cache::Zone> zone_;
    Ref<cache::Fill> fill_;
    Arena arena_;
    http::Fields fields_;  // of the request
    cache::Lookup lookup_;
    Ref<cache::DiskRead> read_;
};

// Waits until the disk has been asked. False: somebody else fetches it already, from wherever; he is to be waited for.
io::Task<bool> wait_for_disk(Lane& lane, cache::Zone& zone, const cache::Lookup& lookup, std::uint64_t variation);

}  // namespace weir::proxy
