// The ClientHello. Oracles: what was read lies inside of the message, both readers agree, fingerprints have their form.
#include <cstdlib>
#include <memory>
#include <string>

#include "tls/client_hello.h"
#include "tls/hello_view.h"

using namespace weir::tls;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(std::string_view message) {
    const auto view = view_client_hello(message);
    const auto hello = parse_client_hello(message);
    require(view.has_value() == hello.has_value());
    if (!hello) return;
    const auto is_inside = [&](std::string_view part) {
        return part.empty() || (part.data() >= message.data() && part.data() + part.size() <= message.data() + message.size());
    };
    require(is_inside(hello->server_name) && hello->server_name.find('\0') == std::string_view::npos);
    for (const auto protocol : hello->protocols) require(!protocol.empty() && is_inside(protocol) && view->offers_protocol(protocol));
    for (const auto scheme : hello->signatures) require(view->has_signature(scheme) && !is_grease(scheme));
    require(ja3(*hello).size() == 32 && ja3_text(*hello).find(' ') == std::string::npos);
    const auto fingerprint = ja4(*hello);
    require(fingerprint.size() == 36 && fingerprint[10] == '_' && fingerprint[23] == '_');
    require(ja4(*parse_client_hello(message)) == fingerprint);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto buffer = std::make_unique<char[]>(size);
    std::string_view(reinterpret_cast<const char*>(data), size).copy(buffer.get(), size);
    check({buffer.get(), size});
    return 0;
}
