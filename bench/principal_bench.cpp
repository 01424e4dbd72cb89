// What it costs that a back end sees the user: a token verified, and one known already; a
// certificate issued, and one used again.
#include "agent/principal_certificates.hpp"
#include "agent/principals.hpp"
#include "base/file.hpp"
#include "certs/subject_rules.hpp"
#include "net/loop.hpp"

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

struct TokenWorld {
    explicit TokenWorld(std::size_t tokens_wanted) {
        const auto key = certs::SigningKey::generate().value();
        const auto file = folder.path / "keys.json";
        if (!replace_file(file, certs::public_key_set({&key, 1}), 0600)) std::abort();
        IdentityProviderConfig provider;
        provider.issuer = "https://login.corp.example";
        provider.jwks_file = file;
        provider.audiences = {"sb-app!t1"};
        auto made = std::make_shared<Site>();
        made->identity_providers = IdentityProviders::load({provider}, {}, nullptr).value();
        site = std::move(made);
        auto claims = world.claims;
        claims["exp"] = 4'000'000'000;
        claims["scope"] = std::string(800, 's');  // real tokens are a kilobyte or two
        for (std::size_t i = 0; i < tokens_wanted; ++i) {
            claims["sub"] = std::to_string(i);
            tokens.push_back(key.sign_token(claims).value());
        }
    }
    bool ask(const std::string& token) {
        Principals::Question question(event);
        http::HubFacts facts;
        facts.user_token = token;
        principals.resolve(question, site, {.kind = mappings::PrincipalKind::x509}, facts,
                           world.now);
        return question.principal() != nullptr;
    }
    World world;
    Folder folder;
    net::Loop loop;
    net::Event event{loop.turn};
    SitePtr site;
    Principals principals{[](std::string_view) {}};
    std::vector<std::string> tokens;
};

/// RS256, each token for the first time.
void tokens_verified(benchmark::State& state) {
    // Other sites take turns, so nothing is ever remembered.
    TokenWorld world(1);
    const auto twin = std::make_shared<const Site>(*world.site);
    const SitePtr sites[] = {world.site, twin};
    std::size_t turn = 0;
    for ([[maybe_unused]] auto _ : state) {
        world.site = sites[++turn % 2];
        if (!world.ask(world.tokens[0])) return state.SkipWithError("refused");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(tokens_verified);

void tokens_remembered(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    TokenWorld world(count);
    for (const auto& token : world.tokens)
        if (!world.ask(token)) return state.SkipWithError("refused");
    std::size_t turn = 0;
    for ([[maybe_unused]] auto _ : state)
        if (!world.ask(world.tokens[turn++ % count])) return state.SkipWithError("refused");
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(tokens_remembered)->ArgName("tokens")->Arg(1)->Arg(500);

void subject_of_claims(benchmark::State& state) {
    const World world;
    for ([[maybe_unused]] auto _ : state)
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
    for ([[maybe_unused]] auto _ : state)
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
    for ([[maybe_unused]] auto _ : state) {
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
