#include "audit/predecessor.hpp"

#include "audit/record_fields.hpp"

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
    auto text = "record " + std::to_string(before.told_in) +
                ": THE LOG BEFORE THIS ONE was not as it was signed, and was put aside as " +
                before.folder + ": " +
                (before.broken.empty() ? "it does not say why" : before.broken);
    if (before.size > 0)
        text += " (" + before.origin + ", " + std::to_string(before.size) + " signed records)";
    return text;
}

}  // namespace sallyport::audit
