#include "daemon/witness_client.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"
#include "tlog/signer.hpp"
#include "tlog/witness.hpp"

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using Kind = WitnessReply::Kind;

http::FetchResponse answer(int status, std::string body, std::string type = "text/plain") {
    return {
        .status = status, .fields = {{"content-type", std::move(type)}}, .body = std::move(body)};
}

audit::Unwitnessed offer_of(std::uint64_t old_size, std::uint64_t size) {
    return {.note = {}, .size = size, .old_size = old_size, .proof = {}, .keys = {"log+1+A"}};
}

TEST(WitnessClient, AsksAsTheProtocolSays) {
    const auto signer =
        *tlog::Signer::create("log", *certs::Key::generate(certs::KeyKind::ed25519));
    tlog::Note note{tlog::Checkpoint{"log", 5, tlog::Hash{}, {}}.to_text(), {}};
    note.add(*signer.sign(note.text));
    auto offer = offer_of(3, 5);
    offer.note = note.to_text();
    offer.proof = {tlog::Hash{}, tlog::Hash{std::byte{1}}};
    const auto request =
        *add_checkpoint_request(*HttpsUrl::parse("https://w.corp:8443/a/b"), offer);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/a/b");
    EXPECT_EQ(request.host, "w.corp:8443");
    EXPECT_THAT(request.body, testing::StartsWith("old 3\nAAAAAAA"));
    EXPECT_THAT(request.body, testing::EndsWith("=\n\n" + offer.note));
    const auto read = *tlog::AddCheckpoint::parse(request.body);
    EXPECT_EQ(read.old_size, 3U);
    EXPECT_EQ(read.proof, offer.proof);
    offer.note = "log\n5\n";
    EXPECT_EQ(add_checkpoint_request({}, offer).error().code, Errc::malformed);
}

TEST(WitnessClient, TakesSignaturesFromWhoCountersigned) {
    const auto reply = read_witness_answer(answer(200, "lines"), offer_of(3, 5));
    EXPECT_EQ(reply.kind, Kind::cosigned);
    EXPECT_EQ(reply.size, 5U);
    EXPECT_EQ(reply.lines, "lines");
}

TEST(WitnessClient, GoesOnFromTheSizeThatAWitnessTells) {
    for (const auto* type : {"text/x.tlog.size", "text/x.tlog.size; charset=utf-8"}) {
        const auto reply = read_witness_answer(answer(409, "4\n", type), offer_of(3, 5));
        EXPECT_EQ(reply.kind, Kind::stale);
        EXPECT_EQ(reply.size, 4U);
    }
}

TEST(WitnessClient, AConflictWithoutASizeSaysNothing) {
    for (const auto& [body, type] : {std::pair("4\n", "text/plain"),
                                     {"4", "text/x.tlog.size"},
                                     {"04\n", "text/x.tlog.size"},
                                     {"", "text/x.tlog.size"},
                                     {"3\n", "text/x.tlog.size"}}) {
        const auto reply = read_witness_answer(answer(409, body, type), offer_of(3, 5));
        EXPECT_EQ(reply.kind, Kind::failed) << body << type;
    }
}

TEST(WitnessClient, AnotherTreeOfTheSameSizeIsAFork) {
    for (const auto* type : {"text/x.tlog.size", "text/plain"}) {
        const auto reply = read_witness_answer(answer(409, "5\n", type), offer_of(5, 5));
        EXPECT_EQ(reply.kind, Kind::refused);
        EXPECT_EQ(reply.code, "fork");
    }
}

TEST(WitnessClient, RefusalsHaveACodeAndSayWhatToDo) {
    for (const auto& [status, code] : {std::pair(400, "malformed"),
                                       {403, "unknown_key"},
                                       {404, "unknown_log"},
                                       {422, "bad_proof"}}) {
        const auto reply = read_witness_answer(answer(status, "no\x1b[31m\n"), offer_of(3, 5));
        EXPECT_EQ(reply.kind, Kind::refused);
        EXPECT_EQ(reply.code, code);
        EXPECT_THAT(reply.text, testing::EndsWith(": no?[31m"));
        if (status == 403 || status == 404) {
            EXPECT_THAT(reply.text, testing::HasSubstr("log+1+A"));
        }
    }
}

TEST(WitnessClient, EverythingElseMayPass) {
    for (const int status : {201, 301, 401, 429, 500, 503}) {
        const auto reply =
            read_witness_answer(answer(status, std::string(5'000, 'x')), offer_of(3, 5));
        EXPECT_EQ(reply.kind, Kind::failed);
        EXPECT_THAT(reply.text, testing::HasSubstr(std::to_string(status)));
        EXPECT_LT(reply.text.size(), 300U);
    }
}

TEST(WitnessClient, BelievesTheAuthoritiesOfAFileAndSaysWhatIsWrongWithIt) {
    const test::TemporaryFolder folder;
    WitnessSettings settings;
    settings.ca_file = folder.path() / "ca.pem";
    EXPECT_THAT(witness_trust(settings).error().detail, testing::HasSubstr("ca_file"));
    std::string many;
    const auto one = test::TestPki().ca_pem();
    for (int i = 0; i < 100; ++i) many += "# an authority\n" + one;
    ASSERT_TRUE(replace_file(settings.ca_file, many, 0600));
    EXPECT_TRUE(witness_trust(settings));
    ASSERT_TRUE(replace_file(settings.ca_file, "nothing", 0600));
    EXPECT_EQ(witness_trust(settings).error().code, Errc::malformed);
}

}  // namespace
}  // namespace sallyport::daemon
