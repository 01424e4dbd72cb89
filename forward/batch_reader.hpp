#pragma once

#include "audit/disclosure_reader.hpp"
#include "audit/record.hpp"
#include "forward/settings.hpp"
#include "forward/source.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::forward {

/// Reads for one target what it is to get. Everything here may block, so it is called on the pool,
/// by one job at a time.
class BatchReader {
public:
    /// Of the log, at a time.
    static constexpr std::size_t bytes_max = 256 * 1024;

    BatchReader(std::filesystem::path folder, std::optional<Cursor> after, Begin begin,
                audit::Sequence seen, const Settings& settings)
        : source_(std::move(folder), after, begin, seen),
          events_(settings.events),
          personal_(settings.personal) {}

    struct Place {
        bool reached = false;  // if not, seek() again
        std::optional<Cursor> position{};
        bool log_changed = false;
    };
    /// Goes to where reading begins. Errors: those of Source.
    Result<Place> seek();

    struct Item {
        audit::Record record;
        std::string line;
    };
    struct Batch {
        std::vector<Item> items{};
        std::optional<Cursor> position{};  // behind it
        std::uint64_t skipped = 0;         // records that cannot be had, since the one before
        bool at_end = false;               // of the log, for now
    };
    /// Errors: those of Source; of the disclosures.
    Result<Batch> read();

private:
    Result<void> take(std::string_view line, Batch& batch);
    Result<std::string> with_names(std::string_view line);
    bool wants(const audit::Record& record) const;

    Source source_;
    const std::vector<std::string> events_;
    const bool personal_;
    std::uint64_t skipped_before_ = 0;
    std::optional<audit::DisclosureReader> names_;  // of the segment `names_of_`
    audit::Sequence names_of_ = 0;
};

}  // namespace sallyport::forward
