#include "server/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "base/log.h"
#include "io/socket.h"
#include "server/process.h"

namespace weir::server {
namespace {

sigset_t our_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) ::sigaddset(&set, signal);
    return set;
}

void act_on(Process& process, std::uint32_t signal) {
    switch (signal) {
        case SIGTERM:
        case SIGINT: process.drain(); break;
        case SIGHUP:
            // Who sent a signal hears nothing: the log has said what came of it.
            if (const auto outcome = process.reload(); !outcome) log::debug("reload_errors", outcome.error());
            break;
        case SIGUSR1: process.reopen_logs(); break;
        default: break;
    }
}

}  // namespace

void block_signals() {
    const auto set = our_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

io::Task<> watch_signals(Process& process, io::Stop& stop) {
    const auto set = our_signals();
    io::Socket socket(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    while (!stop.is_requested()) {
        signalfd_siginfo info{};
        if (::read(socket.handle(), &info, sizeof info) == sizeof info) {
            act_on(process, info.ssi_signo);
            continue;
        }
        socket.drained();
        const auto ready = co_await socket.readable({kNever, &stop});
        if (!ready) break;
    }
}

}  // namespace weir::server
