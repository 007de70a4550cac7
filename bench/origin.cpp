// An origin for benchmarks: HTTP/1.1 with keep-alive, one fixed answer, next to no work. usage: origin PORT BODY_OCTETS
// A connection that begins with "served" is told how many requests there were so far, and closed.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int kEventsMax = 512;
constexpr std::size_t kDescriptorsMax = 200'000;

struct Connection {
    std::size_t pending = 0;  // octets of answers that are owed
    std::size_t matched = 0;  // of the empty line that ends a request
};

char g_buffer[65536];
unsigned long g_served = 0;

void tell_served(int client) {
    const auto text = std::to_string(g_served);
    send(client, text.data(), text.size(), MSG_NOSIGNAL);
}

int listen_at(int port) {
    const int one = 1;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || listen(listener, 4096) != 0) return -1;
    return listener;
}

void watch(int epoll, int descriptor, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

void accept_all(int epoll, int listener, std::vector<Connection>& connections) {
    const int one = 1;
    for (int client; (client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connections[static_cast<std::size_t>(client)] = {};
        watch(epoll, client, EPOLLIN | EPOLLOUT | EPOLLET);
    }
}

// Counts ends of heads: requests have no bodies here. False when the client is gone.
bool take_requests(int client, Connection& connection, std::size_t answer_octets) {
    constexpr char kEnd[] = "\r\n\r\n";
    for (;;) {
        const auto count = read(client, g_buffer, sizeof g_buffer);
        if (count == 0) return false;
        if (count < 0) return errno == EAGAIN;
        if (std::string_view(g_buffer, static_cast<std::size_t>(count)).starts_with("served")) {
            tell_served(client);
            return false;
        }
        for (ssize_t at = 0; at < count; ++at) {
            if (g_buffer[at] != kEnd[connection.matched]) connection.matched = g_buffer[at] == '\r' ? 1 : 0;
            else if (++connection.matched == 4) connection.pending += answer_octets, connection.matched = 0, ++g_served;
        }
        if (count < static_cast<ssize_t>(sizeof g_buffer)) return true;
    }
}

bool send_answers(int client, Connection& connection, const std::string& answer) {
    while (connection.pending != 0) {
        const auto done = (answer.size() - connection.pending % answer.size()) % answer.size();
        const auto sent = send(client, answer.data() + done, answer.size() - done, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN;
        connection.pending -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return 2;
    signal(SIGPIPE, SIG_IGN);
    const auto body_octets = static_cast<std::size_t>(atol(words[2]));
    const auto answer =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=600\r\nContent-Length: " + std::to_string(body_octets) +
        "\r\n\r\n" + std::string(body_octets, 'x');
    const int listener = listen_at(atoi(words[1]));
    if (listener < 0) return 1;
    const int epoll = epoll_create1(0);
    watch(epoll, listener, EPOLLIN);
    std::vector<epoll_event> events(kEventsMax);
    std::vector<Connection> connections(kDescriptorsMax);
    for (;;) {
        const int ready = epoll_wait(epoll, events.data(), kEventsMax, -1);
        for (int i = 0; i < ready; ++i) {
            const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
            if (descriptor == listener) {
                accept_all(epoll, listener, connections);
                continue;
            }
            auto& connection = connections[static_cast<std::size_t>(descriptor)];
            if (!take_requests(descriptor, connection, answer.size()) || !send_answers(descriptor, connection, answer)) close(descriptor);
        }
    }
}
