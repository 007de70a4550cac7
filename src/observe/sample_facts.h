// Facts of an exchange that never was, for the tests of this room.
#pragma once

#include "base/arena.h"
#include "http/facts.h"
#include "http/message.h"

namespace weir::observe {

struct SampleFacts {
    SampleFacts() {
        using namespace std::chrono_literals;
        request.method = http::Method::get;
        request.method_name = "GET";
        request.target = "/a/b?x=1";
        request.authority = "example.com";
        request.fields.add("User-Agent", "curl/8.0");
        request.fields.add("Referer", "https://example.com/start");
        request.fields.add("Authorization", "Basic aHVudGVyMg==");
        request.fields.add("Cookie", "sid=hunter2");
        facts.request = &request;
        facts.host = "example.com";
        facts.port = 8080;
        facts.client = *net::Ip::parse("192.0.2.7");
        facts.connection_peer = facts.client;
        facts.client_port = 50123;
        facts.request_id = "0123456789abcdef0123456789abcdef";
        facts.site = "example.com";
        facts.route = "/a/*";
        facts.upstream = "shop";
        facts.peer = "10.0.0.1:80";
        facts.tries = 1;
        facts.reused_connection = true;
        facts.upstream_status = 200;
        facts.status = 200;
        facts.is_complete = true;
        facts.phase = http::Phase::log;
        facts.request_octets = 120;
        facts.reply_body_octets = 512;
        facts.reply_octets = 700;
        facts.connection_serial = 9;
        facts.request_on_connection = 3;
        facts.started = WallTime(std::chrono::seconds(971'186'136) + 123ms);  // 2000-10-10 13:55:36 UTC
        const TimePoint begun(100s);
        facts.at = {.begun = begun,
                    .head_read = begun + 1ms,
                    .selected = begun + 2ms,
                    .connected = begun + 2500us,
                    .sent = begun + 3ms,
                    .first_byte = begun + 13ms,
                    .done = begun + 20125us};
    }

    Arena arena;
    http::Request request{arena};
    http::Facts facts;
};

}  // namespace weir::observe
