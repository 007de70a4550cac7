#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/command.h"
#include "cli/console.h"
#include "cli/demo_origin.h"
#include "cli/demo_text.h"
#include "cli/serving.h"
#include "server/signals.h"

namespace weir::cli {
namespace {

namespace files = std::filesystem;

// A folder of this demo's own, which goes with it.
class Folder {
public:
    Folder() {
        std::error_code error;
        auto name = (files::temp_directory_path(error) / "weir-demo.XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code error;
        if (!path_.empty()) files::remove_all(path_, error);
    }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// How a shell that stands where we stand starts this program again.
std::string program_path() {
    std::error_code error;
    const auto program = files::read_symlink("/proc/self/exe", error);
    const auto beside = files::relative(program, files::current_path(error), error).string();
    if (error || beside.empty()) return "weir";
    return beside.starts_with("..") ? program.string() : beside.contains('/') ? beside : "./" + beside;
}

bool wants_colour(const Demo& demo) {
    const char* refusal = std::getenv("NO_COLOR");
    return demo.has_colour && (refusal == nullptr || *refusal == '\0') && ::isatty(STDOUT_FILENO) != 0;
}

int fail_demo(const std::string& why) {
    complain("weir demo: " + why + "\n");
    return kFailed;
}

}  // namespace

int execute(const Demo& demo) {
    // Before there is any thread: signals are for the control thread.
    server::block_signals();
    const Folder folder;
    if (folder.path().empty()) return fail_demo("can't make a folder for its files; TMPDIR says where to");
    const DemoOrigin origin;
    if (origin.port() == 0) return fail_demo("the shop finds no free port on 127.0.0.1");
    const DemoPlaces places{.program = program_path(), .folder = folder.path(), .port = demo.port, .origin_port = origin.port()};
    std::ofstream file(places.file());
    file << demo_configuration(places);
    file.close();
    if (!file) return fail_demo("can't write " + places.file());
    const bool has_colour = wants_colour(demo);
    const int status = serve([&places] { return config::load_file(places.file()); }, [&] { print(demo_greeting(places, has_colour)); });
    if (status != kDone)
        complain("weir demo: if the port is taken, try another one: weir demo --port " + std::to_string(demo.port + 1) + "\n");
    return status;
}

}  // namespace weir::cli
