#pragma once

#include "audit/disclosure_reader.hpp"
#include "audit/reader.hpp"

#include <optional>
#include <string>

namespace sallyport::audit {

/// Reads the lines of a log as Reader does, with the personal values beside their commitments.
class JoinedReader {
public:
    static Result<JoinedReader> open(const std::filesystem::path& folder);

    /// The next line; `bytes` and `length` are of the joined one. Errors as
    /// Reader::next().
    Result<std::optional<RawLine>> next();

    const Segment& segment() const { return reader_.segment(); }

private:
    explicit JoinedReader(Reader reader) : reader_(std::move(reader)) {}

    Reader reader_;
    std::optional<DisclosureReader> disclosures_;
    std::size_t segment_ = 0;  // of the disclosures
    std::string line_;
};

}  // namespace sallyport::audit
