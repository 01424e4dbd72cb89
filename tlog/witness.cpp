#include "tlog/witness.hpp"

#include "base/error.hpp"
#include "tlog/spelling.hpp"

namespace sallyport::tlog {
namespace {

constexpr std::string_view old_word = "old ";

unsigned status_of(Refusal reason) {
    switch (reason) {
        case Refusal::malformed:
            return 400;
        case Refusal::unknown_log:
            return 404;
        case Refusal::unknown_key:
            return 403;
        case Refusal::stale:
        case Refusal::rollback:
        case Refusal::fork:
            return 409;
        case Refusal::bad_proof:
            break;
    }
    return 422;
}

/// The protocol has a status of its own for an offer that contradicts itself.
Refused refused(Refusal reason, const WitnessedLog& known, std::string detail,
                bool contradicts_itself = false) {
    const unsigned status = contradicts_itself ? 400 : status_of(reason);
    return Refused{reason, known.size, std::move(detail), status};
}

/// What the signed checkpoint is, compared with the one that was cosigned last.
std::variant<Accepted, Refused> compare(const WitnessedLog& known, const AddCheckpoint& offer,
                                        Checkpoint checkpoint) {
    const bool backwards = offer.old_size > checkpoint.size;
    const auto refuse = [&](Refusal reason, std::string detail) {
        return refused(reason, known, std::move(detail), backwards);
    };
    if (checkpoint.size < known.size)
        return refuse(Refusal::rollback, "the log had " + std::to_string(known.size) +
                                             " records and shows " +
                                             std::to_string(checkpoint.size));
    if (checkpoint.size == known.size && checkpoint.root != known.root)
        return refuse(Refusal::fork, "two trees of " + std::to_string(known.size) + " records");
    if (backwards) return refuse(Refusal::malformed, "the old size is above the new one");
    if (offer.old_size != known.size)
        return refuse(Refusal::stale, "the proof must go on from size " +
                                          std::to_string(known.size) + ", not " +
                                          std::to_string(offer.old_size));
    if (offer.proof.size() > proof_hashes_max)
        return refuse(Refusal::bad_proof, "the proof has too many hashes");
    const auto consistent =
        verify_consistency(known.size, known.root, checkpoint.size, checkpoint.root, offer.proof);
    if (!consistent) return refuse(Refusal::bad_proof, consistent.error().detail);
    return Accepted{std::move(checkpoint)};
}

}  // namespace

Result<AddCheckpoint> AddCheckpoint::parse(std::string_view body) {
    if (body.size() > note_bytes_max) return Error{Errc::limit, "the request is too long"};
    auto line = take_line(body);
    if (!line || !line->starts_with(old_word))
        return Error{Errc::malformed, "the first line is not \"old\" and a size"};
    const auto old_size = parse_size(line->substr(old_word.size()));
    if (!old_size) return old_size.error();
    AddCheckpoint request{*old_size, {}, {}};
    for (line = take_line(body); line && !line->empty(); line = take_line(body)) {
        if (request.proof.size() == proof_hashes_max)
            return Error{Errc::limit, "the proof has too many hashes"};
        const auto hash = parse_hash(*line);
        if (!hash) return hash.error();
        request.proof.push_back(*hash);
    }
    if (!line) return Error{Errc::malformed, "no empty line before the checkpoint"};
    auto note = Note::parse(body);
    if (!note) return note.error();
    request.note = std::move(*note);
    return request;
}

std::string AddCheckpoint::to_text() const {
    auto body = std::string(old_word) + std::to_string(old_size) + '\n';
    for (const auto& hash : proof) body += tlog::to_text(hash) + '\n';
    return body + '\n' + note.to_text();
}

std::variant<Accepted, Refused> decide(const WitnessedLog& known, const AddCheckpoint& offer) {
    auto checkpoint = Checkpoint::parse(offer.note.text);
    if (!checkpoint) return refused(Refusal::malformed, known, checkpoint.error().detail);
    if (checkpoint->origin != known.origin)
        return refused(Refusal::unknown_log, known, "a checkpoint of " + checkpoint->origin);
    // Before anything is told about this log or against it.
    if (const auto signers = offer.note.verify(known.keys); !signers)
        return refused(Refusal::unknown_key, known, signers.error().detail);
    return compare(known, offer, std::move(*checkpoint));
}

std::string_view to_text(Refusal reason) {
    switch (reason) {
        case Refusal::malformed:
            return "malformed";
        case Refusal::unknown_log:
            return "unknown_log";
        case Refusal::unknown_key:
            return "unknown_key";
        case Refusal::stale:
            return "stale";
        case Refusal::rollback:
            return "rollback";
        case Refusal::fork:
            return "fork";
        case Refusal::bad_proof:
            break;
    }
    return "bad_proof";
}

std::string size_answer(std::uint64_t known_size) { return std::to_string(known_size) + '\n'; }

Result<std::uint64_t> parse_size_answer(std::string_view body) {
    const auto line = take_line(body);
    if (!line || !body.empty()) return Error{Errc::malformed, "an answer is one line with a size"};
    return parse_size(*line);
}

}  // namespace sallyport::tlog
