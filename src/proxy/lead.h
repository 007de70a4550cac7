// Lead: a client's own exchange leads a fetch that others may wait for: it asks the origin in the name of all, its answer is taken in by an
// Intake, and the others read from the entry as from any fetch. What its client does is nobody else's matter: when he leaves, the exchange
// goes on as long as somebody waits or the answer will be stored; when he reads slowly, the rest of the answer comes in beside him. Only a
// request that is asked as it came can be led so; the others are fetched apart (proxy/fetch). Owner: the walk's lead(). Thread: the
// worker's.
#pragma once

#include "io/scope.h"
#include "proxy/forward.h"
#include "proxy/intake.h"

namespace weir::proxy {

class Lead final : private io::StopWatcher {
public:
    Lead(Exchange& exchange, Intake::Order order);
    ~Lead();

    io::Task<Result<>> ask() { return forward_.answer(); }
    const Ref<cache::Fill>& fill() const { return intake_.fill(); }
    // What is here of the answer comes into the cache.
    Intake::Step take(const Result<>& answered);
    // The rest of it, beside the client.
    void begin_rest() { rest_.spawn(bring_rest()); }
    // The client has his reply, or none will come to him.
    void leave();
    // Behind that: is there anything that end() has to wait for?
    bool is_over() const { return rest_.running() == 0 && !forward_.has_upload(); }
    io::Task<> end();

private:
    // The way to the origin does not end with the client.
    struct OwnStop {
        explicit OwnStop(Exchange& its);
        OwnStop(const OwnStop&) = delete;
        OwnStop& operator=(const OwnStop&) = delete;
        ~OwnStop();
        Exchange& exchange;
        io::Stop stop;
    };
    void client_left();
    io::Task<> bring_rest();

    Exchange& exchange_;
    OwnStop stop_;  // before those who look at it
    Intake intake_;
    Forward forward_;
    io::Scope rest_;
    bool is_for_others_ = false;  // the client was accounted for when he left
};

}  // namespace weir::proxy
