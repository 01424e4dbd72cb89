#include "daemon/bundle.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "daemon/tar_gz.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <zlib.h>

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::sys_seconds noon{std::chrono::seconds(1'772'366'400)};

std::string gunzip(const std::string& packed) {
    constexpr int gzip_window = 15 + 16;
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, gzip_window), Z_OK);
    std::string out(8 * 1024 * 1024, '\0');
    std::string in = packed;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

TEST(Tar, WritesWhatUstarSays) {
    Tar tar(noon);
    tar.add("folder/a.txt", "hello");
    tar.add("empty", "");
    const auto out = tar.finish();
    EXPECT_EQ(out.size(), 512U * 5);  // two headers, one block, two of the end
    EXPECT_EQ(out.substr(0, 12), "folder/a.txt");
    EXPECT_EQ(out.substr(100, 7), "0000600");
    EXPECT_EQ(out.substr(124, 11), "00000000005");
    EXPECT_EQ(out.substr(257, 5), "ustar");
    EXPECT_EQ(out.substr(512, 5), "hello");
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < 512; ++i)
        sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(out[i]);
    EXPECT_EQ(std::stoul(out.substr(148, 6), nullptr, 8), sum);
}

TEST(Tar, IsCompressedSoThatGzipReadsIt) {
    const std::string text(100'000, 'x');
    EXPECT_EQ(gunzip(gzip(text)), text);
    EXPECT_EQ(gunzip(gzip("")), "");
}

TEST(Bundle, SaysWhatItHoldsAndThatSomebodyShallLook) {
    const auto list = bundle_list({{"status.json", "what it says", "{}"}, {"top", "no answer", ""}},
                                  "sallyport", noon);
    EXPECT_THAT(list, HasSubstr("LOOK THROUGH IT"));
    EXPECT_THAT(list, HasSubstr("\nstatus.json: what it says\n"));
    EXPECT_THAT(list, HasSubstr("(nothing)  top: no answer"));
    EXPECT_EQ(bundle_file_name("sallyport", noon), "sallyport-bundle-20260301T120000Z.tar.gz");
}

TEST(Bundle, IsForItsOwnerAndOverwritesNothing) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "b.tar.gz";
    ASSERT_TRUE(write_bundle(file, {{"a", "", "https://u:passw0rd@h"}}, "sallyport", noon));
    struct stat facts {};
    ::stat(file.c_str(), &facts);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    const auto unpacked = gunzip(*read_file(file));
    EXPECT_THAT(unpacked, Not(HasSubstr("passw0rd")));
    EXPECT_THAT(unpacked, HasSubstr("https://***@h"));
    const auto again = write_bundle(file, {}, "sallyport", noon);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
}

TEST(Bundle, KeepsTheEndOfWhatIsTooLong) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "b.tar.gz";
    const auto text = "begin" + std::string(bundle_part_bytes_max, 'x') + "end";
    ASSERT_TRUE(write_bundle(file, {{"a", "", text}}, "sallyport", noon));
    const auto unpacked = gunzip(*read_file(file));
    EXPECT_THAT(unpacked, HasSubstr("[the first 8 bytes were left out]"));
    EXPECT_THAT(unpacked, Not(HasSubstr("begin")));
}

TEST(Bundle, TakesTheNewestRecordsAndPersonalValuesOnlyIfAsked) {
    const test::TemporaryFolder folder;
    std::ofstream(folder.path() / "00000000000000000000.jsonl") << "{\"seq\":1}\n";
    std::ofstream(folder.path() / "00000000000000000008.jsonl")
        << "{\"seq\":8}\n{\"seq\":9}\n{\"seq\":10}\n";
    std::ofstream(folder.path() / "00000000000000000008.pii")
        << "{\"seq\":8,\"value\":\"jane\"}\n{\"seq\":10,\"value\":\"joe\"}\n";
    const auto plain = audit_parts(folder.path(), 2, false);
    ASSERT_EQ(plain.size(), 1U);
    EXPECT_EQ(plain[0].content, "{\"seq\":9}\n{\"seq\":10}\n");
    const auto personal = audit_parts(folder.path(), 2, true);
    ASSERT_EQ(personal.size(), 2U);
    EXPECT_EQ(personal[1].content, "{\"seq\":10,\"value\":\"joe\"}\n");
    EXPECT_EQ(audit_parts(folder.path(), 0, false)[0].content, "");
    EXPECT_EQ(audit_parts(folder.path() / "none", 5, false)[0].content, "");
}

TEST(Bundle, SaysWhyThereIsNoLog) {
    EXPECT_THAT(log_part("x", "/no/such/file").what, HasSubstr("/no/such/file"));
    EXPECT_EQ(log_part("x", "/dev/null").content, "");
    const auto none = daemon_part("/no/such/socket", "/v1/status", "status.json", "status");
    EXPECT_EQ(none.content, "");
    EXPECT_THAT(none.what, HasSubstr("/no/such/socket"));
}

}  // namespace
}  // namespace sallyport::daemon
