#pragma once

#include "audit/joined_reader.hpp"
#include "audit/record.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace sallyport::test {

/// What stands in an audit log, of one event.
inline std::vector<audit::Record> records_of(const std::filesystem::path& folder,
                                             std::string_view event) {
    std::vector<audit::Record> all;
    auto reader = audit::JoinedReader::open(folder);
    while (reader) {
        const auto line = reader->next();
        if (!line || !*line) break;
        auto record = audit::parse_record((*line)->bytes);
        if (record && record->event == event) all.push_back(std::move(*record));
    }
    return all;
}

}  // namespace sallyport::test
