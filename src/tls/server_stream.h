// ServerStream: the server's side of TLS. The ClientHello is read and looked at before OpenSSL is asked: its server name chooses the
// options, the certificate, and whether there is a connection at all; a name that nobody has costs next to nothing.
// Thread: the worker's. Limits: kHelloOctetsMax.
#pragma once

#include "tls/endpoint_parts.h"
#include "tls/hello_view.h"
#include "tls/ssl_stream.h"

namespace weir::tls {

class ServerStream final : public SslStream {
public:
    static constexpr std::size_t kHelloOctetsMax = 32 * 1024;

    ServerStream(std::unique_ptr<net::Stream> below, const Ref<const Endpoint>& endpoint, const Ref<const Live>& live,
                 std::string_view octets_at_hand, CertificateWait* wait);

    io::Task<Result<>> handshake(io::Deadline deadline) override;

    // For OpenSSL's calls.
    int choose_protocol(const unsigned char** chosen, unsigned char* octets, std::string_view offered) const;
    int staple(ssl_st* ssl) const;
    const std::vector<TicketKey>& ticket_keys() const { return live_->ticket_keys; }

private:
    enum class Hello : std::uint8_t { need_more, whole, strange };
    struct Choice {
        const Endpoint::Parts::Site* site = nullptr;
        const CertificateSet* certificates = nullptr;
        Ref<const Certificate> challenge;
    };

    [[gnu::noinline]] io::Task<Result<>> read_hello(io::Deadline deadline);
    io::IoCount read_hello_octets();
    Hello examine();
    std::optional<HelloView> look_at_hello();
    bool lacks_certificate(const std::optional<HelloView>& hello) const;
    // The deadline, later by as long as it took.
    [[gnu::noinline]] io::Task<io::Deadline> wait_for_certificate(io::Deadline deadline);
    Result<> prepare(const std::optional<HelloView>& hello);
    Choice choose(const std::optional<HelloView>& hello);
    bool use_certificates(const std::optional<HelloView>& hello, const CertificateSet& set);
    void take_fingerprints();
    void alert(unsigned char description);
    void fill_client_facts();
    int step_write(std::string_view octets) override;

    Ref<const Endpoint> endpoint_;
    CertificateWait* wait_;
    Ref<const Live> live_;  // until the first reply has its ticket
    const ServerOptions* options_ = nullptr;
    const CertificateSet* certificates_ = nullptr;
    Chunk hello_;
    std::uint32_t hello_end_ = 0;
    std::string message_;             // the ClientHello, when it came in several records
    std::string_view hello_message_;  // in hello_ or message_
    bool is_challenge_ = false;
    bool owes_ticket_ = false;
};

}  // namespace weir::tls
