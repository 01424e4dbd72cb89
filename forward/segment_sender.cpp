#include "forward/segment_sender.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/disclosure.hpp"
#include "audit/log_keys.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "forward/cursor.hpp"
#include "net/blocking_pool.hpp"
#include "net/connect.hpp"
#include "net/within.hpp"
#include "ssh/session.hpp"

#include <algorithm>

namespace sallyport::forward {
namespace {

constexpr std::string_view checkpoints_extension = ".cp";
constexpr std::string_view keys_name = "vkeys";  // that the checkpoints are checked with

}  // namespace

ssh::Credentials::Files ssh_files(const Settings& settings) {
    return {settings.key_file, settings.passphrase_file, settings.known_hosts_file};
}

/// Ends with an error, or without one when stop() was called.
net::Task<Result<void>> SegmentSender::deliver() {
    if (auto prepared = prepare(); !prepared) co_return prepared;
    while (!stopping()) {
        if (auto listening = watch().listen(); !listening) co_return listening;
        auto looking = look();
        const auto there = co_await std::move(looking);
        if (!there) co_return there.error();
        auto found = next(*there);
        if (!found) {
            give_up();  // segments are rare
            say_connected();
            auto waiting = rest(net::deadline_in(std::chrono::hours(1)));
            (void)co_await std::move(waiting);
            if (!stopping()) co_await net::sleep_for(gather);
            continue;
        }
        auto sending = send(std::move(*found));
        if (auto sent = co_await std::move(sending); !sent) co_return sent;
    }
    co_return Result<void>();
}

/// Looks for the cursor, once. A new one begins with the segment that is being written.
Result<void> SegmentSender::prepare() {
    if (began_) return {};
    auto loaded = load_cursor(cursor_file());
    if (!loaded && loaded.error().code != Errc::malformed) return loaded.error();
    if (!loaded)
        log::warn("forward.cursor_lost", {{"name", settings().name},
                                          {"error", to_text(loaded.error())},
                                          {"now", "begins at the start of the log"}});
    if (loaded && *loaded) {
        next_ = (*loaded)->sequence;
        log_ = (*loaded)->digest;
    } else if (loaded && settings().begin == Begin::end) {
        const auto segments = audit::list_segments(wiring().log_folder);
        if (!segments) return segments.error();
        next_ = segments->empty() ? 0 : segments->back().first;
        if (auto saved = save_cursor(cursor_file(), {next_, next_, {}}); !saved) return saved;
    }
    if (next_ > 0) status().sequence = status().kept = next_ - 1;
    began_ = true;
    return {};
}

/// A segment is finished when there are checkpoints of a later one: only then does its own last
/// one, which covers all of it, stand in its file.
Result<SegmentSender::Look> SegmentSender::look_at(const std::filesystem::path& folder) {
    const auto keys = audit::LogKeys::read(folder);
    if (!keys) return keys.error();
    const auto checkpoints = audit::list_checkpoint_files(folder);
    if (!checkpoints) return checkpoints.error();
    auto segments = audit::list_segments(folder);
    if (!segments) return segments.error();
    const auto newest = std::find_if(checkpoints->rbegin(), checkpoints->rend(),
                                     [](const audit::Segment& file) { return file.bytes > 0; });
    return Look{.origin = *keys ? (*keys)->origin() : std::string(),
                .segments = std::move(*segments),
                .unsealed = newest == checkpoints->rend() ? 0 : newest->first};
}

net::Task<Result<SegmentSender::Look>> SegmentSender::look() {
    std::function<Result<Look>()> job = [folder = wiring().log_folder] { return look_at(folder); };
    auto looking = net::run_on_pool<Look>(wiring().pool, wiring().loop, std::move(job));
    co_return co_await std::move(looking);
}

/// The oldest one that is finished and not sent yet.
std::optional<SegmentSender::Next> SegmentSender::next(const Look& there) {
    const auto& segments = there.segments;
    if (segments.empty()) return std::nullopt;
    const auto log = certs::sha256(as_bytes(there.origin));
    const bool known = log_ != certs::Sha256{};
    if (known ? log_ != log : segments.back().first < next_) {
        log::warn("forward.log_changed",
                  {{"name", settings().name}, {"now", "begins at the start of the new one"}});
        next_ = 0;
    }
    log_ = log;
    status().sendable = there.unsealed;
    const auto first = std::ranges::find_if(
        segments, [this](const audit::Segment& segment) { return segment.first >= next_; });
    if (first == segments.end() || first->first >= there.unsealed ||
        std::next(first) == segments.end())
        return std::nullopt;
    if (first->first > next_) {
        status().skipped += first->first - next_;
        log::warn("forward.skipped", {{"name", settings().name},
                                      {"records", first->first - next_},
                                      {"why", "deleted before they were sent"}});
        next_ = first->first;
    }
    return Next{there.origin, *first, std::next(first)->first};
}

/// The segment comes last: where it is, everything of it is.
std::vector<std::filesystem::path> SegmentSender::files_of(const audit::Segment& segment) const {
    const auto path = [&](std::string_view extension) {
        auto plain = segment.path;
        if (segment.compressed()) plain.replace_extension();
        return plain.replace_extension(extension);
    };
    std::vector<std::filesystem::path> files;
    std::error_code ignored;
    if (const auto keys = wiring().log_folder / keys_name; std::filesystem::exists(keys, ignored))
        files.push_back(keys);
    if (const auto notes = path(checkpoints_extension); std::filesystem::exists(notes, ignored))
        files.push_back(notes);
    const auto names = audit::disclosures_path(segment);
    if (settings().personal && std::filesystem::exists(names, ignored)) files.push_back(names);
    files.push_back(segment.path);
    return files;
}

net::Task<Result<void>> SegmentSender::send(Next next) {
    if (!client_) {
        auto connecting = connect();
        if (auto connected = co_await std::move(connecting); !connected) co_return connected;
    }
    say_connected();
    watch_.emplace(wiring().sweep, event(), *client_);
    client_->use(*watch_);
    const auto folder = folder_of_log(settings().folder, next.origin);
    auto making = make_upload_folder(*client_, folder);
    if (auto made = co_await std::move(making); !made) co_return made;
    for (const auto& file : files_of(next.segment)) {
        auto checking = check_log(next.origin);
        if (auto same = co_await std::move(checking); !same) co_return same;
        auto uploading = upload_file(*client_, *watch_, file, folder);
        if (auto uploaded = co_await std::move(uploading); !uploaded)
            co_return Error{uploaded.error().code,
                            file.filename().string() + ": " + uploaded.error().detail};
    }
    status().delivered += next.behind - next.segment.first;
    status().sequence = next.behind - 1;
    next_ = next.behind;
    auto keeping = keep();
    co_return co_await std::move(keeping);
}

/// A log that is put aside meanwhile has another one's files under the names of its own.
net::Task<Result<void>> SegmentSender::check_log(std::string_view origin) {
    auto looking = look();
    const auto there = co_await std::move(looking);
    if (!there) co_return there.error();
    if (there->origin == origin) co_return Result<void>();
    co_return Error{Errc::closed, "the log was put aside while it was being sent"};
}

net::Task<Result<void>> SegmentSender::keep() {
    const auto next = next_;
    std::function<Result<void>()> job = [next, log = log_, file = cursor_file()] {
        return save_cursor(file, {next, next, log});
    };
    auto saving = net::run_on_pool<void>(wiring().pool, wiring().loop, std::move(job));
    if (auto saved = co_await std::move(saving); !saved) co_return saved;
    status().kept = next - 1;
    co_return Result<void>();
}

net::Task<Result<void>> SegmentSender::connect() {
    const auto deadline = net::deadline_in(connect_time);
    const auto files = ssh_files(settings());
    std::function<Result<ssh::CredentialsPtr>()> job = [files] {
        return ssh::Credentials::load(files);
    };
    auto loading =
        net::run_on_pool<ssh::CredentialsPtr>(wiring().pool, wiring().loop, std::move(job));
    auto credentials = co_await std::move(loading);
    if (!credentials) co_return credentials.error();
    auto socket = co_await net::dial(wiring().pool, wiring().loop, settings().host, settings().port,
                                     net::ConnectOptions(), deadline);
    if (!socket) co_return socket.error();
    ssh::Session::Options options;
    options.host = settings().host;
    options.port = settings().port;
    options.user = settings().user;
    options.credentials = std::move(*credentials);
    auto session = co_await ssh::Session::start(wiring().loop, wiring().sweep, wiring().pool,
                                                std::move(*socket), std::move(options), deadline);
    if (!session) co_return session.error();
    auto channel = co_await (*session)->open_subsystem("sftp", deadline);
    if (!channel) co_return channel.error();
    auto client = co_await ssh::SftpClient::open(wiring().loop, std::move(*channel), deadline);
    if (!client) co_return client.error();
    client_ = std::move(*client);
    co_return Result<void>();
}

void SegmentSender::give_up() {
    client_.reset();
    watch_.reset();
}

net::Task<void> SegmentSender::finish() {
    give_up();
    co_return;
}

}  // namespace sallyport::forward
