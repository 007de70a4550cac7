// The medium of the real program: a folder.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/descriptor.h"
#include "base/state_file.h"
#include "cache/disk/medium.h"

namespace weir::cache {
namespace {

class FolderFile final : public MediumFile {
public:
    explicit FolderFile(int number) : file_(number) {}

    std::expected<std::size_t, Errno> read(std::uint64_t offset, std::span<char> into, Patience patience) override {
        std::size_t done = 0;
        while (done < into.size()) {
            const iovec part{.iov_base = into.data() + done, .iov_len = into.size() - done};
            const auto flags = patience == Patience::none ? RWF_NOWAIT : 0;
            const auto count = ::preadv2(file_.number(), &part, 1, static_cast<off_t>(offset + done), flags);
            if (count < 0 && errno == EINTR) continue;
            // A file system without RWF_NOWAIT: a thread has to read.
            if (count < 0 && errno == EOPNOTSUPP) return std::unexpected(EAGAIN);
            if (count < 0 && !(errno == EAGAIN && done != 0)) return std::unexpected(errno);
            if (count <= 0) break;
            done += static_cast<std::size_t>(count);
        }
        return done;
    }
    Errno write(std::uint64_t offset, std::string_view octets) override {
        while (!octets.empty()) {
            const auto count = ::pwrite(file_.number(), octets.data(), octets.size(), static_cast<off_t>(offset));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) return count < 0 ? errno : EIO;
            octets.remove_prefix(static_cast<std::size_t>(count));
            offset += static_cast<std::uint64_t>(count);
        }
        return 0;
    }
    Errno sync() override { return ::fdatasync(file_.number()) == 0 ? 0 : errno; }
    Errno allocate(std::uint64_t octets) override {
        // The size stays: what has been written is told from what has not by it.
        if (::fallocate(file_.number(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(octets)) == 0) return 0;
        return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : errno;
    }
    Errno cut(std::uint64_t octets) override { return ::ftruncate(file_.number(), static_cast<off_t>(octets)) == 0 ? 0 : errno; }
    std::expected<std::uint64_t, Errno> size() override {
        struct stat found{};
        if (::fstat(file_.number(), &found) != 0) return std::unexpected(errno);
        return static_cast<std::uint64_t>(found.st_size);
    }

private:
    Descriptor file_;
};

class Folder final : public Medium {
public:
    Folder(std::string path, int folder, int lock) : path_(std::move(path)), folder_(folder), lock_(lock) {}

    // What may only be read is good for that.
    std::expected<Ref<MediumFile>, Errno> open(const std::string& name) override {
        auto both = file(name, O_RDWR);
        if (!both && (both.error() == EACCES || both.error() == EROFS)) return file(name, O_RDONLY);
        return both;
    }
    // Never what is there already: somebody may have it by another name (a hard link), and would find it emptied.
    std::expected<Ref<MediumFile>, Errno> make(const std::string& name) override {
        remove(name);
        return file(name, O_RDWR | O_CREAT | O_EXCL);
    }
    Errno rename(const std::string& from, const std::string& to) override {
        if (::renameat(folder_.number(), from.c_str(), folder_.number(), to.c_str()) != 0) return errno;
        return ::fsync(folder_.number()) == 0 ? 0 : errno;
    }
    Errno remove(const std::string& name) override {
        return ::unlinkat(folder_.number(), name.c_str(), 0) == 0 || errno == ENOENT ? 0 : errno;
    }
    std::expected<std::vector<std::string>, Errno> list() override {
        auto* const entries = ::opendir(path_.c_str());
        if (entries == nullptr) return std::unexpected(errno);
        std::vector<std::string> names;
        while (const auto* entry = ::readdir(entries))
            if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
        ::closedir(entries);
        return names;
    }

private:
    // Never by a link: who could write into the folder would have us write elsewhere.
    std::expected<Ref<MediumFile>, Errno> file(const std::string& name, int flags) const {
        const auto number = ::openat(folder_.number(), name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (number < 0) return std::unexpected(errno);
        Ref<MediumFile> opened(new FolderFile(number));
        struct stat found{};
        if (::fstat(number, &found) != 0) return std::unexpected(errno);
        if (!S_ISREG(found.st_mode)) return std::unexpected(ENOTSUP);  // a pipe would keep us waiting for ever
        return opened;
    }

    std::string path_;
    Descriptor folder_, lock_;
};

}  // namespace

std::expected<std::unique_ptr<Medium>, std::string> open_folder(const std::string& path) {
    auto made = make_state_folder(path);
    if (!made) return std::unexpected(made.error() + "; make it, and let the user that Weir runs as write there");
    const auto folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return std::unexpected("can't open the folder " + path + ": " + std::strerror(errno));
    const auto lock = ::openat(folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    auto medium = std::make_unique<Folder>(path, folder, lock);
    if (lock < 0) return std::unexpected("can't make " + path + "/lock: " + std::strerror(errno));
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
        return std::unexpected("the folder " + path +
                               " is in use by another process, or by another cache of this one; give each a folder of its own");
    return medium;
}

}  // namespace weir::cache
