// FormFill: makes the encoded form of a stored entry, beside the one who asked for it first and for all who come meanwhile: they read from
// it while it grows, on any worker. A short one is there at once. It goes on when they leave; when the zone has no room for it, it flows
// through to them in bounded memory and is not kept. Spawned in the lane's scope, owns itself; thread: the worker's.
#pragma once

#include <memory>
#include <optional>

#include "cache/fill.h"
#include "cache/zone.h"
#include "proxy/compressed_body.h"
#include "proxy/growth.h"
#include "proxy/stored_body.h"

namespace weir::proxy {

class Lane;

class FormFill final : private Growth::Owner {
public:
    struct Order {
        Ref<cache::Zone> zone;
        Ref<cache::Entry> of;
        Ref<cache::Fill> source;  // while `of` is filling
        cache::EncodedForms::Form form;
        filter::Compressor compressor;
    };
    FormFill(Lane& lane, Order order);
    static void start(std::unique_ptr<FormFill> fill);

private:
    static io::Task<> carry_out(std::unique_ptr<FormFill> fill);
    void keep_no_more() override;

    Lane& lane_;
    Order order_;
    const http::Coding coding_;
    Arena arena_;
    std::optional<cache::Follower> follower_;
    StoredBody source_;
    CompressedBody body_;
    Growth growth_;
};

}  // namespace weir::proxy
