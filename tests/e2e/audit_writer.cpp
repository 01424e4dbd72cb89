// A program that does nothing but keep an audit log, as fast as it can, until it is killed:
// audit_writer FOLDER process|power SEGMENT_BYTES BOOT_ID [once|verify]
// It says "opened", then "begin ID" and "end ID" when the log has promised that the record
// survives, and "erased USER SEQUENCE" when what is disclosed of a user before that record is gone.
// `once`: opens the log and closes it; `verify`: and then verifies it.
#include "audit/erasure.hpp"
#include "audit/log.hpp"
#include "audit/verify.hpp"

#include <charconv>
#include <cstdio>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace sallyport;
using audit::Durability;

constexpr int threads = 3;
constexpr std::uint64_t exchanges_of_a_user = 4;  // then the first thread erases him
constexpr std::chrono::milliseconds between_checkpoints{10};

void say(const std::string& line) {
    // One write(2) per line, so that a kill cuts none in two.
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(1);
}

bool survives(audit::Log& log, audit::Sequence sequence) {
    if (sequence == audit::not_recorded) return false;
    if (log.durability() == Durability::process) return log.write().has_value();
    std::promise<bool> durable;
    auto answer = durable.get_future();
    log.sync(sequence, [&durable](bool done) { durable.set_value(done); });
    return answer.get();
}

/// Whether the exchange could be recorded.
bool exchange(audit::Log& log, const std::string& id, const std::string& user) {
    static const std::string padding(700, 'x');
    const auto begin = log.append(audit::ExchangeBegin{.exchange = id,
                                                       .tenant = "acme",
                                                       .user = user,
                                                       .virtual_host = padding,
                                                       .method = "GET",
                                                       .path = id});
    if (!survives(log, begin)) return false;
    say("begin " + id + "\n");
    const auto end = log.append(
        audit::ExchangeEnd{.exchange = id, .outcome = audit::outcome::answered, .status = 200});
    if (!survives(log, end)) return false;
    say("end " + id + "\n");
    return true;
}

/// Only this thread has exchanges of its users.
void work(audit::Log& log, const std::string& process, int thread) {
    const auto name = process + "." + std::to_string(thread);
    const auto user = "user" + std::to_string(thread) + "@corp.example";
    for (std::uint64_t number = 1; log.healthy(); ++number) {
        if (!exchange(log, name + "." + std::to_string(number), user)) return;
        if (thread > 0 || number % exchanges_of_a_user != 0) continue;
        if (const auto erased = log.erase({.subject = user}, "audit_writer"))
            say("erased " + user + " " + std::to_string(erased->record) + "\n");
    }
}

int report_on(std::string_view folder) {
    const auto report = audit::verify(std::filesystem::path(folder));
    if (!report) {
        std::fprintf(stderr, "audit_writer: %s\n", to_text(report.error()).c_str());
        return 1;
    }
    for (const auto& problem : report->problems)
        std::fprintf(stderr, "audit_writer: %s:%llu: %s\n", problem.file.c_str(),
                     static_cast<unsigned long long>(problem.line), problem.text.c_str());
    return report->good() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string_view> given(arguments + 1, arguments + count);
    if (given.size() < 4) return 2;
    audit::Settings settings{
        .folder = given[0],
        .durability = given[1] == "power" ? Durability::power : Durability::process,
        .configuration = std::string(64, 'a')};
    std::from_chars(given[2].data(), given[2].data() + given[2].size(), settings.segment_bytes_max);
    settings.checkpoint_interval = between_checkpoints;
    auto log = audit::Log::open(settings, {.boot = std::string(given[3])});
    if (!log || !(*log)->healthy()) {
        const auto failure = log ? (*log)->failure() : log.error();
        std::fprintf(stderr, "audit_writer: %s\n", to_text(*failure).c_str());
        return 1;
    }
    say("opened\n");
    if (given.size() > 4) {
        (*log)->close();
        return given[4] == "verify" ? report_on(given[0]) : 0;
    }
    std::vector<std::thread> workers;
    for (int number = 0; number < threads; ++number)
        workers.emplace_back([&log, number] { work(**log, std::to_string(::getpid()), number); });
    for (auto& worker : workers) worker.join();
    std::fprintf(stderr, "audit_writer: %s\n", to_text(*(*log)->failure()).c_str());
    return 1;
}
