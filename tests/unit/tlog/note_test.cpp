#include "tlog/note.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/public_key_encoding.hpp"
#include "keys.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tlog/cosigned_text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace sallyport::tlog {
namespace {

// From the documentation of golang.org/x/mod/sumdb/note.
constexpr std::string_view foreign_key =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view foreign_note =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6K"
    "E6RyyBwJnAM=\n";

TEST(Note, OfAnotherProgramIsRead) {
    const auto note = Note::parse(foreign_note);
    ASSERT_TRUE(note) << to_text(note.error());
    EXPECT_EQ(note->to_text(), foreign_note);
    const std::vector keys{VerifierKey::parse(foreign_key).value()};
    EXPECT_EQ(note->verify(keys).value(), std::vector<std::size_t>{0});
}

TEST(Note, OfOurKeysComesBackTheSame) {
    for (const auto kind : {certs::KeyKind::ed25519, certs::KeyKind::p256}) {
        const auto key = test::signer("log", kind);
        const auto note = test::signed_by(key, "a\n\nb\n");
        const auto read = Note::parse(note.to_text()).value();
        EXPECT_EQ(read, note);
        EXPECT_EQ(read.to_text(), note.to_text());
        EXPECT_TRUE(read.verify(std::vector{key.verifier()}));
    }
}

TEST(Note, ChangedAnywhereIsNotTheSameNote) {
    const auto key = test::signer("log");
    const auto good = test::signed_by(key, "origin\n12\nroot\n").to_text();
    const std::vector keys{key.verifier()};
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            auto forged = good;
            forged[i] = static_cast<char>(forged[i] ^ 1 << bit);
            const auto note = Note::parse(forged);
            EXPECT_FALSE(note && note->verify(keys)) << i;
        }
    }
}

TEST(Note, HasOneSpellingOnly) {
    const std::string note(foreign_note);
    const auto with = [&](std::string_view from, std::string_view to) {
        auto changed = note;
        return changed.replace(changed.rfind(from), from.size(), to);
    };
    const std::string refused[] = {
        "",
        "\n",
        "text\n",
        "text\n\n",
        with("=\n", "="),
        with("=\n", "=\n\n"),
        with("=\n", "=\r\n"),
        with("=\n", "\n"),
        with("=\n", "==\n"),
        with("AM=\n", "AN=\n"),
        with("— ", "—"),
        with("— ", "- "),
        with("— ", "—  "),
        with(" x08", "  x08"),
        with(" x08", "\tx08"),
        with("PeterNeumann ", " "),
        with("Neumann", "+eumann"),
        with("problem", "prob\rlem"),
        with("problem", "prob\x01lem"),
        with("problem", "prob\xfflem"),
        "text\n\n— a AAAAAA==\n",
        "text\n\n— a AAAA\n",
        "\n— a AAAAAAA=\n",
    };
    for (const auto& text : refused) {
        const auto read = Note::parse(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, Errc::malformed);
    }
    EXPECT_TRUE(Note::parse("text\n\n— a AAAAAAA=\n"));
}

TEST(Note, HasLimits) {
    std::string many = "text\n\n";
    for (std::size_t i = 0; i < note_signatures_max; ++i)
        many += "— a" + std::to_string(i) + " AAAAAAA=\n";
    EXPECT_TRUE(Note::parse(many));
    EXPECT_EQ(Note::parse(many + "— a AAAAAAA=\n").error().code, Errc::limit);
    EXPECT_EQ(Note::parse(std::string(note_bytes_max, 'a') + "\n\n— a AAAAAAA=\n").error().code,
              Errc::limit);
}

TEST(Note, CountsNoUnknownSignaturesAndKeepsThem) {
    const auto known = test::signer("log");
    const auto stranger = test::signer("log");
    auto note = test::signed_by(stranger, "text\n");
    const std::vector keys{known.verifier()};
    EXPECT_EQ(note.verify(keys).error().code, Errc::not_found);
    note.add(known.sign(note.text).value());
    EXPECT_TRUE(note.verify(keys));
    EXPECT_EQ(Note::parse(note.to_text())->signatures.size(), 2U);
}

TEST(Note, WithAWrongSignatureOfAKnownKeyIsRefusedWhateverElseIsOnIt) {
    const auto good = test::signer("log");
    const auto other = test::signer("other");
    auto note = test::signed_by(good, "text\n");
    note.add(other.sign("another text\n").value());
    EXPECT_TRUE(note.verify(std::vector{good.verifier()}));
    EXPECT_EQ(note.verify(std::vector{good.verifier(), other.verifier()}).error().code,
              Errc::untrusted);
}

TEST(Note, KeepsOneSignaturePerKey) {
    const auto witness = test::cosigner("w");
    Note note{"text\n", {}};
    note.add(witness.cosign(note.text, 5).value());
    note.add(witness.cosign(note.text, 6).value());
    ASSERT_EQ(note.signatures.size(), 1U);
    EXPECT_EQ(cosignature_time(note.signatures[0]).value(), 6U);
}

TEST(Cosignature, SignsTheTimeAlong) {
    const auto witness = test::cosigner("witness");
    Note note{"text\n", {witness.cosign("text\n", 1'700'000'000).value()}};
    const std::vector keys{witness.verifier()};
    EXPECT_TRUE(Note::parse(note.to_text())->verify(keys));
    EXPECT_EQ(cosignature_time(note.signatures[0]).value(), 1'700'000'000U);
    note.signatures[0].signature[7] ^= 1;
    EXPECT_EQ(note.verify(keys).error().code, Errc::untrusted);
}

TEST(Cosignature, IsNoSignatureOfTheSameKeyAsALog) {
    const auto key = certs::Key::generate(certs::KeyKind::ed25519).value();
    const auto log = Signer::create("x", key).value();
    const auto witness = Cosigner::create("x", key).value();
    Note note{"text\n", {log.sign("text\n").value()}};
    note.signatures[0].id = witness.verifier().id();
    EXPECT_EQ(note.verify(std::vector{witness.verifier()}).error().code, Errc::untrusted);
}

TEST(Cosignature, OfAnImpossibleTimeIsRefused) {
    const auto witness = test::cosigner("w");
    EXPECT_EQ(witness.cosign("text\n", cosignature_time_max + 1).error().code, Errc::limit);
    auto line = witness.cosign("text\n", cosignature_time_max).value();
    EXPECT_TRUE(verify(witness.verifier(), "text\n", line));
    line.signature[0] = '\x80';
    EXPECT_FALSE(verify(witness.verifier(), "text\n", line));
    line.signature.pop_back();
    EXPECT_EQ(cosignature_time(line).error().code, Errc::malformed);
}

/// What an auditor does who has nothing but the openssl program.
class WithOpenssl : public ::testing::Test {
protected:
    bool runs(const std::string& command) const {
        const auto line =
            "cd " + folder_.path().string() + " && openssl " + command + " >/dev/null 2>&1";
        return std::system(line.c_str()) == 0;
    }

    void write(const char* name, std::string_view bytes) const {
        ASSERT_TRUE(replace_file(folder_.path() / name, bytes, 0600));
    }

    sallyport::test::TemporaryFolder folder_;
};

TEST_F(WithOpenssl, AnEd25519NoteIsVerified) {
    const auto key = test::signer("log");
    const auto note = test::signed_by(key, "origin\n12\nroot\n");
    write("key", certs::public_key_pem(key.verifier().key()).value());
    write("text", note.text);
    write("signature", note.signatures[0].signature);
    const std::string command =
        "pkeyutl -verify -rawin -pubin -inkey key -in text -sigfile signature";
    EXPECT_TRUE(runs(command));
    write("text", note.text + "x");
    EXPECT_FALSE(runs(command));
}

TEST_F(WithOpenssl, AnEcdsaNoteIsVerified) {
    const auto key = test::signer("log", certs::KeyKind::p256);
    const auto note = test::signed_by(key, "origin\n12\nroot\n");
    write("key", certs::public_key_pem(key.verifier().key()).value());
    write("text", note.text);
    write("signature", note.signatures[0].signature);
    const std::string command = "dgst -sha256 -verify key -signature signature text";
    EXPECT_TRUE(runs(command));
    write("text", note.text + "x");
    EXPECT_FALSE(runs(command));
}

TEST_F(WithOpenssl, ACosignatureIsVerified) {
    const auto witness = test::cosigner("w");
    const auto line = witness.cosign("origin\n12\nroot\n", 1234).value();
    write("key", certs::public_key_pem(witness.verifier().key()).value());
    write("text", "cosignature/v1\ntime 1234\norigin\n12\nroot\n");
    write("signature", line.signature.substr(8));
    EXPECT_TRUE(runs("pkeyutl -verify -rawin -pubin -inkey key -in text -sigfile signature"));
}

}  // namespace
}  // namespace sallyport::tlog
