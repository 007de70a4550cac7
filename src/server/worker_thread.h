// WorkerThread: one thread that serves traffic: an io::Worker, its Lane, its listeners. The control thread talks to it through its mailbox
// only.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/ref.h"
#include "io/load_board.h"
#include "io/worker.h"
#include "net/listener.h"
#include "proxy/lane.h"
#include "server/listen_set.h"

namespace weir::server {

class WorkerThread {
public:
    struct Shared {
        proxy::ConnectionLimits& limits;
        io::LoadBoard& board;
        observe::WorkerMetrics& metrics;
        proxy::Lane::Demand demand;    // called on the worker
        proxy::Lane::Purging purging;  // likewise
        bool is_pinned = false;
    };
    WorkerThread(std::uint32_t index, const Shared& shared);
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;
    ~WorkerThread();

    // Others hand connections over to them; set before start().
    void set_others(std::span<const std::unique_ptr<WorkerThread>> others) { others_ = others; }
    // After every worker has had its first publish(): a worker that runs hands connections over to the others.
    void start();
    // All of these: control thread; carried out on the worker in order.
    void publish(Ref<proxy::Snapshot> snapshot, std::vector<ListenSocket> opened, std::vector<net::Address> closed,
                 std::move_only_function<void()> done);
    void publish(Ref<const tls::Live> live);
    // Handshakes that wait for the certificate of this name wait no longer.
    void refuse_name(std::string name);
    void open(std::vector<ListenSocket> sockets);
    // Stops listening, ends idle connections; `drained` is called on the worker when the last connection is gone.
    void drain(std::move_only_function<void()> drained);
    void abandon();  // ends every connection now
    void stop_and_join();
    // After everything that was given to it before.
    void post(io::Worker::Message message);
    io::Worker& worker() { return *worker_; }

private:
    struct Listening {
        Listening(const ListenSocket& socket, io::Stop& above) : at(socket.at), listener(socket.handle), stop(&above) {}
        net::Address at;
        net::Listener listener;
        io::Stop stop;
    };

    void run();
    void listen(const ListenSocket& socket);
    io::Task<> accept_from(Listening& listening);
    void place(const net::Address& at, net::Accepted accepted);
    void take_over(const net::Address& at, net::Accepted accepted);
    io::Task<> tell_when_drained(std::move_only_function<void()> drained);

    std::uint32_t index_;
    Shared shared_;
    std::span<const std::unique_ptr<WorkerThread>> others_;
    std::unique_ptr<io::Worker> worker_;
    std::unique_ptr<proxy::Lane> lane_;
    std::vector<std::unique_ptr<Listening>> listening_;
    std::unique_ptr<io::Stop> stop_listening_;
    io::Scope accepting_;
    io::Scope tasks_;
    std::thread thread_;
};

}  // namespace weir::server
