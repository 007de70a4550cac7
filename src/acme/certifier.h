// Certifier: keeps certificates valid for ever: of the names it is told to keep, and of names that clients demand. For each it loads what
// is on disk, orders what is missing, renews in time, and goes on trying when that fails, while the old certificate serves.
// One for each CA and account (acme::Options). Owner: the server's keeper. Thread: control. Time is its worker's, real or virtual.
// Limits: kOrdersMax orders at once, those on demand bounded by their options too.
#pragma once

#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "acme/account.h"
#include "acme/order.h"
#include "acme/outlet.h"
#include "acme/slots.h"
#include "base/counter.h"
#include "io/scope.h"

namespace weir::acme {

struct Figures {
    Counter orders;    // begun
    Counter issued;    // ended well
    Counter failed;    // ended badly
    Counter demanded;  // names asked about at the `ask` URL
    Counter denied;    // names that were demanded and not had: by the URL, by a limit
    Counter windows;   // suggestions asked for (RFC 9773)
};

class Certifier {
public:
    static constexpr std::size_t kOrdersMax = 4;
    static constexpr Duration kLookAgainMax = std::chrono::hours(1);  // a clock that is set is noticed within
    static constexpr Duration kDenialKept = std::chrono::minutes(1);  // a name that was denied is not asked about again so soon
    static constexpr std::size_t kDenialsMax = 10'000;

    // The error is for a person: which file.
    static std::expected<std::unique_ptr<Certifier>, std::string> make(const Options& options, net::Resolver& resolver, Outlet& outlet);
    Certifier(const Certifier&) = delete;
    Certifier& operator=(const Certifier&) = delete;
    ~Certifier();

    // From now on exactly these, beside the demanded ones. What goes on being wanted is not disturbed.
    void keep(const std::vector<NameSet>& wanted);
    // A client has asked for a name that has no certificate: publishes one, or refuses it, in a while. Does nothing for one under way.
    void demand(const std::string& name);
    // Renews what has this name now, whatever its schedule says. False: nothing has.
    bool renew_now(const std::string& name);
    // Ends what is under way; joins. Before it is destroyed.
    io::Task<> stop();

    std::vector<CertificateState> states() const;
    const Figures& figures() const { return figures_; }
    const Options& options() const { return options_; }

private:
    struct Kept;

    Certifier(const Options& options, net::Resolver& resolver, Outlet& outlet, Ref<const tls::ClientSide> side,
              Ref<const tls::ClientSide> ask_side);
    void begin(const NameSet& names, bool is_on_demand);
    void load(Kept& kept);
    io::Task<> run(std::unique_ptr<Kept> kept);
    io::Task<bool> step(Kept& kept);
    io::Task<> ask_window(Kept& kept);
    io::Task<> renew(Kept& kept);
    io::Task<Outcome<Issued>> order(Kept& kept);
    io::Task<Outcome<Issued>> order_in_turn(Kept& kept, io::Deadline deadline);
    io::Task<Outcome<Issued>> order_on_demand(Kept& kept);
    io::Task<Outcome<>> open_account(io::Deadline deadline);
    void accept(Kept& kept, Issued issued);
    void note_failure(Kept& kept, const Failure& failed);
    WallTime next_time(const Kept& kept) const;
    CertificateState state_of(const Kept& kept) const;
    io::Task<Outcome<>> ask_permission(std::string name, io::Deadline deadline);
    bool is_denied(const std::string& name);
    void deny(const std::string& name, const std::string& why);
    bool takes_hourly_place();

    Options options_;
    Outlet& outlet_;
    Store store_;
    Fetcher fetcher_;
    Fetcher asker_;
    Client client_;
    Account account_;
    Slots orders_{kOrdersMax};
    Slots demands_;
    Slots account_turn_{1};
    Figures figures_;
    std::unordered_map<std::string, Kept*> kept_;  // by place in the store
    std::unordered_map<std::string, TimePoint> denied_;
    std::deque<TimePoint> demanded_at_;
    io::Stop stop_;
    io::Scope scope_;
};

}  // namespace weir::acme
