// Client: one account's conversation with a CA (RFC 8555 6): directory, nonces, signed requests, and its answers as values or as failures
// that a person understands. Owner: a Certifier. Thread: control; several orders may use it at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/answers.h"
#include "acme/fetch.h"
#include "acme/key.h"

namespace weir::acme {

class Client {
public:
    static constexpr std::size_t kNoncesMax = 16;
    static constexpr int kNonceTriesMax = 12;  // of one request, each with a nonce of its own
    static constexpr Duration kDirectoryLife = std::chrono::hours(12);

    Client(std::string directory_url, Fetcher& fetcher) : directory_url_(std::move(directory_url)), fetcher_(fetcher) {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Fetched at first and again when it is old.
    io::Task<Outcome<Directory>> directory(io::Deadline deadline);

    // Signs and posts, again with a fresh nonce when the CA refused the first (RFC 8555 6.5). Any 2xx is an answer; all else is a Failure.
    // `key_id` empty: with the public key (newAccount). `payload` empty: POST-as-GET.
    struct Signed {
        const Key& key;
        std::string key_id;
        std::string url;
        std::string payload;
    };
    io::Task<Outcome<FetchAnswer>> post(Signed request, io::Deadline deadline);

    // An unsigned GET (RFC 9773 4.1).
    io::Task<Outcome<FetchAnswer>> look(std::string url, io::Deadline deadline);

    const std::string& directory_url() const { return directory_url_; }

private:
    io::Task<Outcome<std::string>> nonce(io::Deadline deadline);
    void keep_nonce(const FetchAnswer& answer);
    // An https CA never leads us to plain HTTP.
    Outcome<> check_url(const std::string& url) const;

    std::string directory_url_;
    Fetcher& fetcher_;
    std::optional<Directory> directory_;
    TimePoint directory_at_{};
    std::vector<std::string> nonces_;
};

// What an answer that is no success means, in words.
Failure failure_of(const FetchAnswer& answer, WallTime now);

}  // namespace weir::acme
