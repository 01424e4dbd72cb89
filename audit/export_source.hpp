#pragma once

#include "audit/disclosure_reader.hpp"
#include "audit/log_keys.hpp"
#include "audit/reader.hpp"
#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

struct ExportLine {
    std::string_view signed_line;  // as it stands in the log
    std::string_view shown;        // with personal values, if they were asked for
};

/// The records of a log in their order, for an export.
class ExportLines {
public:
    ExportLines(Reader reader, bool personal) : reader_(std::move(reader)), personal_(personal) {}

    /// The next whole line, valid until the call after; nullopt at the end. Errors as
    /// Reader::next().
    Result<std::optional<ExportLine>> next();

private:
    Reader reader_;
    bool personal_;
    std::optional<DisclosureReader> disclosures_;
    std::size_t segment_ = 0;  // of the disclosures
    std::string shown_;
};

/// A log that is exported: its files, and the newest checkpoint at that time.
class ExportSource {
public:
    /// Errors: Errc::not_found if there is no log; Errc::untrusted if the newest checkpoint is
    /// signed by nobody known; those of reading.
    static Result<ExportSource> open(const std::filesystem::path& folder);

    ExportLines read(bool personal) const { return {Reader(segments_), personal}; }
    Sequence first() const { return segments_.front().first; }
    /// How many records there were at least, counted from 0.
    std::uint64_t records() const { return records_; }
    /// nullopt if the log is not signed.
    const std::optional<SignedCheckpoint>& checkpoint() const { return checkpoint_; }
    /// The key that signs the log now; empty if it is not signed.
    const std::string& vkey() const { return vkey_; }

private:
    Result<void> read_checkpoint_of(const std::filesystem::path& folder);

    std::vector<Segment> segments_;
    std::uint64_t records_ = 0;
    std::optional<SignedCheckpoint> checkpoint_;
    std::string vkey_;
};

/// Takes out what is said of persons in clear text; the commitments stay.
void drop_personal(boost::json::object& fields);

}  // namespace sallyport::audit
