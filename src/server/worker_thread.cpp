#include "server/worker_thread.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>

#include "base/random.h"
#include "io/cpu.h"
#include "io/epoll_backend.h"
#include "observe/worker_metrics.h"

namespace weir::server {

WorkerThread::WorkerThread(std::uint32_t index, const Shared& shared)
    : index_(index), shared_(shared), worker_(std::make_unique<io::Worker>(io::make_epoll_backend(), index, secret_seed())) {}

WorkerThread::~WorkerThread() { stop_and_join(); }

void WorkerThread::start() {
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), ("weir-" + std::to_string(index_)).c_str());
}

void WorkerThread::run() {
    if (shared_.is_pinned) io::pin_to(index_);
    worker_->enter();
    shared_.metrics.bind_thread();
    stop_listening_ = std::make_unique<io::Stop>();
    worker_->set_turn_end([this] { shared_.metrics.turns_done(worker_->turns()); });
    lane_ = std::make_unique<proxy::Lane>(*worker_, shared_.limits, shared_.board, shared_.metrics, secret_seed());
    lane_->set_demand(shared_.demand);
    lane_->set_purging(shared_.purging);
    worker_->run();
    worker_->enter();
    listening_.clear();
    lane_.reset();
    worker_->leave();
}

void WorkerThread::post(io::Worker::Message message) {
    // The control thread may wait; a full mailbox empties itself within a turn.
    while (!worker_->try_post(message)) std::this_thread::yield();
}

void WorkerThread::publish(Ref<proxy::Snapshot> snapshot, std::vector<ListenSocket> opened, std::vector<net::Address> closed,
                           std::move_only_function<void()> done) {
    post([this, snapshot = std::move(snapshot), opened = std::move(opened), closed = std::move(closed), done = std::move(done)]() mutable {
        lane_->publish(std::move(snapshot));
        for (auto& listening : listening_)
            if (std::ranges::find(closed, listening->at) != closed.end()) listening->stop.request(ErrorCode::draining);
        for (const auto& socket : opened) listen(socket);
        done();
    });
}

void WorkerThread::publish(Ref<const tls::Live> live) {
    post([this, live = std::move(live)]() mutable { lane_->publish(std::move(live)); });
}

void WorkerThread::refuse_name(std::string name) {
    post([this, name = std::move(name)] { lane_->held_handshakes().refuse(name); });
}

void WorkerThread::open(std::vector<ListenSocket> sockets) {
    if (sockets.empty()) return;
    post([this, sockets = std::move(sockets)] {
        for (const auto& socket : sockets) listen(socket);
    });
}

void WorkerThread::listen(const ListenSocket& socket) {
    listening_.push_back(std::make_unique<Listening>(socket, *stop_listening_));
    accepting_.spawn(accept_from(*listening_.back()));
}

io::Task<> WorkerThread::accept_from(Listening& listening) {
    co_await listening.listener.run([this, &listening](net::Accepted accepted) { place(listening.at, std::move(accepted)); },
                                    listening.stop);
    std::erase_if(listening_, [&listening](const auto& one) { return one.get() == &listening; });
}

// The kernel spreads connections by hash; a few long ones would leave workers idle. So each goes to the least loaded one.
void WorkerThread::place(const net::Address& at, net::Accepted accepted) {
    const bool is_last = stop_listening_->is_requested();  // others may have drained already
    if (is_last) shared_.board.add(index_, 1);
    const auto target = is_last ? index_ : shared_.board.place(index_);
    if (target == index_) return take_over(at, std::move(accepted));
    const auto handle = accepted.handle;
    auto& other = *others_[target];
    io::Worker::Message message = [&other, at, accepted = std::move(accepted)]() mutable { other.take_over(at, std::move(accepted)); };
    if (other.worker_->try_post(message)) return;
    shared_.board.add(target, -1);
    worker_->backend().close(handle, true);
    shared_.metrics.connection_refused(observe::Refusal::draining);
}

void WorkerThread::take_over(const net::Address& at, net::Accepted accepted) { lane_->serve(lane_->entrance(at), std::move(accepted)); }

void WorkerThread::drain(std::move_only_function<void()> drained) {
    post([this, drained = std::move(drained)]() mutable {
        stop_listening_->request(ErrorCode::draining);
        lane_->drain();
        tasks_.spawn(tell_when_drained(std::move(drained)));
    });
}

io::Task<> WorkerThread::tell_when_drained(std::move_only_function<void()> drained) {
    co_await accepting_.join();
    co_await lane_->sessions().join();
    drained();
}

void WorkerThread::abandon() {
    post([this] { lane_->stop_all(); });
}

void WorkerThread::stop_and_join() {
    if (!thread_.joinable()) return;
    post([this] { worker_->stop(); });
    thread_.join();
}

}  // namespace weir::server
