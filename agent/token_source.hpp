#pragma once

#include "agent/connector.hpp"
#include "agent/technical_credentials.hpp"
#include "http/fetch.hpp"
#include "http/service.hpp"
#include "net/loop.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace sallyport::agent {

/// A token as the server gave it.
struct FetchedToken {
    Secret token;
    std::chrono::seconds lifetime{0};
};

/// Reads the answer of a token server (RFC 6749 section 5). Pure.
/// Errors: Errc::unauthorized (the server refused), Errc::protocol; neither repeats a token.
Result<FetchedToken> read_token_answer(const http::FetchResponse& answer);
/// The request for it (sections 4.4.2 and 2.3.1). Pure.
http::FetchRequest token_request(const TokenOrder& order);

/// The token of one mapping's technical user: fetched when it is first needed, used by all
/// exchanges until shortly before its end. One fetch at a time, however many wait for it.
class TokenSource {
public:
    static constexpr std::chrono::seconds fetch_time_max{10};
    /// Before its end a token is not used any more: this, or a tenth of its life if that is less.
    static constexpr std::chrono::seconds reserve = std::chrono::seconds(30);
    /// A server that failed, or a back end that refuses every token, is not asked more often.
    static constexpr std::chrono::seconds pause = std::chrono::seconds(2);

    /// `connector` leads to the token server.
    TokenSource(net::Loop& loop, std::unique_ptr<Connector> connector,
                TechnicalCredentialsPtr credentials, std::chrono::milliseconds wait = pause);

    /// The token's login if one is at hand, else null.
    LoginPtr at_hand() const;
    /// The same, after a fetch if there is need. Keep the source until it ends.
    /// Errors: those of the fetch, Errc::aborted.
    net::Task<Result<LoginPtr>> login(http::Answer& down);
    /// The back end refused what it was shown (401): the next exchange gets a new token.
    void refused(const Login* login);

private:
    struct Waiting : boost::intrusive::list_base_hook<
                         boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        explicit Waiting(net::Event& one) : event(one) {}
        net::Event& event;
    };
    class Turn;
    net::Task<Result<FetchedToken>> fetch();
    void keep(FetchedToken token);

    net::Loop& loop_;
    std::unique_ptr<Connector> connector_;
    TechnicalCredentialsPtr credentials_;
    std::chrono::milliseconds wait_;
    boost::intrusive::list<Waiting, boost::intrusive::constant_time_size<false>> waiting_;
    bool fetching_ = false;
    LoginPtr login_;
    net::Deadline fetched_at_{};
    net::Deadline use_until_{};
    std::optional<Error> failure_;
    net::Deadline failed_until_{};
};

}  // namespace sallyport::agent
