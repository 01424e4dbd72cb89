// A folder with segments of a log, written line by line.
#pragma once

#include "audit/line_reader.hpp"
#include "audit/segment.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <zlib.h>

namespace sallyport::forward {

inline std::string record_line(audit::Sequence sequence, std::string_view event = "link.up",
                               std::string_view more = "") {
    return R"({"seq":)" + std::to_string(sequence) + R"(,"prev":")" + std::string(64, '0') +
           R"(","time":"2025-03-01T12:00:00.000007Z","boot":"b","mono":1,"event":")" +
           std::string(event) + R"(","cfg":"c")" + std::string(more) + "}\n";
}

class LogFolder {
public:
    LogFolder() : path_(root_.path() / "audit") { std::filesystem::create_directory(path_); }

    const std::filesystem::path& path() const { return path_; }
    const std::filesystem::path& root() const { return root_.path(); }
    std::filesystem::path file(audit::Sequence first) const {
        return path_ / audit::segment_name(first);
    }
    void append(audit::Sequence first, std::string_view text) const {
        std::ofstream(file(first), std::ios::app) << text;
    }
    /// Records `from` to `to`, that one not, to the segment `first`.
    void append(audit::Sequence first, audit::Sequence from, audit::Sequence to) const {
        for (auto sequence = from; sequence < to; ++sequence) append(first, record_line(sequence));
    }
    void compress(audit::Sequence first) const {
        const auto plain = file(first);
        std::ifstream in(plain);
        const std::string text((std::istreambuf_iterator<char>(in)), {});
        auto* out = ::gzopen((plain.string() + ".gz").c_str(), "wb");
        ::gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
        ::gzclose(out);
        std::filesystem::remove(plain);
    }

    /// As a repair does with a log that is not what was signed.
    void put_aside() const {
        const auto aside = path_ / "generation-0001";
        std::filesystem::create_directory(aside);
        for (const auto& segment : *audit::list_segments(path_))
            std::filesystem::rename(segment.path, aside / segment.path.filename());
    }

private:
    test::TemporaryFolder root_;
    std::filesystem::path path_;
};

}  // namespace sallyport::forward
