#include "daemon/unrecorded_acts.hpp"

#include "audit/clock.hpp"
#include "audit/disk.hpp"
#include "audit/escape.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/write_all.hpp"
#include "daemon/json_text.hpp"
#include "daemon/strict_record.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <utility>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

constexpr mode_t acts_mode = 0600;
constexpr std::size_t act_text_bytes_max = 2048;  // as a record takes it
constexpr std::size_t shown_bytes_max = 200;
constexpr std::string_view done_at_key = "done_at";

using ActField = std::pair<std::string_view, std::string DoneAct::*>;
constexpr std::array<ActField, 8> act_fields{{
    {"act", &DoneAct::act},
    {"who", &DoneAct::who},
    {"account", &DoneAct::account},
    {"object", &DoneAct::object},
    {"before", &DoneAct::before},
    {"after", &DoneAct::after},
    {"outcome", &DoneAct::outcome},
    {"reason", &DoneAct::reason},
}};

/// A line of the file: JSON, whatever the texts are.
std::string act_line(const DoneAct& act, audit::WallTime done_at) {
    std::string line = "{\"" + std::string(done_at_key) + "\":\"" + audit::to_rfc3339(done_at);
    for (const auto& [key, text] : act_fields) {
        line.append("\",\"").append(key).append("\":\"");
        static_cast<void>(audit::append_escaped(line, act.*text, act_text_bytes_max));
    }
    return line.append("\"}\n");
}

struct KeptAct {
    DoneAct act{};
    std::string done_at{};
};

/// Nothing if it is no line of this file.
std::optional<KeptAct> read_act(std::string_view line) {
    boost::system::error_code failure;
    const auto value = json::parse(line, failure);
    if (failure || !value.is_object()) return std::nullopt;
    KeptAct kept{.done_at = text_at(value.get_object(), done_at_key)};
    for (const auto& [key, text] : act_fields) kept.act.*text = text_at(value.get_object(), key);
    if (kept.act.act.empty() || !audit::parse_rfc3339(kept.done_at)) return std::nullopt;
    return kept;
}

Result<FileDescriptor> open_acts(const std::filesystem::path& path) {
    FileDescriptor file(
        ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, acts_mode));
    if (!file) return os_error(path.string());
    return file;
}

Result<std::uint64_t> size_of(const FileDescriptor& file) {
    struct stat found {};
    if (::fstat(file.get(), &found) != 0) return os_error("fstat");
    return static_cast<std::uint64_t>(found.st_size);
}

/// Without the line that a crash has left unfinished.
std::string_view whole_lines(std::string_view text) { return text.substr(0, text.rfind('\n') + 1); }

}  // namespace

audit::Sequence append_act(audit::Log& log, const DoneAct& act, std::string_view done_at) {
    return log.append(audit::AdminAction{.act = act.act,
                                         .who = act.who,
                                         .account = act.account,
                                         .object = act.object,
                                         .before = act.before,
                                         .after = act.after,
                                         .outcome = act.outcome,
                                         .reason = act.reason,
                                         .done_at = done_at});
}

UnrecordedActs::UnrecordedActs(const std::filesystem::path& log_folder)
    : path_(log_folder.string() + ".acts") {}

void UnrecordedActs::take_over(audit::Log& log) {
    if (auto prepared = prepare(); !prepared)
        log::warn("audit.acts_room",
                  {{"error", to_text(prepared.error())},
                   {"do",
                    "make room, and see that the file can be written: without it, what is "
                    "done while the log has failed stands in the journal only"}});
    if (auto settled = settle(log); !settled)
        log::error("audit.acts_unsettled",
                   {{"error", to_text(settled.error())},
                    {"now", "they are recorded with the next act, or at the next start"}});
}

/// The file, without a torn line, and its room.
Result<void> UnrecordedActs::prepare() {
    const std::lock_guard lock(mutex_);
    const auto file = open_acts(path_);
    if (!file) return file.error();
    const auto text = read_file(path_, kept_bytes_max);
    if (!text) return text.error();
    auto& disk = audit::Disk::system();
    const auto whole = whole_lines(*text).size();
    if (whole < text->size())
        if (auto cut = disk.truncate(file->get(), whole); !cut) return cut;
    if (auto room = disk.allocate(file->get(), 0, kept_bytes_max);
        !room && audit::is_full(room.error()))
        return room;  // a file system that cannot reserve is none the worse
    return sync_folder(path_.parent_path());
}

void UnrecordedActs::tell(const DoneAct& act, bool kept) {
    log::warn("audit.act_unrecorded", {{"act", act.act},
                                       {"who", act.who},
                                       {"account", act.account},
                                       {"object", act.object},
                                       {"before", act.before},
                                       {"after", act.after},
                                       {"outcome", act.outcome},
                                       {"reason", act.reason},
                                       {"kept", kept}});
}

Result<void> UnrecordedActs::keep(const DoneAct& act, audit::WallTime done_at) {
    const auto write = [&]() -> Result<void> {
        const std::lock_guard lock(mutex_);
        const auto file = open_acts(path_);
        if (!file) return file.error();
        const auto size = size_of(*file);
        if (!size) return size.error();
        const auto line = act_line(act, done_at);
        if (*size + line.size() > kept_bytes_max)
            return Error{Errc::limit, "no more acts are kept until the audit log is repaired"};
        empty_ = false;
        auto& disk = audit::Disk::system();
        if (auto written = write_all(file->get(), line, path_.string()); !written) {
            static_cast<void>(disk.truncate(file->get(), *size));
            return written;
        }
        return disk.sync(file->get());
    };
    auto kept = write();
    tell(act, kept.has_value());
    return kept;
}

Result<void> UnrecordedActs::settle(audit::Log& log) {
    const std::lock_guard lock(mutex_);
    const auto failures = log.failures();
    if (empty_ || !log.healthy()) return {};
    const auto text = read_file(path_, kept_bytes_max);
    if (!text && text.error().code == std::errc::no_such_file_or_directory) return {};
    if (!text) return text.error();
    auto last = audit::not_recorded;
    for (auto rest = whole_lines(*text); !rest.empty();) {
        const auto end = rest.find('\n');
        if (const auto kept = read_act(rest.substr(0, end))) {
            last = append_act(log, kept->act, kept->done_at);
            // A log that fails or closes just now says so a moment later.
            if (last == audit::not_recorded && log.level() != audit::Level::off)
                return Error{Errc::unavailable, "the audit log takes no records just now"};
        } else
            log::error("audit.act_unreadable",
                       {{"file", path_.string()},
                        {"line", rest.substr(0, std::min(end, shown_bytes_max))}});
        rest.remove_prefix(end + 1);
    }
    if (last != audit::not_recorded)
        if (const auto safe = make_strict(log, last); !safe) return safe.error();
    if (log.failures() != failures)
        return Error{Errc::unavailable, "the audit log failed while acts were being recorded"};
    if (!text->empty()) {
        const auto file = open_acts(path_);
        if (!file) return file.error();
        auto& disk = audit::Disk::system();
        if (auto cut = disk.truncate(file->get(), 0); !cut) return cut;
        if (auto synced = disk.sync(file->get()); !synced) return synced;
        static_cast<void>(disk.allocate(file->get(), 0, kept_bytes_max));
    }
    empty_ = true;
    return {};
}

}  // namespace sallyport::daemon
