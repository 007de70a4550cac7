// The only place that includes CLI11: it is slow to compile.
#include "cli/arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>

#include "base/text.h"
#include "http/octets.h"
#include "net/address.h"

namespace weir::cli {
namespace {

// Validators say nothing of themselves: values have names that are made for people.
CLI::Validator validator(std::function<std::string(std::string&)> check) { return CLI::Validator(std::move(check), ""); }

std::string fault_of_choice(const std::string& word, std::string_view choices) {
    const auto known = choices_of(choices);
    return std::ranges::find(known, word) != known.end() ? "" : "'" + word + "' is none of " + std::string(choices);
}

std::string fault_of_header(const std::string& header) {
    const auto colon = header.find(':');
    const auto name = std::string_view(header).substr(0, colon);
    const bool is_token = !name.empty() && std::ranges::all_of(name, [](char c) { return http::is_octet(c, http::kTokenOctet); });
    return colon != std::string::npos && is_token ? "" : "'" + header + "' is no header field; write 'Name: value'";
}

std::string fault_of_method(const std::string& method) {
    const bool is_token = !method.empty() && std::ranges::all_of(method, [](char c) { return http::is_octet(c, http::kTokenOctet); });
    return is_token ? "" : "'" + method + "' is no method";
}

std::string fault_of_client(const std::string& address) { return net::Ip::parse(address) ? "" : "'" + address + "' is no IP address"; }

std::string fault_of_port(const std::string& port) {
    const auto number = parse_decimal<std::uint16_t>(port);
    return number && *number != 0 ? "" : "'" + port + "' is no port, 1 to 65535";
}

std::string fault_of_certs_word(const std::string& word) {
    return word == "renew" ? "" : "'" + word + "' is not 'renew'; a configuration is named with --config " + word;
}

constexpr const char* kSaysWhere = "a configuration that says where the admin socket is";
constexpr const char* kShells = "bash|zsh|fish|words";
constexpr const char* kSections = "1|5";

class Arguments {
public:
    Arguments() : app_("HTTP reverse proxy and edge server", "weir") {
        app_.require_subcommand(1);
        app_.set_help_flag("-h,--help", "what there is to say");
        app_.set_version_flag("--version", "", "which Weir this is");
        add_serving();
        add_configuration();
        add_explain();
        add_steering();
        add_caching();
        add_certs();
        add_papers();
    }
    Arguments(const Arguments&) = delete;
    Arguments& operator=(const Arguments&) = delete;

    CLI::App& app() { return app_; }
    const Command& chosen() const { return chosen_; }

private:
    template <class Options>
    CLI::App& add(CLI::App& above, const char* name, const char* help, Options& options) {
        auto* command = above.add_subcommand(name, help);
        command->callback([this, &options] { chosen_ = options; });
        return *command;
    }
    // The configuration that a command reads: a word, or --config.
    static CLI::Option* add_configuration_file(CLI::App& command, std::string& file, const std::string& help) {
        return command.add_option("FILE,--config", file, help)->type_name("FILE");
    }

    void add_serving() {
        auto& run = add(app_, "run", "serve, until a signal ends it", run_);
        auto* file = add_configuration_file(run, run_.file, "the configuration (" + run_.file + ")");
        run.add_option("--json", run_.json, "the configuration in JSON instead; - is standard input")->type_name("FILE")->excludes(file);
        run.footer(
            "SIGHUP reads the configuration again and keeps the old one when the new one has errors. SIGUSR1 opens the log files again. "
            "SIGTERM and SIGINT take no new connections and wait for the requests under way, a second one ends at once.");
        auto& demo = add(app_, "demo", "a small shop behind a real Weir, to try things with", demo_);
        demo.add_option("--port", demo_.port, "where to listen, on 127.0.0.1 (8080)")->type_name("PORT")->check(validator(fault_of_port));
        demo.add_flag("!--no-color,!--no-colour", demo_.has_colour, "plain text");
    }

    void add_configuration() {
        auto& check = add(app_, "check", "say everything that is wrong with a configuration", check_);
        add_configuration_file(check, check_.file, "the configuration (" + check_.file + "); - is standard input");
        auto& format = add(app_, "fmt", "put configurations into the normal form, in place", format_);
        format.add_option("FILE", format_.files, "configurations; none: standard input to standard output")->type_name("FILE");
        format.add_flag("--check", format_.only_checks, "change nothing; name the files that would change, and fail when there are any");
        auto* config = app_.add_subcommand("config", "show a configuration, as it is or as JSON");
        config->require_subcommand(1);
        auto& show = add(*config, "show", "print a configuration in the normal form", show_);
        add_configuration_file(show, show_.file, "the configuration (" + show_.file + ")");
        show.add_flag("--effective", show_.is_effective, "everything that is in effect: imports, policies and defaults in place");
        auto& json = add(*config, "json", "the same tree as JSON, for programs", json_);
        add_configuration_file(json, json_.file, "the configuration (" + json_.file + "); - is standard input");
        auto& from_json = add(*config, "from-json", "back from JSON", from_json_);
        from_json.add_option("FILE", from_json_.file, "the JSON; standard input when there is none")->type_name("FILE");
    }

    void add_explain() {
        auto& explain = add(app_, "explain", "say what would become of a request, and why", explain_);
        explain.add_option("URL", explain_.url, "https://shop.example.com/a?b=c; or /a?b=c, with -H 'Host: …'")
            ->type_name("URL")
            ->required();
        explain.add_option("-X,--method", explain_.method, "the method (GET)")->type_name("METHOD")->check(validator(fault_of_method));
        explain.add_option("-H,--header", explain_.headers, "a header field of the request; may be given again")
            ->type_name("'NAME: VALUE'")
            ->allow_extra_args(false)
            ->check(validator(fault_of_header));
        explain.add_option("--client", explain_.client, "the client's address (127.0.0.1)")
            ->type_name("IP")
            ->check(validator(fault_of_client));
        explain.add_option("--client-cert", explain_.client_cert, "the subject of the client's certificate")->type_name("SUBJECT");
        explain.add_option("--ja4", explain_.ja4, "the JA4 fingerprint of the client's TLS")->type_name("JA4");
        auto* file = add_configuration_file(explain, explain_.file, "ask this configuration (" + explain_.file + ")");
        auto* socket = explain.add_option("--socket", explain_.socket, "ask the process with this admin socket")->type_name("PATH");
        file->excludes(socket);
        explain.footer("The answer comes from the function that decides for live traffic. Nothing is sent anywhere.");
    }

    void add_steering() {
        using enum Steer::Word;
        add_steer("reload", "make a running Weir read its configuration again; says what has changed", reload, reload_);
        add_steer("status", "how a running Weir is", status, status_);
        add_steer("metrics", "the figures of a running Weir, in the format of Prometheus", metrics, metrics_);
        add_steer("drain", "end a running Weir once its requests are answered", drain, drain_);
        add_steer("reopen", "make a running Weir open its log files again, after a rotation", reopen, reopen_);
    }

    void add_steer(const char* name, const char* help, Steer::Word word, Steer& steer) {
        steer.word = word;
        auto& command = add(app_, name, help, steer);
        add_configuration_file(command, steer.file, kSaysWhere);
        add_socket(command, steer.socket);
    }

    static CLI::Option* add_socket(CLI::App& command, std::string& socket) {
        return command.add_option("--socket", socket, std::string("the admin socket (") + kUsualSocket + ")")->type_name("PATH");
    }

    void add_caching() {
        auto& purge = add(app_, "purge", "make a running Weir forget what it has stored: a URL, or what an option says", purge_);
        purge.add_option("URL", purge_.url, "https://shop.example.com/a?b=c")->type_name("URL");
        purge.add_option("--prefix", purge_.prefix, "everything whose URL begins so")->type_name("URL");
        purge.add_option("--tag", purge_.tag, "everything that the origin has named so (Surrogate-Key, Cache-Tag)")->type_name("TAG");
        purge.add_option("--host", purge_.host, "everything of this host")->type_name("HOST");
        purge.add_flag("--all", purge_.is_all, "everything");
        purge.add_flag("--soft", purge_.is_soft, "it counts as stale: it is asked for anew, and still there when the origin fails");
        // A word is a URL here.
        purge.add_option("--config", purge_.at.file, kSaysWhere)->type_name("FILE");
        add_socket(purge, purge_.at.socket);
        auto* cache = app_.add_subcommand("cache", "look into the caches of a running Weir");
        cache->require_subcommand(1);
        auto& stats = add(*cache, "stats", "how much is stored, and what has become of it", cache_stats_);
        add_configuration_file(stats, cache_stats_.at.file, kSaysWhere);
        add_socket(stats, cache_stats_.at.socket);
        auto& show = add(*cache, "show", "what is stored of a URL, how old and how long good it is; or why it is not", cache_show_);
        show.add_option("URL", cache_show_.url, "https://shop.example.com/a?b=c")->type_name("URL")->required();
        add_configuration_file(show, cache_show_.at.file, kSaysWhere);
        add_socket(show, cache_show_.at.socket);
    }

    void add_certs() {
        auto& certs = add(app_, "certs", "the certificates of a running Weir: whose, from whom, until when; or renew one", certs_);
        certs.add_option("WORD", certs_word_, "renew: order a new certificate for NAME now")
            ->type_name("renew")
            ->check(validator(fault_of_certs_word));
        certs.add_option("NAME", certs_.renew, "one of its names, as `weir certs` lists them")->type_name("NAME");
        certs.callback([this] {
            if (!certs_word_.empty() && certs_.renew.empty())
                throw CLI::ValidationError("renew which? NAME is one of the names that `weir certs` lists");
            chosen_ = certs_;
        });
        certs.add_flag("--json", certs_.is_json, "for programs");
        // A word is 'renew' here.
        auto* file = certs.add_option("--config", certs_.file, std::string(kSaysWhere) + "; when nobody answers there: what it would use");
        file->type_name("FILE");
        add_socket(certs, certs_.socket)->excludes(file);
    }

    void add_papers() {
        auto& man = add(app_, "man", "the manual page, for man(1)", man_);
        man.add_option("SECTION", man_.section, "1: this program; 5: its configuration")
            ->type_name(kSections)
            ->check(validator([](const std::string& word) { return fault_of_choice(word, kSections); }));
        man.footer("To read it: weir man 5 | man -l -");
        add(app_, "manual", "the reference of the configuration, in Markdown", manual_);
        auto& completion = add(app_, "completion", "completion for a shell; or `words`: the directives, for editors", completion_);
        completion.add_option("SHELL", completion_.shell, "bash, zsh or fish")
            ->type_name(kShells)
            ->required()
            ->check(validator([](const std::string& word) { return fault_of_choice(word, kShells); }));
        completion.footer("For this shell only: source <(weir completion bash)");
        add(app_, "version", "which Weir this is", version_);
    }

    CLI::App app_;
    Command chosen_;
    Run run_;
    Check check_;
    Format format_;
    ConfigShow show_;
    ConfigJson json_;
    ConfigFromJson from_json_;
    Explain explain_;
    Steer reload_, status_, metrics_, drain_, reopen_;
    Purge purge_;
    CacheStats cache_stats_;
    CacheShow cache_show_;
    Certs certs_;
    std::string certs_word_;
    Demo demo_;
    Man man_;
    Manual manual_;
    Completion completion_;
    Version version_;
};

ArgumentHelp argument_of(const CLI::Option& option) {
    return {.value = option.get_type_name(),
            .help = option.get_description(),
            .is_required = option.get_required(),
            .may_repeat = option.get_expected_max() > 1};
}

OptionHelp option_of(const CLI::Option& option) {
    const bool is_a_word_too = option.get_positional();
    OptionHelp help{
        .names = {}, .value = {}, .help = is_a_word_too ? "the same as the word " + option.get_type_name() : option.get_description()};
    for (const auto& name : option.get_snames()) help.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) help.names.push_back("--" + name);
    if (option.get_expected_max() > 0) help.value = option.get_type_name();
    return help;
}

CommandHelp help_of(const CLI::App& app) {
    CommandHelp help{.name = app.get_name(), .help = app.get_description(), .details = app.get_footer()};
    for (const auto* option : app.get_options()) {
        if (option->get_positional()) help.arguments.push_back(argument_of(*option));
        if (option->nonpositional()) help.options.push_back(option_of(*option));
    }
    for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) help.commands.push_back(help_of(*command));
    return help;
}

// The command that the words lead to, as far as they do, and what stands before its name.
struct Reached {
    CommandHelp command;
    std::string path;
    std::string unknown;  // the first word that should have been a command and is none
    std::string option;   // the first option before that
};

Reached reach(CommandHelp program, const std::vector<std::string>& words) {
    Reached reached{.command = std::move(program), .path = {}, .unknown = {}, .option = {}};
    for (const auto& word : words) {
        if (word.starts_with('-')) {
            if (reached.option.empty()) reached.option = word;
            continue;
        }
        auto& commands = reached.command.commands;
        const auto found = std::ranges::find(commands, word, &CommandHelp::name);
        if (found == commands.end()) {
            if (!commands.empty()) reached.unknown = word;
            break;
        }
        reached.path += (reached.path.empty() ? "" : " ") + reached.command.name;
        reached.command = CommandHelp(*found);
    }
    return reached;
}

Ending misuse(const Reached& reached, const std::string& what) {
    const auto name = (reached.path.empty() ? "" : reached.path + " ") + reached.command.name;
    const bool lacks_command = reached.unknown.empty() && !reached.command.commands.empty() && !what.starts_with("The following");
    const auto lack = reached.option.empty() ? "which command?" : "there is no option '" + reached.option + "'";
    if (lacks_command) return {.text = name + ": " + lack + "\n" + name + " --help says more\n"};
    if (reached.unknown.empty())
        return {.text = name + ": " + what + "\n" + usage_line(reached.command, reached.path) + "\n" + name + " --help says more\n"};
    std::vector<std::string_view> known;
    known.reserve(reached.command.commands.size());
    for (const auto& command : reached.command.commands) known.emplace_back(command.name);
    const auto near = nearest(reached.unknown, known);
    return {.text = name + ": there is no command '" + reached.unknown + "'" +
                    (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?") + "\n" + name + " --help lists them\n"};
}

// "help explain" is "explain --help".
void turn_help_around(std::vector<std::string>& words) {
    if (words.empty() || words.front() != "help") return;
    words.erase(words.begin());
    words.emplace_back("--help");
}

}  // namespace

std::expected<Command, Ending> read_arguments(std::vector<std::string> words) {
    turn_help_around(words);
    Arguments arguments;
    auto reached = reach(help_of(arguments.app()), words);
    if (words.empty()) return std::unexpected(Ending{.text = help_text(reached.command, reached.path)});
    try {
        arguments.app().parse(std::vector<std::string>(words.rbegin(), words.rend()));
        return arguments.chosen();
    } catch (const CLI::CallForHelp&) {
        return std::unexpected(Ending{.status = kDone, .text = help_text(reached.command, reached.path)});
    } catch (const CLI::CallForVersion&) { return Version{}; } catch (const CLI::ParseError& error) {
        return std::unexpected(misuse(reached, error.what()));
    }
}

CommandHelp program_help() {
    Arguments arguments;
    return help_of(arguments.app());
}

}  // namespace weir::cli
