#include "audit/disclosure.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <system_error>

namespace sallyport::audit {
namespace {

constexpr std::string_view line_start = "{\"seq\":";
constexpr std::string_view disclosure_extension = ".pii";
constexpr std::string_view unfinished = ".new";

std::optional<DisclosureFile> disclosure_file(const std::filesystem::path& path) {
    DisclosureFile file{.path = path};
    std::string_view name = path.native();
    name.remove_prefix(name.rfind('/') + 1);  // npos + 1 = 0
    file.unfinished = name.ends_with(unfinished);
    if (file.unfinished) name.remove_suffix(unfinished.size());
    const auto first = parse_decimal(name.substr(0, name.find('.')));
    if (!first || name != disclosures_name(*first)) return std::nullopt;
    file.first = *first;
    return file;
}

Error malformed_disclosure(std::string_view what) {
    return {Errc::malformed, "not a disclosure: " + std::string(what)};
}

std::optional<std::string_view> text_at(const boost::json::object& object, std::size_t i,
                                        std::string_view key) {
    const auto& entry = object.begin()[i];
    if (std::string_view(entry.key()) != key || !entry.value().is_string()) return std::nullopt;
    const auto& text = entry.value().get_string();
    return std::string_view(text.data(), text.size());
}

}  // namespace

bool is_personal(std::string_view field) {
    return std::ranges::find(personal_fields, field) != personal_fields.end();
}

std::string commitment_key(std::string_view field) {
    return std::string(field) + std::string(commitment_suffix);
}

std::string commitment(const Salt& salt, std::string_view value) {
    certs::Sha256Hasher hasher;
    hasher.update(salt);
    hasher.update(as_bytes(value));
    return to_hex(hasher.finish());
}

Result<Sequence> disclosed_sequence(std::string_view line) {
    if (!line.starts_with(line_start)) return malformed_disclosure("no \"seq\"");
    line.remove_prefix(line_start.size());
    return parse_decimal(line.substr(0, line.find(',')));
}

Result<Disclosure> parse_disclosure(std::string_view line) {
    constexpr std::size_t keys = 4;
    if (line.size() > disclosure_bytes_max) return malformed_disclosure("too long");
    if (line.ends_with('\n')) line.remove_suffix(1);
    const auto sequence = disclosed_sequence(line);
    if (!sequence) return sequence.error();
    boost::json::parse_options options;
    options.max_depth = 1;
    boost::system::error_code failure;
    const auto json = boost::json::parse(line, failure, {}, options);
    if (failure || !json.is_object()) return malformed_disclosure("no JSON object");
    const auto& object = json.get_object();
    if (object.size() != keys) return malformed_disclosure("not its four keys");
    const auto field = text_at(object, 1, "field");
    const auto salt = text_at(object, 2, "salt");
    const auto value = text_at(object, 3, "value");
    if (!field || !salt || !value || !is_personal(*field))
        return malformed_disclosure("not its four keys");
    const auto bytes = from_hex(*salt);
    if (!bytes || bytes->size() != salt_bytes) return malformed_disclosure("its salt");
    Disclosure disclosure{
        .sequence = *sequence, .field = std::string(*field), .value = std::string(*value)};
    std::ranges::copy(*bytes, disclosure.salt.begin());
    return disclosure;
}

std::string disclosures_name(Sequence first) {
    return std::filesystem::path(segment_name(first))
        .replace_extension(disclosure_extension)
        .string();
}

std::filesystem::path disclosures_path(const Segment& segment) {
    return segment.path.parent_path() / disclosures_name(segment.first);
}

std::filesystem::path unfinished_path(const std::filesystem::path& disclosures) {
    return disclosures.string() + std::string(unfinished);
}

Result<std::vector<DisclosureFile>> list_disclosures(const std::filesystem::path& folder) {
    std::vector<DisclosureFile> files;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure))
        if (auto file = disclosure_file(entry->path())) files.push_back(std::move(*file));
    if (failure)
        return Error{boost::system::error_code(failure.value(), boost::system::system_category()),
                     "read the folder " + folder.string()};
    std::ranges::sort(files, {}, &DisclosureFile::first);
    return files;
}

}  // namespace sallyport::audit
