// Intake: what an origin answers comes into the cache. It makes of the exchange's request what is asked for in the name of all, judges the
// answer, makes the entry that everybody reads from, and tells those who wait. Which exchange that is, a client's own (proxy/lead) or one
// apart from all clients (proxy/fetch), it does not know. Thread: the worker's.
#pragma once

#include "cache/slice_plan.h"
#include "cache/storing.h"
#include "cache/zone.h"
#include "proxy/exchange.h"
#include "proxy/growth.h"

namespace weir::proxy {

class Intake final : private Growth::Owner {
public:
    static constexpr unsigned kAsksMax = 4;  // without condition, for another slice, for the whole

    struct Order {
        cache::Zone* zone = nullptr;
        Ref<cache::Fill> fill;
        std::string_view key;
        std::string_view target;     // what the origin is asked for
        Ref<cache::Entry> known;     // stored, and to be revalidated
        bool is_background = false;  // nobody waits for it
        // A slice is asked for first (cache/slice_plan.h), so large, and which one. With a manifest: the slice of it that is missing, for
        // somebody whose reply has its head already.
        std::uint32_t slice_octets = 0;
        std::uint64_t slice = 0;
        Ref<cache::Entry> manifest;
        std::uint64_t manifest_hash = 0;
    };
    // The key lives as long as the exchange.
    Intake(Exchange& exchange, Order order);

    // Is the request already what would be asked for in the name of all?
    static bool is_clean(const http::Request& request, const cache::KeyPlan& plan);
    // Makes it that. Before the origin is asked, each time.
    void clean_request();
    // There is a client that waits for it, as if it followed the fill.
    void set_leader(bool is_there);

    enum class Step : std::uint8_t {
        over,  // everybody knows what came of it
        rest,  // they know the head and read; take_rest() brings the other octets
        again  // ask once more, for something else
    };
    // After the origin was asked.
    Step take(Forward& forward, const Result<>& answered);
    io::Task<> take_rest(Forward& forward);
    // What everybody else waits for and reads from.
    const Ref<cache::Fill>& fill() const { return growth_.fill(); }
    // Everybody goes to the origin by himself.
    void release(std::uint16_t status, cache::Refusal why);

private:
    // What an answer that came is good for.
    enum class Good : std::uint8_t { to_send, for_nothing, to_ask_again };
    Good judge();
    Good judge_whole();
    Good judge_slice();
    Good judge_missing_slice();
    Good begin_slices(std::uint64_t complete);
    std::uint64_t draw_id(std::uint64_t complete) const;
    void become_whole(std::uint64_t length);
    void change_to_slice(const cache::Slicing& slicing, std::uint64_t octets);
    void keep_slice();
    cache::ByteRange wanted_range() const;
    Step begin(Forward& forward);
    cache::Refusal come_in(const Ref<cache::Entry>& entry);
    void end(bool is_whole);
    void take_place();
    bool renew();
    cache::Refusal why_not(const http::Response& response);
    void learn(const http::Response& head, std::span<const cache::TagCell> tags, bool is_stored);
    Ref<cache::Entry> make_entry(http::Response& head, cache::EntryParts parts, bool is_stored);
    Ref<cache::Segments> make_body(bool is_stored, std::span<const Piece> first);
    void decide(std::uint16_t status);
    void give_up_storing(cache::Refusal why);
    void note_refusal(cache::Refusal why);
    void pass_by();
    const http::Fields& selecting();
    bool gives_credentials();
    const CachePlan& plan() const { return *exchange_.decision_.route->cache; }
    const cache::Policy& policy() const { return plan().policy; }
    WallTime wall_now() const;

    void keep_no_more() override;
    void readers_moved() override;

    Exchange& exchange_;
    Growth growth_;
    cache::Zone& zone_;  // of the exchange's Snapshot
    std::string_view key_;
    std::uint32_t slice_octets_;
    std::uint64_t slice_;
    Ref<cache::Entry> manifest_;
    std::uint64_t manifest_hash_;
    Ref<cache::Entry> known_;
    const http::Fields* selecting_ = nullptr;  // made when first needed
    cache::ResponseDirectives directives_;
    cache::Terms terms_;  // of the answer, as if it had taken no time
    cache::Refusal refusal_ = cache::Refusal::none;
    WallTime asked_;
    std::uint64_t born_;
    bool is_background_;
    bool has_leader_ = false;
    bool is_stored_ = false;
    bool replaces_at_end_ = false;
};

}  // namespace weir::proxy
