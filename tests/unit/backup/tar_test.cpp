#include "backup/tar.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

namespace sallyport::backup {
namespace {

TEST(BackupEntry, NamesArePlainPathsBelowAFolder) {
    for (const char* name : {"backup.json", "state/audit/vkeys", "config/mappings.d/a-b_c.toml",
                             "a/...", "a/..b", "state/audit/hub@x.countersigned"})
        EXPECT_TRUE(is_entry_name(name)) << name;
    for (const char* name :
         {"",     "/",      "/etc/passwd", "a//b",     "a/",   "./a",  "a/.", "..",
          "../a", "a/../b", "a/..",        "a b",      "a\\b", "a\nb", "-rf", "a/-rf",
          "a\"b", "a'b",    "a\x7f",       "\xc3\xa4", "a:b",  "a*b"})
        EXPECT_FALSE(is_entry_name(name)) << name;
    EXPECT_FALSE(is_entry_name(std::string_view("a\0b", 3)));
    EXPECT_TRUE(is_entry_name(std::string(255, 'a')));
    EXPECT_FALSE(is_entry_name(std::string(256, 'a')));
}

TEST(BackupTar, ABlockSaysWhatWasWritten) {
    const auto long_name = std::string(120, 'd') + "/" + std::string(100, 'f');
    for (const Entry& entry : {Entry{"backup.json", 0, 0600}, Entry{"state/audit/vkeys", 1, 0640},
                               Entry{long_name, entry_bytes_max, 0755}, Entry{"x", 512, 0}}) {
        const auto block = write_tar_block(entry);
        ASSERT_TRUE(block) << entry.name;
        ASSERT_EQ(block->size(), tar_block_bytes);
        const auto read = read_tar_block(*block);
        ASSERT_TRUE(read && *read) << entry.name;
        EXPECT_EQ(**read, entry);
    }
    EXPECT_EQ(*read_tar_block(std::string(512, '\0')), std::nullopt);
}

TEST(BackupTar, WhatCannotBeWrittenIsRefused) {
    EXPECT_EQ(write_tar_block({"../x", 0, 0}).error().code, Errc::malformed);
    EXPECT_EQ(write_tar_block({"x", entry_bytes_max + 1, 0}).error().code, Errc::limit);
    EXPECT_EQ(write_tar_block({std::string(101, 'a'), 0, 0}).error().code, Errc::malformed);
    EXPECT_EQ(
        write_tar_block({std::string(156, 'a') + "/b" + std::string(99, 'c'), 0, 0}).error().code,
        Errc::malformed);
}

/// The checksum is made right: what is refused is refused for what it says.
std::string changed(std::size_t offset, std::string_view text) {
    auto block = *write_tar_block({"state/x", 7, 0600});
    block.replace(offset, text.size(), text);
    block.replace(148, 8, "        ");
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    std::string digits(6, '0');
    for (std::size_t i = 6; i-- > 0; sum >>= 3) digits[i] = static_cast<char>('0' + (sum & 7));
    block.replace(148, 8, digits + std::string("\0 ", 2));
    return block;
}

TEST(BackupTar, NothingButPlainFilesIsRead) {
    EXPECT_TRUE(read_tar_block(changed(0, "state/y")));
    const std::pair<std::size_t, std::string> odd[] = {
        {0, "../../x"},
        {0, "/etc/xx"},
        {156, "5"},                   // a folder
        {156, "2"},                   // a symbolic link
        {156, "1"},                   // a hard link
        {156, "3"},                   // a device
        {156, "x"},                   // an extended header
        {156, "L"},                   // a long name of GNU tar
        {156, std::string(1, '\0')},  // an old tar's file
        {157, "target"},              // a link's target
        {100, "0004755"},             // set-user-id
        {108, "0001750"},             // an owner
        {124, "77777777777"},         // 8 GiB and more would not matter, but
        {124, "\xff\xff\xff\xff"},    // a size in another notation does
        {136, "00000000001"},         // a time
        {265, "root"},                // names of owners
        {345, "../.."},               // a prefix
        {500, "x"},                   // behind the last field
    };
    for (const auto& [offset, text] : odd) {
        if (text == "77777777777") continue;
        EXPECT_FALSE(read_tar_block(changed(offset, text))) << offset << ' ' << text;
    }
    auto wrong_sum = *write_tar_block({"state/x", 7, 0600});
    wrong_sum[150] ^= 1;
    EXPECT_FALSE(read_tar_block(wrong_sum));
    EXPECT_FALSE(read_tar_block(std::string(511, '\0')));
}

}  // namespace
}  // namespace sallyport::backup
