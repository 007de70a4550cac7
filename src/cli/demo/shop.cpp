#include "cli/demo/shop.h"

#include "cli/demo/visit.h"
#include "io/worker.h"

namespace weir::cli {

io::Task<> DemoShop::run(net::Listener& listener, io::Stop& stop) {
    co_await listener.run(
        [this, &stop](const net::Accepted& accepted) {
            auto stream = std::make_unique<net::SocketStream>(accepted.handle);
            if (visitors_.running() < kVisitorsMax) visitors_.spawn(visit(*this, std::move(stream), stop));
        },
        stop);
    co_await visitors_.join();
}

}  // namespace weir::cli
