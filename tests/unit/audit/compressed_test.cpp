// Reading segments that were compressed: everything that reads a log sees what was written.
#include "audit/query.hpp"
#include "audit/tail.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"

#include <zlib.h>

namespace sallyport::audit {
namespace {

void compress(const std::filesystem::path& from, const std::filesystem::path& to) {
    const auto text = *read_file(from, 1 << 30);
    const auto file = ::gzopen(to.c_str(), "wb");
    ASSERT_TRUE(file);
    ASSERT_EQ(::gzwrite(file, text.data(), static_cast<unsigned>(text.size())),
              static_cast<int>(text.size()));
    ASSERT_EQ(::gzclose(file), Z_OK);
}

class CompressedTest : public AuditTest {
protected:
    CompressedTest() {
        auto with = settings();
        with.segment_bytes_max = 4000;
        const auto log = open(with);
        for (int i = 0; i < 30; ++i) {
            log->append(begin(std::to_string(i)));
            log->append(answered(std::to_string(i)));
        }
    }
    std::vector<Segment> segments() const { return *list_segments(folder); }
    /// All but the last.
    void compress_all() const {
        const auto all = segments();
        for (std::size_t i = 0; i + 1 < all.size(); ++i) compress_one(all[i]);
    }
    static void compress_one(const Segment& segment) {
        compress(segment.path, segment.path.string() + ".gz");
        std::filesystem::remove(segment.path);
    }
    std::vector<Sequence> last(std::uint64_t lines) const {
        auto tail = Tail::open(folder, lines);
        std::vector<Sequence> sequences;
        EXPECT_TRUE(tail && tail->read([&](std::string_view line) {
            sequences.push_back(parse_record(line)->sequence);
        }));
        return sequences;
    }
    std::uint64_t found(const Filter& filter) const {
        const auto summary = query(folder, filter, [](const Finding&) { return true; });
        if (!summary) ADD_FAILURE() << to_text(summary.error());
        return summary ? summary->found : 0;
    }
};

TEST_F(CompressedTest, ReadsAsWhatWasCompressed) {
    ASSERT_GE(segments().size(), 4U);
    const auto before = records();
    const auto lines_before = last(25);
    compress_all();
    const auto after = records();
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i].sequence, before[i].sequence);
        EXPECT_EQ(after[i].prev, before[i].prev);
    }
    EXPECT_EQ(last(25), lines_before);
    EXPECT_EQ(last(1000).size(), before.size());
    EXPECT_EQ(found({.user = "jane@*"}), 30U);
    const auto report = verify(folder);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->good());
    EXPECT_EQ(report->records, before.size());
}

TEST_F(CompressedTest, CountsThePlainOneWhereBothAreThere) {
    const auto all = segments();
    ASSERT_TRUE(replace_file(all[1].path.string() + ".gz", "a part", 0640));
    const auto listed = segments();
    ASSERT_EQ(listed.size(), all.size());
    EXPECT_FALSE(listed[1].compressed());
    EXPECT_TRUE(verify(folder)->good());
}

TEST_F(CompressedTest, ReadsOnWhenAListedSegmentIsCompressed) {
    auto reader = Reader::open(folder);
    ASSERT_TRUE(reader);
    const auto before = records().size();
    compress_all();
    std::size_t count = 0;
    for (auto line = reader->next(); line && *line; line = reader->next()) ++count;
    EXPECT_EQ(count, before);
}

TEST_F(CompressedTest, FollowsASegmentThatIsCompressedMeanwhile) {
    auto tail = Tail::open(folder, 1000);
    ASSERT_TRUE(tail);
    const auto all = segments();
    compress_all();
    std::size_t count = 0;
    ASSERT_TRUE(tail->read([&](std::string_view) { ++count; }));
    EXPECT_EQ(count, records().size());
}

TEST_F(CompressedTest, ReportsACutOrDamagedFileAndChecksTheOthers) {
    const auto all = segments();
    compress_one(all[1]);
    const auto path = all[1].path.string() + ".gz";
    const auto good = *read_file(path);
    auto flipped = good;
    flipped[flipped.size() / 2] ^= 0x10;
    auto wrong_sum = good;
    wrong_sum[wrong_sum.size() - 6] ^= 0x10;
    for (const auto& bad :
         {good.substr(0, good.size() / 2), good.substr(0, good.size() - 1), std::string(), flipped,
          wrong_sum, good + "x", std::string("no gzip file at all")}) {
        ASSERT_TRUE(replace_file(path, bad, 0640));
        const auto report = verify(folder);
        ASSERT_TRUE(report);
        ASSERT_FALSE(report->good());
        const auto& problems = report->problems;
        EXPECT_TRUE(std::ranges::any_of(problems, [&](const Problem& problem) {
            return problem.file == all[1].path.filename().string() + ".gz" && problem.line == 0;
        }));
        const auto summary = query(folder, {}, [](const Finding&) { return true; });
        ASSERT_TRUE(summary);
        EXPECT_EQ(summary->damaged, 1U);
        EXPECT_GT(summary->found, 0U);
    }
}

TEST_F(CompressedTest, ReadsAllMembersAsOneFile) {
    const auto before = records().size();
    const auto all = segments();
    const auto text = *read_file(all[1].path);
    const auto half = text.size() / 2;
    std::string members;
    for (const auto& part : {text.substr(0, half), std::string(), text.substr(half)}) {
        ASSERT_TRUE(replace_file(folder / "part", part, 0640));
        compress(folder / "part", folder / "part.gz");
        members += *read_file(folder / "part.gz");
    }
    std::filesystem::remove(folder / "part");
    std::filesystem::remove(folder / "part.gz");
    ASSERT_TRUE(replace_file(all[1].path.string() + ".gz", members, 0640));
    std::filesystem::remove(all[1].path);
    EXPECT_EQ(records().size(), before);
    EXPECT_TRUE(verify(folder)->good());
    // A member twice is the same records twice.
    ASSERT_TRUE(replace_file(all[1].path.string() + ".gz", members + members, 0640));
    EXPECT_FALSE(verify(folder)->good());
}

TEST_F(CompressedTest, ReadsABombInBoundedMemory) {
    const auto all = segments();
    const auto path = all[1].path.string() + ".gz";
    std::filesystem::remove(all[1].path);
    const auto file = ::gzopen(path.c_str(), "wb");
    const std::string zeros(1024 * 1024, '\0');
    for (int i = 0; i < 64; ++i)
        ASSERT_GT(::gzwrite(file, zeros.data(), static_cast<unsigned>(zeros.size())), 0);
    ASSERT_EQ(::gzclose(file), Z_OK);
    auto lines = LineReader::open(path);
    ASSERT_TRUE(lines);
    const auto line = lines->next();
    ASSERT_TRUE(line && *line);
    EXPECT_FALSE((*line)->fits());
    EXPECT_LE((*line)->bytes.size(), record_bytes_max);
    EXPECT_EQ((*line)->length, 64U * 1024 * 1024);
    EXPECT_FALSE(verify(folder)->good());
}

TEST_F(CompressedTest, GoesOnInANewSegmentBehindACompressedOne) {
    const auto all = segments();
    compress_one(all.back());  // its successor was empty, and a start removed it
    const auto before = records().size();
    { open(); }
    EXPECT_EQ(records()[before].event, "segment.opened");
    EXPECT_EQ(records()[before].text("previous"), all.back().path.filename().string());
    EXPECT_EQ(segments().back().first, before);
    EXPECT_TRUE(verify(folder)->good());
}

}  // namespace
}  // namespace sallyport::audit
