#include "audit/predecessor.hpp"

#include "audit/record_fields.hpp"
#include "audit/restored.hpp"

namespace sallyport::audit {

std::optional<Predecessor> predecessor_of(const Record& record) {
    if (record.event != event::log_opened) return std::nullopt;
    const auto folder = record.text("previous_generation");
    if (folder.empty()) return std::nullopt;
    return Predecessor{.told_in = record.sequence,
                       .folder = std::string(folder),
                       .origin = std::string(record.text("previous_origin")),
                       .size = record.number("previous_size").value_or(0),
                       .root = std::string(record.text("previous_root")),
                       .vkey = std::string(record.text("previous_vkey")),
                       .broken = std::string(record.text("broken"))};
}

std::string describe(const Predecessor& before) {
    if (is_restored(before.broken))
        return "record " + std::to_string(before.told_in) + ": the log before this one, " +
               before.origin + " with " + std::to_string(before.size) + " signed records, is " +
               before.folder + ": " + before.broken +
               "; what was recorded after the backup is not here";
    auto text = "record " + std::to_string(before.told_in) +
                ": THE LOG BEFORE THIS ONE was not as it was signed, and was put aside as " +
                before.folder + ": " +
                (before.broken.empty() ? "it does not say why" : before.broken);
    if (before.size > 0)
        text += " (" + before.origin + ", " + std::to_string(before.size) + " signed records)";
    return text;
}

}  // namespace sallyport::audit
