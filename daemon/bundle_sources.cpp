// Where the parts of a bundle come from.
#include "base/config_excerpt.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/bundle.hpp"
#include "daemon/bundle_redaction.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

constexpr std::size_t journal_lines = 5'000;
constexpr std::chrono::milliseconds journal_patience{20'000};
constexpr std::size_t config_bytes_max = 16 * 1024 * 1024;
constexpr std::uint64_t audit_bytes_read = 2 * 1024 * 1024;
constexpr std::chrono::seconds daemon_patience{20};

/// The last `bytes_wanted` of a file, from the beginning of a line on. Errors: the operating
/// system's.
Result<std::string> tail_of(const std::filesystem::path& path, std::uint64_t bytes_wanted) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat facts {};
    if (!file || ::fstat(file.get(), &facts) != 0) return os_error("read " + path.string());
    if (!S_ISREG(facts.st_mode)) return Error{Errc::malformed, path.string() + " is no plain file"};
    const auto size = static_cast<std::uint64_t>(facts.st_size);
    const auto from = size > bytes_wanted ? size - bytes_wanted : 0;
    std::string text(static_cast<std::size_t>(size - from), '\0');
    std::size_t got = 0;
    while (got < text.size()) {
        const auto read = ::pread(file.get(), text.data() + got, text.size() - got,
                                  static_cast<off_t>(from + got));
        if (read < 0 && errno == EINTR) continue;
        if (read < 0) return os_error("read " + path.string());
        if (read == 0) break;
        got += static_cast<std::size_t>(read);
    }
    text.resize(got);
    if (from > 0) text.erase(0, text.find('\n') == std::string::npos ? 0 : text.find('\n') + 1);
    return text;
}

/// All that a process writes until it ends, is silent for too long, or has written too much; of
/// more than a part holds the end.
std::string output_of(int pipe) {
    std::string text;
    std::array<char, 64 * 1024> chunk{};
    while (true) {
        pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
        const int polled = ::poll(&ready, 1, static_cast<int>(journal_patience.count()));
        if (polled < 0 && errno == EINTR) continue;
        if (polled <= 0) return text;
        const auto got = ::read(pipe, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(got));
        if (text.size() > 2 * bundle_part_bytes_max)
            text.erase(0, text.size() - bundle_part_bytes_max);
    }
}

/// As journalctl(1) tells it, which reads every format of journal that its machine writes; nothing
/// if there is none, or it may not be read.
std::string journal_of(const std::string& unit) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    const FileDescriptor ours(ends[0]);
    FileDescriptor theirs(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    auto of_unit = "--unit=" + unit + ".service";
    auto lines = "--lines=" + std::to_string(journal_lines);
    std::array<std::string, 7> words{"journalctl",         of_unit,      lines,    "--utc",
                                     "--output=short-iso", "--no-pager", "--quiet"};
    std::array<char*, words.size() + 1> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
    std::string path = "PATH=/usr/bin:/bin";  // and no settings of whoever calls
    const std::array<char*, 2> environment{path.data(), nullptr};
    pid_t child = 0;
    const int failure = ::posix_spawn(&child, "/usr/bin/journalctl", &actions, nullptr,
                                      arguments.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    theirs.close();
    if (failure != 0) return {};
    auto text = output_of(ours.get());
    ::kill(child, SIGTERM);  // has ended by itself, or is not to go on
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    return text;
}

/// The number behind `"seq":`, or nothing.
std::string_view sequence_of(std::string_view line) {
    constexpr std::string_view key = "\"seq\":";
    const auto at = line.find(key);
    if (at == std::string_view::npos) return {};
    const auto rest = line.substr(at + key.size());
    return rest.substr(0, rest.find_first_not_of("0123456789"));
}

/// The newest segment that is not compressed.
std::filesystem::path newest_segment(const std::filesystem::path& folder) {
    std::filesystem::path newest;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure))
        if (entry->path().extension() == ".jsonl" && entry->path().filename() > newest.filename())
            newest = entry->path();
    return newest;
}

/// The last lines, and the number of the first of them.
std::string last_lines(std::string_view text, std::size_t count) {
    auto from = text.size();
    while (count > 0 && from > 0) {
        const auto before = text.substr(0, from - 1).rfind('\n');
        from = before == std::string_view::npos ? 0 : before + 1;
        --count;
    }
    return std::string(text.substr(from));
}

std::string lines_from(std::string_view text, std::string_view first_sequence) {
    std::string out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        const auto line = text.substr(0, end);
        const auto sequence = sequence_of(line);
        if (std::pair(sequence.size(), sequence) >=
            std::pair(first_sequence.size(), first_sequence))
            out += line;
        text.remove_prefix(end);
    }
    return out;
}

}  // namespace

BundlePart version_part(std::string_view program) {
    utsname system{};
    ::uname(&system);
    auto text = std::string(program) + " " SALLYPORT_VERSION "\nkernel " + system.release + " " +
                system.machine + "\n";
    for (const auto* file : {"/etc/os-release", "/proc/meminfo", "/proc/loadavg"})
        if (const auto content = read_file(file, 64 * 1024))
            text += "\n-- " + std::string(file) + "\n" + *content;
    return {.name = "version.txt", .what = "versions and the machine", .content = std::move(text)};
}

BundlePart log_part(std::string_view unit, const std::filesystem::path& file) {
    BundlePart part{.name = "log.txt"};
    if (!file.empty()) {
        const auto tail = tail_of(file, bundle_part_bytes_max);
        part.what = tail ? "end of " + file.string() : to_text(tail.error());
        if (tail) part.content = log_without_config_errors(*tail);
        return part;
    }
    part.content = log_without_config_errors(journal_of(std::string(unit)));
    part.what = part.content.empty()
                    ? "the journal has nothing of " + std::string(unit) +
                          ", or may not be read: run this as root, or name a file with --log"
                    : "journal of " + std::string(unit);
    return part;
}

std::vector<BundlePart> doctor_parts(std::vector<Finding> findings) {
    for (auto& finding : findings)
        if (finding.id == configuration_finding && finding.judged.verdict == Verdict::failed)
            finding.judged.seen =
                "not valid; what is wrong may repeat parts of it, so it is left "
                "out: `check` says it";
    for (auto& finding : findings)  // a warning of the daemon may say it again
        finding.judged.seen = line_without_config_error(finding.judged.seen);
    std::string text;
    for (const auto& finding : findings) text += finding_text(finding, Paint());
    text += summary_text(findings, Paint());
    return {{.name = "doctor.txt", .what = "what doctor found", .content = std::move(text)},
            {.name = "doctor.json",
             .what = "the same for programs",
             .content = boost::json::serialize(findings_json(findings))}};
}

BundlePart status_part(const std::filesystem::path& socket, std::string what) {
    auto part = daemon_part(socket, "/v1/status", "status.json", std::move(what));
    part.content = status_without_config_errors(part.content);
    return part;
}

BundlePart daemon_part(const std::filesystem::path& socket, std::string_view target,
                       std::string name, std::string what) {
    BundlePart part{.name = std::move(name), .what = std::move(what), .content = {}};
    auto answer = ask_daemon_for_text(socket, std::string(target), daemon_patience);
    if (answer)
        part.content = std::move(*answer);
    else
        part.what += ": " + to_text(answer.error());
    return part;
}

std::vector<BundlePart> audit_parts(const std::filesystem::path& folder, std::size_t records,
                                    bool personal) {
    BundlePart part{.name = "audit-tail.jsonl",
                    .what =
                        "newest records of the audit log, without personal values and "
                        "without those of paths with a query"};
    const auto segment = newest_segment(folder);
    if (records == 0 || segment.empty()) return {part};
    const auto tail = tail_of(segment, audit_bytes_read);
    if (!tail) {
        part.what += ": " + to_text(tail.error());
        return {part};
    }
    part.content = last_lines(*tail, records);
    if (!personal) {
        part.content = records_without_queries(part.content);
        return {part};
    }
    BundlePart disclosed{.name = "audit-tail.pii",
                         .what = "PERSONAL VALUES of these records, as was asked for"};
    auto file = segment;
    const auto values = tail_of(file.replace_extension(".pii"), audit_bytes_read);
    if (values) disclosed.content = lines_from(*values, sequence_of(part.content));
    return {part, disclosed};
}

BundlePart config_part(const std::filesystem::path& file, bool (*is_listed)(std::string_view)) {
    BundlePart part{.name = "configuration/" + file.filename().string(),
                    .what = "what of " + file.string() + " may be shown"};
    const auto text = read_file(file, config_bytes_max);
    const auto excerpt =
        text ? config_excerpt(*text, is_listed) : Result<std::string>(text.error());
    if (excerpt)
        part.content = *excerpt;
    else
        part.what += ": " + to_text(excerpt.error());
    return part;
}

}  // namespace sallyport::daemon
