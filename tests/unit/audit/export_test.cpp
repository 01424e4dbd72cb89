#include "audit/export_folder.hpp"
#include "audit/export_source.hpp"
#include "audit/exporting.hpp"
#include "audit/log_keys.hpp"
#include "audit_fixture.hpp"
#include "tlog/checkpoint.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <sstream>

namespace sallyport::audit {
namespace {

class ExportTest : public AuditTest {
protected:
    void write_log(int exchanges = 5) {
        auto with = settings();
        with.segment_bytes_max = 3000;
        const auto log = open(with);
        for (int i = 0; i < exchanges; ++i) {
            log->append(begin("id" + std::to_string(i)));
            log->append(answered("id" + std::to_string(i)));
            clock.pass(std::chrono::minutes(1));
        }
    }
    Result<ExportReport> try_export(ExportRequest request) const {
        request.log = folder;
        request.out = root / "out";
        return export_log(request, [](std::uint64_t, std::uint64_t) {});
    }
    ExportReport exported(const ExportRequest& request) const {
        auto report = try_export(request);
        if (!report) ADD_FAILURE() << to_text(report.error());
        return report ? *report : ExportReport{};
    }
    std::vector<std::string> lines_of(const char* name) const {
        auto reader = LineReader::open(root / "out" / name);
        std::vector<std::string> lines;
        while (reader) {
            const auto line = reader->next();
            if (!line) ADD_FAILURE() << to_text(line.error());
            if (!line || !*line) break;
            lines.emplace_back((*line)->bytes);
        }
        return lines;
    }
    std::vector<std::string> lines_of_log() const {
        std::vector<std::string> lines;
        auto reader = Reader::open(folder).value();
        for (auto line = reader.next().value(); line; line = reader.next().value())
            lines.emplace_back(line->bytes);
        return lines;
    }
    boost::json::object manifest() const {
        return boost::json::parse(*read_file(root / "out" / "manifest.json")).as_object();
    }
};

TEST_F(ExportTest, NothingIsWrittenIntoWhatSomebodyPutsInTheFoldersPlace) {
    const auto out = root / "out";
    const auto elsewhere = root / "elsewhere";
    std::filesystem::create_directory(elsewhere);
    auto made = ExportFolder::create(out);
    ASSERT_TRUE(made);
    std::filesystem::rename(out, root / "moved");
    std::filesystem::create_directory_symlink(elsewhere, out);
    ASSERT_TRUE(made->add("a", "1"));
    ASSERT_TRUE(made->add("tile/0/x001/b", "2"));
    EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
    EXPECT_EQ(*read_file(root / "moved/a"), "1");
    EXPECT_EQ(*read_file(root / "moved/tile/0/x001/b"), "2");
    std::filesystem::create_directory_symlink(elsewhere, root / "moved/link");
    EXPECT_FALSE(made->add("link/c", "3"));
    EXPECT_FALSE(made->add("a", "4")) << "nothing is written over";
    EXPECT_TRUE(made->finish());
}

TEST_F(ExportTest, JsonWithoutPersonalDataIsTheLogItself) {
    write_log();
    const auto report = exported({.format = ExportFormat::json, .personal = false});
    EXPECT_EQ(lines_of("records.jsonl.gz"), lines_of_log());
    EXPECT_EQ(report.exported, lines_of_log().size());
    EXPECT_EQ(report.unreadable + report.damaged, 0U);
}

TEST_F(ExportTest, JsonHasThePersonalDataThatIsDisclosed) {
    write_log();
    exported({.format = ExportFormat::json});
    const auto all = lines_of("records.jsonl.gz");
    EXPECT_NE(all.at(1).find("\"user\":\"jane@corp.example\""), std::string::npos) << all.at(1);
}

TEST_F(ExportTest, TheManifestNamesEveryFileAndTheNewestCheckpoint) {
    write_log();
    const auto report = exported({.format = ExportFormat::json});
    const auto json = manifest();
    const auto keys = LogKeys::read(folder).value().value();
    const auto checkpoint = keys.verify(std::string_view(json.at("checkpoint").as_string()));
    ASSERT_TRUE(checkpoint) << to_text(checkpoint.error());
    EXPECT_EQ(checkpoint->checkpoint.size, lines_of_log().size());
    EXPECT_EQ(report.size, lines_of_log().size());
    EXPECT_EQ(json.at("vkey").as_string(), keys.newest().to_text());
    const auto& file = json.at("files").as_array().at(0).as_object();
    const auto bytes = *read_file(root / "out" / "records.jsonl.gz");
    EXPECT_EQ(file.at("name").as_string(), "records.jsonl.gz");
    EXPECT_EQ(file.at("bytes").to_number<std::size_t>(), bytes.size());
    EXPECT_EQ(file.at("sha256").as_string(), to_hex(certs::sha256(as_bytes(bytes))));
}

TEST_F(ExportTest, CsvHasARowPerExchangeOrEvent) {
    write_log();
    const auto report = exported({.format = ExportFormat::csv});
    const auto rows = lines_of("exchanges.csv.gz");
    EXPECT_EQ(report.exported + 1, rows.size());
    EXPECT_TRUE(rows.at(0).starts_with("seq,time,event,"));
    const auto with = [&](std::string_view text) {
        return std::ranges::count_if(rows,
                                     [&](const auto& row) { return row.find(text) != row.npos; });
    };
    EXPECT_EQ(with(",exchange,id"), 5);
    EXPECT_EQ(with("jane@corp.example"), 5);
}

TEST_F(ExportTest, CsvWithoutPersonalDataNamesNobody) {
    write_log();
    exported({.format = ExportFormat::csv, .personal = false});
    for (const auto& row : lines_of("exchanges.csv.gz"))
        EXPECT_EQ(row.find("jane"), std::string::npos) << row;
}

TEST_F(ExportTest, OnlyTheTimeAskedForIsExported) {
    write_log();
    const auto since = parse_rfc3339("2025-03-01T12:01:00Z").value();
    const auto until = parse_rfc3339("2025-03-01T12:03:00Z").value();
    const auto report = exported({.format = ExportFormat::json, .since = since, .until = until});
    for (const auto& line : lines_of("records.jsonl.gz")) {
        const auto time = parse_record(line)->time;
        EXPECT_TRUE(time >= since && time < until) << line;
    }
    EXPECT_GE(report.exported, 4U);
    EXPECT_EQ(manifest().at("since").as_string(), to_rfc3339(since));
}

TEST_F(ExportTest, EcsSaysItInTheWordsOfTheSchema) {
    write_log();
    exported({.format = ExportFormat::ecs});
    const auto all = lines_of("records.ecs.jsonl.gz");
    ASSERT_EQ(all.size(), lines_of_log().size());
    const auto json = boost::json::parse(all.at(1));
    const auto at = [&](const char* pointer) { return json.at_pointer(pointer); };
    EXPECT_EQ(at("/@timestamp"), "2025-03-01T12:00:00.000000Z");
    EXPECT_EQ(at("/event/action"), "exchange.begin");
    EXPECT_EQ(at("/event/sequence"), 1);
    EXPECT_EQ(at("/event/category/0"), "network");
    EXPECT_EQ(at("/event/outcome"), "success");
    EXPECT_EQ(at("/event/hash").as_string(), to_hex(certs::sha256(as_bytes(lines_of_log().at(1)))));
    EXPECT_EQ(at("/user/name"), "jane@corp.example");
    EXPECT_EQ(at("/url/domain"), "erp.virtual");
    EXPECT_EQ(at("/url/port"), 44300);
    EXPECT_EQ(at("/http/request/method"), "GET");
    EXPECT_EQ(at("/sallyport/tenant"), "acme");
    const auto end = boost::json::parse(all.at(2));
    EXPECT_EQ(end.at_pointer("/event/duration"), 1'500'000);
    EXPECT_EQ(end.at_pointer("/http/response/status_code"), 200);
}

TEST_F(ExportTest, NothingThatIsThereIsWrittenOver) {
    write_log();
    exported({.format = ExportFormat::csv});
    const auto before = *read_file(root / "out" / "manifest.json");
    EXPECT_EQ(try_export({.format = ExportFormat::json}).error().code, Errc::conflict);
    EXPECT_EQ(*read_file(root / "out" / "manifest.json"), before);
}

TEST_F(ExportTest, LinesThatAreNoRecordsAreCounted) {
    write_log();
    set_content(content() + "nonsense\n");
    EXPECT_EQ(exported({.format = ExportFormat::json}).unreadable, 1U);
}

TEST_F(ExportTest, SaysThatWhatItHoldsIsWhatWasSigned) {
    write_log();
    for (const auto format :
         {ExportFormat::json, ExportFormat::csv, ExportFormat::ecs, ExportFormat::tiles}) {
        const auto report = exported({.format = format});
        EXPECT_TRUE(report.verified.good());
        EXPECT_EQ(report.first, 0U);
        EXPECT_EQ(report.verified.seal.size, lines_of_log().size());
        const auto json = manifest();
        const auto& verified = json.at("verified").as_object();
        EXPECT_TRUE(verified.at("good").as_bool());
        EXPECT_EQ(verified.at("last_seq").to_number<std::size_t>(), lines_of_log().size() - 1);
        std::filesystem::remove_all(root / "out");
    }
}

TEST_F(ExportTest, WhatSomebodyHasChangedIsExportedAndCalledSo) {
    write_log();
    auto text = content();
    text.replace(text.find("GET"), 3, "PUT");
    set_content(text);
    for (const auto format : {ExportFormat::json, ExportFormat::csv, ExportFormat::ecs}) {
        const auto report = exported({.format = format});
        EXPECT_EQ(report.unreadable + report.damaged, 0U);
        EXPECT_GT(report.exported, 0U);
        EXPECT_FALSE(report.verified.good());
        const auto json = manifest();
        const auto& verified = json.at("verified").as_object();
        EXPECT_FALSE(verified.at("good").as_bool());
        EXPECT_EQ(verified.at("problems").at(0).at("verdict").as_string(), "chain");
        std::filesystem::remove_all(root / "out");
    }
}

TEST_F(ExportTest, OnlyTheSegmentsThatAreExportedAreVerified) {
    write_log(20);
    const auto segments = list_segments(folder).value();
    ASSERT_GT(segments.size(), 2U);
    auto text = content();
    text.replace(text.find("GET"), 3, "PUT");
    set_content(text);
    const auto since = records().back().time - std::chrono::minutes(1);
    const auto report = exported({.format = ExportFormat::json, .since = since});
    EXPECT_TRUE(report.verified.good());
    EXPECT_GT(*report.verified.first, segments[0].first);
}

TEST_F(ExportTest, TilesHoldTheWholeLog) {
    write_log();
    const auto report = exported({.format = ExportFormat::tiles});
    const auto note = tlog::Note::parse(*read_file(root / "out" / "checkpoint")).value();
    const auto checkpoint = tlog::Checkpoint::parse(note.text).value();
    EXPECT_EQ(report.exported, checkpoint.size);
    const auto width = std::to_string(checkpoint.size);
    const auto hashes = *read_file(root / "out/tile/0/000.p" / width);
    tlog::Range tree;
    for (std::size_t at = 0; at < hashes.size(); at += sizeof(tlog::Hash)) {
        tlog::Hash leaf{};
        std::ranges::copy(as_bytes(hashes).subspan(at, leaf.size()), leaf.begin());
        tree.append(leaf);
    }
    EXPECT_EQ(tree.end(), checkpoint.size);
    EXPECT_EQ(tree.root(), checkpoint.root);
    std::string entries;
    for (const auto& line : lines_of_log()) {
        entries += static_cast<char>(line.size() >> 8);
        entries += static_cast<char>(line.size() & 0xff);
        entries += line;
    }
    EXPECT_EQ(*read_file(root / "out/tile/entries/000.p" / width), entries);
}

TEST_F(ExportTest, TilesOfAChangedLogAreRefused) {
    write_log();
    auto text = content();
    text[text.find("GET")] = 'P';
    set_content(text);
    EXPECT_EQ(try_export({.format = ExportFormat::tiles}).error().code, Errc::untrusted);
    EXPECT_FALSE(std::filesystem::exists(root / "out" / "manifest.json"));
}

TEST_F(ExportTest, TilesNeedTheWholeLog) {
    write_log();
    EXPECT_EQ(try_export({.format = ExportFormat::tiles, .since = WallTime{}}).error().code,
              Errc::unsupported);
    std::filesystem::remove(first_segment());
    EXPECT_EQ(try_export({.format = ExportFormat::tiles}).error().code, Errc::unsupported);
    EXPECT_FALSE(std::filesystem::exists(root / "out"));
}

}  // namespace
}  // namespace sallyport::audit
