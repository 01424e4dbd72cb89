#include "base/error.hpp"
#include "hub/store.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

class StoreAccessKeys : public testing::Test {
protected:
    StoreAccessKeys() {
        for (const char* id : {"t1", "t2"})
            EXPECT_TRUE(store_.add_tenant({.id = id, .name = id, .subdomain = id}, now));
        EXPECT_TRUE(store_.add_client({.id = "sb-a", .tenant_id = "t1", .secret_hash = "h"}, now));
    }
    static AccessKey key(std::string id, TimePoint created = now) {
        return {.id = std::move(id),
                .secret_hash = "hash",
                .client_id = "sb-a",
                .tenant_id = "t1",
                .location = "BERLIN",
                .description = "for tests",
                .created_at = created,
                .expires_at = created + 1h};
    }
    AccessKey only() {
        const auto keys = store_.access_keys();
        EXPECT_TRUE(keys && keys->size() == 1);
        return keys->front();
    }

    test::TemporaryFolder folder_;
    Store store_ = *Store::create(folder_.path() / "hub.db");
};

TEST_F(StoreAccessKeys, ReadBackAsTheyWereWritten) {
    ASSERT_TRUE(store_.add_access_key(key("00000001")));
    const auto read = only();
    EXPECT_EQ(read.id, "00000001");
    EXPECT_EQ(read.secret_hash, "hash");
    EXPECT_EQ(read.client_id, "sb-a");
    EXPECT_EQ(read.tenant_id, "t1");
    EXPECT_EQ(read.location, "BERLIN");
    EXPECT_EQ(read.description, "for tests");
    EXPECT_EQ(read.created_at, now);
    EXPECT_EQ(read.expires_at, now + 1h);
    EXPECT_FALSE(read.used_at);
    EXPECT_FALSE(read.revoked_at);
    EXPECT_TRUE(read.hosts.empty());
    EXPECT_EQ(store_.content()->access_keys.size(), 1u);
}

TEST_F(StoreAccessKeys, AreForTheHostsThatTheyWereMadeFor) {
    auto bound = key("00000001");
    bound.hosts = {"abap.virtual", "b.virtual:3301"};
    ASSERT_TRUE(store_.add_access_key(bound));
    EXPECT_EQ(only().hosts, bound.hosts);
    EXPECT_EQ(store_.content()->access_keys.front().hosts, bound.hosts);
    EXPECT_EQ(store_.outbox(10)->back().after,
              "of the client sb-a, for the location BERLIN, for the hosts abap.virtual "
              "b.virtual:3301");
    ASSERT_TRUE(store_.revoke_access_key("00000001", now));
    EXPECT_EQ(store_.outbox(10)->back().before, store_.outbox(10)->at(3).after);
}

TEST_F(StoreAccessKeys, BelongToAClientThatMayActInTheTenant) {
    auto other = key("00000001");
    other.client_id = "sb-nobody";
    EXPECT_EQ(code_of(store_.add_access_key(other)), Errc::not_found);
    auto foreign = key("00000001");
    foreign.tenant_id = "t2";
    EXPECT_EQ(code_of(store_.add_access_key(foreign)), Errc::denied);
    ASSERT_TRUE(store_.subscribe("sb-a", "t2"));
    EXPECT_TRUE(store_.add_access_key(foreign));
    EXPECT_EQ(code_of(store_.add_access_key(key("00000001"))), Errc::conflict);
}

TEST_F(StoreAccessKeys, AreLimitedWhileTheyAreValid) {
    for (std::size_t i = 0; i < access_keys_max; ++i)
        ASSERT_TRUE(store_.add_access_key(key("k" + std::to_string(i))));
    EXPECT_EQ(code_of(store_.add_access_key(key("more"))), Errc::limit);
    ASSERT_TRUE(store_.revoke_access_key("k0", now));
    EXPECT_TRUE(store_.add_access_key(key("more")));
    EXPECT_TRUE(store_.add_access_key(key("later", now + 2h)));
}

TEST_F(StoreAccessKeys, AreRevokedOnce) {
    ASSERT_TRUE(store_.add_access_key(key("00000001")));
    const auto before = *store_.data_version();
    const auto revoked = store_.revoke_access_key("00000001", now + 1s);
    ASSERT_TRUE(revoked);
    EXPECT_EQ(revoked->revoked_at, now + 1s);
    EXPECT_EQ(only().revoked_at, now + 1s);
    EXPECT_NE(*store_.data_version(), before);
    EXPECT_EQ(code_of(store_.revoke_access_key("00000001", now)), Errc::conflict);
    EXPECT_EQ(code_of(store_.revoke_access_key("00000002", now)), Errc::not_found);
}

TEST_F(StoreAccessKeys, RememberTheirLastUseByTheHour) {
    ASSERT_TRUE(store_.add_access_key(key("00000001")));
    ASSERT_TRUE(store_.access_key_used("00000001", now));
    EXPECT_EQ(only().used_at, now);
    ASSERT_TRUE(store_.access_key_used("00000001", now + 59min));
    EXPECT_EQ(only().used_at, now);
    ASSERT_TRUE(store_.access_key_used("00000001", now + 60min));
    EXPECT_EQ(only().used_at, now + 60min);
}

TEST_F(StoreAccessKeys, AreForgottenLongAfterTheirEnd) {
    ASSERT_TRUE(store_.add_access_key(key("expired")));
    ASSERT_TRUE(store_.add_access_key(key("newer", now + 1h + access_key_memory)));
    EXPECT_EQ(store_.access_keys()->size(), 2u);
    ASSERT_TRUE(store_.add_access_key(key("newest", now + 1h + access_key_memory + 1s)));
    EXPECT_EQ(store_.access_keys()->size(), 2u);
}

}  // namespace
}  // namespace sallyport::hub
