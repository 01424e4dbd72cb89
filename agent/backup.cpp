#include "agent/backup.hpp"

#include "agent/backup_files.hpp"
#include "agent/principal_keys.hpp"
#include "audit/log_cut.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t copied_file_bytes_max = std::size_t{16} * 1024 * 1024;
constexpr std::size_t named_files_max = 1'024;
constexpr mode_t kept_mode = 0777;

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

class Gatherer {
public:
    Gatherer(const Config& config, backup::Writer& writer, BackupReport& report)
        : config_(config), writer_(writer), report_(report) {}

    Result<void> run() {
        auto log = audit::cut_log(config_.audit_folder());
        if (!log) return Error{log.error().code, "audit log: " + log.error().detail};
        report_.origin = log->origin;
        report_.records = log->size;
        if (auto told = tell_about(*log); !told) return told;
        if (auto added = add_configuration(); !added) return added;
        if (auto added = add_state(); !added) return added;
        return add_log(*log);
    }

private:
    Result<void> tell_about(const audit::LogCut& log) {
        using std::chrono::floor;
        using std::chrono::seconds;
        const auto now = floor<seconds>(std::chrono::system_clock::now()).time_since_epoch();
        const boost::json::object about{{"format", 1},
                                        {"program", "sallyport"},
                                        {"version", SALLYPORT_VERSION},
                                        {"made", now.count()},
                                        {"host", host_name()},
                                        {"agent", agent_name_of(config_)},
                                        {"configuration", config_.file.filename().string()},
                                        {"configuration_folder", folder().string()},
                                        {"state_dir", config_.state_dir.string()},
                                        {"log", boost::json::object{{"origin", log.origin},
                                                                    {"size", log.size},
                                                                    {"root", log.root},
                                                                    {"vkey", log.vkey}}}};
        return writer_.add(std::string(backup::about_name), boost::json::serialize(about) + "\n");
    }

    fs::path folder() const { return config_.file.parent_path(); }

    /// agent.toml first, which says where the state goes, then mappings.d, then what they name.
    Result<void> add_configuration() {
        if (auto read = add_text(config_.file); !read) return read;
        std::error_code failure;
        std::vector<fs::path> more;
        const auto mappings = folder() / "mappings.d";
        for (fs::directory_iterator entry(mappings, failure);
             !failure && entry != fs::directory_iterator(); entry.increment(failure))
            if (entry->path().extension() == ".toml" &&
                !entry->path().filename().native().starts_with('.'))
                more.push_back(entry->path());
        if (failure && failure != std::errc::no_such_file_or_directory)
            return Error{failure, "read " + mappings.string()};
        std::ranges::sort(more);
        for (const auto& path : more)
            if (auto read = add_text(path); !read) return read;
        for (const auto& path : named_)
            if (auto added = add_named(path); !added) return added;
        return {};
    }

    Result<void> add_text(const fs::path& path) {
        const auto text = read_config_file(path, config_file_bytes_max);
        if (!text) return text.error();
        for (auto& named : quoted_paths(*text))
            if (std::ranges::find(named_, named) == named_.end() && named_.size() < named_files_max)
                named_.push_back(std::move(named));
        return add_file(path);
    }

    Result<void> add_named(const fs::path& path) {
        std::error_code ignored;
        if (!name_below(config_.state_dir, path).empty() || path == config_.state_dir) return {};
        const bool ours = !name_below(folder(), path).empty();
        if (is_file(path)) {
            if (ours) return add_file(path);
            report_.left_out.push_back(path.string());
            return {};
        }
        if (!ours || !fs::is_directory(path, ignored)) return {};
        for (const auto& entry : fs::directory_iterator(path, ignored))  // e.g. [trust] ca_folder
            if (is_file(entry.path()))
                if (auto added = add_file(entry.path()); !added) return added;
        return {};
    }

    Result<void> add_file(const fs::path& path) {
        const auto name = name_below(folder(), path);
        if (std::ranges::find(report_.configuration, name) != report_.configuration.end())
            return {};
        report_.configuration.push_back(name);
        return copy(std::string(backup_config_folder) + name, path);
    }

    Result<void> add_state() {
        std::error_code failure;
        std::vector<std::string> names;
        for (fs::directory_iterator entry(config_.state_dir, failure);
             !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
            auto name = entry->path().filename().string();
            if (is_state_kept(name) && is_file(entry->path())) names.push_back(std::move(name));
        }
        if (failure) return Error{failure, "read " + config_.state_dir.string()};
        std::ranges::sort(names);
        for (const auto& name : names) {
            report_.state.push_back(name);
            const auto entry = std::string(backup_state_folder) + name;
            if (auto copied = copy(entry, config_.state_dir / name); !copied) return copied;
        }
        return {};
    }

    /// Small files, whole: they are replaced, never changed.
    Result<void> copy(const std::string& name, const fs::path& path) {
        auto content = read_input_file(path, copied_file_bytes_max);
        if (!content) return content.error();
        const Secret secret(std::move(*content));
        struct stat facts {};
        if (::stat(path.c_str(), &facts) != 0) return os_error("look at " + path.string());
        return writer_.add(name, secret.reveal(), facts.st_mode & kept_mode);
    }

    Result<void> add_log(audit::LogCut& log) {
        constexpr mode_t log_mode = 0640;
        while (true) {
            const auto file = log.next();
            if (!file) return file.error();
            if (!*file) return {};
            const backup::Entry entry{.name = std::string(backup_audit_folder) + (*file)->name,
                                      .size = (*file)->bytes,
                                      .mode = log_mode};
            if (auto added = writer_.add(entry, (*file)->file); !added) return added;
        }
    }

    const Config& config_;
    backup::Writer& writer_;
    BackupReport& report_;
    std::vector<std::string> named_;
};

}  // namespace

Result<BackupReport> make_backup(const Config& config, backup::Writer::Settings settings,
                                 const Secret& passphrase) {
    auto writer = backup::Writer::create(std::move(settings), passphrase);
    if (!writer) return writer.error();
    BackupReport report;
    if (auto gathered = Gatherer(config, **writer, report).run(); !gathered)
        return gathered.error();
    auto written = (*writer)->finish();
    if (!written) return written.error();
    report.written = std::move(*written);
    return report;
}

}  // namespace sallyport::agent
