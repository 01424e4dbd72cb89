#include "agent/restore_staging.hpp"

#include "agent/backup_files.hpp"
#include "audit/clock.hpp"
#include "backup/extract.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"
#include "certs/strict_json.hpp"

#include <algorithm>
#include <optional>
#include <sys/stat.h>

namespace sallyport::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view mappings_folder = "mappings.d/";

/// Never what a stranger may change, whatever the archive says.
mode_t mode_for(const backup::Entry& entry) {
    if (entry.name.starts_with(backup_audit_folder)) return 0640;
    if (entry.name.starts_with(backup_state_folder)) return 0600;
    return (entry.mode & 0755) | S_IRUSR | S_IWUSR;
}

struct HeldFile {
    Secret content;
    mode_t mode = 0600;
};

/// agent.toml, then mappings.d; `texts` by their names below the folder of the configuration.
Result<Config> parse_documents(const std::map<std::string, std::string>& texts,
                               const std::string& main, const fs::path& config_file) {
    const auto found = texts.find(main);
    if (found == texts.end())
        return Error{Errc::malformed, "the backup holds no " + main + ", its configuration"};
    std::vector<std::pair<std::string, std::string>> documents{
        {config_file.string(), found->second}};
    for (const auto& [name, text] : texts)
        if (name.starts_with(mappings_folder) && name.ends_with(".toml"))
            documents.emplace_back((config_file.parent_path() / name).string(), text);
    auto config = Config::parse(documents);
    if (!config)
        return Error{config.error().code,
                     "the configuration in the backup is not valid here:\n" +
                         config.error().detail +
                         "\nto go on with one that is there already: --keep-config"};
    return config;
}

class Unpacker {
public:
    Unpacker(backup::ArchiveReader& archive, const RestoreOrder& order, const StagingPlace& place)
        : archive_(archive), order_(order), place_(place) {}

    Result<Unpacked> run() {
        while (true) {
            auto entry = archive_.next();
            if (!entry) return entry.error();
            if (!*entry) break;
            if (auto taken = take(**entry); !taken) return taken.error();
        }
        if (auto begun = begin(); !begun) return begun.error();
        return std::move(*unpacked_);
    }

private:
    Result<void> take(const backup::Entry& entry) {
        if (!is_restorable(entry.name))
            return Error{Errc::denied, "the backup holds a file that no backup of an agent has, " +
                                           entry.name + "; nothing was restored"};
        if (entry.name == backup::about_name) return take_about();
        if (entry.name.starts_with(backup_config_folder)) return take_configuration(entry);
        if (auto begun = begin(); !begun) return begun;
        return backup::extract(archive_, entry, folder_, mode_for(entry));
    }

    Result<void> take_about() {
        const auto text = archive_.read_all(backup::about_bytes_max);
        if (!text) return text.error();
        auto about = BackupAbout::parse(*text);
        if (!about) return about.error();
        about_ = std::move(*about);
        return {};
    }

    Result<void> take_configuration(const backup::Entry& entry) {
        if (order_.configuration == RestoreOrder::Configuration::as_it_is) return {};
        if (unpacked_)
            return Error{Errc::malformed,
                         "the backup has its configuration behind its state: " + entry.name};
        return hold(entry);
    }

    Result<void> hold(const backup::Entry& entry) {
        if (held_.size() == restored_config_files_max)
            return Error{Errc::limit, "the backup holds too many files of a configuration"};
        auto content = archive_.read_all(restored_config_bytes_max - held_bytes_);
        if (!content) return content.error();
        held_bytes_ += content->size();
        const auto name = entry.name.substr(backup_config_folder.size());
        const auto added =
            held_.try_emplace(name, HeldFile{Secret(std::move(*content)), mode_for(entry)});
        if (!added.second) return Error{Errc::malformed, "the backup holds twice " + entry.name};
        return {};
    }

    /// Once: when the configuration is known.
    Result<void> begin() {
        if (unpacked_) return {};
        const bool from_backup = order_.configuration == RestoreOrder::Configuration::from_backup;
        if (from_backup && order_.config_file.filename() != about_.configuration)
            return Error{Errc::conflict, "the configuration in the backup is called " +
                                             about_.configuration + ": give --config FOLDER/" +
                                             about_.configuration};
        auto config = !from_backup ? Config::load(order_.config_file) : held_config();
        if (!config) return config.error();
        auto folder = place_(*config);
        if (!folder) return folder.error();
        folder_ = std::move(*folder);
        unpacked_ = Unpacked{about_, std::move(*config)};
        for (const auto& [name, held] : held_) {
            const auto entry = std::string(backup_config_folder) + name;
            auto put = backup::extract(held.content.reveal(), entry, folder_, held.mode);
            if (!put) return put;
        }
        held_.clear();
        return {};
    }

    Result<Config> held_config() const {
        std::map<std::string, std::string> texts;
        for (const auto& [name, held] : held_)
            if (name == about_.configuration || name.ends_with(".toml"))
                texts.emplace(name, held.content.reveal());
        return parse_documents(texts, about_.configuration, order_.config_file);
    }

    backup::ArchiveReader& archive_;
    const RestoreOrder& order_;
    const StagingPlace& place_;
    BackupAbout about_;
    std::map<std::string, HeldFile> held_;
    std::size_t held_bytes_ = 0;
    fs::path folder_;
    std::optional<Unpacked> unpacked_;
};

std::string about_text(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

}  // namespace

Result<BackupAbout> BackupAbout::parse(std::string_view json) {
    const auto about = certs::parse_strict_object(json);
    if (!about) return Error{about.error().code, "backup.json: " + about.error().detail};
    const auto* format = about->if_contains("format");
    if (format == nullptr || *format != 1 || about_text(*about, "program") != "sallyport")
        return Error{Errc::unsupported,
                     "this is not the backup of an agent, or a newer version made it"};
    BackupAbout read{.configuration = about_text(*about, "configuration"),
                     .host = about_text(*about, "host"),
                     .agent = about_text(*about, "agent")};
    const auto* made = about->if_contains("made");
    if (!backup::is_entry_name(read.configuration) || made == nullptr || !made->is_int64())
        return Error{Errc::malformed, "backup.json is incomplete"};
    read.made = audit::to_rfc3339(audit::WallTime(
        std::chrono::seconds(std::clamp<std::int64_t>(made->get_int64(), 0, 1LL << 36))));
    const auto* log = about->if_contains("log");
    if (log == nullptr || !log->is_object()) return read;
    const auto& facts = log->get_object();
    read.log.origin = about_text(facts, "origin");
    read.log.root = about_text(facts, "root");
    read.log.vkey = about_text(facts, "vkey");
    if (const auto* size = facts.if_contains("size"); size != nullptr && size->is_int64())
        read.log.size = static_cast<std::uint64_t>(std::max<std::int64_t>(0, size->get_int64()));
    return read;
}

std::string BackupAbout::text() const {
    return "made " + made + (host.empty() ? "" : " on " + host) +
           (agent.empty() ? "" : ", agent " + agent);
}

Result<Unpacked> unpack(backup::ArchiveReader& archive, const RestoreOrder& order,
                        const StagingPlace& place) {
    return Unpacker(archive, order, place).run();
}

Result<Config> staged_config(const fs::path& staging, const RestoreOrder& order) {
    if (order.configuration == RestoreOrder::Configuration::as_it_is)
        return Config::load(order.config_file);
    const auto folder = staging / backup_config_folder;
    std::map<std::string, std::string> texts;
    std::error_code failure;
    for (fs::recursive_directory_iterator entry(folder, failure);
         !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
        const auto name = name_below(folder, entry->path());
        std::error_code ignored;
        if (!name.ends_with(".toml") || !entry->is_regular_file(ignored)) continue;
        auto text = read_input_file(entry->path(), config_file_bytes_max);
        if (!text) return text.error();
        texts.emplace(name, std::move(*text));
    }
    if (failure) return Error{failure, "read " + folder.string()};
    return parse_documents(texts, order.config_file.filename().string(), order.config_file);
}

}  // namespace sallyport::agent
