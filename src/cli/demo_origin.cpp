#include "cli/demo_origin.h"

#include "base/random.h"
#include "cli/demo/shop.h"
#include "io/epoll_backend.h"
#include "io/scope.h"
#include "net/listener.h"

namespace weir::cli {
namespace {

io::Task<> serve_shop(net::Listener& listener, io::Stop& stop) {
    DemoShop shop;
    co_await shop.run(listener, stop);
    io::Worker::current().stop();
}

}  // namespace

DemoOrigin::DemoOrigin() : worker_(io::make_epoll_backend(), io::kControlIndex, secret_seed()), thread_([this] { run(); }) {
    is_listening_.wait();
}

DemoOrigin::~DemoOrigin() {
    if (port_ != 0) worker_.post([this] { stop_->request(); });
    thread_.join();
}

void DemoOrigin::run() {
    worker_.enter();
    const auto opened = net::listen({.ip = net::Ip::parse("127.0.0.1").value(), .port = 0, .path = {}}, {});
    if (!opened) {
        is_listening_.count_down();
        worker_.leave();
        return;
    }
    {
        io::Stop stop;
        net::Listener listener(*opened);
        io::Scope scope;
        stop_ = &stop;
        port_ = listener.local().port;
        scope.spawn(serve_shop(listener, stop));
        is_listening_.count_down();
        worker_.run();
        worker_.enter();
    }
    worker_.leave();
}

}  // namespace weir::cli
