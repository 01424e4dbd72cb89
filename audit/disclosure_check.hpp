#pragma once

#include "audit/disclosure_reader.hpp"
#include "audit/record.hpp"
#include "audit/segment.hpp"
#include "audit/verify.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// Compares what is disclosed beside a segment with what its records committed to. What is not
/// disclosed is no problem: it is counted.
class DisclosureCheck {
public:
    /// What is wrong, in plain words; records come in their order. Errors: the operating system's.
    Result<std::vector<std::string>> check(const Segment& segment, const Record& record);

    /// Which values are there, and whether records tell of the erasure of the others.
    PersonalReport report() const;

private:
    /// Of a segment that does not disclose everything.
    struct Absent {
        Sequence first = 0;
        bool file = false;  // its disclosures are there
        std::uint64_t values = 0;
    };

    /// A value that is disclosed.
    struct Told {
        std::string_view field;
        bool right = false;  // the record commits to it
    };

    void open(const Segment& segment);
    void count(const Record& record, std::span<const Told> told);
    void hear(const Record& record);

    std::optional<DisclosureReader> reader_;
    Sequence first_ = 0;  // of the segment it reads
    bool file_ = false;   // beside it
    PersonalReport found_;
    std::vector<Absent> absent_;
    std::map<std::string, std::uint64_t, std::less<>> erasures_;  // values, by subject_c
    std::uint64_t files_pruned_ = 0;
};

}  // namespace sallyport::audit
