#include "rfc/identity.hpp"

#include "base/error.hpp"
#include "rfc/ni.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

namespace sallyport::rfc::testing {
namespace {

using namespace std::string_view_literals;

/// The record in a file, without its length.
Bytes record(std::string_view name) {
    const auto frame = load_data(name);
    return {frame.begin() + frame_head_bytes, frame.end()};
}

std::string field(const Bytes& bytes, std::size_t at, std::size_t size) {
    return std::string(as_text(bytes).substr(at, size));
}

void write(Bytes& bytes, std::size_t at, std::string_view text) {
    std::ranges::copy(as_bytes(text), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

std::string padded(std::string text, std::size_t size, char padding) {
    text.resize(size, padding);
    return text;
}

TEST(Identity, WritesTheInternalSystemIntoInitialize) {
    auto bytes = record("session/03-initialize.bin");
    const auto before = bytes;
    write(bytes, appc_at::address_v6, "address of other");
    EchoedNames echoed{};
    ASSERT_EQ(adapt_initialize(bytes, identity(), echoed), Refusal::none);
    EXPECT_EQ(field(bytes, 56, 8), "gw.corp.");
    EXPECT_EQ(field(bytes, 64, 8), "sapdp17 ");
    EXPECT_EQ(field(bytes, 185, 128), padded("gw.corp.internal", 128, '\0'));
    EXPECT_EQ(field(bytes, 389, 64), padded("sapdp17", 64, '\0'));
    EXPECT_EQ(field(bytes, 169, 16), std::string(16, '\0'));
    EXPECT_EQ(field(bytes, 0, 56), field(before, 0, 56));
    EXPECT_EQ(field(bytes, 72, 97), field(before, 72, 97));
    auto reply = record("session/04-initialize-reply.bin");
    write(reply, 48, field(bytes, 48, 24));
    restore_echo(reply, identity(), echoed);
    EXPECT_EQ(reply, record("session/04-initialize-reply.bin"));
}

TEST(Identity, WritesTheInternalSystemIntoSetPartner) {
    auto bytes = record("session/05-set-partner-lu.bin");
    write(bytes, appc_at::partner_address, "address of other");
    ASSERT_EQ(adapt_partner(bytes, identity()), Refusal::none);
    EXPECT_EQ(field(bytes, 48, 8), "gw.corp.");
    EXPECT_EQ(read_u32(bytes, 56), 16U);
    EXPECT_EQ(field(bytes, 80, 128), padded("gw.corp.internal", 128, ' '));
    EXPECT_EQ(field(bytes, 208, 16), std::string(16, '\0'));
}

TEST(Identity, ChecksWithoutChanging) {
    const auto checked = identity(Identity::Mode::check);
    EchoedNames echoed{};
    for (const auto& [host, program, refusal] :
         {std::tuple{"abap.virtual"sv, "sapdp00"sv, Refusal::none},
          std::tuple{"ABAP.virtual"sv, "sapdp00"sv, Refusal::none},
          std::tuple{"gw.corp.internal"sv, "sapdp17"sv, Refusal::none},
          std::tuple{"gw.corp.internal"sv, "sapdp00"sv, Refusal::host_denied},
          std::tuple{"other.corp"sv, "sapdp00"sv, Refusal::host_denied},
          std::tuple{"abap.virtual\0x"sv, "sapdp00"sv, Refusal::host_denied},
          std::tuple{"abap.virtual2"sv, "sapdp00"sv, Refusal::host_denied},
          std::tuple{"abap"sv, "sapdp00"sv, Refusal::host_denied}}) {
        auto bytes = record("session/03-initialize.bin");
        write(bytes, 56, padded(std::string(host.substr(0, 8)), 8, ' '));
        write(bytes, 64, padded(std::string(program), 8, ' '));
        write(bytes, 185, padded(std::string(host), 128, '\0'));
        write(bytes, 389, padded(std::string(program), 64, '\0'));
        const auto before = bytes;
        EXPECT_EQ(adapt_initialize(bytes, checked, echoed), refusal) << host;
        EXPECT_EQ(bytes, before);
    }
}

TEST(Identity, ChecksThePartnerAsWell) {
    const auto checked = identity(Identity::Mode::check);
    auto bytes = record("session/05-set-partner-lu.bin");
    EXPECT_EQ(adapt_partner(bytes, checked), Refusal::host_denied);
    write(bytes, 48, "abap.vir");
    write_u32(bytes, 56, 12);
    write(bytes, 80, padded("abap.virtual", 128, ' '));
    EXPECT_EQ(adapt_partner(bytes, checked), Refusal::none);
    write_u32(bytes, 56, 4);
    EXPECT_EQ(adapt_partner(bytes, checked), Refusal::host_denied);
    write_u32(bytes, 56, 12);
    bytes[appc_at::partner_address] = std::byte{10};
    EXPECT_EQ(adapt_partner(bytes, checked), Refusal::host_denied);
}

TEST(Identity, RefusesWhatIsNoConversationWithAnAbapSystem) {
    EchoedNames echoed{};
    for (const char type : {'E', 'R', 'C', '\0'}) {
        auto bytes = record("session/03-initialize.bin");
        bytes[appc_at::conversation_type] = static_cast<std::byte>(type);
        EXPECT_EQ(adapt_initialize(bytes, identity(), echoed), Refusal::setup);
    }
    auto bytes = record("session/03-initialize.bin");
    bytes[appc_at::info2] |= std::byte{info2_flag::long_host_address};
    EXPECT_EQ(adapt_initialize(bytes, identity(), echoed), Refusal::setup);
}

TEST(SystemName, TakesHostsAndInstances) {
    EXPECT_EQ(SystemName::create("h", 7).value().program(), "sapdp07");
    EXPECT_EQ(SystemName::create("app-server.corp", 99).value().short_host(), "app-serv");
    EXPECT_FALSE(SystemName::create("", 0));
    EXPECT_FALSE(SystemName::create(std::string(128, 'h'), 0));
    EXPECT_FALSE(SystemName::create("a b", 0));
    EXPECT_FALSE(SystemName::create("h", 100));
}

TEST(GatewayPort, NamesTheInstance) {
    EXPECT_EQ(instance_of_gateway_port(3300), 0U);
    EXPECT_EQ(instance_of_gateway_port(3342), 42U);
    EXPECT_EQ(instance_of_gateway_port(4801), 1U);
    EXPECT_EQ(instance_of_gateway_port(3400), std::nullopt);
    EXPECT_EQ(instance_of_gateway_port(443), std::nullopt);
}

}  // namespace
}  // namespace sallyport::rfc::testing
