#pragma once

#include "audit/log.hpp"
#include "http/message.hpp"
#include "mappings/table.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// The audit record of one exchange, translated from HTTP and policy words to those of
/// audit/events.hpp. Whatever happens, exactly one end is appended: by end() or refuse(), or as
/// "aborted" when the record is destroyed first (a link or the process went away). Lives in the
/// coroutine of the exchange; the head must outlive it.
class ExchangeRecord {
public:
    ExchangeRecord(audit::Log& log, std::string_view hub, std::string_view location,
                   const http::RequestHead& head, bool with_query);
    ~ExchangeRecord();
    ExchangeRecord(const ExchangeRecord&) = delete;
    ExchangeRecord& operator=(const ExchangeRecord&) = delete;

    /// The exchange was allowed by `decision`, whose mapping must outlive this.
    audit::Sequence begin(const mappings::Decision& decision);
    /// It was not: there is no begin, and the end says what was wanted.
    audit::Sequence refuse(int status, std::string_view reason);
    /// It is over. `reason` is empty when the back end answered.
    audit::Sequence end(std::string_view outcome, int status, std::string_view reason,
                        std::uint64_t request_bytes, std::uint64_t response_bytes);

private:
    audit::Log& log_;
    std::string_view hub_;
    std::string_view location_;
    const http::RequestHead& head_;
    std::string_view path_;
    std::string_view method_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    bool ended_ = false;
};

}  // namespace sallyport::agent
