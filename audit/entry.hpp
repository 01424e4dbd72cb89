#pragma once

#include "audit/events.hpp"
#include "audit/log.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace sallyport::audit {

/// One exchange in the log. Whatever happens to whoever holds it, exactly one end is appended: the
/// one given to close(), or `aborted` if it is destroyed first. It only appends: the caller's loop
/// turn writes.
class Entry {
public:
    struct Outcome {
        std::string_view outcome;  // one of audit::outcome
        int status = 0;
        std::string_view reason{};
    };

    /// How it ended, in the same words and figures as its record.
    struct End {
        const ExchangeBegin& exchange;
        const Outcome& outcome;
        std::uint64_t request_bytes;
        std::uint64_t response_bytes;
        std::chrono::steady_clock::time_point opened;
        std::chrono::steady_clock::time_point closed;
    };
    /// Hears of the one end of an entry, also where the policy leaves the record out.
    class Observer {
    public:
        virtual void ended(const End& end) = 0;

    protected:
        ~Observer() = default;
    };

    /// `log` and what the views in `exchange` refer to must outlive the entry; `observer`, which
    /// may be null, as well.
    Entry(Log& log, const ExchangeBegin& exchange, Observer* observer = nullptr);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();

    /// What is known of the exchange; may be completed until begin() or close().
    ExchangeBegin& exchange() { return exchange_; }
    std::chrono::steady_clock::time_point opened() const { return opened_; }

    /// It is allowed: appends the begin. Call it at most once.
    Sequence begin();

    /// Nobody is known, because of what was wrong with the token: a literal.
    void set_token_fault(std::string_view code) { token_fault_ = code; }

    /// How often it was tried, and, if that is another than the begin names, the internal host that
    /// was used in the end; the view must live until close().
    void set_attempts(std::uint32_t attempts, std::string_view internal_host) {
        attempts_ = attempts;
        used_host_ = internal_host;
    }

    void add_request_bytes(std::uint64_t bytes) { request_bytes_ += bytes; }
    void add_response_bytes(std::uint64_t bytes) { response_bytes_ += bytes; }

    /// Appends the end; later calls do nothing. Where no begin is on record, the end says who asked
    /// for what. What has begun cannot be `refused` any more.
    Sequence close(const Outcome& outcome);

private:
    Log& log_;
    ExchangeBegin exchange_;
    Observer* observer_;
    std::chrono::steady_clock::time_point opened_;
    std::string_view token_fault_;
    std::uint32_t attempts_ = 0;
    std::string_view used_host_;
    std::uint64_t request_bytes_ = 0;
    std::uint64_t response_bytes_ = 0;
    bool begun_ = false;
    bool closed_ = false;
};

}  // namespace sallyport::audit
