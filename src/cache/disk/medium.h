// Medium: a folder of files as the disk store sees it, and the seam where tests put one that tears writes, fails, fills up and is slow.
// What fails says so by errno. Any thread; a file is written by one thread at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.h"

namespace weir::cache {

// Zero, or an errno.
using Errno = int;

class MediumFile : public Counted {
public:
    virtual ~MediumFile() = default;

    enum class Patience : std::uint8_t {
        none,  // only what is in memory already: else EAGAIN
        wait   // for the disk
    };
    // How many octets came: fewer only at the end of the file, or without patience.
    virtual std::expected<std::size_t, Errno> read(std::uint64_t offset, std::span<char> into, Patience patience) = 0;
    virtual Errno write(std::uint64_t offset, std::string_view octets) = 0;
    virtual Errno sync() = 0;
    // Room for so many octets, when the file system can promise it: they can't be refused later.
    virtual Errno allocate(std::uint64_t octets) = 0;
    virtual Errno cut(std::uint64_t octets) = 0;
    virtual std::expected<std::uint64_t, Errno> size() = 0;
};

class Medium {
public:
    virtual ~Medium() = default;

    virtual std::expected<Ref<MediumFile>, Errno> open(const std::string& name) = 0;  // read and written; ENOENT when it is not there
    virtual std::expected<Ref<MediumFile>, Errno> make(const std::string& name) = 0;  // empty, whatever was there
    virtual Errno rename(const std::string& from, const std::string& to) = 0;         // outlives a crash when it returns
    virtual Errno remove(const std::string& name) = 0;
    virtual std::expected<std::vector<std::string>, Errno> list() = 0;
};

// A folder of the file system: made when it is not there, locked against a second process. The error is a sentence for a person.
std::expected<std::unique_ptr<Medium>, std::string> open_folder(const std::string& folder);

}  // namespace weir::cache
