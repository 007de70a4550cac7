// HeldHandshakes: those of one worker that wait for a certificate which their name made somebody fetch. A few at once, each for a while:
// what a stranger can hold with invented names is small, and nobody else's handshake waits. Thread: the worker's. Owner: the Lane.
#pragma once

#include <string_view>
#include <vector>

#include "io/event.h"
#include "tls/stream.h"

namespace weir::proxy {

class Lane;

class HeldHandshakes final : public tls::CertificateWait {
public:
    static constexpr std::size_t kHeldMax = 64;
    static constexpr Duration kTimeMax = std::chrono::seconds(30);

    explicit HeldHandshakes(Lane& lane) : lane_(lane) {}
    HeldHandshakes(const HeldHandshakes&) = delete;
    HeldHandshakes& operator=(const HeldHandshakes&) = delete;

    io::Task<Ref<const tls::Live>> wait_for(std::string_view server_name, io::Stop* stop) override;
    // The Lane has another Live.
    void look_again();
    // There will be no certificate for this name.
    void refuse(std::string_view server_name);

private:
    struct Held {
        std::string_view name;
        io::Event over;
    };

    Lane& lane_;
    std::vector<Held*> held_;
};

}  // namespace weir::proxy
