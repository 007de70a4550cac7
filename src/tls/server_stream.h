// ServerStream: the server's side of TLS. The ClientHello is read and looked at before OpenSSL is asked: its server name chooses the
// options, the certificate, and whether there is a connection at all; a name that nobody has costs next to nothing.
// Early data (RFC 8446 2.3): a request that came with the ClientHello is read, and answered, before the client's Finished is there
// (server_early.cpp). Until then facts().is_early says that it may be a replay.
// Thread: the worker's. Limits: kHelloOctetsMax, kEarlyOctetsMax.
#pragma once

#include "tls/endpoint_parts.h"
#include "tls/hello_view.h"
#include "tls/library_provider.h"
#include "tls/ssl_stream.h"

namespace weir::tls {

class ServerStream final : public SslStream {
public:
    static constexpr std::size_t kHelloOctetsMax = 32 * 1024;
    static constexpr std::size_t kEarlyOctetsMax = 16 * 1024;

    ServerStream(std::unique_ptr<net::Stream> below, const Ref<const Endpoint>& endpoint, const Ref<const Live>& live,
                 std::string_view octets_at_hand, CertificateWait* wait);

    io::Task<Result<>> handshake(io::Deadline deadline) override;
    bool settle() override;

    // For OpenSSL's calls.
    int choose_protocol(const unsigned char** chosen, unsigned char* octets, std::string_view offered) const;
    int staple(ssl_st* ssl) const;
    bool may_take_early(ssl_st* ssl) const;
    const std::vector<TicketKey>& ticket_keys() const { return live_->ticket_keys; }

private:
    enum class Early : std::uint8_t {
        none,     // not asked for, refused, or read to its end
        awaited,  // the ClientHello asks for it
        reading,  // taken; more of it may come
    };
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
    void settle_records(const TrafficSecrets& secrets);
    std::unique_ptr<RecordLayer> take_records(const TrafficSecrets& secrets);
    bool makes_tickets(const std::optional<HelloView>& hello) const;
    void give_ticket(const TrafficSecrets& secrets);
    void let_library_give_ticket();
    int step_handshake() override;
    int step_read(std::span<char> into, std::size_t& octets) override;
    int step_write(std::string_view octets) override;
    bool has_more() override { return early_begin_ != early_end_ || SslStream::has_more(); }
    void begin_early(Chunk octets, std::size_t count);
    int end_early();
    std::size_t take_kept(std::span<char> into);

    Ref<const Endpoint> endpoint_;
    CertificateWait* wait_;
    Ref<const Live> live_;  // until the handshake is over
    const ServerOptions* options_ = nullptr;
    const CertificateSet* certificates_ = nullptr;
    TrafficSecrets* secrets_ = nullptr;  // during the handshake
    Chunk hello_;
    std::uint32_t hello_end_ = 0;
    std::string message_;             // the ClientHello, when it came in several records
    std::string_view hello_message_;  // in hello_ or message_
    Chunk early_kept_;                // early data that was read ahead of the application
    std::uint32_t early_begin_ = 0;
    std::uint32_t early_end_ = 0;
    Early early_ = Early::none;
    bool is_challenge_ = false;
    bool owes_ticket_ = false;  // the library does not give one
};

}  // namespace weir::tls
