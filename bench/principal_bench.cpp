// What it costs that a back end sees the user: a certificate issued, and one used again.
#include "agent/principal_certificates.hpp"
#include "certs/subject_rules.hpp"

#include <boost/json/parse.hpp>

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

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

struct World {
    Folder folder;
    certs::Time now = std::chrono::system_clock::now();
    PrincipalCertificates users{
        {.authority = std::make_shared<const certs::PrincipalAuthority>(
             certs::PrincipalAuthority::open(folder.path / "ca.pem", now).value()),
         .system = nullptr,
         .validity = 10min}};
    certs::SubjectRules rules =
        certs::SubjectRules::create(
            {{{{"user_type", certs::SubjectCondition::Kind::is, "Technical"}},
              "CN=${client_id},OU=Technical"},
             {{}, "CN=${name},OU=${mail}"}})
            .value();
    boost::json::object claims =
        boost::json::parse(
            R"({"iss":"https://login.corp.example","sub":"4711","user_name":"jane.doe",)"
            R"("email":"jane.doe@corp.example","aud":["sb-app!t1"],)"
            R"("xs.user.attributes":{"cost_center":["4711"]}})")
            .as_object();
};

void subject_of_claims(benchmark::State& state) {
    const World world;
    for (auto _ : state)
        benchmark::DoNotOptimize(world.rules.apply(certs::UserType::business, world.claims));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(subject_of_claims);

/// Every principal is a new one.
void principals_issued(benchmark::State& state) {
    World world;
    const auto form = static_cast<mappings::CertificateDelivery>(state.range(0));
    const auto match = world.rules.apply(certs::UserType::business, world.claims);
    std::uint64_t user = 0;
    for (auto _ : state)
        if (!world.users.login(std::to_string(++user), match->subject, form, world.now))
            return state.SkipWithError("cannot issue");
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(principals_issued)->ArgName("form")->Arg(0)->Arg(1);

/// From the claims to the login, for principals whose certificate is remembered.
void principals_cached(benchmark::State& state) {
    World world;
    const auto count = state.range(0);
    std::int64_t turn = 0;
    const auto warm = world.rules.apply(certs::UserType::business, world.claims);
    for (std::int64_t user = 0; user < count; ++user)
        if (!world.users.login(std::to_string(user), warm->subject,
                               mappings::CertificateDelivery::tls, world.now))
            return state.SkipWithError("cannot issue");
    for (auto _ : state) {
        const auto match = world.rules.apply(certs::UserType::business, world.claims);
        const auto user = std::to_string(turn++ % count);
        if (!world.users.login(user, match->subject, mappings::CertificateDelivery::tls, world.now))
            return state.SkipWithError("cannot issue");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(principals_cached)->ArgName("users")->Arg(1)->Arg(1000);

}  // namespace
}  // namespace sallyport::agent
