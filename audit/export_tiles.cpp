#include "audit/export_tiles.hpp"

#include "audit/tiles.hpp"
#include "base/error.hpp"

namespace sallyport::audit {

Result<void> can_be_tiles(const ExportRequest& request, const ExportSource& source) {
    if (request.since || request.until)
        return Error{Errc::unsupported, "tiles are of a whole log: leave out --since and --until"};
    if (!source.checkpoint())
        return Error{Errc::not_found, "the log has no checkpoint, so it cannot be verified"};
    if (source.first() > 0)
        return Error{Errc::unsupported,
                     "the oldest records of the log were deleted, and tiles need them all; export "
                     "it as json"};
    return {};
}

Result<void> export_tiles(const ExportSource& source, ExportFolder& folder, ExportReport& report,
                          const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const auto& checkpoint = source.checkpoint()->checkpoint;
    Tiles tiles([&](const std::string& name, std::string_view content) {
        return folder.add(name, content);
    });
    tlog::Range tree;
    auto lines = source.read(false);
    for (; report.exported < checkpoint.size; ++report.exported) {
        const auto line = lines.next();
        if (!line) return line.error();
        if (!*line)
            return Error{Errc::untrusted, std::to_string(checkpoint.size) +
                                              " records were signed, but only " +
                                              std::to_string(report.exported) + " are there"};
        tree.append(tlog::leaf_hash(as_bytes((*line)->signed_line)));
        if (auto taken = tiles.append((*line)->signed_line); !taken) return taken;
        progress(report.exported, checkpoint.size);
    }
    if (tree.root() != checkpoint.root)
        return Error{Errc::untrusted,
                     "the records are not those that were signed; run audit verify"};
    if (auto finished = tiles.finish(); !finished) return finished;
    if (report.exported > 0) {
        report.first = 0;
        report.last = report.exported - 1;
    }
    return folder.add("checkpoint", source.checkpoint()->note.to_text());
}

}  // namespace sallyport::audit
