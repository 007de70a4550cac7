// Bodies that are compressed in pieces, flushed now and then, and read again. The first octets say how, the rest is the body. Oracles: what
// is flushed can be read at once; in the end all of it comes out; no encoder takes more memory than it has said; all of it is given back.
#include <cstdlib>
#include <string>

#include "filter/compressor.h"
#include "filter/compressor_memory.h"
#include "filter/decompress_for_test.h"

using namespace weir;
using http::Coding;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// Says what comes next, until its octets end.
struct Script {
    std::string_view octets;
    unsigned next() {
        if (octets.empty()) return 1;
        const auto octet = static_cast<unsigned char>(octets.front());
        octets.remove_prefix(1);
        return octet;
    }
};

void work(filter::Compressor& compressor, std::string_view in, filter::Step step, std::size_t room_octets, std::string& out) {
    std::string room(room_octets, 0);
    for (;;) {
        const auto progress = compressor.run(in, room, step);
        require(progress.has_value() && progress->taken <= in.size() && progress->made <= room.size());
        in.remove_prefix(progress->taken);
        out.append(room, 0, progress->made);
        const bool is_done = step == filter::Step::go_on ? progress->made < room.size() : progress->is_whole;
        if (in.empty() && is_done) return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kScript = 32;
    if (size < kScript) return 0;
    Script script{{reinterpret_cast<const char*>(data), kScript}};
    const std::string_view body(reinterpret_cast<const char*>(data) + kScript, size - kScript);
    constexpr Coding kCodings[] = {Coding::gzip, Coding::br, Coding::zstd};
    const auto coding = kCodings[script.next() % 3];
    const auto level = 1 + script.next() % (coding == Coding::zstd ? 12 : 9);
    const auto how = script.next();
    const auto length = (how & 1U) != 0 ? std::optional<std::uint64_t>(body.size()) : std::nullopt;
    const auto effort = filter::make_effort(coding, level, length, (how & 2U) != 0);
    static filter::CompressorMemory memory;
    {
        filter::Compressor compressor(memory, effort);
        require(static_cast<bool>(compressor));
        std::string out;
        for (std::size_t at = 0; at < body.size();) {
            const auto word = script.next();
            const auto piece = body.substr(at, 1 + word * 7U);
            const bool flushes = (word & 3U) == 3;
            work(compressor, piece, flushes ? filter::Step::flush : filter::Step::go_on, filter::Compressor::kRoomMin + script.next() * 16U,
                 out);
            at += piece.size();
            require(memory.used() <= filter::memory_of(effort));
            // A decoder that has all of a known length knows that it is done.
            if (flushes && !length) require(filter::decompress(coding, out, false) == body.substr(0, at));
        }
        work(compressor, {}, filter::Step::finish, filter::Compressor::kRoomMin + script.next(), out);
        require(filter::decompress(coding, out) == body);
    }
    require(memory.used() == 0 && memory.reserved() == 0);
    return 0;
}
