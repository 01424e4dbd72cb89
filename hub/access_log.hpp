#pragma once

#include "base/log_line.hpp"
#include "http/service.hpp"
#include "hub/access_token.hpp"
#include "hub/meter.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::hub {

/// Which requests leave a line in the hub's log ([hub] access_log).
enum class AccessLevel {
    off,
    refused,  // all but those that a back end has answered
    all
};

/// A client of a stream port that did not come as far as an exchange.
struct RefusedHandshake {
    std::string_view exchange_id;
    std::string_view protocol;
    std::string_view peer;
    std::string_view location;
    std::string_view code;
    std::string_view why;
};

/// The hub's access record, in figures and lines: one line per request, found by the exchange id
/// that also stands in the agent's audit log and in the answer (docs/OPERATIONS.md#access-record).
/// One per worker.
class AccessLog {
public:
    /// Longer values, which a client may choose, are cut here.
    static constexpr std::size_t access_value_bytes_max = 256;

    explicit AccessLog(AccessLevel level) : level_(level) {}
    void use(AccessLevel level) { level_ = level; }
    void write(const RefusedHandshake& refused);
    const Counts& counts() const { return meter_.counts(); }

private:
    friend class AccessEntry;
    AccessLevel level_;
    Meter meter_;     // also of requests that leave no line
    log::Line line_;  // kept, so that a line allocates nothing here
};

/// The record of one request. Stands between the request and whoever serves it, counts what
/// passes, and writes the line when it is destroyed, also if the exchange was cancelled. What it
/// was given, and the views in it, must live as long as it does.
class AccessEntry final : private http::Body, private http::Answer {
public:
    AccessEntry(AccessLog& log, std::string_view exchange_id, const http::RequestHead& head,
                http::Body& up, http::Answer& down);
    ~AccessEntry() override;
    AccessEntry(const AccessEntry&) = delete;
    AccessEntry& operator=(const AccessEntry&) = delete;

    /// To be used in place of the request's own.
    http::Body& body() { return *this; }
    http::Answer& answer() { return *this; }

    void asked_by(std::shared_ptr<const Caller> caller) { caller_ = std::move(caller); }
    void asked_for(std::string_view authority, std::string_view location) {
        authority_ = authority;
        location_ = location;
    }
    /// The link is not kept: its agent may be gone before the request is.
    void sent_to(std::string_view agent) {
        if (level_ != AccessLevel::off) agent_ = agent;
    }
    /// The hub itself gives the answer; `code` is a literal.
    void refused(std::string_view code) { code_ = code; }
    /// It could not be carried to its end.
    void failed(const Error& why) {
        failed_ = true;
        why_ = why.code;
    }
    /// Another worker has the request now, and writes its line.
    void moved() { moved_ = true; }

private:
    BytesView peek() override { return up_.peek(); }
    void consume(std::size_t bytes) override;
    http::Body::State state() const override { return up_.state(); }
    http::Fields trailers() const override { return up_.trailers(); }

    net::Event& event() override { return down_.event(); }
    bool aborted() const override { return down_.aborted(); }
    void inform(const http::ResponseHead& head) override { down_.inform(head); }
    void start(const http::ResponseHead& head) override;
    bool started() const override { return down_.started(); }
    std::size_t write(BytesView bytes) override;
    void finish(http::Fields trailers) override { down_.finish(trailers); }
    void abort(const Error& why) override { down_.abort(why); }
    bool relocate(std::size_t worker) override { return down_.relocate(worker); }

    std::string_view outcome() const;
    void write_line(std::string_view outcome, std::chrono::steady_clock::duration whole) const;

    AccessLog& log_;
    AccessLevel level_;  // as the request began
    http::Body& up_;
    http::Answer& down_;
    http::Fields fields_;  // of the request
    std::chrono::steady_clock::time_point began_;
    std::shared_ptr<const Caller> caller_;
    std::string_view exchange_id_;
    std::string_view method_;
    std::string_view authority_;
    std::string_view location_;
    std::string_view code_;
    std::string agent_;
    boost::system::error_code why_;
    std::uint64_t received_ = 0;  // of the request body
    std::uint64_t sent_ = 0;      // of the answer's
    int status_ = 0;              // 0: no answer
    bool by_agent_ = false;       // the answer is the agent's own
    bool failed_ = false;
    bool moved_ = false;
    bool lasts_;  // as long as its two ends like
};

}  // namespace sallyport::hub
