// The commands of the program: what each was asked to do, as plain values. arguments.h makes them, one file a command carries them out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kMisused = 2;

inline constexpr const char* kUsualFile = "/etc/weir/weir.conf";
inline constexpr const char* kUsualSocket = "/run/weir/admin.sock";

struct Run {
    std::string file = kUsualFile;
    std::string json;  // instead of `file`: the JSON twin, whatever its name
};

struct Check {
    std::string file = kUsualFile;
};

struct Format {
    std::vector<std::string> files;  // none: standard input to standard output
    bool only_checks = false;
};

struct ConfigShow {
    std::string file = kUsualFile;
    bool is_effective = false;
};

struct ConfigJson {
    std::string file = kUsualFile;
};

struct ConfigFromJson {
    std::string file = "-";
};

struct Explain {
    std::string url;
    std::string method = "GET";
    std::vector<std::string> headers;  // "Name: value"
    std::string client = "127.0.0.1";
    std::string client_cert;  // the subject of the client's certificate
    std::string ja4;
    std::string file = kUsualFile;
    std::string socket;  // of the process to ask; empty: the file is asked
};

// Words to the running process.
struct Steer {
    enum class Word : std::uint8_t { reload, status, metrics, drain, reopen };
    Word word = Word::status;
    std::string file;    // a configuration that says where the admin socket is
    std::string socket;  // of the process; empty: what `file` says, else the usual one
};

// Where a running Weir is asked.
struct AdminPlace {
    std::string file;    // a configuration that says where the admin socket is
    std::string socket;  // of the process; empty: what `file` says, else the usual one
};

struct Purge {
    AdminPlace at;
    std::string url, prefix, tag, host;  // one of them
    bool is_all = false;
    bool is_soft = false;
};

struct CacheStats {
    AdminPlace at;
};

struct CacheShow {
    AdminPlace at;
    std::string url;
};

// The certificates of the running process.
struct Certs {
    std::string file;    // a configuration that says where the admin socket is; what it would use when nobody answers there
    std::string socket;  // of the process; empty: what `file` says, else the usual one
    std::string renew;   // a name whose certificate is to be renewed now; empty: they are listed
    bool is_json = false;
};

struct Demo {
    std::uint16_t port = 8080;
    bool has_colour = true;
};

struct Man {
    std::uint32_t section = 1;  // 1: the program; 5: its configuration
};

struct Manual {};

struct Completion {
    std::string shell;  // bash, zsh, fish; words: the directives, for editors
};

struct Version {};

using Command = std::variant<Run, Check, Format, ConfigShow, ConfigJson, ConfigFromJson, Explain, Steer, Purge, CacheStats, CacheShow,
                             Certs, Demo, Man, Manual, Completion, Version>;

// Each returns the exit status and has said on the console what there was to say.
int execute(const Run& run);
int execute(const Check& check);
int execute(const Format& format);
int execute(const ConfigShow& show);
int execute(const ConfigJson& json);
int execute(const ConfigFromJson& from_json);
int execute(const Explain& explain);
int execute(const Steer& steer);
int execute(const Purge& purge);
int execute(const CacheStats& stats);
int execute(const CacheShow& show);
int execute(const Certs& certs);
int execute(const Demo& demo);
int execute(const Man& man);
int execute(const Manual& manual);
int execute(const Completion& completion);
int execute(const Version& version);

}  // namespace weir::cli
