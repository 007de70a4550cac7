// A load of an exact number of requests, for counting what one request costs.
// usage: load PORT CONNECTIONS REQUESTS [calmly|freshly|by_rank]
// Each connection asks, waits for the whole answer, asks again. Calmly: before that each asks once, while no other one does. Freshly: no
// two requests have the same target, nor those of another run. By rank: of 50,000 targets some are asked for more often (zipf 0.9), in an
// order that the number of requests decides. Afterwards it prints "done" and keeps all connections open until its standard input ends: so
// what idle connections cost can be measured.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
constexpr char kFreshRequest[] = "GET /?%d-%09ld HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

struct Connection {
    int descriptor = -1;
    long left = -1;  // octets of the answer; -1: its head has not come
};

constexpr char kRankRequest[] = "GET /%ld HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
constexpr std::size_t kTargets = 50'000;
constexpr double kExponent = 0.9;

char g_buffer[1 << 18];
std::string_view g_manner;
std::minstd_rand g_random;

long next_rank() {
    static const std::vector<double> sums = [] {
        std::vector<double> all(kTargets);
        double sum = 0;
        for (std::size_t i = 0; i < kTargets; ++i) all[i] = sum += std::pow(static_cast<double>(i + 1), -kExponent);
        return all;
    }();
    const auto point = std::uniform_real_distribution<double>(0, sums.back())(g_random);
    return std::lower_bound(sums.begin(), sums.end(), point) - sums.begin();
}

int connect_to(int port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (descriptor < 0 || connect(descriptor, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) {
        std::perror("load: connect");
        std::exit(1);
    }
    const int one = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return descriptor;
}

void ask(const Connection& connection) {
    static long asked = 0;
    char text[128];
    int octets = 0;
    if (g_manner == "freshly") octets = std::snprintf(text, sizeof text, kFreshRequest, getpid(), asked++);
    if (g_manner == "by_rank") octets = std::snprintf(text, sizeof text, kRankRequest, next_rank());
    const auto request = octets == 0 ? kRequest : std::string_view(text, static_cast<std::size_t>(octets));
    if (send(connection.descriptor, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
        std::perror("load: send");
        std::exit(1);
    }
}

// The answer's length, head included. Heads come in one piece here.
long length_of(std::string_view octets) {
    const auto end = octets.find("\r\n\r\n");
    const auto* length = strcasestr(octets.data(), "content-length: ");
    if (end == std::string_view::npos || length == nullptr || !octets.starts_with("HTTP/1.1 200")) {
        std::fprintf(stderr, "load: not the answer expected: %.60s\n", octets.data());
        std::exit(1);
    }
    return static_cast<long>(end) + 4 + std::strtol(length + 16, nullptr, 10);
}

// True when the answer is whole.
bool hear(Connection& connection) {
    for (;;) {
        const auto count = recv(connection.descriptor, g_buffer, sizeof g_buffer - 1, MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN) return false;
        if (count <= 0) {
            std::fprintf(stderr, "load: a connection ended\n");
            std::exit(1);
        }
        g_buffer[count] = '\0';
        if (connection.left < 0) connection.left = length_of({g_buffer, static_cast<std::size_t>(count)});
        connection.left -= count;
        if (connection.left > 0) continue;
        connection.left = -1;
        return true;
    }
}

}  // namespace

int main(int count, char** words) {
    if (count < 4) return 2;
    g_manner = count == 5 ? words[4] : "";
    const bool is_calm = g_manner == "calmly";
    g_random.seed(static_cast<unsigned>(atol(words[3])));
    const int epoll = epoll_create1(0);
    std::vector<Connection> connections(static_cast<std::size_t>(atol(words[2])));
    long to_ask = atol(words[3]), to_hear = to_ask;
    for (std::size_t i = 0; i < connections.size(); ++i) {
        connections[i].descriptor = connect_to(atoi(words[1]));
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].descriptor, &event);
        if (is_calm) {
            ask(connections[i]);
            while (!hear(connections[i])) epoll_wait(epoll, &event, 1, -1);
        }
    }
    for (const auto& connection : connections)
        if (to_ask-- > 0) ask(connection);
    epoll_event events[512];
    while (to_hear > 0) {
        const int ready = epoll_wait(epoll, events, 512, -1);
        for (int i = 0; i < ready; ++i) {
            auto& connection = connections[events[i].data.u64];
            if (!hear(connection)) continue;
            --to_hear;
            if (to_ask-- > 0) ask(connection);
        }
    }
    std::puts("done");
    std::fflush(stdout);
    while (std::getchar() != EOF) {}
}
