// The limit: a relay that parses nothing it need not, as a lower bound for any proxy on this kernel. usage: relay PORT ORIGIN_PORT
// It adds X-Forwarded-For, finds the end of an answer by its Content-Length, keeps connections to the origin, and knows
// no errors. One read an edge: answers must be smaller than its buffer.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr std::size_t kDescriptorsMax = 200'000;
constexpr char kForwarded[] = "X-Forwarded-For: 127.0.0.1\r\n\r\n";

struct End {
    int descriptor = -1;
    int peer = -1;
    std::size_t left = 0;  // of an origin's answer
    bool is_client = false;
    bool has_head = false;
};

std::vector<End*> g_ends(kDescriptorsMax);
std::vector<int> g_idle;
int g_origin_port = 0;
int g_epoll = 0;
char g_buffer[65536];

sockaddr_in loopback(int port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

void watch(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.fd = descriptor;
    epoll_ctl(g_epoll, EPOLL_CTL_ADD, descriptor, &event);
}

End* add(int descriptor, bool is_client) {
    const int one = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    auto* end = new End{.descriptor = descriptor, .is_client = is_client};
    g_ends[static_cast<std::size_t>(descriptor)] = end;
    watch(descriptor);
    return end;
}

End* origin_end() {
    if (!g_idle.empty()) {
        const int descriptor = g_idle.back();
        g_idle.pop_back();
        return g_ends[static_cast<std::size_t>(descriptor)];
    }
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    auto at = loopback(g_origin_port);
    connect(descriptor, reinterpret_cast<sockaddr*>(&at), sizeof at);
    return add(descriptor, false);
}

void send_all(const End& end, const char* octets, std::size_t count) {
    while (count != 0) {
        const auto sent = send(end.descriptor, octets, count, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return;
        if (sent < 0) continue;
        octets += sent;
        count -= static_cast<std::size_t>(sent);
    }
}

void close_end(End* end) {
    if (!end->is_client) std::erase(g_idle, end->descriptor);
    close(end->descriptor);
    g_ends[static_cast<std::size_t>(end->descriptor)] = nullptr;
}

void relay_request(End& client, std::size_t count) {
    if (client.peer < 0) {
        auto* origin = origin_end();
        client.peer = origin->descriptor;
        origin->peer = client.descriptor;
        origin->has_head = false;
    }
    if (count >= 4 && std::memcmp(g_buffer + count - 4, "\r\n\r\n", 4) == 0) {
        std::memcpy(g_buffer + count - 2, kForwarded, sizeof kForwarded - 1);
        count += sizeof kForwarded - 1 - 2;
    }
    send_all(*g_ends[static_cast<std::size_t>(client.peer)], g_buffer, count);
}

void relay_answer(End& origin, std::size_t count) {
    auto* client = origin.peer >= 0 ? g_ends[static_cast<std::size_t>(origin.peer)] : nullptr;
    if (!origin.has_head) {
        const auto* head_end = static_cast<char*>(memmem(g_buffer, count, "\r\n\r\n", 4));
        const auto* length = static_cast<char*>(memmem(g_buffer, count, "Content-Length: ", 16));
        origin.left = static_cast<std::size_t>(head_end + 4 - g_buffer) + (length != nullptr ? strtoul(length + 16, nullptr, 10) : 0);
        origin.has_head = true;
    }
    origin.left -= count;
    if (origin.left == 0) {
        origin.has_head = false;
        origin.peer = -1;
        if (client != nullptr) client->peer = -1;
        g_idle.push_back(origin.descriptor);
    }
    if (client != nullptr) send_all(*client, g_buffer, count);
}

void serve(int descriptor) {
    auto* end = g_ends[static_cast<std::size_t>(descriptor)];
    if (end == nullptr) return;
    const auto count = recv(descriptor, g_buffer, sizeof g_buffer - 64, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return close_end(end);
    if (count < 0) return;
    if (end->is_client) relay_request(*end, static_cast<std::size_t>(count));
    else relay_answer(*end, static_cast<std::size_t>(count));
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return 2;
    signal(SIGPIPE, SIG_IGN);
    g_origin_port = atoi(words[2]);
    g_epoll = epoll_create1(0);
    const int one = 1;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    auto at = loopback(atoi(words[1]));
    if (bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || listen(listener, 4096) != 0) return 1;
    watch(listener);
    epoll_event events[512];
    for (;;) {
        const int ready = epoll_wait(g_epoll, events, 512, -1);
        for (int i = 0; i < ready; ++i) {
            if (events[i].data.fd != listener) {
                serve(events[i].data.fd);
                continue;
            }
            for (int client; (client = accept4(listener, nullptr, nullptr, 0)) >= 0;) add(client, true);
        }
    }
}
