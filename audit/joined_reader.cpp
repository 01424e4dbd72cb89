#include "audit/joined_reader.hpp"

namespace sallyport::audit {

Result<JoinedReader> JoinedReader::open(const std::filesystem::path& folder) {
    auto reader = Reader::open(folder);
    if (!reader) return reader.error();
    return JoinedReader(std::move(*reader));
}

Result<std::optional<RawLine>> JoinedReader::next() {
    auto line = reader_.next();
    if (!line || !*line || !(*line)->whole || !(*line)->fits()) return line;
    if (!disclosures_ || segment_ != reader_.segment_index()) {
        segment_ = reader_.segment_index();
        disclosures_.emplace(disclosures_path(reader_.segment()));
    }
    auto joined = join((*line)->bytes, *disclosures_);
    if (!joined) return joined.error();
    line_ = std::move(*joined);
    (*line)->bytes = line_;
    (*line)->length = line_.size();
    return line;
}

}  // namespace sallyport::audit
