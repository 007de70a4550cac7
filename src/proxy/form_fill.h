// FormFill: makes the encoded form of a stored entry, beside the one who asked for it first and for all who come meanwhile: they read from
// it while it grows, on any worker. A short one is there at once. It goes on when they leave; when the zone has no room for it, it flows
// through to them in bounded memory and is not kept. Spawned in the lane's scope, owns itself; thread: the worker's.
#pragma once

#include <memory>
#include <optional>

#include "cache/fill.h"
#include "cache/zone.h"
#include "http/stream.h"
#include "io/event.h"
#include "proxy/compressed_body.h"
#include "proxy/stored_body.h"

namespace weir::proxy {

class Lane;

class FormFill final : private http::Sender, private cache::Fill::Watcher {
public:
    static constexpr std::size_t kWindow = 256 * 1024;  // of a form that is not kept: so much of it may wait

    struct Order {
        Ref<cache::Zone> zone;
        Ref<cache::Entry> of;
        Ref<cache::Fill> source;  // while `of` is filling
        cache::EncodedForms::Form form;
        filter::Compressor compressor;
    };
    FormFill(Lane& lane, Order order);
    ~FormFill() override;

    static void start(std::unique_ptr<FormFill> fill);

private:
    static io::Task<> carry_out(std::unique_ptr<FormFill> fill);
    void end(bool is_whole);
    void say() { owes_news_ = !order_.form.fill->announce(); }
    void keep_no_more();
    void let_go();

    Result<> put(std::span<const Piece> pieces, bool is_last, const http::Fields* trailers) override;
    bool is_flushed() const override;
    io::Task<Result<>> flush(io::Deadline deadline) override;
    void readers_moved() override { moved_.notify(); }

    Lane& lane_;
    Order order_;
    const http::Coding coding_;
    Arena arena_;
    std::optional<cache::Follower> follower_;
    StoredBody source_;
    CompressedBody body_;
    Ref<cache::Account> window_;  // what has not been read yet of a form that is not kept
    io::Event moved_;
    bool is_kept_ = true;
    bool is_let_go_ = false;
    bool owes_news_ = false;
};

}  // namespace weir::proxy
