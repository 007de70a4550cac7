// Connections with TLS 1.3, one after another: a handshake, one request, its answer. For benchmarks.
// usage: handshakes PORT COUNT [resumed|held|held_h2]
//   resumed  each connection resumes the session of the one before
//   held     all connections stay open until standard input ends; then "done" has been printed
//   held_h2  the same, by HTTP/2
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void give_up(const char* why) {
    std::fprintf(stderr, "handshakes: %s\n", why);
    std::exit(1);
}

struct Session {
    SSL_SESSION* last = nullptr;
    int resumed = 0;
};
Session session;

int keep(SSL*, SSL_SESSION* fresh) {
    if (session.last != nullptr) SSL_SESSION_free(session.last);
    session.last = fresh;
    return 1;
}

int connect_to(int port) {
    const int handle = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(handle, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) give_up("can't connect");
    const int on = 1;
    ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return handle;
}

// Reads the head and the body of an answer that states its length.
void read_answer(SSL* ssl) {
    char octets[16384];
    std::size_t have = 0;
    std::size_t whole = 0;
    while (whole == 0 || have < whole) {
        if (have == sizeof octets) give_up("an answer that is too long");
        const int count = SSL_read(ssl, octets + have, static_cast<int>(sizeof octets - have));
        if (count <= 0) give_up("no whole answer");
        have += static_cast<std::size_t>(count);
        const std::string_view text(octets, have);
        const auto end = text.find("\r\n\r\n");
        if (whole != 0 || end == std::string_view::npos) continue;
        if (!text.starts_with("HTTP/1.1 200")) give_up("an answer that is not 200");
        auto length = text.find("ontent-Length: ");
        if (length == std::string_view::npos) length = text.find("ontent-length: ");
        if (length == std::string_view::npos) give_up("an answer without a length");
        whole = end + 4 + static_cast<std::size_t>(std::atol(octets + length + 15));
    }
}

constexpr std::size_t kFrameHead = 9;
constexpr std::uint8_t kHeaders = 1;
constexpr std::uint8_t kSettings = 4;
constexpr std::uint8_t kData = 0;
constexpr std::uint8_t kEndStream = 1;

void put(SSL* ssl, std::string_view octets) {
    if (SSL_write(ssl, octets.data(), static_cast<int>(octets.size())) <= 0) give_up("can't write");
}

void take(SSL* ssl, unsigned char* into, std::size_t octets) {
    while (octets != 0) {
        const int count = SSL_read(ssl, into, static_cast<int>(octets));
        if (count <= 0) give_up("the connection ended");
        into += count;
        octets -= static_cast<std::size_t>(count);
    }
}

// GET https://localhost/ on stream 1, and its answer (RFC 9113 3.4, 4.1; RFC 7541 6.1, 6.2.1).
void exchange_h2(SSL* ssl) {
    using namespace std::string_view_literals;
    put(ssl, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\16\1\5\0\0\0\1\x82\x87\x84\x41\x09localhost"sv);
    for (;;) {
        unsigned char head[kFrameHead];
        unsigned char payload[16384];
        take(ssl, head, sizeof head);
        const auto octets = static_cast<std::size_t>(head[0] << 16 | head[1] << 8 | head[2]);
        if (octets > sizeof payload) give_up("a frame is too large");
        take(ssl, payload, octets);
        const auto kind = head[3];
        const auto flags = head[4];
        if (kind == kSettings && flags == 0) put(ssl, "\0\0\0\4\1\0\0\0\0"sv);
        if (kind == kHeaders && std::memchr(payload, 0x88, std::min<std::size_t>(octets, 4)) == nullptr)
            give_up("an answer that is not 200");
        if ((kind == kHeaders || kind == kData) && (flags & kEndStream) != 0) return;
    }
}

SSL* exchange(SSL_CTX* client, int port, bool is_resumed, bool is_last, bool is_h2) {
    SSL* ssl = SSL_new(client);
    SSL_set_fd(ssl, connect_to(port));
    SSL_set_tlsext_host_name(ssl, "localhost");
    if (is_resumed && session.last != nullptr) SSL_set_session(ssl, session.last);
    if (SSL_connect(ssl) != 1) give_up("the handshake failed");
    if (SSL_session_reused(ssl) != 0) ++session.resumed;
    if (is_h2) {
        exchange_h2(ssl);
        return ssl;
    }
    const std::string_view request =
        is_last ? "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" : "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    if (SSL_write(ssl, request.data(), static_cast<int>(request.size())) <= 0) give_up("can't write");
    read_answer(ssl);
    return ssl;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) give_up("usage: handshakes PORT COUNT [resumed|held|held_h2]");
    const int port = std::atoi(argv[1]);
    const int count = std::atoi(argv[2]);
    const std::string_view how = argc > 3 ? argv[3] : "";
    SSL_CTX* client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(client, TLS1_3_VERSION);
    SSL_CTX_set1_groups_list(client, "X25519");
    if (how == "resumed") {
        SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(client, keep);
    }
    if (how != "" && how != "resumed" && how != "held" && how != "held_h2") give_up("there are resumed, held and held_h2");
    const bool is_h2 = how == "held_h2";
    const bool holds = how == "held" || is_h2;
    constexpr unsigned char kOffer[] = {2, 'h', '2'};
    if (is_h2) SSL_CTX_set_alpn_protos(client, kOffer, sizeof kOffer);
    std::vector<SSL*> held;
    for (int i = 0; i < count; ++i) {
        SSL* ssl = exchange(client, port, how == "resumed", !holds, is_h2);
        if (holds) {
            held.push_back(ssl);
            continue;
        }
        SSL_shutdown(ssl);
        ::close(SSL_get_fd(ssl));
        SSL_free(ssl);
    }
    if (how == "resumed" && session.resumed < count * 9 / 10) give_up("too few sessions were resumed");
    std::puts("done");
    std::fflush(stdout);
    if (holds) {
        char octet = 0;
        while (::read(0, &octet, 1) > 0) {}
    }
    return 0;
}
