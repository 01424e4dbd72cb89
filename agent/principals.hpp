#pragma once

#include "agent/recognition_budget.hpp"
#include "agent/site.hpp"
#include "certs/principal.hpp"
#include "certs/sha256.hpp"
#include "certs/token_memory.hpp"
#include "daemon/key_source.hpp"
#include "http/message.hpp"
#include "http/refusal.hpp"
#include "net/event.hpp"

#include <boost/intrusive/list.hpp>

#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// Who asks: judges the tokens that come with requests, and remembers the valid ones, so that a
/// token costs one signature check and then a SHA-256 and a look-up. One per worker loop.
class Principals {
public:
    /// One request's question. Lives in the coroutine that waits for the answer; being destroyed
    /// withdraws it.
    class Question : public net::TurnHook {
    public:
        /// `event` is set when the answer has come.
        explicit Question(net::Event& event) : event_(event) {}
        Question(const Question&) = delete;
        Question& operator=(const Question&) = delete;

        /// Keys have to be fetched first.
        bool pending() const { return state_ == State::pending; }
        /// Not pending: why the request must not go on.
        const std::optional<http::Refusal>& refusal() const { return refusal_; }
        /// Not pending, not refused: on whose behalf it goes on. Null: nobody's.
        const certs::PrincipalPtr& principal() const { return principal_; }

    private:
        friend class Principals;
        enum class State { pending, answered };
        void refuse(http::Refusal refusal);

        net::Event& event_;
        State state_ = State::pending;
        std::optional<http::Refusal> refusal_;
        certs::PrincipalPtr principal_;
        // While it waits:
        SitePtr site_;
        std::string_view token_;
        certs::UserType type_ = certs::UserType::business;
        std::string_view source_;    // whose fetch it waits for
        std::uint64_t fetches_ = 0;  // of that source, when it began to wait
    };

    /// `refresh` asks the owner of the key sets for a fetch; a snapshot follows if one is made.
    explicit Principals(std::function<void(std::string_view source)> refresh)
        : refresh_(std::move(refresh)) {}

    /// What `policy` asks of the tokens in `facts`, whose text must live as long as the question.
    void resolve(Question& question, const SitePtr& site, const mappings::PrincipalPolicy& policy,
                 const http::HubFacts& facts, std::chrono::system_clock::time_point now);

    /// Who asks for what is refused whatever his token says, for the record: an answer at once, of
    /// what is here. No keys are fetched, and of one client only so many tokens are looked at that
    /// are not known: the others are refused as "principal_unchecked", so that a flood of refused
    /// requests costs no more than one of allowed ones.
    void recognize(Question& question, const SitePtr& site, const http::HubFacts& facts,
                   std::chrono::system_clock::time_point now);

    /// Other keys from now on. They must know the sources of a site before its first question.
    void use(daemon::KeySnapshotPtr keys);

    std::size_t remembered() const { return memory_.size(); }
    std::uint64_t judged() const { return judged_; }

private:
    using Time = std::chrono::system_clock::time_point;
    struct DigestHash {  // a digest is its own hash
        std::size_t operator()(const certs::Sha256& digest) const {
            std::size_t hash = 0;
            std::memcpy(&hash, digest.data(), sizeof hash);
            return hash;
        }
    };
    enum class Patience { may_wait, has_waited, for_the_record };

    void answer(Question& question, Patience patience, Time now);
    void judge(Question& question, const certs::Sha256& digest, Patience patience, Time now);
    bool wait(Question& question, std::string_view source, Patience patience);

    std::function<void(std::string_view)> refresh_;
    daemon::KeySnapshotPtr keys_ = std::make_shared<const daemon::KeySnapshot>();
    SitePtr judged_for_;  // what is remembered holds under this site
    RecognitionBudget budget_;
    std::set<std::string, std::less<>> asked_;  // for a refresh, since the last snapshot
    boost::intrusive::list<Question, boost::intrusive::constant_time_size<false>> waiting_;
    certs::Sha256Hasher hash_;
    certs::TokenMemory<certs::Sha256, certs::PrincipalPtr, DigestHash> memory_;
    std::uint64_t judged_ = 0;  // tokens whose signature was looked at
};

}  // namespace sallyport::agent
