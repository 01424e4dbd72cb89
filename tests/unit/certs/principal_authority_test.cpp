#include "certs/principal_authority.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

namespace sallyport::certs {
namespace {

using namespace std::chrono_literals;

Time this_second() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

DistinguishedName jane() {
    DistinguishedName name;
    EXPECT_TRUE(name.add(NameAttribute::common_name, "Doe, Jane"));
    EXPECT_TRUE(name.add(NameAttribute::organisational_unit, "sales"));
    EXPECT_TRUE(name.add(NameAttribute::country, "DE"));
    return name;
}

TEST(PrincipalAuthority, IsMadeOnFirstUseAndTheSameAfterwards) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "principal-ca.pem";
    const auto first = PrincipalAuthority::open(file, this_second());
    ASSERT_TRUE(first) << to_text(first.error());
    struct stat facts {};
    ASSERT_EQ(::stat(file.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u);
    const auto second = PrincipalAuthority::open(file, this_second());
    ASSERT_TRUE(second);
    EXPECT_EQ(first->certificate(), second->certificate());
    const test::TemporaryFolder elsewhere;
    const auto other = PrincipalAuthority::open(elsewhere.path() / "ca.pem", this_second());
    ASSERT_TRUE(other);
    EXPECT_NE(other->certificate().subject(), first->certificate().subject());
}

TEST(PrincipalAuthority, IssuesShortLivedClientCertificatesForTheSubject) {
    const test::TemporaryFolder folder;
    const auto authority =
        PrincipalAuthority::open(folder.path() / "ca.pem", this_second()).value();
    const auto at = this_second();
    const auto issued = authority.issue(jane(), 10min, at);
    ASSERT_TRUE(issued) << to_text(issued.error());
    ASSERT_EQ(issued->chain.size(), 1u);  // the root stays at home
    const auto& leaf = issued->chain.front();
    EXPECT_EQ(leaf.subject(), "CN=Doe\\, Jane,OU=sales,C=DE");
    EXPECT_EQ(leaf.not_before(), std::max(at - 5min, authority.certificate().not_before()));
    EXPECT_EQ(leaf.not_after(), at + 10min);
    EXPECT_EQ(leaf.public_key(), issued->key.public_key());
    EXPECT_TRUE(leaf.has_extended_usage(ExtendedUsage::client_auth));
    EXPECT_FALSE(leaf.has_extended_usage(ExtendedUsage::server_auth));
    const std::vector anchors{authority.certificate()};
    EXPECT_TRUE(check_chain(leaf, {}, anchors, {.usage = ExtendedUsage::client_auth, .at = at}));
    const auto again = authority.issue(jane(), 10min, at).value();
    EXPECT_NE(again.chain.front().serial(), leaf.serial());
    EXPECT_NE(again.key.public_key(), issued->key.public_key());
}

TEST(PrincipalAuthority, DerHasOneRdnPerPartTheLeastSpecificFirst) {
    const test::TemporaryFolder folder;
    const auto authority =
        PrincipalAuthority::open(folder.path() / "ca.pem", this_second()).value();
    const auto issued = authority.issue(jane(), 10min, this_second()).value();
    const auto* name = X509_get_subject_name(issued.chain.front().get());
    ASSERT_EQ(X509_NAME_entry_count(name), 3);
    EXPECT_EQ(OBJ_obj2nid(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, 0))),
              NID_countryName);
    EXPECT_EQ(OBJ_obj2nid(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, 2))),
              NID_commonName);
}

TEST(PrincipalAuthority, NoUserIsTheSystem) {
    const test::TemporaryFolder folder;
    const auto authority =
        PrincipalAuthority::open(folder.path() / "ca.pem", this_second()).value();
    const auto system = authority.issue_system("berlin-1", this_second());
    ASSERT_TRUE(system);
    EXPECT_EQ(system->chain.front().subject(), "CN=berlin-1,OU=Sallyport system");
    DistinguishedName pretender;
    ASSERT_TRUE(pretender.add(NameAttribute::common_name, "berlin-1"));
    ASSERT_TRUE(pretender.add(NameAttribute::organisational_unit, "sallyport SYSTEM"));
    EXPECT_EQ(authority.issue(pretender, 10min, this_second()).error().code, Errc::denied);
}

TEST(PrincipalAuthority, OneThatHasEndedIsReadAndSignsNothing) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "ca.pem";
    const auto end =
        PrincipalAuthority::open(file, this_second()).value().certificate().not_after();
    const auto authority = PrincipalAuthority::open(file, end + 1h);
    ASSERT_TRUE(authority) << to_text(authority.error());
    EXPECT_EQ(authority->issue(jane(), 10min, end + 1h).error().code, Errc::unavailable);
}

TEST(PrincipalAuthority, AnImportedOneSendsItsIntermediates) {
    const test::TestPki pki;
    auto content = pki.agent_content();
    content.common_name = "principals";
    content.authority = 0;
    content.usages.clear();
    content.uris.clear();
    const auto held = pki.issue(content);
    auto both = KeyAndChain::of(held.key, {held.certificate, pki.ca()});
    ASSERT_TRUE(both);
    const auto authority = PrincipalAuthority::of(*both, pki.now());
    ASSERT_TRUE(authority) << to_text(authority.error());
    const auto issued = authority->issue(jane(), 10min, pki.now());
    ASSERT_TRUE(issued);
    ASSERT_EQ(issued->chain.size(), 2u);
    EXPECT_EQ(issued->chain[1], held.certificate);
    EXPECT_EQ(PrincipalAuthority::of(*both, held.certificate.not_after()).error().code,
              Errc::malformed);
    const auto leaf = pki.agent();
    EXPECT_EQ(PrincipalAuthority::of({leaf.key, {leaf.certificate}}, pki.now()).error().code,
              Errc::malformed);
}

TEST(KeyFile, HoldsAKeyAndItsChainOrSaysWhatIsWrong) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "system.pem";
    EXPECT_EQ(read_key_file(file).error().code, Errc::not_found);
    const test::TestPki pki;
    const auto one = pki.agent("one");
    const auto two = pki.agent("two");
    EXPECT_EQ(KeyAndChain::of(one.key, {two.certificate}).error().code, Errc::conflict);
    EXPECT_EQ(KeyAndChain::of(one.key, {}).error().code, Errc::malformed);
    ASSERT_TRUE(create_key_file(file, {one.key, {one.certificate, pki.ca()}}));
    EXPECT_EQ(create_key_file(file, {two.key, {two.certificate}}).error().code, Errc::conflict);
    auto kept = read_key_file(file);
    ASSERT_TRUE(kept) << to_text(kept.error());
    EXPECT_EQ(kept->chain.size(), 2u);
    EXPECT_EQ(kept->chain.front(), one.certificate);
    ASSERT_TRUE(replace_key_file(file, {two.key, {two.certificate}}));
    EXPECT_EQ(read_key_file(file)->chain.front(), two.certificate);
    ASSERT_TRUE(replace_file(file, one.key_pem() + two.certificate_pem(), 0600));
    EXPECT_EQ(read_key_file(file).error().code, Errc::conflict);
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path()))
        ++files;
    EXPECT_EQ(files, 1u);
}

}  // namespace
}  // namespace sallyport::certs
