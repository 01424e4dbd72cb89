#include "agent/restore.hpp"

#include "agent/backup_files.hpp"
#include "agent/restore_place.hpp"
#include "agent/restore_staging.hpp"
#include "audit/folder_lock.hpp"
#include "audit/log.hpp"
#include "audit/log_keys.hpp"
#include "audit/restored.hpp"
#include "audit/verify_generations.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/identity.hpp"
#include "certs/restored.hpp"
#include "certs/sha256.hpp"
#include "daemon/own_act.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace sallyport::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prepared_mark = "prepared";
constexpr std::size_t mark_bytes_max = 4 * 1024;
/// Of a backup's file, that tell it from every other: its head has random salts.
constexpr std::size_t telling_bytes = 256;

Result<std::string> mark_of(const fs::path& backup) {
    const FileDescriptor file(::open(backup.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return os_error("open " + backup.string());
    std::array<char, telling_bytes> begin{};
    const auto count = ::read(file.get(), begin.data(), begin.size());
    if (count < 0) return os_error("read " + backup.string());
    return to_hex(
        certs::sha256(as_bytes(std::string_view(begin.data(), static_cast<std::size_t>(count)))));
}

class Restore {
public:
    Restore(const RestoreOrder& order, const Secret& passphrase)
        : order_(order), passphrase_(passphrase) {}

    Result<RestoreReport> run() {
        auto mark = mark_of(order_.backup);
        if (!mark) return mark.error();
        mark_ = std::move(*mark);
        if (auto staged = stage(); !staged) return staged.error();
        if (auto judged = judge_configuration(); !judged) return judged.error();
        auto log = open_log();
        if (!log) return log.error();
        if (auto enrolled = enrol_once(**log); !enrolled) return enrolled.error();
        const auto recorded = daemon::record_own_act(**log, "restore.completed",
                                                     order_.backup.string(), report_.name);
        if (!recorded) return recorded.error();
        (*log)->close();
        auto aside = put_in_place(staging_, *config_);
        if (!aside) return aside.error();
        report_.put_aside = std::move(*aside);
        report_.state_dir = config_->state_dir.string();
        return std::move(report_);
    }

private:
    /// Everything unpacked and checked, the log in the backup put aside.
    Result<void> stage() {
        auto reader = backup::Reader::open(order_.backup, passphrase_);
        if (!reader) return reader.error();
        auto unpacked = unpack((*reader)->archive(), order_,
                               [this](const Config& config) { return begin_staging(config); });
        if (report_.resumed) {
            auto config = staged_config(staging_, order_);
            if (!config) return config.error();
            config_ = std::move(*config);
            return {};
        }
        if (!unpacked) {
            std::error_code ignored;
            if (!staging_.empty()) fs::remove_all(staging_, ignored);
            return unpacked.error();
        }
        config_ = std::move(unpacked->config);
        if (auto aside = put_log_aside(unpacked->about); !aside) return aside;
        return replace_file(staging_ / prepared_mark, mark_, 0600);
    }

    /// The state directory is known: nobody may be at work there.
    Result<fs::path> begin_staging(const Config& config) {
        const auto& state_dir = config.state_dir;
        std::error_code ignored;
        if (!fs::exists(state_dir, ignored))
            if (auto made = make_folder(state_dir, 0700); !made) return made.error();
        for (const auto& folder : {state_dir, config.audit_folder()}) {
            if (!fs::exists(folder, ignored)) continue;
            auto lock = audit::lock_folder(folder);
            if (!lock && lock.error().code == Errc::conflict)
                return Error{Errc::conflict, "an agent, or another restore, is at work in " +
                                                 state_dir.string() + ": stop it first"};
            if (!lock) return lock.error();
            locks_.push_back(std::move(*lock));
        }
        const auto in_the_way = state_in_the_way(state_dir);
        if (!in_the_way) return in_the_way.error();
        const auto staging = state_dir / staging_name;
        const auto mark = read_file(staging / prepared_mark, mark_bytes_max);
        if (mark && *mark == mark_) {
            staging_ = staging;
            report_.resumed = true;
            return Error{Errc::aborted, "this backup is unpacked already"};
        }
        if (mark && fs::exists(staging / backup_state_folder / "identity" / "active", ignored))
            return Error{Errc::conflict,
                         "the restore of another backup was interrupted when the agent was "
                         "enrolled already: repeat that one, or delete " +
                             staging.string()};
        if (!in_the_way->empty() && order_.existing == RestoreOrder::Existing::refuse)
            return Error{Errc::conflict, state_dir.string() + " is not empty (" +
                                             in_the_way->front().filename().string() +
                                             "): --force puts aside what is there"};
        fs::remove_all(staging, ignored);
        if (auto made = make_folder(staging / backup_state_folder, 0700); !made)
            return made.error();
        if (auto made = make_folder(staging, 0700); !made) return made.error();
        staging_ = staging;
        return staging_;
    }

    fs::path staged_audit() const { return staging_ / backup_state_folder / "audit"; }

    Result<void> put_log_aside(const BackupAbout& about) {
        const auto keys = audit::LogKeys::read(staged_audit());
        if (!keys) return keys.error();
        if (!*keys) return {};  // an agent that never ran
        const auto verified = audit::verify_whole(staged_audit(), {});
        if (!verified) return verified.error();
        const auto& seal = verified->log.seal;
        audit::Generation generation{
            .origin = seal.origin,
            .size = seal.size,
            .root = seal.root,
            .vkey = seal.vkeys.empty() ? "" : seal.vkeys.back(),
            .broken = std::string(audit::restored_words) + " " + about.text()};
        if (!verified->good()) generation.broken += "; it was not as it was signed";
        auto aside = audit::put_aside(staged_audit(), std::move(generation));
        if (!aside) return aside.error();
        return {};
    }

    Result<void> judge_configuration() {
        if (order_.existing == RestoreOrder::Existing::put_aside ||
            order_.configuration == RestoreOrder::Configuration::as_it_is)
            return {};
        const auto in_the_way = configuration_in_the_way(staging_, order_.config_file);
        if (!in_the_way) return in_the_way.error();
        if (in_the_way->empty()) return {};
        return Error{Errc::conflict,
                     in_the_way->front().string() +
                         " is there, and is not what the backup has: --force puts it aside, "
                         "--keep-config goes on with the configuration that is there"};
    }

    /// The log that follows the one in the backup.
    Result<std::unique_ptr<audit::Log>> open_log() {
        auto log = audit::Log::open(daemon::audit_settings(config_->audit, staged_audit(),
                                                           config_->digest, "sallyport restore"));
        if (!log) return log;
        if (auto failure = (*log)->failure()) return *failure;
        report_.origin = (*log)->identity().origin;
        auto before = audit::newest_generation(staged_audit());
        if (!before) return before.error();
        if (*before) report_.before = std::move(**before);
        report_.log_good = report_.before.broken.find("not as it was") == std::string::npos;
        return log;
    }

    Result<void> enrol_once(const audit::Log& log) {
        const auto folder = staging_ / backup_state_folder / "identity";
        auto store = certs::IdentityStore::open(folder);
        if (!store) return store.error();
        if (const auto identity = store->load_active()) {
            const auto name = identity->name();
            report_.name = name ? name->text() : "";
            report_.serial = identity->chain.front().serial();
            return {};
        }
        const auto token = order_.token();
        if (!token) return token.error();
        auto way = way_of(*config_, *token);
        const auto& before = report_.before;
        way.restored = certs::Restored{.origin = before.origin,
                                       .size = before.origin.empty() ? 0 : before.size,
                                       .root = before.root,
                                       .next_origin = report_.origin,
                                       .next_key = log.identity().vkey}
                           .to_text();
        const auto enrolled = enrol_now(*token, way, folder);
        if (!enrolled) return enrolled.error();
        report_.name = enrolled->name;
        report_.serial = enrolled->certificate.serial();
        return {};
    }

    const RestoreOrder& order_;
    const Secret& passphrase_;
    std::string mark_;
    std::vector<FileDescriptor> locks_;
    fs::path staging_;
    std::optional<Config> config_;
    RestoreReport report_;
};

}  // namespace

Result<RestoreReport> restore(const RestoreOrder& order, const Secret& passphrase) {
    return Restore(order, passphrase).run();
}

}  // namespace sallyport::agent
