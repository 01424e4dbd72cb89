#include "hub/store.hpp"

#include "base/error.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <sqlite3.h>
#include <sys/stat.h>
#include <thread>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

/// A database in a folder of its own, with two tenants.
class StoreTest : public testing::Test {
protected:
    StoreTest() {
        EXPECT_TRUE(store_.add_tenant(tenant("t1", "acme"), now));
        EXPECT_TRUE(store_.add_tenant(tenant("t2", "rival"), now));
    }

    static Tenant tenant(std::string id, std::string name) {
        return {.id = std::move(id), .name = name, .subdomain = name};
    }
    static Agent agent(std::string name, std::vector<GrantedLocation> locations = {{}},
                       std::string tenant = "t1") {
        return {.key = {std::move(tenant), std::move(name)},
                .created_at = now,
                .locations = std::move(locations)};
    }
    static JoinTokenEntry token(std::string hash, const std::string& name) {
        return {.secret_hash = std::move(hash), .agent = {"t1", name}, .expires_at = now + 1h};
    }
    static CertificateEntry certificate(std::string serial, const std::string& name) {
        return {.serial = std::move(serial),
                .agent = {"t1", name},
                .issued_at = now,
                .not_after = now + 720h};
    }

    std::filesystem::path file() const { return folder_.path() / "hub.db"; }

    test::TemporaryFolder folder_;
    Store store_ = *Store::create(file());
};

TEST_F(StoreTest, ReadsBackWhatWasWrittenThroughAnotherConnection) {
    ASSERT_TRUE(store_.add_client(
        {.id = "sb-app", .tenant_id = "t1", .secret_hash = "hash", .subscribed_tenant_ids = {"t2"}},
        now));
    ASSERT_TRUE(store_.add_agent(agent("berlin", {{}, {"BRANCH", Sharing::shared}}),
                                 token("h1", "berlin")));
    auto other = Store::open(file());
    ASSERT_TRUE(other);
    const auto content = other->content();
    ASSERT_TRUE(content);
    ASSERT_EQ(content->tenants.size(), 2u);
    EXPECT_EQ(content->tenants[0].name, "acme");
    EXPECT_TRUE(content->tenants[0].enabled);
    ASSERT_EQ(content->clients.size(), 1u);
    EXPECT_EQ(content->clients[0].subscribed_tenant_ids, std::vector<std::string>{"t2"});
    ASSERT_EQ(content->agents.size(), 1u);
    EXPECT_EQ(content->agents[0].generation, 0u);
    ASSERT_EQ(content->agents[0].locations.size(), 2u);
    EXPECT_EQ(content->agents[0].locations[1].name, "BRANCH");
    EXPECT_EQ(content->agents[0].locations[1].sharing, Sharing::shared);
}

TEST_F(StoreTest, KeepsTheDatabaseAndItsCompanionsToTheOwner) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
        struct stat status {};
        ASSERT_EQ(::stat((file().string() + suffix).c_str(), &status), 0) << suffix;
        EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
    }
}

TEST_F(StoreTest, DoesNotOverwriteAndDoesNotCreateSilently) {
    EXPECT_EQ(code_of(Store::create(file())), Errc::conflict);
    EXPECT_EQ(code_of(Store::open(folder_.path() / "other.db")), Errc::not_found);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "other.db"));
}

TEST_F(StoreTest, NoticesChangesOfItsOwnAndOfAnotherConnectionAndNothingElse) {
    auto other = Store::open(file());
    ASSERT_TRUE(other);
    const auto first = *store_.data_version();
    ASSERT_TRUE(store_.content());
    EXPECT_EQ(*store_.data_version(), first);

    ASSERT_TRUE(store_.enable_tenant("t1", false));
    const auto second = *store_.data_version();
    EXPECT_NE(second, first);

    ASSERT_TRUE(other->enable_tenant("t1", true));
    EXPECT_NE(*store_.data_version(), second);
}

TEST_F(StoreTest, RefusesWhatExistsAlreadyAndWhatIsMissing) {
    EXPECT_EQ(code_of(store_.add_tenant(tenant("t3", "acme"), now)), Errc::conflict);
    EXPECT_EQ(code_of(store_.tenant_by_name("nobody")), Errc::not_found);
    EXPECT_EQ(code_of(store_.enable_tenant("t9", false)), Errc::not_found);
    EXPECT_EQ(code_of(store_.enable_client("sb-x", false)), Errc::not_found);
    EXPECT_EQ(code_of(store_.add_client({.id = "sb-x", .tenant_id = "t9"}, now)), Errc::not_found);
    EXPECT_EQ(code_of(store_.subscribe("sb-x", "t1")), Errc::not_found);
    EXPECT_EQ(code_of(store_.agent({"t1", "nobody"})), Errc::not_found);
    EXPECT_EQ(code_of(store_.revoke_agent({"t1", "nobody"}, now)), Errc::not_found);
    ASSERT_TRUE(store_.add_agent(agent("berlin"), token("h1", "berlin")));
    EXPECT_EQ(code_of(store_.add_agent(agent("berlin", {{"B"}}), token("h2", "berlin"))),
              Errc::conflict);
    EXPECT_EQ(code_of(store_.revoke_agent({"t2", "berlin"}, now)), Errc::not_found);
}

TEST_F(StoreTest, AFailedChangeLeavesNothingBehind) {
    EXPECT_FALSE(store_.add_client(
        {.id = "sb-x", .tenant_id = "t1", .subscribed_tenant_ids = {"t2", "t9"}}, now));
    EXPECT_TRUE(store_.clients()->empty());
    EXPECT_FALSE(store_.add_agent(agent("berlin", {{"A"}, {"A"}}), token("h1", "berlin")));
    EXPECT_TRUE(store_.agents()->empty());
    EXPECT_EQ(code_of(store_.join_token("h1")), Errc::not_found);
}

TEST_F(StoreTest, TwoAgentsStandAtOneLocationOnlyIfBothShareIt) {
    const GrantedLocation alone{"A", Sharing::alone};
    const GrantedLocation shared{"A", Sharing::shared};
    ASSERT_TRUE(store_.add_agent(agent("one", {alone}), token("h1", "one")));
    EXPECT_EQ(code_of(store_.add_agent(agent("two", {alone}), token("h2", "two"))), Errc::conflict);
    EXPECT_EQ(code_of(store_.add_agent(agent("two", {shared}), token("h2", "two"))),
              Errc::conflict);
    ASSERT_TRUE(store_.revoke_agent({"t1", "one"}, now));
    ASSERT_TRUE(store_.add_agent(agent("two", {shared}), token("h2", "two")));
    ASSERT_TRUE(store_.add_agent(agent("three", {shared}), token("h3", "three")));
    EXPECT_EQ(code_of(store_.reissue(token("h4", "one"), now)), Errc::conflict)
        << "the revoked agent lost its place";
    auto elsewhere = token("h5", "one");
    elsewhere.agent.tenant_id = "t2";
    EXPECT_TRUE(store_.add_agent(agent("one", {alone}, "t2"), elsewhere)) << "another tenant";
}

TEST_F(StoreTest, AJoinTokenIsGoodForOneEnrolment) {
    ASSERT_TRUE(store_.add_agent(agent("berlin"), token("h1", "berlin")));
    EXPECT_EQ(store_.redeem("h1", certificate("01", "berlin"), now).value(), 1u);
    EXPECT_EQ(code_of(store_.redeem("h1", certificate("02", "berlin"), now)), Errc::unauthorized);
    EXPECT_EQ(store_.join_token("h1")->used_at, now);
    ASSERT_EQ(store_.certificates({"t1", "berlin"})->size(), 1u);
}

TEST_F(StoreTest, RefusesJoinTokensThatAreExpiredReplacedWithdrawnOrForeign) {
    ASSERT_TRUE(store_.add_agent(agent("berlin"), token("h1", "berlin")));
    ASSERT_TRUE(store_.add_agent(agent("paris", {{"P"}}), token("p1", "paris")));
    const auto refused = [&](const char* hash, const char* name, TimePoint at) {
        return code_of(store_.redeem(hash, certificate("01", name), at)) == Errc::unauthorized;
    };
    EXPECT_TRUE(refused("unknown", "berlin", now));
    EXPECT_TRUE(refused("h1", "berlin", now + 1h)) << "expired";
    EXPECT_TRUE(refused("p1", "berlin", now)) << "of another agent";
    ASSERT_TRUE(store_.reissue(token("h2", "berlin"), now));
    EXPECT_TRUE(refused("h1", "berlin", now)) << "replaced";
    ASSERT_TRUE(store_.revoke_agent({"t1", "berlin"}, now));
    EXPECT_TRUE(refused("h2", "berlin", now)) << "withdrawn";
    ASSERT_TRUE(store_.enable_tenant("t1", false));
    EXPECT_TRUE(refused("p1", "paris", now)) << "tenant disabled";
    ASSERT_TRUE(store_.enable_tenant("t1", true));
    EXPECT_FALSE(refused("p1", "paris", now));
}

TEST_F(StoreTest, OfTwoRacingEnrolmentsExactlyOneWins) {
    ASSERT_TRUE(store_.add_agent(agent("berlin"), token("h1", "berlin")));
    std::atomic<int> winners = 0;
    const auto enrol = [&](const char* serial) {
        auto own = Store::open(file());
        if (own && own->redeem("h1", certificate(serial, "berlin"), now)) ++winners;
    };
    std::thread first(enrol, "01");
    std::thread second(enrol, "02");
    first.join();
    second.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(store_.certificates({"t1", "berlin"})->size(), 1u);
}

TEST_F(StoreTest, ANewEnrolmentEndsTheCertificatesOfTheOneBefore) {
    ASSERT_TRUE(store_.add_agent(agent("berlin"), token("h1", "berlin")));
    ASSERT_TRUE(store_.redeem("h1", certificate("01", "berlin"), now));
    ASSERT_TRUE(store_.reissue(token("h2", "berlin"), now + 1s));
    EXPECT_TRUE(store_.content()->revoked_serials.empty()) << "not before the agent enrols again";
    EXPECT_EQ(store_.redeem("h2", certificate("02", "berlin"), now + 2s).value(), 2u);
    EXPECT_EQ(store_.content()->revoked_serials, std::vector<std::string>{"01"});
    EXPECT_EQ(store_.agent({"t1", "berlin"})->generation, 2u);
}

TEST_F(StoreTest, ARevokedAgentReturnsThroughANewJoinTokenOnly) {
    ASSERT_TRUE(store_.add_agent(agent("berlin"), token("h1", "berlin")));
    ASSERT_TRUE(store_.redeem("h1", certificate("01", "berlin"), now));
    ASSERT_TRUE(store_.revoke_agent({"t1", "berlin"}, now + 1s));
    EXPECT_EQ(store_.agent({"t1", "berlin"})->revoked_at, now + 1s);
    ASSERT_TRUE(store_.reissue(token("h2", "berlin"), now + 2s));
    EXPECT_TRUE(store_.agent({"t1", "berlin"})->revoked_at) << "the token alone changes nothing";
    ASSERT_TRUE(store_.redeem("h2", certificate("02", "berlin"), now + 3s));
    EXPECT_FALSE(store_.agent({"t1", "berlin"})->revoked_at);
    EXPECT_EQ(store_.content()->revoked_serials, std::vector<std::string>{"01"});
}

TEST_F(StoreTest, QuotesInNamesAreData) {
    const std::string name = "x'); DROP TABLE tenant; --";
    ASSERT_TRUE(store_.add_tenant(tenant("t3", name), now));
    EXPECT_EQ(store_.tenant_by_name(name)->id, "t3");
    EXPECT_EQ(store_.tenants()->size(), 3u);
}

/// A database as some other version left it.
void write_version(const std::filesystem::path& file, const char* sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
}

TEST(StoreMigration, BringsAnEmptyDatabaseToTheCurrentVersion) {
    const test::TemporaryFolder folder;
    write_version(folder.path() / "hub.db", "PRAGMA user_version = 0");
    auto store = Store::open(folder.path() / "hub.db");
    ASSERT_TRUE(store);
    EXPECT_TRUE(store->add_tenant({.id = "t", .name = "n", .subdomain = "n"}, now));
}

TEST(StoreMigration, RefusesADatabaseOfANewerVersionAndSaysWhatToDo) {
    const test::TemporaryFolder folder;
    write_version(folder.path() / "hub.db", "PRAGMA user_version = 999");
    const auto store = Store::open(folder.path() / "hub.db");
    EXPECT_EQ(code_of(store), Errc::unsupported);
    EXPECT_NE(store.error().detail.find("newer sallyport-hub"), std::string::npos);
}

TEST(StoreMigration, AFailedStepLeavesTheOldVersion) {
    const test::TemporaryFolder folder;
    write_version(folder.path() / "hub.db", "CREATE TABLE certificate (x)");  // in the way
    EXPECT_FALSE(Store::open(folder.path() / "hub.db"));
    write_version(folder.path() / "hub.db", "DROP TABLE certificate");
    EXPECT_TRUE(Store::open(folder.path() / "hub.db"));
}

TEST(StoreMigration, AFileThatIsNoDatabaseIsAnErrorNotACrash) {
    const test::TemporaryFolder folder;
    std::FILE* file = std::fopen((folder.path() / "hub.db").c_str(), "w");
    std::fputs("this is not a database, but long enough to be read as a header of one......", file);
    std::fclose(file);
    EXPECT_EQ(code_of(Store::open(folder.path() / "hub.db")), Errc::failed);
}

}  // namespace
}  // namespace sallyport::hub
