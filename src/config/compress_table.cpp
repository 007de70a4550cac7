// Directives of the compression of answers.
#include "config/schema.h"

namespace weir::config {

namespace {

constexpr BlockKind kCompress = BlockKind::compress;

constexpr Directive kTable[] = {
    {.name = "compress",
     .stands_in = BlockKind::file | kTraffic,
     .forms = {"[on|off]"},
     .braces = Braces::may,
     .opens = kCompress,
     .stage = Stage::response,
     .fallback = "off",
     .help = "compresses what the origin answers, in the coding that the client wants most: zstd, br or gzip",
     .details = "The word alone has good defaults. What comes encoded from the origin stays as it is; so do images and archives, short "
                "answers, parts, and what says `no-transform`. On a route with a cache it is done once, and stored. A page that "
                "shows a secret beside what its visitor sends should not be compressed (BREACH): docs/compression.md.",
     .example = "compress { zstd 3; br 5; gzip 6; min 1KiB }"},
    {.name = "zstd",
     .stands_in = kCompress,
     .forms = {"off|N(1..12)"},
     .help = "offers zstd with this level; the first coding that is named is liked most, and what is not named is not offered; without "
             "any, `zstd 3; br 5; gzip 6`",
     .example = "zstd 3"},
    {.name = "br",
     .stands_in = kCompress,
     .forms = {"off|N(1..9)"},
     .help = "offers br (brotli) with this level",
     .details = "The levels 10 and 11 would hold a worker for too long.",
     .example = "br 5"},
    {.name = "gzip", .stands_in = kCompress, .forms = {"off|N(1..9)"}, .help = "offers gzip with this level", .example = "gzip 6"},
    {.name = "min",
     .stands_in = kCompress,
     .forms = {"SIZE"},
     .help = "shorter answers stay as they are, when their length is known; without it 512B",
     .example = "min 1KiB"},
    {.name = "types",
     .stands_in = kCompress,
     .forms = {"TEXT..."},
     .help = "media types that are compressed, each with one `*` at most; without it texts, JSON, XML, JavaScript, WebAssembly, SVG and "
             "fonts that are not packed",
     .details = "A type that begins with `*` does not mean what is packed already: images, video, archives.",
     .example = "types text/* application/json application/*+json"},
    {.name = "origin",
     .stands_in = kCompress,
     .forms = {"plain|encoded"},
     .help = "what a cache asks the origin for: plain answers, which Weir compresses, or those that the origin has encoded itself; "
             "plain, unless it is said",
     .details = "Plain answers are stored once and serve everybody. An origin that has files encoded beforehand is better asked for them.",
     .example = "origin encoded"},
};
static_assert(are_sound(kTable));

}  // namespace

std::span<const Directive> compress_directives() { return kTable; }

}  // namespace weir::config
