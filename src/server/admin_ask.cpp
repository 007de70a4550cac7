#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/text.h"
#include "http/h1/parser.h"
#include "server/admin.h"

namespace weir::server {
namespace {

std::string read_all(int descriptor) {
    std::string text;
    char buffer[16384];
    for (ssize_t got; (got = ::read(descriptor, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
    return text;
}

// `fault`: errno of the connect.
std::string nobody_there(const std::string& socket, int fault) {
    const auto text = "no running Weir was reached at the admin socket " + socket + ": " + std::strerror(fault) + "\n";
    if (fault == EACCES || fault == EPERM) return text + "only root and the user that it runs as may open it\n";
    return text +
           "if it runs, its configuration must say `admin { socket PATH }`, and --socket PATH or --config FILE names that socket here;\n"
           "if it does not, `weir run FILE` starts it\n";
}

}  // namespace

std::expected<std::string, std::string> ask_admin(const std::string& socket, const std::string& method, const std::string& target) {
    net::Address at;
    at.path = socket;
    sockaddr_storage address{};
    const auto size = at.to(address);
    if (size == 0) return std::unexpected("the path of the admin socket is too long, 107 octets at most: " + socket + "\n");
    if (target.size() > kAdminTargetMax)
        return std::unexpected("that is too long to be asked: 256 KiB at most, with '%XX' for what is no letter\n");
    const Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(connection.number(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
        return std::unexpected(nobody_there(socket, errno));
    const auto request = method + " " + target + " HTTP/1.1\r\nHost: admin\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    if (::send(connection.number(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        return std::unexpected(std::string("the admin socket closed: ") + std::strerror(errno) + "\n");
    const auto text = read_all(connection.number());
    Arena arena;
    http::Response response(arena);
    http::h1::HeadParser parser;
    const auto step = parser.parse(text, {}, http::Method::get, response);
    if (step.state != http::h1::ParseState::done) return std::unexpected("the admin socket gave no answer\n");
    auto body = text.substr(step.head_octets);
    if (response.framing == http::Framing::length && body.size() != response.content_length)
        return std::unexpected("the admin socket closed in the middle of its answer\n");
    if (response.status >= 400) return std::unexpected(std::move(body));
    return body;
}

}  // namespace weir::server
