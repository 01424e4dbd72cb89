#include "certs/age.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::certs {
namespace {

constexpr unsigned quick = 4;  // of the work factor

Secret passphrase() { return Secret("correct horse battery staple"); }

std::string encrypted(std::string_view plain, unsigned work_factor = quick) {
    std::string out;
    auto writer = AgeWriter::begin(
        passphrase(),
        [&](std::string_view bytes) -> Result<void> {
            out += bytes;
            return {};
        },
        work_factor);
    EXPECT_TRUE(writer);
    // In pieces that fit nothing.
    for (auto rest = plain; !rest.empty();
         rest.remove_prefix(std::min<std::size_t>(rest.size(), 7777)))
        EXPECT_TRUE(writer->write(rest.substr(0, 7777)));
    EXPECT_TRUE(writer->finish());
    return out;
}

Result<std::string> decrypted(std::string_view file, Secret with = passphrase()) {
    auto reader = AgeReader::open(with, [&](std::span<char> out) -> Result<std::size_t> {
        const auto count = std::min<std::size_t>({out.size(), file.size(), 5000});
        std::copy_n(file.begin(), count, out.begin());
        file.remove_prefix(count);
        return count;
    });
    if (!reader) return reader.error();
    std::string plain;
    std::array<char, 3000> buffer{};
    while (true) {
        const auto count = reader->read(buffer);
        if (!count) return count.error();
        if (*count == 0) return plain;
        plain.append(buffer.data(), *count);
    }
}

TEST(Age, GivesBackWhatWasWrittenAtEverySizeAroundAPiece) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, age_chunk_bytes - 1,
                                   age_chunk_bytes, age_chunk_bytes + 1, 3 * age_chunk_bytes}) {
        std::string plain(size, 'x');
        for (std::size_t i = 0; i < size; i += 997) plain[i] = static_cast<char>(i);
        const auto back = decrypted(encrypted(plain));
        ASSERT_TRUE(back) << size << to_text(back.error());
        EXPECT_EQ(*back, plain);
    }
}

TEST(Age, AnotherPassphraseIsSaidToBeOne) {
    const auto back = decrypted(encrypted("x"), Secret("incorrect horse"));
    EXPECT_EQ(back.error().code, Errc::unauthorized);
}

TEST(Age, WhatIsCutOffIsFoundWhereverItIs) {
    const auto file = encrypted(std::string(age_chunk_bytes * 2 + 100, 'x'));
    for (std::size_t size = 0; size < file.size(); size += size < 400 ? 1 : 997)
        EXPECT_FALSE(decrypted(std::string_view(file).substr(0, size))) << size;
    const auto head = *age_header_size(file) + 16;
    EXPECT_EQ(decrypted(std::string_view(file).substr(0, head + age_chunk_bytes + 16)).error().code,
              Errc::untrusted);
    EXPECT_FALSE(decrypted(file + "x"));
}

TEST(Age, AChangedBitIsFoundWhereverItIs) {
    const auto file = encrypted(std::string(age_chunk_bytes + 100, 'x'));
    for (std::size_t i = 0; i < file.size(); i += i < 400 ? 1 : 1999) {
        auto changed = file;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(decrypted(changed)) << i;
    }
}

TEST(Age, PiecesInAnotherOrderAreFound) {
    const auto file = encrypted(std::string(age_chunk_bytes * 3, 'x'));
    const auto head = *age_header_size(file) + 16;
    constexpr auto piece = age_chunk_bytes + 16;
    auto swapped = file.substr(0, head) + file.substr(head + piece, piece) +
                   file.substr(head, piece) + file.substr(head + 2 * piece);
    EXPECT_EQ(decrypted(swapped).error().code, Errc::untrusted);
    const auto without = file.substr(0, head) + file.substr(head + piece);
    EXPECT_EQ(decrypted(without).error().code, Errc::untrusted);
}

TEST(Age, AFileThatAsksForTooMuchWorkIsRefusedBeforeAnyIsDone) {
    auto file = encrypted("x");
    const auto at = file.find(" 4\n");
    for (const char* factor : {" 19\n", " 40\n", " 99\n"}) {
        auto heavy = file;
        heavy.replace(at, 3, factor);
        EXPECT_EQ(decrypted(heavy).error().code, Errc::limit);
    }
    for (const char* factor : {" 0\n", " 04\n", " -1\n", " 123\n", " \n"}) {
        auto odd = file;
        odd.replace(at, 3, factor);
        EXPECT_EQ(decrypted(odd).error().code, Errc::malformed) << factor;
    }
}

TEST(Age, TheHeadHasOneSpelling) {
    const auto file = encrypted("x");
    const auto head = file.substr(0, *age_header_size(file));
    const auto parsed = AgeHeader::parse(head);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->to_text(), head);
    for (const std::string& odd :
         {"age-encryption.org/v2\n" + head.substr(22), head + "x", head.substr(0, head.size() - 1),
          "\n" + head, head.substr(0, 22) + "-> X25519 AAAA\n" + head.substr(22)})
        EXPECT_FALSE(AgeHeader::parse(odd)) << odd;
}

/// Made with age 1.1.1 (Debian 12): `age -p`, passphrase "correct horse battery staple".
TEST(Age, ReadsWhatAgeItselfWrote) {
    const auto* source = std::getenv("SALLYPORT_SOURCE_DIR");
    if (source == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set; run it with ctest";
    const auto file = read_file(std::filesystem::path(source) / "tests/unit/certs/age_1_1_1.age");
    ASSERT_TRUE(file);
    EXPECT_EQ(*decrypted(*file), "made by age itself\n");
}

}  // namespace
}  // namespace sallyport::certs
