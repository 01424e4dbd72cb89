// How long `audit query` takes over a large log: query_bench FOLDER makes one of a million records
// there, with the real writer, if it holds none, and asks it. QUERY_BENCH_RECORDS says how many.
#include "audit/log.hpp"
#include "audit/query.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace sallyport;
using namespace sallyport::audit;

bool make_log(const std::filesystem::path& folder, std::uint64_t records) {
    auto log = Log::open({.folder = folder, .configuration = std::string(64, 'a')});
    if (!log) return false;
    for (std::uint64_t i = 0; i < records / 2; ++i) {
        const auto id = "x" + std::to_string(i);
        const auto user = "user" + std::to_string(i % 1000) + "@corp.example";
        const auto principal = "x509:CN=user" + std::to_string(i % 1000) + ",OU=corp";
        const auto path = "/sap/opu/odata/sap/SERVICE_" + std::to_string(i % 200) + "/Orders('" +
                          std::to_string(i) + "')";
        if (i % 50 == 0) {
            const auto function = "BAPI_ORDER_" + std::to_string(i % 400);
            const auto begin = (*log)->append(RfcCall{.exchange = id,
                                                      .virtual_host = "sap.virtual:3300",
                                                      .call = 1,
                                                      .function = function,
                                                      .sap_client = "100",
                                                      .sap_user = user,
                                                      .decision = "allowed"});
            (*log)->append(RfcCallEnd{.exchange = id,
                                      .begin = begin,
                                      .call = 1,
                                      .function = function,
                                      .outcome = outcome::answered,
                                      .result = "success"});
        } else {
            (*log)->append(ExchangeBegin{.exchange = id,
                                         .tenant = "acme",
                                         .client = "sb-purchasing!t42",
                                         .hub = "prod",
                                         .user = user,
                                         .user_type = "Business",
                                         .issuer = "https://login.example/oauth",
                                         .principal = principal,
                                         .virtual_host = "erp.virtual:44300",
                                         .internal_host = "https://s4.corp.local:44300",
                                         .method = i % 10 == 0 ? "POST" : "GET",
                                         .path = path,
                                         .rule = "2:/sap/opu/odata/"});
            (*log)->append(
                ExchangeEnd{.exchange = id,
                            .outcome = i % 100 == 1 ? outcome::failed : outcome::answered,
                            .status = i % 100 == 1 ? 502 : 200,
                            .request_bytes = 812,
                            .response_bytes = 20480,
                            .duration = std::chrono::microseconds(4200)});
        }
        if (i % 64 == 0 && !(*log)->write()) return false;
    }
    (*log)->close();
    return true;
}

bool ask(const std::filesystem::path& folder, const char* what, const Filter& filter) {
    const auto start = std::chrono::steady_clock::now();
    const auto summary = query(folder, filter, [](const Finding&) { return true; });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!summary) return false;
    std::printf("%-14s %8.3f s  %8llu found\n", what, took.count(),
                static_cast<unsigned long long>(summary->found));
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const std::filesystem::path folder = argv[1];
    const auto* wish = std::getenv("QUERY_BENCH_RECORDS");
    const auto records = wish ? std::strtoull(wish, nullptr, 10) : 1'000'000ULL;
    if (!std::filesystem::exists(folder) && !make_log(folder, records)) return 1;

    std::optional<WallTime> first;
    std::optional<WallTime> last;
    const auto span = query(folder, {.event = "log.*"}, [&](const Finding& finding) {
        if (!first) first = finding.records.front().time;
        last = finding.records.front().time;
        return true;
    });
    if (!span || !first) return 1;
    const auto part = (*last - *first) / 100;
    const bool asked =
        ask(folder, "user", {.user = "user17@corp.example"}) &&
        ask(folder, "user pattern", {.user = "user17*"}) &&
        ask(folder, "path pattern", {.path = "*/SERVICE_17/*"}) &&
        ask(folder, "time", {.since = *first + 50 * part, .until = *first + 51 * part}) &&
        ask(folder, "outcome", {.outcome = "failed"}) &&
        ask(folder, "exchange", {.exchange = "x4711"}) &&
        ask(folder, "function", {.function = "BAPI_ORDER_1*"});
    return asked ? 0 : 1;
}
