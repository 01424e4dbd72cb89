// What the audit log costs one exchange: a begin and an end, written once per turn.
#include "audit/log.hpp"
#include "certs/sha256.hpp"

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <filesystem>
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
BENCHMARK(begin_and_end)->ArgName("pairs_per_turn")->Arg(1)->Arg(16)->Arg(64);

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
