#include "daemon/program_metrics.hpp"

#include "base/log.hpp"
#include "daemon/json_text.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

double seconds_of(const timeval& time) {
    constexpr double microseconds_per_second = 1e6;
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / microseconds_per_second;
}

/// The second number of /proc/self/statm (proc(5)), in pages.
std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t all = 0;
    std::uint64_t resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t open_descriptors() {
    std::error_code failure;
    const std::filesystem::directory_iterator first("/proc/self/fd", failure);
    if (failure) return 0;
    return static_cast<std::size_t>(
        std::distance(begin(first), std::filesystem::directory_iterator()));
}

/// By the names that all Prometheus clients give them.
void add_process(Metrics& metrics, std::chrono::steady_clock::time_point started) {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    // Said once: clocks that are set must not look like a restart.
    static const auto began = std::chrono::system_clock::now() -
                              std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                  std::chrono::steady_clock::now() - started);
    metrics.counter("process_cpu_seconds_total", "CPU time of the process, user and system.")
        .add({}, seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
    metrics.gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.")
        .add({}, resident_bytes());
    metrics.gauge("process_open_fds", "Open file descriptors.").add({}, open_descriptors());
    metrics.gauge("process_max_fds", "How many file descriptors may be open.")
        .add({}, descriptors.rlim_cur);
    metrics.gauge("process_start_time_seconds", "When the process started, since 1970.")
        .add({}, std::chrono::duration<double>(began.time_since_epoch()).count());
}

void add_forwarders(Metrics& metrics, const forward::Forwarders& forwarders) {
    auto& records = metrics.gauge("sallyport_audit_forward_lag_records",
                                  "Audit records that were not brought there yet.");
    auto& lag = metrics.gauge("sallyport_audit_forward_lag_seconds",
                              "Time since all audit records had been brought there.");
    auto& delivered = metrics.counter("sallyport_audit_forward_delivered_total",
                                      "Audit records brought there, repeated ones too.");
    auto& skipped = metrics.counter("sallyport_audit_forward_skipped_total",
                                    "Audit records deleted before they were brought there.");
    auto& errors = metrics.counter("sallyport_audit_forward_errors_total",
                                   "Attempts and connections that failed.");
    for (const auto& one : forwarders.status()) {
        const Metrics::Labels labels{{"forwarder", one.settings.name}};
        records.add(labels, one.lag_records);
        lag.add(labels, one.lag.count());
        delivered.add(labels, one.delivered);
        skipped.add(labels, one.skipped);
        errors.add(labels, one.errors);
    }
}

void add_witnesses(Metrics& metrics, const boost::json::array& witnesses) {
    auto& lag = metrics.gauge("sallyport_audit_witness_lag_records",
                              "Sealed audit records that this witness has not countersigned.");
    auto& refuses = metrics.gauge("sallyport_audit_witness_refuses",
                                  "1 while this witness refuses to countersign the audit log.");
    for (const auto& entry : witnesses) {
        const auto& witness = entry.as_object();
        const auto name = text_of(witness.at("name"));
        lag.add({{"witness", name}}, witness.at("not_countersigned").to_number<std::uint64_t>());
        refuses.add({{"witness", name}}, witness.contains("refusal"));
    }
}

}  // namespace

void add_program_metrics(Metrics& metrics, std::string_view program,
                         std::chrono::steady_clock::time_point started) {
    metrics.gauge("sallyport_build_info", "Always 1; which program in which version runs.")
        .add({{"program", program}, {"version", SALLYPORT_VERSION}}, 1);
    add_process(metrics, started);
    metrics
        .counter("sallyport_log_lines_dropped_total",
                 "Lines of the log lost because nobody took them in time.")
        .add({}, log::dropped());
}

void add_memory_budget(Metrics& metrics, std::size_t used_bytes, std::size_t bytes_max) {
    metrics.gauge("sallyport_memory_budget_used_bytes", "What streams hold, and may be sent.")
        .add({}, used_bytes);
    metrics.gauge("sallyport_memory_budget_bytes", "What they may hold together.")
        .add({}, bytes_max);
}

void add_audit_metrics(Metrics& metrics, const audit::Log& log,
                       const forward::Forwarders& forwarders, const boost::json::array& witnesses) {
    metrics.gauge("sallyport_audit_healthy", "1 while the audit log records.")
        .add({}, log.healthy());
    metrics.gauge("sallyport_audit_nearly_full", "1 while its disk has no room for exchanges.")
        .add({}, log.nearly_full());
    metrics
        .counter("sallyport_audit_sealed_records_total",
                 "Audit records that a signed checkpoint covers.")
        .add({}, log.sealed().size);
    metrics
        .gauge("sallyport_audit_dropped_records",
               "Audit records that were not taken since the log failed; 0 while it is healthy.")
        .add({}, log.dropped());
    metrics
        .gauge("sallyport_audit_unrecorded_exchanges",
               "Exchanges that passed without a record since the log failed.")
        .add({}, log.unrecorded());
    const auto storage = log.storage();
    metrics.gauge("sallyport_audit_bytes", "Size of the files of the audit log.")
        .add({}, storage.bytes);
    metrics.gauge("sallyport_audit_disk_free_bytes", "What is free on its disk.")
        .add({}, storage.free_bytes);
    metrics.gauge("sallyport_audit_disk_bytes", "Size of its disk.").add({}, storage.total_bytes);
    add_forwarders(metrics, forwarders);
    add_witnesses(metrics, witnesses);
}

}  // namespace sallyport::daemon
