#include "audit/disclosure_reader.hpp"

#include "audit/escape.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

namespace sallyport::audit {
namespace {

/// Where `,"user_c":"` stands in the line; npos if it does not. No text of a record can hold it,
/// since a quote in a text has a backslash before it.
std::size_t find_commitment(std::string_view line, std::string_view field) {
    std::string key(",\"");
    key.append(field).append(commitment_suffix).append("\":\"");
    return line.find(key);
}

std::string_view commitment_at(std::string_view line, std::size_t at, std::string_view field) {
    const auto start = at + field.size() + commitment_suffix.size() + 5;  // ,"":"
    return line.substr(start, 2 * sizeof(certs::Sha256));
}

std::string_view value_of(std::string_view field, std::string_view committed,
                          std::span<const Disclosure> disclosures) {
    auto value = erased_text;
    for (const auto& disclosure : disclosures) {
        if (disclosure.field != field) continue;
        if (commitment(disclosure.salt, disclosure.value) == committed) return disclosure.value;
        value = falsified_text;
    }
    return value;
}

bool has_commitment(std::string_view line) {
    return line.find("_c\":\"") != std::string_view::npos;
}

}  // namespace

Result<bool> DisclosureReader::open() {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) {
        if (errno == ENOENT) return false;
        return os_error("stat " + path_.string());
    }
    // Another file, or a shorter one: some of it was erased.
    if (status.st_ino != inode_ || static_cast<std::uint64_t>(status.st_size) < offset_)
        offset_ = 0;
    inode_ = status.st_ino;
    auto opened = LineReader::open(path_, offset_);
    if (!opened && opened.error().code == boost::system::errc::no_such_file_or_directory)
        return false;
    if (!opened) return opened.error();
    lines_.emplace(std::move(*opened));
    return true;
}

/// Reads the next line; false if there is none yet.
Result<bool> DisclosureReader::advance() {
    ahead_sequence_.reset();
    if (!lines_) {
        const auto opened = open();
        if (!opened || !*opened) return opened;
    }
    while (true) {
        const auto line = lines_->next();
        if (!line) return line.error();
        if (!*line || !(*line)->whole) {  // more may be written
            lines_.reset();
            return false;
        }
        offset_ = (*line)->offset + (*line)->length;
        const auto sequence = disclosed_sequence((*line)->bytes);
        if (!sequence || !(*line)->fits()) continue;
        ahead_.assign((*line)->bytes);
        ahead_sequence_ = *sequence;
        return true;
    }
}

Result<std::span<const Disclosure>> DisclosureReader::of(Sequence sequence) {
    found_.clear();
    while (true) {
        if (!ahead_sequence_) {
            const auto more = advance();
            if (!more) return more.error();
            if (!*more) break;
        }
        if (*ahead_sequence_ > sequence) break;
        if (*ahead_sequence_ == sequence && found_.size() < disclosures_per_record_max)
            if (auto disclosure = parse_disclosure(ahead_))
                found_.push_back(std::move(*disclosure));
        ahead_sequence_.reset();
    }
    return std::span<const Disclosure>(found_);
}

std::string join(std::string_view line, std::span<const Disclosure> disclosures) {
    struct Place {
        std::size_t at;
        std::string_view field;
        std::string_view value;
    };
    std::vector<Place> places;
    for (const auto field : personal_fields) {
        const auto at = find_commitment(line, field);
        if (at == std::string_view::npos) continue;
        places.push_back({at, field, value_of(field, commitment_at(line, at, field), disclosures)});
    }
    std::ranges::sort(places, {}, &Place::at);
    std::string joined;
    std::size_t done = 0;
    for (const auto& [at, field, value] : places) {
        joined.append(line.substr(done, at - done)).append(",\"").append(field).append("\":\"");
        append_escaped_again(joined, value);
        joined += '"';
        done = at;
    }
    return joined.append(line.substr(done));
}

Result<std::string> join(std::string_view line, DisclosureReader& reader) {
    if (!has_commitment(line)) return std::string(line);
    const auto sequence = disclosed_sequence(line);  // both kinds of line begin alike
    if (!sequence) return std::string(line);
    const auto disclosures = reader.of(*sequence);
    if (!disclosures) return disclosures.error();
    return join(line, *disclosures);
}

}  // namespace sallyport::audit
