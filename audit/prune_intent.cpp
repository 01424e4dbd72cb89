#include "audit/prune_intent.hpp"

#include "audit/json_values.hpp"
#include "audit/replace.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace sallyport::audit {
namespace {

namespace json = boost::json;

constexpr std::string_view pruned_extension = ".pruned";
constexpr mode_t pruned_mode = 0600;
/// No checkpoint begins so, and no other note that the log's key signs.
constexpr std::string_view heading = "sallyport audit pruned v1\n";
/// Of those who had not got what goes, and of those who had it deleted.
constexpr std::size_t names_max = 32;
constexpr std::size_t who_bytes_max = 1024;

struct Numbered {
    std::uint64_t number = 0;
    PruneIntent intent{};
};

std::string_view to_text(PruneIntent::State state) {
    if (state == PruneIntent::State::untold) return "untold";
    return state == PruneIntent::State::told ? "told" : "done";
}

std::optional<PruneIntent::State> parse_state(std::string_view text) {
    using State = PruneIntent::State;
    for (const auto state : {State::untold, State::told, State::done})
        if (to_text(state) == text) return state;
    return std::nullopt;
}

std::string note_text(const Numbered& numbered) {
    const auto& [number, intent] = numbered;
    const auto& pruned = intent.pruned;
    json::array untaken;
    for (const auto& name : pruned.untaken) untaken.emplace_back(name);
    return std::string(heading) +
           json::serialize(json::object{
               {"number", number},
               {"state", to_text(intent.state)},
               {"first", pruned.first},
               {"segments", pruned.segments},
               {"bytes", pruned.bytes},
               {"disclosures", pruned.disclosures},
               {"disclosed_from", pruned.disclosed_from},
               {"reason", pruned.reason},
               {"policy", pruned.policy},
               {"who", pruned.who},
               {"youngest", pruned.youngest ? to_rfc3339(*pruned.youngest) : std::string()},
               {"untaken", std::move(untaken)}}) +
           "\n";
}

std::optional<Numbered> parse_text(std::string_view text) {
    if (!text.starts_with(heading)) return std::nullopt;
    text.remove_prefix(heading.size());
    boost::system::error_code failure;
    const auto value = json::parse(text, failure);
    if (failure || !value.is_object()) return std::nullopt;
    JsonValues values(value.get_object());
    const auto state = parse_state(values.text("state"));
    if (!state) return std::nullopt;
    Numbered numbered{.number = values.number("number"),
                      .intent = {.state = *state,
                                 .pruned = {.first = values.number("first"),
                                            .segments = values.number("segments"),
                                            .bytes = values.number("bytes"),
                                            .disclosures = values.number("disclosures"),
                                            .disclosed_from = values.number("disclosed_from"),
                                            .reason = values.text("reason"),
                                            .policy = values.text("policy"),
                                            .who = values.text("who"),
                                            .youngest = values.time("youngest"),
                                            .untaken = values.texts("untaken")}}};
    return values.good() ? std::optional(std::move(numbered)) : std::nullopt;
}

std::optional<Numbered> parse_slot(std::string_view bytes, const LogKeys& keys) {
    const auto note = tlog::Note::parse(bytes.substr(0, bytes.find('\0')));
    if (!note) return std::nullopt;
    if (!note->verify(keys.all())) return std::nullopt;
    auto numbered = parse_text(note->text);
    if (numbered) numbered->intent.origin = keys.origin();
    return numbered;
}

Result<void> write_at(int file, std::string_view bytes, std::size_t offset) {
    while (!bytes.empty()) {
        const auto count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return os_error("write");
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::size_t>(count);
    }
    if (::fdatasync(file) != 0) return os_error("fdatasync");
    return {};
}

}  // namespace

PruneIntent PruneIntent::after(const PruneIntent& earlier) const {
    auto both = *this;
    auto& all = both.pruned;
    const auto& before = earlier.pruned;
    all.first = std::max(all.first, before.first);
    all.segments += before.segments;
    all.bytes += before.bytes;
    all.disclosures += before.disclosures;
    all.disclosed_from = std::max(all.disclosed_from, before.disclosed_from);
    if (all.reason.empty()) all.reason = before.reason;
    all.youngest = std::max(all.youngest, before.youngest);
    if ((", " + before.who).ends_with(", " + all.who))
        all.who = before.who;
    else if (before.who.size() + all.who.size() < who_bytes_max)
        all.who = before.who + ", " + all.who;
    for (const auto& name : before.untaken)
        if (std::ranges::find(all.untaken, name) == all.untaken.end()) all.untaken.push_back(name);
    return both;
}

PruneIntentFile::PruneIntentFile(const std::filesystem::path& folder)
    : path_(folder.string() + std::string(pruned_extension)) {}

/// Blocks that were written need no room when they are written again.
Result<void> PruneIntentFile::prepare() const {
    if (!looked_at_)
        return Error{Errc::unavailable,
                     "what stands in " + path_.string() +
                         " could not be read yet, and may not be written over; see "
                         "audit.pruned_unknown in the journal"};
    std::error_code failure;
    const auto bytes = std::filesystem::file_size(path_, failure);
    if (!failure && bytes == slots * slot_bytes) return {};
    return replace(path_, std::string(slots * slot_bytes, '\0'), pruned_mode);
}

Result<void> PruneIntentFile::write(const PruneIntent& intent, const tlog::Signer& signer) {
    if (auto prepared = prepare(); !prepared) return prepared;
    auto limited = intent;
    if (limited.pruned.untaken.size() > names_max) limited.pruned.untaken.resize(names_max);
    const auto number = number_ + 1;
    tlog::Note note{.text = note_text({number, limited}), .signatures = {}};
    auto signature = signer.sign(note.text);
    if (!signature) return signature.error();
    note.add(std::move(*signature));
    auto bytes = note.to_text();
    if (bytes.size() >= slot_bytes)
        return Error{Errc::limit, "what is to be deleted cannot be said in " + path_.string()};
    bytes.resize(slot_bytes, '\0');
    const FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return os_error("open " + path_.string());
    if (auto written = write_at(file.get(), bytes, slot_ * slot_bytes); !written)
        return Error{written.error().code, written.error().detail + " " + path_.string()};
    number_ = number;
    slot_ = (slot_ + 1) % slots;
    return {};
}

Result<std::optional<PruneIntent>> PruneIntentFile::read(const LogKeys& keys) {
    const auto text = read_file(path_);
    const bool missing =
        !text && text.error().code == boost::system::errc::no_such_file_or_directory;
    if (!text && !missing) return text.error();
    looked_at_ = true;
    if (missing) return std::optional<PruneIntent>();
    std::optional<PruneIntent> newest;
    for (std::size_t slot = 0; slot < slots && slot * slot_bytes < text->size(); ++slot) {
        auto found =
            parse_slot(std::string_view(*text).substr(slot * slot_bytes, slot_bytes), keys);
        if (!found || (newest && found->number <= number_)) continue;
        newest = std::move(found->intent);
        number_ = found->number;
        slot_ = (slot + 1) % slots;
    }
    if (newest || text->find_first_not_of('\0') == text->npos) return newest;
    return Error{Errc::untrusted, path_.string() + " says nothing that this log has signed"};
}

}  // namespace sallyport::audit
