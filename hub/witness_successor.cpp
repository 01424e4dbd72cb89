#include "hub/witness_successor.hpp"

#include "hub/witness_decision.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/note.hpp"
#include "tlog/spelling.hpp"
#include "tlog/verifier_key.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

std::string records(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " record" : " records");
}

std::string root_of(const KnownLog& log) {
    const auto note = tlog::Note::parse(log.note);
    const auto checkpoint =
        note ? tlog::Checkpoint::parse(note->text) : Result<tlog::Checkpoint>(note.error());
    return checkpoint ? tlog::to_text(checkpoint->root) : std::string();
}

bool is_key_of(const std::string& key, const std::string& origin) {
    const auto parsed = tlog::VerifierKey::parse(key);
    return parsed && parsed->name() == origin && parsed->type() != tlog::KeyType::cosignature;
}

/// What the backup has, compared with what the hub has countersigned; empty: it contradicts that.
std::string compare(const AgentLogs& own, const KnownLog& known, const certs::Restored& restored) {
    if (restored.size == known.size && root_of(known) != restored.root) return {};
    auto text = "the backup has the log " + known.origin + " up to " + records(restored.size);
    text += restored.size < known.size
                ? "; " + records(known.size - restored.size) +
                      " after them, which the hub has countersigned, are not in it"
                : "; all that the hub has countersigned of it is there";
    if (&known != &own.logs.back())
        text += "; the agent had gone on with the log " + own.logs.back().origin + " (" +
                records(own.logs.back().size) + ")";
    return text;
}

}  // namespace

Succession expect_successor(AgentLogs& own, bool is_anothers, const certs::Restored& restored,
                            TimePoint now) {
    const auto refuse = [](std::string why) {
        return Succession{false, std::move(why) + "; the log that follows is not expected"};
    };
    if (is_anothers || !is_key_of(restored.next_key, restored.next_origin))
        return refuse("the log that is to follow is another agent's, or has another one's key");
    if (std::ranges::find(own.logs, restored.next_origin, &KnownLog::origin) != own.logs.end())
        return refuse("the log that is to follow is known already");
    auto text = std::string("the hub knew no log of this agent");
    if (!own.logs.empty()) {
        if (restored.size == 0) return refuse("there is no log in the backup");
        const auto known = std::ranges::find(own.logs, restored.origin, &KnownLog::origin);
        if (known == own.logs.end())
            return refuse("the hub does not know the log in the backup, " + restored.origin);
        text = compare(own, *known, restored);
        if (text.empty())
            return refuse("the log in the backup is not the one that the hub has countersigned");
    }
    own.logs.push_back({.origin = restored.next_origin,
                        .keys = {restored.next_key},
                        .note = {},
                        .begun_at = now,
                        .at = now});
    make_room(own);
    return {true, text + "; the log " + restored.next_origin + " follows"};
}

}  // namespace sallyport::hub
