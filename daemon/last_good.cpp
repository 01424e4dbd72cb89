#include "daemon/last_good.hpp"

#include "audit/log.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "certs/strict_json.hpp"
#include "mappings/document_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

constexpr std::int64_t last_good_version = 1;
/// Of a list, in a record; the program's status has the whole.
constexpr std::size_t told_bytes_max = 1'000;

Error not_ours() {
    return {Errc::malformed, "the last good configuration is not as the program writes it"};
}

std::optional<std::string> text_member(const json::object& object, std::string_view key) {
    const auto* member = object.if_contains(key);
    if (member == nullptr || !member->is_string()) return std::nullopt;
    return std::string(member->get_string());
}

std::string closed_text(const LastGoodUse& use) {
    std::string text;
    for (const auto& one : use.closed) text.append(text.empty() ? "" : "; ").append(one);
    if (text.size() > told_bytes_max) text = text.substr(0, told_bytes_max) + "...";
    return text.empty() ? "nothing" : text;
}

}  // namespace

Result<LastGood> LastGood::parse(std::string_view text) {
    const auto object =
        certs::parse_strict_object(text, {.bytes_max = last_good_bytes_max, .depth_max = 4});
    if (!object) return not_ours();
    const auto* version = object->if_contains("version");
    const auto* documents = object->if_contains("documents");
    const auto saved = text_member(*object, "saved");
    if (version == nullptr || !version->is_int64() || version->get_int64() != last_good_version ||
        !saved || documents == nullptr || !documents->is_array() || documents->get_array().empty())
        return not_ours();
    LastGood good;
    const auto moment = mappings::parse_moment(*saved);
    if (!moment) return not_ours();
    good.saved = *moment;
    for (const auto& value : documents->get_array()) {
        const auto* document = value.if_object();
        if (document == nullptr) return not_ours();
        auto name = text_member(*document, "name");
        auto content = text_member(*document, "text");
        if (!name || !content) return not_ours();
        good.documents.emplace_back(std::move(*name), std::move(*content));
    }
    return good;
}

Result<LastGood> LastGood::load(const std::filesystem::path& file) {
    const auto text = read_file(file, last_good_bytes_max);
    if (!text) return text.error();
    return parse(*text);
}

Result<LastGood> LastGood::in(const std::filesystem::path& state_folder,
                              const std::filesystem::path& config) {
    const auto kept = state_folder / last_good_name;
    auto good = load(kept);
    if (!good && good.error().code == std::errc::no_such_file_or_directory)
        return Error{Errc::not_found, "there is no last good configuration to start with"};
    if (good && good->documents.front().first != config.string())
        return Error{Errc::conflict,
                     kept.string() + " is of another file, " + good->documents.front().first};
    return good;
}

std::string LastGood::text() const {
    json::array all;
    for (const auto& [name, content] : documents)
        all.push_back(json::object{{"name", name}, {"text", content}});
    return json::serialize(json::object{{"version", last_good_version},
                                        {"saved", mappings::to_text(saved)},
                                        {"documents", std::move(all)}}) +
           "\n";
}

Result<void> LastGood::save(const std::filesystem::path& file) const {
    const auto content = text();
    if (content.size() > last_good_bytes_max)
        return Error{Errc::limit, "the configuration is too large to be kept as the last good one"};
    return replace_file(file, content, 0600);
}

void LastGoodKeeper::keep(const std::filesystem::path& file, const std::string& digest,
                          const ConfigTexts& documents) {
    if (kept_digest_ == digest) return;
    const auto at_start = kept_digest_.empty() ? LastGood::load(file) : Result<LastGood>(Error{});
    if (!at_start || at_start->documents != documents) {
        const LastGood good{.saved = std::chrono::system_clock::now(), .documents = documents};
        if (auto saved = good.save(file); !saved)
            return log::warn("config.not_kept", {{"error", to_text(saved.error())},
                                                 {"what", "the last good configuration"}});
    }
    kept_digest_ = digest;
}

json::object to_json(const LastGoodUse& use) {
    json::array closed;
    for (const auto& one : use.closed) closed.emplace_back(one);
    return {
        {"why", use.why}, {"saved", mappings::to_text(use.saved)}, {"closed", std::move(closed)}};
}

std::vector<std::string> warnings_of(const LastGoodUse& use, std::string_view what_is_closed) {
    std::vector<std::string> warnings{"THE CONFIGURATION ON DISK IS BROKEN, the last good one of " +
                                      mappings::to_text(use.saved) + " is in force: " + use.why};
    for (const auto& closed : use.closed)
        warnings.push_back(std::string(what_is_closed) + ": " + closed);
    return warnings;
}

void tell_last_good(const LastGoodUse& use, audit::Log& log, const std::filesystem::path& config,
                    std::string_view program) {
    const auto closed = closed_text(use);
    const auto name = std::string(program);
    log::error("config.broken", {{"error", use.why},
                                 {"what", "the last good configuration is in force"},
                                 {"saved", mappings::to_text(use.saved)},
                                 {"closed", closed},
                                 {"do", "mend it (" + name + " check), then " + name + " reload"}});
    log.append(audit::AdminAction{.act = "config.last_good",
                                  .who = "start",
                                  .object = config.native(),
                                  .after = closed,
                                  .outcome = "done",
                                  // What is wrong may repeat parts of the file, for ever here.
                                  .reason = "the files cannot be used; the program's log and "
                                            "status say why"});
}

std::optional<std::string> first_value(std::string_view text, std::string_view key) {
    const auto skip_blanks = [](std::string_view& line) {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    };
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        skip_blanks(line);
        if (!line.starts_with(key)) continue;
        line.remove_prefix(key.size());
        skip_blanks(line);
        if (!line.starts_with('=')) continue;
        line.remove_prefix(1);
        skip_blanks(line);
        const auto close = line.empty() ? line.npos : line.find(line.front(), 1);
        auto value =
            close == line.npos ? std::nullopt : mappings::simple_string(line.substr(0, close + 1));
        if (value) return value;
    }
    return std::nullopt;
}

}  // namespace sallyport::daemon
