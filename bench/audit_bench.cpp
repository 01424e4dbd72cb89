// What the audit log costs one exchange: a begin and an end, written once per turn; how many
// records a disk takes; how fast they are verified.
#include "audit/log.hpp"
#include "audit/verify.hpp"
#include "certs/sha256.hpp"

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>

namespace sallyport::audit {
namespace {

class Folder {
public:
    Folder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "sallyport-bench-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) std::abort();
        path = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

constexpr ExchangeBegin begin_event{
    .exchange = "7d3f0a52c1e94b6e8d1f",
    .tenant = "acme",
    .client = "sb-purchasing!t42",
    .hub = "prod",
    .user = "jane.doe@corp.example",
    .principal = "x509:CN=jane.doe,OU=corp",
    .virtual_host = "erp.virtual:44300",
    .internal_host = "https://s4.corp.local:44300",
    .method = "GET",
    .path = "/sap/opu/odata/sap/API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder('4500000001')",
    .rule = "2:/sap/opu/odata/"};
constexpr ExchangeEnd end_event{.exchange = "7d3f0a52c1e94b6e8d1f",
                                .outcome = outcome::answered,
                                .status = 200,
                                .request_bytes = 812,
                                .response_bytes = 20480,
                                .duration = std::chrono::microseconds(4200)};

void begin_and_end(benchmark::State& state) {
    const Folder folder;
    auto log = Log::open({.folder = folder.path / "audit", .configuration = std::string(64, 'a')});
    if (!log) return state.SkipWithError("cannot open the log");
    const auto pairs_per_turn = state.range(0);
    std::int64_t pairs = 0;
    for ([[maybe_unused]] auto _ : state) {
        (*log)->append(begin_event);
        (*log)->append(end_event);
        if (++pairs % pairs_per_turn == 0 && !(*log)->write())
            return state.SkipWithError("cannot write");
    }
    state.SetItemsProcessed(pairs);
}
// The process's time: what the sealer needs belongs to it.
BENCHMARK(begin_and_end)
    ->ArgName("pairs_per_turn")
    ->Arg(1)
    ->Arg(16)
    ->Arg(64)
    ->MeasureProcessCPUTime();

/// Exchanges that wait for the disk (`power`): each thread has one under way. The time is what one
/// of them waits, the items are records made durable.
void wait_for_the_disk(benchmark::State& state) {
    static std::optional<Folder> folder;
    static std::unique_ptr<Log> log;
    if (state.thread_index() == 0) {
        folder.emplace();
        auto opened = Log::open({.folder = folder->path / "audit",
                                 .durability = Durability::power,
                                 .configuration = std::string(64, 'a')});
        if (opened) log = std::move(*opened);
    }
    for ([[maybe_unused]] auto _ : state) {
        std::promise<bool> durable;
        log->sync(log->append(begin_event), [&](bool done) { durable.set_value(done); });
        if (!durable.get_future().get()) return state.SkipWithError("cannot write");
        log->append(end_event);
    }
    state.SetItemsProcessed(2 * state.iterations());
    if (state.thread_index() > 0) return;
    log.reset();
    folder.reset();
}
BENCHMARK(wait_for_the_disk)->ThreadRange(1, 256)->UseRealTime();

double bytes_per_record(const std::filesystem::path& folder, std::int64_t records) {
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder))
        if (file.is_regular_file()) bytes += file.file_size();
    return static_cast<double>(bytes) / static_cast<double>(records);
}

/// As `durability = "power"` does under load: a group of exchanges waits for one fdatasync(2).
void durable_group(benchmark::State& state) {
    const Folder folder;
    auto log = Log::open({.folder = folder.path / "audit",
                          .durability = Durability::power,
                          .configuration = std::string(64, 'a')});
    if (!log) return state.SkipWithError("cannot open the log");
    const auto group = state.range(0);
    std::int64_t records = 0;
    for ([[maybe_unused]] auto _ : state) {
        Sequence last = 0;
        for (std::int64_t i = 0; i < group; i += 2) {
            (*log)->append(begin_event);
            last = (*log)->append(end_event);
        }
        std::promise<bool> durable;
        (*log)->sync(last, [&durable](bool done) { durable.set_value(done); });
        if (!durable.get_future().get()) return state.SkipWithError("cannot write");
        records += group;
    }
    state.SetItemsProcessed(records);
    (*log)->close();
    state.counters["bytes/record"] = bytes_per_record(folder.path / "audit", records);
}
BENCHMARK(durable_group)->ArgName("records")->Arg(2)->Arg(64)->Arg(256)->Arg(512)->UseRealTime();

void verify_records(benchmark::State& state) {
    constexpr std::int64_t records = 200'000;
    const Folder folder;
    {
        auto log =
            Log::open({.folder = folder.path / "audit", .configuration = std::string(64, 'a')});
        if (!log) return state.SkipWithError("cannot open the log");
        for (std::int64_t i = 0; i < records; i += 2) {
            (*log)->append(begin_event);
            (*log)->append(end_event);
            if (i % 512 == 0 && !(*log)->write()) return state.SkipWithError("cannot write");
        }
    }
    for ([[maybe_unused]] auto _ : state) {
        const auto report = verify(folder.path / "audit");
        if (!report || !report->good()) return state.SkipWithError("the log is not good");
    }
    state.SetItemsProcessed(state.iterations() * records);
}
BENCHMARK(verify_records)->Unit(benchmark::kMillisecond);

void hash_with_kept_context(benchmark::State& state) {
    const std::string record(600, 'r');
    certs::Sha256Hasher hasher;
    for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(hasher(as_bytes(record)));
}
BENCHMARK(hash_with_kept_context);

void hash_at_once(benchmark::State& state) {
    const std::string record(600, 'r');
    for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(certs::sha256(as_bytes(record)));
}
BENCHMARK(hash_at_once);

}  // namespace
}  // namespace sallyport::audit
