#include "backup/extract.hpp"
#include "backup/passphrase.hpp"
#include "backup/reader.hpp"
#include "backup/tar.hpp"
#include "backup/writer.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport::backup {
namespace {

using ::testing::HasSubstr;

const Secret& passphrase() {
    static const Secret secret("correct horse battery staple");
    return secret;
}

class Backup : public ::testing::Test {
protected:
    Writer::Settings settings(Writer::Existing existing = Writer::Existing::refuse) const {
        return {.file = file(), .existing = existing, .work_factor = 4};
    }
    std::filesystem::path file() const { return folder_.path() / "x.age"; }
    std::size_t files_there() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
    }

    test::TemporaryFolder folder_;
};

TEST_F(Backup, GivesBackItsFilesInTheirOrder) {
    auto writer = Writer::create(settings(), passphrase());
    ASSERT_TRUE(writer) << to_text(writer.error());
    ASSERT_TRUE((*writer)->add("backup.json", "{}"));
    ASSERT_TRUE((*writer)->add("state/empty", "", 0640));
    const auto large = folder_.path() / "large";
    ASSERT_TRUE(replace_file(large, std::string(200'000, 'x'), 0600));
    ASSERT_TRUE((*writer)->add({.name = "state/large", .size = 150'000, .mode = 0600},
                               FileDescriptor(::open(large.c_str(), O_RDONLY))));
    const auto written = (*writer)->finish();
    ASSERT_TRUE(written) << to_text(written.error());
    EXPECT_EQ(written->files, 4u);
    EXPECT_EQ(written->bytes, std::filesystem::file_size(file()));
    EXPECT_EQ(written->sha256, to_hex(certs::sha256(as_bytes(*read_file(file())))));
    struct stat facts {};
    ASSERT_EQ(::stat(file().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777u, 0600u);

    auto reader = Reader::open(file(), passphrase());
    ASSERT_TRUE(reader) << to_text(reader.error());
    auto& archive = (*reader)->archive();
    EXPECT_EQ((*archive.next())->name, "backup.json");
    EXPECT_EQ(*archive.read_all(10), "{}");
    EXPECT_EQ(**archive.next(), (Entry{"state/empty", 0, 0640}));
    const auto entry = archive.next();
    EXPECT_EQ(archive.read_all(149'999).error().code, Errc::limit);
    ASSERT_TRUE(extract(archive, **entry, folder_.path() / "out", 0600));
    EXPECT_EQ(*read_file(folder_.path() / "out/state/large"), std::string(150'000, 'x'));
    EXPECT_EQ(*archive.next(), std::nullopt);
}

TEST_F(Backup, AFileThatIsThereStaysUnlessItIsToBeReplaced) {
    ASSERT_TRUE(replace_file(file(), "mine", 0600));
    EXPECT_EQ(Writer::create(settings(), passphrase()).error().code, Errc::conflict);
    auto writer = Writer::create(settings(Writer::Existing::replace), passphrase());
    ASSERT_TRUE((*writer)->add("backup.json", "{}"));
    EXPECT_EQ(*read_file(file()), "mine");  // until it is whole
    ASSERT_TRUE((*writer)->finish());
    EXPECT_TRUE(Reader::open(file(), passphrase()));
}

TEST_F(Backup, OfTwoAtOnceOneGetsToKnowThatItLost) {
    auto first = Writer::create(settings(), passphrase());
    auto second = Writer::create(settings(), passphrase());
    ASSERT_TRUE((*first)->add("backup.json", "1"));
    ASSERT_TRUE((*second)->add("backup.json", "2"));
    ASSERT_TRUE((*first)->finish());
    EXPECT_EQ((*second)->finish().error().code, Errc::conflict);
    second = Error{Errc::closed, {}};
    EXPECT_EQ(files_there(), 1u);
}

TEST_F(Backup, WhatIsGivenUpLeavesNothingBehind) {
    {
        auto writer = Writer::create(settings(), passphrase());
        ASSERT_TRUE((*writer)->add("backup.json", "{}"));
        EXPECT_EQ((*writer)->add("../x", "").error().code, Errc::malformed);
        const auto small = folder_.path() / "small";
        ASSERT_TRUE(replace_file(small, "x", 0600));
        EXPECT_EQ((*writer)
                      ->add({.name = "state/small", .size = 2, .mode = 0600},
                            FileDescriptor(::open(small.c_str(), O_RDONLY)))
                      .error()
                      .code,
                  Errc::cut);
        std::filesystem::remove(small);
    }
    EXPECT_EQ(files_there(), 0u);
}

/// The files in an archive, or why it is refused.
Result<std::vector<std::string>> read_archive(std::string archive) {
    std::string_view rest = archive;
    ArchiveReader reader([&](std::span<char> out) -> Result<std::size_t> {
        const auto count = std::min<std::size_t>({out.size(), rest.size(), 700});
        std::copy_n(rest.begin(), count, out.begin());
        rest.remove_prefix(count);
        return count;
    });
    std::vector<std::string> names;
    while (true) {
        const auto entry = reader.next();
        if (!entry) return entry.error();
        if (!*entry) return names;
        names.push_back((*entry)->name);
    }
}

std::string tar_of(std::string_view name, std::string_view content) {
    auto text = *write_tar_block({std::string(name), content.size(), 0600});
    text += content;
    return text + std::string(tar_padding(content.size()), '\0');
}

std::string line_of(std::string_view name, std::string_view content) {
    return to_hex(certs::sha256(as_bytes(content))) + "  " + std::string(name) + "\n";
}

TEST(BackupArchive, IsReadToItsEndOrRefused) {
    const auto about = tar_of("backup.json", "{}");
    const auto digests = line_of("backup.json", "{}");
    const std::string end(1024, '\0');
    EXPECT_EQ(read_archive(about + tar_of("SHA256SUMS", digests) + end)->size(), 1u);
    EXPECT_TRUE(read_archive(about + tar_of("SHA256SUMS", digests) + end + end));

    const std::pair<std::string, Errc> odd[] = {
        {"", Errc::malformed},
        {end, Errc::malformed},
        {about, Errc::malformed},
        {about + end, Errc::malformed},
        {tar_of("state/x", "") + end, Errc::malformed},
        {about + tar_of("SHA256SUMS", digests), Errc::malformed},
        {about + tar_of("SHA256SUMS", digests) + std::string(512, '\0'), Errc::malformed},
        {about + tar_of("SHA256SUMS", digests) + end + "x", Errc::malformed},
        {about + tar_of("SHA256SUMS", digests) + about, Errc::malformed},
        {about + tar_of("SHA256SUMS", "") + end, Errc::untrusted},
        {about + tar_of("SHA256SUMS", line_of("backup.json", "[]")) + end, Errc::untrusted},
        {about + tar_of("state/x", "") + tar_of("SHA256SUMS", digests) + end, Errc::untrusted},
        {tar_of("backup.json", "{}").replace(514, 1, "x"), Errc::malformed},  // in the padding
    };
    for (const auto& [archive, code] : odd)
        EXPECT_EQ(read_archive(archive).error().code, code) << archive.size();
}

TEST_F(Backup, APassphraseIsOneLineThatOnlyItsOwnerReads) {
    const auto path = folder_.path() / "passphrase";
    const auto read = [&](std::string_view text, mode_t mode = 0600) {
        EXPECT_TRUE(replace_file(path, text, mode));
        return read_passphrase(path);
    };
    EXPECT_EQ(read("correct horse\n")->reveal(), "correct horse");
    EXPECT_EQ(read("correct horse", 0640)->reveal(), "correct horse");
    EXPECT_EQ(read("correct horse\n", 0644).error().code, Errc::denied);
    EXPECT_THAT(read("too short\n").error().detail, HasSubstr("openssl rand"));
    EXPECT_FALSE(read("two lines of\ntext in it\n"));
    EXPECT_FALSE(read(std::string(2000, 'x')));
}

}  // namespace
}  // namespace sallyport::backup
