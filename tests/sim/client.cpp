#include "sim/client.h"

#include "io/scope.h"
#include "io/worker.h"
#include "net/connect.h"
#include "sim/judge.h"

namespace weir::sim {
namespace {

constexpr auto kPatience = std::chrono::minutes(20);

std::string head_of(const Script& script) {
    std::string text = script.method + " " + script.target() + " HTTP/1.1\r\nHost: app.test\r\nX-Hop: secret\r\n";
    text += script.is_upgrade ? "Connection: X-Hop, upgrade\r\nUpgrade: echo\r\n" : "Connection: X-Hop\r\n";
    if (script.expects_continue) text += "Expect: 100-continue\r\n";
    if (script.request_body == Body::length) text += "Content-Length: " + std::to_string(script.request_size) + "\r\n";
    if (script.request_body == Body::chunked) text += "Transfer-Encoding: chunked\r\n";
    return text + "\r\n";
}

std::string body_of(const Script& script, Random& random) {
    const auto octets = octets_of(script.id, script.request_size);
    if (script.request_body == Body::length) return octets;
    return script.request_body == Body::chunked ? chunked_text(octets, 1 + random.below(9000), false) : "";
}

class Client {
public:
    Client(ClientPlan& plan, Verdicts& verdicts)
        : plan_(plan), verdicts_(verdicts), judge_(plan.world_is_calm, verdicts), random_(plan.seed) {}

    io::Task<> run() {
        std::size_t next = 0;
        for (int connections = 0; next < plan_.scripts.size() && connections < 40; ++connections) {
            auto stream = co_await net::connect(plan_.weir, {io::Worker::current().now() + kPatience, nullptr});
            if (!stream) continue;
            Wire wire(std::move(*stream), io::Worker::current().now() + kPatience);
            for (bool goes_on = true; goes_on && next < plan_.scripts.size();) goes_on = co_await turn(wire, next);
        }
    }

private:
    // One script, or several at once. False: this connection is of no more use.
    io::Task<bool> turn(Wire& wire, std::size_t& next) {
        std::size_t last = next + 1;
        if (plan_.pipelines && !asks_alone(plan_.scripts[next]))
            while (last < plan_.scripts.size() && last < next + 4 && !asks_alone(plan_.scripts[last])) ++last;
        std::string text;
        for (auto i = next; i < last; ++i) {
            text += head_of(plan_.scripts[i]);
            if (!asks_alone(plan_.scripts[i])) text += body_of(plan_.scripts[i], random_);
        }
        const auto first = next;
        next = last;
        // Writes beside the reading: a client that only writes and a server that only writes would wait for each other.
        io::Scope writing;
        writing.spawn(say(wire, std::move(text)));
        bool goes_on = true;
        for (auto i = first; i < last && goes_on; ++i) goes_on = co_await hear(wire, plan_.scripts[i], writing);
        if (!goes_on) wire.stream().close_write();
        co_await writing.join();
        co_return goes_on;
    }

    static io::Task<> say(Wire& wire, std::string text) { co_await wire.write(std::move(text)); }

    static bool asks_alone(const Script& script) {
        return script.is_upgrade || script.expects_continue || script.mood == Mood::answers_early;
    }

    io::Task<bool> hear(Wire& wire, const Script& script, io::Scope& writing) {
        if (script.is_upgrade) {
            co_await hear_tunnel(wire, script);
            co_return false;
        }
        if (plan_.leaves_early && random_.chance(0.2)) co_return false;
        if (asks_alone(script) && !script.expects_continue) writing.spawn(say(wire, body_of(script, random_)));
        bool sent_body = !script.expects_continue;
        for (;;) {
            auto message = co_await wire.read_head();
            if (!message) co_return judge_.broken(script, "no answer");
            if (message->status() == 100 && !sent_body) {
                sent_body = true;
                writing.spawn(say(wire, body_of(script, random_)));
            }
            if (message->status() < 200) continue;
            ++verdicts_.answered[script.id];
            const bool no_body = script.method == "HEAD" || message->status() == 304 || message->status() == 204;
            if (no_body) message->is_whole = true;
            else co_await wire.read_body(*message, true);
            co_return judge_.answer(script, *message) && message->fields["connection"] != "close" && sent_body;
        }
    }

    io::Task<> hear_tunnel(Wire& wire, const Script& script) {
        auto message = co_await wire.read_head();
        if (!message) {
            judge_.broken(script, "no answer to an upgrade");
            co_return;
        }
        ++verdicts_.answered[script.id];
        if (message->status() != 101) {
            co_await wire.read_body(*message, true);
            judge_.answer(script, *message);
            co_return;
        }
        const auto octets = octets_of(script.id, script.answer_size);
        co_await wire.write(octets);
        const auto echoed = co_await wire.read_octets(octets.size());
        if (!octets.starts_with(echoed)) judge_.fault(script, "a tunnel changed octets");
        if (echoed.size() == octets.size()) ++verdicts_.clean;
        else judge_.broken(script, "a tunnel ended early");
        wire.stream().close_write();
        co_await wire.read_octets(~std::size_t{0});
    }

    ClientPlan& plan_;
    Verdicts& verdicts_;
    Judge judge_;
    Random random_;
};

}  // namespace

io::Task<> run_client(ClientPlan plan, Verdicts& verdicts) {
    Client client(plan, verdicts);
    co_await client.run();
}

}  // namespace weir::sim
